#ifndef GATE_CODEC_WIRE_H
#define GATE_CODEC_WIRE_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Protobuf wire format, read with a (pointer, end) cursor and nothing
 * else: https://protobuf.dev/programming-guides/encoding. Groups,
 * field number 0, varints over 64 bits and lengths past the parent are
 * errors (STATUS_FORMAT with the byte offset).
 */
struct wire {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
};

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;     /* varint and fixed */
    struct bytes bytes; /* WIRE_BYTES */
};

struct wire wire_open(struct bytes message);
bool wire_at_end(const struct wire *wire);
NODISCARD enum status wire_next(struct wire *wire, struct wire_field *field, struct err *err);

/* Behind wire_varint, which reads the short cases where it is called. */
NODISCARD enum status wire_varint_long(struct wire *wire, uint64_t *value, struct err *err);

/* A profile is tens of millions of varints, nearly all of them one or two bytes long. */
NODISCARD static inline enum status wire_varint(struct wire *wire, uint64_t *value, struct err *err)
{
    if (wire->at < wire->end && *wire->at < 0x80) {
        *value = *wire->at++;
        return STATUS_OK;
    }
    if (wire->end - wire->at > 1 && wire->at[1] < 0x80) {
        *value = (wire->at[0] & 0x7fU) | (uint64_t)wire->at[1] << 7;
        wire->at += 2;
        return STATUS_OK;
    }
    return wire_varint_long(wire, value, err);
}

#endif
