#include "tests/support/check.h"

#include <math.h>

#include "gate/stats/bounds.h"
#include "gate/stats/counts.h"
#include "gate/stats/sample.h"
#include "gate/stats/share.h"

/* Expected values are those of tests/oracle/levels.py (SciPy) unless worked out beside them. */

#define SAMPLES(...)                                                                               \
    (struct samples)                                                                               \
    {                                                                                              \
        (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)      \
    }

static const struct {
    double t;
    double df;
    double tail;
} tail_cases[] = {
    {3, 4, 0.019970984035859413},    {29, 4, 4.208180907288913e-06},
    {353, 2, 4.012502959285534e-06}, {6.2, 14, 1.157065548313049e-05},
    {-1.5, 3.3, 0.8887484016403541},
};

static void far_tails_keep_their_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tail_cases); i++) {
        double want = tail_cases[i].tail;
        assert_close(student_tail(tail_cases[i].t, tail_cases[i].df) / want, 1, 1e-9);
    }
    assert_close(normal_tail(5) / 2.866515718791933e-07, 1, 1e-9);
    assert_close(normal_tail(-1.2), 0.8849303297782918, 1e-12);
    assert_close(normal_upper_quantile(0.002), 2.878161739095483, 1e-9);
}

static void differences_have_welchs_tests_and_bounds(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    assert_close(bounds_p_above(&have, 5), 0.0009131303341299916, 1e-9);
    assert_close(bounds_p_below(&have, 5), 0.99908686966587, 1e-9);
    assert_close(bounds_low(&have, 0.002), 6.14072441689347, 1e-9);
    assert_close(bounds_high(&have, 0.05), 12.74064561209747, 1e-9);

    have = estimate_of(SAMPLES(5, 7, 6, 8), SAMPLES(5.5, 6.5, 7.5), ESTIMATE_DIFFERENCE);
    assert_close(bounds_p_above(&have, 0.5), 0.7055392253570872, 1e-9);
    assert_close(bounds_p_below(&have, 0.5), 0.29446077464291276, 1e-9);
    assert_close(bounds_low(&have, 0.003), -3.9773104915216284, 1e-9);
    assert_close(bounds_high(&have, 0.05), 1.748260818015633, 1e-9);
}

static void ratios_have_them_on_the_scale_of_logarithms(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(10, 11, 12), SAMPLES(20, 22, 24), ESTIMATE_LOG_RATIO);
    /* A limit of +50 % of the geometric mean. */
    assert_close(bounds_p_above(&have, have.base / 2), 0.009045286705921831, 1e-9);
    assert_close(bounds_low(&have, 0.002) / have.base, 0.284049685638507, 1e-9);
    assert_close(bounds_high(&have, 0.05) / have.base, 1.3440508674848246, 1e-9);
    /* Less than nothing is left in no case. */
    assert_close(bounds_p_above(&have, -2 * have.base), 0, 0);
}

/* The test that gives a p and the bound that gives an interval never contradict each other. */
static void a_bound_is_where_p_is_its_level(void **state)
{
    static const double levels[] = {0.3, 0.05, 0.005, 0.002, 4e-6};
    const struct interval base = {10, 8, 13, 0};
    const struct interval cand = {20, 18, 23, 2};
    struct estimate rounded =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    (void)state;
    rounded.slack = 1;
    rounded.delta_low -= 1;
    rounded.delta_high += 1;
    const struct estimate estimates[] = {
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE),
        estimate_of(SAMPLES(10, 11, 12), SAMPLES(20, 22, 24), ESTIMATE_LOG_RATIO),
        estimate_of_intervals(base, cand, true),
        estimate_of_intervals(base, cand, false),
        rounded,
    };
    for (size_t e = 0; e < ARRAY_LEN(estimates); e++) {
        for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
            double low = bounds_low(&estimates[e], levels[i]);
            double high = bounds_high(&estimates[e], levels[i]);
            print_message("%zu %g: [%g, %g]\n", e, levels[i], low, high);
            assert_close(bounds_p_above(&estimates[e], low) / levels[i], 1, 1e-6);
            assert_close(bounds_p_below(&estimates[e], high) / levels[i], 1, 1e-6);
        }
    }
}

