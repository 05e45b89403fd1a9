#include "gate/profile/extend.h"

#include "gate/base/buf.h"
#include "gate/codec/gzip.h"
#include "gate/profile/proto.h"

/* Numbers of fields in the messages that are written (see proto.h for the source). */
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_NUM = 3 };
enum { LOCATION_ID = 1, LOCATION_MAPPING = 2, LOCATION_ADDRESS = 3, LOCATION_LINE = 4 };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3, FUNCTION_FILE = 4 };
enum { MAPPING_ID = 1, MAPPING_START = 2, MAPPING_OFFSET = 4, MAPPING_FIELDS = 5 };

enum { MESSAGE_BYTES_MAX = PROFILE_STRING_BYTES_MAX };

/* The first numbers that nothing in the profile has. */
struct extending {
    uint64_t next_location;
    uint64_t next_function;
    uint64_t next_string;
    size_t type_count;
    uint64_t mapping[MAPPING_FIELDS]; /* of the first one; id 0: there is none */
    struct buf out;
};

static void put_varint(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_byte(out, (char)(value | 0x80));
        value >>= 7;
    }
    buf_byte(out, (char)value);
}

static void put_number(struct buf *out, uint32_t field, uint64_t value)
{
    put_varint(out, (uint64_t)field << 3 | WIRE_VARINT);
    put_varint(out, value);
}

static void put_bytes(struct buf *out, uint32_t field, struct str bytes)
{
    put_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
    put_varint(out, bytes.len);
    buf_str(out, bytes);
}

static uint64_t put_string(struct extending *extending, struct str text)
{
    put_bytes(&extending->out, PROFILE_STRING, text);
    return extending->next_string++;
}

/* The number of one more message of the kind, behind the largest one so far. */
static enum status take_id(uint64_t *next, const struct wire_field *field, struct err *err)
{
    uint64_t numbers[2] = {0};
    struct wire wire = wire_open(field->bytes);
    struct wire_field part;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &part, err))
            return err->status;
        if (part.number == FUNCTION_ID)
            numbers[1] = part.value;
    }
    if (numbers[1] >= *next)
        *next = numbers[1] + 1;
    return STATUS_OK;
}

static enum status take_mapping(struct extending *extending, const struct wire_field *field,
                                struct err *err)
{
    if (extending->mapping[MAPPING_ID] != 0)
        return STATUS_OK;
    return proto_numbers(extending->mapping, MAPPING_FIELDS, field, err);
}

static enum status take_field(struct extending *extending, const struct wire_field *field,
                              struct err *err)
{
    switch (field->number) {
    case PROFILE_SAMPLE_TYPE:
        extending->type_count++;
        return STATUS_OK;
    case PROFILE_STRING:
        extending->next_string++;
        return STATUS_OK;
    case PROFILE_MAPPING:
        return take_mapping(extending, field, err);
    case PROFILE_LOCATION:
        return take_id(&extending->next_location, field, err);
    case PROFILE_FUNCTION:
        return take_id(&extending->next_function, field, err);
    default:
        return STATUS_OK;
    }
}

static enum status take_numbers(struct extending *extending, struct bytes raw, struct err *err)
{
    struct wire wire = wire_open(raw);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err) || take_field(extending, &field, err))
            return err->status;
    }
    return STATUS_OK;
}

