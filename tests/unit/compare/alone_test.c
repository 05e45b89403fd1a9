#include "tests/support/check.h"

#include "gate/compare/alone.h"

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

static const struct {
    const char *have;
    const char *want;
} names[] = {
    {"baseline, steady trial 1: no sample", "candidate, steady trial 1: no sample"},
    {"a noisy machine: up to 30 % (steal) (baseline, duet trial 2); times are less sure",
     "a noisy machine: up to 30 % (steal) (candidate, duet trial 2); times are less sure"},
    {"values of the baseline branch", "values of the baseline branch"},
    {"candidate, steady trial 1: no sample", NULL}, /* said already */
};

static void what_both_said_is_said_once_of_the_candidate(void **state)
{
    (void)state;
    struct arena arena;
    struct record_scenario record = {0};
    struct str notes[ARRAY_LEN(names)];
    size_t kept = 0;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        notes[i] = str_from(names[i].have);
    record.trial_count[SIDE_BASE][PHASE_STEADY] = 3;
    record.trial_count[SIDE_CAND][PHASE_STEADY] = 3;
    struct comparison comparison = {
        .record = &record, .notes = notes, .note_count = ARRAY_LEN(names)};
    alone_strip(&comparison, &arena);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].want)
            assert_true(str_equal_text(comparison.notes[kept++], names[i].want));
    }
    assert_int_equal(comparison.note_count, kept);
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
        cmocka_unit_test(what_both_said_is_said_once_of_the_candidate),
        cmocka_unit_test(rows_keep_nothing_of_a_baseline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
