#include "tests/support/check.h"

#include "gate/judge/stacks.h"

static struct estimate spread(double base, double cand, double half)
{
    return (struct estimate){.base = base,
                             .cand = cand,
                             .delta = cand - base,
                             .delta_low = cand - base - half,
                             .delta_high = cand - base + half,
                             .bounded = true};
}

/* 640 bytes went to a callee, which has 1152 now; others in the stacks have 4000 as before. */
static struct comparison_row emptied(enum row_level level)
{
    return (struct comparison_row){
        .metric = METRIC_ALLOC_SPACE,
        .level = level,
        .estimate = spread(640, 0, 0.25),
        .whole = {640, 0},
        .cum = spread(4640, 5152, 2),
        .cum_share = 0.5152,
        .moved = -640,
        .lost = 640,
        .is_gone = true,
    };
}

static void only_exact_names_of_functions_that_lost_something_are_judged_by_stacks(void **state)
{
    static const struct {
        const char *name;
        const char *func_key;
        enum row_level level;
        double lost;
        bool want;
    } rows[] = {
        {"an exact name", "a.F", ROW_FUNCTION, 640, true},
        {"a kind of it", "a.F", ROW_FUNCTION_KIND, 640, true},
        {"a pattern", "", ROW_FUNCTION, 640, false},
        {"nothing was lost", "a.F", ROW_FUNCTION, 0, false},
        {"the whole scenario", "a.F", ROW_SCENARIO, 640, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct rule rule = {.selector = {.func_key = str_from(rows[i].func_key)}};
        const struct comparison_row row = {.level = rows[i].level, .lost = rows[i].lost};
        print_message("%s\n", rows[i].name);
        assert_int_equal(stacks_judge(&rule, &row), rows[i].want);
    }
}

static void what_the_callees_gained_is_added_to_what_is_left(void **state)
{
    (void)state;
    const struct comparison_row row = emptied(ROW_FUNCTION);
    const struct comparison_row have = stacks_row(&row);
    assert_close(have.estimate.base, 640, 1e-12);
    assert_close(have.estimate.cand, 1152, 1e-12); /* 640 + 5152 - 4640 */
    assert_close(have.estimate.delta_low, 510, 1e-12);
    assert_close(have.estimate.delta_high, 514, 1e-12);
    assert_close(have.estimate.ratio_low, 510.0 / 640, 1e-12);
    assert_close(have.moved, 0, 1e-12);
    assert_close(have.cand_share, 0.1152, 1e-12);
    assert_false(have.is_gone);
    assert_true(have.estimate.bounded);
}

/* The function lost 640 bytes of maps and gained 100 of something else; its callees gained 512. */
static void a_kind_has_its_own_spread_besides(void **state)
{
    (void)state;
    struct comparison_row row = emptied(ROW_FUNCTION_KIND);
    row.whole[SIDE_CAND] = 100;
    const struct comparison_row have = stacks_row(&row);
    assert_close(have.estimate.cand, 1052, 1e-12); /* 0 + (5152 - 4640) - (100 - 640) */
    assert_close(have.estimate.delta_low, 412 - 2.25, 1e-12);
    assert_close(have.estimate.delta_high, 412 + 2.25, 1e-12);
}

static void callees_that_saved_more_than_is_left_leave_nothing(void **state)
{
    (void)state;
    struct comparison_row row = emptied(ROW_FUNCTION);
    row.cum = spread(4640, 1000, 2);
    const struct comparison_row have = stacks_row(&row);
    assert_close(have.estimate.cand, 0, 1e-12);
    assert_close(have.estimate.delta, -640, 1e-12);
    assert_true(have.is_gone);
}

static void stacks_without_an_interval_give_none(void **state)
{
    (void)state;
    struct comparison_row row = emptied(ROW_FUNCTION);
    row.cum.bounded = false;
    assert_false(stacks_row(&row).estimate.bounded);
}

static void what_breaks_a_rule_about_kinds_is_open(void **state)
{
    static const struct {
        enum row_level level;
        enum finding_verdict have;
        enum finding_verdict want;
    } rows[] = {
        {ROW_FUNCTION, FINDING_REGRESSION, FINDING_REGRESSION},
        {ROW_FUNCTION_KIND, FINDING_REGRESSION, FINDING_INCONCLUSIVE},
        {ROW_FUNCTION_KIND, FINDING_REVIEW, FINDING_INCONCLUSIVE},
        {ROW_FUNCTION_KIND, FINDING_OK, FINDING_OK},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct comparison_row row = {.level = rows[i].level};
        struct finding finding = {.verdict = rows[i].have, .row = &row};
        stacks_doubt(&finding);
        assert_int_equal(finding.verdict, rows[i].want);
        assert_int_equal(finding.is_settled, rows[i].have != rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_exact_names_of_functions_that_lost_something_are_judged_by_stacks),
        cmocka_unit_test(what_the_callees_gained_is_added_to_what_is_left),
        cmocka_unit_test(a_kind_has_its_own_spread_besides),
        cmocka_unit_test(callees_that_saved_more_than_is_left_leave_nothing),
        cmocka_unit_test(stacks_without_an_interval_give_none),
        cmocka_unit_test(what_breaks_a_rule_about_kinds_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
