#include "tests/support/check.h"

#include <stdio.h>

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
    struct comparison_row *rows; /* ROWS_MAX */
    struct judgement judgement;
    bool quick;
};

enum { ROWS_MAX = 36 };

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
    row->key = name_key(row->func, &fixture->arena);
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
    fixture->rows = ARENA_ARRAY(&fixture->arena, struct comparison_row, ROWS_MAX);
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
    assert_str(fixture.judgement.scenarios[0].refusals.items[0],
               "p99 was not measured, but default policy: p99 limits it");
    arena_release(&fixture.arena);
}

/* load.output: none says so once, in the policy; a rule about latency is another word. */
static void latency_that_no_tool_tells_is_missed_by_rules_alone(void **state)
{
    static const struct {
        const char *rules;
        enum verdict verdict;
    } rows[] = {
        {"", VERDICT_PASS},
        {"rules:\n  - {metric: p99, max: 5ms}\n", VERDICT_NONE},
        {"thresholds: {p99_delta_percent: 5}\n", VERDICT_NONE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture fixture;
        print_message("%s\n", rows[i].rules);
        fixture_init(&fixture, rows[i].rules);
        fixture.rows[METRIC_P99].metric = METRIC_GC_CYCLES;
        fixture.comparison.has_no_latency = true;
        fixture.comparison.latency_refusal = STR("load.output is none");
        fixture_expect(&fixture, rows[i].verdict);
        if (rows[i].verdict == VERDICT_NONE)
            assert_true(str_contains(fixture.judgement.scenarios[0].refusals.items[0],
                                     STR("limits it: load.output is none")));
        arena_release(&fixture.arena);
    }
}

static void a_cpu_profile_that_is_missing_says_why(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "rules:\n  - {metric: map_cpu_share, max: 15%}\n");
    fixture.comparison.profile_refusals[PROFILE_KIND_CPU] =
        STR("baseline, steady trial 1: GET /x answered 404");
    fixture_expect(&fixture, VERDICT_NONE);
    assert_str(fixture.judgement.scenarios[0].refusals.items[0],
               "map_cpu_share was not measured, but memgate.yaml:7 limits it: baseline, steady "
               "trial 1: GET /x answered 404");
    arena_release(&fixture.arena);
}

struct unmeasured_case {
    const char *metric;
    const char *gc_refusal;
    const char *pause_refusal;
    const char *why;
};

static const struct unmeasured_case unmeasured_cases[] = {
    {"gc_pause_p99", "", "no collection ran", "limits it: no collection ran"},
    {"gc_pause_p99", "no line came", "", "limits it: no line came"},
    {"gc_cycles_per_minute", "no line came", "", "limits it: no line came"},
    {"gc_cpu_per_request", "no line came", "", "limits it: no line came"},
};

static void a_collector_that_was_not_traced_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unmeasured_cases); i++) {
        const struct unmeasured_case *row = &unmeasured_cases[i];
        struct fixture fixture;
        struct arena arena;
        enum metric metric = METRICS;
        arena_init(&arena);
        print_message("%s %s\n", row->metric, row->gc_refusal);
        struct str rule = str_format(&arena, "rules:\n  - {metric: %s, max: %s}\n", row->metric,
                                     strcmp(row->metric, "gc_cycles_per_minute") ? "5ms" : "5");
        fixture_init(&fixture, rule.data);
        assert_true(metric_parse(&metric, str_from(row->metric)));
        fixture.rows[metric].metric = METRIC_P50;
        fixture.comparison.gc_refusal = str_from(row->gc_refusal);
        fixture.comparison.gc_pause_refusal = str_from(row->pause_refusal);
        fixture_expect(&fixture, VERDICT_NONE);
        assert_true(
            str_contains(fixture.judgement.scenarios[0].refusals.items[0], str_from(row->why)));
        arena_release(&fixture.arena);
        arena_release(&arena);
    }
}

