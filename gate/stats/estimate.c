#include "gate/stats/estimate.h"

#include <math.h>

#include "gate/stats/sample.h"

enum { ESTIMATE_SAMPLES_MAX = 64 };

const char *estimate_method_name(enum estimate_method method)
{
    static const char *const names[] = {
        [ESTIMATE_DIFFERENCE] = "welch-difference",  [ESTIMATE_LOG_RATIO] = "student-log-ratio",
        [ESTIMATE_LOG_WELCH] = "welch-log-ratio",    [ESTIMATE_PAIRS] = "student-pairs",
        [ESTIMATE_WINDOWS] = "median-of-windows",    [ESTIMATE_INTERVALS] = "own-intervals",
        [ESTIMATE_SAMPLED] = "sampling-of-profiles",
    };
    return names[method];
}

struct spread {
    double mean;
    double of_mean; /* variance of the mean */
    double df;
};

static struct spread spread_of(const double *values, size_t n)
{
    double mean = sample_mean(values, n);
    double variance = sample_variance(values, n);
    return (struct spread){mean, n ? variance / (double)n : 0, n > 1 ? (double)n - 1 : 0};
}

double estimate_least_spread(double mean, double step)
{
    return fmax(ESTIMATE_SPREAD_FLOOR * fabs(mean), ESTIMATE_STEP_SPREAD_FLOOR * step);
}

/* Of the mean of so many readings. */
static double least_variance(double mean, double step, size_t len)
{
    double least = estimate_least_spread(mean, step);
    return len > 0 ? least * least / (double)len : 0;
}

static struct spread floored_spread_of(struct samples samples, double step)
{
    struct spread out = spread_of(samples.values, samples.len);
    out.of_mean = fmax(out.of_mean, least_variance(out.mean, step, samples.len));
    return out;
}

/* Half width of the interval, with all degrees of freedom or Satterthwaite's. */
static double half_width(struct estimate *out, struct spread a, struct spread b)
{
    double sum = a.of_mean + b.of_mean;
    if (sum <= 0 || a.df <= 0 || b.df <= 0)
        return 0;
    double welch = sum * sum / (a.of_mean * a.of_mean / a.df + b.of_mean * b.of_mean / b.df);
    out->df = out->method == ESTIMATE_LOG_RATIO ? a.df + b.df : welch;
    out->reach = student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, out->df);
    return out->reach * sqrt(sum);
}

/* Both sides share the spread that their values have about their own means. */
static void pool(struct spread *a, struct spread *b, size_t a_len, size_t b_len)
{
    double df = a->df + b->df;
    if (df <= 0)
        return;
    double variance =
        (a->of_mean * (double)a_len * a->df + b->of_mean * (double)b_len * b->df) / df;
    a->of_mean = variance / (double)a_len;
    b->of_mean = variance / (double)b_len;
}

static void fill_difference(struct estimate *out, struct samples base, struct samples cand,
                            double step)
{
    struct spread a = floored_spread_of(base, step);
    struct spread b = floored_spread_of(cand, step);
    double half = half_width(out, a, b);
    out->base = a.mean;
    out->cand = b.mean;
    out->delta = b.mean - a.mean;
    out->delta_low = out->delta - half;
    out->delta_high = out->delta + half;
    double variance = a.of_mean + b.of_mean;
    if (variance > 0) {
        out->base_part_low = a.of_mean / variance;
        out->known.base = least_variance(a.mean, step, base.len) / variance;
        out->known.cand = least_variance(b.mean, step, cand.len) / variance;
    }
    out->base_part_high = out->base_part_low;
    out->has_ratio = a.mean > 0;
    if (out->has_ratio) {
        out->ratio = out->delta / a.mean;
        out->ratio_low = out->delta_low / a.mean;
        out->ratio_high = out->delta_high / a.mean;
    }
}

static bool take_logs(double *out, struct samples samples)
{
    assert(samples.len <= ESTIMATE_SAMPLES_MAX);
    for (size_t i = 0; i < samples.len; i++) {
        if (samples.values[i] <= 0)
            return false;
        out[i] = log(samples.values[i]);
    }
    return true;
}

/* The ratio's side of an estimate: e^`shift`, its bounds `half` off in the logarithm. */
static void set_ratio(struct estimate *out, double shift, double half)
{
    out->by_logarithm = true;
    out->has_ratio = true;
    out->ratio = expm1(shift);
    out->ratio_low = expm1(shift - half);
    out->ratio_high = expm1(shift + half);
    out->delta = out->cand - out->base;
    out->delta_low = out->base * out->ratio_low;
    out->delta_high = out->base * out->ratio_high;
}

static bool fill_log_ratio(struct estimate *out, struct samples base, struct samples cand,
                           enum estimate_method method)
{
    double base_logs[ESTIMATE_SAMPLES_MAX];
    double cand_logs[ESTIMATE_SAMPLES_MAX];
    if (!take_logs(base_logs, base) || !take_logs(cand_logs, cand))
        return false;
    struct spread a = spread_of(base_logs, base.len);
    struct spread b = spread_of(cand_logs, cand.len);
    out->method = method;
    if (method == ESTIMATE_LOG_RATIO)
        pool(&a, &b, base.len, cand.len);
    double half = half_width(out, a, b);
    out->base = exp(a.mean);
    out->cand = exp(b.mean);
    set_ratio(out, b.mean - a.mean, half);
    return true;
}

/* What the mean of logarithms may be off by, of a spread that is no smaller than can be believed. */
static double student_half(double *df, double *reach, struct spread logs, size_t len)
{
    if (logs.df <= 0)
        return 0;
    *df = logs.df;
    *reach = student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, logs.df);
    return *reach * sqrt(fmax(logs.of_mean, least_variance(1, 0, len)));
}

