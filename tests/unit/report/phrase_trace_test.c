#include "tests/support/check.h"

#include "gate/report/phrase.h"

static struct trace_side sample(void)
{
    return (struct trace_side){
        .trial_count = 2,
        .window_ns = 4000000000,
        .totals = {.gc_stops = {16, 1700000, 320000},
                   .gc_active_ns = 400000000,
                   .assists = {14, 90000000, 20000000},
                   .assist_running_ns = 3000000,
                   .waits = {[TRACE_WAIT_SYNC] = {5, 7500000, 100},
                             [TRACE_WAIT_NETWORK] = {9, 8000000000, 100}},
                   .syscalls = {3, 40000000, 100},
                   .scheduling = {13589, 184000000, 9400000}},
        .traced_count = 8,
        .matched_count = 7,
        .traced_stop_ns = 1700000,
        .printed_stop_ns = 1500000,
        .traced_assist_low_ns = 2500000,
        .traced_assist_high_ns = 3000000,
        .printed_assist_ns = 2900000,
    };
}

static void both_are_told_side_by_side(void **state)
{
    struct arena arena;
    struct trace_side side = sample();
    (void)state;
    arena_init(&arena);
    assert_str(phrase_trace(&arena, &side),
               "4 s of 2 trials: the collector stopped the program 16 times for 1.70 ms "
               "(longest 320 us) and was at work 10 % of the time; 14 assists ran 3 ms");
    assert_str(phrase_trace_check(&arena, &side),
               "gctrace of 7 of 8 whole collections: stops 1.50 ms, by the trace 1.70 ms; assists "
               "2.90 ms, by the trace 2.50 ms to 3 ms");
    assert_str(phrase_trace_waits(&arena, &side),
               "goroutines waited (summed) sync 7.50 ms, channel 0 ns, select 0 ns, network 8 s, "
               "sleep 0 ns, collector 0 ns, system calls 40 ms; for a processor 184 ms in 13589 "
               "times (longest 9.40 ms)");
    arena_release(&arena);
}

static void what_is_not_explained_is_told(void **state)
{
    struct arena arena;
    struct trace_side side = sample();
    (void)state;
    arena_init(&arena);
    side.assists_apart = 3;
    assert_false(str_contains(phrase_trace_check(&arena, &side), STR("DIFFER")));
    side.assists_apart = 4;
    side.traced_assist_low_ns = 3000000;
    assert_true(str_ends_with(phrase_trace_check(&arena, &side),
                              STR("assists 2.90 ms, by the trace 3 ms: they DIFFER by more than "
                                  "is explained in 4 of 7 collections (in the trace a thread runs "
                                  "also while it waits for a CPU)")));
    side.assists_apart = 0;
    side.stops_apart = 7;
    side.traced_stop_ns = 100000;
    assert_true(str_contains(phrase_trace_check(&arena, &side),
                             STR("by the trace 100 us: they DIFFER by more than is explained in 7 "
                                 "of 7 collections; assists")));
    arena_release(&arena);
}

static void what_is_missing_has_its_reason(void **state)
{
    struct arena arena;
    struct trace_side side = sample();
    const struct trace_side none = {.refusal = STR("steady trial 1: answered 404\x1b[31m")};
    (void)state;
    arena_init(&arena);
    assert_str(phrase_trace(&arena, &none), "not measured: steady trial 1: answered 404\\x1b[31m");
    assert_str(phrase_trace_check(&arena, &none), "");
    assert_str(phrase_trace_waits(&arena, &none), "");
    side.refusal = STR("steady trial 2: answered 500");
    side.totals.lost_batches = 2;
    side.totals.lost_bytes = 999;
    assert_true(str_ends_with(phrase_trace(&arena, &side),
                              STR("; cut short: 2 batches (999 bytes) lost; not of all trials: "
                                  "steady trial 2: answered 500")));
    side.matched_count = 0;
    assert_str(phrase_trace_check(&arena, &side),
               "gctrace: nothing to hold against it: of 8 whole collections in the trace no line "
               "came");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_told_side_by_side),
        cmocka_unit_test(what_is_not_explained_is_told),
        cmocka_unit_test(what_is_missing_has_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
