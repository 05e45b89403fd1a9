#include "gate/profile/legacy.h"

/* What stands behind the "@" of a heap profile's first line. */
struct heap_kind {
    const char *name;
    bool sampled;         /* values must be scaled up by the rate */
    bool alloc;           /* may hold alloc_* besides inuse_* */
    int64_t rate_divisor; /* of the number behind the name; 0: the period is 1 */
};

static const struct heap_kind heap_kinds[] = {
    {"heap", true, true, 2}, /* Go writes twice its MemProfileRate */
    {"heap_v2", true, true, 1},
    {"heapz_v2", true, true, 1},
    {"heapprofile", false, true, 0},
    {"growth", false, false, 0},
    {"growthz", false, false, 0},
    {"fragmentation", false, false, 0},
    {"fragmentationz", false, false, 0},
};

struct heap_numbers {
    int64_t inuse_objects;
    int64_t inuse_bytes;
    int64_t alloc_objects;
    int64_t alloc_bytes;
};

struct heap {
    const struct heap_kind *kind;
    bool has_alloc;
    int64_t rate;
};

bool legacy_heap_is(struct str text)
{
    return str_starts_with(text, STR("heap profile: "));
}

/* "9: 162688 [156: 1301376] @", with any number of blanks. */
static bool take_numbers(struct str *at, struct heap_numbers *numbers)
{
    return take_int(at, &numbers->inuse_objects) && take_text(at, ":") && take_blanks(at) &&
           take_int(at, &numbers->inuse_bytes) && take_blanks(at) && take_text(at, "[") &&
           take_blanks(at) && take_int(at, &numbers->alloc_objects) && take_text(at, ":") &&
           take_blanks(at) && take_int(at, &numbers->alloc_bytes) && take_blanks(at) &&
           take_text(at, "]") && take_blanks(at) && take_text(at, "@");
}

static const struct heap_kind *find_kind(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(heap_kinds); i++) {
        if (str_equal_text(name, heap_kinds[i].name))
            return &heap_kinds[i];
    }
    return NULL;
}

static bool read_header(struct heap *heap, struct str line)
{
    struct heap_numbers sums = {0};
    if (!take_text(&line, "heap profile:") || !take_blanks(&line) || !take_numbers(&line, &sums))
        return false;
    struct str name = take_word(&line);
    struct str digits = STR("");
    ptrdiff_t slash = str_find(name, '/');
    if (slash >= 0) {
        digits = str_slice(name, (size_t)slash + 1, name.len);
        name = str_slice(name, 0, (size_t)slash);
    }
    heap->kind = find_kind(name);
    if (!heap->kind || (digits.len > 0 && !take_int(&digits, &heap->rate)))
        return false;
    heap->rate = heap->kind->rate_divisor ? heap->rate / heap->kind->rate_divisor : 1;
    heap->has_alloc = heap->kind->alloc &&
                      ((sums.alloc_objects != 0 && sums.alloc_objects != sums.inuse_objects) ||
                       (sums.alloc_bytes != 0 && sums.alloc_bytes != sums.inuse_bytes));
    return true;
}

/* alloc first, so that a default of "the last type" is inuse_space. */
static void add_types(struct legacy *legacy, const struct heap *heap)
{
    legacy_period(legacy, "space", "bytes", heap->rate);
    if (!heap->has_alloc) {
        legacy_type(legacy, "objects", "count");
        legacy_type(legacy, "space", "bytes");
        return;
    }
    legacy_type(legacy, "alloc_objects", "count");
    legacy_type(legacy, "alloc_space", "bytes");
    legacy_type(legacy, "inuse_objects", "count");
    legacy_type(legacy, "inuse_space", "bytes");
}

/* One pair of the line to its two values, and the size of one object. */
static bool add_pair(const struct heap *heap, int64_t *pair, int64_t *object_bytes)
{
    if (pair[0] == 0)
        return pair[1] == 0;
    *object_bytes = pair[1] / pair[0];
    return !heap->kind->sampled || legacy_unsample(&pair[0], &pair[1], heap->rate);
}

static enum status read_sample(struct legacy *legacy, const struct heap *heap, struct err *err)
{
    struct str at = str_trim(legacy->line);
    struct heap_numbers numbers = {0};
    if (!take_numbers(&at, &numbers))
        return legacy_refuse(legacy, "not a heap sample", err);

    int64_t values[] = {numbers.alloc_objects, numbers.alloc_bytes, numbers.inuse_objects,
                        numbers.inuse_bytes};
    int64_t object_bytes = 0;
    if ((heap->has_alloc && !add_pair(heap, values, &object_bytes)) ||
        !add_pair(heap, values + 2, &object_bytes))
        return legacy_refuse(legacy, "object count and bytes do not fit together", err);
    if (legacy_addresses(legacy, take_stack(&at), ADJUST_ALL, err))
        return err->status;
    return legacy_sample(legacy, heap->has_alloc ? values : values + 2, object_bytes, err);
}

enum status legacy_heap(struct legacy *legacy, struct err *err)
{
    struct heap heap = {0};
    if (!legacy_next(legacy) || !read_header(&heap, legacy->line))
        return legacy_refuse(legacy, "not the first line of a heap profile that is known", err);
    add_types(legacy, &heap);
    while (legacy_next(legacy) && !legacy_is_map_start(legacy)) {
        if (legacy_is_comment(legacy))
            continue;
        if (read_sample(legacy, &heap, err))
            return err->status;
    }
    return legacy_finish(legacy, err);
}
