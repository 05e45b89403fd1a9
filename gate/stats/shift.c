#include "gate/stats/shift.h"

#include <math.h>

#include "gate/stats/bounds.h"
#include "gate/stats/detect.h"
#include "gate/stats/sample.h"

/* Processes of a side, or pairs of them, less one; of `more` times as many. */
static double freedom_of(double count, double more)
{
    return fmax(1, count * more - 1);
}

double shift_by_df(double alpha, double df)
{
    const struct detect_test test = {.base = {.part = 1, .df = df}};
    return df > 0 ? detect_shift(&test, alpha, BOUNDS_POWER)
                  : normal_upper_quantile(alpha) + normal_upper_quantile(1 - BOUNDS_POWER);
}

/* Pairs: what is known is no less than what they scatter by. */
static double pairs_shift(const struct estimate *estimate, double alpha, double more)
{
    bool is_windows = estimate->method == ESTIMATE_WINDOWS;
    bool is_floored = is_windows && estimate->known.base >= 1;
    double pairs = is_floored ? estimate->df : estimate->df + 1;
    struct detect_test test = {
        .base = {.part = 1, .least = estimate->known.base, .df = freedom_of(pairs, more)}};
    if (is_windows)
        test.floored_df = test.base.df + 1;
    return detect_shift(&test, alpha, BOUNDS_POWER);
}

/* P(F <= f) with d1 and d2 degrees of freedom (Abramowitz and Stegun 26.6.2). */
static double f_below(double f, double d1, double d2)
{
    return isinf(f) ? 1 : incomplete_beta(d1 / 2, d2 / 2, d1 * f / (d1 * f + d2));
}

/* A ratio of the two sides' variances that equal ones show once in 50. */
#define UNEQUAL_TAIL 0.01

/*
 * Of what scatters the baseline's part: by its number of processes, as if the
 * sides were of one spread, but where the parts seen surely say otherwise. Of
 * few processes those seen are as good as random.
 */
static double true_part(double seen_part, const struct detect_test *test, double equal_part)
{
    double ratio = seen_part / (1 - seen_part) * (1 - equal_part) / equal_part;
    double below = f_below(ratio, test->base.df, test->cand.df);
    return below < UNEQUAL_TAIL || below > 1 - UNEQUAL_TAIL ? seen_part : equal_part;
}

/* Logarithms do not say: what Satterthwaite's degrees of freedom follow from, either way round. */
static double seen_part_of(const struct estimate *estimate)
{
    if (!estimate->by_logarithm)
        return fmin(1, fmax(0, estimate->base_part_low));
    double each = ((double)estimate->base_count + (double)estimate->cand_count) / 2 - 1;
    return (1 - sqrt(fmin(1, fmax(0, 2 * each / estimate->df - 1)))) / 2;
}

/*
 * Just at its least. Where both sides are, nothing that is seen varies, and
 * the degrees of freedom are those of that: what is constant is found at least
 * so often.
 */
#define LEAST_ROUNDING 1e-9

static bool is_least(double part, double least)
{
    return least > 0 && part <= least * (1 + LEAST_ROUNDING);
}

/*
 * Intervals of their own have parts that no trial scatters, such as a share
 * of samples: as much as their degrees of freedom are more than those of all.
 */
static double scattering_part(const struct estimate *estimate)
{
    double all = (double)estimate->base_count + (double)estimate->cand_count - 2;
    return estimate->method == ESTIMATE_INTERVALS ? fmin(1, sqrt(all / estimate->df)) : 1;
}

static double welch_shift(const struct estimate *estimate, double alpha, double more)
{
    double base = (double)estimate->base_count;
    double cand = (double)estimate->cand_count;
    double part = seen_part_of(estimate);
    double scattering = scattering_part(estimate);
    struct detect_test test = {
        .base = {.least = estimate->known.base, .df = freedom_of(base, 1)},
        .cand = {.least = estimate->known.cand, .df = freedom_of(cand, 1)},
        .fixed = 1 - scattering,
    };
    bool is_base_least = is_least(part, test.base.least);
    bool is_cand_least = is_least(1 - part, test.cand.least);
    if (is_base_least && is_cand_least)
        return shift_by_df(alpha, fmax(1, estimate->df * more));
    if (!is_base_least && !is_cand_least)
        part = true_part(part, &test, cand / (base + cand));
    test.base.part = part * scattering;
    test.cand.part = (1 - part) * scattering;
    bool is_apart = estimate->method == ESTIMATE_INTERVALS;
    double times = is_apart ? estimate_reach(estimate->reach) / detect_apart_reach(&test) : 1;
    test.kind = is_apart ? DETECT_APART : DETECT_WELCH;
    test.base.df = freedom_of(base, more);
    test.cand.df = freedom_of(cand, more);
    return detect_shift(&test, alpha, BOUNDS_POWER) * times;
}

/* The chance of as much scatter as this, were it the sampling's alone, makes it more than that. */
#define SCATTER_TAIL 0.05

/*
 * The sampling's variance is known and is what services show (counts.h), the
 * rest of that of few trials mostly chance: it counts where it surely is more.
 * In standard errors of the estimate, which has that chance in it.
 */
static double sampled_shift(const struct estimate *estimate, double alpha, double more)
{
    double base = (double)estimate->base_count;
    double cand = (double)estimate->cand_count;
    double freedom = base + cand - 2;
    double usual = 2 * gamma_quantile(SCATTER_TAIL, freedom / 2, true);
    bool is_more = estimate->known.scatter * freedom > usual;
    double times = is_more ? estimate->known.scatter : 1;
    double sampling = estimate->known.base + estimate->known.cand;
    double part = estimate->known.base / sampling;
    const struct detect_test test = {
        .kind = DETECT_SAMPLED,
        .base = {part, part / times, freedom_of(base, more)},
        .cand = {1 - part, (1 - part) / times, freedom_of(cand, more)},
    };
    return detect_shift(&test, alpha, BOUNDS_POWER) * sqrt(sampling * times);
}

double shift_detectable(const struct estimate *estimate, double alpha, double more)
{
    bool has_counts = estimate->base_count > 1 && estimate->cand_count > 1;
    bool is_sampled = estimate->method == ESTIMATE_SAMPLED;
    bool is_known = estimate->known.base > 0 && estimate->known.cand > 0;
    double all = (double)estimate->base_count + (double)estimate->cand_count;
    if (is_sampled && has_counts && is_known)
        return sampled_shift(estimate, alpha, more);
    if (estimate->df <= 0 || !has_counts)
        return shift_by_df(alpha, estimate->df > 0 ? fmax(1, estimate->df * more) : 0);
    if (estimate->method == ESTIMATE_WINDOWS || estimate->method == ESTIMATE_PAIRS)
        return pairs_shift(estimate, alpha, more);
    return estimate->method == ESTIMATE_LOG_RATIO ? shift_by_df(alpha, all * more - 2)
                                                  : welch_shift(estimate, alpha, more);
}
