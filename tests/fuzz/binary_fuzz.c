#include "gate/binary/binary.h"
#include "tests/fuzz/fuzz.h"

static void ask(const struct binary *binary, uint64_t offset)
{
    struct str text = {0};
    if (binary_call_target(binary, offset, &text))
        assert(text.len > 0);
    if (binary_call_type(binary, offset, &text))
        assert(text.len > 0);
    if (binary_symbol_at(binary, offset, &text))
        assert(text.len > 0);
}

/* Executables are built from a pull request: opening and every lookup must stay in bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct err err;
    struct arena arena;
    struct binary binary;
    struct binary_names names = {0};
    arena_init(&arena);
    if (binary_open(&binary, &arena, (struct bytes){data, size}, &err) == STATUS_OK) {
        for (uint64_t offset = 0; offset < size + 8 && offset < 65536; offset++)
            ask(&binary, offset);
        if (binary_functions(&names, &arena, &binary, &err) != STATUS_OK)
            names.len = 0;
        for (size_t i = 0; i < names.len; i++)
            assert(names.items[i].len > 0);
    }
    arena_release(&arena);
    return 0;
}
