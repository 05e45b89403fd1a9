#include "gate/binary/binary.h"
#include "tests/fuzz/fuzz.h"

/* Executables are built from a pull request: opening and every lookup must stay in bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct err err;
    struct arena arena;
    struct binary binary;
    struct str symbol = {0};
    arena_init(&arena);
    if (binary_open(&binary, &arena, (struct bytes){data, size}, &err) == STATUS_OK)
        for (uint64_t offset = 0; offset < size + 8 && offset < 65536; offset++)
            if (binary_call_target(&binary, offset, &symbol))
                assert(symbol.len > 0);
    arena_release(&arena);
    return 0;
}
