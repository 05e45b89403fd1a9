#include "tests/bench/errors/powers.h"

#include <math.h>
#include <stdio.h>

#include "gate/judge/decide.h"
#include "gate/stats/bounds.h"
#include "gate/stats/counts.h"
#include "gate/stats/sample.h"
#include "gate/stats/windows.h"
#include "tests/bench/errors/world.h"

static const double said = 100 * BOUNDS_POWER;

struct power_case {
    const char *name;
    enum estimate_method method;
    bool is_at_least; /* more may be found: what does not vary is told a least spread */
    size_t count;     /* trials a side, or pairs */
    double spread;    /* of the logarithm, or in parts of the baseline */
    double alpha;
    double cand_times;  /* the candidate's spread, in the baseline's; 0: both alike */
    double pair_spread; /* WINDOWS: beyond what the windows, of `spread`, explain */
};

static const struct power_case power_cases[] = {
    {"RSS, 5 % spread, 3 trials, look 1", ESTIMATE_LOG_RATIO, false, 3, 0.05, 0.002, 0, 0},
    {"RSS, 5 % spread, 5 trials, look 2", ESTIMATE_LOG_RATIO, false, 5, 0.05, 0.003, 0, 0},
    {"RSS, 5 % spread, 8 trials, look 3", ESTIMATE_LOG_RATIO, false, 8, 0.05, 0.005, 0, 0},
    {"bytes, 0.3 % spread, look 1", ESTIMATE_DIFFERENCE, false, 3, 0.003, 0.002, 0, 0},
    {"bytes, 0.3 % spread, look 2", ESTIMATE_DIFFERENCE, false, 5, 0.003, 0.003, 0, 0},
    {"bytes, 0.3 % spread, look 3", ESTIMATE_DIFFERENCE, false, 8, 0.003, 0.005, 0, 0},
    {"bytes, one of 200, look 1", ESTIMATE_DIFFERENCE, false, 3, 0.003, 1e-5, 0, 0},
    {"bytes, one of 200, look 3", ESTIMATE_DIFFERENCE, false, 8, 0.003, 2.5e-5, 0, 0},
    {"bytes, constant before, look 1", ESTIMATE_DIFFERENCE, false, 3, 5e-5, 0.002, 100, 0},
    {"bytes, constant before, look 3", ESTIMATE_DIFFERENCE, false, 8, 5e-5, 0.005, 100, 0},
    {"bytes, constant, look 1", ESTIMATE_DIFFERENCE, true, 3, 5e-5, 0.002, 0, 0},
    {"bytes, constant, one of 500, look 1", ESTIMATE_DIFFERENCE, true, 3, 5e-5, 4e-6, 0, 0},
    {"block delay, 30 % spread, look 1", ESTIMATE_LOG_WELCH, false, 3, 0.3, 0.002, 0, 0},
    {"block delay, 30 % spread, look 3", ESTIMATE_LOG_WELCH, false, 8, 0.3, 0.005, 0, 0},
    {"CPU of maps, 10 % spread, look 1", ESTIMATE_INTERVALS, false, 3, 0.1, 0.002, 0, 0},
    {"CPU of maps, 10 % spread, look 3", ESTIMATE_INTERVALS, false, 8, 0.1, 0.005, 0, 0},
    {"CPU of 3 pairs, 4 % spread, look 1", ESTIMATE_PAIRS, false, 3, 0.04, 0.002, 0, 0},
    {"CPU of 5 pairs, 4 % spread, look 2", ESTIMATE_PAIRS, false, 5, 0.04, 0.003, 0, 0},
    {"CPU of 8 pairs, 4 % spread, look 3", ESTIMATE_PAIRS, false, 8, 0.04, 0.005, 0, 0},
    {"p99 of 3 pairs that agree, look 1", ESTIMATE_WINDOWS, false, 3, 0.25, 0.002, 0, 0},
    {"p99 of 5 pairs that agree, look 2", ESTIMATE_WINDOWS, false, 5, 0.25, 0.003, 0, 0},
    {"p99 of 8 pairs that agree, look 3", ESTIMATE_WINDOWS, false, 8, 0.25, 0.005, 0, 0},
    {"p99 of 3 pairs, 15 % apart, look 1", ESTIMATE_WINDOWS, false, 3, 0.25, 0.002, 0, 0.15},
    {"p99 of 5 pairs, 15 % apart, look 2", ESTIMATE_WINDOWS, false, 5, 0.25, 0.003, 0, 0.15},
    {"p99 of 8 pairs, 15 % apart, look 3", ESTIMATE_WINDOWS, false, 8, 0.25, 0.005, 0, 0.15},
};

