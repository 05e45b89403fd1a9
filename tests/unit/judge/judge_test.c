#include "tests/support/check.h"

#include "gate/judge/judge.h"

/*
 * Comparisons are built by hand, policies from text, so that each test
 * shows what a user would have written.
 */
struct fixture {
    struct arena arena;
    struct err err;
    struct policy policy;
    struct record_scenario record;
    struct comparison comparison;
    struct comparison_row rows[64];
    struct judgement judgement;
    bool quick;
};

#define POLICY_HEAD                                                                                \
    "version: 1\nscenarios:\n  - name: s\n    service: {args: [\"${ADDR}\"]}\n    load: {requests: r.jsonl, count: 1000}\n"

static struct estimate grown(double base, double delta, double half)
{
    return (struct estimate){
        .base = base,
        .cand = base + delta,
        .delta = delta,
        .delta_low = delta - half,
        .delta_high = delta + half,
        .has_ratio = base > 0,
        .ratio = base > 0 ? delta / base : 0,
        .ratio_low = base > 0 ? (delta - half) / base : 0,
        .ratio_high = base > 0 ? (delta + half) / base : 0,
        .bounded = true,
    };
}

static struct comparison_row *add_row(struct fixture *fixture, enum metric metric,
                                      enum row_level level, struct estimate estimate)
{
    struct comparison_row *row = &fixture->rows[fixture->comparison.row_count++];
    *row = (struct comparison_row){
        .metric = metric, .point = POINT_END, .level = level, .estimate = estimate};
    return row;
}

static struct comparison_row *add_function(struct fixture *fixture, const char *func,
                                           struct estimate estimate)
{
    struct comparison_row *row = add_row(fixture, METRIC_ALLOC_SPACE, ROW_FUNCTION, estimate);
    row->func = str_from(func);
    row->normal = row->func;
    row->package = name_package(row->func);
    return row;
}

/* A scenario in which every metric was measured and nothing changed. */
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
    fixture->comparison.rows = fixture->rows;
    fixture->comparison.has_steady = true;
    for (int metric = 0; metric < METRIC_NS_PER_OP; metric++)
        add_row(fixture, (enum metric)metric, ROW_SCENARIO, grown(1e6, 0, 1));
}

static enum status fixture_judge(struct fixture *fixture)
{
    struct judge_input input = {
        .policy = &fixture->policy,
        .comparisons = &fixture->comparison,
        .comparison_count = 1,
        .quick = fixture->quick,
    };
    return judge(&fixture->judgement, &fixture->arena, &input, &fixture->err);
}

static void fixture_expect(struct fixture *fixture, enum verdict want)
{
    assert_ok(fixture_judge(fixture), &fixture->err);
    assert_string_equal(verdict_name(fixture->judgement.verdict), verdict_name(want));
}

static void nothing_changed_is_a_pass(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

static void a_broken_block_rule_blocks(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture.rows[METRIC_ALLOC_SPACE].estimate = grown(1e6, 6e4, 1e3);
    fixture_expect(&fixture, VERDICT_BLOCKED);
    assert_int_equal(fixture.judgement.scenarios[0].findings[0].verdict, FINDING_REGRESSION);
    assert_int_equal(verdict_exit_code(fixture.judgement.verdict), 1);
    arena_release(&fixture.arena);
}

static void an_invalid_measurement_has_no_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    struct str reason = STR("request counts differ");
    fixture_init(&fixture, "");
    fixture.comparison.invalid = &reason;
    fixture.comparison.invalid_count = 1;
    fixture_expect(&fixture, VERDICT_NONE);
    assert_int_equal(verdict_exit_code(VERDICT_NONE), 3);
    arena_release(&fixture.arena);
}

static void a_metric_that_was_not_measured_voids_the_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture.rows[METRIC_P99].metric = METRIC_P50;
    assert_ok(fixture_judge(&fixture), &fixture.err);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    assert_str(fixture.judgement.scenarios[0].unmeasured,
               "p99 was not measured, but default policy: p99 limits it");
    arena_release(&fixture.arena);
}

static void quick_leaves_out_the_steady_rules(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture.quick = true;
    fixture.comparison.row_count = METRIC_CPU; /* what the exact phase gives */
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

static void a_rule_that_matches_no_function_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B, metric: alloc_space, max_increase_percent: 5%}\n");
    assert_fails(fixture_judge(&fixture), STATUS_POLICY, &fixture.err,
                 "\"a.B\" matched no function");
    arena_release(&fixture.arena);
}

static void a_named_function_is_judged_by_its_own_rule(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B, metric: alloc_space, max_increase_percent: 5%}\n");
    add_function(&fixture, "a.B", grown(100, 6, 0.5));
    fixture_expect(&fixture, VERDICT_BLOCKED);
    arena_release(&fixture.arena);
}

