#include "tests/support/check.h"

#include "gate/compare/service_rows.h"
#include "gate/compare/tool_rows.h"

enum { TRIALS = 3, QUANTILES = 4 };

/* A service whose load a tool sent: three steady trials a side, kept in memory. */
struct fixture {
    struct arena arena;
    struct err err;
    struct comparison comparison;
    struct recording recording;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][TRIALS];
    struct record_tool tools[SIDES][TRIALS];
    struct record_quantile latency[SIDES][TRIALS][QUANTILES];
};

#define MS 1000000ULL

static void fixture_init(struct fixture *fixture, const char *format, uint64_t rounding_ns)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < TRIALS; t++) {
            uint64_t p99_ns = side == SIDE_BASE ? 10 * MS : 13 * MS;
            const struct record_quantile latency[QUANTILES] = {{0.5, MS, rounding_ns},
                                                               {0.9, 2 * MS, rounding_ns},
                                                               {0.99, p99_ns, rounding_ns},
                                                               {1, 40 * MS, rounding_ns}};
            memcpy(fixture->latency[side][t], latency, sizeof(latency));
            fixture->tools[side][t] = (struct record_tool){
                .format = str_from(format),
                .program = STR("./load.sh"),
                .has_count = true,
                .request_count = 1000,
                .has_errors = true,
                .rate_per_second = 500,
                .wall_ns = 2000 * MS + t,
                .latency = fixture->latency[side][t],
                .latency_count = QUANTILES,
            };
            fixture->trials[side][t] = (struct record_trial){
                .number = (uint32_t)t + 1,
                .request_count = 1000,
                .cpu_ns = 1000,
                .tool = &fixture->tools[side][t],
            };
        }
        fixture->scenario.trials[side][PHASE_STEADY] = fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_STEADY] = TRIALS;
    }
    /* Nothing of a service is in files here: a benchmark is asked for none. */
    fixture->scenario.is_gotest = true;
    fixture->recording.scenarios = &fixture->scenario;
    fixture->recording.scenario_count = 1;
    fixture->comparison.record = &fixture->scenario;
}

static void fixture_add(struct fixture *fixture)
{
    const struct comparison_source sources[SIDES] = {{&fixture->recording, 0, SIDE_BASE},
                                                     {&fixture->recording, 0, SIDE_CAND}};
    assert_ok(service_rows_add(&fixture->comparison, &fixture->arena, sources,
                               &(struct pair_hints){0}, &fixture->err),
              &fixture->err);
}

static struct comparison_row row_of(const struct fixture *fixture, enum metric metric)
{
    struct comparison_row none = {0};
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        if (fixture->comparison.rows[i].metric == metric)
            return fixture->comparison.rows[i];
    }
    return none;
}

static bool has_row(const struct fixture *fixture, enum metric metric)
{
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        if (fixture->comparison.rows[i].metric == metric)
            return true;
    }
    return false;
}

static bool has_note(const struct fixture *fixture, const char *text)
{
    for (size_t i = 0; i < fixture->comparison.note_count; i++) {
        if (strstr(fixture->comparison.notes[i].data, text))
            return true;
    }
    return false;
}

static void latency_is_the_tools_and_says_so(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "hey", 0);
    fixture_add(&fixture);
    struct comparison_row p99 = row_of(&fixture, METRIC_P99);
    assert_str(p99.measured_by, "hey");
    assert_int_equal(p99.phase, PHASE_STEADY);
    assert_close(p99.estimate.base, 10 * MS, 1e-9);
    assert_close(p99.estimate.cand, 13 * MS, 1e-9);
    assert_close(p99.estimate.ratio, 0.3, 1e-9);
    assert_close(row_of(&fixture, METRIC_P50).estimate.base, MS, 1e-9);
    assert_int_equal(row_of(&fixture, METRIC_CPU).measured_by.len, 0);
    assert_true(has_note(&fixture, "it is no duet"));
    assert_true(has_note(&fixture, "load by ./load.sh (medians of the steady trials): baseline "
                                   "1000 requests in 2.00 s (500.0/s), 0 errors, p50 1 ms, "
                                   "p90 2 ms, p99 10 ms, max 40 ms; candidate 1000"));
    assert_int_equal(fixture.comparison.latency_refusal.len, 0);
    arena_release(&fixture.arena);
}