#define POWER_LIMIT 0.05

static const struct rule power_rule = {.metric = METRIC_ALLOC_SPACE,
                                       .max_increase_percent = {true, POWER_LIMIT},
                                       .severity = SEVERITY_BLOCK};

static double cand_spread_of(const struct power_case *row)
{
    return row->cand_times > 0 ? row->cand_times * row->spread : row->spread;
}

static double squared(double value)
{
    return value * value;
}

/* One whose spread seen is the true one, so far as the test believes it. */
static struct estimate true_difference(const struct power_case *row, double value)
{
    double count = (double)row->count;
    double base_least = squared(ESTIMATE_SPREAD_FLOOR);
    double cand_least = squared(ESTIMATE_SPREAD_FLOOR * value);
    double base = fmax(base_least, squared(row->spread));
    double cand = fmax(cand_least, squared(cand_spread_of(row)));
    double part = base / (base + cand);
    double df = (count - 1) / (squared(part) + squared(1 - part));
    double reach = student_quantile(0.995, df);
    double half = reach * sqrt((base + cand) / count);
    return (struct estimate){.base = 1,
                             .cand = 1,
                             .delta_low = -half,
                             .delta_high = half,
                             .base_count = (uint32_t)row->count,
                             .cand_count = (uint32_t)row->count,
                             .base_part_low = part,
                             .base_part_high = part,
                             .known = {base_least / (base + cand), cand_least / (base + cand), 0},
                             .df = df,
                             .reach = reach};
}

/* Of the mean of so many pairs' medians, each of WORLD_WINDOWS windows (Kenney and Keeping). */
static struct estimate true_windows(const struct power_case *row)
{
    const double of_median = 1.5707963267948966;
    double known = of_median * squared(row->spread) / WORLD_WINDOWS;
    double all = known + squared(row->pair_spread);
    double df = (double)row->count - (row->pair_spread > 0 ? 1 : 0);
    double reach = student_quantile(0.995, df);
    double half = reach * sqrt(all / (double)row->count);
    return (struct estimate){.base = 1,
                             .cand = 1,
                             .delta_low = expm1(-half),
                             .delta_high = expm1(half),
                             .base_count = (uint32_t)row->count * WORLD_WINDOWS,
                             .cand_count = (uint32_t)row->count * WORLD_WINDOWS,
                             .known = {known / all, 0, 0},
                             .df = df,
                             .reach = reach};
}

static struct estimate true_logarithm(const struct power_case *row)
{
    double count = (double)row->count;
    bool is_paired = row->method == ESTIMATE_PAIRS;
    double df = is_paired ? count - 1 : 2 * count - 2;
    double reach = student_quantile(0.995, df);
    /* Sides that have an interval of their own each stand off by their own degrees of freedom. */
    bool is_apart = row->method == ESTIMATE_INTERVALS;
    double half = is_apart ? student_quantile(0.995, count - 1) : reach;
    half *= row->spread * sqrt((is_paired ? 1 : 2) / count);
    return (struct estimate){.base = 1,
                             .cand = 1,
                             .delta_low = expm1(-half),
                             .delta_high = expm1(half),
                             .base_count = (uint32_t)row->count,
                             .cand_count = (uint32_t)row->count,
                             .df = df,
                             .reach = reach};
}

static struct estimate truth_of(const struct power_case *row, double value)
{
    struct estimate out;
    if (row->method == ESTIMATE_DIFFERENCE) {
        out = true_difference(row, value);
    } else if (row->method == ESTIMATE_WINDOWS) {
        out = true_windows(row);
    } else {
        out = true_logarithm(row);
    }
    out.method = row->method;
    out.by_logarithm = row->method != ESTIMATE_DIFFERENCE;
    out.bounded = true;
    return out;
}

