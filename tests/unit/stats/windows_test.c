#include "gate/stats/windows.h"

#include <math.h>

#include "gate/stats/bounds.h"
#include "tests/support/check.h"

/*
 * Expected values are those of tests/oracle/levels.py (SciPy), worked out
 * from the medians of the pairs and, of all windows, SciPy's own median
 * absolute deviation.
 */
enum { PAIRS_MAX = 4, COUNT = 12 };

/* In per cent, window by window; three pairs of four, two of five and three, and of three and nine. */
static const struct {
    const char *name;
    size_t pairs;
    size_t lens[PAIRS_MAX];
    double percent[COUNT];
    double df; /* as many as pairs where their windows scatter by more than they do */
    double ratio;
    double low;
    double high;
    double p_above_5;
    double p_below_60;
} window_cases[] = {
    {"pairs that agree",
     3,
     {4, 4, 4},
     {21, 18, 35, 26, 30, 22, 17, 28, 19, 33, 24, 25},
     3,
     0.2431100254941405,
     0.10818897255714897,
     0.39445760042008615,
     0.001662232697862831,
     0.0005107623479314558},
    {"pairs that differ",
     3,
     {4, 4, 4},
     {5, 2, 9, 3, 40, 44, 38, 50, 25, 22, 28, 19},
     2,
     0.2216997430586417,
     -0.5001672426837018,
     1.9860993309109063,
     0.11730741242445991,
     0.04785107790898976},
    {"two of different length",
     2,
     {5, 3},
     {10, 14, 9, 12, 30, 21, 17, 25},
     1,
     0.16413057686841986,
     -0.9005493293459688,
     12.626856320702613,
     0.11406960940498,
     0.038491239102155406},
    {"two of very different length",
     2,
     {3, 9},
     {21, 18, 35, 30, 22, 17, 28, 19, 33, 24, 25, 29},
     2,
     0.22983738762488432,
     0.016425778369063056,
     0.48805749734813686,
     0.007218023391557232,
     0.0026421343513388577},
};

static struct samples filled(double *out, size_t len, double value)
{
    for (size_t i = 0; i < len; i++)
        out[i] = value;
    return (struct samples){out, len};
}

static void pairs_are_the_unit_and_their_windows_the_least_spread(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(window_cases); c++) {
        double base[COUNT];
        double cand[COUNT];
        size_t len = 0;
        for (size_t p = 0; p < window_cases[c].pairs; p++)
            len += window_cases[c].lens[p];
        for (size_t i = 0; i < len; i++) {
            base[i] = 1e6 * (1 + (double)i);
            cand[i] = base[i] * (1 + window_cases[c].percent[i] / 100);
        }
        const struct windows windows = {
            {base, len}, {cand, len}, window_cases[c].lens, window_cases[c].pairs};
        struct estimate have = estimate_of_windows(&windows);
        print_message("%s\n", window_cases[c].name);
        assert_true(have.bounded && have.has_ratio && have.by_logarithm);
        assert_close(have.df, window_cases[c].df, 0);
        assert_close(have.ratio, window_cases[c].ratio, 1e-9);
        assert_close(have.ratio_low, window_cases[c].low, 1e-9);
        assert_close(have.ratio_high, window_cases[c].high, 1e-9);
        assert_close(have.cand / have.base - 1, have.ratio, 1e-12);
        assert_close(have.delta_low, have.base * have.ratio_low, 1e-6);
        assert_close(bounds_p_above(&have, 0.05 * have.base), window_cases[c].p_above_5, 1e-9);
        assert_close(bounds_p_below(&have, 0.60 * have.base), window_cases[c].p_below_60, 1e-9);
        assert_int_equal(have.base_count, len);
    }
}

/* Fifty times as slow for a second: its pair's median moves by no more than one rank. */
static void one_bad_window_does_not_own_the_result(void **state)
{
    static const size_t lens[] = {4, 4, 4};
    double base[COUNT];
    double cand[COUNT];
    const struct windows windows = {filled(base, COUNT, 1e6), filled(cand, COUNT, 1.1e6), lens, 3};
    (void)state;
    cand[2] *= 50;
    struct estimate have = estimate_of_windows(&windows);
    assert_close(have.ratio, 0.1, 1e-9);
    assert_true(have.ratio_low > 0.09 && have.ratio_high < 0.11);
}

/* The other side of it: what all windows of one pair say, the other pairs do not. */
static void one_bad_pair_proves_nothing(void **state)
{
    static const size_t lens[] = {4, 4, 4};
    double base[COUNT];
    double cand[COUNT];
    const struct windows windows = {filled(base, COUNT, 1e6), filled(cand, COUNT, 1e6), lens, 3};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        cand[i] *= 50;
    struct estimate have = estimate_of_windows(&windows);
    assert_true(bounds_p_above(&have, 0.15 * have.base) > 0.05);
    assert_true(bounds_p_below(&have, 0.15 * have.base) > 0.05);
}

