#include "gate/policy/policy.h"

#include "tests/support/check.h"

#define SCENARIOS                                                                                  \
    "version: 1\n"                                                                                 \
    "scenarios:\n"                                                                                 \
    "  - {name: a, gotest: {package: ./x, bench: B, benchtime: 1x}}\n"                             \
    "  - {name: b, gotest: {package: ./y, bench: B, benchtime: 1x}}\n"

#define TEXT(literal) STR_INIT(literal)

#define WHOLE {.scenario = TEXT("a")}
#define MAPS  {.scenario = TEXT("a"), .kind = TEXT("map")}
#define PROCESS                                                                                    \
    {.scenario = TEXT("a"),                                                                        \
     .func = TEXT("org/shop/cart.(*Service).Process.func1"),                                       \
     .key = TEXT("org/shop/cart.(*Service).Process.func"),                                         \
     .normal = TEXT("org/shop/cart.(*Service).Process.func"),                                      \
     .package = TEXT("org/shop/cart"),                                                             \
     .file = TEXT("cart/service.go")}
#define PROCESS_MAPS                                                                               \
    {.scenario = TEXT("a"),                                                                        \
     .func = TEXT("org/shop/cart.(*Service).Process.func1"),                                       \
     .key = TEXT("org/shop/cart.(*Service).Process.func"),                                         \
     .normal = TEXT("org/shop/cart.(*Service).Process.func"),                                      \
     .package = TEXT("org/shop/cart"),                                                             \
     .file = TEXT("cart/service.go"),                                                              \
     .kind = TEXT("map")}

/* Was a closure of org/shop/basket.Old in basket/old.go. */
static struct str former_names[] = {STR_INIT("org/shop/basket.Old.func")};
#define RENAMED                                                                                    \
    {.scenario = TEXT("a"),                                                                        \
     .func = TEXT("org/shop/cart.New.func1"),                                                      \
     .normal = TEXT("org/shop/cart.New.func"),                                                     \
     .key = TEXT("org/shop/cart.New.func"),                                                        \
     .package = TEXT("org/shop/cart"),                                                             \
     .file = TEXT("cart/new.go"),                                                                  \
     .former = {former_names, ARRAY_LEN(former_names)},                                            \
     .other_file = TEXT("basket/old.go")}

struct winner_case {
    const char *name;
    const char *rules; /* below SCENARIOS, from line 5 on */
    enum metric metric;
    struct subject subject;
    const char *origins[POLICY_WINNERS_MAX]; /* of the winners, NULL: none */
};

