#include "tests/support/check.h"

#include <math.h>

#include "gate/stats/alone.h"
#include "gate/stats/bounds.h"

#define SAMPLES(...)                                                                               \
    (struct samples)                                                                               \
    {                                                                                              \
        (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)      \
    }

static struct estimate alone(struct samples samples, enum estimate_method method)
{
    struct estimate twice = estimate_of(samples, samples, method);
    return estimate_alone(&twice);
}

static void a_mean_has_the_one_sample_interval(void **state)
{
    (void)state;
    struct estimate have = alone(SAMPLES(110, 112, 111), ESTIMATE_DIFFERENCE);
    /* s = 1, n = 3, t(0.995, df 2) = 9.924843200918294 */
    double half = 9.924843200918294 / sqrt(3);
    assert_true(have.bounded);
    assert_true(have.has_cand_interval);
    assert_close(have.cand, 111, 1e-12);
    assert_close(have.cand_low, 111 - half, 1e-9);
    assert_close(have.cand_high, 111 + half, 1e-9);
    assert_close(have.cand_df, 2, 1e-12);
    /* One-sided 95 %: t(0.95, df 2) = 2.919985580355516 */
    assert_close(bounds_cand_high(&have, 0.05), 111 + 2.919985580355516 / sqrt(3), 1e-7);
}

static void a_geometric_mean_has_it_in_the_logarithm(void **state)
{
    (void)state;
    /* Logarithms -0.1, 0, 0.1: s = 0.1, n = 3, t as above. */
    struct estimate have = alone(SAMPLES(exp(-0.1), 1, exp(0.1)), ESTIMATE_LOG_RATIO);
    double half = 0.1 * 9.924843200918294 / sqrt(3);
    assert_close(have.cand, 1, 1e-12);
    assert_close(have.cand_low, exp(-half), 1e-9);
    assert_close(have.cand_high, exp(half), 1e-9);
}

static void nothing_is_left_of_a_baseline(void **state)
{
    (void)state;
    struct estimate have = alone(SAMPLES(5, 7, 6), ESTIMATE_LOG_RATIO);
    assert_true(have.base <= 0 && have.base >= 0);
    assert_true(have.delta <= 0 && have.delta >= 0);
    assert_false(have.has_ratio);
    assert_int_equal(have.base_count, 0);
    assert_int_equal(have.cand_count, 3);
}

static void equal_readings_keep_their_floor_of_spread(void **state)
{
    (void)state;
    struct estimate have = alone(SAMPLES(1000, 1000, 1000), ESTIMATE_DIFFERENCE);
    assert_close(have.cand_high - 1000, 0.1 / sqrt(3) * 9.924843200918294, 1e-9);
}

static void one_process_gives_no_interval(void **state)
{
    (void)state;
    assert_false(alone(SAMPLES(5), ESTIMATE_DIFFERENCE).bounded);
}

static void an_interval_of_its_own_stays(void **state)
{
    (void)state;
    struct estimate twice = estimate_of(SAMPLES(5, 7, 6), SAMPLES(5, 7, 6), ESTIMATE_DIFFERENCE);
    twice.has_cand_interval = true;
    twice.cand_low = 4.5;
    twice.cand_high = 8.5;
    twice.cand_df = 7;
    struct estimate have = estimate_alone(&twice);
    assert_close(have.cand_low, 4.5, 1e-12);
    assert_close(have.cand_high, 8.5, 1e-12);
    assert_close(have.cand_df, 7, 1e-12);
}

static void pairs_of_windows_need_an_interval_of_their_own(void **state)
{
    (void)state;
    struct estimate twice = estimate_of(SAMPLES(5, 7, 6), SAMPLES(5, 7, 6), ESTIMATE_LOG_RATIO);
    twice.method = ESTIMATE_WINDOWS;
    assert_false(estimate_alone(&twice).bounded);
    twice.has_cand_interval = true;
    twice.cand_low = 4;
    twice.cand_high = 8;
    assert_true(estimate_alone(&twice).bounded);
    assert_close(estimate_alone(&twice).cand_high, 8, 1e-12);
}

static void a_rise_is_widened_by_as_much(void **state)
{
    (void)state;
    struct estimate twice = estimate_of(SAMPLES(5, 7, 6), SAMPLES(5, 7, 6), ESTIMATE_DIFFERENCE);
    double half = twice.delta_high;
    twice.has_rise = true;
    twice.rise = half;
    twice.cand_rise = 20 + half;
    /* From t(0.995, 4) sqrt(2) to t(0.995, 2). */
    double factor = 9.924843200918294 / (4.604094871349993 * sqrt(2));
    assert_close(estimate_alone(&twice).cand_rise, 20 + half * factor, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_has_the_one_sample_interval),
        cmocka_unit_test(a_geometric_mean_has_it_in_the_logarithm),
        cmocka_unit_test(nothing_is_left_of_a_baseline),
        cmocka_unit_test(equal_readings_keep_their_floor_of_spread),
        cmocka_unit_test(one_process_gives_no_interval),
        cmocka_unit_test(an_interval_of_its_own_stays),
        cmocka_unit_test(pairs_of_windows_need_an_interval_of_their_own),
        cmocka_unit_test(a_rise_is_widened_by_as_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
