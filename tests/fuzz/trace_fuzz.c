#include "gate/profile/trace.h"
#include "tests/fuzz/fuzz.h"

static bool is_sum(const struct trace_sum *sum)
{
    return sum->max_ns <= sum->ns && (sum->count > 0 || sum->ns == 0) && sum->ns <= INT64_MAX;
}

static bool is_right(const struct trace_totals *totals)
{
    uint64_t window_ns = totals->until_ns - totals->from_ns;
    bool right = totals->from_ns <= totals->until_ns && totals->gc_active_ns <= window_ns &&
                 totals->assist_ending_ns <= totals->assist_running_ns &&
                 totals->assist_running_ns <= totals->assists.ns && is_sum(&totals->gc_stops) &&
                 is_sum(&totals->start_stops) && is_sum(&totals->other_stops) &&
                 is_sum(&totals->assists) && is_sum(&totals->syscalls) &&
                 is_sum(&totals->scheduling);
    for (size_t i = 0; i < TRACE_WAITS; i++)
        right = right && is_sum(&totals->waits[i]);
    for (size_t i = 0; i < totals->cycle_count; i++)
        right = right && totals->cycles[i].from_ns < totals->cycles[i].until_ns;
    return right;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct err err;
    struct arena arena;
    struct trace_totals totals = {0};
    arena_init(&arena);
    if (trace_decode(&totals, &arena, (struct bytes){data, size}, &err) == STATUS_OK &&
        !is_right(&totals))
        abort();
    arena_release(&arena);
    return 0;
}
