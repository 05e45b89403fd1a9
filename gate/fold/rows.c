#include "gate/fold/rows.h"

#include "gate/base/name.h"
#include "gate/fold/values.h"

/* The file of a row is the first in byte order of its functions'. */
static void row_file(struct fold_function *function, struct name_id file,
                     const struct intern *names)
{
    struct str have = intern_text(names, function->file);
    struct str want = intern_text(names, file);
    if (have.len == 0 || (want.len > 0 && str_compare(want, have) < 0))
        function->file = file;
}

static void functions_init(struct rows *rows, struct arena *arena, struct intern *names,
                           const struct profile *profile, const struct frame *frames)
{
    size_t count = profile->function_count;
    /* A key may be a name of its own that no function has. */
    uint32_t *row_of_name = ARENA_ARRAY(arena, uint32_t, names->len + count);
    rows->items = ARENA_ARRAY(arena, struct fold_function, count + 1);
    rows->of_function = ARENA_ARRAY(arena, uint32_t, count);
    rows->len = 1;
    for (size_t i = 0; i < count; i++) {
        struct name_id key =
            intern_name(names, name_key(intern_text(names, frames[i].func), arena));
        uint32_t row = row_of_name[key.v];
        /* The empty name is id 0 and keeps row 0. */
        if (row == 0 && key.v != 0) {
            row = (uint32_t)rows->len++;
            row_of_name[key.v] = row;
            rows->items[row].func = key;
        }
        row_file(&rows->items[row], frames[i].file, names);
        rows->of_function[i] = row;
    }
}

static void lines_init(struct rows *rows, struct arena *arena, const struct profile *profile)
{
    uint32_t count = 0;
    rows->first = ARENA_ARRAY(arena, uint32_t, profile->location_count + 1);
    for (size_t i = 0; i < profile->location_count; i++) {
        count += profile->locations[i].line_count;
        rows->first[i + 1] = count;
    }
    rows->of_line = ARENA_ARRAY(arena, uint32_t, count);
    for (size_t i = 0; i < profile->location_count; i++) {
        const struct profile_location *location = &profile->locations[i];
        for (uint32_t j = 0; j < location->line_count; j++)
            rows->of_line[rows->first[i] + j] = rows->of_function[location->lines[j].function];
    }
}

static uint32_t deepest(const struct profile *profile)
{
    uint32_t most = 0;
    for (size_t i = 0; i < profile->sample_count; i++) {
        if (profile->samples[i].location_count > most)
            most = profile->samples[i].location_count;
    }
    return most;
}

void rows_init(struct rows *rows, struct arena *arena, struct intern *names,
               const struct profile *profile, const struct frame *frames)
{
    *rows = (struct rows){0};
    functions_init(rows, arena, names, profile, frames);
    lines_init(rows, arena, profile);
    uint32_t most = deepest(profile);
    rows->path_end = ARENA_ARRAY(arena, uint32_t, most) + most;
    rows->gathered = arena_alloc(arena, most, sizeof(*rows->gathered));
    rows->states = ARENA_ARRAY(arena, struct row_state, rows->len);
    rows->flat = arena_alloc(arena, rows->len, sizeof(*rows->flat));
}

static void node_open(struct rows *rows, uint32_t location)
{
    *(rows->path_end - rows->depth - 1) = location;
    memset(rows->gathered[rows->depth], 0, sizeof(rows->gathered[rows->depth]));
    rows->depth++;
    for (uint32_t i = rows->first[location]; i < rows->first[location + 1]; i++)
        rows->states[rows->of_line[i]].open++;
}

