#ifndef GATE_STATS_SAMPLE_H
#define GATE_STATS_SAMPLE_H

#include "gate/base/base.h"
#include "gate/stats/tails.h"

/* Summaries of a few numbers, one per process. n may be 0. */
double sample_mean(const double *values, size_t n);
/* Unbiased (n - 1); 0 for n < 2. */
double sample_variance(const double *values, size_t n);
/* Puts the values in ascending order; n > 0. */
double sample_median(double *values, size_t n);

void sample_sort_u64(uint64_t *values, size_t n);
/* Of values in ascending order, n > 0: the one of rank ceil(percent / 100 * n), percent 1 to 100. */
uint64_t sample_percentile_u64(const uint64_t *values, size_t n, size_t percent);

/*
 * Student's t distribution: P(T <= t) with `df` degrees of freedom
 * (real, > 0), by the regularised incomplete beta function (Abramowitz
 * and Stegun 26.7.1), and its inverse for 0 < p < 1.
 */
double student_cdf(double t, double df);
double student_quantile(double p, double df);
/* P(T > t), without the loss of 1 - student_cdf for large t. */
double student_tail(double t, double df);
/* P(Z > z) of the standard normal distribution. */
double normal_tail(double z);

#endif