static void a_rule_follows_its_function_through_a_rename(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B, metric: alloc_space, max_increase_percent: 5%}\n");
    add_function(&fixture, "a.C", grown(100, 6, 0.5))->base_func = STR("a.B");
    fixture_expect(&fixture, VERDICT_BLOCKED);
    arena_release(&fixture.arena);
}

static void a_rule_on_a_closure_can_name_its_function(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B.func, metric: alloc_space, max_increase_percent: 5%}\n");
    add_function(&fixture, "a.B.func2", grown(100, 6, 0.5));
    fixture_expect(&fixture, VERDICT_BLOCKED);
    arena_release(&fixture.arena);
}

static void a_function_that_holds_nothing_keeps_its_budget(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "rules:\n  - {func: a.B, metric: inuse_space, max: 1MiB}\n");
    add_function(&fixture, "a.B", grown(100, 0, 0.5));
    fixture_expect(&fixture, VERDICT_PASS);
    assert_int_equal(fixture.judgement.rule_count, fixture.judgement.judged_rules);
    arena_release(&fixture.arena);
}

static void an_undecided_block_rule_follows_on_inconclusive(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum verdict want;
    } rows[] = {
        {"on_inconclusive: review\n", VERDICT_PASS},
        {"on_inconclusive: pass\n", VERDICT_PASS},
        {"on_inconclusive: block\n", VERDICT_INCONCLUSIVE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture fixture;
        print_message("%s", rows[i].text);
        fixture_init(&fixture, rows[i].text);
        fixture.rows[METRIC_ALLOC_SPACE].estimate = grown(1e6, 5e4, 4e4);
        fixture_expect(&fixture, rows[i].want);
        assert_true(fixture.judgement.scenarios[0].undecided[PHASE_EXACT]);
        assert_false(fixture.judgement.scenarios[0].undecided[PHASE_STEADY]);
        arena_release(&fixture.arena);
    }
}

static void a_toolchain_change_turns_block_into_review(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum verdict want;
    } rows[] = {
        {"", VERDICT_PASS},
        {"toolchain_change: judge\n", VERDICT_BLOCKED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture fixture;
        fixture_init(&fixture, rows[i].text);
        fixture.comparison.toolchain_changed = true;
        fixture.rows[METRIC_ALLOC_SPACE].estimate = grown(1e6, 6e4, 1e3);
        fixture_expect(&fixture, rows[i].want);
        arena_release(&fixture.arena);
    }
}

static void a_regression_in_one_scenario_beats_a_void_one(void **state)
{
    (void)state;
    struct fixture fixture;
    struct str reason = STR("build failed");
    struct comparison both[2];
    fixture_init(&fixture, "");
    fixture.rows[METRIC_ALLOC_SPACE].estimate = grown(1e6, 6e4, 1e3);
    both[0] = fixture.comparison;
    both[1] = fixture.comparison;
    both[1].invalid = &reason;
    both[1].invalid_count = 1;
    struct judge_input input = {
        .policy = &fixture.policy, .comparisons = both, .comparison_count = 2};
    assert_ok(judge(&fixture.judgement, &fixture.arena, &input, &fixture.err), &fixture.err);
    assert_int_equal(fixture.judgement.verdict, VERDICT_BLOCKED);
    input.comparisons = &both[1];
    input.comparison_count = 1;
    assert_ok(judge(&fixture.judgement, &fixture.arena, &input, &fixture.err), &fixture.err);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    arena_release(&fixture.arena);
}

static void no_scenario_at_all_has_no_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    struct judge_input input = {.policy = &fixture.policy};
    assert_ok(judge(&fixture.judgement, &fixture.arena, &input, &fixture.err), &fixture.err);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    arena_release(&fixture.arena);
}

static void byte_identical_binaries_pass_unmeasured(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture.record.identical = true;
    fixture.comparison.row_count = 0;
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_is_a_pass),
        cmocka_unit_test(a_broken_block_rule_blocks),
        cmocka_unit_test(an_invalid_measurement_has_no_verdict),
        cmocka_unit_test(a_metric_that_was_not_measured_voids_the_verdict),
        cmocka_unit_test(quick_leaves_out_the_steady_rules),
        cmocka_unit_test(a_rule_that_matches_no_function_is_refused),
        cmocka_unit_test(a_named_function_is_judged_by_its_own_rule),
        cmocka_unit_test(a_rule_follows_its_function_through_a_rename),
        cmocka_unit_test(a_rule_on_a_closure_can_name_its_function),
        cmocka_unit_test(a_function_that_holds_nothing_keeps_its_budget),
        cmocka_unit_test(an_undecided_block_rule_follows_on_inconclusive),
        cmocka_unit_test(a_toolchain_change_turns_block_into_review),
        cmocka_unit_test(a_regression_in_one_scenario_beats_a_void_one),
        cmocka_unit_test(no_scenario_at_all_has_no_verdict),
        cmocka_unit_test(byte_identical_binaries_pass_unmeasured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
