#include "gate/stats/windows.h"

#include <math.h>

#include "tests/support/check.h"

/* All literals: tests/oracle/statistics.py (SciPy). */
static const struct {
    size_t n;
    double confidence;
    int cut;
} cuts[] = {
    {1, 0.99, -1}, {7, 0.99, -1}, {8, 0.99, 0},   {12, 0.99, 1},     {12, 0.95, 2},
    {30, 0.99, 7}, {31, 0.99, 7}, {60, 0.95, 21}, {1280, 0.99, 593},
};

static void the_cut_is_that_of_the_sign_test(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        print_message("%zu windows\n", cuts[i].n);
        assert_int_equal(windows_cut(cuts[i].n, cuts[i].confidence), cuts[i].cut);
    }
}

enum { COUNT = 12 };

/* Ratios of 1.00 to 1.11 in no order; one second that went wrong for the candidate. */
static void one_bad_window_does_not_own_the_result(void **state)
{
    static const double percent[COUNT] = {5, 0, 11, 3, 8, 1, 10, 2, 7, 4, 9, 6};
    double base[COUNT];
    double cand[COUNT];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        base[i] = 1e6 * (1 + (double)i);
        cand[i] = base[i] * (1 + percent[i] / 100);
    }
    cand[2] = base[2] * 50;
    struct estimate out =
        estimate_of_windows((struct samples){base, COUNT}, (struct samples){cand, COUNT}, 3, NULL);
    assert_true(out.bounded && out.has_ratio);
    /* The middle two are 1.05 and 1.06; x(2) is 1.01 and x(11) 1.10. */
    assert_close(out.ratio, sqrt(1.05 * 1.06) - 1, 1e-12);
    assert_close(out.ratio_low, 0.01, 1e-12);
    assert_close(out.ratio_high, 0.10, 1e-12);
    assert_close(out.cand / out.base - 1, out.ratio, 1e-12);
    assert_close(out.delta, out.cand - out.base, 1e-6);
    assert_close(out.delta_low, out.base * 0.01, 1e-6);
    assert_close(out.delta_high, out.base * 0.10, 1e-6);
    assert_int_equal(out.base_count, COUNT);
}

/* What slows both sides of a window alike says nothing about either. */
static void a_slow_machine_cancels(void **state)
{
    double base[COUNT];
    double cand[COUNT];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        base[i] = pow(10, (double)i);
        cand[i] = base[i] * 1.2;
    }
    struct estimate out =
        estimate_of_windows((struct samples){base, COUNT}, (struct samples){cand, COUNT}, 3, NULL);
    assert_close(out.ratio_low, 0.2, 1e-9);
    assert_close(out.ratio_high, 0.2, 1e-9);
}

static void too_little_gives_no_interval(void **state)
{
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const double with_zero[] = {1, 0, 3, 4, 5, 6, 7, 8};
    struct samples all = {values, 8};
    (void)state;
    assert_true(estimate_of_windows(all, all, 2, NULL).bounded);
    assert_false(estimate_of_windows(all, all, 1, NULL).bounded);
    struct samples few = {values, 7};
    struct estimate out = estimate_of_windows(few, few, 2, NULL);
    assert_false(out.bounded);
    assert_close(out.ratio, 0, 1e-12);
    assert_close(out.base, 4, 1e-9);
    assert_false(estimate_of_windows(all, (struct samples){with_zero, 8}, 2, NULL).bounded);
    assert_false(estimate_of_windows((struct samples){0}, (struct samples){0}, 2, NULL).bounded);
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
        assert_int_equal(
            windows_have_bursts(&count, (struct samples){base, 20}, (struct samples){cand, 20}, 2),
            rows[r].want);
        assert_int_equal(count.worse, rows[r].worse);
        assert_int_equal(count.better, rows[r].better);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cut_is_that_of_the_sign_test),
        cmocka_unit_test(one_bad_window_does_not_own_the_result),
        cmocka_unit_test(a_slow_machine_cancels),
        cmocka_unit_test(bursts_of_one_side_are_told_from_those_of_the_machine),
        cmocka_unit_test(too_little_gives_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
