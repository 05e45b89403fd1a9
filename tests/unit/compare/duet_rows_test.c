#include "gate/compare/duet_rows.h"

#include "gate/compare/heap_rows.h"
#include "gate/stats/bounds.h"
#include "gate/stats/histogram.h"
#include "tests/support/check.h"

enum { PAIRS = 2, WINDOWS = 4, REQUESTS = 200, MICROSECOND = 1000 };

struct fixture {
    struct arena arena;
    struct err err;
    struct comparison comparison;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][PAIRS];
    struct record_window windows[SIDES][PAIRS][WINDOWS];
};

/* Latencies of 1 to REQUESTS times the step, exact in the histogram. */
static struct str window_of(struct arena *arena, uint64_t step)
{
    struct histogram histogram;
    histogram_init(&histogram, arena);
    for (uint64_t i = 1; i <= REQUESTS; i++)
        histogram_record(&histogram, i * step);
    return histogram_encode(&histogram, arena);
}

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < PAIRS; t++) {
            for (size_t w = 0; w < WINDOWS; w++)
                fixture->windows[side][t][w].latency =
                    window_of(&fixture->arena, side == SIDE_CAND ? 8 : 4);
            fixture->trials[side][t] = (struct record_trial){
                .number = (uint32_t)t + 1,
                .windows = fixture->windows[side][t],
                .window_count = WINDOWS,
                .request_count = WINDOWS * REQUESTS,
                .cpu_ns = WINDOWS * REQUESTS * MICROSECOND,
            };
        }
        fixture->scenario.trials[side][PHASE_DUET] = fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_DUET] = PAIRS;
    }
    fixture->comparison.record = &fixture->scenario;
}

static enum status fixture_add(struct fixture *fixture)
{
    return duet_rows_add(&fixture->comparison, &fixture->arena, &fixture->err);
}

static void each_quantile_is_a_row(void **state)
{
    /* Ranks 100, 180 and 198 of 200. */
    static const struct {
        enum metric metric;
        double base;
    } rows[] = {{METRIC_P50, 400}, {METRIC_P90, 720}, {METRIC_P99, 792}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, ARRAY_LEN(rows) + 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        assert_int_equal(row->metric, rows[i].metric);
        assert_int_equal(row->level, ROW_SCENARIO);
        assert_close(row->estimate.base, rows[i].base, 1e-9);
        assert_close(row->estimate.cand, 2 * rows[i].base, 1e-9);
        assert_true(row->estimate.bounded);
        assert_int_equal(row->estimate.base_count, PAIRS * WINDOWS);
    }
    arena_release(&fixture.arena);
}

static const struct comparison_row *growth_of(const struct fixture *fixture)
{
    size_t i = 0;
    while (i < fixture->comparison.row_count &&
           fixture->comparison.rows[i].metric != METRIC_HEAP_GROWTH)
        i++;
    assert_true(i < fixture->comparison.row_count);
    return &fixture->comparison.rows[i];
}

/* Live heap of 1 MB that grows by so many bytes with each request; the third point is off. */
static void give_live(struct fixture *fixture, enum side side, uint64_t per_request)
{
    for (size_t t = 0; t < PAIRS; t++) {
        struct record_live *live = ARENA_ARRAY(&fixture->arena, struct record_live, 5);
        for (uint64_t i = 0; i < 5; i++) {
            uint64_t requests = i * 225;
            live[i] = (struct record_live){requests, 1000000 + per_request * requests, 1};
        }
        live[2].bytes += 500000;
        fixture->trials[side][t].live = live;
        fixture->trials[side][t].live_count = 5;
    }
}

static void a_leak_is_a_slope_and_keeps_its_culprits(void **state)
{
    struct fixture fixture;
    struct culprit culprit = {0};
    struct comparison_row exact = {.metric = METRIC_HEAP_GROWTH,
                                   .level = ROW_SCENARIO,
                                   .estimate = {.cand = 5},
                                   .culprits = &culprit,
                                   .culprit_count = 1};
    (void)state;
    fixture_init(&fixture);
    give_live(&fixture, SIDE_BASE, 2);
    give_live(&fixture, SIDE_CAND, 102);
    comparison_row_add(&fixture.comparison, &fixture.arena, &exact);
    assert_ok(fixture_add(&fixture), &fixture.err);
    const struct comparison_row *row = &fixture.comparison.rows[0];
    assert_int_equal(row->metric, METRIC_HEAP_GROWTH);
    assert_int_equal(row->phase, PHASE_DUET);
    assert_close(row->estimate.base, 2000, 1e-6);
    assert_close(row->estimate.cand, 102000, 1e-6);
    assert_int_equal(row->culprit_count, 1);
    arena_release(&fixture.arena);
}

