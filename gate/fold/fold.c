#include "gate/fold/fold.h"

#include "gate/fold/order.h"
#include "gate/fold/origin.h"
#include "gate/fold/rows.h"
#include "gate/fold/sampling.h"
#include "gate/fold/sites.h"
#include "gate/fold/values.h"

static const char *const heap_columns[HEAP_METRICS] = {
    [HEAP_ALLOC_OBJECTS] = "alloc_objects",
    [HEAP_ALLOC_SPACE] = "alloc_space",
    [HEAP_INUSE_OBJECTS] = "inuse_objects",
    [HEAP_INUSE_SPACE] = "inuse_space",
};

enum { SAMPLES_AHEAD = 16, MEMOS_AHEAD = 4, MEMO_BITS = 12, MEMO_LOCATIONS_MAX = 6 };

/* The place of a sample's values, and that of all others whose stacks begin alike, as most do. */
struct memo {
    uint32_t locations[MEMO_LOCATIONS_MAX];
    uint32_t told_by; /* that many of them; 0: nothing is known yet */
    uint32_t site;    /* id; 0: left out */
    bool is_nameless; /* its leaf */
};

/* The state of one pass; lives as long as fold_heap. */
struct folding {
    const struct profile *profile;
    const struct frame *frames;
    size_t column[HEAP_METRICS];
    bool columns_lead; /* the first of each sample are the four, in order, as Go writes them */
    struct rows rows;
    struct origins origins;
    struct sites sites;
    struct sampling sampling;      /* without an arena nobody asked */
    struct memo *memos;            /* by the first two locations; one in place of another */
    struct memo other;             /* of a sample that none of them stands for */
    struct fold sums;              /* excluded */
    int64_t highest[HEAP_METRICS]; /* that any sum of values may reach */
    int64_t lowest[HEAP_METRICS];
};

static enum status columns_find(struct folding *folding, struct err *err)
{
    folding->columns_lead = true;
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        int at = profile_type_index(folding->profile, heap_columns[i]);
        if (at < 0) {
            return err_set(err, STATUS_FORMAT, "not a Go heap profile: no %s column",
                           heap_columns[i]);
        }
        folding->column[i] = (size_t)at;
        folding->columns_lead = folding->columns_lead && (size_t)at == i;
    }
    return STATUS_OK;
}

static struct fold_site site_key(struct folding *folding, const struct profile_sample *sample,
                                 const struct stack *stack)
{
    struct origin origin = origin_of(&folding->origins, sample, stack);
    struct fold_site key = {
        .kind = origin.class.kind,
        .op = origin.class.op,
        .how = origin.how,
        .entry = origin.entry,
        .type = origin.type,
        .chain = origin.chain,
    };
    if (stack->leaf) {
        key.func = folding->frames[stack->leaf->function].func;
        key.file = folding->frames[stack->leaf->function].file;
        key.line = stack->leaf->line;
    }
    if (stack->owner)
        key.owner = folding->frames[stack->owner->function].func;
    if (stack->user) {
        key.user = folding->frames[stack->user->function].func;
        key.user_file = folding->frames[stack->user->function].file;
        key.user_line = stack->user->line;
    }
    if (stack->caller)
        key.caller = folding->frames[stack->caller->function].func;
    return key;
}

static bool bound_add(struct folding *folding, enum heap_metric metric, int64_t value)
{
    int64_t *bound = value < 0 ? &folding->lowest[metric] : &folding->highest[metric];
    return !__builtin_add_overflow(*bound, value, bound);
}

/* With the sums of all positive and all negative values in range, so is every other sum. */
static bool bounds_add(struct folding *folding, const int64_t values[HEAP_METRICS])
{
    return bound_add(folding, HEAP_ALLOC_OBJECTS, values[HEAP_ALLOC_OBJECTS]) &&
           bound_add(folding, HEAP_ALLOC_SPACE, values[HEAP_ALLOC_SPACE]) &&
           bound_add(folding, HEAP_INUSE_OBJECTS, values[HEAP_INUSE_OBJECTS]) &&
           bound_add(folding, HEAP_INUSE_SPACE, values[HEAP_INUSE_SPACE]);
}