static void the_level_of_the_interval_gives_the_interval(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    assert_close(bounds_low(&have, 0.005), have.delta_low, 1e-9);
    assert_close(bounds_high(&have, 0.005), have.delta_high, 1e-9);
    /* Rounding that no trial removes stays whole at every level. */
    struct estimate rounded = have;
    rounded.slack = 1;
    rounded.delta_low -= 1;
    rounded.delta_high += 1;
    assert_close(bounds_high(&rounded, 0.05), bounds_high(&have, 0.05) + 1, 1e-9);
    assert_close(bounds_low(&rounded, 0.002), bounds_low(&have, 0.002) - 1, 1e-9);
}

static void what_does_not_vary_is_certain(void **state)
{
    (void)state;
    const struct estimate fixed = {
        .base = 10, .cand = 15, .delta = 5, .delta_low = 5, .delta_high = 5, .bounded = true};
    assert_close(bounds_p_above(&fixed, 4.9), 0, 0);
    assert_close(bounds_p_above(&fixed, 5), 1, 0);
    /* Exactly the limit is allowed. */
    assert_close(bounds_p_below(&fixed, 5), 0, 0);
    assert_close(bounds_p_below(&fixed, 4.9), 1, 0);
    struct estimate unknown = fixed;
    unknown.bounded = false;
    assert_close(bounds_p_above(&unknown, 0), 1, 0);
    assert_close(bounds_p_below(&unknown, 100), 1, 0);
    assert_true(isinf(bounds_low(&unknown, 0.01)) && isinf(bounds_detectable(&unknown, 0.01)));
}

static const struct {
    double alpha;
    double df;
    double shift;
} shift_cases[] = {
    {0.002, 4, 8.575884997447545}, {0.003, 8, 5.337161475737791}, {0.005, 14, 4.394194498573112},
    {4e-06, 4, 41.0194043693857},  {0.01, 0, 3.607899439585441},
};

static void what_can_be_detected_is_found_nine_times_of_ten(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shift_cases); i++) {
        double df = shift_cases[i].df;
        double reach = df > 0 ? student_quantile(0.995, df) : ESTIMATE_NORMAL_REACH;
        /* A standard error of 2. */
        struct estimate one = {.base = 100,
                               .cand = 100,
                               .delta_low = -2 * reach,
                               .delta_high = 2 * reach,
                               .bounded = true,
                               .df = df,
                               .reach = reach};
        print_message("alpha %g df %g\n", shift_cases[i].alpha, df);
        assert_close(bounds_detectable(&one, shift_cases[i].alpha) / shift_cases[i].shift, 2, 1e-4);
        /* Four times the samples halve it, and a little more: there are more degrees of freedom. */
        double more = bounds_more_needed(&one, shift_cases[i].alpha, shift_cases[i].shift);
        assert_true(df > 0 ? more < 4 : fabs(more - 4) < 0.05);
        assert_close(bounds_more_needed(&one, shift_cases[i].alpha, 1000), 1, 0);
        one.slack = 1;
        assert_true(isinf(bounds_more_needed(&one, shift_cases[i].alpha, 0.9)));
    }
}

/* What is detected is told to a few parts in a thousand (detect.h). */
static void detects(const struct estimate *estimate, double alpha, double errors, double error)
{
    double have = bounds_detectable(estimate, alpha);
    if (estimate->by_logarithm)
        have = log1p(have / estimate->base);
    print_message("%g of %g standard errors\n", have / error, errors);
    assert_close(have / error / errors, 1, 5e-3);
}

