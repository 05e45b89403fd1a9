#ifndef GATE_STATS_ESTIMATE_H
#define GATE_STATS_ESTIMATE_H

#include "gate/base/base.h"

/*
 * How far the candidate is from the baseline, from one number per
 * process and side. The interval is two-sided 99 %, so that each bound
 * alone errs once in 200 at a single look.
 */
enum estimate_method {
    ESTIMATE_DIFFERENCE, /* Welch's t on the values: allocation, live heap */
    ESTIMATE_LOG_RATIO,  /* Welch's t on their logarithms: CPU, RSS, latency */
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
    uint32_t base_count; /* processes */
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
};

#define ESTIMATE_CONFIDENCE 0.99
/*
 * Smallest relative spread believed of exact counts. At rate 1 the
 * per-request counts of a fixed load differ by up to 0.005 % between
 * processes; three equal readings do not prove a spread of zero.
 */
#define ESTIMATE_SPREAD_FLOOR 1e-4

struct samples {
    const double *values;
    size_t len;
};

struct estimate estimate_of(struct samples base, struct samples cand, enum estimate_method method);

#endif