/*
 * 10 and 13 ms, each printed to whole milliseconds: 9.5 to 10.5 and 12.5 to
 * 13.5, so that the ratio is 12.5/10.5 to 13.5/9.5 when the spread is none.
 */
static void rounding_widens_the_interval(void **state)
{
    (void)state;
    struct fixture fixture;
    struct estimate exact;
    fixture_init(&fixture, "hey", MS / 2);
    struct estimate estimate = {.base = 10 * MS,
                                .cand = 13 * MS,
                                .delta = 3 * MS,
                                .delta_low = 3 * MS,
                                .delta_high = 3 * MS,
                                .has_ratio = true,
                                .ratio = 0.3,
                                .ratio_low = 0.3,
                                .ratio_high = 0.3,
                                .bounded = true};
    exact = estimate;
    tool_widen(&estimate, &fixture.scenario, 0.99);
    assert_close(estimate.ratio_low, 12.5 / 10.5 - 1, 1e-9);
    assert_close(estimate.ratio_high, 13.5 / 9.5 - 1, 1e-9);
    assert_close(estimate.delta_low, 2 * MS, 1e-9);
    assert_close(estimate.delta_high, 4 * MS, 1e-9);
    assert_close(estimate.ratio, 0.3, 1e-9);
    tool_widen(&exact, &fixture.scenario, 0.7); /* a quantile that nobody printed */
    assert_close(exact.ratio_low, 0.3, 1e-9);
    arena_release(&fixture.arena);
}

/* "0.0000 secs": all of it may be rounding, and then nothing is known. */
static void a_value_of_rounding_alone_proves_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "hey", MS);
    struct estimate estimate = {
        .base = MS, .cand = 13 * MS, .delta = 12 * MS, .has_ratio = true, .bounded = true};
    tool_widen(&estimate, &fixture.scenario, 0.5);
    assert_false(estimate.bounded);
    arena_release(&fixture.arena);
}

static void a_figure_that_one_trial_lacks_is_not_measured(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "k6", 0);
    fixture.latency[SIDE_CAND][1][2].quantile = 0.95;
    fixture_add(&fixture);
    assert_false(has_row(&fixture, METRIC_P99));
    assert_true(has_row(&fixture, METRIC_P90));
    assert_true(
        str_contains(comparison_why_unmeasured(&fixture.comparison, METRIC_P99), STR("k6")));
    assert_false(fixture.comparison.has_no_latency);
    arena_release(&fixture.arena);
}

static void a_load_without_a_result_says_that_latency_is_unknown(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "none", 0);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < TRIALS; t++)
            fixture.tools[side][t].latency_count = 0;
    }
    fixture_add(&fixture);
    assert_false(has_row(&fixture, METRIC_P50));
    assert_true(fixture.comparison.has_no_latency);
    assert_true(has_note(&fixture, "latency was not measured: load.output is none"));
    arena_release(&fixture.arena);
}

static void a_load_of_memgate_has_no_tool(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "hey", 0);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < TRIALS; t++)
            fixture.trials[side][t].tool = NULL;
    }
    fixture_add(&fixture);
    assert_int_equal(tool_of(&fixture.scenario).len, 0);
    assert_int_equal(fixture.comparison.note_count, 0);
    assert_false(has_row(&fixture, METRIC_P99));
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_is_the_tools_and_says_so),
        cmocka_unit_test(rounding_widens_the_interval),
        cmocka_unit_test(a_value_of_rounding_alone_proves_nothing),
        cmocka_unit_test(a_figure_that_one_trial_lacks_is_not_measured),
        cmocka_unit_test(a_load_without_a_result_says_that_latency_is_unknown),
        cmocka_unit_test(a_load_of_memgate_has_no_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
