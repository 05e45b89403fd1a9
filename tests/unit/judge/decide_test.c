#include "tests/support/check.h"

#include <math.h>

#include "gate/judge/decide.h"
#include "gate/stats/counts.h"
#include "gate/stats/share.h"

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
static const struct decide_scale scale = {
    .load_count = 10000, .scenario_value = 50000, .alpha = 0.002};

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
    {"what is no number keeps no limit",
     {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK},
     ESTIMATE(-10, 0, (double)NAN),
     0,
     FINDING_INCONCLUSIVE,
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

static void a_shadow_takes_ok_away_and_no_regression(void **state)
{
    static const struct {
        struct estimate estimate;
        enum finding_verdict want;
    } rows[] = {{ESTIMATE(60, 70, 80), FINDING_REGRESSION},
                {ESTIMATE(-10, 0, 10), FINDING_INCONCLUSIVE},
                {ESTIMATE(-80, -70, -60), FINDING_INCONCLUSIVE}};
    struct rule rule = {.max_increase_percent = SET(0.05), .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct comparison_row row = {.metric = METRIC_P99,
                                     .level = ROW_SCENARIO,
                                     .estimate = rows[i].estimate,
                                     .shadow = STR("busy")};
        struct finding finding;
        decide(&finding, &rule, &row, &scale);
        assert_int_equal(finding.verdict, rows[i].want);
        if (rows[i].want == FINDING_INCONCLUSIVE)
            assert_str(finding.reason, "busy");
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

/* 1000 -> 1500 a request; limit 10 %. */
static const struct moved_case {
    const char *name;
    double moved;
    enum finding_verdict want;
    double limit;
} moved_cases[] = {
    {"nothing of it moved", 0, FINDING_REGRESSION, 100},
    {"all of it moved here", 500, FINDING_OK, 150},
    {"growth is what is beyond the move", 300, FINDING_REGRESSION, 130},
    {"what is beyond the move is within the limit", 400, FINDING_OK, 140},
    {"what went away hides no growth", -200, FINDING_REGRESSION, 80},
};

static void moved_cost_is_no_growth_and_hides_none(void **state)
{
    struct rule rule = {
        .metric = METRIC_ALLOC_SPACE, .max_increase_percent = SET(0.1), .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moved_cases); i++) {
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .level = ROW_FUNCTION,
                                     .estimate = ESTIMATE(499, 500, 501),
                                     .moved = moved_cases[i].moved};
        struct finding have;
        print_message("%s\n", moved_cases[i].name);
        decide(&have, &rule, &row, &scale);
        assert_int_equal(have.verdict, moved_cases[i].want);
        assert_close(have.limit, moved_cases[i].limit, 1e-9);
    }
}

/* Of 1000 +- 30 some left; 10 % of what stayed is the limit. */
static void what_moved_away_takes_its_spread_along(void **state)
{
    static const struct {
        const char *name;
        double cand;
        double moved;
        enum finding_verdict want;
    } rows[] = {
        {"all of it left", 0, -1000, FINDING_OK},
        {"a rounding more than all of it left", 0, -1000.0000001, FINDING_OK},
        {"a rounding less than all of it left", 0, -999.9999999999, FINDING_OK},
        /*
         * 30 * sqrt((200 + 200) / (1000 + 200)) = 17.3 and so on, at 0.5 %: times
         * 2.878 / 2.576 at 0.2 % below, times 1.645 / 2.576 at 5 % above.
         */
        {"a fifth stayed, + 11.1 under 20", 200, -800, FINDING_OK},
        {"a fifth stayed and grew by 10 + 11.2 over 20", 210, -800, FINDING_INCONCLUSIVE},
        {"a fifth stayed and grew by 38 - 19.9 below 20", 238, -800, FINDING_INCONCLUSIVE},
        {"a fifth stayed and grew by 42 - 20 above 20", 242, -800, FINDING_REGRESSION},
        {"nothing left, + 19.2 under 100", 1000, 0, FINDING_OK},
    };
    struct rule rule = {
        .metric = METRIC_ALLOC_SPACE, .max_increase_percent = SET(0.1), .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double delta = rows[i].cand - 1000;
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .level = ROW_FUNCTION,
                                     .estimate = ESTIMATE(delta - 30, delta, delta + 30),
                                     .moved = rows[i].moved};
        struct finding have;
        print_message("%s\n", rows[i].name);
        decide(&have, &rule, &row, &scale);
        assert_int_equal(have.verdict, rows[i].want);
    }
}

