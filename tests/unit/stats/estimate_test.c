#include "tests/support/check.h"

#include "gate/stats/estimate.h"

#include "gate/stats/bounds.h"

#define SAMPLES(...)                                                                               \
    (struct samples)                                                                               \
    {                                                                                              \
        (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)      \
    }

static void difference_has_welchs_interval(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    assert_close(have.delta, 11, 1e-12);
    /* tests/oracle/statistics.py (SciPy ttest_ind, unequal variances, 99 %) */
    assert_close(have.delta_low, 7.240772279275853, 1e-9);
    assert_close(have.delta_high, 14.759227720724148, 1e-9);
    assert_close(have.ratio, 0.11, 1e-12);
    assert_true(have.bounded);

    have = estimate_of(SAMPLES(5, 7, 6, 8), SAMPLES(5.5, 6.5, 7.5), ESTIMATE_DIFFERENCE);
    assert_close(have.delta_low, -3.5067759261773737, 1e-9);
    assert_close(have.delta_high, 3.5067759261773737, 1e-9);
}

/* Variances of 1 and 1, of 5/3 / 4 and 1 / 3. */
static void the_baseline_has_its_part_of_the_spread(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    assert_close(have.base_part_low, 0.5, 1e-12);
    assert_close(have.base_part_high, 0.5, 1e-12);
    have = estimate_of(SAMPLES(5, 7, 6, 8), SAMPLES(5.5, 6.5, 7.5), ESTIMATE_DIFFERENCE);
    assert_close(have.base_part_low, 5.0 / 9, 1e-12);
}

static void equal_readings_keep_a_floor_of_spread(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(1000, 1000, 1000), SAMPLES(1000, 1000, 1000), ESTIMATE_DIFFERENCE);
    /* sd 0.1 a side, se = 0.1 * sqrt(2/3), t(0.995, df 4) = 4.604094871349993 */
    assert_close(have.delta_high, 0.1 * sqrt(2.0 / 3) * 4.604094871349993, 1e-9);
    assert_close(have.delta_low, -have.delta_high, 1e-12);
}

static void one_process_a_side_is_not_bounded(void **state)
{
    (void)state;
    assert_false(estimate_of(SAMPLES(5), SAMPLES(6, 7), ESTIMATE_DIFFERENCE).bounded);
    assert_false(estimate_of(SAMPLES(5, 5), SAMPLES(6), ESTIMATE_DIFFERENCE).bounded);
    assert_true(estimate_of(SAMPLES(5, 5), SAMPLES(6, 6), ESTIMATE_DIFFERENCE).bounded);
}

static void nothing_on_the_baseline_has_no_percentage(void **state)
{
    (void)state;
    struct estimate have = estimate_of(SAMPLES(0, 0), SAMPLES(64, 64), ESTIMATE_DIFFERENCE);
    assert_false(have.has_ratio);
    assert_close(have.delta, 64, 1e-12);
    assert_true(have.delta_low > 63);
}

static void log_ratio_is_symmetric_in_its_sides(void **state)
{
    (void)state;
    struct estimate up = estimate_of(SAMPLES(10, 11, 12), SAMPLES(20, 22, 24), ESTIMATE_LOG_RATIO);
    struct estimate down =
        estimate_of(SAMPLES(20, 22, 24), SAMPLES(10, 11, 12), ESTIMATE_LOG_RATIO);
    assert_close(up.ratio, 1, 1e-12);
    assert_close(down.ratio, -0.5, 1e-12);
    assert_close((1 + up.ratio_low) * (1 + down.ratio_high), 1, 1e-12);
    assert_close(up.delta_low, up.base * up.ratio_low, 1e-12);
}

static void log_ratio_of_a_zero_falls_back_to_the_difference(void **state)
{
    (void)state;
    struct estimate have = estimate_of(SAMPLES(0, 0), SAMPLES(5, 5), ESTIMATE_LOG_RATIO);
    assert_false(have.has_ratio);
    assert_close(have.delta, 5, 1e-12);
}

/* Expected values: tests/oracle/levels.py (SciPy). */
static const struct {
    double base;
    double cand;
    size_t trials;
    double p_above_0;
    double low;
    double high;
} count_cases[] = {
    {8, 9, 3, 0.03524199845510996, -1.4296377915532656, 1.870322806048735},
    {8, 16, 3, 1.9996608802285497e-05, 5.570362208446735, 8.870322806048735},
    {8, 9, 8, 0.0006580245969349131, 0.14053334252091843, 1.4403275339437227},
    {8, 8, 3, 0.5, -2.4296377915532656, 0.8703228060487349},
};

