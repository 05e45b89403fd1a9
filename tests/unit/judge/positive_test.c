#include "gate/judge/positive.h"

#include "tests/support/check.h"

/*
 * A scenario of 1000 requests in which the program's own function
 * "example.com/s/a.F" allocates 300 of 1000 bytes a request, 100 of them
 * for maps, and everything else is measured as well.
 */
struct fixture {
    struct arena arena;
    struct err err;
    struct policy policy;
    struct record_scenario record;
    struct comparison comparison;
    struct comparison_row *rows;
    struct judgement judgement;
    struct judge_input input;
};

static struct comparison_row *add_row(struct fixture *fixture, enum metric metric,
                                      enum row_level level, double value)
{
    struct comparison_row *row = &fixture->rows[fixture->comparison.row_count++];
    *row = (struct comparison_row){
        .metric = metric,
        .point = POINT_END,
        .level = level,
        .estimate = {.base = value, .cand = value, .bounded = true, .has_ratio = true},
        .cand_share = metric == METRIC_ALLOC_SPACE ? value / 1000 : 0,
    };
    return row;
}

static struct comparison_row *add_function(struct fixture *fixture, const char *func, double value)
{
    struct comparison_row *row = add_row(fixture, METRIC_ALLOC_SPACE, ROW_FUNCTION, value);
    row->func = str_from(func);
    row->normal = row->func;
    row->key = name_key(row->func, &fixture->arena);
    row->package = name_package(row->func);
    row->file = STR("a/a.go");
    row->line = 7;
    row->kind = ALLOC_KIND_MAP;
    return row;
}

static void fixture_init(struct fixture *fixture, const char *rules)
{
    static const char head[] = "version: 1\nscenarios:\n  - name: s\n    service: {args: "
                               "[\"${ADDR}\"]}\n    load: {requests: r.jsonl, count: 1000}\n";
    static struct str functions[] = {STR_INIT("example.com/s/a.F"), STR_INIT("example.com/s/a.G")};
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    fixture->rows = ARENA_ARRAY(&fixture->arena, struct comparison_row, 40);
    struct str text = str_format(&fixture->arena, "%s%s", head, rules);
    assert_ok(policy_parse(&fixture->policy, &fixture->arena, STR("memgate.yaml"),
                           bytes_of_str(text), &fixture->err),
              &fixture->err);
    fixture->record.load_count = 1000;
    for (int side = 0; side < SIDES; side++) {
        struct record_program *program = &fixture->record.programs[side];
        program->module = STR("example.com/s");
        program->functions = functions;
        program->function_count = ARRAY_LEN(functions);
        program->has_functions = true;
    }
    fixture->comparison.scenario = STR("s");
    fixture->comparison.record = &fixture->record;
    fixture->comparison.rows = fixture->rows;
    fixture->comparison.has_steady = true;
    for (int metric = 0; metric < METRIC_NS_PER_OP; metric++)
        add_row(fixture, (enum metric)metric, ROW_SCENARIO, 1000);
    add_row(fixture, METRIC_ALLOC_SPACE, ROW_KIND, 100)->kind = ALLOC_KIND_MAP;
    add_function(fixture, "strings.Repeat", 700);
    add_function(fixture, "example.com/s/a.F", 300);
}

static void find(struct positive *out, struct fixture *fixture, size_t rule, double factor)
{
    fixture->input = (struct judge_input){.policy = &fixture->policy,
                                          .comparisons = &fixture->comparison,
                                          .comparison_count = 1,
                                          .quick = fixture->input.quick};
    assert_ok(judge(&fixture->judgement, &fixture->arena, &fixture->input, &fixture->err),
              &fixture->err);
    positive_find(out, &fixture->arena, &fixture->input, fixture->judgement.scenarios,
                  &fixture->policy.rules[rule], factor);
}