static const struct winner_case winner_cases[] = {
    {"defaults judge what no row names",
     "rules: []\n",
     METRIC_ALLOC_SPACE,
     WHOLE,
     {"default policy: alloc_space"}},
    {"the default for maps",
     "rules: []\n",
     METRIC_ALLOC_SPACE,
     MAPS,
     {"default policy: alloc_space, kind map"}},
    {"the default for functions",
     "rules: []\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"no default for maps of one function", "rules: []\n", METRIC_ALLOC_SPACE, PROCESS_MAPS, {0}},
    {"no default for this metric", "rules: []\n", METRIC_P50, WHOLE, {0}},
    {"no default for another kind",
     "rules: []\n",
     METRIC_ALLOC_SPACE,
     {.scenario = TEXT("a"), .kind = TEXT("slice")},
     {0}},

    {"a row of the same level replaces the default",
     "rules:\n  - {metric: alloc_space, max_increase_percent: 9%}\n",
     METRIC_ALLOC_SPACE,
     WHOLE,
     {"memgate.yaml:6"}},
    {"a row of the whole does not touch maps",
     "rules:\n  - {metric: alloc_space, max_increase_percent: 9%}\n",
     METRIC_ALLOC_SPACE,
     MAPS,
     {"default policy: alloc_space, kind map"}},
    {"a row of the whole does not touch functions",
     "rules:\n  - {metric: alloc_space, max_increase_percent: 9%}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"a row of kinds replaces the default of one of them",
     "rules:\n  - {kind: [slice, map], metric: alloc_space, max_increase_percent: 9%}\n",
     METRIC_ALLOC_SPACE,
     MAPS,
     {"memgate.yaml:6"}},
    {"a budget leaves growth to the default",
     "rules:\n  - {kind: map, metric: alloc_space, max_share: 35%}\n",
     METRIC_ALLOC_SPACE,
     MAPS,
     {"memgate.yaml:6", "default policy: alloc_space, kind map"}},
    {"one row with both limits wins both",
     "rules:\n  - {kind: map, metric: alloc_space, max_share: 35%, max_increase_percent: 9%}\n",
     METRIC_ALLOC_SPACE,
     MAPS,
     {"memgate.yaml:6"}},

    {"the row that names its scenario wins",
     "rules:\n  - {scenario: a, metric: p99, max: 5ms}\n  - {metric: p99, max: 9ms}\n",
     METRIC_P99,
     WHOLE,
     {"memgate.yaml:6", "default policy: p99"}},
    {"the row of another scenario does not",
     "rules:\n  - {scenario: b, metric: p99, max: 5ms}\n  - {metric: p99, max: 9ms}\n",
     METRIC_P99,
     WHOLE,
     {"memgate.yaml:7", "default policy: p99"}},
    {"func before file",
     "rules:\n  - {func: \"*Process*\", metric: alloc_space, max_increase: 1kB}\n"
     "  - {file: cart/*, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"file before package",
     "rules:\n  - {file: cart/*, metric: alloc_space, max_increase: 1kB}\n"
     "  - {package: org/shop/..., metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"package before each function",
     "rules:\n  - {package: org/shop/..., metric: alloc_space, max_increase: 1kB}\n"
     "  - {func: \"*\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"each function before the default",
     "rules:\n  - {func: \"*\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"the later of two patterns",
     "rules:\n  - {func: \"*Process*\", metric: alloc_space, max_increase: 1kB}\n"
     "  - {func: \"*Service*\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:7"}},
    {"the normalised name is enough",
     "rules:\n  - {func: \"org/shop/cart.(*Service).Process.func\", metric: alloc_space, "
     "max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"a star in parentheses is the receiver",
     "rules:\n  - {func: \"org/shop/cart.(*).Process.func1\", metric: alloc_space, "
     "max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"a pattern of all closures",
     "rules:\n  - {func: \"*.Process.func*\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:6"}},
    {"a pattern is not held against the number of one closure",
     "rules:\n  - {func: \"*.Process.*1\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"a package is not a prefix",
     "rules:\n  - {package: org/sh/..., metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"all selectors of a row must hold",
     "rules:\n  - {package: org/shop/..., func: \"*Delete*\", metric: alloc_space, "
     "max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"a rule of a function does not speak of its maps",
     "rules:\n  - {func: \"*Process*\", metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS_MAPS,
     {0}},
    {"a rule of maps in functions does not speak of all their bytes",
     "rules:\n  - {func: \"*Process*\", kind: map, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"default policy: alloc_space, each function"}},
    {"a rule of maps in functions",
     "rules:\n  - {func: \"*Process*\", kind: map, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     PROCESS_MAPS,
     {"memgate.yaml:6"}},

    {"another closure of the same function",
     "rules:\n  - {func: org/shop/cart.New.func7, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:6"}},
    {"the function is not its closures",
     "rules:\n  - {func: org/shop/cart.New, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"default policy: alloc_space, each function"}},
    {"a closure by its former name",
     "rules:\n  - {func: org/shop/basket.Old.func3, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:6"}},
    {"the former file",
     "rules:\n  - {file: basket/*, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:6"}},
    {"the former package",
     "rules:\n  - {package: org/shop/basket, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:6"}},
    {"its own rule before one of its former name",
     "rules:\n  - {func: org/shop/cart.New.func1, metric: alloc_space, max_increase: 1kB}\n"
     "  - {func: org/shop/basket.Old.func2, metric: alloc_space, max_increase: 1MB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:6"}},
    {"a rule of its former name before a pattern",
     "rules:\n  - {func: \"org/shop/cart.*\", metric: alloc_space, max_increase: 1MB}\n"
     "  - {func: org/shop/basket.Old.func2, metric: alloc_space, max_increase: 1kB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:7"}},
    {"its own budget leaves growth to its former name",
     "rules:\n  - {func: org/shop/cart.New.func1, metric: alloc_space, max: 1kB}\n"
     "  - {func: org/shop/basket.Old.func2, metric: alloc_space, max_increase: 1MB}\n",
     METRIC_ALLOC_SPACE,
     RENAMED,
     {"memgate.yaml:7", "memgate.yaml:6"}},

    {"a threshold replaces the default",
     "thresholds: {alloc_delta_percent: 3}\n",
     METRIC_ALLOC_SPACE,
     WHOLE,
     {"memgate.yaml:5"}},
    {"a row replaces a threshold",
     "rules:\n  - {metric: alloc_space, max_increase_percent: 9%}\n"
     "thresholds: {alloc_delta_percent: 3}\n",
     METRIC_ALLOC_SPACE,
     WHOLE,
     {"memgate.yaml:6"}},
    {"the maps of each function by threshold",
     "thresholds: {map_alloc_delta_percent: 3}\n",
     METRIC_ALLOC_SPACE,
     PROCESS_MAPS,
     {"memgate.yaml:5"}},
    {"a focus function before any function",
     "thresholds:\n  heap_alloc_delta_mb: 8\n  focus_functions:\n    - \"*Process*\"\n",
     METRIC_ALLOC_SPACE,
     PROCESS,
     {"memgate.yaml:8"}},
};

