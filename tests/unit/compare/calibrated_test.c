#include "gate/compare/calibrated.h"
#include "gate/stats/bounds.h"
#include "tests/support/check.h"

#define SAMPLES(...)                                                                               \
    (struct samples)                                                                               \
    {                                                                                              \
        (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)      \
    }

enum { ROWS_MAX = 8 };

/* A run of a service: its memory, and three functions of which one is at one of two levels. */
struct run {
    struct comparison comparison;
    struct comparison_row rows[ROWS_MAX];
    struct record_scenario record;
};

static struct comparison_row row_of(enum metric metric, enum row_level level, struct estimate have)
{
    return (struct comparison_row){.metric = metric,
                                   .level = level,
                                   .point = POINT_END,
                                   .phase = metric_is_exact(metric) ? PHASE_EXACT : PHASE_STEADY,
                                   .cand_share = 0.5,
                                   .estimate = have};
}

static struct comparison_row function_of(struct str name, double share, struct estimate have)
{
    struct comparison_row out = row_of(METRIC_ALLOC_SPACE, ROW_FUNCTION, have);
    out.key = name;
    out.cand_share = share;
    return out;
}

static struct estimate level(double base, double cand)
{
    return estimate_of(SAMPLES(base, base, base), SAMPLES(cand, cand, cand), ESTIMATE_DIFFERENCE);
}

static void run_init(struct run *run, double rss, double bistable)
{
    *run = (struct run){0};
    run->record.name = STR("orders");
    run->record.programs[SIDE_CAND].go_version = STR("go1.26.8");
    struct comparison_row rows[] = {
        row_of(METRIC_RSS_P95, ROW_SCENARIO,
               estimate_of(SAMPLES(100, 101, 102), SAMPLES(rss, rss + 1, rss + 2),
                           ESTIMATE_LOG_RATIO)),
        row_of(METRIC_HEAP_GROWTH, ROW_SCENARIO,
               estimate_of(SAMPLES(-5, 0, 5), SAMPLES(5, 10, 15), ESTIMATE_DIFFERENCE)),
        function_of(STR("a.Constant"), 0.3, level(1000, 1000)),
        function_of(STR("a.Pool"), 0.3, level(1000, bistable)),
        function_of(STR("a.Tiny"), 0.0001, level(1, 9)),
        row_of(METRIC_CPU_PROFILE, ROW_FUNCTION, level(10, 12)),
    };
    memcpy(run->rows, rows, sizeof(rows));
    run->comparison = (struct comparison){.scenario = STR("orders"),
                                          .rows = run->rows,
                                          .row_count = ARRAY_LEN(rows),
                                          .record = &run->record};
}

static void pool(struct calibration_scenario *out, struct arena *arena)
{
    static const double rss[] = {104, 96, 103, 98, 105};
    static const double levels[] = {1000, 1500, 1000, 1000, 700};
    struct calibrated_rows rows = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rss); i++) {
        struct run run;
        run_init(&run, rss[i], levels[i]);
        calibrated_take(&rows, &run.comparison, i + 1);
    }
    *out = (struct calibration_scenario){
        .name = STR("orders"), .go_version = STR("go1.26.8"), .runs = 5};
    calibrated_pool(out, &rows);
}

static const struct calibration_spread *spread_named(const struct calibration_scenario *scenario,
                                                     const char *metric, const char *subject,
                                                     const char *func)
{
    for (size_t i = 0; i < scenario->spread_count; i++) {
        const struct calibration_spread *spread = &scenario->spreads[i];
        if (str_equal_text(spread->metric, metric) && str_equal_text(spread->subject, subject) &&
            str_equal_text(spread->func, func))
            return spread;
    }
    return NULL;
}

static void rows_of_runs_become_spreads(void **state)
{
    struct arena arena;
    struct calibration_scenario have;
    (void)state;
    arena_init(&arena);
    pool(&have, &arena);
    assert_int_equal(have.spread_count, 4);

    const struct calibration_spread *pooled =
        spread_named(&have, "alloc_space", CALIBRATION_OF_FUNCTION, "a.Pool");
    assert_non_null(pooled);
    assert_str(pooled->scale, CALIBRATION_RATIO);
    assert_int_equal(pooled->runs, 5);
    double want = (log(1.5) * log(1.5) + log(0.7) * log(0.7)) / 5;
    assert_close(pooled->run_spread, sqrt(want), 1e-9);
    /* Equal readings: ESTIMATE_SPREAD_FLOOR of each side, 1e-4, and of the larger side more. */
    assert_true(pooled->trial_spread >= 1e-4 && pooled->trial_spread < 1.5e-4);

    const struct calibration_spread *others =
        spread_named(&have, "alloc_space", CALIBRATION_OF_OTHERS, "");
    assert_non_null(others);
    assert_close(others->run_spread, 0, 1e-12);
    assert_int_equal(others->runs, 5);

    const struct calibration_spread *growth =
        spread_named(&have, "heap_growth_per_1000_requests", CALIBRATION_OF_SCENARIO, "");
    assert_non_null(growth);
    assert_str(growth->scale, CALIBRATION_UNIT);
    assert_close(growth->run_spread, 10, 1e-9);
    assert_close(growth->trial_spread, 5, 1e-9);
    assert_non_null(spread_named(&have, "rss_p95", CALIBRATION_OF_SCENARIO, ""));
    assert_null(spread_named(&have, "alloc_space", CALIBRATION_OF_FUNCTION, "a.Tiny"));
    arena_release(&arena);
}

struct judged {
    struct arena arena;
    struct calibration_scenario scenario;
    struct calibration table;
    struct recording recording;
    struct run run;
};

