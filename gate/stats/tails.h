#ifndef GATE_STATS_TAILS_H
#define GATE_STATS_TAILS_H

#include "gate/base/base.h"

/*
 * The beta distribution, and its neighbours, with real parameters a, b > 0: I_x(a, b) by the
 * continued fraction of DLMF 8.17.22, in front of it
 * x^a (1-x)^b / (a B(a, b)) by Loader's saddle-point expansion ("Fast and
 * Accurate Computation of Binomial Probabilities", 2000), which keeps its
 * digits where lgamma of large parameters has lost them.
 */
double incomplete_beta(double a, double b, double x);

/*
 * Of the x that has `tail` of the distribution below it the odds x / (1-x),
 * for 0 < tail <= 0.5. Held against SciPy's to 1e-10 up to a = b = 1e6.
 */
double beta_lower_odds(double tail, double a, double b);

/*
 * The z that has `tail` of the gamma distribution with shape n > 0 and
 * scale 1 below it, or above it: 0 < tail <= 0.5, n up to some 1e7.
 */
double gamma_quantile(double tail, double n, bool above);

/* The standard normal x that has `tail` above it, 0 < tail <= 0.5. */
double normal_upper_quantile(double tail);

#endif
