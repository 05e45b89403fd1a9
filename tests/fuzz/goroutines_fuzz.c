#include "gate/profile/goroutines.h"
#include "tests/fuzz/fuzz.h"

/* What was read is written and read again as the same; what was written is read as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err;
    struct goroutine_sites sites = {0};
    struct goroutine_sites back = {0};
    struct buf text;
    struct str input = {(const char *)data, size};
    arena_init(&arena);
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    if (goroutines_parse(&sites, &arena, input, STR("example.com/a"), &err) == STATUS_OK) {
        goroutines_write(&text, &sites);
        if (goroutines_read(&back, &arena, buf_view(&text), &err) || back.total != sites.total)
            abort();
    }
    (void)!goroutines_read(&sites, &arena, input, &err);
    buf_release(&text);
    arena_release(&arena);
    return 0;
}
