#include "gate/fold/rows.h"

#include "gate/base/name.h"
#include "gate/fold/values.h"

enum { SEEN_NEVER = 0, LINES_STEP = 4, LINES_MAX = 128 };

/* Larger than any number of a sample. */
static const uint32_t seen_in_path = UINT32_MAX;

/* The file of a row is the first in byte order of its functions'. */
static void row_file(struct fold_function *function, struct name_id file,
                     const struct intern *names)
{
    struct str have = intern_text(names, function->file);
    struct str want = intern_text(names, file);
    if (have.len == 0 || (want.len > 0 && str_compare(want, have) < 0))
        function->file = file;
}

/* Most names are their own keys, and comparing two texts takes less than hashing one. */
static struct name_id key_of(struct intern *names, struct name_id func, struct arena *arena)
{
    struct str name = intern_text(names, func);
    struct str key = name_key(name, arena);
    return str_equal(key, name) ? func : intern_name(names, key);
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
        struct name_id key = key_of(names, frames[i].func, arena);
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
    rows->of_line = ARENA_ARRAY(arena, uint32_t, count + LINES_STEP);
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
    rows->path = ARENA_ARRAY(arena, uint32_t, rows->len + 1);
    rows->path_len = ARENA_ARRAY(arena, uint32_t, (size_t)deepest(profile) + 1);
    rows->noted = ARENA_ARRAY(arena, uint32_t, rows->len + 1);
    rows->seen = ARENA_ARRAY(arena, uint32_t, rows->len);
    rows->cum = arena_alloc(arena, rows->len, sizeof(*rows->cum));
    rows->flat = arena_alloc(arena, rows->len, sizeof(*rows->flat));
}

/* Modulo 2^64: where a row has no part in a sum of -2^63, giving that away takes 64 bits. */
static inline void values_take(int64_t *restrict cum, const int64_t *restrict sum)
{
    for (size_t i = 0; i < HEAP_METRICS; i++)
        cum[i] = (int64_t)((uint64_t)cum[i] + (uint64_t)sum[i]);
}

static inline void values_give(int64_t *restrict cum, const int64_t *restrict sum)
{
    for (size_t i = 0; i < HEAP_METRICS; i++)
        cum[i] = (int64_t)((uint64_t)cum[i] - (uint64_t)sum[i]);
}

/* Down to `depth`, which is not above. */
static inline void path_close(struct rows *rows, uint32_t depth)
{
    uint32_t end = rows->path_len[rows->depth];
    for (uint32_t i = rows->path_len[depth]; i < end; i++) {
        rows->seen[rows->path[i]] = rows->number;
        values_take(rows->cum[rows->path[i]], rows->sum);
    }
    rows->depth = depth;
}

/*
 * Notes the rows of some lines that are not marked, and marks all of them.
 * Without a branch, since whether a function was there before cannot be
 * predicted in recursive programs: what is noted in vain is overwritten.
 */
static inline uint32_t path_note(uint32_t *restrict path, uint32_t len, uint32_t *restrict seen,
                                 const uint32_t *lines, const uint32_t *end)
{
    for (; lines < end; lines++) {
        path[len] = *lines;
        len += seen[*lines] != seen_in_path;
        seen[*lines] = seen_in_path;
    }
    return len;
}