/* The machine's own seconds, which are in both sides, are in the value of one of them. */
static void the_candidates_own_interval_has_what_both_sides_share(void **state)
{
    static const size_t lens[] = {4, 4, 4};
    double base[COUNT];
    double cand[COUNT];
    const struct windows windows = {filled(base, COUNT, 1e6), filled(cand, COUNT, 1e6), lens, 3};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        base[i] *= i < 4 ? 0.5 : i < 8 ? 1 : 2;
        cand[i] = base[i] * 1.1;
    }
    struct estimate have = estimate_of_windows(&windows);
    assert_true(have.has_cand_interval);
    assert_close(have.cand, 1.1e6, 1e-3);
    /* Logarithms of 1/2, 1 and 2: sd ln 2, and t(0.995, 2) = 9.924843200918292 of ln 2 / sqrt 3. */
    double half = 9.924843200918292 * log(2) / sqrt(3);
    assert_close(have.cand_low, have.cand * exp(-half), 1e-3);
    assert_close(have.cand_high / (have.cand * exp(half)), 1, 1e-9);
    assert_true(have.ratio_low > 0.09 && have.ratio_high < 0.11);
}

/*
 * What slows both sides of a window alike says nothing about either; what
 * is left is what buckets of 1 / 1024 hide: t(0.995, 3) of them, times
 * sqrt(2 / 12 / 3).
 */
static void a_slow_machine_cancels(void **state)
{
    static const size_t lens[] = {4, 4, 4};
    double base[COUNT];
    double cand[COUNT];
    const struct windows windows = {{base, COUNT}, {cand, COUNT}, lens, 3};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        base[i] = pow(10, (double)i);
        cand[i] = base[i] * 1.2;
    }
    struct estimate out = estimate_of_windows(&windows);
    double half = 5.840909309733367 / 1024 * sqrt(2.0 / 12 / 3);
    assert_close(out.ratio_low, 1.2 * exp(-half) - 1, 1e-9);
    assert_close(out.ratio_high, 1.2 * exp(half) - 1, 1e-9);
}

static void too_little_gives_no_interval(void **state)
{
    static const struct {
        const char *name;
        size_t pairs;
        size_t lens[8];
        bool want;
    } rows[] = {
        {"two pairs of four", 2, {4, 4}, true},  {"one pair", 1, {8}, false},
        {"seven windows", 2, {4, 3}, false},     {"two each", 4, {2, 2, 2, 2}, true},
        {"few each", 5, {2, 2, 2, 2, 1}, false}, {"one each", 8, {1, 1, 1, 1, 1, 1, 1, 1}, false},
    };
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        size_t len = 0;
        for (size_t p = 0; p < rows[r].pairs; p++)
            len += rows[r].lens[p];
        struct windows windows = {{values, len}, {values, len}, rows[r].lens, rows[r].pairs};
        struct estimate have = estimate_of_windows(&windows);
        print_message("%s\n", rows[r].name);
        assert_int_equal(have.bounded, rows[r].want);
        assert_int_equal(have.has_cand_interval, rows[r].want);
        assert_close(have.ratio, 0, 1e-12);
        assert_close(have.base, len == 8 ? sqrt(20) : len == 9 ? 5 : 4, 1e-9);
        values[1] = 0;
        assert_false(estimate_of_windows(&windows).bounded);
    }
    const struct windows none = {.pairs = 0};
    assert_false(estimate_of_windows(&none).bounded);
}

/* P(Bin(8, 1/2) = 0) is 0.0039, P(Bin(7, 1/2) = 0) 0.0078: seven may be bad luck at 0.5 %. */
static void bursts_of_one_side_are_told_from_those_of_the_machine(void **state)
{
    static const struct {
        size_t worse;
        size_t better;
        bool want;
    } rows[] = {{0, 0, false}, {7, 0, false}, {8, 0, true},
                {8, 1, false}, {11, 1, true}, {0, 9, false}};
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        double base[20];
        double cand[20];
        struct burst_count count;
        for (size_t i = 0; i < 20; i++) {
            bool is_worse = i < rows[r].worse;
            bool is_better = !is_worse && i < rows[r].worse + rows[r].better;
            base[i] = is_better ? 30 : 10;
            cand[i] = is_worse ? 30 : 10;
        }
        print_message("%zu and %zu\n", rows[r].worse, rows[r].better);
        const struct windows windows = {{base, 20}, {cand, 20}, (const size_t[]){20}, 1};
        assert_int_equal(windows_have_bursts(&count, &windows, 2), rows[r].want);
        assert_int_equal(count.worse, rows[r].worse);
        assert_int_equal(count.better, rows[r].better);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_the_unit_and_their_windows_the_least_spread),
        cmocka_unit_test(one_bad_window_does_not_own_the_result),
        cmocka_unit_test(one_bad_pair_proves_nothing),
        cmocka_unit_test(the_candidates_own_interval_has_what_both_sides_share),
        cmocka_unit_test(a_slow_machine_cancels),
        cmocka_unit_test(bursts_of_one_side_are_told_from_those_of_the_machine),
        cmocka_unit_test(too_little_gives_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