/* The expected amounts are worked out by hand from the values above. */
static const struct size_case {
    const char *name;
    const char *rule;
    double factor;
    double limit;
    double amount;
} size_cases[] = {
    {"percent of the baseline", "{metric: alloc_space, max_increase_percent: 5%, severity: block}",
     2, 50, 100},
    {"the floor where it is larger",
     "{metric: alloc_space, max_increase_percent: 5%, floor: 64B/request, severity: block}", 2, 64,
     128},
    {"over the whole load", "{metric: alloc_space, max_increase: 1MB, severity: block}", 2, 1000,
     2000},
    {"four times", "{metric: rss_p95, max_increase: 500B, severity: block}", 4, 500, 2000},
    {"at least something where the limit is 0",
     "{metric: alloc_space, max_increase: 0B, severity: block}", 2, 0, 64},
    {"up to twice a budget", "{metric: rss_p95, max: 1500B, severity: block}", 2, 1500, 2000},
    /* (100 + x) / (1000 + x) = 2 * 0.2 */
    {"up to twice a share", "{kind: map, metric: alloc_space, max_share: 20%, severity: block}", 2,
     0.2, 500},
    /* Half way from 80 to 100 %: (100 + x) / (1000 + x) = 0.9 */
    {"no further than shares go",
     "{kind: map, metric: alloc_space, max_share: 80%, severity: block}", 2, 0.8, 8000},
};

static void positive_sizes_by_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(size_cases); i++) {
        const struct size_case *want = &size_cases[i];
        struct fixture fixture;
        struct positive have;
        print_message("%s\n", want->name);
        struct arena text;
        arena_init(&text);
        struct str rules = str_format(&text, "rules:\n  - %s\n", want->rule);
        fixture_init(&fixture, rules.data);
        find(&have, &fixture, 0, want->factor);
        assert_int_equal(have.state, POSITIVE_AIMED);
        assert_close(have.limit, want->limit, 1e-9);
        assert_close(have.amount, want->amount, 1e-6);
        arena_release(&fixture.arena);
        arena_release(&text);
    }
}

/* What the candidate saved is spent first: 200 less than the baseline, and twice 50 beyond it. */
static void positive_makes_up_for_savings(void **state)
{
    (void)state;
    struct fixture fixture;
    struct positive have;
    fixture_init(&fixture,
                 "rules: [{metric: alloc_space, max_increase_percent: 5%, severity: block}]\n");
    fixture.rows[METRIC_ALLOC_SPACE].estimate.cand = 800;
    fixture.rows[METRIC_ALLOC_SPACE].estimate.delta = -200;
    find(&have, &fixture, 0, 2);
    assert_close(have.amount, 300, 1e-9);
    arena_release(&fixture.arena);
}

/* Of the whole scenario it is the program's own that is blamed, not the library that does more. */
static void positive_aims_at_the_programs_own(void **state)
{
    (void)state;
    struct fixture fixture;
    struct positive have;
    fixture_init(&fixture, "rules: [{metric: alloc_space, max_increase: 1B, severity: block}, "
                           "{func: \"*\", metric: alloc_space, max_increase: 1B, severity: block}, "
                           "{kind: channel, metric: alloc_space, max_increase: 1B, severity: "
                           "block}, {func: example.com/s/a.G, metric: alloc_space, max_increase: "
                           "1B, severity: block}]\n");
    for (size_t rule = 0; rule < 3; rule++) {
        find(&have, &fixture, rule, 2);
        assert_int_equal(have.state, POSITIVE_AIMED);
        assert_str(have.func, "example.com/s/a.F");
        assert_str(have.file, "a/a.go");
        assert_int_equal(have.kind, rule == 2 ? ALLOC_KIND_CHANNEL : ALLOC_KIND_MAP);
    }
    /* It is in the executable and allocates nothing yet. */
    find(&have, &fixture, 3, 2);
    assert_int_equal(have.state, POSITIVE_AIMED);
    assert_str(have.func, "example.com/s/a.G");
    assert_close(have.row->estimate.cand, 0, 0);
    arena_release(&fixture.arena);
}

