#ifndef GATE_PROFILE_PROTO_H
#define GATE_PROFILE_PROTO_H

#include "gate/codec/wire.h"
#include "gate/profile/ids.h"
#include "gate/profile/profile.h"

/*
 * Decodes an inflated profile.proto message. The caller's `raw` must
 * live as long as the arena: names borrow from it. Totals are not
 * checked here.
 */
NODISCARD enum status proto_decode(struct profile *out, struct arena *arena, struct bytes raw,
                                   struct err *err);

/*
 * The rest is between the files proto*.c. Field numbers are those of
 * https://github.com/google/pprof/blob/main/proto/profile.proto.
 */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_DROP_FRAMES = 7,
    PROFILE_KEEP_FRAMES = 8,
    PROFILE_TIME_NANOS = 9,
    PROFILE_DURATION_NANOS = 10,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_COMMENT = 13,
    PROFILE_DEFAULT_TYPE = 14,
    PROFILE_DOC_URL = 15,
    PROFILE_FIELDS = 16,
};

struct proto {
    struct arena *arena;
    struct profile *out;
    struct str *strings;
    size_t string_count;
    size_t counts[PROFILE_FIELDS]; /* how often each field stands in the message */
    size_t frame_count;            /* over all samples so far */
    size_t line_count;             /* over all locations so far */
    struct ids mappings;
    struct ids functions;
    struct ids locations;
    uint32_t frames[PROFILE_FRAMES_MAX];          /* of the current sample */
    int64_t values[PROFILE_TYPES_MAX];            /* of the current sample */
    struct profile_line lines[PROFILE_LINES_MAX]; /* of the current location */
};

/* STATUS_FORMAT when the field is not of this type. */
NODISCARD enum status proto_expect(const struct wire_field *field, enum wire_type want,
                                   struct err *err);
/* A message of numbers alone: its fields by number; the last one wins, as protobuf says. */
NODISCARD enum status proto_numbers(uint64_t *numbers, size_t count,
                                    const struct wire_field *message, struct err *err);
/* A string by its index in the table. */
NODISCARD enum status proto_string(struct str *out, const struct proto *proto, uint64_t at,
                                   struct err *err);

/* One part of the message each, appended to proto->out; errors name the part. */
NODISCARD enum status proto_sample_type(struct proto *proto, const struct wire_field *field,
                                        struct err *err);
NODISCARD enum status proto_period_type(struct proto *proto, const struct wire_field *field,
                                        struct err *err);
NODISCARD enum status proto_mapping(struct proto *proto, const struct wire_field *field,
                                    struct err *err);
NODISCARD enum status proto_function(struct proto *proto, const struct wire_field *field,
                                     struct err *err);
NODISCARD enum status proto_location(struct proto *proto, const struct wire_field *field,
                                     struct err *err);
NODISCARD enum status proto_sample(struct proto *proto, const struct wire_field *field,
                                   struct err *err);

#endif
