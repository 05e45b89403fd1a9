#include "gate/fold/fold.h"

#include "gate/fold/order.h"
#include "gate/fold/origin.h"
#include "gate/fold/rows.h"
#include "gate/fold/sites.h"
#include "gate/fold/values.h"

static const char *const heap_columns[HEAP_METRICS] = {
    [HEAP_ALLOC_OBJECTS] = "alloc_objects",
    [HEAP_ALLOC_SPACE] = "alloc_space",
    [HEAP_INUSE_OBJECTS] = "inuse_objects",
    [HEAP_INUSE_SPACE] = "inuse_space",
};

enum { SAMPLES_AHEAD = 16, MEMOS = 1024 };

/* The site of a sample; most others with this leaf and caller are of the same. */
struct memo {
    const struct profile_line *leaf;
    const struct profile_line *user;
    struct name_id owner;
    struct name_id caller;
    uint32_t site; /* id; 0: none yet */
};

/* The state of one pass; lives as long as fold_heap. */
struct folding {
    const struct profile *profile;
    const struct frame *frames;
    size_t column[HEAP_METRICS];
    struct rows rows;
    struct origins origins;
    struct sites sites;
    struct memo *memos;            /* by leaf and caller; one in place of another */
    struct fold sums;              /* total and excluded */
    int64_t highest[HEAP_METRICS]; /* that any sum of values may reach */
    int64_t lowest[HEAP_METRICS];
};

static enum status columns_find(struct folding *folding, struct err *err)
{
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        int at = profile_type_index(folding->profile, heap_columns[i]);
        if (at < 0) {
            return err_set(err, STATUS_FORMAT, "not a Go heap profile: no %s column",
                           heap_columns[i]);
        }
        folding->column[i] = (size_t)at;
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

static struct fold_site *site_new(struct folding *folding, const struct profile_sample *sample,
                                  const struct stack *stack)
{
    struct fold_site key = site_key(folding, sample, stack);
    return sites_at(&folding->sites, &key);
}

static struct name_id func_of(const struct folding *folding, const struct profile_line *line)
{
    return line ? folding->frames[line->function].func : (struct name_id){0};
}

/* Where other frames than these tell the kind, stacks are not alike by them. */
static bool is_told_by_others(const struct folding *folding, const struct stack *stack)
{
    return stack->is_runtime || stack->entry ||
           (stack->leaf && folding->frames[stack->leaf->function].leaf_asks_caller);
}

static struct fold_site *site_of(struct folding *folding, const struct profile_sample *sample,
                                 const struct stack *stack)
{
    if (sample->location_count == 0 || is_told_by_others(folding, stack))
        return site_new(folding, sample, stack);
    struct name_id owner = func_of(folding, stack->owner);
    struct name_id caller = func_of(folding, stack->caller);
    uint32_t location = sample->locations[stack->leaf_place.location];
    struct memo *memo = &folding->memos[(location * 31 + caller.v) % MEMOS];
    if (memo->site != 0 && memo->leaf == stack->leaf && memo->user == stack->user &&
        name_equal(memo->owner, owner) && name_equal(memo->caller, caller))
        return &folding->sites.items[memo->site - 1];
    struct fold_site *site = site_new(folding, sample, stack);
    *memo = (struct memo){.leaf = stack->leaf,
                          .user = stack->user,
                          .owner = owner,
                          .caller = caller,
                          .site = (uint32_t)(site - folding->sites.items) + 1};
    return site;
}

/* False when a sum does not fit; samples without any value are old buckets and say nothing. */
static bool sample_add(struct folding *folding, const struct profile_sample *sample,
                       const struct profile_sample *next)
{
    int64_t values[HEAP_METRICS];
    int64_t any = 0;
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        values[i] = sample->values[folding->column[i]];
        any |= values[i];
    }
    if (any == 0)
        return true;
    if (!bounds_add(folding, values))
        return false;
    struct stack stack = stack_read(folding->profile, folding->frames, sample);
    if (stack.excluded) {
        values_add(folding->sums.excluded, values);
        return true;
    }
    values_add(site_of(folding, sample, &stack)->value, values);
    rows_add(&folding->rows, sample, next, stack.leaf, values);
    values_add(folding->sums.total, values);
    return true;
}

static struct fold fold_collect(struct arena *arena, const struct intern *names,
                                const struct folding *folding)
{
    struct fold fold = folding->sums;
    fold.period = folding->profile->period;
    fold.site_count = folding->sites.len;
    fold.sites = ARENA_ARRAY(arena, struct fold_site, fold.site_count);
    if (fold.site_count > 0)
        memcpy(fold.sites, folding->sites.items, fold.site_count * sizeof(*fold.sites));
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

static enum status samples_add(struct folding *folding, struct err *err)
{
    for (size_t i = 0; i < folding->profile->sample_count; i++) {
        sample_prefetch(folding->profile, i + SAMPLES_AHEAD);
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
    struct arena scratch;
    arena_init(&scratch);
    folding.frames = frames_of(profile, &scratch, names, options);
    rows_init(&folding.rows, &scratch, names, profile, folding.frames);
    origins_init(&folding.origins, &scratch, names, profile, folding.frames, options);
    sites_init(&folding.sites, &scratch);
    folding.memos = ARENA_ARRAY(&scratch, struct memo, MEMOS);
    enum status status = samples_add(&folding, err);
    if (status == STATUS_OK)
        *out = fold_collect(arena, names, &folding);
    sites_release(&folding.sites);
    arena_release(&scratch);
    return status;
}