/* With the frames of a stack that ends at `end`, up to `depth`. */
static inline void path_open(struct rows *rows, const uint32_t *end, uint32_t depth)
{
    uint32_t from = rows->path_len[rows->depth];
    uint32_t len = from;
    while (rows->depth < depth) {
        uint32_t location = *(end - rows->depth - 1);
        len = path_note(rows->path, len, rows->seen, rows->of_line + rows->first[location],
                        rows->of_line + rows->first[location + 1]);
        rows->path_len[++rows->depth] = len;
    }
    for (uint32_t i = from; i < len; i++)
        values_give(rows->cum[rows->path[i]], rows->sum);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint64_t two_frames(const uint32_t *at)
{
    uint64_t frames = 0;
    memcpy(&frames, at, sizeof(frames));
    return frames;
}

/* Of four frames, of which one is another; without a branch, as nobody knows which. */
static uint32_t common_of_four(const uint32_t *a_end, const uint32_t *b_end)
{
    uint32_t first = a_end[-1] == b_end[-1];
    uint32_t second = first & (a_end[-2] == b_end[-2]);
    uint32_t third = second & (a_end[-3] == b_end[-3]);
    return first + second + third;
}

/* How many frames two stacks share from the root; both end there. */
static inline uint32_t common_frames(const uint32_t *a_end, const uint32_t *b_end, uint32_t most)
{
    enum { STEP = 4 };
    uint32_t common = 0;
    for (; most - common >= STEP; common += STEP, a_end -= STEP, b_end -= STEP) {
        if (((two_frames(a_end - 2) ^ two_frames(b_end - 2)) |
             (two_frames(a_end - 4) ^ two_frames(b_end - 4))) != 0)
            return common + common_of_four(a_end, b_end);
    }
    for (; common < most && a_end[-1] == b_end[-1]; a_end--, b_end--)
        common++;
    return common;
}

/* Behind the root; a stack without frames may have no array either. */
static const uint32_t *stack_end(const struct profile_sample *sample)
{
    return sample->location_count > 0 ? sample->locations + sample->location_count : NULL;
}

/* Like path_note for one sample: how many rows are noted then, of `have` before. */
static inline uint32_t sample_note(const struct rows *rows, uint32_t have, const uint32_t *lines,
                                   uint32_t count)
{
    uint32_t *restrict noted = rows->noted;
    uint32_t *restrict seen = rows->seen;
    uint32_t number = rows->number;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t was = seen[lines[i]];
        noted[have] = lines[i];
        have += was < number;
        seen[lines[i]] = was < number ? number : was;
    }
    return have;
}

/*
 * The rows of a sample outside the path. Most locations have one or two
 * lines, in no order that could be predicted: so LINES_STEP of each are
 * copied, and the next ones go over those that it does not have.
 */
static uint32_t frames_note(const struct rows *rows, const uint32_t *locations, uint32_t count,
                            uint32_t leaf_row)
{
    uint32_t lines[LINES_MAX + LINES_STEP];
    uint32_t line_count = 1;
    uint32_t have = 0;
    /* A leaf without a name is in no line; a function with an empty name shares its row. */
    lines[0] = leaf_row;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *from = rows->of_line + rows->first[locations[i]];
        uint32_t more = rows->first[locations[i] + 1] - rows->first[locations[i]];
        if (__builtin_expect(more > LINES_STEP || line_count > LINES_MAX, 0)) {
            have = sample_note(rows, have, lines, line_count);
            have = sample_note(rows, have, from, more);
            line_count = 0;
            continue;
        }
        memcpy(lines + line_count, from, LINES_STEP * sizeof(*lines));
        line_count += more;
    }
    return sample_note(rows, have, lines, line_count);
}

/* Goes back to where the stacks part, and from there as far as the next one will come along. */
static inline void path_follow(struct rows *rows, const struct profile_sample *sample,
                               const struct profile_sample *next)
{
    const uint32_t *end = stack_end(sample);
    uint32_t count = sample->location_count;
    uint32_t common = rows->shared;
    if (rows->last && rows->expected != sample)
        common = common_frames(stack_end(rows->last), end, least(rows->depth, count));
    rows->shared = 0;
    if (next)
        rows->shared = common_frames(end, stack_end(next), least(count, next->location_count));
    rows->expected = next;
    rows->last = sample;
    path_close(rows, least(rows->depth, common));
    path_open(rows, end, rows->shared);
}

void rows_add(struct rows *rows, const struct profile_sample *sample,
              const struct profile_sample *next, const struct profile_line *leaf,
              const int64_t values[HEAP_METRICS])
{
    uint32_t leaf_row = leaf ? rows->of_function[leaf->function] : 0;
    path_follow(rows, sample, next);
    rows->number++;
    uint32_t noted =
        frames_note(rows, sample->locations, sample->location_count - rows->depth, leaf_row);
    for (uint32_t i = 0; i < noted; i++)
        values_add(rows->cum[rows->noted[i]], values);
    values_add(rows->flat[leaf_row], values);
    values_add(rows->sum, values);
}

void rows_finish(struct rows *rows)
{
    path_close(rows, 0);
}

void rows_collect(const struct rows *rows, struct arena *arena, struct fold *out)
{
    out->functions = ARENA_ARRAY(arena, struct fold_function, rows->len);
    out->function_count = 0;
    for (size_t i = 0; i < rows->len; i++) {
        if (rows->seen[i] == SEEN_NEVER)
            continue;
        struct fold_function *function = &out->functions[out->function_count++];
        *function = rows->items[i];
        memcpy(function->flat, rows->flat[i], sizeof(function->flat));
        memcpy(function->cum, rows->cum[i], sizeof(function->cum));
    }
}
