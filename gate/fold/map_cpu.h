#ifndef GATE_FOLD_MAP_CPU_H
#define GATE_FOLD_MAP_CPU_H

#include "gate/profile/profile.h"

/*
 * How much of a CPU profile are map operations. A sample belongs to them
 * when a map entry of the runtime (mapaccess1_faststr, mapassign,
 * mapIterNext, makemap ...) stands anywhere in its stack, inlined lines
 * included: the leaves below an entry (hashing, probing, growing, the
 * garbage collector's assists) have other names in every release, the
 * entries have not.
 */
struct map_cpu {
    int64_t samples;         /* of the program; idle and unknown stacks included */
    int64_t map_samples;     /* of them, in a map operation */
    int64_t generic_samples; /* of them, in one for keys of any type: mapaccess1, not _fast64 */
    int64_t excluded;        /* of the profiler itself, not counted above */
};

enum map_entry { MAP_ENTRY_NONE, MAP_ENTRY_FAST, MAP_ENTRY_GENERIC };

/*
 * What a function is among the map entries. GENERIC is what the compiler
 * calls for keys that are neither strings nor of 4 or 8 bytes: structs,
 * interfaces, floats; or for values too large for the fast paths.
 * Iterating, clearing, cloning and making depend on no such choice and
 * are FAST.
 */
enum map_entry map_entry_of(struct str function);

/*
 * Counts the samples of a Go CPU profile (columns samples and cpu). A
 * stack with several entries (a clone that assigns) is what its outermost
 * one says: that is what the program called. Other columns and negative
 * counts are STATUS_FORMAT.
 */
NODISCARD enum status map_cpu_fold(struct map_cpu *out, const struct profile *profile,
                                   struct err *err);

#endif