static struct memo *memo_at(const struct folding *folding, const struct profile_sample *sample)
{
    uint32_t mix = sample->locations[0] * 0x9e3779b1U;
    if (sample->location_count > 1)
        mix = (mix ^ sample->locations[1]) * 0x85ebca6bU;
    return &folding->memos[mix >> (32 - MEMO_BITS)];
}

static uint64_t pair_at(const uint32_t *at)
{
    uint64_t pair = 0;
    memcpy(&pair, at, sizeof(pair));
    return pair;
}

/*
 * All locations are looked at, since where the search would end cannot be
 * predicted, and the compiler is left no branch to make of it.
 */
static bool memo_equals(const uint32_t *known, const uint32_t *locations, uint32_t told_by)
{
    static const uint32_t masks[MEMO_LOCATIONS_MAX * 2] = {UINT32_MAX, UINT32_MAX, UINT32_MAX,
                                                           UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const uint32_t *mask = masks + MEMO_LOCATIONS_MAX - told_by;
    uint64_t differs = 0;
    for (size_t i = 0; i < MEMO_LOCATIONS_MAX; i += 2)
        differs |= (pair_at(known + i) ^ pair_at(locations + i)) & pair_at(mask + i);
    return differs == 0;
}

static bool memo_holds(const struct memo *memo, const struct profile_sample *sample)
{
    if (memo->told_by == 0 || memo->told_by > sample->location_count)
        return false;
    if (sample->location_count >= MEMO_LOCATIONS_MAX)
        return memo_equals(memo->locations, sample->locations, memo->told_by);
    return memcmp(memo->locations, sample->locations, memo->told_by * sizeof(*memo->locations)) ==
           0;
}

static struct memo memo_make(struct folding *folding, const struct profile_sample *sample)
{
    struct stack stack = stack_read(folding->profile, folding->frames, sample);
    struct memo memo = {.is_nameless = !stack.leaf};
    if (!stack.excluded) {
        struct fold_site key = site_key(folding, sample, &stack);
        memo.site = sites_at(&folding->sites, &key);
    }
    if (stack.told_by > 0 && stack.told_by <= MEMO_LOCATIONS_MAX) {
        memo.told_by = stack.told_by;
        memcpy(memo.locations, sample->locations, stack.told_by * sizeof(*memo.locations));
    }
    return memo;
}

static const struct memo *memo_of(struct folding *folding, const struct profile_sample *sample)
{
    struct memo *memo = sample->location_count > 0 ? memo_at(folding, sample) : &folding->other;
    if (memo_holds(memo, sample))
        return memo;
    folding->other = memo_make(folding, sample);
    if (folding->other.told_by == 0)
        return &folding->other;
    *memo = folding->other;
    return memo;
}

/* The four values of a sample; `room` is for those that lie elsewhere. */
static const int64_t *values_of(const struct folding *folding, const struct profile_sample *sample,
                                int64_t room[HEAP_METRICS])
{
    if (folding->columns_lead)
        return sample->values;
    for (size_t i = 0; i < HEAP_METRICS; i++)
        room[i] = sample->values[folding->column[i]];
    return room;
}

static bool are_zero(const int64_t values[HEAP_METRICS])
{
    return (values[HEAP_ALLOC_OBJECTS] | values[HEAP_ALLOC_SPACE] | values[HEAP_INUSE_OBJECTS] |
            values[HEAP_INUSE_SPACE]) == 0;
}

/* False when a sum does not fit; samples without any value are old buckets and say nothing. */
static bool sample_add(struct folding *folding, const struct profile_sample *sample,
                       const struct profile_sample *next)
{
    int64_t room[HEAP_METRICS];
    const int64_t *values = values_of(folding, sample, room);
    if (are_zero(values))
        return true;
    if (!bounds_add(folding, values))
        return false;
    const struct memo *memo = memo_of(folding, sample);
    if (memo->site == 0) {
        values_add(folding->sums.excluded, values);
        return true;
    }
    values_add(folding->sites.values[memo->site - 1], values);
    if (folding->sampling.arena)
        sampling_add(&folding->sampling, memo->site, sample, values);
    rows_add(&folding->rows, sample, next, memo->is_nameless, values);
    return true;
}

static struct fold fold_collect(struct arena *arena, const struct intern *names,
                                struct folding *folding)
{
    struct fold fold = folding->sums;
    fold.period = folding->profile->period;
    fold.site_count = folding->sites.len;
    fold.sites = ARENA_ARRAY(arena, struct fold_site, fold.site_count);
    sites_collect(&folding->sites, fold.sites);
    for (size_t i = 0; i < fold.site_count && i < folding->sampling.cap; i++)
        fold.sites[i].variance = folding->sampling.of_site[i];
    for (size_t i = 0; i < fold.site_count; i++)
        rows_add_flat(&folding->rows, fold.sites[i].func, fold.sites[i].value);
    memcpy(fold.total, folding->rows.sum, sizeof(fold.total));
    rows_collect(&folding->rows, arena, &fold);
    sites_sort(fold.sites, fold.site_count, names);
    functions_sort(fold.functions, fold.function_count, names);
    return fold;
}

/* Samples lie about in memory, and little is done with each: waiting for them is half the time. */
static void sample_prefetch(const struct profile *profile, size_t i)
{
    if (i >= profile->sample_count)
        return;
    const struct profile_sample *sample = &profile->samples[i];
    __builtin_prefetch(sample->values);
    if (sample->location_count == 0)
        return;
    __builtin_prefetch(sample->locations);
    __builtin_prefetch(sample->locations + sample->location_count / 2);
    __builtin_prefetch(sample->locations + sample->location_count - 1);
}

static void memo_prefetch(const struct folding *folding, size_t i)
{
    if (i < folding->profile->sample_count && folding->profile->samples[i].location_count > 0)
        __builtin_prefetch(memo_at(folding, &folding->profile->samples[i]));
}

static enum status samples_add(struct folding *folding, struct err *err)
{
    for (size_t i = 0; i < folding->profile->sample_count; i++) {
        sample_prefetch(folding->profile, i + SAMPLES_AHEAD);
        memo_prefetch(folding, i + MEMOS_AHEAD);
        const struct profile_sample *sample = &folding->profile->samples[i];
        bool is_last = i + 1 == folding->profile->sample_count;
        if (!sample_add(folding, sample, is_last ? NULL : sample + 1))
            return err_set(err, STATUS_FORMAT, "sample %zu: a sum exceeds 63 bits", i + 1);
    }
    rows_finish(&folding->rows);
    return STATUS_OK;
}

enum status fold_heap(struct fold *out, struct arena *arena, struct intern *names,
                      const struct profile *profile, const struct fold_options *options,
                      struct err *err)
{
    struct folding folding = {.profile = profile};
    assert(options->runtime);
    if (columns_find(&folding, err))
        return err->status;
    if (options->has_variances && profile->period > 1)
        folding.sampling = (struct sampling){.arena = arena, .period = (double)profile->period};
    struct arena scratch;
    arena_init(&scratch);
    folding.frames = frames_of(profile, &scratch, names, options);
    rows_init(&folding.rows, &scratch, names, profile, folding.frames);
    origins_init(&folding.origins, &scratch, names, profile, folding.frames, options);
    sites_init(&folding.sites, &scratch);
    folding.memos = ARENA_ARRAY(&scratch, struct memo, 1U << MEMO_BITS);
    enum status status = samples_add(&folding, err);
    if (status == STATUS_OK)
        *out = fold_collect(arena, names, &folding);
    sites_release(&folding.sites);
    arena_release(&scratch);
    return status;
}
