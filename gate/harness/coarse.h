#ifndef GATE_HARNESS_COARSE_H
#define GATE_HARNESS_COARSE_H

#include "gate/policy/policy.h"
#include "gate/recording/recording.h"

/*
 * How an exact phase samples where rate 1 is impossible: so that what the
 * rules limit can be told from the sampling's own noise, as cheaply as
 * that goes. Pure arithmetic.
 *
 * What allocates S bytes a trial, or holds them at a point, gives S / R
 * samples at a period of R, and a growth of d needs count_needed(d) of them
 * on each side, over all trials. CPU per request rises by 20 % at 4096, 10 %
 * at 16384 and 4 % at 65536 (measured on a service of 65 kB a request), so
 * the largest period that will do is taken, and below 4096, where nothing
 * was measured, more requests, which give samples of allocations alone.
 */
enum {
    COARSE_PERIOD_MIN = 4096,
    COARSE_PERIOD_DEFAULT = 16384, /* at most, where a rule is in force whose need nobody knows */
    COARSE_PERIOD_MAX = 524288,
};

/* A sum that the profiles of a trial have. */
struct coarse_sum {
    double bytes;
    /*
     * How many times the samples a count of objects needs that bytes need for
     * as small a growth: few samples of small objects stand for most objects.
     */
    double object_cost;
};

/* What one trial showed. */
struct coarse_probe {
    struct coarse_sum allocated; /* over its requests */
    struct coarse_sum held;      /* live heap at the point that has less; 0: no points to judge */
    uint64_t request_count;
    uint64_t wall_ns;
};

/* What there is to choose from. */
struct coarse_bounds {
    uint64_t fixed_period; /* the service sets its own; 0: any */
    uint64_t request_max;  /* a trial may send; request_count of the probe where it cannot choose */
    uint64_t limit_ns;     /* a trial may take */
    uint32_t trials;       /* a side */
};

struct coarse_choice {
    uint64_t period;
    uint64_t request_count; /* never fewer than the probe's */
    double samples;         /* of what is allocated, of each side, over all trials */
    double held_samples;    /* of the live heap at a point, likewise */
};

/* Samples that the rule needs which needs most; 0 and NULL where there is none. */
struct coarse_need {
    double samples;
    const struct rule *rule;
};

struct coarse_needs {
    struct coarse_need allocated;
    struct coarse_need held;
    /* Rules whose need nobody knows: how many, and the first of them. */
    size_t unsized_count;
    const struct rule *unsized;
};

/*
 * Samples of the whole program that the rules need. Only rules that block,
 * on what is read from the sampled heap: allocations, live heap and its
 * growth. A limit d of the whole scenario that spares a floor f is taken
 * for the larger of d and the share that f is of all bytes. A floor_share f
 * and a limit d: where a function has the share f / d of all bytes its
 * limit is tightest, below that the floor is larger. Unsized are limits in
 * anything but percent, budgets, heap growth, and rules on functions or kinds
 * without a floor_share, whose part of the whole nobody knows.
 */
struct coarse_needs coarse_needs(const struct policy *policy, struct str scenario,
                                 const struct coarse_probe *probe);

struct coarse_choice coarse_choose(const struct coarse_probe *probe,
                                   const struct coarse_needs *needs,
                                   const struct coarse_bounds *bounds);

#endif
