#include "tests/support/check.h"

#include "gate/compare/alone.h"
#include "gate/compare/sources.h"
#include "gate/compare/validity.h"

static void one_side_of_one_recording_is_alone(void **state)
{
    (void)state;
    static struct recording recordings[2];
    const struct comparison_source same[SIDES] = {{&recordings[0], 1, SIDE_CAND},
                                                  {&recordings[0], 1, SIDE_CAND}};
    const struct comparison_source both[SIDES] = {{&recordings[0], 1, SIDE_BASE},
                                                  {&recordings[0], 1, SIDE_CAND}};
    const struct comparison_source pair[SIDES] = {{&recordings[0], 1, SIDE_CAND},
                                                  {&recordings[1], 1, SIDE_CAND}};
    assert_true(alone_is(same));
    assert_false(alone_is(both));
    assert_false(alone_is(pair));
}

static void both_of_two_that_are_one_are_the_candidate(void **state)
{
    (void)state;
    const struct record_scenario two = {0};
    const struct record_scenario one = {.alone = STR(RECORD_ALONE_NEW)};
    assert_string_equal(alone_side_name(&two, SIDE_BASE), "baseline");
    assert_string_equal(alone_side_name(&two, SIDE_CAND), "candidate");
    assert_string_equal(alone_side_name(&one, SIDE_BASE), "candidate");
    assert_string_equal(alone_side_name(&one, SIDE_CAND), "candidate");
}

static void one_side_of_two_is_alone_because_it_was_asked_for(void **state)
{
    (void)state;
    struct arena arena;
    struct comparison comparison;
    struct record_scenario scenarios[] = {
        {.name = STR("both")},
        {.name = STR("new"), .alone = STR(RECORD_ALONE_NEW)},
    };
    static const char *const whys[] = {RECORD_ALONE_ASKED, RECORD_ALONE_NEW};
    const struct recording recording = {.scenarios = scenarios,
                                        .scenario_count = ARRAY_LEN(scenarios)};
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(whys); i++) {
        const struct comparison_source source = {&recording, i, SIDE_CAND};
        assert_true(sources_join(&comparison, &arena,
                                 (const struct comparison_source[SIDES]){source, source}));
        assert_str(comparison.alone, whys[i]);
        assert_str(comparison.record->alone, whys[i]);
    }
    arena_release(&arena);
}

static void what_was_said_is_not_said_again(void **state)
{
    (void)state;
    struct arena arena;
    struct comparison comparison = {0};
    arena_init(&arena);
    for (int twice = 0; twice < 2; twice++) {
        comparison_note(&comparison, &arena, "baseline.pb.gz is small");
        comparison_note(&comparison, &arena, "so is %s", "another");
        comparison_invalid(&comparison, &arena, "baseline.pb.gz is empty");
    }
    assert_int_equal(comparison.note_count, 2);
    assert_str(comparison.notes[0], "baseline.pb.gz is small");
    assert_str(comparison.notes[1], "so is another");
    assert_int_equal(comparison.invalid_count, 1);
    assert_str(comparison.invalid[0], "baseline.pb.gz is empty");
    arena_release(&arena);
}

static void the_record_keeps_no_trial_of_a_baseline(void **state)
{
    (void)state;
    struct arena arena;
    struct record_scenario record = {0};
    arena_init(&arena);
    record.trial_count[SIDE_BASE][PHASE_STEADY] = 3;
    record.trial_count[SIDE_CAND][PHASE_STEADY] = 3;
    struct comparison comparison = {.record = &record};
    alone_strip(&comparison, &arena);
    assert_int_equal(comparison.record->trial_count[SIDE_BASE][PHASE_STEADY], 0);
    assert_int_equal(comparison.record->trial_count[SIDE_CAND][PHASE_STEADY], 3);
    arena_release(&arena);
}

static void rows_keep_nothing_of_a_baseline(void **state)
{
    (void)state;
    struct arena arena;
    struct record_scenario record = {0};
    static const double values[] = {10, 12, 11};
    const struct samples samples = {values, ARRAY_LEN(values)};
    arena_init(&arena);
    struct comparison_row row = {
        .estimate = estimate_of(samples, samples, ESTIMATE_DIFFERENCE),
        .base_func = STR("main.f"),
        .samples = {5, 5},
        .moved = 3,
    };
    struct comparison comparison = {.record = &record, .rows = &row, .row_count = 1};
    alone_strip(&comparison, &arena);
    assert_true(row.is_alone);
    assert_close(row.estimate.cand, 11, 1e-12);
    assert_int_equal(row.estimate.base_count, 0);
    assert_true(row.estimate.has_cand_interval);
    assert_false(row.estimate.has_ratio);
    assert_int_equal(row.base_func.len, 0);
    assert_int_equal(row.samples[SIDE_BASE], 0);
    assert_int_equal(row.samples[SIDE_CAND], 5);
    assert_true(row.moved <= 0 && row.moved >= 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_side_of_one_recording_is_alone),
        cmocka_unit_test(both_of_two_that_are_one_are_the_candidate),
        cmocka_unit_test(one_side_of_two_is_alone_because_it_was_asked_for),
        cmocka_unit_test(what_was_said_is_not_said_again),
        cmocka_unit_test(the_record_keeps_no_trial_of_a_baseline),
        cmocka_unit_test(rows_keep_nothing_of_a_baseline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