static void fill_pairs(struct estimate *out, const double *base_logs, const double *cand_logs,
                       size_t len)
{
    double ratios[ESTIMATE_SAMPLES_MAX];
    for (size_t i = 0; i < len; i++)
        ratios[i] = cand_logs[i] - base_logs[i];
    struct spread shift = spread_of(ratios, len);
    struct spread own = spread_of(cand_logs, len);
    double least = least_variance(1, 0, len);
    out->method = ESTIMATE_PAIRS;
    out->known.base = least / fmax(least, shift.of_mean);
    out->base = exp(sample_mean(base_logs, len));
    out->cand = exp(own.mean);
    set_ratio(out, shift.mean, student_half(&out->df, &out->reach, shift, len));
    double half = student_half(&out->cand_df, &out->cand_reach, own, len);
    out->has_cand_interval = out->bounded;
    out->cand_low = out->cand * exp(-half);
    out->cand_high = out->cand * exp(half);
}

/* Nothing that is measured comes near this, and squares of it still are numbers. */
#define VALUE_MAX 1e18

static bool are_usable(struct samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        if (!(fabs(samples.values[i]) <= VALUE_MAX))
            return false;
    }
    return true;
}

/* Without an interval yet. */
static struct estimate start_of(struct samples base, struct samples cand)
{
    struct estimate out = {.base_count = (uint32_t)base.len, .cand_count = (uint32_t)cand.len};
    out.effective = (double)(base.len + cand.len);
    out.bounded = base.len >= 2 && cand.len >= 2 && are_usable(base) && are_usable(cand);
    return out;
}

struct estimate estimate_of(struct samples base, struct samples cand, enum estimate_method method)
{
    struct estimate out = start_of(base, cand);
    if (!are_usable(base) || !are_usable(cand))
        return out;
    /* A zero has no logarithm; the difference still says what happened. */
    if (method == ESTIMATE_DIFFERENCE || !fill_log_ratio(&out, base, cand, method))
        fill_difference(&out, base, cand, 0);
    return out;
}

struct estimate estimate_of_pairs(struct samples base, struct samples cand)
{
    double base_logs[ESTIMATE_SAMPLES_MAX];
    double cand_logs[ESTIMATE_SAMPLES_MAX];
    struct estimate out = start_of(base, cand);
    assert(base.len == cand.len);
    if (!are_usable(base) || !are_usable(cand))
        return out;
    /* A zero has no ratio. */
    if (base.len > 0 && take_logs(base_logs, base) && take_logs(cand_logs, cand)) {
        fill_pairs(&out, base_logs, cand_logs, base.len);
    } else {
        fill_difference(&out, base, cand, 0);
    }
    return out;
}

/* The variance of the middle of two means, and its degrees of freedom. */
static struct spread middle_of(const double *base, size_t base_len, const double *cand,
                               size_t cand_len)
{
    struct spread a = spread_of(base, base_len);
    struct spread b = spread_of(cand, cand_len);
    pool(&a, &b, base_len, cand_len);
    return (struct spread){(a.mean + b.mean) / 2, (a.of_mean + b.of_mean) / 4, a.df + b.df};
}

bool estimate_set_level(struct estimate *pairs, struct samples base, struct samples cand)
{
    double base_logs[ESTIMATE_SAMPLES_MAX];
    double cand_logs[ESTIMATE_SAMPLES_MAX];
    if (pairs->method != ESTIMATE_PAIRS || !pairs->bounded || base.len < 2 || cand.len < 2 ||
        !are_usable(base) || !are_usable(cand) || !take_logs(base_logs, base) ||
        !take_logs(cand_logs, cand))
        return false;
    struct spread middle = middle_of(base_logs, base.len, cand_logs, cand.len);
    double shift = log1p(pairs->ratio);
    double half = shift - log1p(pairs->ratio_low);
    double change = half / pairs->reach / 2; /* what half the change may be off by */
    double of_change = change * change;
    pairs->base = exp(middle.mean - shift / 2);
    pairs->cand = exp(middle.mean + shift / 2);
    set_ratio(pairs, shift, half);
    struct spread own = {log(pairs->cand), middle.of_mean + of_change, 0};
    own.df = own.of_mean * own.of_mean /
             (middle.of_mean * middle.of_mean / middle.df + of_change * of_change / pairs->df);
    half = student_half(&pairs->cand_df, &pairs->cand_reach, own, cand.len);
    pairs->cand_low = pairs->cand * exp(-half);
    pairs->cand_high = pairs->cand * exp(half);
    return true;
}

struct estimate estimate_of_counts(struct samples base, struct samples cand, double step)
{
    struct estimate out = start_of(base, cand);
    assert(step > 0);
    if (are_usable(base) && are_usable(cand))
        fill_difference(&out, base, cand, step);
    return out;
}

void estimate_widen_to_rise(struct estimate *growth, const struct estimate *rise)
{
    double half = growth->delta_high - growth->delta;
    growth->has_cand_interval = true;
    growth->cand_df = growth->df;
    growth->cand_reach = growth->reach;
    growth->cand_low = growth->cand - half;
    growth->has_rise = true;
    growth->rise = rise->delta_high;
    growth->cand_rise = rise->cand + rise->delta_high - rise->delta;
    growth->cand_high = fmax(growth->cand + half, growth->cand_rise);
    growth->delta_high = fmax(growth->delta_high, growth->rise);
    if (growth->has_ratio)
        growth->ratio_high = fmax(growth->ratio_high, growth->delta_high / growth->base);
    growth->bounded = growth->bounded && rise->bounded;
}
