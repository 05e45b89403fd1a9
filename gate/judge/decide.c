#include "gate/judge/decide.h"

#include <math.h>

/* A candidate that lost this much did probably not do the same work. */
#define COLLAPSE_RATIO (-0.9)

/* "8MiB" speaks of the whole load, "64B/request" and live values of what the row holds. */
static double in_row_unit(const struct quantity *quantity, enum metric metric,
                          const struct decide_scale *scale)
{
    enum unit unit = metric_unit(metric);
    bool row_is_per_request = unit == UNIT_BYTES_PER_REQUEST || unit == UNIT_COUNT_PER_REQUEST ||
                              unit == UNIT_NS_PER_REQUEST;
    if (row_is_per_request && !quantity->per_request && scale->load_count > 0)
        return quantity->value / scale->load_count;
    return quantity->value;
}

/*
 * What growth is measured from: the baseline's value and what came from
 * other functions since, or without what went to others.
 */
static double growth_base(const struct comparison_row *row)
{
    return fmax(0, row->estimate.base + row->moved);
}

struct growth {
    double low;
    double high;
};

/*
 * The interval of the growth beyond what moved. Cost that left took its
 * part of the spread along: what is left varies by what it is, and nothing
 * does not vary. Spread grows with the square root of what it is of.
 */
static struct growth growth_of(const struct comparison_row *row)
{
    const struct estimate *estimate = &row->estimate;
    /* From growth_base: no rounding makes growth of nothing. */
    double middle = fmin(estimate->delta - row->moved, estimate->cand);
    double both = estimate->base + estimate->cand;
    double part = 1;
    if (row->moved < 0 && both > 0)
        part = sqrt(fmin(1, (growth_base(row) + estimate->cand) / both));
    return (struct growth){middle - part * (estimate->delta - estimate->delta_low),
                           middle + part * (estimate->delta_high - estimate->delta)};
}

/* The growth that must be exceeded: every limit and floor of the row has to be passed. */
static double growth_limit(const struct rule *rule, const struct comparison_row *row,
                           const struct decide_scale *scale)
{
    double limit = 0;
    if (rule->max_increase.set)
        limit = fmax(limit, in_row_unit(&rule->max_increase, rule->metric, scale));
    if (rule->max_increase_percent.set)
        limit = fmax(limit, rule->max_increase_percent.value * growth_base(row));
    if (rule->floor.set)
        limit = fmax(limit, in_row_unit(&rule->floor, rule->metric, scale));
    if (rule->floor_share.set)
        limit = fmax(limit, rule->floor_share.value * scale->scenario_value);
    return limit;
}

static enum finding_verdict broken(const struct rule *rule)
{
    static const enum finding_verdict by_severity[] = {
        [SEVERITY_ALERT] = FINDING_ALERT,
        [SEVERITY_REVIEW] = FINDING_REVIEW,
        [SEVERITY_BLOCK] = FINDING_REGRESSION,
    };
    return by_severity[rule->severity];
}

/* Three ways: proven above, proven below, or neither yet. */
static enum finding_verdict three_way(const struct rule *rule, double low, double high,
                                      double limit)
{
    if (low > limit)
        return broken(rule);
    if (high <= limit)
        return FINDING_OK;
    return FINDING_INCONCLUSIVE;
}

static void decide_growth(struct finding *out, const struct rule *rule,
                          const struct comparison_row *row, const struct decide_scale *scale)
{
    struct growth growth = growth_of(row);
    out->limit = growth_limit(rule, row, scale);
    out->verdict = three_way(rule, growth.low, growth.high, out->limit);
    if (out->verdict == FINDING_OK && growth.high < -out->limit)
        out->verdict = FINDING_IMPROVED;
}

static void decide_budget(struct finding *out, const struct rule *rule,
                          const struct comparison_row *row, const struct decide_scale *scale)
{
    const struct estimate *estimate = &row->estimate;
    double half = estimate->delta_high - estimate->delta;
    double low = estimate->has_cand_interval ? estimate->cand_low : estimate->cand - half;
    double high = estimate->has_cand_interval ? estimate->cand_high : estimate->cand + half;
    out->is_budget = true;
    out->limit = in_row_unit(&rule->max, rule->metric, scale);
    out->verdict = three_way(rule, low, high, out->limit);
}