static void equal_counts_keep_the_spread_of_a_coin(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(count_cases); i++) {
        double base[8];
        double cand[8];
        /* In steps of 2: twice as far, and as sure. */
        for (size_t t = 0; t < count_cases[i].trials; t++) {
            base[t] = 2 * count_cases[i].base;
            cand[t] = 2 * count_cases[i].cand;
        }
        struct estimate have = estimate_of_counts((struct samples){base, count_cases[i].trials},
                                                  (struct samples){cand, count_cases[i].trials}, 2);
        print_message("%g and %g\n", count_cases[i].base, count_cases[i].cand);
        assert_close(bounds_p_above(&have, 0), count_cases[i].p_above_0, 1e-9);
        assert_close(bounds_low(&have, 0.002), 2 * count_cases[i].low, 1e-9);
        assert_close(bounds_high(&have, 0.05), 2 * count_cases[i].high, 1e-9);
    }
}

/* What varies by more has its own spread. */
static void counts_that_vary_have_welchs_interval(void **state)
{
    (void)state;
    struct estimate have = estimate_of_counts(SAMPLES(5, 7, 6, 8), SAMPLES(55, 65, 75), 1);
    struct estimate want =
        estimate_of(SAMPLES(5, 7, 6, 8), SAMPLES(55, 65, 75), ESTIMATE_DIFFERENCE);
    assert_close(have.delta_low, want.delta_low, 1e-12);
    assert_close(have.delta_high, want.delta_high, 1e-12);
    assert_int_equal(have.method, ESTIMATE_DIFFERENCE);
}

/* tests/oracle/statistics.py: SciPy's ttest_rel of the logarithms, and ttest_1samp of the candidate's. */
static void pairs_have_students_interval_of_their_ratios(void **state)
{
    (void)state;
    struct estimate have = estimate_of_pairs(SAMPLES(270, 300, 255), SAMPLES(300, 336, 280));
    assert_int_equal(have.method, ESTIMATE_PAIRS);
    assert_true(have.bounded);
    assert_close(have.base, 274.37322821312523, 1e-9);
    assert_close(have.cand, 304.4665044408097, 1e-9);
    assert_close(have.ratio_low, 0.048097707232126904, 1e-9);
    assert_close(have.ratio_high, 0.17488079611995505, 1e-9);
    assert_close(have.cand_low, 179.6618834294271, 1e-9);
    assert_close(have.cand_high, 515.9683877121267, 1e-9);
    have = estimate_of_pairs(SAMPLES(10, 40, 90, 20), SAMPLES(11, 42, 93, 23));
    assert_close(have.base, 29.129506302439406, 1e-9);
    assert_close(have.ratio_low, -0.06008724007446203, 1e-9);
    assert_close(have.ratio_high, 0.2464434690409128, 1e-9);
    assert_close(have.cand_low, 2.238939727452977, 1e-9);
    assert_close(have.cand_high, 444.00102999249174, 1e-9);
}

/* What slows a pair is in both of its values, and in neither bound. */
static void what_slows_both_of_a_pair_is_no_spread(void **state)
{
    (void)state;
    struct estimate calm = estimate_of_pairs(SAMPLES(100, 100, 100), SAMPLES(110, 112, 111));
    struct estimate busy = estimate_of_pairs(SAMPLES(100, 300, 900), SAMPLES(110, 336, 999));
    assert_close(busy.ratio_low, calm.ratio_low, 1e-12);
    assert_close(busy.ratio_high, calm.ratio_high, 1e-12);
    assert_true(busy.cand_high > 10 * calm.cand_high);
}

/* The spread of 1e-4 that is believed at the least, 3 pairs: t(0.995, df 2) = 9.92484320091831. */
static void equal_ratios_keep_a_floor_of_spread(void **state)
{
    (void)state;
    struct estimate have = estimate_of_pairs(SAMPLES(100, 200, 50), SAMPLES(200, 400, 100));
    assert_close(log1p(have.ratio_high), log(2) + 9.92484320091831e-4 / sqrt(3), 1e-9);
}