static void the_duet_tells_growth_whatever_the_exact_phase_proved(void **state)
{
    struct fixture fixture;
    struct comparison_row exact = {
        .metric = METRIC_HEAP_GROWTH,
        .level = ROW_SCENARIO,
        .estimate = {.cand = 5, .bounded = true, .delta = 5, .delta_low = 1, .delta_high = 9}};
    (void)state;
    fixture_init(&fixture);
    give_live(&fixture, SIDE_BASE, 2);
    give_live(&fixture, SIDE_CAND, 2);
    comparison_row_add(&fixture.comparison, &fixture.arena, &exact);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_close(fixture.comparison.rows[0].estimate.cand, 2000, 1e-6);
    assert_int_equal(fixture.comparison.rows[0].phase, PHASE_DUET);
    arena_release(&fixture.arena);
}

/* 100 bytes a request, told by more requests than those that proved 5. */
static void a_leak_that_begins_later_is_not_hidden_by_a_proven_one(void **state)
{
    struct fixture fixture;
    struct comparison_row exact = {
        .metric = METRIC_HEAP_GROWTH,
        .level = ROW_SCENARIO,
        .estimate = {.cand = 5, .bounded = true, .delta = 5, .delta_low = 1, .delta_high = 9}};
    (void)state;
    fixture_init(&fixture);
    give_live(&fixture, SIDE_BASE, 2);
    give_live(&fixture, SIDE_CAND, 102);
    comparison_row_add(&fixture.comparison, &fixture.arena, &exact);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_close(fixture.comparison.rows[0].estimate.cand, 102000, 1e-6);
    assert_int_equal(fixture.comparison.rows[0].phase, PHASE_DUET);
    arena_release(&fixture.arena);
}

/* All eight windows of the candidate are three times as long: more than a coin would do. */
static void what_a_median_hides_is_said(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_str(fixture.comparison.rows[2].shadow, "");
    for (size_t t = 0; t < PAIRS; t++) {
        for (size_t w = 0; w < WINDOWS; w++)
            fixture.windows[SIDE_CAND][t][w].latency = window_of(&fixture.arena, 12);
    }
    fixture.comparison.row_count = 0;
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_str(fixture.comparison.rows[2].shadow,
               "in 8 of 8 windows the candidate took more than 2 times as long, the other way "
               "round in 0: look at latency/*.hgrm");
    arena_release(&fixture.arena);
}

struct late_case {
    const char *name;
    double rate;
    uint64_t late_ns;
    const char *want;
};

/* A tenth of the time between two requests or of 1 ms; then half of the value, 792 ns, from 1 ms on. */
static const struct late_case late_cases[] = {
    {"at the limit of a slow rate", 100, 1000000, ""},
    {"over the limit of a slow rate", 100, 1010000,
     "1 % of the requests left more than 1.01 ms late, over the 1.00 ms that requests 10.00 ms "
     "apart allow, since the machine was busy; lower load.rate, or give it CPUs"},
    {"at the limit of a fast rate", 5000, 100000, ""},
    {"over the limit of a fast rate", 5000, 110000,
     "1 % of the requests left more than 0.11 ms late, over the 0.10 ms that requests 0.20 ms "
     "apart allow, since the machine was busy; lower load.rate, or give it CPUs"},
    {"within a very slow rate, but more than the answers take", 10, 2000000,
     "1 % of the requests left up to 2.0 ms late, since the machine was busy: beside that a growth "
     "cannot be seen"},
    {"a closed loop", 0, 2000000, ""},
};

static void lateness_of_ours_hides_growth(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(late_cases); i++) {
        const struct late_case *row = &late_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        for (int side = 0; side < SIDES; side++) {
            for (size_t t = 0; t < PAIRS; t++)
                fixture.trials[side][t].rate_per_second = row->rate;
        }
        fixture.trials[SIDE_CAND][1].lateness_p99_ns = row->late_ns;
        assert_ok(fixture_add(&fixture), &fixture.err);
        assert_str(fixture.comparison.rows[2].shadow, row->want);
        assert_str(fixture.comparison.rows[2].doubt, "");
        arena_release(&fixture.arena);
    }
}

/*
 * 10, 10, 10, 10, 20 MiB over 900 requests: six of the ten slopes are 0, so
 * their median is, and the whole rise is 10 MiB per 900, 11,650,844 bytes
 * per 1000 requests, in each pair.
 */