static void decide_share(struct finding *out, const struct rule *rule,
                         const struct comparison_row *row)
{
    const struct estimate *estimate = &row->estimate;
    double half =
        estimate->cand > 0 ? (estimate->delta_high - estimate->delta) / estimate->cand : 0;
    double spread = row->cand_share * half;
    out->is_budget = true;
    out->limit = rule->max_share.value;
    out->verdict = three_way(rule, row->cand_share - spread, row->cand_share + spread, out->limit);
}

/* Of several limits on one row the worst counts (the enum lists verdicts worst first), then the first. */
static void keep_worse(struct finding *out, bool *decided, struct finding other)
{
    if (!*decided || other.verdict < out->verdict)
        *out = other;
    *decided = true;
}

/* A collapsed value is a finding, not a triumph: the work may not have been done. */
static void flag_collapse(struct finding *finding, const struct comparison_row *row)
{
    bool whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
    if (!whole || finding->verdict != FINDING_IMPROVED || !row->estimate.has_ratio ||
        row->estimate.ratio_high >= COLLAPSE_RATIO)
        return;
    finding->verdict = FINDING_REVIEW;
    finding->reason = STR("fell by more than 90 %: was the same work done?");
}

/* A function's unknown bytes, even if the candidate's all were of the kind and came on top. */
static bool cannot_break(const struct finding *finding, const struct comparison_row *row)
{
    const struct rule *rule = finding->rule;
    double most = growth_of(row).high + row->unknown[SIDE_CAND];
    return row->level == ROW_FUNCTION_KIND && !rule->max.set && !rule->max_share.set &&
           most <= finding->limit;
}

/* Broken even if all of the baseline's unknown bytes were of the kind. */
static bool is_proven(const struct finding *finding, const struct comparison_row *row,
                      const struct decide_scale *scale)
{
    double unknown = row->unknown[SIDE_BASE];
    struct comparison_row most = *row;
    most.estimate.base += unknown;
    double limit = growth_limit(finding->rule, &most, scale);
    return finding->verdict < FINDING_INCONCLUSIVE &&
           (finding->is_budget || growth_of(row).low - unknown > limit);
}

/* Unknown bytes may be of the kind: what is not there then is no proof that it is not. */
static void doubt_kinds(struct finding *finding, const struct comparison_row *row,
                        const struct decide_scale *scale)
{
    bool about_kinds = finding->rule->selector.kinds.len > 0;
    if (!about_kinds || comparison_unknown_share(row) <= COMPARISON_UNKNOWN_SHARE_MAX ||
        is_proven(finding, row, scale) || cannot_break(finding, row))
        return;
    finding->verdict = FINDING_INCONCLUSIVE;
    finding->is_settled = true;
    finding->reason = STR("too many bytes have no known kind (more than 2 %)");
}

void decide(struct finding *out, const struct rule *rule, const struct comparison_row *row,
            const struct decide_scale *scale)
{
    const struct finding start = {.verdict = FINDING_OK, .rule = rule, .row = row};
    *out = start;
    if (row->doubt.len) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->is_settled = true;
        out->reason = row->doubt;
        return;
    }
    if (!row->estimate.bounded) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->reason = STR("one process a side gives no interval; set trials to 2 or more");
        return;
    }
    bool decided = false;
    struct finding one = start;
    if (rule->max_increase.set || rule->max_increase_percent.set) {
        decide_growth(&one, rule, row, scale);
        keep_worse(out, &decided, one);
    }
    one = start;
    if (rule->max.set) {
        decide_budget(&one, rule, row, scale);
        keep_worse(out, &decided, one);
    }
    one = start;
    if (rule->max_share.set) {
        decide_share(&one, rule, row);
        keep_worse(out, &decided, one);
    }
    flag_collapse(out, row);
    doubt_kinds(out, row, scale);
    if (row->shadow.len && out->verdict >= FINDING_IMPROVED) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->is_settled = true;
        out->reason = row->shadow;
    }
}
