#include "tests/support/check.h"

#include "gate/judge/decide.h"

#define SET(number)         {true, number}
#define BYTES_RULE(number)  {true, false, number}
#define PER_REQUEST(number) {true, true, number}

struct decide_case {
    const char *name;
    struct rule rule;
    struct estimate estimate;
    double share;
    enum finding_verdict want;
    double limit;
};

/* base 1000 per request, 10,000 requests in the load, 50,000 for the whole scenario */
static const struct decide_scale scale = {10000, 50000};

#define ESTIMATE(low, middle, high)                                                                \
    {.base = 1000,                                                                                 \
     .cand = 1000 + (middle),                                                                      \
     .delta = (middle),                                                                            \
     .delta_low = (low),                                                                           \
     .delta_high = (high),                                                                         \
     .has_ratio = true,                                                                            \
     .ratio = (middle) / 1000.0,                                                                   \
     .ratio_low = (low) / 1000.0,                                                                  \
     .ratio_high = (high) / 1000.0,                                                                \
     .bounded = true}

static const struct decide_case decide_cases[] = {
    {"clearly over the percentage",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(60, 70, 80),
     0,
     FINDING_REGRESSION,
     50},
    {"severity review makes it a review",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_REVIEW},
     ESTIMATE(60, 70, 80),
     0,
     FINDING_REVIEW,
     50},
    {"severity alert makes it an alert",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_ALERT},
     ESTIMATE(60, 70, 80),
     0,
     FINDING_ALERT,
     50},
    {"an interval over the limit is neither",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(40, 70, 100),
     0,
     FINDING_INCONCLUSIVE,
     50},
    {"exactly the limit is allowed",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(50, 50, 50),
     0,
     FINDING_OK,
     50},
    {"growth under the floor is fine",
     {.max_increase_percent = SET(0.05), .floor = PER_REQUEST(64), .severity = SEVERITY_BLOCK},
     ESTIMATE(55, 60, 63),
     0,
     FINDING_OK,
     64},
    {"growth over limit and floor is not",
     {.max_increase_percent = SET(0.05), .floor = PER_REQUEST(64), .severity = SEVERITY_BLOCK},
     ESTIMATE(65, 66, 67),
     0,
     FINDING_REGRESSION,
     64},
    {"a floor share counts in the whole scenario's value",
     {.max_increase_percent = SET(0.05), .floor_share = SET(0.01), .severity = SEVERITY_BLOCK},
     ESTIMATE(400, 450, 499),
     0,
     FINDING_OK,
     500},
    {"an absolute limit counts over the load",
     {.max_increase = BYTES_RULE(8e6), .severity = SEVERITY_BLOCK},
     ESTIMATE(790, 795, 799),
     0,
     FINDING_OK,
     800},
    {"and breaks above it",
     {.max_increase = BYTES_RULE(8e6), .severity = SEVERITY_BLOCK},
     ESTIMATE(801, 805, 809),
     0,
     FINDING_REGRESSION,
     800},
    {"absolute and percentage must both be passed",
     {.max_increase = BYTES_RULE(8e6),
      .max_increase_percent = SET(0.05),
      .severity = SEVERITY_BLOCK},
     ESTIMATE(100, 110, 120),
     0,
     FINDING_OK,
     800},
    {"a fall by more than the limit is an improvement",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(-100, -90, -80),
     0,
     FINDING_IMPROVED,
     50},
    {"a small fall is just fine",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(-40, -30, -20),
     0,
     FINDING_OK,
     50},
    {"a collapse asks for a person",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(-970, -960, -950),
     0,
     FINDING_REVIEW,
     50},
    {"a budget holds without growth",
     {.max = PER_REQUEST(900), .severity = SEVERITY_BLOCK},
     ESTIMATE(-1, 0, 1),
     0,
     FINDING_REGRESSION,
     900},
    {"a budget that is kept",
     {.max = PER_REQUEST(1100), .severity = SEVERITY_BLOCK},
     ESTIMATE(-1, 0, 1),
     0,
     FINDING_OK,
     1100},
    {"a share over its limit",
     {.max_share = SET(0.35), .severity = SEVERITY_REVIEW},
     ESTIMATE(-1, 0, 1),
     0.5,
     FINDING_REVIEW,
     0.35},
    {"a share below its limit",
     {.max_share = SET(0.35), .severity = SEVERITY_REVIEW},
     ESTIMATE(-1, 0, 1),
     0.2,
     FINDING_OK,
     0.35},
    {"no interval, no decision",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     {.base = 1000, .cand = 1000},
     0,
     FINDING_INCONCLUSIVE,
     0},
};

static void rules_decide_three_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(decide_cases); i++) {
        const struct decide_case *one = &decide_cases[i];
        struct rule rule = one->rule;
        struct comparison_row row = {
            .metric = METRIC_ALLOC_SPACE, .estimate = one->estimate, .cand_share = one->share};
        struct finding have;
        print_message("%s\n", one->name);
        rule.metric = METRIC_ALLOC_SPACE;
        decide(&have, &rule, &row, &scale);
        assert_string_equal(finding_verdict_name(have.verdict), finding_verdict_name(one->want));
        assert_close(have.limit, one->limit, 1e-9);
    }
}

static void live_heap_limits_do_not_count_over_the_load(void **state)
{
    (void)state;
    struct rule rule = {.metric = METRIC_INUSE_SPACE,
                        .max_increase = BYTES_RULE(1048576),
                        .severity = SEVERITY_BLOCK};
    struct comparison_row row = {.metric = METRIC_INUSE_SPACE,
                                 .estimate = {.base = 1e7,
                                              .cand = 1.2e7,
                                              .delta = 2e6,
                                              .delta_low = 1.9e6,
                                              .delta_high = 2.1e6,
                                              .bounded = true}};
    struct finding have;
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_REGRESSION);
    assert_close(have.limit, 1048576, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_decide_three_ways),
        cmocka_unit_test(live_heap_limits_do_not_count_over_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