static const struct unknown_case {
    const char *name;
    double low; /* of the growth, limit 50 */
    double unknown_base;
    double share;
    enum finding_verdict want;
} unknown_cases[] = {
    {"all kinds are known", 60, 0, 0, FINDING_REGRESSION},
    {"growth within what the baseline's unknown bytes may have been", 60, 30, 0.03,
     FINDING_INCONCLUSIVE},
    {"growth beyond that", 90, 30, 0.03, FINDING_REGRESSION},
    {"growth within the percentage of what the baseline may have been", 81, 30, 0.03,
     FINDING_INCONCLUSIVE},
    {"no growth is no proof", 0, 30, 0.03, FINDING_INCONCLUSIVE},
    {"few unknown bytes are none", 0, 10, 0.01, FINDING_OK},
};

static void rules_about_kinds_doubt_unknown_bytes(void **state)
{
    struct str map = STR("map");
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .selector = {.kinds = {&map, 1}},
                        .max_increase_percent = SET(0.05),
                        .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown_cases); i++) {
        const struct unknown_case *one = &unknown_cases[i];
        struct comparison_row row = {
            .metric = METRIC_ALLOC_SPACE,
            .level = ROW_KIND,
            .kind = ALLOC_KIND_MAP,
            .estimate = ESTIMATE(one->low, one->low, one->low),
            .unknown = {one->unknown_base, 0},
            .whole = {one->share > 0 ? one->unknown_base / one->share : 0}};
        struct finding have;
        print_message("%s\n", one->name);
        decide(&have, &rule, &row, &scale);
        assert_int_equal(have.verdict, one->want);
        assert_int_equal(have.is_settled, one->want == FINDING_INCONCLUSIVE);
    }
}

/* 100 bytes of the kind and 5 % to grow by. */
static void unknown_bytes_that_cannot_break_a_rule_raise_no_doubt(void **state)
{
    static const struct {
        double unknown;
        enum finding_verdict want;
    } rows[] = {{5, FINDING_OK}, {6, FINDING_INCONCLUSIVE}};
    struct str map = STR("map");
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .selector = {.kinds = {&map, 1}},
                        .max_increase_percent = SET(0.05),
                        .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .level = ROW_FUNCTION_KIND,
                                     .kind = ALLOC_KIND_MAP,
                                     .unknown = {0, rows[i].unknown},
                                     .whole = {100, 100}};
        struct finding have;
        row.estimate = (struct estimate){.base = 100, .cand = 100, .bounded = true};
        decide(&have, &rule, &row, &scale);
        assert_int_equal(have.verdict, rows[i].want);
    }
}

/* A hundredth of the function has no kind, however little of it is a map. */
static void a_functions_unknown_bytes_are_a_share_of_the_function(void **state)
{
    struct str map = STR("map");
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .selector = {.kinds = {&map, 1}},
                        .max_increase_percent = SET(0.05),
                        .severity = SEVERITY_BLOCK};
    struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                 .level = ROW_FUNCTION_KIND,
                                 .kind = ALLOC_KIND_MAP,
                                 .estimate = {.base = 5, .cand = 5, .bounded = true},
                                 .unknown = {10, 10},
                                 .whole = {1000, 1000}};
    struct finding have;
    (void)state;
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_OK);
}

struct own_case {
    const char *name;
    double low;
    double high;
    enum finding_verdict want;
};

/* A budget of 15 % against the candidate's own interval, whatever that of the difference says. */
static const struct own_case own_cases[] = {
    {"proven above", 0.16, 0.22, FINDING_REGRESSION},
    {"neither yet", 0.14, 0.22, FINDING_INCONCLUSIVE},
    {"touching the limit from above", 0.15, 0.22, FINDING_INCONCLUSIVE},
    {"touching the limit from below", 0.10, 0.15, FINDING_OK},
    {"proven below", 0.05, 0.12, FINDING_OK},
};

static void budgets_of_shares_are_held_against_the_candidates_own_interval(void **state)
{
    (void)state;
    const struct rule rule = {.metric = METRIC_MAP_CPU_SHARE,
                              .max = {.set = true, .value = 0.15},
                              .severity = SEVERITY_BLOCK};
    for (size_t i = 0; i < ARRAY_LEN(own_cases); i++) {
        struct comparison_row row = {
            .metric = METRIC_MAP_CPU_SHARE,
            .estimate = {.base = 0.15,
                         .cand = (own_cases[i].low + own_cases[i].high) / 2,
                         .delta_low = -0.5,
                         .delta_high = 0.5,
                         .has_cand_interval = true,
                         .cand_low = own_cases[i].low,
                         .cand_high = own_cases[i].high,
                         .bounded = true}};
        struct finding have;
        print_message("%s\n", own_cases[i].name);
        decide(&have, &rule, &row, &scale);
        assert_string_equal(finding_verdict_name(have.verdict),
                            finding_verdict_name(own_cases[i].want));
        assert_close(have.limit, 0.15, 1e-12);
        assert_true(have.is_budget);
    }
}

