#include "tests/support/check.h"

#include <stdio.h>

#include "gate/judge/judge.h"
#include "gate/stats/bounds.h"

enum { ROWS_MAX = 128 };

struct fixture {
    struct arena arena;
    struct err err;
    struct policy policy;
    struct record_scenario record;
    struct comparison comparison;
    struct judgement judgement;
};

#define POLICY_HEAD                                                                                \
    "version: 1\nscenarios:\n  - name: s\n    service: {args: [\"${ADDR}\"]}\n"                    \
    "    load: {requests: r.jsonl, count: 1000}\n"

/* A normal estimate of 1000 whose growth is so many standard errors of 1 above a limit of 50. */
static struct estimate above_limit(double standard_errors)
{
    double delta = 50 + standard_errors;
    double reach = ESTIMATE_NORMAL_REACH;
    return (struct estimate){.base = 1000,
                             .cand = 1000 + delta,
                             .delta = delta,
                             .delta_low = delta - reach,
                             .delta_high = delta + reach,
                             .has_ratio = true,
                             .ratio = delta / 1000,
                             .bounded = true};
}

static struct comparison_row *add_row(struct fixture *fixture, enum metric metric,
                                      enum row_level level, struct estimate estimate)
{
    struct comparison_row *row = &fixture->comparison.rows[fixture->comparison.row_count++];
    *row = (struct comparison_row){
        .metric = metric, .point = POINT_END, .level = level, .estimate = estimate};
    return row;
}

static void add_function(struct fixture *fixture, const char *func, struct estimate estimate)
{
    struct comparison_row *row = add_row(fixture, METRIC_ALLOC_SPACE, ROW_FUNCTION, estimate);
    row->func = str_copy(&fixture->arena, str_from(func));
    row->normal = row->func;
    row->key = name_key(row->func, &fixture->arena);
    row->package = name_package(row->func);
}

static void add_functions(struct fixture *fixture, size_t count, double standard_errors)
{
    for (size_t i = 0; i < count; i++) {
        struct str name = str_format(&fixture->arena, "app.f%zu", i);
        add_function(fixture, name.data, above_limit(standard_errors));
    }
}

static void fixture_init(struct fixture *fixture, const char *rules)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    struct str text = str_format(&fixture->arena, "%s%s", POLICY_HEAD, rules);
    assert_ok(policy_parse(&fixture->policy, &fixture->arena, STR("memgate.yaml"),
                           bytes_of_str(text), &fixture->err),
              &fixture->err);
    fixture->record.load_count = 1000;
    fixture->comparison.scenario = STR("s");
    fixture->comparison.record = &fixture->record;
    fixture->comparison.rows = ARENA_ARRAY(&fixture->arena, struct comparison_row, ROWS_MAX);
    fixture->comparison.has_steady = true;
    for (int metric = 0; metric < METRIC_NS_PER_OP; metric++)
        (void)add_row(fixture, (enum metric)metric, ROW_SCENARIO, above_limit(-50));
}

static const struct judged_scenario *judged(struct fixture *fixture)
{
    struct judge_input input = {
        .policy = &fixture->policy, .comparisons = &fixture->comparison, .comparison_count = 1};
    assert_ok(judge(&fixture->judgement, &fixture->arena, &input, &fixture->err), &fixture->err);
    return &fixture->judgement.scenarios[0];
}

/* The first finding about the function. */
static const struct finding *finding_of(const struct judged_scenario *scenario, const char *func)
{
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if (str_equal(scenario->findings[i].row->func, str_from(func)))
            return &scenario->findings[i];
    }
    fail_msg("nothing is said of %s", func);
    return scenario->findings;
}

#define TOTAL "rules:\n  - {metric: alloc_space, max_increase_percent: 5%}\n"
#define EACH  "rules:\n  - {func: \"*\", metric: alloc_space, max_increase_percent: 5%}\n"

/* p(3.2) is 0.00069: enough at 0.002 alone, and not at 0.002 / 10. */
static void one_of_many_must_be_surer(void **state)
{
    (void)state;
    for (size_t others = 0; others < 10; others += 9) {
        struct fixture fixture;
        fixture_init(&fixture, EACH);
        add_functions(&fixture, others, -10);
        add_function(&fixture, "app.grown", above_limit(3.2));
        const struct finding *finding = finding_of(judged(&fixture), "app.grown");
        print_message("among %zu\n", others);
        assert_close(finding->p, 0.0006871379379158486, 1e-9);
        assert_int_equal(finding->family_size, others + 1);
        assert_string_equal(finding->family, "functions");
        assert_int_equal(finding->verdict, others ? FINDING_INCONCLUSIVE : FINDING_REGRESSION);
        if (others)
            assert_str(finding->reason,
                       "sure enough alone, not as one of 10 judged together (p 0.00069)");
        arena_release(&fixture.arena);
    }
}

/* Holm: with p = 3e-7 rejected first, nine are left, and so on: 0.002 / 9 for the next. */
static void what_is_proven_leaves_the_rest_more(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture, EACH);
    add_functions(&fixture, 8, -10);
    add_function(&fixture, "app.first", above_limit(5));
    /* p(3.53) = 0.000208 is above 0.0002 and below 0.002 / 9 = 0.000222. */
    add_function(&fixture, "app.second", above_limit(3.53));
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(finding_of(scenario, "app.first")->verdict, FINDING_REGRESSION);
    assert_int_equal(finding_of(scenario, "app.second")->verdict, FINDING_REGRESSION);
    assert_close(finding_of(scenario, "app.second")->alpha, 0.002 / 8, 1e-12);
    arena_release(&fixture.arena);
}