static void a_cpu_profile_that_no_rule_needs_may_be_missing(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "");
    fixture.comparison.profile_refusals[PROFILE_KIND_CPU] =
        STR("baseline, steady trial 1: GET /x answered 404");
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

#define MUTEX_RULES                                                                                \
    "profiles: [heap, cpu, mutex]\n"                                                               \
    "rules:\n"                                                                                     \
    "  - {profile: mutex, max_increase_percent: 30%, floor: 10ms}\n"                               \
    "  - {profile: mutex, func: \"*\", max_increase: 10ms}\n"

static struct comparison_row *add_mutex_function(struct fixture *fixture, const char *func,
                                                 struct estimate estimate)
{
    struct comparison_row *row = add_function(fixture, func, estimate);
    row->metric = METRIC_MUTEX_DELAY;
    return row;
}

/* 10 ms over a load of 1000 requests are 10 us of each. */
static void waiting_longer_blocks_and_names_the_function(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, MUTEX_RULES);
    (void)add_row(&fixture, METRIC_MUTEX_DELAY, ROW_SCENARIO, grown(100000, 29000, 1000));
    (void)add_mutex_function(&fixture, "main.quiet", grown(0, 9000, 500));
    (void)add_mutex_function(&fixture, "main.add", grown(0, 11000, 500));
    add_mutex_function(&fixture, "sync.(*Mutex).Unlock", grown(0, 11000, 500))->is_charged = true;
    fixture_expect(&fixture, VERDICT_BLOCKED);
    const struct judged_scenario *scenario = &fixture.judgement.scenarios[0];
    assert_int_equal(scenario->findings[0].verdict, FINDING_REGRESSION);
    assert_str(scenario->findings[0].row->func, "main.add");
    assert_close(scenario->findings[0].limit, 10000, 1e-9);
    assert_int_not_equal(scenario->findings[1].verdict, FINDING_REGRESSION);
    arena_release(&fixture.arena);
}

static size_t count_inconclusive(const struct judged_scenario *scenario, struct str reason)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        const struct finding *finding = &scenario->findings[i];
        count += finding->verdict == FINDING_INCONCLUSIVE && str_equal(finding->reason, reason);
    }
    return count;
}

static void an_empty_profile_leaves_its_rules_open(void **state)
{
    (void)state;
    struct fixture fixture;
    struct str doubt = STR("the mutex profile is empty on both sides");
    fixture_init(&fixture, MUTEX_RULES "on_inconclusive: block\n");
    add_row(&fixture, METRIC_MUTEX_DELAY, ROW_SCENARIO, grown(0, 0, 0))->doubt = doubt;
    fixture_expect(&fixture, VERDICT_INCONCLUSIVE);
    /* Both: the one about functions met none. More trials would show nothing else. */
    assert_int_equal(count_inconclusive(&fixture.judgement.scenarios[0], doubt), 2);
    assert_false(fixture.judgement.scenarios[0].undecided[PHASE_STEADY]);
    arena_release(&fixture.arena);
}

static void no_wait_in_a_profile_that_is_on_is_fine(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, MUTEX_RULES "on_inconclusive: block\n");
    (void)add_row(&fixture, METRIC_MUTEX_DELAY, ROW_SCENARIO, grown(0, 0, 0));
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

static void benchmarks_are_not_asked_for_waits(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, MUTEX_RULES);
    fixture.record.is_gotest = true;
    (void)add_row(&fixture, METRIC_NS_PER_OP, ROW_BENCHMARK, grown(10, 0, 0));
    fixture_expect(&fixture, VERDICT_PASS);
    arena_release(&fixture.arena);
}

static void a_share_over_its_budget_blocks(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture, "rules:\n  - {metric: map_cpu_share, max: 15%}\n");
    add_row(&fixture, METRIC_MAP_CPU_SHARE, ROW_SCENARIO,
            (struct estimate){.base = 0.2,
                              .cand = 0.2,
                              .has_cand_interval = true,
                              .cand_low = 0.18,
                              .cand_high = 0.22,
                              .bounded = true});
    fixture_expect(&fixture, VERDICT_BLOCKED);
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

