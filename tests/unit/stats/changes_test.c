#include "gate/stats/changes.h"

#include "tests/support/check.h"

enum { VALUES = 20, CUTS = 4 };

struct series {
    const char *name;
    double values[VALUES];
    size_t n;
    size_t cuts[CUTS];
    size_t cut_count;
};

/* By tests/oracle/statistics.py: ruptures 1.1.10, Binseg(model="l2", min_size=3, jump=1). */
static const struct series cases[] = {
    {"flat", {5, 5, 5, 5, 5, 5, 5, 5}, 8, {0}, 0},
    {"a step", {1, 2, 1, 2, 1, 2, 11, 12, 11, 12, 11, 12}, 12, {6}, 1},
    {"up and down again",
     {10, 11, 10, 9, 10, 11, 30, 31, 29, 30, 31, 30, 12, 11, 10, 12, 11, 10},
     18,
     {6, 12},
     2},
    {"saw teeth of a collector", {1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7}, 16, {0}, 0},
    {"a ramp, in steps",
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19},
     20,
     {5, 10, 15},
     3},
    {"late", {4, 4.1, 3.9, 4, 4.2, 3.8, 4, 4.1, 3.9, 4, 4, 4.1, 9, 9.1, 8.9}, 15, {12}, 1},
    {"too short", {1, 1, 9, 9, 9}, 5, {0}, 0},
};

static void levels_change_where_the_oracle_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct series *row = &cases[i];
        struct change changes[VALUES];
        print_message("%s\n", row->name);
        size_t count = changes_find(changes, row->values, row->n, 0.01);
        assert_int_equal(count, row->cut_count);
        for (size_t c = 0; c < count && c < CUTS; c++)
            assert_int_equal(changes[c].at, row->cuts[c]);
    }
}

static void levels_are_means_between_changes(void **state)
{
    struct change changes[VALUES];
    (void)state;
    assert_int_equal(changes_find(changes, cases[2].values, cases[2].n, 0.01), 2);
    /* 61 / 6, 181 / 6, 66 / 6 */
    assert_close(changes[0].before, 61.0 / 6, 1e-12);
    assert_close(changes[0].after, 181.0 / 6, 1e-12);
    assert_close(changes[1].before, 181.0 / 6, 1e-12);
    assert_close(changes[1].after, 11, 1e-12);
}

/* 10 is what changes by less than 3 times itself: 4 ln 12 = 9.94, and 6 * 6 / 12 * 10^2 = 300 < 994. */
static void what_is_below_the_least_spread_is_no_change(void **state)
{
    struct change changes[VALUES];
    (void)state;
    assert_int_equal(changes_find(changes, cases[1].values, cases[1].n, 10), 0);
    assert_int_equal(changes_find(changes, cases[1].values, cases[1].n, 5), 1);
}

static void a_long_series_is_cut_in_time(void **state)
{
    static double values[CHANGES_VALUES_MAX];
    static struct change changes[CHANGES_VALUES_MAX];
    (void)state;
    for (size_t i = 0; i < CHANGES_VALUES_MAX; i++)
        values[i] = (double)(i / 8 % 2) * 100 + (double)(i % 2);
    assert_int_equal(changes_find(changes, values, CHANGES_VALUES_MAX, 0.01),
                     CHANGES_VALUES_MAX / 8 - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_change_where_the_oracle_says),
        cmocka_unit_test(levels_are_means_between_changes),
        cmocka_unit_test(what_is_below_the_least_spread_is_no_change),
        cmocka_unit_test(a_long_series_is_cut_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
