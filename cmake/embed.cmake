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

# memgate_embed_all(TARGET SYMBOL HEADER FILE...): embeds each FILE, and defines the array SYMBOL[]
# and SYMBOL_count of the struct SYMBOL {name, data, len} that HEADER declares, by file name.
function(memgate_embed_all target symbol header)
    set(declarations "")
    set(rows "")
    set(count 0)
    set(files ${ARGN})
    list(SORT files)
    foreach(file IN LISTS files)
        file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${file})
        string(MAKE_C_IDENTIFIER ${name} item)
        memgate_embed(${target} ${file} ${item})
        string(APPEND declarations
            "extern const unsigned char ${item}[];\nextern const size_t ${item}_len;\n")
        string(APPEND rows "    {\"${name}\", ${item}, &${item}_len},\n")
        math(EXPR count "${count} + 1")
    endforeach()
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.c)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"/* Made by cmake/embed.cmake. */
#include \"@header@\"

@declarations@
const struct @symbol@ @symbol@[] = {
@rows@};
const size_t @symbol@_count = @count@;
")
    target_sources(${target} PRIVATE ${source})
endfunction()