/* The row is called after the closure with the guilty line, whichever that is today. */
static void a_rule_on_a_closure_may_name_any_of_its_function(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B.func2, metric: alloc_space, max_increase_percent: 5%}\n");
    add_function(&fixture, "a.B.func1", grown(100, 6, 0.5));
    fixture_expect(&fixture, VERDICT_BLOCKED);
    arena_release(&fixture.arena);
    fixture_init(&fixture,
                 "rules:\n  - {func: a.B.func2, metric: alloc_space, max_increase_percent: 5%}\n");
    add_function(&fixture, "a.C.func1", grown(100, 6, 0.5))->base_func = STR("a.B.func3");
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

/* Pairs tell its change, the steady trials its value: each open claim takes trials that make it surer. */
static void an_undecided_budget_on_a_leveled_row_takes_steady_trials(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        bool takes_steady;
    } rows[] = {
        {"rules:\n  - {metric: cpu_per_request, max: 1050us/request}\n", true},
        {"rules:\n  - {metric: cpu_per_request, max_increase_percent: 5%}\n", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture fixture;
        print_message("%s", rows[i].rule);
        fixture_init(&fixture, rows[i].rule);
        struct comparison_row *row = &fixture.rows[METRIC_CPU];
        row->estimate = grown(1e6, 4e4, 3e4);
        row->estimate.has_cand_interval = true;
        row->estimate.cand_low = 7e5;
        row->estimate.cand_high = 1.3e6;
        row->phase = PHASE_DUET;
        row->is_leveled = true;
        fixture_expect(&fixture, VERDICT_PASS);
        assert_true(fixture.judgement.scenarios[0].undecided[PHASE_DUET]);
        assert_int_equal(fixture.judgement.scenarios[0].undecided[PHASE_STEADY],
                         rows[i].takes_steady);
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
    static struct comparison both[2];
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

/* Rules about one function on the two executables and what they allocate. */
static const struct watch_case {
    const char *name;
    const char *rules;
    const char *base_has; /* in the executable; NULL: its functions are not known */
    const char *cand_has;
    const char *allocates; /* a row of this function ... */
    double base;
    double cand; /* ... with these bytes */
    enum verdict want;
    const char *says; /* part of a refusal; NULL: none */
} watch_cases[] = {
    {"gone without another in its place",
     "rules:\n  - {func: a.B, metric: alloc_space, max_increase_percent: 5%}\n", "a.B", "a.C",
     "a.B", 100, 0, VERDICT_NONE, "a.B vanished: memgate.yaml:7 limits it"},
    {"a focus function, too", "thresholds: {focus_functions: [a.B]}\n", "a.B", "a.C", "a.B", 100, 0,
     VERDICT_NONE, "a.B vanished"},
    {"still there, but allocates nothing any more", "thresholds: {focus_functions: [a.B]}\n", "a.B",
     "a.B", "a.B", 100, 0, VERDICT_PASS, NULL},
    {"there on both sides, and never allocated", "thresholds: {focus_functions: [a.B]}\n", "a.B",
     "a.B", "a.C", 100, 100, VERDICT_PASS, NULL},
    {"whether it is there is not known", "thresholds: {focus_functions: [a.B]}\n", NULL, NULL,
     "a.B", 100, 0, VERDICT_NONE, "a.B may have vanished: memgate.yaml:6 limits it"},
    {"one list alone is not known", "thresholds: {focus_functions: [a.B]}\n", "a.B", NULL, "a.B",
     100, 0, VERDICT_NONE, "the functions of the candidate's executable are not known"},
    {"another closure of its function is left", "thresholds: {focus_functions: [a.B.func2]}\n",
     "a.B.func2", "a.B.func1", "a.B.func2", 100, 0, VERDICT_PASS, NULL},
    {"by name and file, still there",
     "rules:\n  - {func: a.B, file: b.go, metric: alloc_space, max_increase_percent: 5%}\n", "a.B",
     "a.B", "a.B", 100, 0, VERDICT_PASS, NULL},
    {"by name and file, gone",
     "rules:\n  - {func: a.B, file: b.go, metric: alloc_space, max_increase_percent: 5%}\n", "a.B",
     "a.C", "a.B", 100, 0, VERDICT_NONE, "a.B vanished"},
    {"of the toolchain, which no list has", "thresholds: {focus_functions: [runtime.malg]}\n",
     "a.B", "a.B", "runtime.malg", 100, 0, VERDICT_PASS, NULL},
    {"a pattern watches whatever is there",
     "rules:\n  - {func: a.*, metric: alloc_space, max_increase_percent: 5%}\n", "a.B", "a.C",
     "a.B", 100, 0, VERDICT_PASS, NULL},
    {"its successor is named and kept the cost",
     "thresholds: {focus_functions: [a.B]}\nsuccessors: [{from: a.B, to: a.C}]\n", "a.B", "a.C",
     "a.C", 100, 100, VERDICT_PASS, NULL},
    {"its successor is named and costs more",
     "thresholds: {focus_functions: [a.B]}\nsuccessors: [{from: a.B, to: a.C}]\n", "a.B", "a.C",
     "a.C", 1000, 2000, VERDICT_BLOCKED, NULL},
    {"its successor is named and allocates nothing",
     "thresholds: {focus_functions: [a.B]}\nsuccessors: [{from: a.B, to: a.C}]\n", "a.B", "a.C",
     "a.B", 100, 0, VERDICT_PASS, NULL},
    {"its successor inherits nothing while it is there itself",
     "thresholds: {focus_functions: [a.B]}\nsuccessors: [{from: a.B, to: a.C}]\n", "a.B", "a.B",
     "a.C", 1000, 2000, VERDICT_PASS, NULL},
    {"its successor is named and is not there",
     "thresholds: {focus_functions: [a.B]}\nsuccessors: [{from: a.B, to: a.D}]\n", "a.B", "a.C",
     "a.B", 100, 0, VERDICT_NONE, "a.B vanished"},
    {"package main by the path of the program", "thresholds: {focus_functions: [m.io/cmd/a.run]}\n",
     "main.run", "main.run", "main.run", 1000, 2000, VERDICT_BLOCKED, NULL},
    {"another program's package main",
     "thresholds: {focus_functions: [m.io/cmd/b.run, main.run]}\n", "main.run", "main.run",
     "main.run", 1000, 1000, VERDICT_NONE, NULL},
};

static void check_watch(struct fixture *fixture, const struct watch_case *row)
{
    struct str have[SIDES] = {str_from(row->base_has), str_from(row->cand_has)};
    double delta = row->cand - row->base;
    fixture_init(fixture, row->rules);
    for (int side = 0; side < SIDES; side++) {
        fixture->record.programs[side].package = STR("m.io/cmd/a");
        fixture->record.programs[side].go_version = STR("go1.26.0");
        fixture->record.programs[side].functions = &have[side];
        fixture->record.programs[side].function_count = have[side].len > 0;
        fixture->record.programs[side].has_functions = have[side].len > 0;
    }
    add_function(fixture, row->allocates, grown(row->base, delta, 0.5))->file = STR("b.go");
    enum status status = fixture_judge(fixture);
    if (row->want == VERDICT_NONE && !row->says) {
        assert_int_equal(status, STATUS_POLICY);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(verdict_name(fixture->judgement.verdict), verdict_name(row->want));
    struct str_list refusals = fixture->judgement.scenarios[0].refusals;
    assert_int_equal(refusals.len, row->says ? 1 : 0);
    if (row->says)
        assert_true(str_contains(refusals.items[0], str_from(row->says)));
}

static void a_watched_function_that_vanished_voids_the_verdict(void **state)
{
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(watch_cases); i++) {
        print_message("%s\n", watch_cases[i].name);
        check_watch(&fixture, &watch_cases[i]);
        arena_release(&fixture.arena);
    }
}

static void a_proven_regression_is_told_beside_what_vanished(void **state)
{
    static const struct {
        double growth;
        enum verdict want;
    } rows[] = {{6e4, VERDICT_BLOCKED}, {5e4, VERDICT_NONE}, {0, VERDICT_NONE}};
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%.0f more\n", rows[i].growth);
        fixture_init(&fixture, "on_inconclusive: block\nthresholds: {focus_functions: [a.B]}\n");
        add_function(&fixture, "a.B", grown(100, -100, 0.5));
        fixture.rows[METRIC_ALLOC_SPACE].estimate = grown(1e6, rows[i].growth, 1e3);
        fixture_expect(&fixture, rows[i].want);
        const struct judged_scenario *judged = &fixture.judgement.scenarios[0];
        assert_int_equal(judged->refusals.len, 1);
        assert_int_equal(judged->finding_count > 0, rows[i].want == VERDICT_BLOCKED);
        assert_false(rows[i].want == VERDICT_NONE && judged->undecided[PHASE_EXACT]);
        arena_release(&fixture.arena);
    }
}

/* The first rule met nothing, so it is the second that says it. */
static void each_function_that_vanished_is_told_once(void **state)
{
    struct fixture fixture;
    struct watch watch;
    struct str_list told;
    struct str have = STR("a.C");
    (void)state;
    fixture_init(&fixture,
                 "rules:\n"
                 "  - {func: a.B, file: x.go, metric: alloc_space, max_increase_percent: 5%}\n"
                 "  - {func: a.B, file: b.go, metric: alloc_space, max_increase_percent: 5%}\n"
                 "  - {func: a.B, metric: alloc_space, max_increase_percent: 5%}\n");
    fixture.record.programs[SIDE_CAND].functions = &have;
    fixture.record.programs[SIDE_CAND].function_count = 1;
    fixture.record.programs[SIDE_CAND].has_functions = true;
    add_function(&fixture, "a.B", grown(100, -100, 0.5))->file = STR("b.go");
    watch_init(&watch, &fixture.arena, &fixture.policy, &fixture.comparison);
    watch_vanished(&told, &fixture.arena, &watch);
    assert_int_equal(told.len, 1);
    assert_true(str_contains(told.items[0], STR("a.B vanished: memgate.yaml:8 limits it")));
    arena_release(&fixture.arena);
}

static void a_function_of_the_toolchain_may_go_with_it(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture, "toolchain_change: judge\n"
                           "thresholds: {focus_functions: [runtime.malg]}\n");
    add_function(&fixture, "runtime.malg", grown(100, -100, 0.5));
    fixture.record.programs[SIDE_BASE].go_version = STR("go1.25.1");
    fixture.record.programs[SIDE_CAND].go_version = STR("go1.26.0");
    fixture_expect(&fixture, VERDICT_NONE);
    assert_true(str_contains(fixture.judgement.scenarios[0].refusals.items[0],
                             STR("it is a part of the toolchain")));
    arena_release(&fixture.arena);
}

