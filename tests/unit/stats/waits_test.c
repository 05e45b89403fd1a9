#include "gate/stats/waits.h"

#include "tests/support/check.h"

/* All literals: tests/oracle/statistics.py (SciPy). */
struct waits_case {
    const char *name;
    double base[3];
    double cand[3];
    double want_base;
    double want_cand;
    double low;
    double high;
};

static const struct waits_case waits_cases[] = {
    {"new: none on the baseline",
     {0, 0, 0},
     {900, 1000, 1050},
     0,
     981.3198930565775,
     624.8076678670456,
     1541.2562649815134},
    {"a baseline near 0",
     {30, 50, 60},
     {90000, 100000, 105000},
     44.81404746557165,
     98131.98930565787,
     15813.547656498806,
     607198.7023290336},
    {"nor does one wait in three trials",
     {0, 0, 90},
     {9000, 10000, 10500},
     30,
     9813.198930565759,
     6205.665012869721,
     15382.643015512549},
    {"gone",
     {9000, 10000, 10500},
     {0, 0, 0},
     9813.198930565759,
     0,
     -15412.562649815081,
     -6248.076678670457},
    {"close to each other",
     {900, 1000, 1050},
     {1000, 1100, 1250},
     981.3198930565775,
     1111.9900452846578,
     -231.3535416018406,
     667.4498929660209},
    {"spread over a decade",
     {10, 100, 400},
     {20, 30, 54},
     73.68062997280772,
     31.879757075478334,
     -73.67666391054762,
     256180.21669627304},
    {"close and with zeros: their own intervals",
     {0, 10, 20},
     {10, 0, 30},
     10,
     13.333333333333334,
     -55.49858711131057,
     91.43161102741375},
};

static void differences_have_intervals_whatever_the_baseline(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(waits_cases); i++) {
        const struct waits_case *row = &waits_cases[i];
        struct estimate have =
            estimate_of_waits((struct samples){row->base, 3}, (struct samples){row->cand, 3});
        print_message("%s\n", row->name);
        assert_true(have.bounded);
        assert_close(have.base, row->want_base, 1e-9);
        assert_close(have.cand, row->want_cand, 1e-9);
        assert_close(have.delta, row->want_cand - row->want_base, 1e-9);
        assert_close(have.delta_low, row->low, 1e-9);
        assert_close(have.delta_high, row->high, 1e-9);
        assert_int_equal(have.has_ratio, row->want_base > 0);
        if (have.has_ratio)
            assert_close(have.ratio_low, row->low / row->want_base, 1e-9);
        assert_int_equal(have.base_count, 3);
        assert_int_equal(have.cand_count, 3);
    }
}

static void nothing_on_either_side_did_not_change(void **state)
{
    static const double none[] = {0, 0, 0};
    (void)state;
    struct estimate have = estimate_of_waits((struct samples){none, 3}, (struct samples){none, 3});
    assert_true(have.bounded);
    assert_false(have.has_ratio);
    assert_close(have.delta_low, 0, 1e-12);
    assert_close(have.delta_high, 0, 1e-12);
}

static void one_process_has_no_interval(void **state)
{
    static const double values[] = {5, 6};
    (void)state;
    assert_false(
        estimate_of_waits((struct samples){values, 1}, (struct samples){values, 2}).bounded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_have_intervals_whatever_the_baseline),
        cmocka_unit_test(nothing_on_either_side_did_not_change),
        cmocka_unit_test(one_process_has_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
