# Warnings, hardening and sanitizers of every target of this project.
add_library(memgate_settings INTERFACE)
target_include_directories(memgate_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(memgate_settings INTERFACE _GNU_SOURCE)

target_compile_options(memgate_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings
    -Wundef -Wvla -Walloca -Wformat=2 -Wdouble-promotion -Wfloat-equal -Wnull-dereference
    -Wimplicit-fallthrough -Wunused-macros -Wredundant-decls -Wdate-time
    -Wframe-larger-than=32768)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(memgate_settings INTERFACE
        -Wcast-align=strict -Wformat-signedness -Wduplicated-cond -Wduplicated-branches
        -Wlogical-op -Wjump-misses-init -Wimplicit-fallthrough=5)
endif()
if(MEMGATE_WERROR)
    target_compile_options(memgate_settings INTERFACE -Werror)
endif()
if(MEMGATE_ANALYZE)
    target_compile_options(memgate_settings INTERFACE -fanalyzer)
endif()

if(MEMGATE_SANITIZE)
    target_compile_options(memgate_settings INTERFACE
        -fsanitize=${MEMGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(memgate_settings INTERFACE -fsanitize=${MEMGATE_SANITIZE})
else()
    # FORTIFY needs the optimiser, and the sanitizers replace it.
    target_compile_options(memgate_settings INTERFACE
        -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    target_link_options(memgate_settings INTERFACE -pie -Wl,-z,relro,-z,now)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        target_compile_options(memgate_settings INTERFACE -fcf-protection -fstack-clash-protection)
    endif()
endif()

# Assertions stay in release builds: a wrong verdict is worse than a crash.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
