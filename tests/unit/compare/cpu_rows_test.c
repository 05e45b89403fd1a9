#include "gate/compare/cpu_rows.h"

#include "gate/stats/share.h"
#include "tests/unit/compare/steady.h"

/*
 * A recording of two steady trials a side whose CPU profiles are files of
 * the corpus; unit/fold/map_cpu_test has their counts from pprof itself:
 * samples, in maps, with generic keys.
 */
#define GO_1_19 "corpus/data/go1.19_maps_cpu.pb.gz" /* 235 175 120 */
#define GO_1_23 "corpus/data/go1.23_maps_cpu.pb.gz" /* 243 197 133 */
#define GO_1_26 "corpus/data/go1.26_maps_cpu.pb.gz" /* 261 226 142 */
#define GO_1_27 "corpus/data/go1.27_maps_cpu.pb.gz" /* 309 267 186 */

enum { TRIALS = 2 };

static void put_profile(struct fixture *fixture, enum side side, uint32_t number, const char *from)
{
    struct str dir = trial_dir(fixture, side, number);
    assert_ok(io_copy_file(recording_cpu_file(&fixture->arena, dir), str_from(from), &fixture->err),
              &fixture->err);
}

static void fixture_init(struct fixture *fixture)
{
    static const char *const files[SIDES][TRIALS] = {{GO_1_19, GO_1_23}, {GO_1_26, GO_1_27}};
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            fixture->trials[side][t] = (struct record_trial){
                .number = t + 1, .request_count = 1000, .cpu_ns = 2000000 + 100000 * t};
            put_profile(fixture, side, t + 1, files[side][t]);
        }
    }
}

static enum status add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return cpu_rows_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->err);
}

static const struct comparison_row *find(const struct fixture *fixture, enum metric metric)
{
    size_t i = 0;
    while (i < fixture->comparison.row_count && fixture->comparison.rows[i].metric != metric)
        i++;
    assert_true(i < fixture->comparison.row_count);
    return &fixture->comparison.rows[i];
}

static void shares_are_pooled_over_the_trials(void **state)
{
    static const struct share_count cand[] = {{226, 261}, {267, 309}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 3);
    assert_int_equal(fixture.comparison.note_count, 0);
    const struct comparison_row *share = find(&fixture, METRIC_MAP_CPU_SHARE);
    assert_close(share->estimate.base, (175 + 197) / (235.0 + 243), 1e-12);
    assert_close(share->estimate.cand, (226 + 267) / (261.0 + 309), 1e-12);
    assert_close(share->estimate.cand_low, share_interval(cand, 2).low, 1e-12);
    assert_close(share->estimate.cand_high, share_interval(cand, 2).high, 1e-12);
    assert_int_equal(share->samples[SIDE_BASE], 478);
    assert_int_equal(share->samples[SIDE_CAND], 570);
    assert_int_equal(share->level, ROW_SCENARIO);
    assert_int_equal(share->estimate.base_count, TRIALS);
    assert_true(share->estimate.bounded);
    const struct comparison_row *generic = find(&fixture, METRIC_MAP_GENERIC_KEY_SHARE);
    assert_close(generic->estimate.cand, (142 + 186) / (261.0 + 309), 1e-12);
    fixture_release(&fixture);
}

static void time_per_request_is_the_share_of_it(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    const struct estimate *estimate = &find(&fixture, METRIC_MAP_CPU)->estimate;
    double cpu = sqrt(2000 * 2100.0); /* ns per request, geometric mean of both trials */
    assert_close(estimate->base, cpu * (175 + 197) / (235.0 + 243), 1e-9);
    assert_close(estimate->cand, cpu * (226 + 267) / (261.0 + 309), 1e-9);
    assert_true(estimate->has_ratio);
    assert_true(estimate->cand_low < estimate->cand && estimate->cand < estimate->cand_high);
    fixture_release(&fixture);
}

static void one_trial_a_side_is_not_bounded(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.scenario.trial_count[SIDE_BASE][PHASE_STEADY] = 1;
    assert_ok(add(&fixture), &fixture.err);
    assert_false(find(&fixture, METRIC_MAP_CPU_SHARE)->estimate.bounded);
    assert_close(find(&fixture, METRIC_MAP_CPU_SHARE)->estimate.base, 175 / 235.0, 1e-12);
    fixture_release(&fixture);
}

