#include "gate/profile/proto.h"

enum { VALUE_TYPE = 1, VALUE_UNIT = 2, VALUE_FIELDS = 3 };
enum {
    MAPPING_ID = 1,
    MAPPING_START = 2,
    MAPPING_LIMIT = 3,
    MAPPING_OFFSET = 4,
    MAPPING_FILE = 5,
    MAPPING_BUILD_ID = 6,
    MAPPING_FIELDS = 11, /* 7 to 10 are flags that memgate has no use for */
};
enum { LOCATION_ID = 1, LOCATION_MAPPING = 2, LOCATION_ADDRESS = 3, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2, LINE_FIELDS = 4 };
enum {
    FUNCTION_ID = 1,
    FUNCTION_NAME = 2,
    FUNCTION_SYSTEM_NAME = 3,
    FUNCTION_FILE = 4,
    FUNCTION_START_LINE = 5,
    FUNCTION_FIELDS = 6,
};

static enum status read_value_type(struct profile_type *out, struct proto *proto,
                                   const struct wire_field *field, struct err *err)
{
    uint64_t numbers[VALUE_FIELDS] = {0};
    if (proto_numbers(numbers, VALUE_FIELDS, field, err) ||
        proto_string(&out->type, proto, numbers[VALUE_TYPE], err) ||
        proto_string(&out->unit, proto, numbers[VALUE_UNIT], err))
        return err->status;
    return STATUS_OK;
}

enum status proto_sample_type(struct proto *proto, const struct wire_field *field, struct err *err)
{
    struct profile *out = proto->out;
    if (read_value_type(&out->types[out->type_count], proto, field, err))
        return err_wrap(err, "sample type %zu", out->type_count + 1);
    out->type_count++;
    return STATUS_OK;
}

enum status proto_period_type(struct proto *proto, const struct wire_field *field, struct err *err)
{
    if (read_value_type(&proto->out->period_type, proto, field, err))
        return err_wrap(err, "period type");
    return STATUS_OK;
}

static enum status fill_mapping(struct proto *proto, const uint64_t *numbers, struct err *err)
{
    size_t i = proto->out->mapping_count++;
    struct profile_mapping *mapping = &proto->out->mappings[i];
    mapping->start = numbers[MAPPING_START];
    mapping->limit = numbers[MAPPING_LIMIT];
    mapping->offset = numbers[MAPPING_OFFSET];
    if (proto_string(&mapping->file, proto, numbers[MAPPING_FILE], err) ||
        proto_string(&mapping->build_id, proto, numbers[MAPPING_BUILD_ID], err))
        return err->status;
    return ids_add(&proto->mappings, numbers[MAPPING_ID], (uint32_t)i, err);
}

enum status proto_mapping(struct proto *proto, const struct wire_field *field, struct err *err)
{
    uint64_t numbers[MAPPING_FIELDS] = {0};
    size_t number = proto->out->mapping_count + 1;
    if (proto_numbers(numbers, MAPPING_FIELDS, field, err) || fill_mapping(proto, numbers, err))
        return err_wrap(err, "mapping %zu", number);
    return STATUS_OK;
}

static enum status fill_function(struct proto *proto, const uint64_t *numbers, struct err *err)
{
    size_t i = proto->out->function_count++;
    struct profile_function *function = &proto->out->functions[i];
    function->start_line = (int64_t)numbers[FUNCTION_START_LINE];
    if (proto_string(&function->name, proto, numbers[FUNCTION_NAME], err) ||
        proto_string(&function->system_name, proto, numbers[FUNCTION_SYSTEM_NAME], err) ||
        proto_string(&function->filename, proto, numbers[FUNCTION_FILE], err))
        return err->status;
    return ids_add(&proto->functions, numbers[FUNCTION_ID], (uint32_t)i, err);
}

enum status proto_function(struct proto *proto, const struct wire_field *field, struct err *err)
{
    uint64_t numbers[FUNCTION_FIELDS] = {0};
    size_t number = proto->out->function_count + 1;
    if (proto_numbers(numbers, FUNCTION_FIELDS, field, err) || fill_function(proto, numbers, err))
        return err_wrap(err, "function %zu", number);
    return STATUS_OK;
}

static enum status read_line(struct profile_line *out, struct proto *proto,
                             const struct wire_field *field, struct err *err)
{
    uint64_t numbers[LINE_FIELDS] = {0};
    if (proto_numbers(numbers, LINE_FIELDS, field, err))
        return err->status;
    if (!ids_find(&proto->functions, numbers[LINE_FUNCTION], &out->function)) {
        return err_set(err, STATUS_FORMAT, "names function %llu, which is not defined",
                       (unsigned long long)numbers[LINE_FUNCTION]);
    }
    out->line = (int64_t)numbers[LINE_LINE];
    return STATUS_OK;
}

static enum status add_line(struct proto *proto, uint32_t *count, const struct wire_field *field,
                            struct err *err)
{
    if (*count == PROFILE_LINES_MAX)
        return err_set(err, STATUS_LIMIT, "has more than %d lines", PROFILE_LINES_MAX);
    if (++proto->line_count > PROFILE_LINES_ALL_MAX) {
        return err_set(err, STATUS_LIMIT, "more than %d lines in all locations",
                       PROFILE_LINES_ALL_MAX);
    }
    if (read_line(&proto->lines[*count], proto, field, err))
        return err->status;
    ++*count;
    return STATUS_OK;
}

/* Collects a location's numbers and, in proto->lines, its lines. */
static enum status scan_location(struct proto *proto, uint64_t *numbers, uint32_t *line_count,
                                 const struct wire_field *message, struct err *err)
{
    struct wire wire = wire_open(message->bytes);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err))
            return err->status;
        if (field.number > LOCATION_LINE)
            continue;
        bool is_line = field.number == LOCATION_LINE;
        if (proto_expect(&field, is_line ? WIRE_BYTES : WIRE_VARINT, err) ||
            (is_line && add_line(proto, line_count, &field, err)))
            return err->status;
        numbers[field.number] = field.value;
    }
    return STATUS_OK;
}

static enum status fill_location(struct proto *proto, const struct wire_field *field,
                                 struct err *err)
{
    uint64_t numbers[LOCATION_LINE + 1] = {0};
    size_t i = proto->out->location_count++;
    struct profile_location *location = &proto->out->locations[i];
    if (proto_expect(field, WIRE_BYTES, err) ||
        scan_location(proto, numbers, &location->line_count, field, err))
        return err->status;

    location->mapping = PROFILE_NONE;
    location->address = numbers[LOCATION_ADDRESS];
    uint64_t mapping = numbers[LOCATION_MAPPING];
    if (mapping != 0 && !ids_find(&proto->mappings, mapping, &location->mapping)) {
        return err_set(err, STATUS_FORMAT, "names mapping %llu, which is not defined",
                       (unsigned long long)mapping);
    }

    struct profile_line *lines =
        ARENA_ARRAY(proto->arena, struct profile_line, location->line_count);
    memcpy(lines, proto->lines, location->line_count * sizeof(*lines));
    location->lines = lines;
    return ids_add(&proto->locations, numbers[LOCATION_ID], (uint32_t)i, err);
}

enum status proto_location(struct proto *proto, const struct wire_field *field, struct err *err)
{
    if (fill_location(proto, field, err))
        return err_wrap(err, "location %zu", proto->out->location_count);
    return STATUS_OK;
}