/* Standard errors needed: tests/oracle/power.py. */
static void each_test_says_what_it_finds_itself(void **state)
{
    (void)state;
    /* Variances of 1/3 each of the two means; the degrees of freedom seen are 4 then. */
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    detects(&have, 0.002, 13.400269588235757, sqrt(2.0 / 3));
    /* By chance one varies less, 1 / 3 and 1 / 75: it is the same. */
    have = estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 110.2, 109.8), ESTIMATE_DIFFERENCE);
    assert_true(have.df < 2.2);
    detects(&have, 0.002, 13.400269588235757, sqrt(1.0 / 3 + 0.04 / 3));
    /* A hundred times less is no chance: Student's of the two degrees of freedom that are left. */
    have = estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 110.04, 109.96), ESTIMATE_DIFFERENCE);
    detects(&have, 0.002, 23.9957466983099, sqrt(1.0 / 3 + 0.0016 / 3));
    /* Constant: the least believed, 0.01 %, and four degrees of freedom. */
    have = estimate_of(SAMPLES(100, 100, 100), SAMPLES(100, 100, 100), ESTIMATE_DIFFERENCE);
    detects(&have, 0.002 / 500, 41.01940436938568, 0.01 * sqrt(2.0 / 3));
    have = estimate_of_counts(SAMPLES(8, 8, 8), SAMPLES(8, 8, 8), 1);
    detects(&have, 0.002, 8.57588499744892, 0.5 * sqrt(2.0 / 3));
    /* Spread pooled, and not. */
    const double e = 2.718281828459045;
    have = estimate_of(SAMPLES(1, e, 1 / e), SAMPLES(1, e, 1 / e), ESTIMATE_LOG_RATIO);
    detects(&have, 0.002, 8.57588499744892, sqrt(2.0 / 3));
    have = estimate_of(SAMPLES(1, e, 1 / e), SAMPLES(1, e, 1 / e), ESTIMATE_LOG_WELCH);
    detects(&have, 0.002, 13.400269588235757, sqrt(2.0 / 3));
    /* Three pairs have two degrees of freedom. */
    have = estimate_of_pairs(SAMPLES(5, 1, 7), SAMPLES(5, e, 7 / e));
    detects(&have, 0.002, 23.9957466983099, sqrt(1.0 / 3));
}

static void pairs_no_nearer_than_their_windows_say_so(void **state)
{
    struct estimate have = {.base = 1,
                            .cand = 1,
                            .base_count = 60,
                            .cand_count = 60,
                            .bounded = true,
                            .method = ESTIMATE_WINDOWS,
                            .known = {1, 0, 0},
                            .df = 3,
                            .reach = student_quantile(0.995, 3)};
    (void)state;
    have.delta_low = -have.reach;
    have.delta_high = have.reach;
    /* As far as Student's of two degrees of freedom: in the tail nothing is known of windows. */
    detects(&have, 0.002, 23.99574669872883, 1);
    have.known.base = 0.4;
    have.df = 4;
    have.reach = student_quantile(0.995, 4);
    have.delta_low = -have.reach;
    have.delta_high = have.reach;
    detects(&have, 0.003, 7.726984554692403, 1);
}

