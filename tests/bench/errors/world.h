#ifndef TESTS_BENCH_ERRORS_WORLD_H
#define TESTS_BENCH_ERRORS_WORLD_H

#include "gate/judge/judge.h"

/*
 * Simulated runs of a scenario: rows as compare makes them, of trials that
 * are drawn, judged by the real policy, families and looks. The spreads
 * are measured ones (29 published modules at heap rate 1, one order
 * service for what the process does): most functions are constant to
 * 0.005 %, some vary by tenths of a per cent, a few by several. A pair of
 * the duet has as many windows as memgate takes of 4,000 requests or more:
 * the fewer, the further do they hide that pairs differ.
 */
enum { WORLD_FUNCTIONS_MAX = 600, WORLD_TRIALS_MAX = 8, WORLD_WINDOWS = 20 };

/* splitmix64: the same numbers everywhere. */
struct draw {
    uint64_t state;
};

double draw_uniform(struct draw *draw); /* in (0, 1) */
double draw_normal(struct draw *draw);
/* A Poisson count: by its gaps up to a mean of 200, normal above. */
double draw_count(struct draw *draw, double mean);

struct world {
    const char *name;
    bool is_strict;  /* judged by rules without a floor */
    bool is_at_once; /* no trial is added to the planned ones: there is one look */
    size_t functions;
    /* True growth of the candidate, as a ratio. */
    double function_growth;
    double named_growth; /* of the one function that a rule names */
    double total_growth;
    double cpu_growth;
    double p99_growth;
    double jumping_share; /* of functions that are at one of two levels, 10 % apart, by chance */
    double samples;       /* of the largest function in a trial's sampled profile; 0: rate 1 */
    double pair_spread;   /* of p99 from one pair of processes to the next, as a ratio */
};

/* What one run of a world ended with. */
struct outcome {
    bool blocked;
    bool by_total;
    bool by_named;
    bool by_function;
    bool undecided; /* a block rule, at the last look */
    size_t trials;  /* of the exact phase */
    size_t pairs;   /* of the duet */
};

void world_run(struct outcome *out, const struct world *world, const struct policy *policy,
               struct draw *draw);

#endif
