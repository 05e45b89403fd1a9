#ifndef GATE_STATS_ESTIMATE_H
#define GATE_STATS_ESTIMATE_H

#include "gate/base/base.h"

/*
 * How far the candidate is from the baseline, from one number per
 * process and side. The interval is two-sided 99 %, so that each bound
 * alone errs once in 200 at a single look; bounds.h gives those of any
 * other level.
 */
enum estimate_method {
    ESTIMATE_DIFFERENCE, /* Welch's t on the values: allocation, live heap */
    ESTIMATE_LOG_RATIO,  /* Student's t on their logarithms, spread pooled: RSS, pauses */
    ESTIMATE_LOG_WELCH,  /* Welch's t on their logarithms: waits, which may be of another kind */
    ESTIMATE_PAIRS,      /* Student's t on log ratios of pairs of processes: CPU of the duet */
    ESTIMATE_WINDOWS,    /* Student's t on medians of pairs of processes: windows.h */
    ESTIMATE_INTERVALS,  /* each side has an interval of its own: share.h */
    ESTIMATE_SAMPLED,    /* a profile's own sampling, which has a known variance */
};

const char *estimate_method_name(enum estimate_method method); /* "welch-difference" ... */

/*
 * No bound is nearer than this spread allows; all 0 where nobody
 * calibrated. Set by floor.h, which has its variance.
 */
struct estimate_floor {
    bool is_ratio;         /* of the logarithm of cand / base; else of the difference */
    double run_variance;   /* what the runs showed: no number of trials gets below it */
    double trial_variance; /* of the trials at the counts at hand: falls as they rise */
    double within;         /* that of the trials of calibration, which is in run_variance */
    double df;             /* of Student's t */
};

/*
 * What of the variance of the change is known without the scatter of its
 * trials, in parts of the whole as estimated: of DIFFERENCE the least that is
 * believed of each side; of WINDOWS and PAIRS that of the pairs, as `base`
 * alone; of SAMPLED what each side's sampling explains, and `scatter` is how
 * many times as much its trials show (Pearson's X^2 by its degrees of freedom).
 * What a change must be to be detected goes by it (bounds.h).
 */
struct estimate_known {
    double base;
    double cand;
    double scatter;
};

struct estimate {
    double base; /* mean, or geometric mean for LOG_RATIO */
    double cand;
    double delta; /* cand - base, with its interval */
    double delta_low;
    double delta_high;
    bool has_ratio; /* false where the baseline is 0: no percentage exists */
    double ratio;   /* cand / base - 1, with its interval */
    double ratio_low;
    double ratio_high;
    uint32_t base_count; /* processes; of WINDOWS: windows */
    uint32_t cand_count;
    /* False with fewer than 2 processes a side or values past 1e18: no interval can be given. */
    bool bounded;
    /*
     * The candidate's own interval, where one is known apart from that of
     * the difference: what a budget is held against.
     */
    bool has_cand_interval;
    double cand_low;
    double cand_high;
    /* How the interval came about: what bounds.h needs for other levels. */
    enum estimate_method method;
    bool by_logarithm; /* the bounds stand off evenly in the logarithm of the ratio */
    double df;         /* of Student's t; 0: of the normal distribution */
    double reach;      /* its quantile that the bounds stand off by; 0: the normal one */
    double cand_df;    /* likewise of the candidate's own interval */
    double cand_reach;
    /*
     * Of bounds that do not stand off in the logarithm: of the variance of the
     * change, as seen below and above it, what is the baseline's. A limit of
     * so much of the baseline (0.15) has its spread as well: the variance of
     * cand - 1.15 base is 1 + part (1.15^2 - 1) times that. SAMPLED has none
     * of it: its lower bound knows of both.
     */
    double base_part_low;
    double base_part_high;
    /* Part of the interval, on each side, that no further measurement makes smaller: rounding. */
    double slack;
    /*
     * What no upper bound of the change, or of the candidate's own value, is
     * below at whatever level: growth in steps, which a slope does not show.
     * delta_high and cand_high are raised to it; but for that they stand off
     * as far as the lower bounds do.
     */
    bool has_rise;
    double rise;
    double cand_rise;
    /*
     * Effective samples: what the same precision takes in independent
     * samples of the kind at hand. Processes of both sides, windows, or
     * (SAMPLED) value^2 / variance of the side that has fewer.
     */
    double effective;
    struct estimate_known known;
    struct estimate_floor floor;
};