/* All is sampling, of 900 samples a side: a standard error of sqrt(1800), two of which are low, two high. */
static void samples_detect_by_their_sampling(void **state)
{
    struct sampled base[] = {{290, 290, 1}, {310, 310, 1}, {300, 300, 1}};
    struct sampled cand[] = {{305, 305, 1}, {295, 295, 1}, {300, 300, 1}};
    (void)state;
    struct estimate have = estimate_of_sampled((struct sampled_samples){base, 3},
                                               (struct sampled_samples){cand, 3}, 1, 0.99);
    assert_close(have.known.base, 0.5, 1e-3);
    assert_close(have.known.cand, 0.5, 1e-3);
    /* (100 + 100 + 25 + 25) / 300 over 4. */
    assert_close(have.known.scatter, 250.0 / 300 / 4, 1e-9);
    /* The lower bound of few samples is skew by some per cent. */
    double errors = bounds_detectable(&have, 0.002) / sqrt(2 * 300.0 / 3);
    print_message("%g standard errors\n", errors);
    assert_true(errors > 5.92 && errors < 1.05 * 5.92);
    /* Ten times the scatter is no chance, and counts for what it is. */
    base[0].value = 235;
    base[1].value = 365;
    cand[0].value = 365;
    cand[1].value = 235;
    have = estimate_of_sampled((struct sampled_samples){base, 3}, (struct sampled_samples){cand, 3},
                               1, 0.99);
    assert_close(have.known.scatter, 4 * 4225 / 300.0 / 4, 1e-9);
    errors = bounds_detectable(&have, 0.002) / sqrt(2 * 4225.0 / 3);
    print_message("%g standard errors\n", errors);
    assert_true(errors > 7 && errors < 9);
}

static void more_trials_detect_what_as_many_do(void **state)
{
    (void)state;
    /* Of spread 1 each, two and four of them. */
    const double far = sqrt(0.75);
    struct estimate two = estimate_of(SAMPLES(99, 101), SAMPLES(109, 111), ESTIMATE_DIFFERENCE);
    struct estimate four =
        estimate_of(SAMPLES(100 - far, 100 + far, 100 - far, 100 + far),
                    SAMPLES(110 - far, 110 + far, 110 - far, 110 + far), ESTIMATE_DIFFERENCE);
    double want = bounds_detectable(&four, 0.002) * sqrt(2);
    assert_close(bounds_detectable_with(&two, 0.002, 2) / want, 1, 1e-3);
}

/* A limit of 25 % of the baseline is `percent` 25. */
static double needed_for(const struct estimate *estimate, double alpha, double percent)
{
    double change = estimate->base * percent / 100;
    double more = bounds_more_needed(estimate, alpha, change);
    double have = bounds_detectable_with(estimate, alpha, more);
    print_message("%g times as many detect %g of %g\n", more, have, change);
    assert_true(more > 1 && isfinite(more));
    assert_close(have / change, 1, 0.01);
    return more;
}

/* So many pairs whose ratios' logarithms have exactly this spread. */
static struct estimate pairs_of_spread(size_t count, double spread)
{
    double base[8];
    double cand[8];
    double all = 0;
    for (size_t i = 0; i < count; i++)
        all += ((double)i - ((double)count - 1) / 2) * ((double)i - ((double)count - 1) / 2);
    for (size_t i = 0; i < count; i++) {
        double away = ((double)i - ((double)count - 1) / 2) / sqrt(all / ((double)count - 1));
        base[i] = 100;
        cand[i] = 100 * exp(spread * away);
    }
    return estimate_of_pairs((struct samples){base, count}, (struct samples){cand, count});
}

/*
 * Few pairs are detected by much faster than with the square root of their
 * number. Pairs needed, to the next whole one: the first n for which
 * expm1(spread / sqrt(n) * shift(n - 1)) is the limit, of the noncentral t
 * distribution (scipy.stats.nct).
 */
