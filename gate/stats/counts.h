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
    double variance; /* of the value, by the sampling alone; 0: exact */
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
 * The limit (0.15 for 15 %) that equal sides of so many samples each are
 * proven to keep in 9,995 of 10,000 pairs, by intervals of 99 %:
 * exp(5.87 sqrt(2 / n)) - 1, so that of 50 rows hardly one stays
 * undecided; and the count that a limit needs, above 0. It is not the
 * growth that breaks the limit: power.h has that.
 */
double count_detectable(double count);
double count_needed(double limit_ratio);

/*
 * How far the candidate is from the baseline. Readings of a side count
 * alike, whatever their exposure. The ratio has the interval of
 * count_ratio_interval at effective counts; the difference that of both
 * sides' own (Newcombe's square-and-add), its lower bound no higher than
 * what the ratio's says of the baseline seen: growth is proven only when
 * it is proven in both. Nothing seen on a side may be up to
 * count_interval(0) samples: of the weight V / X that the other side's
 * have, or of `weight` where neither has any. The dispersion widens all.
 * Bounds of other levels (bounds.h) go straight on from these by the
 * normal distribution: for a surer lower bound that is further down than
 * the exact one, for an upper one of 95 % further up, so neither errs more
 * often than it says. bounded is false without a reading on each side and for values that
 * cannot be: not finite, past 1e18, below 0.
 *
 * At 99 %, of growth that is exactly the limit of a rule in percent of the
 * baseline seen, 0.3 to 0.5 % of pairs prove more and 0.4 to 1.1 % prove
 * less for limits up to 25 %, 3.3 % for one of 100 % (40,000 draws each of
 * 30 to 10,000 samples).
 */
struct estimate estimate_of_sampled(struct sampled_samples base, struct sampled_samples cand,
                                    double weight, double confidence);

#endif
