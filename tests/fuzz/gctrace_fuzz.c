#include "gate/harness/gctrace.h"
#include "tests/fuzz/fuzz.h"

/* A third of the output before the load, a third during it; fed in pieces of seven bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct gctrace trace;
    struct record_gc gc = {0};
    arena_init(&arena);
    gctrace_init(&trace, &arena);
    for (size_t at = 0; at < size; at += 7) {
        if (at >= size / 3 && trace.window == GCTRACE_BEFORE)
            gctrace_begin(&trace);
        if (at >= size / 3 * 2 && trace.window == GCTRACE_LOAD)
            gctrace_end(&trace);
        size_t left = size - at;
        gctrace_feed(&trace, (const char *)data + at, left < 7 ? left : 7, at);
    }
    gctrace_summarize(&trace, &arena, 1000000, &gc);
    if (gc.is_traced == (gc.refusal.len > 0) || gc.lost > gc.cycles ||
        gc.pause_p99_ns > gc.pause_max_ns || !(gc.cpu_share >= gc.assist_share))
        abort();
    arena_release(&arena);
    return 0;
}