/* In the logarithm: how far above the limit is said to be found of a candidate of such a value. */
static double shift_at(const struct power_case *row, const struct decide_scale *scale, double value)
{
    const struct comparison_row truth = {.metric = METRIC_ALLOC_SPACE,
                                         .estimate = truth_of(row, value)};
    struct finding finding;
    decide(&finding, &power_rule, &truth, scale);
    const struct estimate asked = decide_estimate(&finding, scale);
    double shift = bounds_detectable(&asked, row->alpha);
    return asked.by_logarithm ? log1p(shift) : log1p(shift / (1 + POWER_LIMIT));
}

/* Of the one that it is then. */
static double shift_of(const struct power_case *row, const struct decide_scale *scale)
{
    double shift = 0;
    for (int round = 0; round < 20; round++)
        shift = shift_at(row, scale, (1 + POWER_LIMIT) * exp(shift));
    return shift;
}

/* What slows the machine for a minute slows both of a pair. */
#define MINUTE_SPREAD 0.2

static struct estimate draw_pairs(const struct power_case *row, double growth, struct draw *draw)
{
    double base[WORLD_TRIALS_MAX];
    double cand[WORLD_TRIALS_MAX];
    for (size_t i = 0; i < row->count; i++) {
        base[i] = exp(MINUTE_SPREAD * draw_normal(draw));
        cand[i] = base[i] * exp(growth + row->spread * draw_normal(draw));
    }
    return estimate_of_pairs((struct samples){base, row->count},
                             (struct samples){cand, row->count});
}

static struct estimate draw_windows(const struct power_case *row, double growth, struct draw *draw)
{
    double base[WORLD_TRIALS_MAX * WORLD_WINDOWS];
    double cand[WORLD_TRIALS_MAX * WORLD_WINDOWS];
    size_t lens[WORLD_TRIALS_MAX];
    size_t len = row->count * WORLD_WINDOWS;
    double pair = 0;
    for (size_t w = 0; w < len; w++) {
        lens[w / WORLD_WINDOWS] = WORLD_WINDOWS;
        if (w % WORLD_WINDOWS == 0)
            pair = row->pair_spread * draw_normal(draw);
        base[w] = 1;
        cand[w] = exp(growth + pair + row->spread * draw_normal(draw));
    }
    const struct windows windows = {{base, len}, {cand, len}, lens, row->count};
    return estimate_of_windows(&windows);
}

/* Of which each side has one of its own. */
static struct estimate estimate_apart(struct samples base, struct samples cand)
{
    struct estimate out =
        estimate_of_intervals(interval_of_positive(base), interval_of_positive(cand), true);
    out.base_count = (uint32_t)base.len;
    out.cand_count = (uint32_t)cand.len;
    return out;
}

static struct estimate draw_sides(const struct power_case *row, double growth, struct draw *draw)
{
    double base[WORLD_TRIALS_MAX];
    double cand[WORLD_TRIALS_MAX];
    bool is_difference = row->method == ESTIMATE_DIFFERENCE;
    for (size_t i = 0; i < row->count; i++) {
        double base_error = row->spread * draw_normal(draw);
        double cand_error = cand_spread_of(row) * draw_normal(draw);
        base[i] = is_difference ? 1 + base_error : exp(base_error);
        cand[i] = is_difference ? exp(growth) + cand_error : exp(growth + cand_error);
    }
    const struct samples base_samples = {base, row->count};
    const struct samples cand_samples = {cand, row->count};
    return row->method == ESTIMATE_INTERVALS ? estimate_apart(base_samples, cand_samples)
                                             : estimate_of(base_samples, cand_samples, row->method);
}

static struct estimate draw_case(const struct power_case *row, double growth, struct draw *draw)
{
    if (row->method == ESTIMATE_PAIRS)
        return draw_pairs(row, growth, draw);
    return row->method == ESTIMATE_WINDOWS ? draw_windows(row, growth, draw)
                                           : draw_sides(row, growth, draw);
}

static double percent(size_t part, size_t whole)
{
    return 100 * (double)part / (double)whole;
}

/* The limit is +5 %; growth is above it by as much as is said to be found. */
static double power_of(const struct power_case *row, size_t runs)
{
    struct draw draw = {7};
    const struct decide_scale scale = {.alpha = row->alpha};
    double growth = log1p(POWER_LIMIT) + shift_of(row, &scale);
    size_t found = 0;
    for (size_t i = 0; i < runs; i++) {
        struct finding finding;
        const struct comparison_row have = {.metric = METRIC_ALLOC_SPACE,
                                            .estimate = draw_case(row, growth, &draw)};
        decide(&finding, &power_rule, &have, &scale);
        found += finding.verdict == FINDING_REGRESSION;
    }
    return percent(found, runs);
}