static const struct refused_case {
    const char *name;
    const char *policy;
    size_t rule;
    enum positive_state state;
    const char *why;
} refused_cases[] = {
    {"ignored",
     "rules: [{func: example.com/s/a.F, metric: alloc_space, max_increase: 1B, severity: block}]\n"
     "ignore: [{func: example.com/s/a.F, metric: alloc_space, why: known}]\n",
     0, POSITIVE_IMPOSSIBLE, "ignored: memgate.yaml:7"},
    {"a more specific rule judges all of it",
     "rules:\n"
     "  - {package: example.com/s/a, metric: alloc_space, max_increase: 1B, severity: block}\n"
     "  - {func: example.com/s/a.F, metric: alloc_space, max_increase: 1B, severity: review}\n",
     0, POSITIVE_IMPOSSIBLE, "another rule judges all that it names: memgate.yaml:8"},
    {"not measured", "rules: [{metric: map_cpu_share, max: 10%, severity: block}]\n", 0,
     POSITIVE_IMPOSSIBLE, "map_cpu_share was not measured"},
    {"out of this world", "rules: [{metric: p99, max_increase: 2h, severity: block}]\n", 0,
     POSITIVE_IMPOSSIBLE, "its limit is too high: nothing grows by 14400"},
    {"default under a rule of the policy",
     "rules: [{metric: alloc_space, max_increase: 1B, severity: block}]\n", 1, POSITIVE_REPLACED,
     "a rule of the policy replaced it"},
    {"of another scenario",
     "rules: [{scenario: s, metric: ns_per_op, max_increase: 1us, severity: block}]\n", 0,
     POSITIVE_ELSEWHERE, "about another scenario"},
};

static void positive_says_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *want = &refused_cases[i];
        struct fixture fixture;
        struct positive have;
        print_message("%s\n", want->name);
        fixture_init(&fixture, want->policy);
        find(&have, &fixture, want->rule, 2);
        assert_int_equal(have.state, want->state);
        if (!str_contains(have.why, str_from(want->why)))
            fail_msg("\"%.*s\" does not say \"%s\"", STR_ARGS(have.why), want->why);
        arena_release(&fixture.arena);
    }
}

/* One process a side proves nothing, and a gate on it can never go red. */
static void positive_needs_an_interval(void **state)
{
    (void)state;
    struct fixture fixture;
    struct positive have;
    fixture_init(&fixture, "rules: [{metric: p99, max_increase: 1ms, severity: block}]\n");
    fixture.rows[METRIC_P99].estimate.bounded = false;
    find(&have, &fixture, 0, 2);
    assert_int_equal(have.state, POSITIVE_IMPOSSIBLE);
    assert_true(str_contains(have.why, STR("set trials to 2 or more")));
    arena_release(&fixture.arena);
}

/* The control group ends the service at 64 MiB: nobody sees it at 80. */
static void positive_knows_the_limit_of_memory(void **state)
{
    (void)state;
    struct fixture fixture;
    struct positive have;
    fixture_init(&fixture, "rules: [{metric: rss_max, max: 80MiB, severity: block}]\n");
    fixture.record.limits.memory_bytes = 64ULL << 20;
    find(&have, &fixture, 0, 2);
    assert_int_equal(have.state, POSITIVE_IMPOSSIBLE);
    assert_true(str_contains(have.why, STR("service.limits.memory")));
    arena_release(&fixture.arena);
}

static void positive_leaves_out_what_quick_leaves_out(void **state)
{
    (void)state;
    struct fixture fixture;
    struct positive have;
    fixture_init(&fixture, "rules: [{metric: p99, max_increase: 1ms, severity: block}]\n");
    fixture.input.quick = true;
    find(&have, &fixture, 0, 2);
    assert_int_equal(have.state, POSITIVE_LEFT_OUT);
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positive_sizes_by_the_limit),
        cmocka_unit_test(positive_makes_up_for_savings),
        cmocka_unit_test(positive_aims_at_the_programs_own),
        cmocka_unit_test(positive_says_why_not),
        cmocka_unit_test(positive_needs_an_interval),
        cmocka_unit_test(positive_knows_the_limit_of_memory),
        cmocka_unit_test(positive_leaves_out_what_quick_leaves_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
