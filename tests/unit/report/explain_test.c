#include "tests/support/check.h"

#include "gate/report/explain.h"

enum { ANSWER_BYTES_MAX = 1 << 16 };

/* One function with one rule and nothing found: fine, or judged by nobody. */
static const struct verdict_case {
    const char *name;
    const char *func; /* of the rule */
    enum verdict verdict;
    bool is_charged;
    const char *says;
} verdict_cases[] = {
    {"what is fine is not listed", "a.B", VERDICT_PASS, false, " ok by func a.B"},
    {"the same beside a regression", "a.B", VERDICT_BLOCKED, false, " ok by func a.B"},
    {"nobody judged it", "a.B", VERDICT_NONE, false, " not judged by func a.B"},
    {"another row was judged", "\"*\"", VERDICT_PASS, true,
     " judged where it is charged to by func"},
    {"no row was judged", "\"*\"", VERDICT_NONE, true, " not judged by func"},
};

static void answer(struct buf *out, struct arena *arena, const struct verdict_case *one,
                   enum metric metric)
{
    static const struct record_scenario record;
    struct err err = {0};
    struct policy policy = {0};
    struct str text = str_format(arena,
                                 "version: 1\nscenarios:\n"
                                 "  - {name: s, gotest: {package: ./x, bench: B, benchtime: 1x}}\n"
                                 "rules:\n  - {func: %s, metric: %s, max_increase_percent: 5%%}\n",
                                 one->func, metric_name(metric));
    assert_ok(policy_parse(&policy, arena, STR("memgate.yaml"), bytes_of_str(text), &err), &err);
    struct comparison_row row = {.level = ROW_FUNCTION,
                                 .metric = metric,
                                 .func = STR("a.B"),
                                 .key = STR("a.B"),
                                 .normal = STR("a.B"),
                                 .package = STR("a"),
                                 .is_charged = one->is_charged,
                                 .estimate = {.base = 1, .cand = 1, .bounded = true}};
    struct detail detail = {.key = row.key, .func = row.func, .is_there = {true, true}};
    struct comparison comparison = {
        .scenario = STR("s"), .record = &record, .rows = &row, .row_count = 1};
    struct judged_scenario scenario = {.comparison = &comparison, .verdict = one->verdict};
    struct explain_input input = {&policy, &scenario, &detail};
    watch_init(&scenario.watch, arena, &policy, &comparison);
    report_explain(out, arena, &input);
}

static void rules_are_told_with_what_they_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verdict_cases); i++) {
        struct arena arena;
        struct buf out;
        print_message("%s\n", verdict_cases[i].name);
        arena_init(&arena);
        buf_init(&out, ANSWER_BYTES_MAX);
        answer(&out, &arena, &verdict_cases[i], METRIC_ALLOC_SPACE);
        assert_true(str_contains(buf_view(&out), str_from(verdict_cases[i].says)));
        buf_release(&out);
        arena_release(&arena);
    }
}

static const struct stacks_case {
    const char *name;
    enum metric metric;
    bool want;
} stacks_cases[] = {
    {"of the heap's profile", METRIC_ALLOC_SPACE, true},
    {"of another, where it would be nothing", METRIC_CPU_PROFILE, false},
};

static void flat_and_cum_are_told_where_they_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stacks_cases); i++) {
        const struct stacks_case *row = &stacks_cases[i];
        struct arena arena;
        struct buf out;
        print_message("%s\n", row->name);
        arena_init(&arena);
        buf_init(&out, ANSWER_BYTES_MAX);
        answer(&out, &arena, &verdict_cases[0], row->metric);
        assert_int_equal(str_contains(buf_view(&out), STR(", flat ")), row->want);
        assert_int_equal(str_contains(buf_view(&out), STR(", cum ")), row->want);
        assert_true(str_contains(buf_view(&out), STR(" ok by func a.B")));
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_told_with_what_they_said),
        cmocka_unit_test(flat_and_cum_are_told_where_they_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
