#include "gate/stats/share.h"

#include "tests/support/check.h"

/* All literals: tests/oracle/statistics.py (SciPy). */
struct share_case {
    const char *name;
    struct share_count counts[3];
    size_t len;
    struct interval want;
    double dispersion;
};

static const struct share_case share_cases[] = {
    {"one process", {{15, 100}}, 1, {0.15, 0.08008544228706706, 0.26346903911400893, 0}, 1},
    {"processes that agree are pooled",
     {{15, 100}, {16, 100}, {14, 100}},
     3,
     {0.15, 0.10450562379733737, 0.21064081802059426, 0},
     1},
    {"none of some", {{0, 50}, {0, 50}}, 2, {0, 0, 0.062220687715822974, 0}, 1},
    {"all of some", {{40, 40}}, 1, {1, 0.8577267864924156, 1, 0}, 1},
    {"processes that differ by more than chance count less",
     {{10, 100}, {20, 100}, {33, 100}},
     3,
     {0.21, 0.08968585284551628, 0.4176630772223601, 0},
     8.0168776371308},
    {"a process without a sample says nothing",
     {{1, 3}, {0, 0}, {2, 4}},
     3,
     {0.42857142857142855, 0.11637368051613811, 0.8102850959116125, 0},
     1},
    {"no sample at all", {{0, 0}, {0, 0}}, 2, {0, 0, 1, 0}, 1},
};

static void shares_have_wilsons_interval(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(share_cases); i++) {
        const struct share_case *row = &share_cases[i];
        struct interval have = share_interval(row->counts, row->len);
        print_message("%s\n", row->name);
        assert_close(have.value, row->want.value, 1e-12);
        assert_close(have.low, row->want.low, 1e-9);
        assert_close(have.high, row->want.high, 1e-9);
        assert_close(share_dispersion(row->counts, row->len), row->dispersion, 1e-9);
    }
}

static void positive_values_have_students_interval_of_logarithms(void **state)
{
    (void)state;
    const double values[] = {100, 104, 97};
    struct interval have = interval_of_positive((struct samples){values, 3});
    assert_close(have.value, 100.29247707098557, 1e-9);
    assert_close(have.low, 82.09921766953612, 1e-9);
    assert_close(have.high, 122.51737888077977, 1e-9);
    have = interval_of_positive((struct samples){values, 1});
    assert_close(have.value, 100, 1e-12);
    assert_true(have.high > 1e300);
}

static const struct share_count few = {30, 200};
static const struct share_count many = {60, 200};

static void products_add_their_log_distances(void **state)
{
    (void)state;
    struct interval have =
        interval_product((struct interval){100, 90, 115, 0}, share_interval(&few, 1));
    assert_close(have.value, 15, 1e-12);
    assert_close(have.low, 9.509371231685227, 1e-9);
    assert_close(have.high, 23.149328947964104, 1e-9);
}

static void a_product_with_zero_keeps_an_upper_bound(void **state)
{
    (void)state;
    struct interval have =
        interval_product((struct interval){100, 90, 115, 0}, (struct interval){0, 0, 0.1, 0});
    assert_close(have.value, 0, 1e-12);
    assert_close(have.low, 0, 1e-12);
    assert_close(have.high, 11.5, 1e-12);
    have = interval_product((struct interval){100, 90, 115, 0}, (struct interval){0.1, 0, 0.2, 0});
    assert_close(have.low, 0, 1e-12);
    assert_true(have.high > 20);
}

static void differences_of_shares_are_newcombes(void **state)
{
    (void)state;
    struct estimate have =
        estimate_of_intervals(share_interval(&few, 1), share_interval(&many, 1), false);
    assert_close(have.base, 0.15, 1e-12);
    assert_close(have.cand, 0.30, 1e-12);
    assert_close(have.delta, 0.15, 1e-12);
    assert_close(have.delta_low, 0.04241646625996219, 1e-9);
    assert_close(have.delta_high, 0.25377715106664256, 1e-9);
    assert_false(have.has_ratio);
    assert_true(have.bounded);
    assert_true(have.has_cand_interval);
    assert_close(have.cand_low, share_interval(&many, 1).low, 1e-12);
    assert_close(have.cand_high, share_interval(&many, 1).high, 1e-12);
}

static void ratios_add_their_log_distances(void **state)
{
    (void)state;
    struct estimate have = estimate_of_intervals((struct interval){10, 8, 13, 0},
                                                 (struct interval){20, 18, 23, 0}, true);
    assert_true(have.has_ratio);
    assert_close(have.ratio, 1, 1e-12);
    assert_close(have.ratio_low, 0.5074476173433018, 1e-9);
    assert_close(have.ratio_high, 1.60243185199415, 1e-9);
    assert_close(have.delta_low, 10 * have.ratio_low, 1e-9);
    assert_close(have.delta_high, 10 * have.ratio_high, 1e-9);
}

static void a_bound_at_zero_leaves_the_difference_alone(void **state)
{
    (void)state;
    struct estimate have = estimate_of_intervals((struct interval){0, 0, 3, 0},
                                                 (struct interval){20, 18, 24, 0}, true);
    assert_false(have.has_ratio);
    assert_close(have.delta_low, 20 - hypot(2, 3), 1e-12);
    assert_close(have.delta_high, 20 + hypot(4, 0), 1e-12);
    assert_close(have.base_part_low, 9.0 / 13, 1e-12);
    assert_close(have.base_part_high, 0, 1e-12);
}

static void one_process_gives_no_interval_of_time(void **state)
{
    (void)state;
    const double value = 100;
    struct interval one = interval_of_positive((struct samples){&value, 1});
    struct interval share = share_interval(&few, 1);
    struct estimate have =
        estimate_of_intervals(interval_product(one, share), interval_product(one, share), true);
    assert_false(have.bounded);
    assert_close(have.cand, 15, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_have_wilsons_interval),
        cmocka_unit_test(positive_values_have_students_interval_of_logarithms),
        cmocka_unit_test(products_add_their_log_distances),
        cmocka_unit_test(a_product_with_zero_keeps_an_upper_bound),
        cmocka_unit_test(differences_of_shares_are_newcombes),
        cmocka_unit_test(ratios_add_their_log_distances),
        cmocka_unit_test(a_bound_at_zero_leaves_the_difference_alone),
        cmocka_unit_test(one_process_gives_no_interval_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
