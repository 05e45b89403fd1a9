#include "gate/harness/coarse.h"

#include "tests/support/check.h"

#define SECONDS 1000000000ULL

static const struct choice_case {
    const char *name;
    struct coarse_probe probe;
    double needs[2]; /* of what is allocated, of what is held */
    size_t unsized_count;
    struct coarse_bounds bounds;
    struct coarse_choice want;
} choice_cases[] = {
    /* 3 x 400 MB over 28,000 samples is a period of 42,857: 32,768 is the next below. */
    {"the largest period that will do",
     {{4e8, 1}, {0, 1}, 400, 5 * SECONDS},
     {28000, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {32768, 400, 1.2e9 / 32768, 0}},
    /* 3 x 26 MB at 4096 give 19,043 samples, and 28,000 need 589 requests. */
    {"more requests where the smallest period does not",
     {{26e6, 1}, {0, 1}, 400, 5 * SECONDS},
     {28000, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 589, 78e6 / 4096 * 589 / 400, 0}},
    {"no more requests than the load has",
     {{26e6, 1}, {0, 1}, 400, 5 * SECONDS},
     {1e6, 0},
     0,
     {0, 2000, 600 * SECONDS, 3},
     {4096, 2000, 78e6 / 4096 * 5, 0}},
    {"nor than half of the time allows for",
     {{26e6, 1}, {0, 1}, 400, 20 * SECONDS},
     {1e6, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 600, 78e6 / 4096 * 1.5, 0}},
    {"never fewer than the probe had",
     {{26e6, 1}, {0, 1}, 400, 120 * SECONDS},
     {1e6, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 78e6 / 4096, 0}},
    {"no limit in percent",
     {{26e6, 1}, {0, 1}, 400, 5 * SECONDS},
     {0, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {16384, 400, 78e6 / 16384, 0}},
    {"a service that sets the period itself",
     {{26e6, 1}, {0, 1}, 400, 5 * SECONDS},
     {1000, 0},
     0,
     {524288, 20000, 120 * SECONDS, 3},
     {524288, 2689, 78e6 / 524288 * 2689 / 400, 0}},
    /* 400 MB would do at 32,768; 3 x 20 MB over 7,586 samples is a period of 7,909. */
    {"the live heap takes a smaller one",
     {{4e8, 1}, {2e7, 1}, 400, 5 * SECONDS},
     {28000, 7586},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 1.2e9 / 4096, 6e7 / 4096}},
    {"more requests do nothing for the live heap",
     {{4e8, 1}, {1e6, 1}, 400, 5 * SECONDS},
     {28000, 7586},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 1.2e9 / 4096, 3e6 / 4096}},
    {"a rule of unknown need keeps the period small",
     {{4e8, 1}, {0, 1}, 400, 5 * SECONDS},
     {28000, 0},
     1,
     {0, 20000, 60 * SECONDS, 3},
     {16384, 400, 1.2e9 / 16384, 0}},
    {"the live heap alone sets it",
     {{4e8, 1}, {1e9, 1}, 400, 5 * SECONDS},
     {0, 7586},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {262144, 400, 1.2e9 / 262144, 3e9 / 262144}},
    {"nothing allocated",
     {{0, 1}, {0, 1}, 400, 5 * SECONDS},
     {1000, 0},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 0, 0}},
};

static void the_cheapest_way_that_shows_the_limit_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(choice_cases); i++) {
        const struct choice_case *row = &choice_cases[i];
        const struct coarse_needs needs = {.allocated.samples = row->needs[0],
                                           .held.samples = row->needs[1],
                                           .unsized_count = row->unsized_count};
        struct coarse_choice have = coarse_choose(&row->probe, &needs, &row->bounds);
        print_message("%s\n", row->name);
        assert_int_equal(have.period, row->want.period);
        assert_int_equal(have.request_count, row->want.request_count);
        assert_close(have.samples, row->want.samples, 1e-12);
        assert_close(have.held_samples, row->want.held_samples, 1e-12);
    }
}

/* 100,000 B a request, 20 MB of live heap. */
static const struct coarse_probe probe = {
    .allocated = {4e7, 3}, .held = {2e7, 2}, .request_count = 400};

#define KIND_MAP {.items = (struct str[]){STR_INIT("map")}, .len = 1}

