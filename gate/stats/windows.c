#include "gate/stats/windows.h"

#include <math.h>
#include <string.h>

#include "gate/stats/histogram.h"
#include "gate/stats/sample.h"

/* Of the normal distribution: standard deviation over median absolute deviation. */
#define DEVIATION_OF_MAD 1.4826022185056018
/* And n times the variance of the median of n over that of one (Kenney and Keeping). */
#define MEDIAN_VARIANCE 1.5707963267948966

/* Two values, each rounded to a bucket: the variance of the logarithm of their ratio. */
static double rounding_variance(void)
{
    double bucket = 1.0 / (1 << HISTOGRAM_SUB_BITS);
    return 2 * bucket * bucket / 12;
}

/* P(Bin(n, 1/2) <= k) = I_1/2(n - k, k + 1), DLMF 8.17.5. */
static double half_binomial_cdf(size_t n, size_t k)
{
    return incomplete_beta((double)(n - k), (double)k + 1, 0.5);
}

struct pairs_mean {
    double mean;    /* of the pairs' medians */
    double of_mean; /* its variance */
    double df;      /* of Student's t */
    double known;   /* what part of it their windows explain */
};

/* The median of a pair's windows, each of which is then as far from it as it is. */
static double take_median(double *windows, size_t len)
{
    double median = sample_median(windows, len);
    for (size_t i = 0; i < len; i++)
        windows[i] = fabs(windows[i] - median);
    return median;
}

/*
 * Of a pair's median, on average over the pairs, by the windows of all; each
 * pair's own median took one of them. Of pairs of 3 and of 17 windows it is
 * that of 3 which errs: what counts is the mean of 1 / n, not 1 over that of n.
 */
static double variance_by_windows(double *gaps, size_t len, const struct windows *windows)
{
    double deviation = DEVIATION_OF_MAD * sample_median(gaps, len);
    double freedom = (double)len - (double)windows->pairs;
    double parts = 0;
    if (freedom <= 0)
        return 0;
    for (size_t p = 0; p < windows->pairs; p++)
        parts += 1 / (double)windows->lens[p];
    double variance = deviation * deviation * (double)len / freedom;
    return MEDIAN_VARIANCE * variance * parts / (double)windows->pairs;
}

static struct pairs_mean mean_of_pairs(const double *logs, const struct windows *windows)
{
    double gaps[WINDOWS_MAX];
    double medians[WINDOWS_PAIRS_MAX];
    size_t len = 0;
    for (size_t p = 0; p < windows->pairs; p++) {
        memcpy(&gaps[len], &logs[len], windows->lens[p] * sizeof(*gaps));
        medians[p] = take_median(&gaps[len], windows->lens[p]);
        len += windows->lens[p];
    }
    double count = (double)windows->pairs;
    double seen = sample_variance(medians, windows->pairs);
    double least = fmax(variance_by_windows(gaps, len, windows), rounding_variance());
    bool is_seen = seen > least;
    return (struct pairs_mean){sample_mean(medians, windows->pairs),
                               (is_seen ? seen : least) / count, is_seen ? count - 1 : count,
                               is_seen ? least / seen : 1};
}

/* False when a value has no logarithm. */
static bool have_logs(struct samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        if (!(samples.values[i] > 0))
            return false;
    }
    return true;
}

/* Of all windows: what the two sides have in common. */
static double middle_of(const struct windows *windows)
{
    double middles[WINDOWS_MAX];
    for (size_t i = 0; i < windows->base.len; i++)
        middles[i] = (log(windows->base.values[i]) + log(windows->cand.values[i])) / 2;
    return sample_median(middles, windows->base.len);
}

static double reach_of(double df)
{
    return student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, df);
}

static void fill_ratio(struct estimate *out, const struct windows *windows)
{
    double ratios[WINDOWS_MAX];
    for (size_t i = 0; i < windows->base.len; i++)
        ratios[i] = log(windows->cand.values[i]) - log(windows->base.values[i]);
    struct pairs_mean shift = mean_of_pairs(ratios, windows);
    double middle = middle_of(windows);
    if (out->bounded) {
        out->df = shift.df;
        out->reach = reach_of(out->df);
        out->known.base = shift.known;
    }
    double half = out->bounded ? out->reach * sqrt(shift.of_mean) : 0;
    out->base = exp(middle - shift.mean / 2);
    out->cand = exp(middle + shift.mean / 2);
    out->delta = out->cand - out->base;
    out->has_ratio = true;
    out->ratio = expm1(shift.mean);
    out->ratio_low = expm1(shift.mean - half);
    out->ratio_high = expm1(shift.mean + half);
    out->delta_low = out->base * out->ratio_low;
    out->delta_high = out->base * out->ratio_high;
}

/* After the ratio: what reports name is the value that the interval is around. */
static void fill_cand(struct estimate *out, const struct windows *windows)
{
    double logs[WINDOWS_MAX];
    for (size_t i = 0; i < windows->cand.len; i++)
        logs[i] = log(windows->cand.values[i]);
    struct pairs_mean value = mean_of_pairs(logs, windows);
    out->cand_df = value.df;
    out->cand_reach = reach_of(value.df);
    double half = out->cand_reach * sqrt(value.of_mean);
    out->has_cand_interval = true;
    out->cand_low = out->cand * exp(-half);
    out->cand_high = out->cand * exp(half);
}

static bool are_enough(const struct windows *windows)
{
    return windows->pairs >= 2 && windows->base.len >= WINDOWS_MIN &&
           windows->base.len >= WINDOWS_PER_PAIR_MIN * windows->pairs;
}

struct estimate estimate_of_windows(const struct windows *windows)
{
    struct estimate out = {.base_count = (uint32_t)windows->base.len,
                           .cand_count = (uint32_t)windows->cand.len,
                           .method = ESTIMATE_WINDOWS,
                           .by_logarithm = true,
                           .effective = (double)windows->base.len};
    assert(windows->base.len == windows->cand.len && windows->base.len <= WINDOWS_MAX &&
           windows->pairs <= WINDOWS_PAIRS_MAX);
    if (windows->base.len == 0 || !have_logs(windows->base) || !have_logs(windows->cand))
        return out;
    out.bounded = are_enough(windows);
    fill_ratio(&out, windows);
    if (out.bounded)
        fill_cand(&out, windows);
    return out;
}

bool windows_have_bursts(struct burst_count *out, const struct windows *windows, double factor)
{
    const double *base = windows->base.values;
    const double *cand = windows->cand.values;
    struct burst_count count = {0};
    for (size_t i = 0; i < windows->base.len; i++) {
        count.worse += cand[i] > factor * base[i];
        count.better += base[i] > factor * cand[i];
    }
    *out = count;
    size_t n = count.worse + count.better;
    /* P(Bin(n, 1/2) >= worse) = P(Bin(n, 1/2) <= better). */
    return n > 0 && count.worse > count.better &&
           half_binomial_cdf(n, count.better) < (1 - ESTIMATE_CONFIDENCE) / 2;
}