static void growth_in_one_step_is_not_proven_to_be_none(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    give_live(&fixture, SIDE_BASE, 0);
    give_live(&fixture, SIDE_CAND, 0);
    for (size_t t = 0; t < PAIRS; t++) {
        struct record_live *live = fixture.trials[SIDE_CAND][t].live;
        for (size_t i = 0; i < 5; i++)
            live[i].bytes = (i < 4 ? 10 : 20) * (uint64_t)1048576;
    }
    assert_ok(fixture_add(&fixture), &fixture.err);
    const struct comparison_row *row = growth_of(&fixture);
    assert_close(row->estimate.delta, 0, 1e-6);
    assert_true(row->estimate.has_rise);
    assert_true(row->estimate.rise >= 11650844 && row->estimate.cand_rise >= 11650844);
    /* Limits of 64 KiB, of the change and of the candidate: neither kept nor broken for certain. */
    assert_close(bounds_p_below(&row->estimate, 65536), 1, 0);
    assert_close(bounds_p_cand_below(&row->estimate, 65536), 1, 0);
    assert_true(bounds_p_above(&row->estimate, 65536) > 0.01);
    arena_release(&fixture.arena);
}

static void too_few_points_leave_the_exact_growth(void **state)
{
    struct fixture fixture;
    struct comparison_row exact = {
        .metric = METRIC_HEAP_GROWTH, .level = ROW_SCENARIO, .estimate = {.cand = 5}};
    (void)state;
    fixture_init(&fixture);
    give_live(&fixture, SIDE_BASE, 2);
    give_live(&fixture, SIDE_CAND, 102);
    fixture.trials[SIDE_CAND][1].live_count = 4;
    comparison_row_add(&fixture.comparison, &fixture.arena, &exact);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_close(fixture.comparison.rows[0].estimate.cand, 5, 0);
    assert_int_equal(fixture.comparison.rows[0].phase, PHASE_EXACT);
    arena_release(&fixture.arena);
}

/* Two pairs: what is missing is not a second process. */
static void an_interval_that_is_missing_is_explained(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_str(fixture.comparison.rows[2].unbounded, "");
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < PAIRS; t++)
            fixture.trials[side][t].window_count = 3;
    }
    fixture.comparison.row_count = 0;
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_false(fixture.comparison.rows[2].estimate.bounded);
    assert_str(fixture.comparison.rows[2].unbounded,
               "6 windows of 2 pairs of processes give no interval: it takes 8, and 2 a pair; "
               "raise load.count or trials.duet");
    fixture.windows[SIDE_CAND][1][2].latency = window_of(&fixture.arena, 0);
    fixture.comparison.row_count = 0;
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_str(fixture.comparison.rows[2].unbounded,
               "in a window the requests took no time, which has no ratio to any other");
    arena_release(&fixture.arena);
}

/* Where its row is; the count where there is none. */
static size_t cpu_at(const struct fixture *fixture)
{
    size_t i = 0;
    while (i < fixture->comparison.row_count && fixture->comparison.rows[i].metric != METRIC_CPU)
        i++;
    return i;
}

/* 2 and 4 us a request, then 3 and 6: nothing differs between the pairs. */
static void cpu_time_is_compared_pair_by_pair(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t t = 0; t < PAIRS; t++) {
        for (enum side side = 0; side < SIDES; side++)
            fixture.trials[side][t].cpu_ns *= (t + 2) * (side == SIDE_CAND ? 2 : 1);
    }
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_true(cpu_at(&fixture) < fixture.comparison.row_count);
    const struct comparison_row *row = &fixture.comparison.rows[cpu_at(&fixture)];
    assert_int_equal(row->phase, PHASE_DUET);
    assert_int_equal(row->estimate.method, ESTIMATE_PAIRS);
    assert_int_equal(row->estimate.cand_count, PAIRS);
    /* The geometric middle of 2 and 3 us. */
    assert_close(row->estimate.base, 1000 * sqrt(6), 1e-9);
    assert_close(row->estimate.ratio, 1, 1e-9);
    assert_close(row->estimate.ratio_low, row->estimate.ratio_high, 0.03);
    arena_release(&fixture.arena);
}

/* Collections of a steady trial, what share of its CPU time they were, and what the duet puts off. */
static const struct put_off_case {
    const char *name;
    bool is_traced;
    uint64_t cycles;
    double share;
    const char *note; /* NULL: CPU time is that of the duet */
} put_off_cases[] = {
    {"3 of 8", true, 8, 0.26, NULL},
    {"more than a tenth", true, 8, 0.28,
     "CPU time is that of the steady trials: up to 11 % of it are collections that the readings of "
     "the heap in the duet put off"},
    {"all of 2", true, 2, 0.11, "CPU time is that of the steady trials: up to 11 % of it"},
    {"many", true, 300, 0.9, NULL},
    {"nobody traced them", false, 2, 0.9, NULL},
};

