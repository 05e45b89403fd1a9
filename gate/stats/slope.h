#ifndef GATE_STATS_SLOPE_H
#define GATE_STATS_SLOPE_H

#include "gate/base/base.h"

/*
 * Theil-Sen slope of y over x: the median of the slopes between all pairs
 * of points with different x (Sen 1968). One point that is off, a
 * collection that came late, moves it by little. 0 when no two x differ.
 */
enum { SLOPE_POINTS_MAX = 64 };

double slope_theil_sen(const double *x, const double *y, size_t n);

#endif
