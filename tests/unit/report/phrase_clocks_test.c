#include "tests/support/check.h"

#include "gate/report/phrase.h"

static struct record_scenario scenario_of(struct record_trial *base, struct record_trial *cand)
{
    struct record_scenario record = {0};
    record.trials[SIDE_BASE][PHASE_DUET] = base;
    record.trials[SIDE_CAND][PHASE_DUET] = cand;
    record.trial_count[SIDE_BASE][PHASE_DUET] = 1;
    record.trial_count[SIDE_CAND][PHASE_DUET] = 1;
    return record;
}

static void the_worst_of_both_sides_is_told(void **state)
{
    struct arena arena;
    struct record_trial base = {.lateness_p99_ns = 61000,
                                .clocks = {true, 0, 1200000, 1170000, 25000, 800000}};
    struct record_trial cand = {.lateness_p99_ns = 58000,
                                .clocks = {true, 0, 1300000, 1160000, 22000, 900000}};
    struct record_scenario record = scenario_of(&base, &cand);
    (void)state;
    arena_init(&arena);
    assert_str(phrase_clocks(&arena, &record, PHASE_DUET),
               "sent late by 0.025 ms (p50), 0.061 ms (p99), 0.900 ms at most; p99 1.300 ms from "
               "the intended send, 1.170 ms from the actual one (worst trial of each)");
    base.clocks.batch_ns = 1000000;
    cand.clocks.batch_ns = 1000000;
    assert_true(str_starts_with(phrase_clocks(&arena, &record, PHASE_DUET),
                                STR("in batches of 1 ms, sent late by 0.025 ms")));
    arena_release(&arena);
}

static void a_closed_loop_and_an_earlier_recording_have_none(void **state)
{
    struct arena arena;
    struct record_trial base = {0};
    struct record_trial cand = {0};
    struct record_scenario record = scenario_of(&base, &cand);
    (void)state;
    arena_init(&arena);
    assert_str(phrase_clocks(&arena, &record, PHASE_DUET), "");
    assert_str(phrase_clocks(&arena, &record, PHASE_STEADY), "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_of_both_sides_is_told),
        cmocka_unit_test(a_closed_loop_and_an_earlier_recording_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