/* SplitMix64 and Box and Muller: the same draws everywhere. */
static double draw_uniform(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

/* A Poisson count of that mean: by its gaps where it is small, normal where it is not. */
static double draw_count(uint64_t *seed, double mean)
{
    if (mean > 500) {
        double radius = sqrt(-2 * log(draw_uniform(seed)));
        return round(mean + sqrt(mean) * radius * cos(2 * acos(-1) * draw_uniform(seed)));
    }
    double count = 0;
    for (double at = -log(draw_uniform(seed)); at < mean; at -= log(draw_uniform(seed)))
        count++;
    return count;
}

static struct estimate of_counts(double base_count, double cand_count)
{
    const struct sampled base = {base_count, base_count, 1};
    const struct sampled cand = {cand_count, cand_count, 1};
    return estimate_of_sampled((struct sampled_samples){&base, 1},
                               (struct sampled_samples){&cand, 1}, 1, ESTIMATE_CONFIDENCE);
}

/* What moved was sampled as well: with the baseline where it left, elsewhere where it came. */
static struct comparison_row draw_row(uint64_t *seed, double samples, double moved, double limit)
{
    double seen = moved < 0 || moved > 0 ? draw_count(seed, fabs(moved)) : 0;
    double own = draw_count(seed, moved < 0 ? samples + moved : samples);
    double grown = draw_count(seed, (samples + moved) * (1 + limit));
    return (struct comparison_row){.metric = METRIC_ALLOC_SPACE,
                                   .level = ROW_FUNCTION,
                                   .estimate = of_counts(moved < 0 ? own + seen : own, grown),
                                   .moved = moved < 0 ? -seen : seen};
}

/*
 * Growth that is the limit of a rule, to the hair: "ok" is wrong above it,
 * and may be said in DECIDE_OK_ALPHA of the draws, 5 % and four standard
 * deviations of 4,000. By the bound of the difference alone it would be 6,
 * 12 and 21 % at limits of 15, 100 and 300 %: the normal distribution's
 * share below -1.645 sqrt(2 + limit) / sqrt((1 + limit) (2 + limit)).
 */
static const struct at_limit_case {
    double samples;
    double limit;
    double moved; /* of the samples: came from elsewhere */
} at_limit_cases[] = {
    {50, 0.15, 0},   {1000, 0.15, 0}, {10000, 0.15, 0}, {50, 1, 0},    {1000, 1, 0},
    {10000, 1, 0},   {50, 3, 0},      {1000, 3, 0},     {10000, 3, 0}, {1000, 1, 0.5},
    {10000, 3, 0.5}, {1000, 1, -0.5}, {1000, 3, -0.5},
};

static void a_growth_of_the_limit_is_seldom_called_ok(void **state)
{
    enum { DRAWS = 4000 };
    uint64_t seed = 3;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(at_limit_cases); i++) {
        const struct at_limit_case *one = &at_limit_cases[i];
        const struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                                  .max_increase_percent = SET(one->limit),
                                  .severity = SEVERITY_BLOCK};
        double moved = one->samples * one->moved;
        size_t kept = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            struct comparison_row row = draw_row(&seed, one->samples, moved, one->limit);
            struct finding have;
            decide(&have, &rule, &row, &scale);
            kept += have.verdict >= FINDING_IMPROVED;
        }
        print_message("%g samples, limit %g, moved %g: ok in %.2f %%\n", one->samples, one->limit,
                      one->moved, 100.0 * (double)kept / DRAWS);
        assert_true(kept <= DRAWS * 64 / 1000);
    }
}

/* "+220 % [+111 %, +399 %]" is not below 300 % for certain. */
static void a_percentage_is_kept_by_the_ratio(void **state)
{
    struct rule rule = {
        .metric = METRIC_ALLOC_SPACE, .max_increase_percent = SET(3), .severity = SEVERITY_BLOCK};
    struct comparison_row row = {
        .metric = METRIC_ALLOC_SPACE, .level = ROW_FUNCTION, .estimate = of_counts(50, 168)};
    struct finding have;
    (void)state;
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_INCONCLUSIVE);
    /* A floor is no share of anything: growth that stays under it is fine, whatever the ratio. */
    rule.floor = (struct quantity)PER_REQUEST(200);
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_OK);
}

/*
 * Of a baseline with a standard error of 5.77 and a candidate that does not
 * vary: twice the baseline has one of 11.5. t(0.95, 2.0) is 2.92, so that
 * 180 is proven below 100 more than the baseline (20 / 5.77 = 3.5) and not below
 * twice of it (1.7); likewise 225 above (4.3, and 2.2).
 */
