#include "gate/stats/counts.h"

#include <math.h>

#include "gate/stats/sample.h"
#include "gate/stats/tails.h"

/* A count so large is as good as exact beside one below COUNT_LARGE. */
#define COUNT_HUGE 1e9
/* With both counts above it the binomial is normal on the scale of logarithms. */
#define COUNT_LARGE 1e6
#define VALUE_MAX   1e18

/* The mean of a side's readings, each with the weight of its exposure. */
struct mean {
    double value;
    double variance; /* by the sampling */
    double exposure; /* of all readings */
};

static double exposure_of(struct sampled_samples samples)
{
    double sum = 0;
    for (size_t i = 0; i < samples.len; i++)
        sum += samples.items[i].exposure;
    return sum;
}

static struct mean mean_of(struct sampled_samples samples)
{
    struct mean out = {0, 0, exposure_of(samples)};
    for (size_t i = 0; i < samples.len; i++) {
        double part = samples.items[i].exposure / out.exposure;
        out.value += part * samples.items[i].value;
        out.variance += part * part * samples.items[i].variance;
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

/* Around the mean, as if each reading were over an exposure of 1. */
static double squares_around_mean(struct sampled_samples samples, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < samples.len; i++) {
        double gap = samples.items[i].value - mean;
        sum += gap * gap * samples.items[i].exposure;
    }
    return sum;
}

/* Pearson's X^2 of one side; the model's variance of a reading falls with its exposure. */
static double squares_of(struct sampled_samples samples)
{
    struct mean mean = mean_of(samples);
    double per_exposure = mean.variance * mean.exposure;
    return per_exposure > 0 ? squares_around_mean(samples, mean.value) / per_exposure : 0;
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

/* What the readings of a side scatter by beyond what their sampling explains. */
struct excess {
    double variance; /* of their mean */
    double freedom;  /* 0: one reading shows none */
};

static struct excess excess_of(struct sampled_samples samples)
{
    struct mean mean = mean_of(samples);
    double freedom = (double)samples.len - 1;
    if (freedom <= 0)
        return (struct excess){0, 0};
    double scatter = squares_around_mean(samples, mean.value) / freedom / mean.exposure;
    double least = estimate_least_spread(mean.value, 0);
    return (struct excess){
        fmax(scatter - mean.variance, least * least / (double)samples.len),
        freedom,
    };
}

/* Of a side with one reading: it scatters as the other one does, in parts of the value. */
static struct excess excess_or(struct excess own, double value, struct excess other,
                               double other_value)
{
    if (own.freedom > 0 || other_value <= 0)
        return own;
    double scale = value / other_value;
    return (struct excess){other.variance * scale * scale, other.freedom};
}

/* Below, squares are not numbers any more. */
#define EXCESS_PARTS_MIN 1e-200

/* The sum of which Satterthwaite's degrees of freedom are the inverse. */
static double excess_parts(struct excess base, struct excess cand)
{
    double parts = 0;
    if (base.freedom > 0)
        parts += base.variance * base.variance / base.freedom;
    if (cand.freedom > 0)
        parts += cand.variance * cand.variance / cand.freedom;
    return parts;
}

/*
 * Degrees of freedom of both errors together (Satterthwaite), that of the
 * sampling having no end of them; 0 where the distribution is as good as
 * normal.
 */
static double freedom_of_both(double sampling_variance, struct excess base, struct excess cand)
{
    const double many = 1e4;
    double all = sampling_variance + base.variance + cand.variance;
    double parts = excess_parts(base, cand);
    return parts > EXCESS_PARTS_MIN && all * all / parts < many ? all * all / parts : 0;
}

/* What a bound stands off by, in standard errors. */
static double reach_of(double df, double confidence)
{
    return df > 0 ? student_quantile(0.5 + confidence / 2, df)
                  : normal_upper_quantile((1 - confidence) / 2);
}

/*
 * What must be added in squares to a normal interval of the sampling alone
 * to get Student's of both errors.
 */
static double excess_width(double sampling_variance, struct excess base, struct excess cand,
                           double confidence)
{
    double all = sampling_variance + base.variance + cand.variance;
    double reach = reach_of(freedom_of_both(sampling_variance, base, cand), confidence);
    double normal = reach_of(0, confidence);
    return sqrt(fmax(0, reach * reach * all - normal * normal * sampling_variance));
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

double count_needed(double limit_ratio)
{
    double each = DETECTION_QUANTILES / log1p(limit_ratio);
    assert(limit_ratio > 0);
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

/*
 * What a sample of the other side stands for, had this one seen it: the
 * same in what was allocated, so of its own exposure.
 */
static double weight_of(struct mean mean, struct mean other, double otherwise)
{
    double all = other.value > 0 ? other.variance / other.value * other.exposure : otherwise;
    return all / mean.exposure;
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

/* Independent errors add in squares (Zou and Donner 2008); `width` of the second on both sides. */
static void widen_change(struct estimate *out, double width)
{
    out->delta_low = out->delta - hypot(out->delta - out->delta_low, width);
    out->delta_high = out->delta + hypot(out->delta_high - out->delta, width);
}

static void widen_cand(struct estimate *out, double width)
{
    out->cand_low = fmax(0, out->cand - hypot(out->cand - out->cand_low, width));
    out->cand_high = out->cand + hypot(out->cand_high - out->cand, width);
}

/* `width` is that of the logarithm of the ratio. */
static void widen_ratio(struct interval *ratio, double width)
{
    if (ratio->low > 0)
        ratio->low = ratio->value * exp(-hypot(log(ratio->value / ratio->low), width));
    if (ratio->value > 0 && isfinite(ratio->high))
        ratio->high = ratio->value * exp(hypot(log(ratio->high / ratio->value), width));
}

/* A side's mean with both of its errors. */
struct side_mean {
    struct mean mean;
    struct excess excess;
};

/* The variance in parts of the value, which that of the logarithm is. */
static struct excess relative(struct excess excess, double value)
{
    return (struct excess){value > 0 ? excess.variance / value / value : 0, excess.freedom};
}

static double relative_variance(struct mean mean)
{
    return mean.value > 0 ? mean.variance / mean.value / mean.value : 0;
}

static void fill_ratio(struct estimate *out, const struct side_mean *base,
                       const struct side_mean *cand, double confidence)
{
    struct interval counts =
        count_ratio_interval(count_of(base->mean), count_of(cand->mean), confidence);
    double ratio = out->cand / out->base;
    /* The weights of a sample are what they are; only the counts are uncertain. */
    double scale = counts.value > 0 ? ratio / counts.value : 1;
    struct interval ratios = scaled(counts, scale);
    double both = relative_variance(base->mean) + relative_variance(cand->mean);
    widen_ratio(&ratios, excess_width(both, relative(base->excess, out->base),
                                      relative(cand->excess, out->cand), confidence));
    out->has_ratio = true;
    out->ratio = ratio - 1;
    out->ratio_low = ratios.low - 1;
    out->ratio_high = ratios.high - 1;
    out->delta_low = fmin(out->delta_low, out->base * out->ratio_low);
}

static double pearson_of(struct sampled_samples base, struct sampled_samples cand)
{
    double freedom = freedom_of(base) + freedom_of(cand);
    return freedom > 0 ? (squares_of(base) + squares_of(cand)) / freedom : 0;
}

/* In logarithms, as a limit in percent is held against. */
static struct estimate_known known_of(const struct side_mean *base, const struct side_mean *cand,
                                      double dispersion)
{
    double base_sampling = relative_variance(base->mean);
    double cand_sampling = relative_variance(cand->mean);
    double all = base_sampling + cand_sampling + relative(base->excess, base->mean.value).variance +
                 relative(cand->excess, cand->mean.value).variance;
    struct estimate_known out = {0};
    if (all > 0) {
        out.base = base_sampling / dispersion / all;
        out.cand = cand_sampling / dispersion / all;
    }
    return out;
}

static double effective_of(const struct side_mean *side)
{
    double variance = side->mean.variance + side->excess.variance;
    return variance > 0 ? fmin(side->mean.value * side->mean.value / variance, COUNT_EXACT)
                        : count_of(side->mean);
}

/* Bounds of other levels go straight on from where `confidence` stands off (bounds.h). */
static void add_excess(struct estimate *out, const struct side_mean *base,
                       const struct side_mean *cand, double confidence)
{
    const struct excess none = {0, 0};
    double both = base->mean.variance + cand->mean.variance;
    widen_change(out, excess_width(both, base->excess, cand->excess, confidence));
    widen_cand(out, excess_width(cand->mean.variance, none, cand->excess, confidence));
    out->df = freedom_of_both(both, base->excess, cand->excess);
    out->cand_df = freedom_of_both(cand->mean.variance, none, cand->excess);
    out->reach = reach_of(out->df, confidence);
    out->cand_reach = reach_of(out->cand_df, confidence);
}

struct estimate estimate_of_sampled(struct sampled_samples base, struct sampled_samples cand,
                                    double weight, double confidence)
{
    struct estimate out = {.base_count = (uint32_t)base.len, .cand_count = (uint32_t)cand.len};
    if (!are_usable(base) || !are_usable(cand))
        return out;
    double dispersion = sampled_dispersion(base, cand);
    struct side_mean first = {mean_of(base), excess_of(base)};
    struct side_mean second = {mean_of(cand), excess_of(cand)};
    first.excess = excess_or(first.excess, first.mean.value, second.excess, second.mean.value);
    second.excess = excess_or(second.excess, second.mean.value, first.excess, first.mean.value);
    first.mean.variance *= dispersion;
    second.mean.variance *= dispersion;
    weight *= dispersion;
    struct interval low =
        value_interval(first.mean, weight_of(first.mean, second.mean, weight), confidence);
    struct interval high =
        value_interval(second.mean, weight_of(second.mean, first.mean, weight), confidence);
    out = estimate_of_intervals(low, high, false);
    out.base_count = (uint32_t)base.len;
    out.cand_count = (uint32_t)cand.len;
    out.method = ESTIMATE_SAMPLED;
    out.base_part_low = 0;
    out.base_part_high = 0;
    out.effective = fmin(effective_of(&first), effective_of(&second));
    out.known = known_of(&first, &second, dispersion);
    out.known.scatter = pearson_of(base, cand);
    add_excess(&out, &first, &second, confidence);
    if (first.mean.value > 0)
        fill_ratio(&out, &first, &second, confidence);
    return out;
}