static const struct need_case {
    const char *name;
    struct rule rule;
    double allocated;
    double held;
    bool is_unsized;
} need_cases[] = {
    /* 2 (5.87 / log 1.05)^2 */
    {"of the whole",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     28949.538133,
     0,
     false},
    /* A floor of 8 kB a request is 8 %: 2 (5.87 / log 1.08)^2 */
    {"of the whole above a floor",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .floor = {.set = true, .per_request = true, .value = 8000},
      .severity = SEVERITY_BLOCK},
     11634.944866330616,
     0,
     false},
    /* 15 % of a fifteenth of all bytes is the floor of 1 %: 3527.998 x 15. */
    {"of maps above a share",
     {.metric = METRIC_ALLOC_SPACE,
      .selector = {.kinds = KIND_MAP},
      .max_increase_percent = {.set = true, .value = 0.15},
      .floor_share = {.set = true, .value = 0.01},
      .severity = SEVERITY_BLOCK},
     52919.971516,
     0,
     false},
    {"of maps, be they as few as they like",
     {.metric = METRIC_ALLOC_SPACE,
      .selector = {.kinds = KIND_MAP},
      .max_increase_percent = {.set = true, .value = 0.15},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
    {"of a function of unknown share",
     {.metric = METRIC_ALLOC_SPACE,
      .selector = {.func = STR_INIT("main.load")},
      .max_increase_percent = {.set = true, .value = 0.15},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
    {"of objects, which take three times the samples here",
     {.metric = METRIC_ALLOC_OBJECTS,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     3 * 28949.538133,
     0,
     false},
    {"that only reviews",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_REVIEW},
     0,
     0,
     false},
    {"of live heap",
     {.metric = METRIC_INUSE_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0,
     28949.538133,
     false},
    /* 3 MB of 20 MB are 15 %. */
    {"of live heap above a floor",
     {.metric = METRIC_INUSE_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .floor = {.set = true, .value = 3e6},
      .severity = SEVERITY_BLOCK},
     0,
     3527.9981010632837,
     false},
    {"of its objects",
     {.metric = METRIC_INUSE_OBJECTS,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0,
     2 * 28949.538133,
     false},
    {"of an amount",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase = {.set = true, .value = 8e6},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
    {"of a budget",
     {.metric = METRIC_INUSE_SPACE, .max = {.set = true, .value = 8e6}, .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
    {"of heap growth",
     {.metric = METRIC_HEAP_GROWTH,
      .max_increase = {.set = true, .value = 65536},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
    {"of what no heap profile has",
     {.metric = METRIC_P99,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     false},
    {"of another scenario",
     {.metric = METRIC_ALLOC_SPACE,
      .selector = {.scenario = STR_INIT("other")},
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     false},
    {"that allows no growth at all",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0},
      .severity = SEVERITY_BLOCK},
     0,
     0,
     true},
};

static void the_tightest_rule_that_blocks_sets_the_need(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(need_cases); i++) {
        struct rule rule = need_cases[i].rule;
        const struct policy policy = {.rules = &rule, .rule_count = 1};
        const struct need_case *row = &need_cases[i];
        struct coarse_needs have = coarse_needs(&policy, STR("shop"), &probe);
        print_message("%s\n", row->name);
        assert_close(have.allocated.samples, row->allocated, 1e-6);
        assert_close(have.held.samples, row->held, 1e-6);
        assert_int_equal(have.unsized_count, row->is_unsized);
        assert_ptr_equal(have.allocated.rule, row->allocated > 0 ? &rule : NULL);
        assert_ptr_equal(have.held.rule, row->held > 0 ? &rule : NULL);
        assert_ptr_equal(have.unsized, row->is_unsized ? &rule : NULL);
    }
}

static void without_points_no_live_heap_is_judged(void **state)
{
    struct rule rule = {.metric = METRIC_HEAP_GROWTH,
                        .max_increase = {.set = true, .value = 65536},
                        .severity = SEVERITY_BLOCK};
    const struct policy policy = {.rules = &rule, .rule_count = 1};
    const struct coarse_probe benchmark = {.allocated = {4e7, 3}, .request_count = 1};
    (void)state;
    assert_int_equal(coarse_needs(&policy, STR("shop"), &benchmark).unsized_count, 0);
}

static void a_default_gives_way_to_a_rule_of_the_policy(void **state)
{
    struct rule rules[] = {
        {.metric = METRIC_ALLOC_SPACE,
         .max_increase_percent = {.set = true, .value = 0.15},
         .severity = SEVERITY_BLOCK},
        {.metric = METRIC_ALLOC_SPACE,
         .max_increase_percent = {.set = true, .value = 0.05},
         .severity = SEVERITY_BLOCK,
         .is_default = true},
    };
    const struct policy policy = {.rules = rules, .rule_count = ARRAY_LEN(rules)};
    struct coarse_needs have;
    (void)state;
    have = coarse_needs(&policy, STR("shop"), &probe);
    assert_close(have.allocated.samples, 3527.9981010632837, 1e-9);
    assert_ptr_equal(have.allocated.rule, &rules[0]);
    rules[0].selector.scenario = STR("other");
    have = coarse_needs(&policy, STR("shop"), &probe);
    assert_close(have.allocated.samples, 28949.538133198177, 1e-9);
    assert_ptr_equal(have.allocated.rule, &rules[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cheapest_way_that_shows_the_limit_is_chosen),
        cmocka_unit_test(the_tightest_rule_that_blocks_sets_the_need),
        cmocka_unit_test(without_points_no_live_heap_is_judged),
        cmocka_unit_test(a_default_gives_way_to_a_rule_of_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
