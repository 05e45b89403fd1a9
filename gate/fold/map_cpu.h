#ifndef GATE_FOLD_MAP_CPU_H
#define GATE_FOLD_MAP_CPU_H

#include "gate/fold/runtime.h"
#include "gate/profile/profile.h"

/*
 * How much of a CPU profile are map operations. A sample belongs to them
 * when a map entry of the runtime (mapaccess1_faststr, mapassign,
 * mapIterNext, makemap ...) stands anywhere in its stack, inlined lines
 * included: the leaves below an entry (hashing, probing, growing, the
 * garbage collector's assists) have other names in every release, the
 * entries have not. Which they are, config/runtime says in rows "cpu".
 */
struct map_cpu {
    int64_t samples;         /* of the program; idle and unknown stacks included */
    int64_t map_samples;     /* of them, in a map operation */
    int64_t generic_samples; /* of them, in one for keys of any type: mapaccess1, not _fast64 */
    int64_t excluded;        /* of the profiler itself, not counted above */
};

/*
 * Counts the samples of a Go CPU profile (columns samples and cpu). A
 * stack with several entries (a clone that assigns) is what its outermost
 * one says: that is what the program called. Other columns and negative
 * counts are STATUS_FORMAT.
 */
NODISCARD enum status map_cpu_fold(struct map_cpu *out, const struct profile *profile,
                                   const struct runtime_table *runtime, struct err *err);

#endif