#define ESTIMATE_CONFIDENCE 0.99
/* Standard normal quantile of 0.995: what a bound stands off by where the variance is known. */
#define ESTIMATE_NORMAL_REACH 2.5758293035489004

/* How many standard errors a bound stands off by, of a `reach` or `cand_reach` of an estimate. */
static inline double estimate_reach(double reach)
{
    return reach > 0 ? reach : ESTIMATE_NORMAL_REACH;
}

/*
 * Smallest relative spread believed of exact counts. At rate 1 the
 * per-request counts of a fixed load differ by up to 0.005 % between
 * processes; three equal readings do not prove a spread of zero.
 */
#define ESTIMATE_SPREAD_FLOOR 1e-4

/*
 * Whole numbers do not prove a spread of zero either, even where they do not
 * vary in any trial: what is at one of two neighbours by the toss of a coin
 * looks like 8, 8, 8 once in 8 times, and beside it like 9, 9, 9 once in 64.
 * So half a step, which is the standard deviation of such a coin, is the
 * least one believed: 3 trials of 8 against 3 of 9 are p = 0.035, against 3
 * of 16 2e-5, and one more in each of 8 trials is told from none at 0.07 %.
 * The spread of a rounding, 1 / sqrt(12), would say 0.7 % of 8 and 9: half as
 * much as the coin does.
 */
#define ESTIMATE_STEP_SPREAD_FLOOR 0.5

struct samples {
    const double *values;
    size_t len;
};

/*
 * Which t: a change that adds a cache makes the spread of what a function
 * allocates another one. With 3 processes a side, one of them constant,
 * Student's pooled spread would err in 1.4 % of the looks meant for 0.2 %;
 * Welch's does in 0.2 %. What it costs is power: a change that Student's
 * test finds in 90 % Welch's finds in 64 % (3 a side), 85 % (5) or 89 % (8).
 * CPU time, resident memory and latency spread by the machine, alike on
 * both sides, by per cents and not by hundredths of them: there the power
 * is dear, and a spread twice as large on one side makes 0.28 % of 0.2 %.
 * (200,000 simulated looks each.)
 *
 * The floor is a lower bound of each side's standard deviation and no
 * prior with degrees of freedom of its own: with some, a function whose
 * true spread is three times the floor and that looks equal by chance,
 * once in 50, would pass at quantiles near the normal ones. What that
 * costs: of 500 functions that are constant, in 3 trials a side, growth
 * that lies 0.34 % of the function above the limit is found 9 times of 10
 * (t of 0.002 / 500 with 4 degrees of freedom; tests/bench/errors).
 */
struct estimate estimate_of(struct samples base, struct samples cand, enum estimate_method method);

/*
 * ESTIMATE_PAIRS of what two processes took that ran at the same time, value i
 * of one side beside value i of the other: Student's t on the logarithms of
 * their ratios, of so many degrees of freedom as there are pairs, less one.
 * What slows the machine for a minute slows both, and is in neither bound; of
 * the candidate's own interval, by its values alone, it is a part. In 44 runs
 * of an example on two shared CPUs, 3 pairs and 3 + 3 trials each, CPU time per
 * request had a standard deviation of 4.2 % from pair to pair (median 2.0 %),
 * the difference of two processes that ran one after the other one of 21 %.
 */
struct estimate estimate_of_pairs(struct samples base, struct samples cand);

/*
 * Two processes at the same time disturb each other alike, and take more than
 * one alone: the level of `pairs` is then that of trials where each side was
 * alone, two or more of each, its change that of the pairs. In the logarithm
 * the candidate is half the change above the middle of both sides' means, whose
 * spread is pooled; its own interval has both variances (Satterthwaite). False,
 * and nothing is done, where a value has no logarithm or a side one trial.
 */
bool estimate_set_level(struct estimate *pairs, struct samples base, struct samples cand);

/* ESTIMATE_DIFFERENCE of what was counted: whole multiples of `step`, > 0, such as threads. */
struct estimate estimate_of_counts(struct samples base, struct samples cand, double step);

/*
 * What grows in steps, as a map that doubles, may rise between two points
 * and lie flat between all others; a slope, which is a median, shows none of
 * it then. So the interval of the growth ends no lower than that of the
 * whole rise, both ESTIMATE_DIFFERENCE of the same processes: a limit
 * between the two is not kept for certain.
 */
void estimate_widen_to_rise(struct estimate *growth, const struct estimate *rise);

/* The least standard deviation of one reading, of which `mean` is the mean; step 0: no count. */
double estimate_least_spread(double mean, double step);

#endif