static void parse(struct policy *policy, struct arena *arena, const char *rules)
{
    struct err err = {0};
    struct str text = str_format(arena, "%s%s", SCENARIOS, rules);
    assert_ok(policy_parse(policy, arena, STR("memgate.yaml"), bytes_of_str(text), &err), &err);
}

static void the_most_specific_rule_judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(winner_cases); i++) {
        const struct winner_case *row = &winner_cases[i];
        struct arena arena;
        struct policy policy = {0};
        const struct rule *winners[POLICY_WINNERS_MAX] = {0};
        const struct ignore_row *ignored = NULL;
        print_message("%s\n", row->name);
        arena_init(&arena);
        parse(&policy, &arena, row->rules);
        size_t want_count = row->origins[1] ? 2 : row->origins[0] != NULL;
        assert_int_equal(policy_rules_for(&policy, row->metric, &row->subject, winners, &ignored),
                         want_count);
        assert_null(ignored);
        for (size_t k = 0; k < want_count; k++)
            assert_str(origin_text(&arena, &winners[k]->origin), row->origins[k]);
        assert_ptr_equal(policy_rule_for(&policy, row->metric, &row->subject, &ignored),
                         winners[0]);
        arena_release(&arena);
    }
}

struct ignore_case {
    const char *name;
    const char *row;
    enum metric metric;
    struct subject subject;
    bool ignored;
};

