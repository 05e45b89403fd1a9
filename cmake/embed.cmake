# memgate_embed(TARGET FILE SYMBOL): compiles FILE into TARGET as
# `const unsigned char SYMBOL[]` and `const size_t SYMBOL_len`.
function(memgate_embed target file symbol)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" length)
    math(EXPR length "${length} / 2")
    string(REPEAT "[0-9a-f]" 32 sixteen)
    string(REGEX REPLACE "(${sixteen})" "\\1\n    " hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    get_filename_component(name ${file} NAME)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.c)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"/* Made by cmake/embed.cmake from @name@. */
#include <stddef.h>

extern const unsigned char @symbol@[];
extern const size_t @symbol@_len;

const unsigned char @symbol@[] = {
    @hex@
};
const size_t @symbol@_len = @length@;
")
    target_sources(${target} PRIVATE ${source})
endfunction()