/* Paired with another function than the policy says: the rules of both hold. */
static void a_successor_inherits_from_all_whose_place_it_took(void **state)
{
    static const char *const rules[] = {"a.A", "a.B", "a.X"};
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "thresholds: {focus_functions: [%s]}\n"
                       "successors: [{from: a.A, to: a.C}, {from: a.B, to: a.C}]\n",
                       rules[i]);
        print_message("%s\n", rules[i]);
        fixture_init(&fixture, text);
        add_function(&fixture, "a.C", grown(1000, 2000, 0.5))->base_func = STR("a.X");
        fixture_expect(&fixture, VERDICT_BLOCKED);
        arena_release(&fixture.arena);
    }
}

/* F had 1000 bytes of its own and has none; `called` is what its callees allocate instead. */
static struct comparison_row *add_emptied(struct fixture *fixture, enum row_level level,
                                          double called)
{
    struct comparison_row *row = add_function(fixture, "a.F", grown(1000, -1000, 0.5));
    row->level = level;
    row->kind = ALLOC_KIND_MAP;
    row->whole[SIDE_BASE] = 1000;
    row->cum = grown(5000, called - 1000, 1);
    row->lost = 1000;
    return row;
}

/* Whoever does now what F did, F's rule means it; what F calls besides is in the sum. */
static void what_was_taken_out_of_a_function_is_judged_by_its_rules(void **state)
{
    static const struct {
        const char *name;
        const char *rules;
        enum row_level level;
        double called;
        enum verdict want;
    } rows[] = {
        {"grown by more", "thresholds: {focus_functions: [a.F]}\n", ROW_FUNCTION, 1100,
         VERDICT_BLOCKED},
        {"within the limit", "thresholds: {focus_functions: [a.F]}\n", ROW_FUNCTION, 1040,
         VERDICT_PASS},
        {"neither yet", "on_inconclusive: block\nthresholds: {focus_functions: [a.F]}\n",
         ROW_FUNCTION, 1064, VERDICT_INCONCLUSIVE},
        {"by a pattern each is judged by itself",
         "rules: [{func: \"a.F*\", metric: alloc_space, max_increase_percent: 5%}]\n", ROW_FUNCTION,
         1100, VERDICT_PASS},
        {"over its budget", "rules: [{func: a.F, metric: alloc_space, max: 1050B/request}]\n",
         ROW_FUNCTION, 1100, VERDICT_BLOCKED},
        {"under its budget", "rules: [{func: a.F, metric: alloc_space, max: 1150B/request}]\n",
         ROW_FUNCTION, 1100, VERDICT_PASS},
        {"of which the kinds are not known",
         "on_inconclusive: block\n"
         "rules: [{func: a.F, kind: map, metric: alloc_space, max_increase_percent: 5%}]\n",
         ROW_FUNCTION_KIND, 1100, VERDICT_INCONCLUSIVE},
        {"too little to break a rule about kinds",
         "on_inconclusive: block\n"
         "rules: [{func: a.F, kind: map, metric: alloc_space, max_increase_percent: 5%}]\n",
         ROW_FUNCTION_KIND, 1040, VERDICT_PASS},
    };
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].name);
        fixture_init(&fixture, rows[i].rules);
        (void)add_emptied(&fixture, rows[i].level, rows[i].called);
        /* F is still there, or it would have vanished. */
        add_function(&fixture, "a.F", grown(1000, 0, 0.5))->metric = METRIC_ALLOC_OBJECTS;
        fixture_expect(&fixture, rows[i].want);
        arena_release(&fixture.arena);
    }
}