static const struct ignore_case ignore_cases[] = {
    {"a function", "{func: \"*Process*\", why: w}", METRIC_ALLOC_SPACE, PROCESS, true},
    {"the maps of a function", "{func: \"*Process*\", why: w}", METRIC_ALLOC_SPACE, PROCESS_MAPS,
     true},
    {"not the whole", "{func: \"*Process*\", why: w}", METRIC_ALLOC_SPACE, WHOLE, false},
    {"not another function", "{func: \"*Delete*\", why: w}", METRIC_ALLOC_SPACE, PROCESS, false},
    {"its metric", "{func: \"*Process*\", metric: inuse_space, why: w}", METRIC_INUSE_SPACE,
     PROCESS, true},
    {"not another metric", "{func: \"*Process*\", metric: inuse_space, why: w}", METRIC_ALLOC_SPACE,
     PROCESS, false},
    {"a package", "{package: org/..., why: w}", METRIC_ALLOC_SPACE, PROCESS, true},
    {"a file", "{file: cart/*, why: w}", METRIC_ALLOC_SPACE, PROCESS, true},
    {"the closures of a function", "{func: org/shop/cart.(*Service).Process.func, why: w}",
     METRIC_ALLOC_SPACE, PROCESS, true},
    {"a function, not its closures", "{func: org/shop/cart.(*Service).Process, why: w}",
     METRIC_ALLOC_SPACE, PROCESS, false},
    {"a pattern that means one closure", "{func: \"*Process.*1\", why: w}", METRIC_ALLOC_SPACE,
     PROCESS, false},
    {"a name that was renamed", "{func: org/shop/basket.Old.func, why: w}", METRIC_ALLOC_SPACE,
     RENAMED, true},
    {"the package that it left", "{package: org/shop/basket, why: w}", METRIC_ALLOC_SPACE, RENAMED,
     false},
    {"the package that it came to", "{package: org/shop/cart, why: w}", METRIC_ALLOC_SPACE, RENAMED,
     false},
    {"a package above both", "{package: org/shop/..., why: w}", METRIC_ALLOC_SPACE, RENAMED, true},
    {"the file that it left", "{file: basket/*, why: w}", METRIC_ALLOC_SPACE, RENAMED, false},
    {"the file that it came to", "{file: cart/*, why: w}", METRIC_ALLOC_SPACE, RENAMED, false},
    {"a pattern of both files", "{file: \"*.go\", why: w}", METRIC_ALLOC_SPACE, RENAMED, true},
    {"the pattern that it left", "{func: \"*basket.*\", why: w}", METRIC_ALLOC_SPACE, RENAMED,
     false},
    {"the pattern that it came to", "{func: \"*cart.*\", why: w}", METRIC_ALLOC_SPACE, RENAMED,
     false},
    {"a pattern of both names", "{func: \"org/shop/*\", why: w}", METRIC_ALLOC_SPACE, RENAMED,
     true},
    {"a kind", "{kind: map, why: w}", METRIC_ALLOC_SPACE, MAPS, true},
    {"a kind in functions", "{kind: map, why: w}", METRIC_ALLOC_SPACE, PROCESS_MAPS, true},
    {"a kind, not all of a function", "{kind: map, why: w}", METRIC_ALLOC_SPACE, PROCESS, false},
    {"of one scenario", "{scenario: b, kind: map, why: w}", METRIC_ALLOC_SPACE, MAPS, false},
};

static void what_is_ignored_has_no_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ignore_cases); i++) {
        const struct ignore_case *row = &ignore_cases[i];
        struct arena arena;
        struct policy policy = {0};
        const struct ignore_row *ignored = NULL;
        print_message("%s\n", row->name);
        arena_init(&arena);
        struct str text = str_format(&arena,
                                     "rules:\n"
                                     "  - {func: \"*\", kind: map, metric: alloc_space, max: 1kB}\n"
                                     "  - {func: \"*\", metric: inuse_space, max: 1kB}\n"
                                     "ignore:\n  - %s\n",
                                     row->row);
        parse(&policy, &arena, text.data);
        const struct rule *rule = policy_rule_for(&policy, row->metric, &row->subject, &ignored);
        assert_int_equal(ignored != NULL, row->ignored);
        assert_int_equal(rule == NULL, row->ignored);
        arena_release(&arena);
    }
}

