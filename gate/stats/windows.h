#ifndef GATE_STATS_WINDOWS_H
#define GATE_STATS_WINDOWS_H

#include "gate/stats/estimate.h"

/*
 * Latency of two sides that were measured side by side: one number a
 * window and side (a quantile), window i of one beside window i of the
 * other. Whatever slowed the machine in a window slowed both, so each
 * pair gives one log ratio, and their median stands for all: one bad
 * second owns one window, not the result. Merging the windows into one
 * histogram would let it own the tail.
 *
 * The interval holds the median with at least ESTIMATE_CONFIDENCE
 * whatever the distribution is: from the order statistics x(k+1) to
 * x(n-k), k the largest number with P(Bin(n, 1/2) <= k) at most half of
 * what is left (Conover, Practical Nonparametric Statistics, 3.2). It is
 * what bootstrapping the median tends to, without drawing. Below 8
 * windows none is wide enough: the estimate is not bounded then.
 *
 * base and cand are the geometric middle of the median pair shifted by
 * half the log ratio each, so that cand / base - 1 is the ratio.
 */
enum { WINDOWS_MAX = 1280 };

struct estimate estimate_of_windows(struct samples base, struct samples cand);

/* The k above: how many values of n lie outside at each end, or -1 when n is too small. */
int windows_cut(size_t n, double confidence);

#endif