/* A function that was named before, a total, and reviews pay nothing for the crowd. */
static void families_do_not_pay_for_each_other(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(
        &fixture, TOTAL
        "  - {func: app.named, metric: alloc_space, max_increase_percent: 5%}\n"
        "  - {package: other, metric: alloc_space, max_increase_percent: 5%}\n"
        "  - {func: \"*\", metric: alloc_space, max_increase_percent: 5%, severity: review}\n");
    add_functions(&fixture, 40, -10);
    add_function(&fixture, "app.named", above_limit(3.2));
    add_function(&fixture, "other.F", above_limit(3.2));
    fixture.comparison.rows[METRIC_ALLOC_SPACE].estimate = above_limit(3.2);
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(finding_of(scenario, "app.named")->verdict, FINDING_REGRESSION);
    assert_string_equal(finding_of(scenario, "app.named")->family, "named");
    assert_int_equal(finding_of(scenario, "other.F")->verdict, FINDING_REGRESSION);
    assert_int_equal(finding_of(scenario, "other.F")->family_size, 1);
    assert_int_equal(finding_of(scenario, "")->verdict, FINDING_REGRESSION);
    assert_string_equal(finding_of(scenario, "")->family, "total");
    arena_release(&fixture.arena);
}

/* 1000 + 1000 bytes cannot grow by more than 5000: such a row is in no family. */
static void what_cannot_break_its_limit_costs_nobody(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture, "rules:\n"
                           "  - {package: tiny, metric: alloc_space, max_increase: 5000B/request}\n"
                           "  - {func: \"*\", metric: alloc_space, max_increase_percent: 5%}\n");
    for (int i = 0; i < 20; i++)
        add_function(&fixture, "tiny.F", above_limit(-50));
    add_function(&fixture, "app.grown", above_limit(3.2));
    const struct finding *finding = finding_of(judged(&fixture), "app.grown");
    assert_int_equal(finding->family_size, 1);
    assert_int_equal(finding->verdict, FINDING_REGRESSION);
    arena_release(&fixture.arena);
}

static const struct look_case {
    size_t trials;
    size_t look;
    double alpha;
    size_t next;
    enum finding_verdict want; /* of a growth with p(2.8) = 0.00256 */
} look_cases[] = {
    {3, 1, 0.002, 5, FINDING_INCONCLUSIVE},
    {4, 2, 0.003, 5, FINDING_REGRESSION},
    {5, 2, 0.003, 8, FINDING_REGRESSION},
    {8, 3, 0.005, 8, FINDING_REGRESSION},
};

static void the_count_of_trials_is_the_look(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(look_cases); i++) {
        const struct look_case *row = &look_cases[i];
        struct fixture fixture;
        print_message("%zu trials\n", row->trials);
        fixture_init(&fixture, TOTAL);
        fixture.comparison.rows[METRIC_ALLOC_SPACE].estimate = above_limit(2.8);
        fixture.record.trial_count[SIDE_BASE][PHASE_EXACT] = row->trials;
        fixture.record.trial_count[SIDE_CAND][PHASE_EXACT] = row->trials + 1;
        const struct judged_scenario *scenario = judged(&fixture);
        const struct finding *finding = finding_of(scenario, "");
        assert_int_equal(finding->row->metric, METRIC_ALLOC_SPACE);
        assert_int_equal(finding->look, row->look);
        assert_close(finding->look_alpha, row->alpha, 1e-12);
        assert_int_equal(scenario->next_look[PHASE_EXACT], row->next);
        assert_int_equal(finding->verdict, row->want);
        /* The bound that is shown is the look's; 2.878 standard errors at 0.2 %. */
        double reach = row->look == 1   ? 2.878161739095483
                       : row->look == 2 ? 2.747781385444993
                                        : ESTIMATE_NORMAL_REACH;
        assert_close(finding->low, 52.8 - reach, 1e-6);
        assert_close(finding->high, 52.8 + 1.6448536269514722, 1e-6);
        arena_release(&fixture.arena);
    }
}

/* 1 standard error is 0.1 % of the base: 4.16 of them are told from none at look 1, of 8 trials 2.37. */
static void what_can_be_detected_is_told(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture, "rules:\n  - {metric: alloc_space, max_increase_percent: 0.2%}\n");
    fixture.comparison.rows[METRIC_ALLOC_SPACE].estimate = above_limit(-55);
    fixture.record.trial_count[SIDE_BASE][PHASE_EXACT] = 3;
    fixture.record.trial_count[SIDE_CAND][PHASE_EXACT] = 3;
    const struct judged_scenario *scenario = judged(&fixture);
    const struct finding *finding = scenario->findings;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if (scenario->findings[i].row->metric == METRIC_ALLOC_SPACE)
            finding = &scenario->findings[i];
    }
    assert_int_equal(finding->row->metric, METRIC_ALLOC_SPACE);
    assert_int_equal(finding->verdict, FINDING_IMPROVED);
    /* (2.878 + 1.282) and (2.576 + 1.282) / sqrt(8 / 3) */
    assert_close(finding->detectable, 4.159713304640083, 1e-4);
    assert_close(finding->detectable_at_most, 2.3621537182131482, 1e-4);
    assert_int_equal(scenario->notes.len, 1);
    assert_str(scenario->notes.items[0],
               "memgate.yaml:7: its limit for alloc_space, +0.2 %, is below what can be told from "
               "none here by 8 trials a side, +0.24 %");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_many_must_be_surer),
        cmocka_unit_test(what_is_proven_leaves_the_rest_more),
        cmocka_unit_test(families_do_not_pay_for_each_other),
        cmocka_unit_test(what_cannot_break_its_limit_costs_nobody),
        cmocka_unit_test(the_count_of_trials_is_the_look),
        cmocka_unit_test(what_can_be_detected_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
