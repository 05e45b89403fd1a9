#include "tests/support/check.h"

#include "gate/stats/bounds.h"
#include "gate/stats/floor.h"
#include "gate/stats/windows.h"

/* Expected values are those of tests/oracle/floor.py (SciPy) unless worked out beside them. */

#define SAMPLES(...)                                                                               \
    (struct samples)                                                                               \
    {                                                                                              \
        (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)      \
    }

static const struct reading readings[] = {
    {.change = 0.02, .trial = 0.02, .trial_df = 4, .trials = 3},
    {.change = -0.01, .trial = 0.03, .trial_df = 4, .trials = 3},
    {.change = 0.03, .trial = 0.01, .trial_df = 4, .trials = 3},
};

/* Equal trials a side: no spread of their own. */
static struct estimate ten_percent_more(size_t base, size_t cand)
{
    static const double low[] = {100, 100, 100, 100, 100, 100};
    static const double high[] = {110, 110, 110, 110, 110, 110};
    return estimate_of((struct samples){low, base}, (struct samples){high, cand},
                       ESTIMATE_LOG_RATIO);
}

static struct spread spread_of_runs(double run)
{
    struct spread out = floor_pool(readings, ARRAY_LEN(readings), true);
    out.run = run;
    return out;
}

/* sd 0.1 a side in logarithms: ln 100 +- 0.1 twice, and 0.2 more. */
static void a_reading_is_the_change_and_the_spread_of_one_trial(void **state)
{
    struct reading have;
    (void)state;
    const double base[] = {100 * exp(-0.1), 100, 100 * exp(0.1)};
    const double cand[] = {100 * exp(0.1), 100 * exp(0.2), 100 * exp(0.3)};
    struct estimate estimate =
        estimate_of((struct samples){base, 3}, (struct samples){cand, 3}, ESTIMATE_LOG_RATIO);
    assert_true(floor_read(&have, &estimate, true));
    assert_close(have.change, 0.2, 1e-12);
    assert_close(have.trial, 0.1, 1e-9);
    assert_close(have.trials, 3, 1e-12);
    assert_close(have.trial_df, 4, 1e-12);

    /* Variance 1 a side, base 100: 1 % of it. */
    estimate = estimate_of(SAMPLES(99, 100, 101), SAMPLES(109, 110, 111), ESTIMATE_DIFFERENCE);
    assert_true(floor_read(&have, &estimate, false));
    assert_close(have.change, 10, 1e-12);
    assert_close(have.trial, 1, 1e-9);
    assert_true(floor_read(&have, &estimate, true));
    assert_close(have.change, log(1.1), 1e-12);
    assert_close(have.trial, 0.01, 1e-9);
}

static void what_has_no_interval_or_no_logarithm_is_no_reading(void **state)
{
    struct reading have;
    (void)state;
    struct estimate one = estimate_of(SAMPLES(5), SAMPLES(6), ESTIMATE_DIFFERENCE);
    struct estimate zero = estimate_of(SAMPLES(0, 0), SAMPLES(5, 6), ESTIMATE_DIFFERENCE);
    assert_false(floor_read(&have, &one, false));
    assert_false(floor_read(&have, &zero, true));
    assert_true(floor_read(&have, &zero, false));
}

static void runs_pool_about_no_change_and_trials_about_their_means(void **state)
{
    (void)state;
    struct spread have = floor_pool(readings, ARRAY_LEN(readings), true);
    /* Squares 4 + 1 + 9 and 4 + 9 + 1 of a ten thousandth, each over 3. */
    assert_close(have.run, sqrt(0.0014 / 3), 1e-12);
    assert_close(have.trial, sqrt(0.0014 / 3), 1e-12);
    assert_close(have.trial_df, 12, 1e-12);
    assert_close(have.trials, 3, 1e-12);
    assert_int_equal(have.runs, 3);
}

static const struct {
    const char *name;
    double run_squared;
    size_t base;
    size_t cand;
    double variance;
    double df;
    bool is_between;
} floor_cases[] = {
    {"runs no more apart than trials make them", 0.0014 / 3, 3, 3, 0.00034222222222222217, 15,
     false},
    {"likewise with more trials on one side", 0.0014 / 3, 6, 3, 0.00025666666666666665, 15, false},
    {"runs closer than trials make them", 0.0001, 3, 3, 0.0002688888888888888, 15, false},
    {"something lies between runs", 0.0025, 3, 3, 0.0025, 3, true},
    {"and stays there with more trials", 0.0025, 6, 6, 0.0023444444444444446, 2.6357303548170665,
     true},
};

