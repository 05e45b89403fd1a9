#ifndef GATE_STATS_HOLM_H
#define GATE_STATS_HOLM_H

#include "gate/base/base.h"

/*
 * Holm's step-down procedure (Scandinavian Journal of Statistics 6, 1979):
 * p values in ascending order are rejected while p(i) <= alpha / (n - i + 1),
 * which keeps the chance of even one false rejection below alpha whatever
 * the dependence between them.
 *
 * Returns the level that tells the rejected from the others: with r
 * rejected it is alpha / (n - r), and p is rejected exactly when it is no
 * larger; alpha where all are, or there are none. Sorts `p`.
 */
double holm_level(double *p, size_t n, double alpha);

#endif
