#ifndef TESTS_UNIT_FOLD_SAMPLE_H
#define TESTS_UNIT_FOLD_SAMPLE_H

/*
 * Profiles written as text: "leaf<caller" names one location per frame,
 * "leaf|outer<caller" puts two lines into one location (inlining). Each
 * name is "function" or "function:line"; its file is "f.go".
 */
#include "gate/profile/profile.h"

struct sample_text {
    const char *stack;
    int64_t values[4]; /* alloc objects, alloc bytes, in-use objects, in-use bytes */
    uint64_t address;  /* of the leaf location */
};

static const struct profile_type sample_types[] = {
    {STR_INIT("alloc_objects"), STR_INIT("count")},
    {STR_INIT("alloc_space"), STR_INIT("bytes")},
    {STR_INIT("inuse_objects"), STR_INIT("count")},
    {STR_INIT("inuse_space"), STR_INIT("bytes")},
};

struct sample_builder {
    struct arena *arena;
    struct profile profile;
    size_t function_cap;
    size_t location_cap;
};

static inline uint32_t sample_function(struct sample_builder *builder, struct str name)
{
    struct profile *profile = &builder->profile;
    for (size_t i = 0; i < profile->function_count; i++) {
        if (str_equal(profile->functions[i].name, name))
            return (uint32_t)i;
    }
    struct profile_function function = {.name = name, .filename = STR("f.go")};
    ARENA_PUSH(builder->arena, profile->functions, profile->function_count, builder->function_cap,
               function);
    return (uint32_t)profile->function_count - 1;
}

static inline struct profile_line sample_line(struct sample_builder *builder, struct str text)
{
    ptrdiff_t colon = str_find_last(text, ':');
    size_t end = colon < 0 ? text.len : (size_t)colon;
    struct profile_line line = {sample_function(builder, str_slice(text, 0, end)), 1};
    if (colon >= 0)
        line.line = text.data[end + 1] - '0';
    return line;
}

static inline uint32_t sample_location(struct sample_builder *builder, struct str text,
                                       uint64_t address)
{
    struct profile_line *lines = ARENA_ARRAY(builder->arena, struct profile_line, 8);
    struct profile_location location = {.address = address, .lines = lines};
    struct str line = {0};
    if (!str_equal_text(text, "?")) {
        while (str_split(&text, '|', &line))
            lines[location.line_count++] = sample_line(builder, line);
    }
    struct profile *profile = &builder->profile;
    ARENA_PUSH(builder->arena, profile->locations, profile->location_count, builder->location_cap,
               location);
    return (uint32_t)profile->location_count - 1;
}

static inline struct profile_sample sample_of(struct sample_builder *builder,
                                              const struct sample_text *text)
{
    uint32_t *locations = ARENA_ARRAY(builder->arena, uint32_t, 16);
    struct profile_sample sample = {.locations = locations, .values = text->values};
    struct str rest = str_from(text->stack);
    struct str frame = {0};
    while (str_split(&rest, '<', &frame)) {
        uint64_t address = sample.location_count == 0 ? text->address : 0;
        locations[sample.location_count++] = sample_location(builder, frame, address);
    }
    return sample;
}

static inline struct profile sample_profile(struct arena *arena, const struct sample_text *texts,
                                            size_t count)
{
    struct sample_builder builder = {.arena = arena};
    builder.profile.types = ARENA_ARRAY(arena, struct profile_type, 4);
    builder.profile.type_count = 4;
    memcpy(builder.profile.types, sample_types, sizeof(sample_types));
    builder.profile.samples = ARENA_ARRAY(arena, struct profile_sample, count);
    builder.profile.sample_count = count;
    for (size_t i = 0; i < count; i++)
        builder.profile.samples[i] = sample_of(&builder, &texts[i]);
    builder.profile.mappings = ARENA_NEW(arena, struct profile_mapping);
    builder.profile.mapping_count = 1;
    builder.profile.mappings[0] =
        (struct profile_mapping){.start = 0x400000, .limit = 0x500000, .offset = 0x1000};
    builder.profile.period = 1;
    return builder.profile;
}

#endif
