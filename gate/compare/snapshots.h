#ifndef GATE_COMPARE_SNAPSHOTS_H
#define GATE_COMPARE_SNAPSHOTS_H

#include "gate/fold/fold.h"

/*
 * Heap profiles count from the start of their process, so each snapshot of
 * one holds all that an earlier one does: several look like as much
 * evidence as several processes give, and are not. Pure.
 */

/* What was allocated by one stack in objects of one size. */
struct heap_site {
    uint64_t key; /* hash of the addresses and the size */
    int64_t objects;
    int64_t bytes;
};

struct heap_snapshot {
    struct heap_site *sites; /* by key */
    size_t len;
    int64_t objects; /* of all */
    int64_t period;
};

/* Lives in the arena; of a profile with alloc_objects and alloc_space. */
struct heap_snapshot heap_snapshot_of(struct arena *arena, const struct profile *profile);

/*
 * True where `later` has as much of every site as `earlier` and that cannot
 * well be chance: SNAPSHOT_SITES_MIN sites far smaller than the period,
 * each of which another process has as often by chance in two cases of
 * three at most. At period 1 processes with the same work do agree, so there as
 * many sites must have grown, and all objects by a hundredth.
 */
enum { SNAPSHOT_SITES_MIN = 32 };
bool heap_snapshot_continues(const struct heap_snapshot *later,
                             const struct heap_snapshot *earlier);

#endif
