#include "gate/stats/share.h"

#include <math.h>

#include "gate/stats/sample.h"

static struct share_count pooled(const struct share_count *counts, size_t len)
{
    struct share_count sum = {0, 0};
    for (size_t i = 0; i < len; i++) {
        assert(counts[i].part >= 0 && counts[i].part <= counts[i].whole);
        sum.part += counts[i].part;
        sum.whole += counts[i].whole;
    }
    return sum;
}

double share_dispersion(const struct share_count *counts, size_t len)
{
    struct share_count sum = pooled(counts, len);
    double share = sum.whole > 0 ? sum.part / sum.whole : 0;
    double squares = 0;
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (counts[i].whole <= 0)
            continue;
        double gap = counts[i].part - counts[i].whole * share;
        squares += gap * gap / counts[i].whole;
        used++;
    }
    if (used < 2 || share <= 0 || share >= 1)
        return 1;
    return fmax(1, squares / (share * (1 - share)) / (double)(used - 1));
}

struct interval share_interval(const struct share_count *counts, size_t len)
{
    struct share_count sum = pooled(counts, len);
    if (sum.whole <= 0)
        return (struct interval){0, 0, 1, 0};
    double share = sum.part / sum.whole;
    double n = sum.whole / share_dispersion(counts, len);
    double z = ESTIMATE_NORMAL_REACH;
    double scale = 1 + z * z / n;
    double middle = (share + z * z / (2 * n)) / scale;
    double half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale;
    /* At 0 and 1 the bound is the share itself; rounding may miss it by a hair. */
    return (struct interval){share, fmax(0, fmin(share, middle - half)),
                             fmin(1, fmax(share, middle + half)), 0};
}

struct interval interval_of_positive(struct samples samples)
{
    double mean = 0;
    double squares = 0;
    double n = (double)samples.len;
    for (size_t i = 0; i < samples.len; i++) {
        assert(samples.values[i] > 0);
        mean += log(samples.values[i]) / n;
    }
    if (samples.len < 2)
        return (struct interval){samples.len ? exp(mean) : 0, 0, HUGE_VAL, 0};
    for (size_t i = 0; i < samples.len; i++) {
        double gap = log(samples.values[i]) - mean;
        squares += gap * gap;
    }
    double half =
        student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, n - 1) * sqrt(squares / (n - 1) / n);
    return (struct interval){exp(mean), exp(mean - half), exp(mean + half), n - 1};
}

static double reach_of(double df)
{
    return df > 0 ? student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, df) : ESTIMATE_NORMAL_REACH;
}

double interval_reach(const struct interval *interval)
{
    return reach_of(interval->df);
}

/*
 * Satterthwaite's degrees of freedom of a sum from how far the bounds of
 * its two parts stand off; 0 (normal) where both are.
 */
static double joint_df(double gap_a, double df_a, double gap_b, double df_b)
{
    double a = gap_a / reach_of(df_a) * (gap_a / reach_of(df_a));
    double b = gap_b / reach_of(df_b) * (gap_b / reach_of(df_b));
    double parts = (df_a > 0 ? a * a / df_a : 0) + (df_b > 0 ? b * b / df_b : 0);
    return parts > 0 && isfinite(a + b) ? (a + b) * (a + b) / parts : 0;
}

/* Of a value and its bound, how far apart their logarithms are. */
static double log_gap(double value, double bound)
{
    return fabs(log(bound / value));
}

struct interval interval_product(struct interval a, struct interval b)
{
    double value = a.value * b.value;
    assert(a.low >= 0 && b.low >= 0);
    /* Zero has no logarithm. Both bounds at once are wider than needed, never narrower. */
    if (value <= 0)
        return (struct interval){0, 0, a.high * b.high, 0};
    bool has_low = a.low > 0 && b.low > 0;
    double below = has_low ? hypot(log_gap(a.value, a.low), log_gap(b.value, b.low)) : HUGE_VAL;
    double above = hypot(log_gap(a.value, a.high), log_gap(b.value, b.high));
    double df = joint_df(log_gap(a.value, a.high), a.df, log_gap(b.value, b.high), b.df);
    return (struct interval){value, value * exp(-below), value * exp(above), df};
}

/* Of a sum of squares, whose root is `whole`, what is that of `gap`. */
static double part_of(double gap, double whole)
{
    return whole > 0 ? gap / whole * (gap / whole) : 0;
}

static void fill_difference(struct estimate *out, struct interval base, struct interval cand)
{
    double below = hypot(cand.value - cand.low, base.high - base.value);
    double above = hypot(cand.high - cand.value, base.value - base.low);
    out->df = joint_df(base.high - base.value, base.df, cand.high - cand.value, cand.df);
    out->delta_low = out->delta - below;
    out->delta_high = out->delta + above;
    out->base_part_low = part_of(base.high - base.value, below);
    out->base_part_high = part_of(base.value - base.low, above);
}

/* The bounds of the difference follow from those of the ratio: rules of either kind then agree. */
static void fill_ratio(struct estimate *out, struct interval base, struct interval cand)
{
    double shift = log(cand.value / base.value);
    double below = hypot(log_gap(cand.value, cand.low), log_gap(base.value, base.high));
    double above = hypot(log_gap(cand.value, cand.high), log_gap(base.value, base.low));
    out->by_logarithm = true;
    out->df =
        joint_df(log_gap(base.value, base.high), base.df, log_gap(cand.value, cand.high), cand.df);
    out->has_ratio = true;
    out->ratio = out->delta / base.value;
    out->ratio_low = expm1(shift - below);
    out->ratio_high = expm1(shift + above);
    out->delta_low = base.value * out->ratio_low;
    out->delta_high = base.value * out->ratio_high;
}

struct estimate estimate_of_intervals(struct interval base, struct interval cand, bool ratio)
{
    struct estimate out = {
        .base = base.value,
        .cand = cand.value,
        .delta = cand.value - base.value,
        .method = ESTIMATE_INTERVALS,
        .has_cand_interval = true,
        .cand_low = cand.low,
        .cand_high = cand.high,
        .cand_df = cand.df,
        .cand_reach = reach_of(cand.df),
    };
    out.bounded = isfinite(base.high) && isfinite(cand.high);
    if (!out.bounded)
        return out;
    if (ratio && base.low > 0 && cand.low > 0) {
        fill_ratio(&out, base, cand);
    } else {
        fill_difference(&out, base, cand);
    }
    out.reach = reach_of(out.df);
    return out;
}