static void a_limit_in_percent_is_as_uncertain_as_what_it_is_of(void **state)
{
    static const double base[] = {90, 100, 110};
    static const struct {
        double cand;
        enum finding_verdict want_number;
        enum finding_verdict want_percent;
    } rows[] = {
        {130, FINDING_OK, FINDING_OK},
        {180, FINDING_OK, FINDING_INCONCLUSIVE},
        {225, FINDING_REGRESSION, FINDING_INCONCLUSIVE},
        {260, FINDING_REGRESSION, FINDING_REGRESSION},
    };
    const struct decide_scale at = {.alpha = 0.05};
    const struct rule number = {
        .metric = METRIC_GC_CYCLES, .max_increase = BYTES_RULE(100), .severity = SEVERITY_BLOCK};
    const struct rule percent = {
        .metric = METRIC_GC_CYCLES, .max_increase_percent = SET(1), .severity = SEVERITY_BLOCK};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double cand[] = {rows[i].cand, rows[i].cand, rows[i].cand};
        const struct comparison_row row = {.metric = METRIC_GC_CYCLES,
                                           .estimate = estimate_of((struct samples){base, 3},
                                                                   (struct samples){cand, 3},
                                                                   ESTIMATE_DIFFERENCE)};
        struct finding have;
        print_message("%g\n", rows[i].cand);
        decide(&have, &number, &row, &at);
        assert_int_equal(have.verdict, rows[i].want_number);
        decide(&have, &percent, &row, &at);
        assert_int_equal(have.verdict, rows[i].want_percent);
    }
}

/*
 * 10 [8, 13] to 40 [36, 44]: the lower bound of growth by a number stands off
 * by hypot(4, 3) from 30, by 200 % of the baseline by hypot(4, 9). SciPy's
 * norm.sf of 10 / that times its isf(0.005).
 */
static void what_has_no_logarithm_is_no_surer_of_its_baseline(void **state)
{
    const struct comparison_row row = {
        .metric = METRIC_GC_CYCLES,
        .estimate = estimate_of_intervals((struct interval){10, 8, 13, 0},
                                          (struct interval){40, 36, 44, 0}, false)};
    const struct rule number = {
        .metric = METRIC_GC_CYCLES, .max_increase = PER_REQUEST(20), .severity = SEVERITY_BLOCK};
    const struct rule percent = {
        .metric = METRIC_GC_CYCLES, .max_increase_percent = SET(2), .severity = SEVERITY_BLOCK};
    struct finding have;
    (void)state;
    decide(&have, &number, &row, &scale);
    assert_close(have.limit, 20, 1e-12);
    assert_close(have.p, 1.2909636486163747e-07, 1e-15);
    decide(&have, &percent, &row, &scale);
    assert_close(have.limit, 20, 1e-12);
    assert_close(have.p, 0.004456693490287409, 1e-12);
    assert_close(decide_estimate(&have, &scale).delta_low, 30 - hypot(4, 9), 1e-12);
    assert_close(decide_estimate(&have, &scale).delta_high, 30 + hypot(4, 6), 1e-12);
}

static void what_has_no_interval_says_why(void **state)
{
    const struct rule rule = {
        .metric = METRIC_P99, .max_increase_percent = SET(0.15), .severity = SEVERITY_BLOCK};
    struct comparison_row row = {.metric = METRIC_P99, .estimate = {.base = 1, .cand = 1}};
    struct finding have;
    (void)state;
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_INCONCLUSIVE);
    assert_str(have.reason, "one process a side gives no interval; set trials to 2 or more");
    row.unbounded = STR("6 windows are too few");
    decide(&have, &rule, &row, &scale);
    assert_int_equal(have.verdict, FINDING_INCONCLUSIVE);
    assert_str(have.reason, "6 windows are too few");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_interval_says_why),
        cmocka_unit_test(what_has_no_logarithm_is_no_surer_of_its_baseline),
        cmocka_unit_test(a_limit_in_percent_is_as_uncertain_as_what_it_is_of),
        cmocka_unit_test(rules_decide_three_ways),
        cmocka_unit_test(a_shadow_takes_ok_away_and_no_regression),
        cmocka_unit_test(live_heap_limits_do_not_count_over_the_load),
        cmocka_unit_test(what_moved_away_takes_its_spread_along),
        cmocka_unit_test(moved_cost_is_no_growth_and_hides_none),
        cmocka_unit_test(rules_about_kinds_doubt_unknown_bytes),
        cmocka_unit_test(unknown_bytes_that_cannot_break_a_rule_raise_no_doubt),
        cmocka_unit_test(a_functions_unknown_bytes_are_a_share_of_the_function),
        cmocka_unit_test(budgets_of_shares_are_held_against_the_candidates_own_interval),
        cmocka_unit_test(a_growth_of_the_limit_is_seldom_called_ok),
        cmocka_unit_test(a_percentage_is_kept_by_the_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
