#include "tests/support/check.h"

#include "gate/report/report.h"

/* A function that a rule names, found to be fine. */
static const struct fine_case {
    const char *name;
    double moved;
    bool says;
} fine_cases[] = {
    {"since it did not grow", 0, false},
    {"since what is more came from another", 500, true},
    {"though what went away is no growth either", -500, false},
};

static void nothing_is_fine_for_a_move_without_saying_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fine_cases); i++) {
        const struct fine_case *one = &fine_cases[i];
        struct arena arena;
        struct buf out;
        struct record_scenario record = {0};
        struct moved_source source = {.key = STR("a.F"), .func = STR("a.F"), .amount = 500};
        struct rule rule = {.metric = METRIC_ALLOC_SPACE, .max_increase_percent = {true, 0.05}};
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .level = ROW_FUNCTION,
                                     .func = STR("a.G"),
                                     .estimate = {.base = 100, .cand = 600, .delta = 500},
                                     .moved = one->moved,
                                     .sources = &source,
                                     .source_count = one->moved > 0};
        struct comparison comparison = {
            .scenario = STR("s"), .record = &record, .rows = &row, .row_count = 1};
        struct finding finding = {.verdict = FINDING_OK, .rule = &rule, .row = &row};
        struct judged_scenario scenario = {.comparison = &comparison,
                                           .verdict = VERDICT_PASS,
                                           .findings = &finding,
                                           .finding_count = 1};
        struct judgement judgement = {
            .verdict = VERDICT_PASS, .scenarios = &scenario, .scenario_count = 1};
        struct recording recording = {.policy_name = STR("memgate.yaml")};
        struct report_input input = {&judgement, &recording};
        print_message("%s\n", one->name);
        arena_init(&arena);
        buf_init(&out, BUF_TEXT_BYTES_MAX);
        report_text(&out, &arena, &input);
        assert_int_equal(str_contains(buf_view(&out), STR("of it moved here from a.F")), one->says);
        assert_true(str_contains(buf_view(&out), STR("ok      alloc_space, a.G")));
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_fine_for_a_move_without_saying_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
