#ifndef GATE_STATS_WINDOWS_H
#define GATE_STATS_WINDOWS_H

#include "gate/stats/estimate.h"

/*
 * Latency of two sides that were measured side by side: one number a
 * window and side (a quantile), window i of one beside window i of the
 * other, the windows of one pair of processes after those of another.
 * Whatever slowed the machine in a window slowed both, so each window gives
 * one log ratio, and the median of a pair's stands for the pair: one bad
 * second owns one window, not the result. Merging the windows into one
 * histogram would let it own the tail.
 *
 * The pair of processes is the unit, as pairs differ by more than their
 * windows explain: on a busy machine medians of 12 pairs had a standard
 * deviation of 0.19 where windows alone make 0.12. The ratio is the mean of
 * the pairs' medians and its interval Student's, of the larger of two
 * variances: what the medians scatter by, and what their own windows say
 * that a median errs by, pi / 2 s^2 mean(1 / n) of n windows, s by the median
 * absolute deviation. Where it is the medians' own the degrees of freedom are
 * the pairs less one, as it is then Student's test of them. No pairs agree
 * better than their windows let them; those that seem to do so by chance are
 * what makes Student's quantiles of 2 degrees of freedom large (15.8 at
 * 0.2 %), so at that floor the estimate has one more: the number of pairs
 * (8.1). Latency is no finer than its histogram's buckets, which is the
 * least spread believed.
 *
 * Chosen by simulation (20 windows of spread 0.25 a pair, as a load of 4,000
 * requests or more has; 20,000 runs; "at the limit" grew by just 15 %): with
 * looks at 3, 5 and 8 pairs, blocked of those at the limit, called ok of those
 * where nothing changed by 3 pairs and by 8, found of +50 % by 5 pairs and by
 * 8, in per cent
 *
 *                        pairs differ by 5 %        by 15 %                   by 30 %
 *   degrees of freedom   limit  ok      found       limit  ok     found       limit
 *   pairs - 1            0.07   49-100  84-100      0.5    24-75  26-82       0.8
 *   this one             0.12   56-100  84-100      0.6    26-75  27-82       0.9
 *   pairs                0.14   66-100  93-100      0.8    34-77  38-85       1.3
 *   pairs + 1            0.17   73-100  96-100      1.1    38-78  48-88       2.0
 *
 * and blocked of those at the limit where there is one look, at 1 %
 *
 *                        3 pairs, differing by    2 pairs, by        5 pairs, by
 *   degrees of freedom   15 %   30 %   60 %       15 %   30 %        15 %   30 %
 *   pairs - 1            0.1    0.5    0.9        0.0    0.0         0.7    0.9
 *   this one             0.5    0.9    1.0        0.1    1.1         0.8    0.9
 *   pairs                0.6    1.8    2.1        0.1    1.4         1.0    1.4
 *   pairs + 1            1.5    2.8    3.0        1.3    4.1         1.4    1.6
 *
 * 1 % is promised, and what it takes is three pairs: two that differ by 60 %
 * block 1.9 %. With pairs - 1 two of them would find nothing at all, and
 * three that agree +50 % in 30 % of the runs at one look, not in 65 %.
 *
 * base and cand are the geometric middle of all windows shifted by half the
 * log ratio each, so that cand / base - 1 is the ratio. The candidate's
 * own interval is of its windows in the same way: seconds that slow both
 * sides are in it, as nothing takes them out.
 */
enum { WINDOWS_MAX = 1280, WINDOWS_PAIRS_MAX = 64 };

/* Below them nobody can tell how the windows of a pair scatter: in all, and of each pair on average. */
enum { WINDOWS_MIN = 8, WINDOWS_PER_PAIR_MIN = 2 };

struct windows {
    struct samples base; /* of all pairs, as many as cand has */
    struct samples cand;
    const size_t *lens; /* windows of each pair, >= 1 */
    size_t pairs;
};

/*
 * Bounded from two pairs on that have WINDOWS_MIN windows or more in all,
 * WINDOWS_PER_PAIR_MIN or more each on average, and every value above 0.
 */
struct estimate estimate_of_windows(const struct windows *windows);

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

bool windows_have_bursts(struct burst_count *out, const struct windows *windows, double factor);

#endif
