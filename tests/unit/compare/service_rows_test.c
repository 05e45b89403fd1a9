#include "tests/support/check.h"

#include "gate/compare/service_rows.h"
#include "gate/stats/histogram.h"

/* A gotest scenario of two exact and two steady trials a side, kept in memory. */
struct fixture {
    struct arena arena;
    struct err err;
    struct comparison comparison;
    struct recording recording;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][PHASES][2];
    struct record_benchmark benchmarks[SIDES][2];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    fixture->scenario.is_gotest = true;
    fixture->scenario.programs[SIDE_CAND].package = STR("m.io/codec");
    for (int side = 0; side < SIDES; side++) {
        double scale = side == SIDE_CAND ? 2 : 1;
        fixture->benchmarks[side][0] = (struct record_benchmark){
            STR("BenchmarkA/x"), 10, 100 * scale, 48 * scale, 3 * scale, {0, 0}};
        fixture->benchmarks[side][1] = (struct record_benchmark){.name = STR("BenchmarkB")};
        for (int phase = 0; phase < PHASES; phase++) {
            for (uint32_t t = 0; t < 2; t++)
                fixture->trials[side][phase][t] =
                    (struct record_trial){.number = t + 1,
                                          .request_count = 10,
                                          .cpu_ns = 1000,
                                          .benchmarks = fixture->benchmarks[side],
                                          .benchmark_count = side == SIDE_CAND ? 2 : 1};
            fixture->scenario.trials[side][phase] = fixture->trials[side][phase];
            fixture->scenario.trial_count[side][phase] = phase == PHASE_DUET ? 0 : 2;
        }
    }
    fixture->recording.scenarios = &fixture->scenario;
    fixture->recording.scenario_count = 1;
    fixture->comparison.record = &fixture->scenario;
}

static enum status fixture_add(struct fixture *fixture)
{
    const struct comparison_source sources[SIDES] = {{&fixture->recording, 0, SIDE_BASE},
                                                     {&fixture->recording, 0, SIDE_CAND}};
    return service_rows_add(&fixture->comparison, &fixture->arena, sources, &(struct pair_hints){0},
                            &fixture->err);
}

/* Offset of the first such row, or the count. */
static size_t row_at(const struct fixture *fixture, enum metric metric, enum row_level level)
{
    size_t i = 0;
    while (i < fixture->comparison.row_count && (fixture->comparison.rows[i].metric != metric ||
                                                 fixture->comparison.rows[i].level != level))
        i++;
    return i;
}

static bool has_row(const struct fixture *fixture, enum metric metric, enum row_level level)
{
    return row_at(fixture, metric, level) < fixture->comparison.row_count;
}

static void benchmarks_are_rows_of_their_own(void **state)
{
    static const struct {
        enum metric metric;
        double base;
        double cand;
    } rows[] = {
        {METRIC_ALLOC_SPACE, 48, 96}, {METRIC_ALLOC_OBJECTS, 3, 6}, {METRIC_NS_PER_OP, 100, 200}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(fixture_add(&fixture), &fixture.err);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", metric_name(rows[i].metric));
        assert_true(has_row(&fixture, rows[i].metric, ROW_BENCHMARK));
        const struct comparison_row *row =
            &fixture.comparison.rows[row_at(&fixture, rows[i].metric, ROW_BENCHMARK)];
        assert_str(row->func, "m.io/codec.BenchmarkA/x");
        assert_close(row->estimate.base, rows[i].base, 1e-9);
        assert_close(row->estimate.cand, rows[i].cand, 1e-9);
    }
    assert_int_equal(fixture.comparison.note_count, 1);
    assert_str(fixture.comparison.notes[0], "BenchmarkB exists on one side only and is not judged");
    arena_release(&fixture.arena);
}

static const struct comparison_row *time_of(const struct fixture *fixture)
{
    return &fixture->comparison.rows[row_at(fixture, METRIC_NS_PER_OP, ROW_BENCHMARK)];
}

/* 80 and 60 ns by the passes, 100 and 200 by the first: those of all trials, or of none. */
static void the_time_of_a_benchmark_is_that_of_its_passes(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.benchmarks[SIDE_BASE][0].passes = (struct record_passes){10, 80};
    fixture.benchmarks[SIDE_CAND][0].passes = (struct record_passes){12, 60};
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_close(time_of(&fixture)->estimate.base, 80, 1e-9);
    assert_close(time_of(&fixture)->estimate.cand, 60, 1e-9);
    assert_int_equal(fixture.comparison.note_count, 1);
    arena_release(&fixture.arena);

    fixture_init(&fixture);
    fixture.benchmarks[SIDE_BASE][0].passes = (struct record_passes){10, 80};
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_close(time_of(&fixture)->estimate.base, 100, 1e-9);
    assert_close(time_of(&fixture)->estimate.cand, 200, 1e-9);
    assert_int_equal(fixture.comparison.note_count, 2);
    assert_str(fixture.comparison.notes[0], "BenchmarkA/x: its time is that of the first pass, as "
                                            "not every trial made more; a cold start is in it");
    arena_release(&fixture.arena);
}

