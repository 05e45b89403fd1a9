#include "gate/profile/proto.h"

/*
 * The Go runtime writes tables before the samples that name them,
 * google/pprof writes samples first, and both put the strings last. So
 * the message is walked several times, each time for the parts whose
 * references are known by then; a walk costs a few bytes per part.
 */
enum pass { PASS_STRINGS, PASS_TABLES, PASS_LOCATIONS, PASS_SAMPLES, PASS_COUNT };

typedef enum status field_reader(struct proto *proto, const struct wire_field *field,
                                 struct err *err);

enum status proto_expect(const struct wire_field *field, enum wire_type want, struct err *err)
{
    if (field->type == want)
        return STATUS_OK;
    return err_set(err, STATUS_FORMAT, "field %u has wire type %d, not %d", field->number,
                   (int)field->type, (int)want);
}

enum status proto_numbers(uint64_t *numbers, size_t count, const struct wire_field *message,
                          struct err *err)
{
    if (proto_expect(message, WIRE_BYTES, err))
        return err->status;
    struct wire wire = wire_open(message->bytes);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err))
            return err->status;
        if (field.number >= count)
            continue;
        if (proto_expect(&field, WIRE_VARINT, err))
            return err->status;
        numbers[field.number] = field.value;
    }
    return STATUS_OK;
}

enum status proto_string(struct str *out, const struct proto *proto, uint64_t at, struct err *err)
{
    if (at >= proto->string_count) {
        return err_set(err, STATUS_FORMAT, "string %lld is not in the table of %zu", (long long)at,
                       proto->string_count);
    }
    *out = proto->strings[at];
    return STATUS_OK;
}

static enum status read_string(struct proto *proto, const struct wire_field *field, struct err *err)
{
    if (proto_expect(field, WIRE_BYTES, err))
        return err->status;
    if (field->bytes.len > PROFILE_STRING_BYTES_MAX) {
        return err_set(err, STATUS_LIMIT, "string %zu is longer than %d bytes", proto->string_count,
                       PROFILE_STRING_BYTES_MAX);
    }
    if (proto->string_count == 0 && field->bytes.len > 0)
        return err_set(err, STATUS_FORMAT, "string 0 is not empty");
    proto->strings[proto->string_count++] = str_of_bytes(field->bytes);
    return STATUS_OK;
}

static enum status read_time(struct proto *proto, const struct wire_field *field, struct err *err)
{
    if (proto->out->time_ns != 0)
        return err_set(err, STATUS_FORMAT, "two profiles in one file");
    proto->out->time_ns = (int64_t)field->value;
    return proto_expect(field, WIRE_VARINT, err);
}

static enum status read_duration(struct proto *proto, const struct wire_field *field,
                                 struct err *err)
{
    proto->out->duration_ns = (int64_t)field->value;
    return proto_expect(field, WIRE_VARINT, err);
}

static enum status read_period(struct proto *proto, const struct wire_field *field, struct err *err)
{
    proto->out->period = (int64_t)field->value;
    return proto_expect(field, WIRE_VARINT, err);
}

static enum status read_default_type(struct proto *proto, const struct wire_field *field,
                                     struct err *err)
{
    if (proto_expect(field, WIRE_VARINT, err) ||
        proto_string(&proto->out->default_type, proto, field->value, err))
        return err_wrap(err, "default sample type");
    return STATUS_OK;
}

/* Names of no use here that must still be in the table: a dangling one means a damaged file. */
static enum status read_ignored_string(struct proto *proto, const struct wire_field *field,
                                       struct err *err)
{
    struct str ignored = {0};
    if (proto_expect(field, WIRE_VARINT, err) || proto_string(&ignored, proto, field->value, err))
        return err_wrap(err, "field %u", field->number);
    return STATUS_OK;
}

static enum status read_comments(struct proto *proto, const struct wire_field *field,
                                 struct err *err)
{
    if (field->type != WIRE_BYTES)
        return read_ignored_string(proto, field, err);
    struct str ignored = {0};
    struct wire wire = wire_open(field->bytes);
    uint64_t at = 0;
    while (!wire_at_end(&wire)) {
        if (wire_varint(&wire, &at, err) || proto_string(&ignored, proto, at, err))
            return err_wrap(err, "comment");
    }
    return STATUS_OK;
}

