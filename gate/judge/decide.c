#include "gate/judge/decide.h"

#include <math.h>

#include "gate/judge/collapse.h"
#include "gate/stats/bounds.h"

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

static bool has_moved(const struct comparison_row *row)
{
    return row->moved < 0 || row->moved > 0;
}

/* Sums of what moved are right to so much of the whole. */
#define MOVED_ROUNDING 1e-9

/*
 * What growth is measured from: the baseline's value and what came from
 * other functions since, or without what went to others. A rounding that
 * stays is nothing: a per cent of it would be a limit that no spread keeps.
 */
static double growth_base(const struct comparison_row *row)
{
    double base = row->estimate.base;
    double left = base + row->moved;
    return left > MOVED_ROUNDING * base ? left : 0;
}

/*
 * The growth beyond what moved, and the part of the row's spread that it
 * has. Cost that left took its part of the spread along: what is left
 * varies by what it is, and nothing does not vary. Spread grows with the
 * square root of what it is of.
 */
struct growth {
    double middle;
    double part;
};

static struct growth growth_of(const struct comparison_row *row)
{
    const struct estimate *estimate = &row->estimate;
    double both = estimate->base + estimate->cand;
    double part = 1;
    if (row->moved < 0 && both > 0)
        part = sqrt(fmin(1, (growth_base(row) + estimate->cand) / both));
    /* From growth_base: no rounding makes growth of nothing. */
    double middle = has_moved(row) ? estimate->cand - growth_base(row) : estimate->delta;
    return (struct growth){middle, part};
}

/* The change of the row that is as far from its middle as `limit` is from that of the growth. */
static double change_at(const struct comparison_row *row, struct growth growth, double limit)
{
    return row->estimate.delta - (growth.middle - limit) / growth.part;
}

static double growth_p_above(const struct comparison_row *row, double limit)
{
    struct growth growth = growth_of(row);
    if (growth.part <= 0)
        return growth.middle > limit ? 0 : 1;
    return bounds_p_above(&row->estimate, change_at(row, growth, limit));
}

static double growth_p_below(const struct comparison_row *row, double limit)
{
    struct growth growth = growth_of(row);
    if (growth.part <= 0)
        return growth.middle > limit ? 1 : 0;
    return bounds_p_below(&row->estimate, change_at(row, growth, limit));
}

double decide_floor(const struct rule *rule, const struct decide_scale *scale)
{
    double floor = 0;
    if (rule->floor.set)
        floor = fmax(floor, in_row_unit(&rule->floor, rule->metric, scale));
    if (rule->floor_share.set)
        floor = fmax(floor, rule->floor_share.value * scale->scenario_value);
    return floor;
}

/* The part of the limit that is a number, whatever the baseline is. */
static double fixed_limit(const struct rule *rule, const struct decide_scale *scale)
{
    double limit = decide_floor(rule, scale);
    if (rule->max_increase.set)
        limit = fmax(limit, in_row_unit(&rule->max_increase, rule->metric, scale));
    return limit;
}

/* The growth that must be exceeded: every limit and floor of the row has to be passed. */
static double growth_limit(const struct rule *rule, const struct comparison_row *row,
                           const struct decide_scale *scale)
{
    double limit = fixed_limit(rule, scale);
    if (rule->max_increase_percent.set)
        limit = fmax(limit, rule->max_increase_percent.value * growth_base(row));
    return limit;
}

/*
 * The upper bound of the ratio in the unit of the difference. A limit in
 * percent is as uncertain as the baseline it is of, which the interval of
 * the difference does not know. What moved is taken for as sure as the
 * rest, by its size: the spread of a logarithm falls with the root of it.
 */
static double ratio_high_as_change(const struct comparison_row *row)
{
    const struct estimate *estimate = &row->estimate;
    double base = growth_base(row);
    double cand = estimate->cand;
    if (!has_moved(row) || cand <= 0 || base <= 0)
        return estimate->base * estimate->ratio_high;
    double spread = log((1 + estimate->ratio_high) / (1 + estimate->ratio));
    double part = sqrt((1 / base + 1 / cand) / (1 / estimate->base + 1 / cand));
    return estimate->delta + cand * expm1(spread * part) / growth_of(row).part;
}

