#include "gate/harness/coarse.h"

#include "tests/support/check.h"

#define SECONDS 1000000000ULL

static const struct choice_case {
    const char *name;
    struct coarse_probe probe;
    double need;
    struct coarse_bounds bounds;
    struct coarse_choice want;
} choice_cases[] = {
    /* 3 x 400 MB over 28,000 samples is a period of 42,857: 32,768 is the next below. */
    {"the largest period that will do",
     {4e8, 1, 400, 5 * SECONDS},
     28000,
     {0, 20000, 60 * SECONDS, 3},
     {32768, 400, 1.2e9 / 32768}},
    /* 3 x 26 MB at 4096 give 19,043 samples, and 28,000 need 589 requests. */
    {"more requests where the smallest period does not",
     {26e6, 1, 400, 5 * SECONDS},
     28000,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 589, 78e6 / 4096 * 589 / 400}},
    {"no more requests than the load has",
     {26e6, 1, 400, 5 * SECONDS},
     1e6,
     {0, 2000, 600 * SECONDS, 3},
     {4096, 2000, 78e6 / 4096 * 5}},
    {"nor than time allows for",
     {26e6, 1, 400, 20 * SECONDS},
     1e6,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 1200, 78e6 / 4096 * 3}},
    {"never fewer than the probe had",
     {26e6, 1, 400, 120 * SECONDS},
     1e6,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 78e6 / 4096}},
    {"no limit in percent",
     {26e6, 1, 400, 5 * SECONDS},
     0,
     {0, 20000, 60 * SECONDS, 3},
     {16384, 400, 78e6 / 16384}},
    {"a service that sets the period itself",
     {26e6, 1, 400, 5 * SECONDS},
     1000,
     {524288, 20000, 60 * SECONDS, 3},
     {524288, 2689, 78e6 / 524288 * 2689 / 400}},
    {"nothing allocated",
     {0, 1, 400, 5 * SECONDS},
     1000,
     {0, 20000, 60 * SECONDS, 3},
     {4096, 400, 0}},
};

static void the_cheapest_way_that_shows_the_limit_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(choice_cases); i++) {
        const struct choice_case *row = &choice_cases[i];
        struct coarse_choice have = coarse_choose(&row->probe, row->need, &row->bounds);
        print_message("%s\n", row->name);
        assert_int_equal(have.period, row->want.period);
        assert_int_equal(have.request_count, row->want.request_count);
        assert_close(have.samples, row->want.samples, 1e-12);
    }
}

static const struct coarse_probe probe = {.bytes = 1, .object_cost = 3, .request_count = 1};

static const struct need_case {
    const char *name;
    struct rule rule;
    double want;
} need_cases[] = {
    /* 2 (5.87 / log 1.05)^2 */
    {"of the whole",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     28949.538133},
    /* 15 % of a fifteenth of all bytes is the floor of 1 %: 3527.998 x 15. */
    {"with a floor",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.15},
      .floor_share = {.set = true, .value = 0.01},
      .severity = SEVERITY_BLOCK},
     52919.971516},
    {"of objects, which take three times the samples here",
     {.metric = METRIC_ALLOC_OBJECTS,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     3 * 28949.538133},
    {"that only reviews",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_REVIEW},
     0},
    {"of live heap",
     {.metric = METRIC_INUSE_SPACE,
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0},
    {"of another scenario",
     {.metric = METRIC_ALLOC_SPACE,
      .selector = {.scenario = STR_INIT("other")},
      .max_increase_percent = {.set = true, .value = 0.05},
      .severity = SEVERITY_BLOCK},
     0},
    {"that allows no growth at all",
     {.metric = METRIC_ALLOC_SPACE,
      .max_increase_percent = {.set = true, .value = 0},
      .severity = SEVERITY_BLOCK},
     0},
};

static void the_tightest_rule_that_blocks_sets_the_need(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(need_cases); i++) {
        struct rule rule = need_cases[i].rule;
        const struct policy policy = {.rules = &rule, .rule_count = 1};
        const struct rule *found = NULL;
        print_message("%s\n", need_cases[i].name);
        assert_close(coarse_need(&found, &policy, STR("shop"), &probe), need_cases[i].want, 1e-9);
        assert_true((found != NULL) == (need_cases[i].want > 0));
    }
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
    const struct rule *found = NULL;
    (void)state;
    assert_close(coarse_need(&found, &policy, STR("shop"), &probe), 3527.9981010632837, 1e-9);
    assert_ptr_equal(found, &rules[0]);
    rules[0].selector.scenario = STR("other");
    assert_close(coarse_need(&found, &policy, STR("shop"), &probe), 28949.538133198177, 1e-9);
    assert_ptr_equal(found, &rules[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cheapest_way_that_shows_the_limit_is_chosen),
        cmocka_unit_test(the_tightest_rule_that_blocks_sets_the_need),
        cmocka_unit_test(a_default_gives_way_to_a_rule_of_the_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