static void the_floor_falls_with_trials_but_not_below_what_lies_between_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(floor_cases); i++) {
        print_message("%s\n", floor_cases[i].name);
        struct spread spread = spread_of_runs(sqrt(floor_cases[i].run_squared));
        struct estimate have = ten_percent_more(floor_cases[i].base, floor_cases[i].cand);
        floor_set(&have, &spread);
        assert_close((have.floor.trial_variance + have.floor.run_variance) /
                         floor_cases[i].variance,
                     1, 1e-9);
        assert_close(have.floor.df, floor_cases[i].df, 1e-9);
        assert_int_equal(have.floor.run_variance > 0, floor_cases[i].is_between);
    }
}

static void answers_are_those_of_a_t_test_by_the_floor(void **state)
{
    (void)state;
    struct spread spread = spread_of_runs(0.05);
    struct estimate have = ten_percent_more(3, 3);
    /* Without it nothing is uncertain. */
    assert_close(bounds_p_above(&have, 5), 0, 1e-12);
    assert_false(bounds_low_is_floored(&have, 0.002));
    floor_set(&have, &spread);
    assert_close(bounds_p_above(&have, 5), 0.21039697392608148, 1e-9);
    assert_close(bounds_p_below(&have, 20), 0.09009724795135642, 1e-9);
    assert_close(bounds_low(&have, 0.002), -26.458511815367498, 1e-9);
    assert_close(bounds_high(&have, 0.05), 23.735786406688963, 1e-9);
    assert_close(bounds_detectable(&have, 0.002), 80.4356272900807, 1e-3);
    assert_true(bounds_low_is_floored(&have, 0.002));
    assert_true(bounds_high_is_floored(&have, 0.05));
}

static void a_wider_spread_of_the_trials_stays_what_it_is(void **state)
{
    (void)state;
    struct estimate bare =
        estimate_of(SAMPLES(80, 100, 125), SAMPLES(90, 110, 135), ESTIMATE_LOG_RATIO);
    struct estimate have = bare;
    struct spread spread = spread_of_runs(sqrt(0.0014 / 3));
    floor_set(&have, &spread);
    assert_true(have.floor.trial_variance > 0);
    assert_close(bounds_low(&have, 0.002), bounds_low(&bare, 0.002), 1e-12);
    assert_close(bounds_high(&have, 0.05), bounds_high(&bare, 0.05), 1e-12);
    assert_close(bounds_p_above(&have, 1), bounds_p_above(&bare, 1), 1e-12);
    assert_close(bounds_detectable(&have, 0.002), bounds_detectable(&bare, 0.002), 1e-12);
    assert_false(bounds_low_is_floored(&have, 0.002));
}

/* No number of trials shows a change that lies within what differs between runs. */
static void no_more_trials_are_promised_to_get_below_the_floor(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(99, 100, 101), SAMPLES(109, 110, 111), ESTIMATE_LOG_RATIO);
    struct spread spread = spread_of_runs(0.05);
    assert_true(isfinite(bounds_more_needed(&have, 0.002, 3)));
    floor_set(&have, &spread);
    assert_true(isinf(bounds_more_needed(&have, 0.002, 3)));
    assert_true(bounds_detectable_with(&have, 0.002, 1000) > 70);
}

/* 20 windows that all say +10 %: five pairs are sure of it, three runs of another day are not. */
static void windows_have_a_floor_as_well(void **state)
{
    static const size_t lens[] = {4, 4, 4, 4, 4};
    double base[20];
    double cand[20];
    struct reading reading;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(base); i++) {
        base[i] = 100;
        cand[i] = 110;
    }
    const struct windows windows = {{base, 20}, {cand, 20}, lens, ARRAY_LEN(lens)};
    struct estimate have = estimate_of_windows(&windows);
    struct spread spread = {
        .is_ratio = true, .runs = 3, .run = 0.05, .trials = 20, .trial = 0, .trial_df = 15};
    assert_true(bounds_low(&have, 0.002) / have.base > 0.09);
    assert_true(floor_read(&reading, &have, true));
    assert_close(reading.trials, 20, 1e-12);
    assert_close(reading.trial_df, have.df, 1e-12);
    floor_set(&have, &spread);
    assert_close(bounds_low(&have, 0.002) / have.base, -0.26458511815367498, 1e-9);
    assert_close(bounds_p_above(&have, 0.05 * have.base), 0.21039697392608148, 1e-9);
}

