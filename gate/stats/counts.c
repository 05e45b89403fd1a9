#include "gate/stats/counts.h"

#include <math.h>

#include "gate/stats/tails.h"

/* A count so large is as good as exact beside one below COUNT_LARGE. */
#define COUNT_HUGE 1e9
/* With both counts above it the binomial is normal on the scale of logarithms. */
#define COUNT_LARGE 1e6
#define VALUE_MAX   1e18

/* The mean of a side's readings. */
struct mean {
    double value;
    double variance;
};

static struct mean mean_of(struct sampled_samples samples)
{
    struct mean out = {0, 0};
    double n = (double)samples.len;
    for (size_t i = 0; i < samples.len; i++) {
        out.value += samples.items[i].value / n;
        out.variance += samples.items[i].variance / n / n;
    }
    return out;
}

static double count_of(struct mean mean)
{
    if (mean.value <= 0)
        return 0;
    return mean.variance > 0 ? fmin(mean.value * mean.value / mean.variance, COUNT_EXACT)
                             : COUNT_EXACT;
}

double sampled_count(struct sampled_samples samples)
{
    return count_of(mean_of(samples));
}

/* Pearson's X^2 of one side; the model's variance of a reading falls with its exposure. */
static double squares_of(struct sampled_samples samples)
{
    double sum = 0;
    double per_exposure = 0;
    double mean = mean_of(samples).value;
    for (size_t i = 0; i < samples.len; i++)
        per_exposure += samples.items[i].variance * samples.items[i].exposure / (double)samples.len;
    for (size_t i = 0; i < samples.len && per_exposure > 0; i++) {
        double gap = samples.items[i].value - mean;
        sum += gap * gap * samples.items[i].exposure / per_exposure;
    }
    return sum;
}

/* A side without any variance tells nothing of how well the model fits. */
static double freedom_of(struct sampled_samples samples)
{
    return samples.len > 1 && mean_of(samples).variance > 0 ? (double)samples.len - 1 : 0;
}

double sampled_dispersion(struct sampled_samples base, struct sampled_samples cand)
{
    const double prior = 6;
    double freedom = freedom_of(base) + freedom_of(cand);
    if (freedom <= 0)
        return 1;
    double squares = squares_of(base) + squares_of(cand);
    return fmax(1, (prior + squares) / (prior + freedom));
}

/* Of the share that `part` is of both counts the odds at the lower end of its interval. */
static double odds_below(double part, double other, double tail)
{
    return part > 0 ? beta_lower_odds(tail, part, other + 1) : 0;
}

static struct interval scaled(struct interval interval, double by)
{
    return (struct interval){interval.value * by, interval.low * by, interval.high * by, 0};
}

static struct interval inverse(struct interval interval)
{
    return (struct interval){1 / interval.value, interval.high > 0 ? 1 / interval.high : HUGE_VAL,
                             interval.low > 0 ? 1 / interval.low : HUGE_VAL, 0};
}

/* The variance of a large count's logarithm. */
static double log_variance(double count)
{
    return count < COUNT_EXACT ? 1 / count : 0;
}

static struct interval around(double value, double variance, double tail)
{
    double half = normal_upper_quantile(tail) * sqrt(variance);
    return (struct interval){value, value * exp(-half), value * exp(half), 0};
}

struct interval count_interval(double count, double confidence)
{
    double tail = (1 - confidence) / 2;
    assert(count >= 0 && confidence > 0 && confidence < 1);
    if (count > COUNT_LARGE)
        return around(count, log_variance(count), tail);
    double low = count > 0 ? gamma_quantile(tail, count, false) : 0;
    return (struct interval){count, low, gamma_quantile(tail, count + 1, true), 0};
}

struct interval count_ratio_interval(double base, double cand, double confidence)
{
    double tail = (1 - confidence) / 2;
    assert(base >= 0 && cand >= 0 && confidence > 0 && confidence < 1);
    if (base <= 0 && cand <= 0)
        return (struct interval){1, 0, HUGE_VAL, 0};
    if (base > COUNT_LARGE && cand > COUNT_LARGE)
        return around(cand / base, log_variance(base) + log_variance(cand), tail);
    if (base >= COUNT_HUGE)
        return scaled(count_interval(cand, confidence), 1 / base);
    if (cand >= COUNT_HUGE)
        return inverse(scaled(count_interval(base, confidence), 1 / cand));
    double high = odds_below(base, cand, tail);
    return (struct interval){base > 0 ? cand / base : HUGE_VAL, odds_below(cand, base, tail),
                             high > 0 ? 1 / high : HUGE_VAL, 0};
}

/* Normal quantiles of 1 - 0.01 / 50 and of 0.99. */
#define DETECTION_QUANTILES 5.87

double count_detectable(double count)
{
    return count > 0 ? expm1(DETECTION_QUANTILES * sqrt(2 / count)) : HUGE_VAL;
}

double count_needed(double growth_ratio)
{
    double each = DETECTION_QUANTILES / log1p(growth_ratio);
    assert(growth_ratio > 0);
    return 2 * each * each;
}

/* One side's value with its own interval. */
static struct interval value_interval(struct mean mean, double weight, double confidence)
{
    double count = count_of(mean);
    struct interval counts = count_interval(count, confidence);
    double each = count > 0 ? mean.value / count : weight;
    return (struct interval){mean.value, counts.low * each, counts.high * each, 0};
}

static double weight_of(struct mean mean, double otherwise)
{
    return mean.value > 0 ? mean.variance / mean.value : otherwise;
}

static bool are_usable(struct sampled_samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        const struct sampled *item = &samples.items[i];
        if (!(item->value >= 0 && item->value <= VALUE_MAX && item->variance >= 0 &&
              item->exposure > 0))
            return false;
    }
    return samples.len > 0;
}

static void fill_ratio(struct estimate *out, double base_count, double cand_count,
                       double confidence)
{
    struct interval counts = count_ratio_interval(base_count, cand_count, confidence);
    double ratio = out->cand / out->base;
    /* The weights of a sample are what they are; only the counts are uncertain. */
    double scale = counts.value > 0 ? ratio / counts.value : 1;
    out->has_ratio = true;
    out->ratio = ratio - 1;
    out->ratio_low = counts.low * scale - 1;
    out->ratio_high = counts.high * scale - 1;
    out->delta_low = fmin(out->delta_low, out->base * out->ratio_low);
}

struct estimate estimate_of_sampled(struct sampled_samples base, struct sampled_samples cand,
                                    double weight, double confidence)
{
    struct estimate out = {.base_count = (uint32_t)base.len, .cand_count = (uint32_t)cand.len};
    if (!are_usable(base) || !are_usable(cand))
        return out;
    double dispersion = sampled_dispersion(base, cand);
    struct mean first = mean_of(base);
    struct mean second = mean_of(cand);
    first.variance *= dispersion;
    second.variance *= dispersion;
    weight *= dispersion;
    struct interval low = value_interval(first, weight_of(second, weight), confidence);
    struct interval high = value_interval(second, weight_of(first, weight), confidence);
    out = estimate_of_intervals(low, high, false);
    out.base_count = (uint32_t)base.len;
    out.cand_count = (uint32_t)cand.len;
    out.method = ESTIMATE_SAMPLED;
    out.effective = fmin(count_of(first), count_of(second));
    /* What `confidence` stands off by: bounds of other levels go straight on from there. */
    out.reach = normal_upper_quantile((1 - confidence) / 2);
    out.cand_reach = out.reach;
    if (first.value > 0)
        fill_ratio(&out, count_of(first), count_of(second), confidence);
    return out;
}