/* How many times as far off a bound is, of which the baseline has such a part, about such a limit. */
static double times_as_far(double base_part, double limit_ratio)
{
    return sqrt(1 + base_part * ((1 + limit_ratio) * (1 + limit_ratio) - 1));
}

static void widen_floor(struct estimate_floor *floor, double times)
{
    /* One of ratios has the baseline's spread already. */
    if (floor->is_ratio)
        return;
    floor->run_variance *= times * times;
    floor->trial_variance *= times * times;
    floor->within *= times * times;
}

/*
 * The same estimate about a limit in percent, which has the baseline's
 * spread, too: its bounds but for the rounding in them. Logarithms are those
 * of ratios and have it, as a sampled profile's lower bound has.
 */
static struct estimate widened(const struct estimate *estimate, double limit_ratio)
{
    struct estimate out = *estimate;
    if (estimate->by_logarithm || estimate->method == ESTIMATE_SAMPLED)
        return out;
    double low = estimate->delta - estimate->delta_low - estimate->slack;
    double high = estimate->delta_high - estimate->delta - estimate->slack;
    low *= times_as_far(estimate->base_part_low, limit_ratio);
    high *= times_as_far(estimate->base_part_high, limit_ratio);
    out.delta_low = estimate->delta - low - estimate->slack;
    out.delta_high = estimate->delta + high + estimate->slack;
    widen_floor(&out.floor,
                times_as_far(fmax(estimate->base_part_low, estimate->base_part_high), limit_ratio));
    return out;
}

static struct comparison_row widened_by_limit(const struct comparison_row *row, double limit_ratio)
{
    struct comparison_row out = *row;
    out.estimate = widened(&row->estimate, limit_ratio);
    return out;
}

/* And with an upper bound that holds for the ratio as well as for the difference. */
static struct comparison_row bounded_by_ratio(const struct comparison_row *row, double limit_ratio)
{
    struct comparison_row out = widened_by_limit(row, limit_ratio);
    const struct estimate *estimate = &row->estimate;
    if (estimate->method == ESTIMATE_SAMPLED && estimate->has_ratio && growth_of(row).part > 0)
        out.estimate.delta_high = fmax(estimate->delta_high, ratio_high_as_change(row));
    return out;
}

static double p_broken(const struct rule *rule, const struct comparison_row *row,
                       const struct decide_scale *scale)
{
    double limit = growth_limit(rule, row, scale);
    if (limit <= fixed_limit(rule, scale))
        return growth_p_above(row, limit);
    struct comparison_row wider = widened_by_limit(row, rule->max_increase_percent.value);
    return growth_p_above(&wider, limit);
}

/*
 * The limit is the larger of its fixed part and the part in percent: what
 * keeps one of them keeps it. `unknown` comes on top of the growth.
 */