/* What was ignored stays so under another name, but not where a rule names that. */
static void a_former_name_ignores_no_rule_of_its_own(void **state)
{
    static const struct {
        const char *func; /* of a rule */
        bool ignored;
    } rows[] = {{"org/shop/cart.New.func1", false}, {"\"org/shop/cart.*\"", true}};
    static const struct subject subject = RENAMED;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct policy policy = {0};
        const struct ignore_row *ignored = NULL;
        print_message("%s\n", rows[i].func);
        arena_init(&arena);
        struct str text = str_format(&arena,
                                     "rules:\n  - {func: %s, metric: alloc_space, max: 1kB}\n"
                                     "ignore:\n  - {func: org/shop/basket.Old.func, why: w}\n",
                                     rows[i].func);
        parse(&policy, &arena, text.data);
        const struct rule *rule = policy_rule_for(&policy, METRIC_ALLOC_SPACE, &subject, &ignored);
        assert_int_equal(ignored != NULL, rows[i].ignored);
        assert_int_equal(rule == NULL, rows[i].ignored);
        arena_release(&arena);
    }
}

struct described_case {
    const char *name;
    const char *rules;
    const char *text;
};

static const struct described_case described_cases[] = {
    {"whole scenario",
     "rules:\n  - {metric: alloc_space, max_increase_percent: 5%, floor: 64B/request}",
     "alloc_space max_increase_percent 5 %, floor 64 B/request"},
    {"over the load",
     "rules:\n  - {metric: alloc_space, max_increase: 8MiB, max_increase_percent: 15%}",
     "alloc_space max_increase 8 MiB, max_increase_percent 15 %"},
    {"a fall", "rules:\n  - {metric: alloc_space, max_increase_percent: 5%, max_decrease: 50%}",
     "alloc_space max_increase_percent 5 %, max_decrease 50 %"},
    {"objects", "rules:\n  - {metric: alloc_objects, max_increase: 10/request, floor: 3}",
     "alloc_objects max_increase 10/request, floor 3"},
    {"selectors",
     "rules:\n  - {scenario: a, func: f, file: g, package: h, kind: [map, slice], "
     "metric: inuse_space, max: 1kB, max_share: 35%}",
     "scenario a func f file g package h kind map kind slice inuse_space max 1000 B, "
     "max_share 35 %"},
    {"time per request", "rules:\n  - {metric: cpu_per_request, max: 5ms}",
     "cpu_per_request max 5 ms/request"},
    {"share of CPU", "rules:\n  - {metric: map_cpu_share, max: 15%}", "map_cpu_share max 15 %"},
    {"leak", "rules:\n  - {metric: heap_growth_per_1000_requests, max: 64KiB}",
     "heap_growth_per_1000_requests max 64 KiB/1000 requests"},
    {"MB of the short form", "thresholds: {heap_alloc_delta_mb: 8}",
     "func * alloc_space max_increase 7.63 MiB"},
    {"maps of the short form", "thresholds: {map_alloc_delta_percent: 15}",
     "kind map alloc_space max_increase_percent 15 %, floor_share 1 %"},
    {"focus without a percentage", "thresholds: {focus_functions: [a.B]}",
     "func a.B alloc_space max_increase_percent 5 %, floor 64 B/request"},
    {"focus with the percentage of the whole",
     "thresholds: {focus_functions: [a.B], alloc_delta_percent: 3}",
     "alloc_space max_increase_percent 3 %, floor 64 B/request"},
    {"p99 of the short form", "thresholds: {p99_delta_percent: 15}",
     "p99 max_increase_percent 15 %, floor 1 ms"},
    {"resident memory of the short form", "thresholds: {rss_p95_delta_percent: 10}",
     "rss_p95 max_increase_percent 10 %, floor 16 MiB"},
    {"CPU of the short form", "thresholds: {cpu_delta_percent: 15}",
     "cpu_per_request max_increase_percent 15 %"},
};

static void a_rule_reads_like_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(described_cases); i++) {
        struct arena arena;
        struct policy policy = {0};
        print_message("%s\n", described_cases[i].name);
        arena_init(&arena);
        parse(&policy, &arena, described_cases[i].rules);
        assert_str(rule_describe(&arena, &policy.rules[0]), described_cases[i].text);
        arena_release(&arena);
    }
}

