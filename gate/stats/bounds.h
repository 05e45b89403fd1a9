#ifndef GATE_STATS_BOUNDS_H
#define GATE_STATS_BOUNDS_H

#include "gate/stats/estimate.h"

/*
 * An estimate at levels other than that of its interval. Its bounds stand
 * off from the value by `reach` standard errors, on the scale of the
 * difference or of the logarithm of the ratio; any other level stands off
 * by its own quantile of the same distribution, and `slack` comes on top.
 * No upper bound is below the estimate's rise, where it has one. All of it
 * is one-sided. An estimate that is not bounded proves nothing: p is 1.
 * Where the change has a floor of spread (floor.h) each answer is the more
 * careful one of two tests, that of the estimate's own interval and a t test
 * by the floor; the candidate's own interval has none.
 */

/*
 * The chance of an estimate as large as this, or larger, were the true
 * change not above `delta`: what a growth beyond a limit is proven by.
 */
double bounds_p_above(const struct estimate *estimate, double delta);
/* And as small, were the true change above it: what a limit is kept by. */
double bounds_p_below(const struct estimate *estimate, double delta);
/* The same of the candidate's own value, where has_cand_interval. */
double bounds_p_cand_above(const struct estimate *estimate, double value);
double bounds_p_cand_below(const struct estimate *estimate, double value);

/*
 * The change that is exceeded, or not reached, but for a chance of alpha
 * (0 < alpha <= 0.5). Infinite where nothing is bounded.
 */
double bounds_low(const struct estimate *estimate, double alpha);
double bounds_high(const struct estimate *estimate, double alpha);
/* True where the floor, and not the estimate's own spread, makes one of the two what it is. */
bool bounds_low_is_floored(const struct estimate *estimate, double alpha);
bool bounds_high_is_floored(const struct estimate *estimate, double alpha);
double bounds_cand_low(const struct estimate *estimate, double alpha);
double bounds_cand_high(const struct estimate *estimate, double alpha);

/*
 * How far above a limit the true change must lie to be proven above it at
 * level alpha with probability BOUNDS_POWER: the smallest change that can be
 * told from none. HUGE_VAL where nothing can.
 *
 * The formula takes the standard error of this estimate for the true one, and
 * is the power of the test in that case (detect.h). Trials that look quieter or
 * wilder than they are by chance make it as much too small or too large. It
 * does not take from them what is chance alone:
 *
 * - Student's t has as many degrees of freedom as there are trials, or pairs,
 *   less the means. Pairs of WINDOWS and PAIRS are no nearer than what is known
 *   of them (estimate_known).
 * - Welch's: both sides are of one true spread, but where the F test of the two
 *   seen says otherwise at 2 %. Three trials seldom show it: by their own
 *   degrees of freedom a change that is found in 65 % would be said to be in 90
 *   %. A side whose readings are equal has the least spread that is believed;
 *   where both do the degrees of freedom are those of that test, and the change
 *   is found at least so often.
 * - SAMPLED: the sampling's own variance, times Pearson's X^2 by its degrees of
 *   freedom where that is too large to be chance at 5 %.
 * - INTERVALS: as Welch's, of bounds that stand off by each side's own degrees
 *   of freedom; what of a variance does not scatter over trials, as of shares
 *   of samples, follows from the degrees of freedom of both.
 *
 * A floor of calibration (floor.h) is a test of its own, by the noncentral t of
 * its degrees of freedom; the larger of the two changes counts.
 */
#define BOUNDS_POWER 0.9
double bounds_detectable(const struct estimate *estimate, double alpha);
/* The same with `more` times the samples, >= 1, of the same spread. */
double bounds_detectable_with(const struct estimate *estimate, double alpha, double more);

/*
 * How many times as many samples make that no larger than `change`, > 0, but
 * for 1 %: 1 where it is not now, HUGE_VAL where slack alone is more, or it
 * takes more than BOUNDS_MORE_MAX times as many.
 */
enum { BOUNDS_MORE_MAX = 100000 };
double bounds_more_needed(const struct estimate *estimate, double alpha, double change);

#endif