static double p_not_kept(const struct rule *rule, const struct comparison_row *row,
                         const struct decide_scale *scale, double unknown)
{
    double p = growth_p_below(row, fixed_limit(rule, scale) - unknown);
    if (!rule->max_increase_percent.set)
        return p;
    struct comparison_row wider = bounded_by_ratio(row, rule->max_increase_percent.value);
    return fmin(p, growth_p_below(&wider, growth_limit(rule, row, scale) - unknown));
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

/* A limit of a rule and what the row says to it. */
struct claim {
    double limit;
    bool is_budget;
    bool counts;
    double p_above; /* chance of the numbers were the limit kept */
    double p_below; /* and were it passed */
    bool is_improved;
};

static struct claim growth_claim(const struct rule *rule, const struct comparison_row *row,
                                 const struct decide_scale *scale)
{
    double limit = growth_limit(rule, row, scale);
    const struct estimate *estimate = &row->estimate;
    struct growth growth = growth_of(row);
    return (struct claim){
        .limit = limit,
        .counts = fabs(estimate->base) + fabs(estimate->cand) > limit,
        .p_above = p_broken(rule, row, scale),
        .p_below = p_not_kept(rule, row, scale, 0),
        .is_improved = growth.middle < -limit && growth_p_below(row, -limit) <= DECIDE_OK_ALPHA,
    };
}

/* Without an interval of its own the candidate has the spread of the difference. */
static struct claim budget_claim(const struct rule *rule, const struct comparison_row *row,
                                 const struct decide_scale *scale)
{
    const struct estimate *estimate = &row->estimate;
    double limit = in_row_unit(&rule->max, rule->metric, scale);
    double as_change = estimate->delta - (estimate->cand - limit);
    bool own = estimate->has_cand_interval;
    return (struct claim){
        .limit = limit,
        .is_budget = true,
        .counts = true,
        .p_above = own ? bounds_p_cand_above(estimate, limit) : bounds_p_above(estimate, as_change),
        .p_below = own ? bounds_p_cand_below(estimate, limit) : bounds_p_below(estimate, as_change),
    };
}

/* The share varies as the row's value does; that of the whole is nearly constant beside it. */
static struct claim share_claim(const struct rule *rule, const struct comparison_row *row)
{
    const struct estimate *estimate = &row->estimate;
    double limit = rule->max_share.value;
    struct claim out = {.limit = limit, .is_budget = true, .counts = true};
    if (estimate->cand <= 0 || row->cand_share <= 0) {
        out.p_above = row->cand_share > limit ? 0 : 1;
        out.p_below = 1 - out.p_above;
        return out;
    }
    double as_value = limit * estimate->cand / row->cand_share;
    double as_change = estimate->delta - (estimate->cand - as_value);
    out.p_above = bounds_p_above(estimate, as_change);
    out.p_below = bounds_p_below(estimate, as_change);
    return out;
}

static size_t claims_of(struct claim out[DECIDE_CLAIMS_MAX], const struct rule *rule,
                        const struct comparison_row *row, const struct decide_scale *scale)
{
    size_t count = 0;
    if (rule_limits_growth(rule) && !scale->budgets_only)
        out[count++] = growth_claim(rule, row, scale);
    if (rule->max.set)
        out[count++] = budget_claim(rule, row, scale);
    if (rule->max_share.set)
        out[count++] = share_claim(rule, row);
    return count;
}

static bool has_claims(const struct comparison_row *row)
{
    return row->doubt.len == 0 && row->estimate.bounded;
}

size_t decide_claims(struct decide_claim out[DECIDE_CLAIMS_MAX], const struct rule *rule,
                     const struct comparison_row *row, const struct decide_scale *scale)
{
    struct claim claims[DECIDE_CLAIMS_MAX];
    if (!has_claims(row))
        return 0;
    size_t count = claims_of(claims, rule, row, scale);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct decide_claim){claims[i].p_above, claims[i].counts};
    return count;
}

/* Three ways: proven above, proven below, or neither yet. */
static enum finding_verdict three_way(const struct rule *rule, const struct claim *claim,
                                      double alpha)
{
    if (claim->p_above <= alpha)
        return broken(rule);
    /* What is no number keeps nothing. */
    if (!(claim->p_below <= DECIDE_OK_ALPHA))
        return FINDING_INCONCLUSIVE;
    return claim->is_improved ? FINDING_IMPROVED : FINDING_OK;
}

/* Of several limits on one row the worst counts (the enum lists verdicts worst first), then the first. */
static void decide_limits(struct finding *out, const struct rule *rule,
                          const struct comparison_row *row, const struct decide_scale *scale)
{
    struct claim claims[DECIDE_CLAIMS_MAX];
    size_t count = claims_of(claims, rule, row, scale);
    for (size_t i = 0; i < count; i++) {
        enum finding_verdict verdict = three_way(rule, &claims[i], scale->alpha);
        if (i > 0 && verdict >= out->verdict)
            continue;
        out->verdict = verdict;
        out->limit = claims[i].limit;
        out->is_budget = claims[i].is_budget;
        out->p = claims[i].p_above;
    }
}

