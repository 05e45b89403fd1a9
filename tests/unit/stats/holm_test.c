#include "tests/support/check.h"

#include "gate/stats/holm.h"

struct holm_case {
    const char *name;
    double p[4];
    size_t n;
    double alpha;
    double level;
    size_t rejected;
};

/* Worked by hand; tests/oracle/levels.py counts the rejected as well. */
static const struct holm_case holm_cases[] = {
    /* 0.005 <= 0.05/4 and 0.01 <= 0.05/3, but 0.03 > 0.05/2 */
    {"two of four", {0.01, 0.04, 0.03, 0.005}, 4, 0.05, 0.05 / 2, 2},
    /* 0.0001 <= 0.002/4, 0.0005 <= 0.002/3, 0.002 > 0.002/2: alone it would be enough */
    {"enough alone is not enough", {0.0001, 0.002, 0.0005, 0.9}, 4, 0.002, 0.001, 2},
    {"the smallest is too large", {0.004, 0.003, 0.9}, 3, 0.005, 0.005 / 3, 0},
    {"one alone pays nothing", {0.2}, 1, 0.01, 0.01, 0},
    {"all", {0.001, 0.001, 0.001}, 3, 0.01, 0.01, 3},
    {"exactly the level is rejected", {0.005, 0.01}, 2, 0.01, 0.01, 2},
    {"none", {0}, 0, 0.01, 0.01, 0},
};

static void each_rejection_leaves_the_rest_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(holm_cases); i++) {
        const struct holm_case *row = &holm_cases[i];
        double p[4];
        size_t rejected = 0;
        print_message("%s\n", row->name);
        memcpy(p, row->p, sizeof(p));
        double level = holm_level(p, row->n, row->alpha);
        assert_close(level / row->level, 1, 1e-12);
        for (size_t k = 0; k < row->n; k++)
            rejected += p[k] <= level;
        assert_int_equal(rejected, row->rejected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rejection_leaves_the_rest_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