static void a_profile_that_was_refused_leaves_no_rows(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str dir = trial_dir(&fixture, SIDE_CAND, 2);
    assert_ok(io_remove_tree(recording_cpu_file(&fixture.arena, dir), &fixture.err), &fixture.err);
    struct bytes why = bytes_of_str(STR("GET /x answered 404\n"));
    assert_ok(io_write_file(recording_refusal_file(&fixture.arena, dir, PROFILE_KIND_CPU), why,
                            &fixture.err),
              &fixture.err);
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_CPU],
               "candidate, steady trial 2: GET /x answered 404");
    assert_int_equal(fixture.comparison.note_count, 2);
    assert_str(fixture.comparison.notes[0],
               "CPU profiles are not compared: candidate, steady trial 2: GET /x answered 404");
    assert_str(fixture.comparison.notes[1],
               "a CPU profile was taken in 2 steady trials of the baseline and in 1 of the "
               "candidate: the load paid for it there, so CPU and latency are not quite alike");
    fixture_release(&fixture);
}

static void a_profile_that_nobody_wanted_needs_no_note(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (enum side side = 0; side < SIDES; side++) {
        struct str dir = trial_dir(&fixture, side, 1);
        assert_ok(io_remove_tree(recording_cpu_file(&fixture.arena, dir), &fixture.err),
                  &fixture.err);
    }
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    assert_int_equal(fixture.comparison.note_count, 0);
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_CPU],
               "baseline, steady trial 1: no CPU profile was recorded");
    /* A candidate that is compared with itself is the candidate. */
    fixture.scenario.alone = STR(RECORD_ALONE_NEW);
    fixture.comparison = (struct comparison){.record = &fixture.scenario};
    assert_ok(add(&fixture), &fixture.err);
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_CPU],
               "candidate, steady trial 1: no CPU profile was recorded");
    fixture_release(&fixture);
}

/* As with a baseline that was recorded under a policy without it. */
static void a_profile_of_one_side_alone_is_noted(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (uint32_t t = 1; t <= TRIALS; t++) {
        struct str dir = trial_dir(&fixture, SIDE_BASE, t);
        assert_ok(io_remove_tree(recording_cpu_file(&fixture.arena, dir), &fixture.err),
                  &fixture.err);
    }
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.note_count, 1);
    assert_true(str_starts_with(fixture.comparison.notes[0],
                                STR("a CPU profile was taken in 0 steady trials of the baseline "
                                    "and in 2 of the candidate")));
    fixture_release(&fixture);
}

/* A profile.proto with the two columns and no sample: string table "", samples, count, cpu, nanoseconds. */
static const char empty[] = "\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04"
                            "\x32\x00\x32\x07samples\x32\x05"
                            "count\x32\x03"
                            "cpu\x32\x0bnanoseconds";

static void a_side_without_samples_was_not_measured(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (uint32_t t = 1; t <= TRIALS; t++) {
        struct str dir = trial_dir(&fixture, SIDE_CAND, t);
        struct bytes data = {(const uint8_t *)empty, sizeof(empty) - 1};
        assert_ok(io_write_file(recording_cpu_file(&fixture.arena, dir), data, &fixture.err),
                  &fixture.err);
    }
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_CPU],
               "candidate: no CPU sample was taken; the load is too short or too light");
    fixture_release(&fixture);
}

static void a_damaged_profile_is_an_error(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str file = recording_cpu_file(&fixture.arena, trial_dir(&fixture, SIDE_BASE, 2));
    assert_ok(io_write_file(file, bytes_of_str(STR("oops")), &fixture.err), &fixture.err);
    assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, "baseline, steady trial 2: ");
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_pooled_over_the_trials),
        cmocka_unit_test(time_per_request_is_the_share_of_it),
        cmocka_unit_test(one_trial_a_side_is_not_bounded),
        cmocka_unit_test(a_profile_that_was_refused_leaves_no_rows),
        cmocka_unit_test(a_profile_that_nobody_wanted_needs_no_note),
        cmocka_unit_test(a_profile_of_one_side_alone_is_noted),
        cmocka_unit_test(a_side_without_samples_was_not_measured),
        cmocka_unit_test(a_damaged_profile_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