/* By hand: 3 % of the whole, 8 * 10^6 bytes, and the same 3 % for the focus function. */
static void thresholds_become_rules_of_severity_block(void **state)
{
    (void)state;
    struct arena arena;
    struct policy policy = {0};
    arena_init(&arena);
    parse(&policy, &arena,
          "thresholds:\n  alloc_delta_percent: 3\n  heap_alloc_delta_mb: 8\n"
          "  rss_p95_delta_percent: 10\n  focus_functions: [a.B]\n");
    assert_int_equal(policy.rule_count, 4 + 10);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(policy.rules[i].severity, SEVERITY_BLOCK);
        assert_int_equal(policy.rules[i].origin.line, 6 + i);
        assert_false(policy.rules[i].is_default);
    }
    assert_close(policy.rules[0].max_increase_percent.value, 0.03, 1e-15);
    assert_close(policy.rules[0].floor.value, 64, 0);
    assert_true(policy.rules[0].floor.per_request);
    assert_true(policy.rules[1].selector.each_function);
    assert_close(policy.rules[1].max_increase.value, 8e6, 0);
    assert_false(policy.rules[1].max_increase.per_request);
    assert_false(policy.rules[3].selector.each_function);
    assert_str(policy.rules[3].selector.func, "a.B");
    assert_close(policy.rules[3].max_increase_percent.value, 0.03, 1e-15);
    arena_release(&arena);
}

static const struct replaced_case {
    const char *name;
    const char *rules;
    bool a; /* whether the default on map bytes is replaced in scenario a */
    bool b;
} replaced_cases[] = {
    {"no rule of the policy", "rules:\n  - {metric: p99, max: 5ms, severity: block}\n", false,
     false},
    {"of the whole", "rules:\n  - {metric: alloc_space, max_increase_percent: 5%}\n", false, false},
    {"of maps", "rules:\n  - {kind: map, metric: alloc_space, max_increase_percent: 5%}\n", true,
     true},
    {"of one scenario",
     "rules:\n  - {kind: map, scenario: b, metric: alloc_space, max_increase_percent: 5%}\n", false,
     true},
    {"of maps among others",
     "rules:\n  - {kind: [slice, map], metric: alloc_space, max_increase_percent: 5%}\n", true,
     true},
    {"of the maps of functions",
     "rules:\n  - {func: main.x, kind: map, metric: alloc_space, max_increase_percent: 5%}\n",
     false, false},
    {"a budget", "rules:\n  - {kind: map, metric: alloc_space, max_share: 35%}\n", false, false},
};

static const struct rule *default_of_maps(const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (policy->rules[i].is_default && policy->rules[i].selector.kinds.len > 0)
            return &policy->rules[i];
    }
    return NULL;
}

static void a_default_is_replaced_where_another_rule_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(replaced_cases); i++) {
        struct arena arena;
        struct policy policy = {0};
        print_message("%s\n", replaced_cases[i].name);
        arena_init(&arena);
        parse(&policy, &arena, replaced_cases[i].rules);
        const struct rule *maps = default_of_maps(&policy);
        assert_non_null(maps);
        assert_int_equal(policy_replaces(&policy, maps, STR("a")), replaced_cases[i].a);
        assert_int_equal(policy_replaces(&policy, maps, STR("b")), replaced_cases[i].b);
        assert_false(policy_replaces(&policy, &policy.rules[0], STR("a")));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_specific_rule_judges),
        cmocka_unit_test(what_is_ignored_has_no_rule),
        cmocka_unit_test(a_former_name_ignores_no_rule_of_its_own),
        cmocka_unit_test(a_default_is_replaced_where_another_rule_wins),
        cmocka_unit_test(a_rule_reads_like_its_row),
        cmocka_unit_test(thresholds_become_rules_of_severity_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
