#ifndef GATE_FOLD_TARGETS_H
#define GATE_FOLD_TARGETS_H

#include "gate/binary/binary.h"
#include "gate/profile/profile.h"

/*
 * The call targets of all sampled leaf addresses of one side: the few
 * kilobytes that make a recording judgeable without its binary. Keys
 * are file offsets, so position-independent executables need no load
 * address. Sorted by offset, unique.
 */
struct call_target {
    uint64_t offset;
    struct str symbol;
};

struct call_targets {
    struct call_target *items;
    size_t len;
    size_t cap;
};

/* File offset of a location in the executable (the first mapping); false when outside it. */
bool targets_offset(const struct profile *profile, const struct profile_location *location,
                    uint64_t *offset);
/* Adds the targets of the profile's leaves; call targets_sort when all profiles were added. */
void targets_add(struct call_targets *targets, struct arena *arena, const struct binary *binary,
                 const struct profile *profile);
void targets_sort(struct call_targets *targets);
/* The symbol at an offset, or the empty string. Needs sorted targets. */
struct str targets_find(const struct call_targets *targets, uint64_t offset);

#endif
