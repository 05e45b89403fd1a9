#include "gate/codec/wire.h"

enum { VARINT_BYTES_MAX = 10, FIELD_NUMBER_MAX = (1 << 29) - 1 };

struct wire wire_open(struct bytes message)
{
    static const uint8_t nothing[1];
    const uint8_t *start = message.data ? message.data : nothing;
    return (struct wire){start, start, start + message.len};
}

bool wire_at_end(const struct wire *wire)
{
    return wire->at == wire->end;
}

static enum status refuse(const struct wire *wire, const char *what, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "byte %zu: %s", (size_t)(wire->at - wire->start), what);
}

enum status wire_varint_long(struct wire *wire, uint64_t *value, struct err *err)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < VARINT_BYTES_MAX; i++) {
        if (wire->at + i == wire->end)
            return refuse(wire, "varint is cut short", err);
        uint8_t byte = wire->at[i];
        /*
         * The tenth byte carries bit 63 alone. Larger values are how a
         * hostile profile would wrap a length into a small number.
         */
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            wire->at += i + 1;
            *value = bits;
            return STATUS_OK;
        }
    }
    return refuse(wire, "varint is longer than 64 bits", err);
}

/* Little endian, as the encoding says, on every machine. */
static enum status read_fixed(struct wire *wire, size_t size, uint64_t *value, struct err *err)
{
    if ((size_t)(wire->end - wire->at) < size)
        return refuse(wire, "fixed-size number is cut short", err);
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)wire->at[i] << (8 * i);
    wire->at += size;
    return STATUS_OK;
}

static enum status read_bytes(struct wire *wire, struct bytes *bytes, struct err *err)
{
    uint64_t len = 0;
    if (wire_varint(wire, &len, err))
        return err->status;
    if (len > (size_t)(wire->end - wire->at))
        return refuse(wire, "length passes the end of the message", err);
    *bytes = (struct bytes){wire->at, (size_t)len};
    wire->at += len;
    return STATUS_OK;
}

enum status wire_next(struct wire *wire, struct wire_field *field, struct err *err)
{
    uint64_t tag = 0;
    struct wire before = *wire;
    if (wire_varint(wire, &tag, err))
        return err->status;
    if (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX)
        return refuse(&before, "field number is out of range", err);

    field->number = (uint32_t)(tag >> 3);
    field->value = 0;
    field->bytes = (struct bytes){0};
    switch (tag & 7) {
    case WIRE_VARINT:
        field->type = WIRE_VARINT;
        return wire_varint(wire, &field->value, err);
    case WIRE_FIXED64:
        field->type = WIRE_FIXED64;
        return read_fixed(wire, 8, &field->value, err);
    case WIRE_BYTES:
        field->type = WIRE_BYTES;
        return read_bytes(wire, &field->bytes, err);
    case WIRE_FIXED32:
        field->type = WIRE_FIXED32;
        return read_fixed(wire, 4, &field->value, err);
    default:
        return refuse(&before, "groups and unknown wire types are not read", err);
    }
}