/* Three points, and what chance may add: 2 of 2,000 simulations, 0.9 of 10,000. */
static bool is_near(double power, size_t runs, bool is_at_least)
{
    double room = 3 + 300 * sqrt(0.9 * 0.1 / (double)runs);
    return power >= said - room && (is_at_least || power <= said + room);
}

/* A function of a sampled profile: so many samples in each of three trials, limit +15 %. */
static struct estimate sampled_of(const double counts[SIDES][3])
{
    struct sampled readings[SIDES][3];
    for (int side = 0; side < SIDES; side++) {
        for (int t = 0; t < 3; t++)
            readings[side][t] = (struct sampled){counts[side][t], counts[side][t], 1};
    }
    return estimate_of_sampled((struct sampled_samples){readings[SIDE_BASE], 3},
                               (struct sampled_samples){readings[SIDE_CAND], 3}, 1,
                               ESTIMATE_CONFIDENCE);
}

static struct estimate draw_sampled(struct draw *draw, double samples, double growth)
{
    double counts[SIDES][3];
    for (int t = 0; t < 3; t++) {
        counts[SIDE_BASE][t] = draw_count(draw, samples);
        counts[SIDE_CAND][t] = draw_count(draw, samples * (1 + growth));
    }
    return sampled_of((const double(*)[3])counts);
}

/* How far above the limit growth must lie, as such trials say themselves: at the growth that it is. */
static double sampled_growth(double samples, double limit, double alpha, size_t runs)
{
    double growth = limit;
    for (int round = 0; round < 3; round++) {
        struct draw draw = {17};
        double sum = 0;
        for (size_t i = 0; i < runs; i++) {
            struct estimate have = draw_sampled(&draw, samples, growth);
            sum += bounds_detectable(&have, alpha) / have.base;
        }
        growth = limit + sum / (double)runs;
    }
    return growth;
}

static double share_found(double samples, double growth, double limit, double alpha, size_t runs)
{
    struct draw draw = {13};
    size_t found = 0;
    for (size_t i = 0; i < runs; i++) {
        struct estimate have = draw_sampled(&draw, samples, growth);
        found += bounds_p_above(&have, limit * have.base) <= alpha;
    }
    return percent(found, runs);
}

static bool print_sampled_power(size_t runs)
{
    static const double samples[] = {300, 1000, 10000};
    static const double levels[] = {0.002, 0.002 / 200};
    const double limit = 0.15;
    bool holds = true;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        for (size_t l = 0; l < ARRAY_LEN(levels); l++) {
            double growth = sampled_growth(samples[i], limit, levels[l], runs / 10);
            double power = share_found(samples[i], growth, limit, levels[l], runs);
            bool is_held = is_near(power, runs, false);
            printf(
                "power, %5.0f samples in each of 3, level %.0e: %5.1f %% of %+.1f %%, where they "
                "say %.0f %%%s\n",
                samples[i], levels[l], power, 100 * growth, said, is_held ? "" : " NOT HELD");
            holds = holds && is_held;
        }
    }
    return holds;
}

/* Of fewer no share found is too large, not even all: what chance may add reaches beyond that. */
enum { POWER_RUNS_MIN = 2000 };

bool powers_print(size_t asked_runs)
{
    size_t runs = asked_runs > POWER_RUNS_MIN ? asked_runs : POWER_RUNS_MIN;
    bool holds = true;
    printf("power by %zu simulations each\n", runs);
    for (size_t i = 0; i < ARRAY_LEN(power_cases); i++) {
        const struct power_case *row = &power_cases[i];
        double power = power_of(row, runs);
        bool is_held = is_near(power, runs, row->is_at_least);
        printf("power, %-36s %5.1f %% where the formula says %.0f %%%s%s\n", row->name, power, said,
               row->is_at_least ? " or more" : "", is_held ? "" : " NOT HELD");
        holds = holds && is_held;
    }
    return print_sampled_power(runs) && holds;
}
