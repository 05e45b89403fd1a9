#include "tests/unit/recording/sample.h"

static void a_side_that_was_not_measured_has_no_file(void **state)
{
    struct sample sample;
    struct recording opened;
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[0].alone = STR(RECORD_ALONE_ASKED);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_false(
        io_is_dir(io_join(&sample.arena, sample.recording.dir, STR("scenario-1/baseline"))));
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_true(str_equal(opened.scenarios[0].alone, STR(RECORD_ALONE_ASKED)));
    assert_int_equal(record_first_side(&opened.scenarios[0]), SIDE_CAND);
    assert_int_equal(opened.scenarios[0].trial_count[SIDE_CAND][PHASE_EXACT], 1);
    sample_release(&sample);
}

static void two_sides_begin_with_the_baseline(void **state)
{
    struct record_scenario record = {.name = STR("orders")};
    (void)state;
    assert_int_equal(record_first_side(&record), SIDE_BASE);
}

static void trials_of_a_side_that_was_not_measured_are_refused(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[0].alone = STR(RECORD_ALONE_NEW);
    sample_trials(&sample, &sample.recording.scenarios[0], SIDE_BASE, PHASE_STEADY, 1);
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "alone, but it counts trials of a baseline");
    sample_release(&sample);
}

static void another_word_for_alone_is_refused(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[0].alone = STR("lonely");
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "alone is \"lonely\", not \"new\", \"missing\" or \"asked\"");
    sample_release(&sample);
}

static void a_file_of_a_side_that_was_not_measured_is_refused(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    sample.recording.scenarios[0].alone = STR(RECORD_ALONE_ASKED);
    /* The baseline's program.json of before is still there. */
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "is of a side that was not measured");
    sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_side_that_was_not_measured_has_no_file),
        cmocka_unit_test(two_sides_begin_with_the_baseline),
        cmocka_unit_test(trials_of_a_side_that_was_not_measured_are_refused),
        cmocka_unit_test(another_word_for_alone_is_refused),
        cmocka_unit_test(a_file_of_a_side_that_was_not_measured_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
