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
 * The interval holds the median with at least ESTIMATE_CONFIDENCE whatever
 * the distribution is, windows taken for independent, which those of one
 * pair of processes are not quite; so one pair alone gives none. It goes
 * from the order statistics x(k+1) to x(n-k), k the largest number with
 * P(Bin(n, 1/2) <= k) at most half of what is left (Conover, Practical
 * Nonparametric Statistics, 3.2). It is what bootstrapping the median tends
 * to, without drawing. Below 8 windows none is wide enough: the estimate is
 * not bounded then.
 *
 * base and cand are the geometric middle of the median pair shifted by
 * half the log ratio each, so that cand / base - 1 is the ratio.
 */
enum { WINDOWS_MAX = 1280 };

/*
 * `pairs`: of processes, which the windows are of. `ratios` has room for
 * base.len log ratios, which the estimate keeps and bounds of other levels
 * come from; it lives as long as the estimate. NULL: those are then by the
 * normal distribution.
 */
struct estimate estimate_of_windows(struct samples base, struct samples cand, size_t pairs,
                                    double *ratios);

/*
 * Bursts hit few windows, and a median does not see them: counts windows
 * whose ratio is above `factor`, and those below 1 / factor. True when the
 * candidate is the worse one more often than a coin would have it, with
 * less than half of 1 - ESTIMATE_CONFIDENCE (one-sided sign test).
 */
struct burst_count {
    size_t worse;
    size_t better;
};

bool windows_have_bursts(struct burst_count *out, struct samples base, struct samples cand,
                         double factor);

/* The k above: how many values of n lie outside at each end, or -1 when n is too small. */
int windows_cut(size_t n, double confidence);
/*
 * The one-sided sign test: P(Bin(n, 1/2) >= above), the chance of at least
 * so many of n windows above the true median. x(k+1) is a lower bound of
 * the median at level alpha where windows_p(n, n - k) <= alpha: the test
 * and the order statistics say the same.
 */
double windows_p(size_t n, size_t above);

#endif
