#ifndef GATE_STATS_FLOOR_H
#define GATE_STATS_FLOOR_H

#include "gate/stats/estimate.h"

/*
 * The floor of an estimate's spread: what a revision measured against
 * itself, several times, showed of the noise of one row. The trials of one
 * run say how trials of that run differ; runs in another minute, on a warmer
 * machine can differ by more, and no interval of one run shows that. What
 * makes two builds of different sources differ by luck, the layout of code
 * for one, is not in it: both sides are the same bytes. Nor is what both
 * sides of a run have in common, as their trials alternate.
 *
 * Two parts. `trial`: the standard deviation of one trial about the mean of
 * its side, pooled over the runs. `run`: the root mean square over the
 * runs of the change between the sides, whose truth is 0, so that nothing
 * is taken off for a mean and each run is a degree of freedom. The second
 * contains the first: of n trials a side, `run`^2 = 2 trial^2 / n + what
 * lies between runs; that rest is no smaller with more trials. An estimate
 * of n1 and n2 trials so has, at least, the variance
 *
 *   run^2 + max(0, trial^2 (1/n1 + 1/n2) - 2 trial^2 / n)
 *
 * and the degrees of freedom of the runs. More trials than calibration had
 * take nothing off: what they would is a difference of two uncertain
 * numbers, and few runs cannot tell it from all of what lies between them.
 * Fewer add no degrees of freedom (Satterthwaite's would): more of what is
 * less certain must not narrow an interval. That is where the runs differ
 * by more than their trials explain.
 * Where they do not (F test of run^2 against 2 trial^2 / n, p above
 * FLOOR_POOL_P) both are readings of one variance and are pooled with all
 * their degrees of freedom: else a few runs, in which nothing went on
 * between runs, would widen each interval by their own ignorance. The level
 * is the one that Bancroft recommends for pooling after a preliminary test
 * (1964, Biometrics 20, 427).
 */
#define FLOOR_POOL_P 0.25

struct spread {
    bool is_ratio;   /* of the logarithm of cand / base; else in the row's unit */
    uint64_t runs;   /* that had the row; 0: no floor */
    double run;      /* root mean square of the change */
    double trials;   /* a side and run, as the variance of a difference counts them */
    double trial;    /* standard deviation of one of them; windows of the duet likewise */
    double trial_df; /* degrees of freedom of that, summed over the runs */
};

/* One run's estimate as the pooling takes it. */
struct reading {
    double change;
    double trial;
    double trial_df;
    double trials;
};

/* False for an estimate without an interval, or one that has no logarithm where one is wanted. */
bool floor_read(struct reading *out, const struct estimate *estimate, bool is_ratio);
/* `trials` is the harmonic mean over the readings, as variances count them; count > 0. */
struct spread floor_pool(const struct reading *readings, size_t count, bool is_ratio);
/*
 * Gives the estimate its floor, in place of one that it has: from then on
 * bounds.h takes, at every level, the wider of the interval of the
 * estimate's own trials and that of the floor, so that calibration makes
 * memgate surer of itself and never less careful. Nothing where the
 * estimate has no counts, or no logarithm of which the spread is one.
 */
void floor_set(struct estimate *out, const struct spread *spread);
/* With `more` times the trials at hand (1: as they are). */
double floor_variance(const struct estimate_floor *floor, double more);

#endif
