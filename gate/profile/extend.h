#ifndef GATE_PROFILE_EXTEND_H
#define GATE_PROFILE_EXTEND_H

#include "gate/profile/profile.h"

/*
 * A profile with one sample more, for positive controls: what a program
 * would have written had it done something besides. The rest stays as
 * it is, byte for byte: messages of protobuf that follow each other are
 * one message, so the sample, its locations, functions and names stand
 * behind what was there.
 */
struct profile_frame {
    struct str function; /* raw spelling */
    struct str file;
    int64_t line;
    uint64_t offset; /* in the file of the first mapping, as targets_offset tells it */
};

struct profile_extra {
    const struct profile_frame *frames; /* leaf first */
    size_t frame_count;
    const int64_t *values; /* one for each sample type of the profile */
    size_t value_count;
    int64_t object_bytes; /* label "bytes"; 0 for none */
};

/*
 * `data` is profile.proto, packed or not; `out`, which is not packed,
 * lives in the arena. STATUS_FORMAT when it is no profile.proto, has
 * other sample types than `extra` has values, or no mapping to put a
 * frame into (only where frames have an offset).
 */
NODISCARD enum status profile_extend(struct bytes *out, struct arena *arena, struct bytes data,
                                     const struct profile_extra *extra, struct err *err);

/*
 * An offset in the file of the first mapping at which neither the profile
 * has a location nor, most likely, the program a call: that of the
 * mapping's last byte. 0 when there is no mapping.
 */
uint64_t profile_free_offset(const struct profile *profile);

#endif
