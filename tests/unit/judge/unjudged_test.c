#include "tests/support/check.h"

#include "gate/judge/unjudged.h"

/* One scenario of the candidate alone, or of both sides, against a policy as a user writes it. */
struct fixture {
    struct arena arena;
    struct err err;
    struct policy policy;
    struct record_scenario record;
    struct comparison comparison;
    struct comparison_row row;
    struct judgement judgement;
    bool budgets;
};

#define POLICY_HEAD                                                                                \
    "version: 1\nscenarios:\n  - name: s\n    service: {args: [\"${ADDR}\"]}\n"                    \
    "    load: {requests: r.jsonl, count: 1000}\n"
#define BUDGET   "  - {metric: alloc_space, max: 2KiB/request, severity: block}\n"
#define RELATIVE "  - {metric: alloc_objects, max_increase_percent: 1%, severity: review}\n"

/* The candidate's mean with an own interval of half a byte. */
static void fixture_init(struct fixture *fixture, const char *rules, double value)
{
    *fixture = (struct fixture){.record = {.load_count = 1000}};
    arena_init(&fixture->arena);
    struct str text = str_format(&fixture->arena, "%srules:\n%s", POLICY_HEAD, rules);
    assert_ok(policy_parse(&fixture->policy, &fixture->arena, STR("memgate.yaml"),
                           bytes_of_str(text), &fixture->err),
              &fixture->err);
    fixture->record.trial_count[SIDE_CAND][PHASE_EXACT] = 3;
    fixture->row = (struct comparison_row){
        .metric = METRIC_ALLOC_SPACE,
        .point = POINT_END,
        .level = ROW_SCENARIO,
        .is_alone = true,
        .estimate = {.cand = value,
                     .cand_count = 3,
                     .bounded = true,
                     .has_cand_interval = true,
                     .cand_low = value - 0.5,
                     .cand_high = value + 0.5,
                     .delta_low = -0.5,
                     .delta_high = 0.5},
    };
    fixture->comparison = (struct comparison){
        .scenario = STR("s"),
        .record = &fixture->record,
        .rows = &fixture->row,
        .row_count = 1,
        .alone = STR(RECORD_ALONE_ASKED),
    };
}

/* Only what allocates was recorded, and of it one metric alone is needed: that of the budget. */
static const struct judged_scenario *judged(struct fixture *fixture)
{
    struct judge_input input = {
        .policy = &fixture->policy,
        .comparisons = &fixture->comparison,
        .comparison_count = 1,
        .quick = true,
        .budgets = fixture->budgets,
    };
    assert_ok(judge(&fixture->judgement, &fixture->arena, &input, &fixture->err), &fixture->err);
    return &fixture->judgement.scenarios[0];
}

static void expect(struct fixture *fixture, enum verdict want, size_t refusals)
{
    const struct judged_scenario *scenario = judged(fixture);
    assert_string_equal(verdict_name(fixture->judgement.verdict), verdict_name(want));
    assert_int_equal(scenario->refusals.len, refusals);
    arena_release(&fixture->arena);
}

static void kept_budgets_alone_pass(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET, 2000);
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(fixture.judgement.verdict, VERDICT_PASS);
    assert_int_equal(scenario->finding_count, 1);
    assert_true(scenario->findings[0].is_budget);
    /* 2 KiB: one rule counted and judged, the built-in ones told as not judged. */
    assert_int_equal(fixture.judgement.rule_count, 1);
    assert_int_equal(fixture.judgement.judged_rules, 1);
    assert_true(scenario->unjudged_count > 0);
    assert_true(scenario->unjudged[0]->is_default);
    assert_true(str_equal(scenario->why_unjudged, STR("no baseline")));
    arena_release(&fixture.arena);
}

static void a_broken_budget_blocks(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET, 2100);
    expect(&fixture, VERDICT_BLOCKED, 0);
}

static void a_budget_within_the_interval_is_undecided(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET, 2048);
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(scenario->findings[0].verdict, FINDING_INCONCLUSIVE);
    arena_release(&fixture.arena);
}

static void a_rule_that_needs_a_baseline_leaves_no_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET RELATIVE, 2000);
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    assert_true(str_contains(scenario->why_none, STR("without a baseline")));
    assert_true(str_contains(scenario->refusals.items[0], STR("1 rule of the policy needs")));
    /* What was judged is still told. */
    assert_int_equal(scenario->finding_count, 1);
    assert_int_equal(scenario->findings[0].verdict, FINDING_OK);
    assert_int_equal(fixture.judgement.rule_count, 2);
    assert_int_equal(fixture.judgement.judged_rules, 1);
    arena_release(&fixture.arena);
}

static void a_broken_budget_blocks_beside_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET RELATIVE, 2100);
    expect(&fixture, VERDICT_BLOCKED, 0);
}

static void budgets_alone_on_purpose_pass_beside_it(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET RELATIVE, 2000);
    fixture.budgets = true;
    expect(&fixture, VERDICT_PASS, 0);
}