static void judged_init(struct judged *judged)
{
    *judged = (struct judged){0};
    arena_init(&judged->arena);
    pool(&judged->scenario, &judged->arena);
    struct recording *recording = &judged->recording;
    recording->environment = (struct record_environment){
        .os = STR("linux"), .arch = STR("amd64"), .cpu_model = STR("AMD EPYC"), .cpu_count = 2};
    recording->policy_text = STR("version: 1\n");
    judged->table = (struct calibration){
        .machine = machine_class_of(&judged->arena, &recording->environment),
        .policy_sha256 = calibration_policy_hash(&judged->arena, recording->policy_text),
        .runs = 5,
        .scenarios = &judged->scenario,
        .scenario_count = 1};
    recording->noise = (struct record_calibration){
        .is_known = true, .file = STR("memgate.noise/x.json"), .table = &judged->table};
    run_init(&judged->run, 120, 1500);
}

static void apply(struct judged *judged)
{
    calibrated_apply(&judged->run.comparison, &judged->arena, &judged->recording,
                     &judged->recording);
}

/* Three trials at one level, three at the other: no trial of the run itself shows that. */
static void a_function_at_one_of_two_levels_is_no_proof(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    struct estimate *pool_row = &judged.run.rows[3].estimate;
    assert_true(bounds_low(pool_row, 0.002) > 490);
    apply(&judged);
    assert_non_null(judged.run.comparison.calibration);
    assert_str(judged.run.comparison.noise, "linux-amd64-amd-epyc-2cpu, calibrated by 5 runs");
    assert_true(bounds_low(pool_row, 0.002) < 0);
    assert_true(bounds_low_is_floored(pool_row, 0.002));
    /* The constant one is as sure as it was, and those of other profiles have no floor. */
    assert_true(judged.run.rows[2].estimate.floor.df > 0);
    assert_true(bounds_high(&judged.run.rows[2].estimate, 0.05) < 1);
    assert_close(judged.run.rows[5].estimate.floor.df, 0, 1e-12);
    /* rss, growth, a.Constant, a.Pool and a.Tiny. */
    assert_int_equal(judged.run.comparison.calibrated_rows, 5);
    arena_release(&judged.arena);
}

static void what_is_of_another_class_is_said_and_not_used(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    judged.recording.environment.cpu_count = 4;
    apply(&judged);
    assert_null(judged.run.comparison.calibration);
    assert_str(judged.run.comparison.noise,
               "not calibrated for linux-amd64-amd-epyc-4cpu: memgate.noise/x.json is of "
               "linux-amd64-amd-epyc-2cpu and was not used");
    assert_close(judged.run.rows[0].estimate.floor.df, 0, 1e-12);
    arena_release(&judged.arena);
}

/* Windows of a duet and processes of the steady phase are not of one spread. */
static void another_phase_has_no_floor_and_that_is_said(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    judged.run.rows[0].phase = PHASE_DUET;
    judged.scenario.runs = 4;
    apply(&judged);
    assert_close(judged.run.rows[0].estimate.floor.df, 0, 1e-12);
    assert_true(judged.run.rows[1].estimate.floor.df > 0);
    assert_int_equal(judged.run.comparison.calibrated_rows, 4);
    assert_str(judged.run.comparison.noise,
               "linux-amd64-amd-epyc-2cpu, calibrated by 4 runs (few: 5 make far narrower "
               "intervals), without rss_p95 of the duet phase");
    arena_release(&judged.arena);
}

static void a_phase_that_is_not_known_has_no_floor_and_that_is_said(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    for (size_t i = 0; i < judged.scenario.spread_count; i++)
        judged.scenario.spreads[i].phase = STR("");
    apply(&judged);
    assert_int_equal(judged.run.comparison.calibrated_rows, 0);
    assert_close(judged.run.rows[0].estimate.floor.df, 0, 1e-12);
    assert_str(judged.run.comparison.noise,
               "linux-amd64-amd-epyc-2cpu, calibrated by 5 runs, without 4 of its 4 spreads, whose "
               "phase an older memgate did not write (calibrate again)");
    arena_release(&judged.arena);
}

static void what_changed_since_is_said(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    judged.recording.policy_text = STR("version: 1 # other\n");
    judged.run.record.programs[SIDE_CAND].go_version = STR("go1.27");
    apply(&judged);
    assert_non_null(judged.run.comparison.calibration);
    assert_str(
        judged.run.comparison.noise,
        "linux-amd64-amd-epyc-2cpu, calibrated by 5 runs, then with another policy and go1.26.8");
    run_init(&judged.run, 120, 1500);
    judged.run.comparison.scenario = STR("other");
    apply(&judged);
    assert_str(judged.run.comparison.noise,
               "linux-amd64-amd-epyc-2cpu was calibrated without this scenario");
    arena_release(&judged.arena);
}

static void older_recordings_say_nothing(void **state)
{
    struct judged judged;
    (void)state;
    judged_init(&judged);
    judged.recording.noise = (struct record_calibration){0};
    apply(&judged);
    assert_false(judged.run.comparison.has_noise);
    judged.recording.noise = (struct record_calibration){.is_known = true, .missing = STR("none")};
    apply(&judged);
    assert_true(judged.run.comparison.has_noise);
    assert_str(judged.run.comparison.noise, "none");
    arena_release(&judged.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_runs_become_spreads),
        cmocka_unit_test(a_function_at_one_of_two_levels_is_no_proof),
        cmocka_unit_test(what_is_of_another_class_is_said_and_not_used),
        cmocka_unit_test(another_phase_has_no_floor_and_that_is_said),
        cmocka_unit_test(a_phase_that_is_not_known_has_no_floor_and_that_is_said),
        cmocka_unit_test(what_changed_since_is_said),
        cmocka_unit_test(older_recordings_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