static void what_is_needed_is_what_detects_it(void **state)
{
    (void)state;
    struct estimate have = pairs_of_spread(3, 0.042);
    assert_close(ceil(3 * needed_for(&have, 0.002, 25)), 5, 0);
    have = pairs_of_spread(3, 0.06);
    assert_close(ceil(3 * needed_for(&have, 0.002, 15)), 8, 0);
    /* As one of a family, and by a limit that takes hundreds. */
    (void)needed_for(&have, 4e-6, 15);
    assert_true(needed_for(&have, 0.002, 0.5) > 100);
    have = estimate_of_pairs(SAMPLES(100, 100), SAMPLES(104, 110));
    assert_close(needed_for(&have, 0.002, 25), 2.0431747491814223, 0.02);
    have = pairs_of_spread(8, 0.06);
    (void)needed_for(&have, 0.005, 5);
    (void)needed_for(&have, 0.005, bounds_detectable(&have, 0.005) * 99.8 / 100);
    /* Welch's, alone and as one of 500; and where one side hardly varies. */
    have = estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    (void)needed_for(&have, 0.002, 3);
    (void)needed_for(&have, 4e-6, 3);
    have = estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 110.04, 109.96), ESTIMATE_DIFFERENCE);
    (void)needed_for(&have, 4e-6, 3);
    /* More than anyone makes. */
    assert_true(isinf(bounds_more_needed(&have, 0.002, 1e-4)));
}

/* Between a slope and the rise in steps nothing is known; beyond, the slope's own spread counts. */
static void no_level_has_an_upper_bound_below_the_rise(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of(SAMPLES(100, 101, 99), SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    double half = have.delta - have.delta_low;
    have.has_cand_interval = true;
    have.cand_low = have.cand - half;
    have.cand_df = have.df;
    have.cand_reach = have.reach;
    have.has_rise = true;
    have.rise = 40;
    have.delta_high = have.rise;
    have.cand_rise = 140;
    have.cand_high = have.cand_rise;
    assert_close(bounds_p_below(&have, 39.9), 1, 0);
    assert_true(bounds_p_below(&have, 40) < 1e-4);
    assert_close(bounds_high(&have, 0.05), 40, 0);
    assert_close(bounds_p_above(&have, 5), 0.0009131303341299916, 1e-9);
    assert_close(bounds_low(&have, 0.002), 6.14072441689347, 1e-9);
    assert_close(bounds_p_cand_below(&have, 139.9), 1, 0);
    assert_true(bounds_p_cand_below(&have, 140) < 1e-4);
    assert_close(bounds_cand_high(&have, 0.05), 140, 0);
    have.rise = 12;
    assert_close(bounds_high(&have, 0.05), 12.74064561209747, 1e-9);
    assert_close(bounds_p_below(&have, 12.74064561209747), 0.05, 1e-9);
}

static void what_is_no_number_proves_nothing(void **state)
{
    static const struct estimate cases[] = {
        {.delta = NAN, .delta_low = -1, .delta_high = 1, .cand = NAN, .cand_high = 1},
        {.delta_low = NAN, .delta_high = 1, .cand_low = NAN, .cand_high = 1},
        {.delta_low = -1, .delta_high = NAN, .cand_high = NAN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct estimate one = cases[i];
        one.bounded = true;
        assert_close(bounds_p_above(&one, -100), 1, 0);
        assert_close(bounds_p_below(&one, 100), 1, 0);
        assert_close(bounds_p_cand_above(&one, -100), 1, 0);
        assert_close(bounds_p_cand_below(&one, 100), 1, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_level_has_an_upper_bound_below_the_rise),
        cmocka_unit_test(what_is_no_number_proves_nothing),
        cmocka_unit_test(far_tails_keep_their_digits),
        cmocka_unit_test(differences_have_welchs_tests_and_bounds),
        cmocka_unit_test(ratios_have_them_on_the_scale_of_logarithms),
        cmocka_unit_test(a_bound_is_where_p_is_its_level),
        cmocka_unit_test(the_level_of_the_interval_gives_the_interval),
        cmocka_unit_test(what_does_not_vary_is_certain),
        cmocka_unit_test(what_can_be_detected_is_found_nine_times_of_ten),
        cmocka_unit_test(each_test_says_what_it_finds_itself),
        cmocka_unit_test(pairs_no_nearer_than_their_windows_say_so),
        cmocka_unit_test(samples_detect_by_their_sampling),
        cmocka_unit_test(more_trials_detect_what_as_many_do),
        cmocka_unit_test(what_is_needed_is_what_detects_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