static void a_policy_without_budgets_has_no_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, RELATIVE, 2000);
    expect(&fixture, VERDICT_NONE, 1);
    fixture_init(&fixture, RELATIVE, 2000);
    fixture.budgets = true;
    expect(&fixture, VERDICT_NONE, 1);
}

/* A run has no recording of a baseline that was not built, and no --budgets. */
static void what_a_run_is_told_it_can_do(void **state)
{
    static const char *const rules[] = {RELATIVE, BUDGET RELATIVE};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct fixture fixture;
        fixture_init(&fixture, rules[i], 2000);
        fixture.comparison.alone = STR(RECORD_ALONE_MISSING);
        const struct judged_scenario *scenario = judged(&fixture);
        assert_int_equal(scenario->refusals.len, 1);
        struct str why = scenario->refusals.items[0];
        print_message("%.*s\n", STR_ARGS(why));
        assert_false(str_contains(why, STR("BASE CAND")));
        assert_true(str_contains(why, STR("give a scenario that is new a name")));
        assert_int_equal(str_contains(why, STR("memgate check DIR --budgets")), i);
        arena_release(&fixture.arena);
    }
}

static void half_of_a_rule_is_not_the_whole(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "  - {metric: alloc_space, max: 2KiB/request, max_increase_percent: 5%, "
                 "severity: block}\n",
                 2000);
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    assert_int_equal(scenario->findings[0].verdict, FINDING_OK);
    assert_true(scenario->findings[0].is_budget);
    arena_release(&fixture.arena);
}

static void a_new_scenario_passes_by_its_budgets(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET RELATIVE, 2000);
    fixture.comparison.alone = STR(RECORD_ALONE_NEW);
    expect(&fixture, VERDICT_PASS, 0);
    fixture_init(&fixture, BUDGET RELATIVE, 2100);
    fixture.comparison.alone = STR(RECORD_ALONE_NEW);
    expect(&fixture, VERDICT_BLOCKED, 0);
}

static void a_new_scenario_without_budgets_is_told_as_not_judged(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, RELATIVE, 2000);
    fixture.comparison.alone = STR(RECORD_ALONE_NEW);
    assert_true(judged(&fixture)->nothing_judged);
    assert_int_equal(fixture.judgement.verdict, VERDICT_PASS);
    arena_release(&fixture.arena);
    /* What the baseline's policy has is not new. */
    fixture_init(&fixture, RELATIVE, 2000);
    fixture.comparison.alone = STR(RECORD_ALONE_MISSING);
    assert_false(judged(&fixture)->nothing_judged);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    arena_release(&fixture.arena);
}

static void budgets_that_were_asked_for_need_a_measurement(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET, 2000);
    fixture.comparison.alone = (struct str){"", 0};
    fixture.comparison.row_count = 0;
    fixture.record.identical = true;
    assert_int_equal(judged(&fixture)->verdict, VERDICT_PASS);
    fixture.budgets = true;
    const struct judged_scenario *scenario = judged(&fixture);
    assert_int_equal(fixture.judgement.verdict, VERDICT_NONE);
    assert_true(str_contains(scenario->refusals.items[0], STR("--always-measure")));
    arena_release(&fixture.arena);
}

static void a_budget_of_what_was_not_measured_has_no_verdict(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET "  - {metric: inuse_space, max: 1MiB, severity: block}\n", 2000);
    expect(&fixture, VERDICT_NONE, 1);
}

static void both_sides_are_judged_by_all_rules_unless_asked(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, BUDGET, 2000);
    fixture.comparison.alone = (struct str){"", 0};
    fixture.budgets = true;
    const struct judged_scenario *scenario = judged(&fixture);
    assert_true(str_equal(scenario->why_unjudged, STR("not asked for")));
    assert_int_equal(fixture.judgement.verdict, VERDICT_PASS);
    assert_false(unjudged_budgets_only(&(struct judge_input){0}, &fixture.comparison));
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_budgets_alone_pass),
        cmocka_unit_test(a_broken_budget_blocks),
        cmocka_unit_test(a_budget_within_the_interval_is_undecided),
        cmocka_unit_test(a_rule_that_needs_a_baseline_leaves_no_verdict),
        cmocka_unit_test(a_broken_budget_blocks_beside_it),
        cmocka_unit_test(budgets_alone_on_purpose_pass_beside_it),
        cmocka_unit_test(a_policy_without_budgets_has_no_verdict),
        cmocka_unit_test(what_a_run_is_told_it_can_do),
        cmocka_unit_test(half_of_a_rule_is_not_the_whole),
        cmocka_unit_test(a_new_scenario_passes_by_its_budgets),
        cmocka_unit_test(a_new_scenario_without_budgets_is_told_as_not_judged),
        cmocka_unit_test(budgets_that_were_asked_for_need_a_measurement),
        cmocka_unit_test(a_budget_of_what_was_not_measured_has_no_verdict),
        cmocka_unit_test(both_sides_are_judged_by_all_rules_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
