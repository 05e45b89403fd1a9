#include "gate/profile/proto.h"

enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_STR = 2, LABEL_NUM = 3, LABEL_UNIT = 4, LABEL_FIELDS = 5 };

static enum status add_frame(struct proto *proto, struct profile_sample *sample, uint64_t id,
                             struct err *err)
{
    if (sample->location_count == PROFILE_FRAMES_MAX)
        return err_set(err, STATUS_LIMIT, "has more than %d frames", PROFILE_FRAMES_MAX);
    if (!ids_find(&proto->locations, id, &proto->frames[sample->location_count])) {
        return err_set(err, STATUS_FORMAT, "names location %llu, which is not defined",
                       (unsigned long long)id);
    }
    sample->location_count++;
    return STATUS_OK;
}

/* Both spellings of a repeated number are legal, also mixed: packed, and one field each. */
static enum status add_frames(struct proto *proto, struct profile_sample *sample,
                              const struct wire_field *field, struct err *err)
{
    if (field->type == WIRE_VARINT)
        return add_frame(proto, sample, field->value, err);
    if (proto_expect(field, WIRE_BYTES, err))
        return err->status;
    struct wire wire = wire_open(field->bytes);
    uint64_t id = 0;
    while (!wire_at_end(&wire)) {
        if (wire_varint(&wire, &id, err) || add_frame(proto, sample, id, err))
            return err->status;
    }
    return STATUS_OK;
}

/* Values past the number of types are counted, for the message, and not kept. */
static void add_value(struct proto *proto, size_t *count, uint64_t value)
{
    if (*count < proto->out->type_count)
        proto->values[*count] = (int64_t)value;
    ++*count;
}

static enum status add_values(struct proto *proto, size_t *count, const struct wire_field *field,
                              struct err *err)
{
    if (field->type == WIRE_VARINT) {
        add_value(proto, count, field->value);
        return STATUS_OK;
    }
    if (proto_expect(field, WIRE_BYTES, err))
        return err->status;
    struct wire wire = wire_open(field->bytes);
    uint64_t value = 0;
    while (!wire_at_end(&wire)) {
        if (wire_varint(&wire, &value, err))
            return err->status;
        add_value(proto, count, value);
    }
    return STATUS_OK;
}

/* Go writes the size of the sampled object as the number of a label "bytes". */
static enum status read_label(struct proto *proto, struct profile_sample *sample,
                              const struct wire_field *field, struct err *err)
{
    uint64_t numbers[LABEL_FIELDS] = {0};
    struct str key = {0};
    struct str ignored = {0};
    if (proto_numbers(numbers, LABEL_FIELDS, field, err) ||
        proto_string(&key, proto, numbers[LABEL_KEY], err) ||
        proto_string(&ignored, proto, numbers[LABEL_STR], err) ||
        proto_string(&ignored, proto, numbers[LABEL_UNIT], err))
        return err_wrap(err, "label");
    if (numbers[LABEL_STR] == 0 && sample->object_bytes == 0 && str_equal(key, STR("bytes")))
        sample->object_bytes = (int64_t)numbers[LABEL_NUM];
    return STATUS_OK;
}

struct sample_counts {
    size_t values;
    size_t labels;
};

static enum status read_sample_field(struct proto *proto, struct profile_sample *sample,
                                     struct sample_counts *counts, const struct wire_field *field,
                                     struct err *err)
{
    switch (field->number) {
    case SAMPLE_LOCATION:
        return add_frames(proto, sample, field, err);
    case SAMPLE_VALUE:
        return add_values(proto, &counts->values, field, err);
    case SAMPLE_LABEL:
        if (++counts->labels > PROFILE_LABELS_MAX)
            return err_set(err, STATUS_LIMIT, "has more than %d labels", PROFILE_LABELS_MAX);
        return read_label(proto, sample, field, err);
    default:
        return STATUS_OK;
    }
}

static enum status scan_sample(struct proto *proto, struct profile_sample *sample,
                               const struct wire_field *message, struct err *err)
{
    if (proto_expect(message, WIRE_BYTES, err))
        return err->status;
    struct sample_counts counts = {0};
    struct wire wire = wire_open(message->bytes);
    struct wire_field field;
    while (!wire_at_end(&wire)) {
        if (wire_next(&wire, &field, err) || read_sample_field(proto, sample, &counts, &field, err))
            return err->status;
    }

    if (counts.values != proto->out->type_count) {
        return err_set(err, STATUS_FORMAT, "has %zu values for %zu sample types", counts.values,
                       proto->out->type_count);
    }
    return STATUS_OK;
}

static enum status keep_sample(struct proto *proto, struct profile_sample *sample, struct err *err)
{
    proto->frame_count += sample->location_count;
    if (proto->frame_count > PROFILE_FRAMES_ALL_MAX) {
        return err_set(err, STATUS_LIMIT, "more than %d frames in all samples",
                       PROFILE_FRAMES_ALL_MAX);
    }
    uint32_t *frames = ARENA_ARRAY(proto->arena, uint32_t, sample->location_count);
    int64_t *values = ARENA_ARRAY(proto->arena, int64_t, proto->out->type_count);
    memcpy(frames, proto->frames, sample->location_count * sizeof(*frames));
    memcpy(values, proto->values, proto->out->type_count * sizeof(*values));
    sample->locations = frames;
    sample->values = values;
    return STATUS_OK;
}

enum status proto_sample(struct proto *proto, const struct wire_field *field, struct err *err)
{
    struct profile_sample *sample = &proto->out->samples[proto->out->sample_count++];
    /* "sample 4 names location 77, which is not defined" reads better without a colon. */
    if (scan_sample(proto, sample, field, err) || keep_sample(proto, sample, err)) {
        struct err why = *err;
        return err_set(err, why.status, "sample %zu %s", proto->out->sample_count, why.text);
    }
    return STATUS_OK;
}