/* Function and location of one frame; returns the location's number. */
static uint64_t put_frame(struct extending *extending, const struct profile_frame *frame)
{
    struct buf message;
    struct buf line;
    uint64_t function = extending->next_function++;
    uint64_t location = extending->next_location++;
    uint64_t name = put_string(extending, frame->function);
    uint64_t file = put_string(extending, frame->file);
    buf_init(&message, MESSAGE_BYTES_MAX);
    buf_init(&line, MESSAGE_BYTES_MAX);
    put_number(&message, FUNCTION_ID, function);
    put_number(&message, FUNCTION_NAME, name);
    put_number(&message, FUNCTION_SYSTEM_NAME, name);
    put_number(&message, FUNCTION_FILE, file);
    put_bytes(&extending->out, PROFILE_FUNCTION, buf_view(&message));
    buf_reset(&message);
    put_number(&line, LINE_FUNCTION, function);
    put_number(&line, LINE_LINE, (uint64_t)frame->line);
    put_number(&message, LOCATION_ID, location);
    if (extending->mapping[MAPPING_ID] != 0) {
        const uint64_t *mapping = extending->mapping;
        put_number(&message, LOCATION_MAPPING, mapping[MAPPING_ID]);
        if (frame->offset > 0) {
            put_number(&message, LOCATION_ADDRESS,
                       frame->offset - mapping[MAPPING_OFFSET] + mapping[MAPPING_START]);
        }
    }
    put_bytes(&message, LOCATION_LINE, buf_view(&line));
    put_bytes(&extending->out, PROFILE_LOCATION, buf_view(&message));
    buf_release(&line);
    buf_release(&message);
    return location;
}

static void put_label(struct extending *extending, struct buf *sample, int64_t bytes)
{
    struct buf label;
    uint64_t key = put_string(extending, STR("bytes"));
    buf_init(&label, MESSAGE_BYTES_MAX);
    put_number(&label, LABEL_KEY, key);
    put_number(&label, LABEL_NUM, (uint64_t)bytes);
    put_bytes(sample, SAMPLE_LABEL, buf_view(&label));
    buf_release(&label);
}

static void put_sample(struct extending *extending, const struct profile_extra *extra)
{
    struct buf sample;
    buf_init(&sample, MESSAGE_BYTES_MAX);
    for (size_t i = 0; i < extra->frame_count; i++)
        put_number(&sample, SAMPLE_LOCATION, put_frame(extending, &extra->frames[i]));
    for (size_t i = 0; i < extra->value_count; i++)
        put_number(&sample, SAMPLE_VALUE, (uint64_t)extra->values[i]);
    if (extra->object_bytes > 0)
        put_label(extending, &sample, extra->object_bytes);
    put_bytes(&extending->out, PROFILE_SAMPLE, buf_view(&sample));
    buf_release(&sample);
}

static bool has_offset(const struct profile_extra *extra)
{
    for (size_t i = 0; i < extra->frame_count; i++) {
        if (extra->frames[i].offset > 0)
            return true;
    }
    return false;
}

static enum status check(const struct extending *extending, const struct profile_extra *extra,
                         struct err *err)
{
    if (extending->next_string == 0)
        return err_set(err, STATUS_FORMAT, "no profile.proto: it has no table of strings");
    if (extending->type_count != extra->value_count) {
        return err_set(err, STATUS_FORMAT, "has %zu sample types, not %zu", extending->type_count,
                       extra->value_count);
    }
    if (has_offset(extra) && extending->mapping[MAPPING_ID] == 0)
        return err_set(err, STATUS_FORMAT, "has no mapping");
    return STATUS_OK;
}

enum status profile_extend(struct bytes *out, struct arena *arena, struct bytes data,
                           const struct profile_extra *extra, struct err *err)
{
    struct extending extending = {.next_location = 1, .next_function = 1};
    struct bytes raw = data;
    if (gzip_is_packed(data) && gzip_unpack(&raw, arena, data, PROFILE_BYTES_MAX, err))
        return err->status;
    if (take_numbers(&extending, raw, err) || check(&extending, extra, err))
        return err->status;
    buf_init(&extending.out, PROFILE_BYTES_MAX);
    buf_append(&extending.out, raw.data, raw.len);
    put_sample(&extending, extra);
    enum status status = STATUS_OK;
    if (extending.out.overflow) {
        status = err_set(err, STATUS_LIMIT, "would be larger than %d bytes", PROFILE_BYTES_MAX);
    } else {
        *out = bytes_of_str(str_copy(arena, buf_view(&extending.out)));
    }
    buf_release(&extending.out);
    return status;
}

uint64_t profile_free_offset(const struct profile *profile)
{
    if (profile->mapping_count == 0)
        return 0;
    const struct profile_mapping *first = &profile->mappings[0];
    return first->offset + (first->limit - first->start) - 1;
}
