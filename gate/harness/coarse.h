#ifndef GATE_HARNESS_COARSE_H
#define GATE_HARNESS_COARSE_H

#include "gate/policy/policy.h"
#include "gate/recording/recording.h"

/*
 * How an exact phase samples where rate 1 is impossible: so that what the
 * rules limit can be told from the sampling's own noise, as cheaply as
 * that goes. Pure arithmetic.
 *
 * A function that allocates S bytes a trial gives S / R samples at a
 * period of R, and a growth of d needs count_needed(d) of them on each
 * side, over all trials. CPU per request rises by 20 % at 4096, 10 % at
 * 16384 and 4 % at 65536 (measured on a service of 65 kB a request), so the
 * largest period that will do is taken, and below 4096, where nothing was
 * measured, more requests.
 */
enum {
    COARSE_PERIOD_MIN = 4096,
    COARSE_PERIOD_DEFAULT = 16384, /* where no rule says what is needed */
    COARSE_PERIOD_MAX = 524288,
};

/* What one trial showed. */
struct coarse_probe {
    double bytes; /* allocated over its requests */
    /*
     * How many times the samples a count of objects needs that bytes need for
     * as small a growth: few samples of small objects stand for most objects.
     */
    double object_cost;
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
    double samples;         /* of each side, over all trials */
};

/*
 * Samples of the whole program that the rule on allocation needs which
 * needs most, and that rule; 0 and NULL where none limits a growth in
 * percent. Only rules that block. A floor_share f and a limit d: where a
 * function has the share f / d of all bytes its limit is tightest, below
 * that the floor is larger. Of a function without a floor nobody knows its
 * share: it is taken for the whole.
 */
double coarse_need(const struct rule **rule, const struct policy *policy, struct str scenario,
                   const struct coarse_probe *probe);

struct coarse_choice coarse_choose(const struct coarse_probe *probe, double need,
                                   const struct coarse_bounds *bounds);

#endif
