#include "gate/stats/slope.h"

#include "tests/support/check.h"

/* All literals: tests/oracle/statistics.py (SciPy). */
static const struct {
    const char *name;
    double x[5];
    double y[5];
    size_t n;
    double slope;
} rows[] = {
    {"nearly a line", {0, 1, 2, 3, 4}, {10, 12, 13.5, 16, 18}, 5, 2.0},
    {"one point is off",
     {0, 300, 600, 900, 1200},
     {510000, 520000, 900000, 540000, 550000},
     5,
     33.333333333333336},
    {"two points at one place", {1, 1, 2}, {5, 7, 9}, 3, 3.0},
    {"two points", {0, 1}, {3, 1}, 2, -2.0},
    {"one point", {1}, {3}, 1, 0},
    {"one place", {2, 2}, {3, 9}, 2, 0},
    {"nothing", {0}, {0}, 0, 0},
};

static void slopes_are_those_of_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].name);
        assert_close(slope_theil_sen(rows[i].x, rows[i].y, rows[i].n), rows[i].slope, 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_are_those_of_scipy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