/* 800 moved to a sibling, and 400 of its own are new: that its stacks have less hides none of it. */
static void stacks_that_fell_hide_no_growth_of_the_function(void **state)
{
    static struct fixture fixture;
    (void)state;
    fixture_init(&fixture, "thresholds: {focus_functions: [a.F]}\n");
    struct comparison_row *row = add_function(&fixture, "a.F", grown(1000, -400, 0.5));
    row->moved = -800;
    row->lost = 800;
    row->whole[SIDE_BASE] = 1000;
    row->whole[SIDE_CAND] = 600;
    row->cum = grown(5000, -400, 1);
    fixture_expect(&fixture, VERDICT_BLOCKED);
    assert_null(fixture.judgement.scenarios[0].findings[0].own);
    arena_release(&fixture.arena);
}

/* A function that only handed its work on is not better for it. */
static void work_that_was_handed_on_is_no_improvement(void **state)
{
    static struct fixture fixture;
    (void)state;
    fixture_init(&fixture, "thresholds: {focus_functions: [a.F]}\n");
    const struct comparison_row *row = add_emptied(&fixture, ROW_FUNCTION, 1000);
    add_function(&fixture, "a.F", grown(1000, 0, 0.5))->metric = METRIC_ALLOC_OBJECTS;
    fixture_expect(&fixture, VERDICT_PASS);
    const struct judged_scenario *scenario = &fixture.judgement.scenarios[0];
    size_t count = 0;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        if (scenario->findings[i].own != row)
            continue;
        count++;
        assert_string_equal(finding_verdict_name(scenario->findings[i].verdict), "ok");
        assert_close(scenario->findings[i].row->estimate.cand, 1000, 1e-9);
    }
    assert_int_equal(count, 1);
    arena_release(&fixture.arena);
}

