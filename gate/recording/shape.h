#ifndef GATE_RECORDING_SHAPE_H
#define GATE_RECORDING_SHAPE_H

#include "gate/codec/json.h"

/*
 * A struct as JSON, described once: the same table writes it and reads
 * it back. Reading is strict: every field present, none besides, each of
 * its type and within its limit. Only a part and FIELD_STR_MAYBE may be
 * missing.
 */
enum field_type {
    FIELD_STR,
    FIELD_STR_MAYBE, /* a member that may be absent, which is the empty text */
    FIELD_BOOL,
    FIELD_U64,
    FIELD_U32,
    FIELD_SIZE,
    FIELD_DOUBLE, /* finite, never negative */
    FIELD_HEX,    /* uint64_t as "1f40": a string keeps all 64 bits */
    FIELD_OBJECT,
    FIELD_PART, /* an object that recordings of earlier versions lack; stays as it is then */
    FIELD_LIST, /* pointer at offset, size_t at len_offset */
    FIELD_TYPES,
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    uint64_t max;              /* largest number, or most items; 0: what JSON can hold */
    const struct shape *shape; /* of the object, or of each item */
    size_t len_offset;
};

struct shape {
    const struct field *fields;
    size_t field_count;
    size_t size;   /* of the struct */
    bool is_tuple; /* a list of the values alone, in the table's order */
};

#define SHAPE(type, table)                                                                         \
    {.fields = (table), .field_count = ARRAY_LEN(table), .size = sizeof(type)}

/* The offset of a field; RECORD is defined around each table as the name of its struct. */
#define AT(member) offsetof(struct RECORD, member)

/*
 * Appends the struct as one JSON document. A number that JSON readers
 * could not give back (over 2^63 - 1, infinite, NaN) is STATUS_INVALID
 * naming the field; a text larger than `buf` may grow is STATUS_LIMIT.
 */
NODISCARD enum status shape_write(struct buf *buf, const struct shape *shape, const void *from,
                                  struct err *err);
/* Fills *out (shape->size bytes); texts and lists are copied into the arena. */
NODISCARD enum status shape_read(void *out, struct arena *arena, const struct shape *shape,
                                 const struct json_value *value, struct err *err);
/* The same of a JSON document: what json_parse refuses, and what shape_read does. */
NODISCARD enum status shape_parse(void *out, struct arena *arena, const struct shape *shape,
                                  struct str text, struct err *err);

#endif