static void rare_collections_keep_cpu_time_with_the_steady_trials(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(put_off_cases); i++) {
        const struct put_off_case *row = &put_off_cases[i];
        struct fixture fixture;
        struct record_trial steady[2] = {{.number = 1}, {.number = 2}};
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        for (size_t t = 0; t < ARRAY_LEN(steady); t++) {
            steady[t].gc.is_traced = row->is_traced;
            steady[t].gc.cycles = row->cycles;
            steady[t].gc.cpu_share = row->share;
        }
        /* The other side has none, and that with more counts. */
        fixture.scenario.trials[SIDE_CAND][PHASE_STEADY] = steady;
        fixture.scenario.trial_count[SIDE_CAND][PHASE_STEADY] = ARRAY_LEN(steady);
        assert_ok(fixture_add(&fixture), &fixture.err);
        assert_int_equal(cpu_at(&fixture) < fixture.comparison.row_count, row->note == NULL);
        assert_int_equal(fixture.comparison.note_count, row->note != NULL);
        if (row->note)
            assert_true(str_starts_with(fixture.comparison.notes[0], str_from(row->note)));
        arena_release(&fixture.arena);
    }
}

static void one_pair_tells_no_cpu_time(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (enum side side = 0; side < SIDES; side++)
        fixture.scenario.trial_count[side][PHASE_DUET] = 1;
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_int_equal(cpu_at(&fixture), fixture.comparison.row_count);
    arena_release(&fixture.arena);
}

static void a_process_without_cpu_time_is_refused(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][1].cpu_ns = 0;
    assert_fails(fixture_add(&fixture), STATUS_INVALID, &fixture.err,
                 "candidate, duet trial 2: no requests or no CPU time");
    arena_release(&fixture.arena);
}

static void without_a_duet_there_is_no_row(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.scenario.trial_count[SIDE_BASE][PHASE_DUET] = 0;
    fixture.scenario.trial_count[SIDE_CAND][PHASE_DUET] = 0;
    assert_ok(fixture_add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    arena_release(&fixture.arena);
}

static void what_has_no_partner_is_refused(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.scenario.trial_count[SIDE_CAND][PHASE_DUET] = 1;
    assert_fails(fixture_add(&fixture), STATUS_FORMAT, &fixture.err, "without the other's");
    fixture.scenario.trial_count[SIDE_CAND][PHASE_DUET] = PAIRS;
    fixture.trials[SIDE_CAND][1].window_count = 3;
    assert_fails(fixture_add(&fixture), STATUS_FORMAT, &fixture.err,
                 "duet trial 2: 4 windows of the baseline, 3 of the candidate");
    fixture.trials[SIDE_CAND][1].window_count = WINDOWS;
    fixture.windows[SIDE_CAND][1][2].latency = STR("");
    assert_fails(fixture_add(&fixture), STATUS_FORMAT, &fixture.err,
                 "candidate, duet trial 2, window 3: no request in it");
    fixture.windows[SIDE_CAND][1][2].latency = STR("12:x");
    assert_fails(fixture_add(&fixture), STATUS_FORMAT, &fixture.err,
                 "candidate, duet trial 2, window 3: ");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_quantile_is_a_row),
        cmocka_unit_test(a_leak_is_a_slope_and_keeps_its_culprits),
        cmocka_unit_test(the_duet_tells_growth_whatever_the_exact_phase_proved),
        cmocka_unit_test(a_leak_that_begins_later_is_not_hidden_by_a_proven_one),
        cmocka_unit_test(what_a_median_hides_is_said),
        cmocka_unit_test(lateness_of_ours_hides_growth),
        cmocka_unit_test(growth_in_one_step_is_not_proven_to_be_none),
        cmocka_unit_test(too_few_points_leave_the_exact_growth),
        cmocka_unit_test(an_interval_that_is_missing_is_explained),
        cmocka_unit_test(cpu_time_is_compared_pair_by_pair),
        cmocka_unit_test(rare_collections_keep_cpu_time_with_the_steady_trials),
        cmocka_unit_test(one_pair_tells_no_cpu_time),
        cmocka_unit_test(a_process_without_cpu_time_is_refused),
        cmocka_unit_test(without_a_duet_there_is_no_row),
        cmocka_unit_test(what_has_no_partner_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
