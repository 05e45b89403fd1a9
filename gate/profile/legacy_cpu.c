#include "gate/base/num.h"
#include "gate/profile/legacy.h"

/*
 * gperftools' CPU profiles: words of the machine that wrote them. The
 * header is 0, 3, 0 (1 for Java), the period in microseconds, 0. Each
 * stack is its count, its depth and its addresses; 0, 1, 0 ends them.
 */
struct words {
    struct str at;
    size_t size;
    bool big;
};

static bool take_number(struct words *words, uint64_t *out)
{
    if (words->at.len < words->size)
        return false;
    *out = 0;
    for (size_t i = 0; i < words->size; i++) {
        size_t shift = 8 * (words->big ? words->size - 1 - i : i);
        *out |= (uint64_t)(uint8_t)words->at.data[i] << shift;
    }
    words->at = str_slice(words->at, words->size, words->at.len);
    return true;
}

struct header {
    struct words words; /* behind the header */
    uint64_t period_us;
    bool java;
};

static bool read_header_as(struct header *header, struct words words)
{
    enum { HEADER_WORDS = 5 };
    uint64_t word[HEADER_WORDS];
    for (size_t i = 0; i < HEADER_WORDS; i++) {
        if (!take_number(&words, &word[i]))
            return false;
    }
    *header = (struct header){words, word[3], word[2] == 1};
    return word[0] == 0 && word[1] == 3 && word[2] <= 1 && word[3] > 0 && word[4] == 0;
}

static bool read_header(struct header *header, struct str data)
{
    static const struct words shapes[] = {
        {.size = 4}, {.size = 4, .big = true}, {.size = 8}, {.size = 8, .big = true}};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (read_header_as(header, (struct words){data, shapes[i].size, shapes[i].big}))
            return true;
    }
    return false;
}

bool legacy_cpu_is(struct str text)
{
    struct header header;
    return read_header(&header, text);
}

static enum status cut_short(struct legacy *legacy, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "sample %zu is cut short", legacy->out->sample_count + 1);
}

static enum status add_sample(struct legacy *legacy, uint64_t count, struct err *err)
{
    int64_t values[] = {(int64_t)count, 0};
    if (count > INT64_MAX || !num_mul_i64(&values[1], values[0], legacy->out->period)) {
        return err_set(err, STATUS_FORMAT, "sample %zu: cpu passes 2^63-1 nanoseconds",
                       legacy->out->sample_count + 1);
    }
    return legacy_sample(legacy, values, 0, err);
}

/* One stack into legacy->stack; `*end` when it is the mark behind the last one. */
static enum status read_stack(struct legacy *legacy, const struct header *header,
                              struct words *words, uint64_t *count, struct err *err)
{
    uint64_t depth = 0;
    uint64_t address = 0;
    if (!take_number(words, count) || !take_number(words, &depth) ||
        depth > words->at.len / words->size)
        return cut_short(legacy, err);
    for (uint64_t i = 0; i < depth; i++) {
        if (!take_number(words, &address))
            return cut_short(legacy, err);
        if (legacy_frame(legacy, address, header->java ? ADJUST_NONE : ADJUST_CALLERS, err))
            return err->status;
    }
    return STATUS_OK;
}

static bool is_end(const struct legacy *legacy, uint64_t count)
{
    return count == 0 && legacy->stack_len == 1 &&
           legacy->out->locations[legacy->stack[0]].address == 0;
}

static enum status read_samples(struct legacy *legacy, struct header *header, struct err *err)
{
    struct words *words = &header->words;
    uint64_t count = 0;
    while (words->at.len > 0) {
        if (read_stack(legacy, header, words, &count, err))
            return err->status;
        if (is_end(legacy, count))
            break;
        if (add_sample(legacy, count, err))
            return err->status;
    }
    legacy->stack_len = 0;
    legacy->rest = words->at;
    return STATUS_OK;
}

static void drop_second_frame(struct arena *arena, struct profile_sample *sample)
{
    uint32_t *frames = ARENA_ARRAY(arena, uint32_t, sample->location_count);
    frames[0] = sample->locations[0];
    sample->location_count--;
    for (uint32_t i = 1; i < sample->location_count; i++)
        frames[i] = sample->locations[i + 1];
    sample->locations = frames;
}

/* Boyer and Moore's majority vote: the only second frame that can stand in most samples. */
static uint32_t common_second_frame(const struct profile *profile)
{
    uint32_t candidate = PROFILE_NONE;
    size_t lead = 0;
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample->location_count < 2)
            continue;
        if (lead == 0)
            candidate = sample->locations[1];
        lead = sample->locations[1] == candidate ? lead + 1 : lead - 1;
    }
    return candidate;
}

static bool has_second_frame(const struct profile_sample *sample, uint32_t frame)
{
    return sample->location_count > 1 && sample->locations[1] == frame;
}

/*
 * A second frame that (nearly) all samples share is the frame of the
 * signal handler, not of the program. One sample in 32 may differ.
 */
static void drop_handler_frame(struct legacy *legacy)
{
    enum { SIMILAR_SAMPLES = 32 };
    struct profile *out = legacy->out;
    uint32_t frame = common_second_frame(out);
    size_t count = 0;
    for (size_t i = 0; i < out->sample_count; i++)
        count += has_second_frame(&out->samples[i], frame);
    if (count < out->sample_count - (out->sample_count / SIMILAR_SAMPLES))
        return;
    for (size_t i = 0; i < out->sample_count; i++) {
        if (has_second_frame(&out->samples[i], frame))
            drop_second_frame(legacy->arena, &out->samples[i]);
    }
}

/* The leaf may come twice: from the signal's context and, less 1, from the unwound stack. */
static void drop_double_leaves(struct legacy *legacy)
{
    struct profile *out = legacy->out;
    for (size_t i = 0; i < out->sample_count; i++) {
        struct profile_sample *sample = &out->samples[i];
        if (sample->location_count > 1 && out->locations[sample->locations[0]].address ==
                                              out->locations[sample->locations[1]].address + 1)
            drop_second_frame(legacy->arena, sample);
    }
}

enum status legacy_cpu(struct legacy *legacy, struct err *err)
{
    struct header header;
    int64_t period_ns = 0;
    if (!read_header(&header, legacy->rest))
        return err_set(err, STATUS_FORMAT, "not the first words of a CPU profile");
    if (header.period_us > INT64_MAX || !num_mul_i64(&period_ns, (int64_t)header.period_us, 1000))
        return err_set(err, STATUS_FORMAT, "period passes 2^63-1 nanoseconds");
    legacy_period(legacy, "cpu", "nanoseconds", period_ns);
    legacy_type(legacy, "samples", "count");
    legacy_type(legacy, "cpu", "nanoseconds");
    if (read_samples(legacy, &header, err))
        return err->status;
    if (header.java) {
        legacy_java_names(legacy);
        return STATUS_OK;
    }
    drop_handler_frame(legacy);
    drop_handler_frame(legacy);
    drop_double_leaves(legacy);
    return legacy_mappings(legacy, err);
}
