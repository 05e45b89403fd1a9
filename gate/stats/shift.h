#ifndef GATE_STATS_SHIFT_H
#define GATE_STATS_SHIFT_H

#include "gate/stats/estimate.h"

/*
 * Which test an estimate is decided by, and how far above a limit a change must
 * lie for that to find it with probability BOUNDS_POWER: bounds.h says what is
 * taken from the trials for it, and what is not. In standard errors as
 * estimated, of `more` times the samples, which have smaller ones.
 */
double shift_detectable(const struct estimate *estimate, double alpha, double more);

/* The same by degrees of freedom alone, 0 for the normal distribution. */
double shift_by_df(double alpha, double df);

#endif