static void a_rule_on_a_file_meets_what_was_in_it(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture,
                 "rules:\n  - {file: old.go, metric: alloc_space, max_increase_percent: 5%}\n");
    struct comparison_row *row = add_function(&fixture, "a.B", grown(1000, 2000, 0.5));
    row->file = STR("new.go");
    row->other_file = STR("old.go");
    fixture_expect(&fixture, VERDICT_BLOCKED);
    arena_release(&fixture.arena);
}

static struct comparison_row *add_maps(struct fixture *fixture, enum metric metric, double unknown)
{
    struct comparison_row *row = add_row(fixture, metric, ROW_KIND, grown(100, 0, 0));
    row->kind = ALLOC_KIND_MAP;
    row->unknown[SIDE_CAND] = unknown;
    row->whole[SIDE_CAND] = 1000;
    return row;
}

/* 1000 bytes or objects of which some have no kind; a map rule, and maps that did not grow. */
static void map_rules_are_open_where_bytes_have_no_kind(void **state)
{
    static const struct {
        const char *name;
        const char *rules;
        enum metric metric;
        double unknown;
        enum verdict want;
    } rows[] = {
        {"few", "", METRIC_ALLOC_SPACE, 19, VERDICT_PASS},
        {"too many", "", METRIC_ALLOC_SPACE, 21, VERDICT_INCONCLUSIVE},
        {"of another metric than the rule's",
         "rules: [{kind: map, metric: inuse_objects, max_increase_percent: 5%}]\n",
         METRIC_INUSE_OBJECTS, 21, VERDICT_INCONCLUSIVE},
        {"the default is replaced",
         "rules: [{kind: map, metric: alloc_space, max_increase_percent: 5%, severity: review}]\n",
         METRIC_ALLOC_SPACE, 21, VERDICT_PASS},
        {"maps are ignored", "ignore: [{kind: map, why: not ours}]\n", METRIC_ALLOC_SPACE, 21,
         VERDICT_PASS},
    };
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "on_inconclusive: block\n%s", rows[i].rules);
        print_message("%s\n", rows[i].name);
        fixture_init(&fixture, text);
        add_maps(&fixture, rows[i].metric, rows[i].unknown);
        fixture_expect(&fixture, rows[i].want);
        /* No further trial tells what the bytes are. */
        assert_false(fixture.judgement.scenarios[0].undecided[PHASE_EXACT]);
        arena_release(&fixture.arena);
    }
}