/* The outermost frame of a function, closed last, has the values of all inner ones. */
static void node_close(struct rows *rows)
{
    uint32_t location = *(rows->path_end - rows->depth);
    rows->depth--;
    const int64_t *values = rows->gathered[rows->depth];
    for (uint32_t i = rows->first[location]; i < rows->first[location + 1]; i++) {
        struct row_state *state = &rows->states[rows->of_line[i]];
        if (--state->open == 0) {
            state->seen = rows->number;
            values_add(state->cum, values);
        }
    }
    if (rows->depth > 0)
        values_add(rows->gathered[rows->depth - 1], values);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many frames two stacks share from the root; both end there. Four are compared at a time. */
static uint32_t common_frames(const uint32_t *a_end, const uint32_t *b_end, uint32_t most)
{
    enum { STEP = 4 };
    uint32_t common = 0;
    while (most - common >= STEP &&
           memcmp(a_end - common - STEP, b_end - common - STEP, STEP * sizeof(*a_end)) == 0)
        common += STEP;
    while (common < most && *(a_end - common - 1) == *(b_end - common - 1))
        common++;
    return common;
}

/* Behind the root; a stack without frames may have no array either. */
static const uint32_t *stack_end(const struct profile_sample *sample)
{
    return sample->location_count > 0 ? sample->locations + sample->location_count : NULL;
}

/*
 * Without a branch, since whether a function was there before cannot be
 * predicted in recursive programs.
 */
static inline void row_pass(struct row_state *restrict state, uint32_t number,
                            const int64_t *restrict values)
{
    bool is_new = (state->open == 0) & (state->seen != number);
    int64_t mask = -(int64_t)is_new;
    state->seen = number;
    state->cum[HEAP_ALLOC_OBJECTS] += values[HEAP_ALLOC_OBJECTS] & mask;
    state->cum[HEAP_ALLOC_SPACE] += values[HEAP_ALLOC_SPACE] & mask;
    state->cum[HEAP_INUSE_OBJECTS] += values[HEAP_INUSE_OBJECTS] & mask;
    state->cum[HEAP_INUSE_SPACE] += values[HEAP_INUSE_SPACE] & mask;
}

/* Frames that the next stack does not have: they need no place in the path. */
static void frames_pass(const struct rows *rows, const uint32_t *locations, uint32_t count,
                        const int64_t *values)
{
    const uint32_t *first = rows->first;
    const uint32_t *of_line = rows->of_line;
    struct row_state *states = rows->states;
    uint32_t number = rows->number;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = first[locations[i] + 1];
        for (uint32_t line = first[locations[i]]; line < end; line++)
            row_pass(&states[of_line[line]], number, values);
    }
}

/* Goes back to where the stacks part, and from there as far as the next one will come along. */
static void path_follow(struct rows *rows, const struct profile_sample *sample,
                        const struct profile_sample *next, const int64_t *values)
{
    const uint32_t *end = stack_end(sample);
    uint32_t count = sample->location_count;
    uint32_t common = rows->expected == sample
                          ? rows->shared
                          : common_frames(rows->path_end, end, least(rows->depth, count));
    rows->expected = next;
    rows->shared = 0;
    if (next) {
        rows->shared = common_frames(end, stack_end(next), least(count, next->location_count));
    }
    while (rows->depth > common)
        node_close(rows);
    while (rows->depth < rows->shared)
        node_open(rows, *(end - rows->depth - 1));
    rows->number++;
    frames_pass(rows, sample->locations, count - rows->depth, values);
}

void rows_add(struct rows *rows, const struct profile_sample *sample,
              const struct profile_sample *next, const struct profile_line *leaf,
              const int64_t values[HEAP_METRICS])
{
    uint32_t row = leaf ? rows->of_function[leaf->function] : 0;
    path_follow(rows, sample, next, values);
    if (rows->depth > 0)
        values_add(rows->gathered[rows->depth - 1], values);
    values_add(rows->flat[row], values);
    /* A leaf without a name is in no line; a function with an empty name shares its row. */
    row_pass(&rows->states[row], rows->number, values);
}

void rows_finish(struct rows *rows)
{
    while (rows->depth > 0)
        node_close(rows);
}

void rows_collect(const struct rows *rows, struct arena *arena, struct fold *out)
{
    out->functions = ARENA_ARRAY(arena, struct fold_function, rows->len);
    out->function_count = 0;
    for (size_t i = 0; i < rows->len; i++) {
        if (rows->states[i].seen == 0 && rows->states[i].open == 0)
            continue;
        struct fold_function *function = &out->functions[out->function_count++];
        *function = rows->items[i];
        memcpy(function->flat, rows->flat[i], sizeof(function->flat));
        memcpy(function->cum, rows->states[i].cum, sizeof(function->cum));
    }
}
