#ifndef GATE_FOLD_TARGETS_H
#define GATE_FOLD_TARGETS_H

#include "gate/binary/binary.h"
#include "gate/fold/kind.h"
#include "gate/profile/profile.h"

/*
 * The call targets of all sampled leaf addresses of one side: the few
 * kilobytes that make a recording judgeable without its binary. Keys
 * are file offsets, so position-independent executables need no load
 * address. Sorted by offset, unique.
 */
struct call_target {
    uint64_t offset;
    struct str symbol;  /* the entry of the runtime that is called there */
    struct str type;    /* Go's name of the allocated type; empty when the call does not say */
    enum alloc_how how; /* CALL or CHAIN */
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
/*
 * For leaves that no direct call ends (an entry inlined into its caller):
 * the function of the runtime whose code holds the hidden frame before the
 * leaf. `text` is Go's debug=1 text of the same process, with the mapping
 * of the executable (profile_use_mapping). Targets that are there stay.
 */
void targets_add_text(struct call_targets *targets, struct arena *arena,
                      const struct binary *binary, const struct profile *text);
void targets_sort(struct call_targets *targets);
/* The target at an offset, or NULL. Needs sorted targets. */
const struct call_target *targets_find(const struct call_targets *targets, uint64_t offset);

#endif