/* A function of 100 bytes, of which some have no kind. */
static void a_functions_map_rule_is_open_where_its_bytes_have_no_kind(void **state)
{
    static const struct {
        double unknown;
        enum verdict want;
    } rows[] = {{2, VERDICT_PASS}, {6, VERDICT_INCONCLUSIVE}};
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fixture_init(&fixture, "on_inconclusive: block\n"
                               "rules:\n  - {func: a.B, kind: map, metric: alloc_space, "
                               "max_increase_percent: 5%}\n");
        struct comparison_row *row = add_function(&fixture, "a.B", grown(40, 0, 0));
        row->level = ROW_FUNCTION_KIND;
        row->kind = ALLOC_KIND_MAP;
        row->unknown[SIDE_CAND] = rows[i].unknown;
        row->whole[SIDE_CAND] = 100;
        fixture_expect(&fixture, rows[i].want);
        arena_release(&fixture.arena);
    }
}

static void a_rule_about_each_function_judges_a_byte_where_it_was_charged(void **state)
{
    static const struct {
        const char *func;
        enum verdict want;
    } rows[] = {{"\"*\"", VERDICT_PASS},
                {"strings.Split", VERDICT_BLOCKED},
                {"\"*\", package: strings", VERDICT_BLOCKED},
                {"\"*\", file: strings/*", VERDICT_BLOCKED}};
    static struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char rules[256];
        (void)snprintf(rules, sizeof(rules),
                       "rules:\n  - {func: %s, metric: alloc_space, max_increase_percent: 5%%}\n",
                       rows[i].func);
        print_message("%s\n", rows[i].func);
        fixture_init(&fixture, rules);
        struct comparison_row *row = add_function(&fixture, "strings.Split", grown(1000, 500, 1));
        row->is_charged = true;
        row->file = STR("strings/strings.go");
        fixture_expect(&fixture, rows[i].want);
        arena_release(&fixture.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_is_a_pass),
        cmocka_unit_test(a_broken_block_rule_blocks),
        cmocka_unit_test(an_invalid_measurement_has_no_verdict),
        cmocka_unit_test(a_metric_that_was_not_measured_voids_the_verdict),
        cmocka_unit_test(latency_that_no_tool_tells_is_missed_by_rules_alone),
        cmocka_unit_test(a_cpu_profile_that_is_missing_says_why),
        cmocka_unit_test(a_collector_that_was_not_traced_says_why),
        cmocka_unit_test(a_cpu_profile_that_no_rule_needs_may_be_missing),
        cmocka_unit_test(a_share_over_its_budget_blocks),
        cmocka_unit_test(waiting_longer_blocks_and_names_the_function),
        cmocka_unit_test(an_empty_profile_leaves_its_rules_open),
        cmocka_unit_test(no_wait_in_a_profile_that_is_on_is_fine),
        cmocka_unit_test(benchmarks_are_not_asked_for_waits),
        cmocka_unit_test(quick_leaves_out_the_steady_rules),
        cmocka_unit_test(a_rule_that_matches_no_function_is_refused),
        cmocka_unit_test(a_named_function_is_judged_by_its_own_rule),
        cmocka_unit_test(a_rule_follows_its_function_through_a_rename),
        cmocka_unit_test(a_rule_on_a_closure_can_name_its_function),
        cmocka_unit_test(a_rule_on_a_closure_may_name_any_of_its_function),
        cmocka_unit_test(a_function_that_holds_nothing_keeps_its_budget),
        cmocka_unit_test(an_undecided_block_rule_follows_on_inconclusive),
        cmocka_unit_test(an_undecided_budget_on_a_leveled_row_takes_steady_trials),
        cmocka_unit_test(a_toolchain_change_turns_block_into_review),
        cmocka_unit_test(a_regression_in_one_scenario_beats_a_void_one),
        cmocka_unit_test(no_scenario_at_all_has_no_verdict),
        cmocka_unit_test(byte_identical_binaries_pass_unmeasured),
        cmocka_unit_test(a_watched_function_that_vanished_voids_the_verdict),
        cmocka_unit_test(a_proven_regression_is_told_beside_what_vanished),
        cmocka_unit_test(each_function_that_vanished_is_told_once),
        cmocka_unit_test(a_function_of_the_toolchain_may_go_with_it),
        cmocka_unit_test(a_successor_inherits_from_all_whose_place_it_took),
        cmocka_unit_test(what_was_taken_out_of_a_function_is_judged_by_its_rules),
        cmocka_unit_test(stacks_that_fell_hide_no_growth_of_the_function),
        cmocka_unit_test(work_that_was_handed_on_is_no_improvement),
        cmocka_unit_test(a_rule_on_a_file_meets_what_was_in_it),
        cmocka_unit_test(map_rules_are_open_where_bytes_have_no_kind),
        cmocka_unit_test(a_functions_map_rule_is_open_where_its_bytes_have_no_kind),
        cmocka_unit_test(a_rule_about_each_function_judges_a_byte_where_it_was_charged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