/* SplitMix64 (Steele, Lea, Flood 2014), and normal numbers of it by Box and Muller. */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * acos(-1) * uniform(state));
}

/* Nothing changed: three trials a side, whose build or hour is `run` off, each alone by `trial`. */
static struct estimate simulated_run(uint64_t *state, double run, double trial)
{
    double values[2][3];
    for (size_t side = 0; side < 2; side++) {
        double off = run / sqrt(2) * normal(state);
        for (size_t i = 0; i < 3; i++)
            values[side][i] = 100 * exp(off + trial * normal(state));
    }
    return estimate_of((struct samples){values[0], 3}, (struct samples){values[1], 3},
                       ESTIMATE_LOG_RATIO);
}

struct rates {
    double bare; /* called growth at a level of 1 %, of runs without a floor */
    double floored;
};

static struct rates simulate(double run, double trial)
{
    enum { WORLDS = 10000, RUNS = 5 };
    uint64_t state = 6;
    size_t bare = 0;
    size_t floored = 0;
    for (size_t i = 0; i < WORLDS; i++) {
        struct reading seen[RUNS];
        for (size_t k = 0; k < RUNS; k++) {
            struct estimate one = simulated_run(&state, run, trial);
            assert_true(floor_read(&seen[k], &one, true));
        }
        struct spread spread = floor_pool(seen, RUNS, true);
        struct estimate have = simulated_run(&state, run, trial);
        bare += bounds_p_above(&have, 0) < 0.01;
        floor_set(&have, &spread);
        floored += bounds_p_above(&have, 0) < 0.01;
    }
    return (struct rates){(double)bare / WORLDS, (double)floored / WORLDS};
}

/*
 * 1 % of 10,000 runs are 100 +- 10, four of which are 40. Where much lies
 * between runs each run's own test errs in a third of them and more.
 */
static void the_error_of_a_level_is_kept_where_runs_differ(void **state)
{
    static const double between[] = {0, 0.01, 0.02, 0.1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        struct rates have = simulate(between[i], 0.01);
        print_message("between runs %.2f, of a trial 0.01: %.4f without, %.4f with a floor\n",
                      between[i], have.bare, have.floored);
        assert_true(have.floored <= 0.014);
        assert_true(have.floored <= have.bare);
    }
    assert_true(simulate(0.1, 0.01).bare > 0.33);
}

static void what_cannot_be_is_no_floor(void **state)
{
    static const struct spread spreads[] = {
        {.is_ratio = true, .runs = 0, .run = 1, .trials = 3, .trial = 1, .trial_df = 4},
        {.is_ratio = true, .runs = 3, .run = 1, .trials = 0, .trial = 1, .trial_df = 4},
        {.is_ratio = true, .runs = 3, .run = 0, .trials = 3, .trial = 0, .trial_df = 4},
        {.is_ratio = true, .runs = 3, .run = 1, .trials = 3, .trial = 1, .trial_df = 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(spreads); i++) {
        struct estimate have = ten_percent_more(3, 3);
        floor_set(&have, &spreads[i]);
        assert_close(bounds_low(&have, 0.002), 10, 1e-9);
    }
    /* A logarithm that is not there. */
    struct spread spread = spread_of_runs(0.05);
    struct estimate zero = estimate_of(SAMPLES(0, 0), SAMPLES(64, 64), ESTIMATE_DIFFERENCE);
    double low = bounds_low(&zero, 0.002);
    floor_set(&zero, &spread);
    assert_close(bounds_low(&zero, 0.002), low, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_is_the_change_and_the_spread_of_one_trial),
        cmocka_unit_test(what_has_no_interval_or_no_logarithm_is_no_reading),
        cmocka_unit_test(runs_pool_about_no_change_and_trials_about_their_means),
        cmocka_unit_test(the_floor_falls_with_trials_but_not_below_what_lies_between_runs),
        cmocka_unit_test(answers_are_those_of_a_t_test_by_the_floor),
        cmocka_unit_test(a_wider_spread_of_the_trials_stays_what_it_is),
        cmocka_unit_test(no_more_trials_are_promised_to_get_below_the_floor),
        cmocka_unit_test(windows_have_a_floor_as_well),
        cmocka_unit_test(the_error_of_a_level_is_kept_where_runs_differ),
        cmocka_unit_test(what_cannot_be_is_no_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
