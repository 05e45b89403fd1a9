#include "tests/support/check.h"

#include "gate/stats/looks.h"

struct looks_case {
    uint32_t planned;
    uint32_t most;
    uint32_t trials[LOOKS_MAX];
    double alpha[LOOKS_MAX];
    size_t len;
};

static const struct looks_case looks_cases[] = {
    {2, 8, {2, 4, 8}, {0.002, 0.003, 0.005}, 3}, /* as facts on sequential looks have it */
    {3, 8, {3, 5, 8}, {0.002, 0.003, 0.005}, 3}, /* sqrt(24) = 4.9 */
    {3, 4, {3, 4}, {0.002, 0.008}, 2},           /* sqrt(12) = 3.5, which rounds to 3 */
    {3, 3, {3}, {0.01}, 1},
    {5, 2, {5}, {0.01}, 1},
    {0, 8, {0, 8}, {0.002, 0.008}, 2},
};

static void levels_sum_to_one_per_cent(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(looks_cases); i++) {
        const struct looks_case *row = &looks_cases[i];
        struct looks have = looks_plan(row->planned, row->most);
        double sum = 0;
        print_message("%u to %u\n", row->planned, row->most);
        assert_int_equal(have.len, row->len);
        for (size_t k = 0; k < have.len; k++) {
            assert_int_equal(have.trials[k], row->trials[k]);
            assert_close(have.alpha[k], row->alpha[k], 1e-12);
            sum += have.alpha[k];
        }
        assert_close(sum, LOOKS_ALPHA, 1e-12);
    }
}

static const struct {
    size_t count;
    size_t number;
    double alpha;
    size_t next;
} at_cases[] = {
    {0, 1, 0.002, 3}, {2, 1, 0.002, 3}, {3, 1, 0.002, 5}, {4, 2, 0.003, 5},
    {5, 2, 0.003, 8}, {7, 3, 0.005, 8}, {8, 3, 0.005, 8}, {20, 3, 0.005, 20},
};

static void a_count_of_trials_tells_the_look(void **state)
{
    struct looks looks = looks_plan(3, 8);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(at_cases); i++) {
        print_message("%zu trials\n", at_cases[i].count);
        assert_int_equal(looks_number(&looks, at_cases[i].count), at_cases[i].number);
        assert_close(looks_alpha(&looks, at_cases[i].count), at_cases[i].alpha, 1e-12);
        assert_int_equal(looks_next(&looks, at_cases[i].count), at_cases[i].next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_sum_to_one_per_cent),
        cmocka_unit_test(a_count_of_trials_tells_the_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