/* Which part is read when, by what, and how many of it a profile may have (0: no limit). */
static const struct part {
    enum pass pass;
    field_reader *read;
    size_t max;
    const char *plural;
} parts[PROFILE_FIELDS] = {
    [PROFILE_SAMPLE_TYPE] = {PASS_TABLES, proto_sample_type, PROFILE_TYPES_MAX, "sample types"},
    [PROFILE_SAMPLE] = {PASS_SAMPLES, proto_sample, PROFILE_SAMPLES_MAX, "samples"},
    [PROFILE_MAPPING] = {PASS_TABLES, proto_mapping, PROFILE_MAPPINGS_MAX, "mappings"},
    [PROFILE_LOCATION] = {PASS_LOCATIONS, proto_location, PROFILE_LOCATIONS_MAX, "locations"},
    [PROFILE_FUNCTION] = {PASS_TABLES, proto_function, PROFILE_FUNCTIONS_MAX, "functions"},
    [PROFILE_STRING] = {PASS_STRINGS, read_string, PROFILE_STRINGS_MAX, "strings"},
    [PROFILE_DROP_FRAMES] = {PASS_TABLES, read_ignored_string, 0, NULL},
    [PROFILE_KEEP_FRAMES] = {PASS_TABLES, read_ignored_string, 0, NULL},
    [PROFILE_TIME_NANOS] = {PASS_TABLES, read_time, 0, NULL},
    [PROFILE_DURATION_NANOS] = {PASS_TABLES, read_duration, 0, NULL},
    [PROFILE_PERIOD_TYPE] = {PASS_TABLES, proto_period_type, 0, NULL},
    [PROFILE_PERIOD] = {PASS_TABLES, read_period, 0, NULL},
    [PROFILE_COMMENT] = {PASS_TABLES, read_comments, 0, NULL},
    [PROFILE_DEFAULT_TYPE] = {PASS_TABLES, read_default_type, 0, NULL},
    [PROFILE_DOC_URL] = {PASS_TABLES, read_ignored_string, 0, NULL},
};

/* The first walk: the whole frame of the message is sound, and nothing is too many. */
static enum status count_parts(struct proto *proto, struct bytes raw, struct err *err)
{
    struct wire wire = wire_open(raw);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err))
            return err->status;
        if (field.number >= PROFILE_FIELDS)
            continue;
        const struct part *part = &parts[field.number];
        if (++proto->counts[field.number] > part->max && part->max > 0)
            return err_set(err, STATUS_LIMIT, "more than %zu %s", part->max, part->plural);
    }
    return STATUS_OK;
}

/* Each part took at least two bytes of the file, so these sizes are bounded by what was read. */
static void take_memory(struct proto *proto)
{
    struct arena *arena = proto->arena;
    struct profile *out = proto->out;
    const size_t *counts = proto->counts;
    proto->strings = ARENA_ARRAY(arena, struct str, counts[PROFILE_STRING]);
    out->types = ARENA_ARRAY(arena, struct profile_type, counts[PROFILE_SAMPLE_TYPE]);
    out->samples = ARENA_ARRAY(arena, struct profile_sample, counts[PROFILE_SAMPLE]);
    out->mappings = ARENA_ARRAY(arena, struct profile_mapping, counts[PROFILE_MAPPING]);
    out->locations = ARENA_ARRAY(arena, struct profile_location, counts[PROFILE_LOCATION]);
    out->functions = ARENA_ARRAY(arena, struct profile_function, counts[PROFILE_FUNCTION]);
    ids_init(&proto->mappings, "mapping", arena, counts[PROFILE_MAPPING]);
    ids_init(&proto->functions, "function", arena, counts[PROFILE_FUNCTION]);
    ids_init(&proto->locations, "location", arena, counts[PROFILE_LOCATION]);
}

static enum status walk(struct proto *proto, struct bytes raw, enum pass pass, struct err *err)
{
    struct wire wire = wire_open(raw);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err))
            return err->status;
        if (field.number >= PROFILE_FIELDS || parts[field.number].pass != pass)
            continue;
        if (parts[field.number].read(proto, &field, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status walk_all(struct proto *proto, struct bytes raw, struct err *err)
{
    for (enum pass pass = PASS_STRINGS; pass < PASS_COUNT; pass++) {
        if (walk(proto, raw, pass, err))
            return err->status;
        if (pass == PASS_STRINGS && proto->string_count == 0)
            return err_set(err, STATUS_FORMAT, "the table of strings is missing");
    }
    if (proto->out->sample_count > 0 && proto->out->type_count == 0)
        return err_set(err, STATUS_FORMAT, "samples without a sample type");
    return STATUS_OK;
}

enum status proto_decode(struct profile *out, struct arena *arena, struct bytes raw,
                         struct err *err)
{
    struct profile profile = {0};
    struct proto *proto = ARENA_NEW(arena, struct proto);
    proto->arena = arena;
    proto->out = &profile;
    if (count_parts(proto, raw, err))
        return err->status;

    take_memory(proto);
    enum status status = walk_all(proto, raw, err);
    ids_release(&proto->mappings);
    ids_release(&proto->functions);
    ids_release(&proto->locations);
    if (status == STATUS_OK)
        *out = profile;
    return status;
}