/* A collapsed value is a finding, not a triumph: the work may not have been done. */
static void flag_collapse(struct finding *finding, const struct comparison_row *row,
                          const struct decide_scale *scale)
{
    if (!collapse_is(finding, row, scale))
        return;
    finding->verdict = FINDING_REVIEW;
    finding->is_collapse = true;
    finding->reason = STR("fell by more than max_decrease: was the same work done?");
}

/* A function's unknown bytes, even if the candidate's all were of the kind and came on top. */
static bool cannot_break(const struct finding *finding, const struct comparison_row *row,
                         const struct decide_scale *scale)
{
    const struct rule *rule = finding->rule;
    return row->level == ROW_FUNCTION_KIND && !rule->max.set && !rule->max_share.set &&
           p_not_kept(rule, row, scale, row->unknown[SIDE_CAND]) <= DECIDE_OK_ALPHA;
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
           (finding->is_budget || growth_p_above(row, limit + unknown) <= scale->alpha);
}

/* Unknown bytes may be of the kind: what is not there then is no proof that it is not. */
static void doubt_kinds(struct finding *finding, const struct comparison_row *row,
                        const struct decide_scale *scale)
{
    bool about_kinds = finding->rule->selector.kinds.len > 0;
    if (!about_kinds || comparison_unknown_share(row) <= COMPARISON_UNKNOWN_SHARE_MAX ||
        is_proven(finding, row, scale) || cannot_break(finding, row, scale))
        return;
    finding->verdict = FINDING_INCONCLUSIVE;
    finding->is_settled = true;
    finding->reason = STR("too many bytes have no known kind (more than 2 %)");
}

static struct str why_unbounded(const struct comparison_row *row)
{
    if (row->unbounded.len)
        return row->unbounded;
    return row->is_alone ? STR("one process gives no interval; set trials to 2 or more")
                         : STR("one process a side gives no interval; set trials to 2 or more");
}

void decide(struct finding *out, const struct rule *rule, const struct comparison_row *row,
            const struct decide_scale *scale)
{
    const struct finding start = {.verdict = FINDING_OK, .rule = rule, .row = row, .p = 1};
    *out = start;
    if (row->doubt.len) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->is_settled = true;
        out->reason = row->doubt;
        return;
    }
    if (!has_claims(row)) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->reason = why_unbounded(row);
        return;
    }
    decide_limits(out, rule, row, scale);
    flag_collapse(out, row, scale);
    doubt_kinds(out, row, scale);
    if (row->shadow.len && out->verdict >= FINDING_IMPROVED) {
        out->verdict = FINDING_INCONCLUSIVE;
        out->is_settled = true;
        out->reason = row->shadow;
    }
}

struct estimate decide_estimate(const struct finding *finding, const struct decide_scale *scale)
{
    const struct rule *rule = finding->rule;
    bool is_percent = !finding->is_budget && rule->max_increase_percent.set &&
                      finding->limit > fixed_limit(rule, scale);
    return is_percent ? widened(&finding->row->estimate, rule->max_increase_percent.value)
                      : finding->row->estimate;
}

void decide_interval(struct finding *out, double look_alpha)
{
    const struct estimate *estimate = &out->row->estimate;
    if (!has_claims(out->row))
        return;
    out->low = bounds_low(estimate, look_alpha);
    out->high = bounds_high(estimate, DECIDE_OK_ALPHA);
    out->has_interval = isfinite(out->low) && isfinite(out->high);
    out->has_cand_interval = out->is_budget && estimate->has_cand_interval;
    if (!out->has_cand_interval)
        return;
    out->cand_low = bounds_cand_low(estimate, look_alpha);
    out->cand_high = bounds_cand_high(estimate, DECIDE_OK_ALPHA);
}
