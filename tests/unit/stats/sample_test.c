#include "tests/support/check.h"

#include "gate/stats/sample.h"

/* Values of tests/oracle/statistics.py (SciPy). */
static const struct beta_case {
    double a, b, x, want;
} beta_cases[] = {
    {0.5, 0.5, 0.25, 0.33333333333333337}, {2, 3, 0.5, 0.6875},
    {10, 0.5, 0.9, 0.15164090963470994},   {1.5, 0.5, 0.99, 0.8728885715695383},
    {50, 60, 0.4, 0.12470685834310022},
};

static void incomplete_beta_equals_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(beta_cases); i++)
        assert_close(incomplete_beta(beta_cases[i].a, beta_cases[i].b, beta_cases[i].x),
                     beta_cases[i].want, 1e-12);
    assert_close(incomplete_beta(2, 2, 0), 0, 1e-15);
    assert_close(incomplete_beta(2, 2, 1), 1, 1e-15);
}

static const struct quantile_case {
    double p, df, want;
} quantile_cases[] = {
    {0.975, 1, 12.706204736174694},  {0.995, 2, 9.924843200918287},
    {0.995, 3.5, 5.085702223091256}, {0.99, 4, 3.746947387979196},
    {0.995, 14, 2.9768427343708344}, {0.9999, 7, 7.063432828157639},
    {0.6, 30, 0.2556053649519128},   {0.005, 4, -4.604094871349993},
};

static void student_quantile_equals_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quantile_cases); i++)
        assert_close(student_quantile(quantile_cases[i].p, quantile_cases[i].df),
                     quantile_cases[i].want, 1e-9);
}

static void student_cdf_inverts_the_quantile(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quantile_cases); i++)
        assert_close(student_cdf(quantile_cases[i].want, quantile_cases[i].df), quantile_cases[i].p,
                     1e-12);
}

static void mean_and_variance_of_few_values(void **state)
{
    (void)state;
    const double values[] = {2, 4, 9};
    assert_close(sample_mean(values, 3), 5, 1e-15);
    assert_close(sample_variance(values, 3), 13, 1e-15); /* (9 + 1 + 16) / 2 */
    assert_close(sample_mean(values, 0), 0, 1e-15);
    assert_close(sample_variance(values, 1), 0, 1e-15);
}

/* Nearest rank: of ten values p50 is the fifth, p95 and p99 the tenth. */
static void percentiles_are_nearest_ranks(void **state)
{
    uint64_t values[] = {9, 1, UINT64_MAX, 3, 2, 5, 4, 7, 6, 8};
    (void)state;
    sample_sort_u64(values, ARRAY_LEN(values));
    assert_int_equal(sample_percentile_u64(values, 10, 50), 5);
    assert_int_equal(sample_percentile_u64(values, 10, 90), 9);
    assert_true(sample_percentile_u64(values, 10, 95) == UINT64_MAX);
    assert_int_equal(sample_percentile_u64(values, 10, 1), 1);
    assert_int_equal(sample_percentile_u64(values, 1, 99), 1);
    sample_sort_u64(values, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incomplete_beta_equals_scipy),
        cmocka_unit_test(student_quantile_equals_scipy),
        cmocka_unit_test(student_cdf_inverts_the_quantile),
        cmocka_unit_test(mean_and_variance_of_few_values),
        cmocka_unit_test(percentiles_are_nearest_ranks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
