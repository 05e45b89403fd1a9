#ifndef GATE_STATS_ALONE_H
#define GATE_STATS_ALONE_H

#include "gate/stats/estimate.h"

/*
 * What an estimate of some processes against themselves says of those
 * processes alone: `cand` with an interval of its own, and nothing of a
 * baseline. base, delta and ratio are 0, has_ratio is false.
 *
 * Of values, or their logarithms, with variance s^2 in n processes the
 * difference of two such sides has the standard error s sqrt(2 / n) with
 * 2 (n - 1) degrees of freedom; the mean of one has s / sqrt(n) with n - 1,
 * as in the one-sample t test. Estimates that have an interval of each side
 * already keep the candidate's. The bounds of the "change" are those of the
 * candidate's value about itself, so that bounds.h tells how far beyond a
 * limit it has to be to be seen.
 */
struct estimate estimate_alone(const struct estimate *twice);

#endif