static void a_refused_steady_phase_leaves_the_exact_rows(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.comparison.steady_refusal = STR("machines differ");
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_true(has_row(&fixture, METRIC_ALLOC_SPACE, ROW_BENCHMARK));
    assert_false(has_row(&fixture, METRIC_NS_PER_OP, ROW_BENCHMARK));
    assert_false(has_row(&fixture, METRIC_CPU, ROW_SCENARIO));
    assert_false(fixture.comparison.has_steady);
    arena_release(&fixture.arena);
}

/* One after the other, the sides do not share what made requests late. */
static void latency_of_a_late_steady_phase_is_doubted(void **state)
{
    struct fixture fixture;
    struct histogram latency;
    (void)state;
    fixture_init(&fixture);
    histogram_init(&latency, &fixture.arena);
    histogram_record(&latency, 1000000);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++) {
            struct record_trial *trial = &fixture.trials[side][PHASE_STEADY][t];
            trial->latency = histogram_encode(&latency, &fixture.arena);
            trial->rate_per_second = 1000;
        }
    }
    fixture.trials[SIDE_BASE][PHASE_STEADY][1].lateness_p99_ns = 150000;
    assert_ok(fixture_add(&fixture), &fixture.err);
    const struct comparison_row *rows = fixture.comparison.rows;
    assert_true(str_contains(rows[row_at(&fixture, METRIC_P99, ROW_SCENARIO)].doubt,
                             STR("0.15 ms late, over the 0.10 ms")));
    /* What is no latency is not touched by it. */
    assert_str(rows[row_at(&fixture, METRIC_CPU, ROW_SCENARIO)].doubt, "");
    arena_release(&fixture.arena);
}

/* Twice as much in each pair, while one trial of the steady phase had a busy machine. */
static void cpu_time_is_that_of_the_duet(void **state)
{
    struct fixture fixture;
    struct record_window windows[1];
    struct histogram latency;
    (void)state;
    fixture_init(&fixture);
    histogram_init(&latency, &fixture.arena);
    histogram_record(&latency, 1000000);
    windows[0].latency = histogram_encode(&latency, &fixture.arena);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++) {
            struct record_trial *trial = &fixture.trials[side][PHASE_DUET][t];
            trial->windows = windows;
            trial->window_count = 1;
            trial->cpu_ns = side == SIDE_CAND ? 4000 : 2000;
        }
        fixture.scenario.trial_count[side][PHASE_DUET] = 2;
    }
    fixture.trials[SIDE_CAND][PHASE_STEADY][1].cpu_ns = 50000;
    assert_ok(fixture_add(&fixture), &fixture.err);
    size_t at = row_at(&fixture, METRIC_CPU, ROW_SCENARIO);
    assert_int_equal(fixture.comparison.rows[at].phase, PHASE_DUET);
    assert_close(fixture.comparison.rows[at].estimate.ratio, 1, 1e-9);
    /* As much as alone, as far apart as side by side: 100 and 100 sqrt(50) ns are the middles. */
    double middle = 100 * pow(50, 0.25);
    assert_close(fixture.comparison.rows[at].estimate.base, middle / sqrt(2), 1e-9);
    assert_close(fixture.comparison.rows[at].estimate.cand, middle * sqrt(2), 1e-9);
    for (size_t i = at + 1; i < fixture.comparison.row_count; i++)
        assert_int_not_equal(fixture.comparison.rows[i].metric, METRIC_CPU);
    assert_true(fixture.comparison.rows[at].is_leveled);
    arena_release(&fixture.arena);
}

static void a_trial_without_cpu_time_is_refused(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][PHASE_STEADY][1].cpu_ns = 0;
    assert_fails(fixture_add(&fixture), STATUS_INVALID, &fixture.err, "candidate, steady trial 2");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(benchmarks_are_rows_of_their_own),
        cmocka_unit_test(the_time_of_a_benchmark_is_that_of_its_passes),
        cmocka_unit_test(a_refused_steady_phase_leaves_the_exact_rows),
        cmocka_unit_test(latency_of_a_late_steady_phase_is_doubted),
        cmocka_unit_test(cpu_time_is_that_of_the_duet),
        cmocka_unit_test(a_trial_without_cpu_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
