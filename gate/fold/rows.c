#include "gate/fold/rows.h"

#include "gate/base/name.h"
#include "gate/fold/values.h"

enum { SEEN_NEVER = 0 };

/* In the place of the second row: the lines of a location have not one or two. */
static const uint32_t row_listed = UINT32_MAX;

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

static struct name_id key_of(struct intern *names, struct name_id func, struct arena *arena)
{
    struct str name = intern_text(names, func);
    return name_is_key(name) ? func : intern_name(names, name_key(name, arena));
}

static void functions_init(struct rows *rows, struct arena *arena, struct intern *names,
                           const struct profile *profile, const struct frame *frames)
{
    size_t count = profile->function_count;
    /* A key may be a name of its own that no function has. */
    uint32_t *row_of_name = ARENA_ARRAY(arena, uint32_t, names->len + count);
    rows->items = ARENA_ARRAY(arena, struct fold_function, count + 1);
    rows->of_function = ARENA_ARRAY(arena, uint32_t, count);
    rows->of_name = ARENA_ARRAY(arena, uint32_t, names->len);
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
        rows->of_name[frames[i].func.v] = row;
    }
}

static uint32_t row_of_line(const struct rows *rows, const struct profile_location *location,
                            uint32_t line)
{
    return rows->of_function[location->lines[line].function];
}

/* False when the lines have not one or two rows. One is there twice: noting it again adds nothing. */
static bool pair_find(struct row_pair *out, const struct rows *rows,
                      const struct profile_location *location)
{
    if (location->line_count == 0)
        return false;
    uint32_t first = row_of_line(rows, location, 0);
    uint32_t second = first;
    for (uint32_t i = 1; i < location->line_count; i++) {
        uint32_t row = row_of_line(rows, location, i);
        if (row == first || row == second)
            continue;
        if (second != first)
            return false;
        second = row;
    }
    *out = (struct row_pair){first, second};
    return true;
}

static struct row_pair list_add(struct rows *rows, struct arena *arena,
                                const struct profile_location *location)
{
    struct row_pair pair = {(uint32_t)rows->list_len, row_listed};
    ARENA_PUSH(arena, rows->list, rows->list_len, rows->list_cap, location->line_count);
    for (uint32_t i = 0; i < location->line_count; i++) {
        ARENA_PUSH(arena, rows->list, rows->list_len, rows->list_cap,
                   row_of_line(rows, location, i));
    }
    return pair;
}

static void locations_init(struct rows *rows, struct arena *arena, const struct profile *profile)
{
    rows->of_location = ARENA_ARRAY(arena, struct row_pair, profile->location_count);
    for (size_t i = 0; i < profile->location_count; i++) {
        const struct profile_location *location = &profile->locations[i];
        if (!pair_find(&rows->of_location[i], rows, location))
            rows->of_location[i] = list_add(rows, arena, location);
    }
}

void rows_init(struct rows *rows, struct arena *arena, struct intern *names,
               const struct profile *profile, const struct frame *frames)
{
    *rows = (struct rows){0};
    functions_init(rows, arena, names, profile, frames);
    locations_init(rows, arena, profile);
    rows->path = ARENA_ARRAY(arena, uint32_t, rows->len + 1);
    rows->path_len = ARENA_ARRAY(arena, uint32_t, PROFILE_FRAMES_MAX + 1);
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
 * Notes a row whose mark is below that of the others, and marks it. Without a
 * branch, since whether a function was there before cannot be predicted in
 * recursive programs: what is noted in vain is overwritten.
 */
static inline uint32_t row_note(uint32_t *restrict notes, uint32_t len, uint32_t *restrict seen,
                                uint32_t row, uint32_t mark)
{
    uint32_t was = seen[row];
    notes[len] = row;
    seen[row] = was < mark ? mark : was;
    return len + (was < mark);
}

static uint32_t list_note(const struct rows *rows, uint32_t *notes, uint32_t len, uint32_t at,
                          uint32_t mark)
{
    for (uint32_t i = 1; i <= rows->list[at]; i++)
        len = row_note(notes, len, rows->seen, rows->list[at + i], mark);
    return len;
}

/* Most locations have one row or two, in no order that could be predicted: two are noted of each. */
static inline uint32_t location_note(const struct rows *rows, uint32_t *restrict notes,
                                     uint32_t len, uint32_t location, uint32_t mark)
{
    struct row_pair pair = rows->of_location[location];
    if (__builtin_expect(pair.second == row_listed, 0))
        return list_note(rows, notes, len, pair.first, mark);
    len = row_note(notes, len, rows->seen, pair.first, mark);
    return row_note(notes, len, rows->seen, pair.second, mark);
}

/* With the frames of a stack that ends at `end`, up to `depth`. */
static inline void path_open(struct rows *rows, const uint32_t *end, uint32_t depth)
{
    uint32_t from = rows->path_len[rows->depth];
    uint32_t len = from;
    while (rows->depth < depth) {
        len = location_note(rows, rows->path, len, *(end - rows->depth - 1), seen_in_path);
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

/* The rows of a sample outside the path; how many. */
static uint32_t frames_note(const struct rows *rows, const uint32_t *locations, uint32_t count,
                            bool is_nameless)
{
    uint32_t len = 0;
    /* A leaf without a name is in no line; a function with an empty name shares its row. */
    if (is_nameless)
        len = row_note(rows->noted, len, rows->seen, 0, rows->number);
    for (uint32_t i = 0; i < count; i++)
        len = location_note(rows, rows->noted, len, locations[i], rows->number);
    return len;
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
              const struct profile_sample *next, bool is_nameless,
              const int64_t values[HEAP_METRICS])
{
    assert(sample->location_count <= PROFILE_FRAMES_MAX);
    path_follow(rows, sample, next);
    rows->number++;
    uint32_t count = sample->location_count - rows->depth;
    uint32_t noted = frames_note(rows, sample->locations, count, is_nameless);
    for (uint32_t i = 0; i < noted; i++)
        values_add(rows->cum[rows->noted[i]], values);
    values_add(rows->sum, values);
}

void rows_add_flat(struct rows *rows, struct name_id func, const int64_t values[HEAP_METRICS])
{
    values_add(rows->flat[rows->of_name[func.v]], values);
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
