#ifndef GATE_STATS_CRITICALS_H
#define GATE_STATS_CRITICALS_H

#include "gate/base/base.h"

/* The t that leaves alpha above it; df 0: of the normal distribution. */
double critical_value(double alpha, double df);

/*
 * Critical values of all degrees of freedom from `df_min` to `df_max`, by their
 * inverse: the polynomial through their asinh, which a logarithm is where they
 * are large, at Chebyshev's points, in its barycentric form (Berrut and
 * Trefethen 2004, SIAM Review 46, 501). Each point takes a quantile, which is
 * what takes longest.
 */
enum { CRITICALS_COARSE = 7, CRITICALS_FINE = 12 };

struct criticals {
    int len;
    double inverse[CRITICALS_FINE];
    double scaled[CRITICALS_FINE];
    double weight[CRITICALS_FINE];
};

struct criticals criticals_find(double alpha, double df_min, double df_max, int points);

/* That of 1 / `inverse` degrees of freedom. */
double criticals_at(const struct criticals *criticals, double inverse);

#endif
