#ifndef GATE_STATS_COUNTS_H
#define GATE_STATS_COUNTS_H

#include "gate/stats/share.h"

/*
 * What a sampling profiler says of a sum, with the error that is in the
 * sampling itself. Pure arithmetic.
 *
 * Of a sum X with variance V, X^2 / V is the number of samples of equal
 * weight that would be as sure: the effective count, which varies as a
 * Poisson count does. Held against the spread over processes of two
 * services the model gives 0.93 to 1.10 times the variance seen.
 */

/* One reading of a sum: of one profile. */
struct sampled {
    double value;    /* >= 0, per unit of `exposure` */
    double variance; /* of the value, by the sampling alone; 0: every object was sampled */
    double exposure; /* how much work it was taken over: requests, or 1; > 0 */
};

struct sampled_samples {
    const struct sampled *items;
    size_t len;
};

/* X^2 / V of the mean of the readings: 0 of nothing, COUNT_EXACT of what is exact. */
#define COUNT_EXACT 1e18
double sampled_count(struct sampled_samples samples);

/*
 * How many times the model's variance the readings of both sides show,
 * shrunk towards 1 as if six degrees of freedom had said so before, and
 * never below 1: max(1, (6 + d phi) / (6 + d)), phi being Pearson's X^2
 * over its d degrees of freedom. 1 with one reading a side.
 */
double sampled_dispersion(struct sampled_samples base, struct sampled_samples cand);

/*
 * Of two independent Poisson counts (real numbers, as effective counts
 * are) the ratio cand / base of their means: given their sum the second is
 * binomial, whose interval by Clopper and Pearson holds the odds. `value`
 * is the ratio of the counts, HUGE_VAL and bounded below alone for base 0;
 * both 0: [0, HUGE_VAL] around 1. A count of COUNT_EXACT has no spread.
 * Where both counts are above a million the logarithm is normal
 * with variance 1/base + 1/cand: the bounds then differ by less than one
 * thousandth of their distance.
 */
struct interval count_ratio_interval(double base, double cand, double confidence);

/* Of one Poisson count its mean, by Garwood's interval. */
struct interval count_interval(double count, double confidence);

/*
 * Samples that equal sides need each to be proven to keep a limit above 0
 * (0.15 for 15 %) in 9,995 of 10,000 pairs, by intervals of 99 %, so that
 * of 50 rows hardly one stays undecided: the limit is
 * exp(5.87 sqrt(2 / n)) - 1. It is not the growth that breaks the limit:
 * power.h has that.
 */
double count_needed(double limit_ratio);

/*
 * How far the candidate is from the baseline. A side's value is the mean
 * of its readings by exposure: all that was seen over all the work. The
 * ratio has the interval of count_ratio_interval at effective counts; the
 * difference that of both sides' own (Newcombe's square-and-add), its
 * lower bound no higher than what the ratio's says of the baseline seen:
 * growth is proven only when it is proven in both. A limit in percent of
 * the baseline is kept only if the ratio's upper bound says so, which
 * delta_high does not know. Nothing seen on a side may be up to
 * count_interval(0) samples: of the weight that the other side's have, or
 * of `weight` over an exposure of 1 where neither has any, each over the
 * exposure of the side itself.
 *
 * The sampling is not all that varies: of objects above the period each is
 * sampled. What the readings of a side scatter by beyond the sampling, and
 * no less than ESTIMATE_SPREAD_FLOOR, is added to its variance, with its
 * readings less one as degrees of freedom (Satterthwaite's for the sum), so
 * that the interval is Welch's where the sampling explains nothing and the
 * sampling's where it explains all. A side of one reading scatters as the
 * other one does, relative to its value; one reading on both shows none.
 * At 99 % such intervals miss the truth of two readings a side in 0.6 %
 * (all is sampling), 1.2 % (nothing is) or, at worst, 4.9 % (four parts of
 * five are scatter); of three 0.5, 1.2 and 2.7 %; of eight 0.6, 0.4, 1.2 %
 * (60,000 draws each; the sampling alone: up to 33, 18 and 5 %).
 *
 * Bounds of other levels (bounds.h) go straight on from these by the
 * normal or Student's distribution: for a surer lower bound that is further
 * down than the exact one, for an upper one of 95 % further up, so neither
 * errs more often than it says. bounded is false without a reading on each
 * side and for values that cannot be: not finite, past 1e18, below 0.
 */
struct estimate estimate_of_sampled(struct sampled_samples base, struct sampled_samples cand,
                                    double weight, double confidence);

#endif