/* tests/oracle/statistics.py, by NumPy and SciPy's t. */
static void pairs_take_the_level_of_other_trials(void **state)
{
    (void)state;
    const struct estimate pairs = estimate_of_pairs(SAMPLES(270, 300, 255), SAMPLES(300, 336, 280));
    struct estimate have = pairs;
    assert_true(estimate_set_level(&have, SAMPLES(150, 180, 165), SAMPLES(170, 200, 160, 190)));
    assert_close(have.base, 163.05587574153282, 1e-9);
    assert_close(have.cand, 180.93985640973963, 1e-9);
    assert_close(have.cand_low, 155.73703509424797, 1e-9);
    assert_close(have.cand_high, 210.2212336183508, 1e-9);
    assert_close(have.cand_df, 5.059153123575097, 1e-9);
    assert_close(have.ratio, pairs.ratio, 1e-12);
    assert_close(have.ratio_low, pairs.ratio_low, 1e-12);
    assert_close(have.ratio_high, pairs.ratio_high, 1e-12);
    assert_close(have.delta, have.cand - have.base, 1e-9);
    /* Nothing that says a level, and a method that has its own. */
    have = pairs;
    assert_false(estimate_set_level(&have, SAMPLES(150), SAMPLES(170, 200)));
    assert_close(have.base, pairs.base, 0);
    assert_false(estimate_set_level(&have, SAMPLES(150, 0), SAMPLES(170, 200)));
    assert_close(have.base, pairs.base, 0);
    struct estimate other = estimate_of(SAMPLES(5, 7, 6), SAMPLES(8, 9, 7), ESTIMATE_LOG_RATIO);
    double base = other.base;
    assert_false(estimate_set_level(&other, SAMPLES(150, 180), SAMPLES(170, 200)));
    assert_close(other.base, base, 0);
}

static void pairs_that_say_nothing_are_not_bounded(void **state)
{
    (void)state;
    assert_false(estimate_of_pairs(SAMPLES(5), SAMPLES(6)).bounded);
    assert_false(estimate_of_pairs(SAMPLES(5, 1e300), SAMPLES(6, 6)).bounded);
    /* A zero has no ratio: the difference is told. */
    struct estimate have = estimate_of_pairs(SAMPLES(0, 0), SAMPLES(5, 5));
    assert_int_equal(have.method, ESTIMATE_DIFFERENCE);
    assert_false(have.has_ratio);
    assert_close(have.delta, 5, 1e-12);
}

/* Those of config/verdict.schema.json. */
static void every_method_has_a_name_of_its_own(void **state)
{
    static const char *const want[] = {
        [ESTIMATE_DIFFERENCE] = "welch-difference",  [ESTIMATE_LOG_RATIO] = "student-log-ratio",
        [ESTIMATE_LOG_WELCH] = "welch-log-ratio",    [ESTIMATE_PAIRS] = "student-pairs",
        [ESTIMATE_WINDOWS] = "median-of-windows",    [ESTIMATE_INTERVALS] = "own-intervals",
        [ESTIMATE_SAMPLED] = "sampling-of-profiles",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(estimate_method_name((enum estimate_method)i), want[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_has_a_name_of_its_own),
        cmocka_unit_test(difference_has_welchs_interval),
        cmocka_unit_test(the_baseline_has_its_part_of_the_spread),
        cmocka_unit_test(equal_readings_keep_a_floor_of_spread),
        cmocka_unit_test(equal_counts_keep_the_spread_of_a_coin),
        cmocka_unit_test(counts_that_vary_have_welchs_interval),
        cmocka_unit_test(pairs_have_students_interval_of_their_ratios),
        cmocka_unit_test(what_slows_both_of_a_pair_is_no_spread),
        cmocka_unit_test(equal_ratios_keep_a_floor_of_spread),
        cmocka_unit_test(pairs_take_the_level_of_other_trials),
        cmocka_unit_test(pairs_that_say_nothing_are_not_bounded),
        cmocka_unit_test(one_process_a_side_is_not_bounded),
        cmocka_unit_test(nothing_on_the_baseline_has_no_percentage),
        cmocka_unit_test(log_ratio_is_symmetric_in_its_sides),
        cmocka_unit_test(log_ratio_of_a_zero_falls_back_to_the_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
