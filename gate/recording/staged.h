#ifndef GATE_RECORDING_STAGED_H
#define GATE_RECORDING_STAGED_H

#include "gate/base/err.h"
#include "gate/base/str.h"
#include "gate/recording/recording.h"

/*
 * A recording that is written beside the one it is to replace: DIR stays
 * what it was until the new one is whole. Written into DIR.part; then DIR
 * becomes DIR.old, DIR.part becomes DIR, and DIR.old goes. What a process
 * that died left of these two is put right by the next staged_open, even
 * half removed. Any of the three that is a directory and no recording, nor
 * beside DIR what is left of one, may be the user's own: STATUS_USAGE
 * before anything is touched, and it stays.
 */
struct staged {
    struct str dir;  /* DIR */
    struct str part; /* where to write; empty while nothing is staged */
    struct str old;
    bool has_old;  /* a recording lies in DIR */
    bool is_whole; /* `part` holds a recording, and perhaps trials that came after it */
    const struct record_scenario *written; /* its scenarios, as they were */
    size_t written_count;
};

/* Makes an empty DIR.part; what is above it must be there. */
NODISCARD enum status staged_open(struct staged *out, struct arena *arena, struct str dir,
                                  struct err *err);
/* The new one takes the place of the old one; where that fails the old one is back. */
NODISCARD enum status staged_settle(struct staged *staged, struct err *err);
/* What recording_write writes into DIR.part begins, and is no recording until it ends. */
void staged_begin(struct staged *staged);
/* The recording was written: whatever happens to later trials, this much can be settled. */
void staged_end(struct staged *staged, struct arena *arena, const struct recording *recording);
/*
 * Settles the recording that staged_end was told of, without the trials, or
 * parts of such, that came after it. Only where is_whole; what could not be
 * settled stays in DIR.part.
 */
NODISCARD enum status staged_keep(struct staged *staged, struct arena *arena, struct err *err);
/* Removes what was written and not settled; does nothing where there is nothing. */
void staged_drop(struct staged *staged);

#endif
