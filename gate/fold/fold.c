#include "gate/fold/fold.h"

#include "gate/base/num.h"
#include "gate/fold/order.h"
#include "gate/fold/sites.h"
#include "gate/fold/stack.h"

static const char *const heap_columns[HEAP_METRICS] = {
    [HEAP_ALLOC_OBJECTS] = "alloc_objects",
    [HEAP_ALLOC_SPACE] = "alloc_space",
    [HEAP_INUSE_OBJECTS] = "inuse_objects",
    [HEAP_INUSE_SPACE] = "inuse_space",
};

/* Row 0 is for leaves without a name, so that the flat values add up to the total. */
struct row {
    struct fold_function function;
    size_t seen; /* number of the sample counted last; 0 for a row nothing touched */
};

/* The state of one pass; lives as long as fold_heap. */
struct folding {
    const struct profile *profile;
    const struct fold_options *options;
    const struct frame *frames;
    size_t column[HEAP_METRICS];
    struct row *rows;
    size_t row_count;
    uint32_t *row_of;       /* by profile function */
    enum alloc_kind *kinds; /* by location, ALLOC_KINDS where not yet asked for */
    struct sites sites;
    struct fold sums; /* total and excluded */
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

/* Functions that share a name share a row; its file is the first in byte order. */
static void row_file(struct fold_function *function, struct name_id file,
                     const struct intern *names)
{
    struct str have = intern_text(names, function->file);
    struct str want = intern_text(names, file);
    if (have.len == 0 || (want.len > 0 && str_compare(want, have) < 0))
        function->file = file;
}

static void rows_init(struct folding *folding, struct arena *scratch, const struct intern *names)
{
    size_t count = folding->profile->function_count;
    uint32_t *row_of_name = ARENA_ARRAY(scratch, uint32_t, names->len);
    folding->rows = ARENA_ARRAY(scratch, struct row, count + 1);
    folding->row_of = ARENA_ARRAY(scratch, uint32_t, count);
    folding->row_count = 1;
    for (size_t i = 0; i < count; i++) {
        const struct frame *frame = &folding->frames[i];
        uint32_t row = row_of_name[frame->func.v];
        /* The empty name is id 0 and keeps row 0. */
        if (row == 0 && frame->func.v != 0) {
            row = (uint32_t)folding->row_count++;
            row_of_name[frame->func.v] = row;
            folding->rows[row].function.func = frame->func;
        }
        row_file(&folding->rows[row].function, frame->file, names);
        folding->row_of[i] = row;
    }
}

static void kinds_init(struct folding *folding, struct arena *scratch)
{
    size_t count = folding->profile->location_count;
    folding->kinds = ARENA_ARRAY(scratch, enum alloc_kind, count);
    for (size_t i = 0; i < count; i++)
        folding->kinds[i] = ALLOC_KINDS;
}

/*
 * The leaf's own name comes first: reflect.unsafe_New and its like are
 * the runtime under another package's name, and what they call inside
 * (plain mallocgc) says less than they do.
 */
static enum alloc_kind location_kind(const struct folding *folding,
                                     const struct profile_location *location)
{
    uint64_t offset = 0;
    enum alloc_kind kind = ALLOC_KIND_UNKNOWN;
    if (location->line_count > 0)
        kind = alloc_kind_of_leaf(folding->profile->functions[location->lines[0].function].name);
    if (kind != ALLOC_KIND_UNKNOWN || !folding->options->targets ||
        !targets_offset(folding->profile, location, &offset))
        return kind;
    struct str symbol = targets_find(folding->options->targets, offset);
    return symbol.len > 0 ? alloc_kind_of_target(symbol) : ALLOC_KIND_UNKNOWN;
}

static enum alloc_kind sample_kind(struct folding *folding, const struct profile_sample *sample,
                                   const struct stack *stack)
{
    if (stack->leaf && folding->frames[stack->leaf->function].runtime)
        return stack_runtime_kind(folding->profile, folding->frames, sample);
    if (sample->location_count == 0)
        return ALLOC_KIND_UNKNOWN;
    enum alloc_kind *kind = &folding->kinds[sample->locations[0]];
    if (*kind == ALLOC_KINDS)
        *kind = location_kind(folding, &folding->profile->locations[sample->locations[0]]);
    return *kind;
}

static struct fold_site site_key(struct folding *folding, const struct profile_sample *sample,
                                 const struct stack *stack)
{
    struct fold_site key = {.kind = sample_kind(folding, sample, stack)};
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
    return key;
}

static bool values_add(int64_t *sums, const int64_t *values)
{
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        if (!num_add_i64(&sums[i], sums[i], values[i]))
            return false;
    }
    return true;
}

/* A function counts once however often it recurs in the stack; `number` tells the samples apart. */
static bool cum_add(struct folding *folding, const struct profile_sample *sample, size_t number,
                    const int64_t *values)
{
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location =
            &folding->profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++) {
            struct row *row = &folding->rows[folding->row_of[location->lines[j].function]];
            if (row->seen == number)
                continue;
            row->seen = number;
            if (!values_add(row->function.cum, values))
                return false;
        }
    }
    return true;
}

static bool flat_add(struct folding *folding, const struct stack *stack, size_t number,
                     const int64_t *values)
{
    struct row *row = &folding->rows[stack->leaf ? folding->row_of[stack->leaf->function] : 0];
    bool unnamed = row->seen != number;
    row->seen = number;
    return values_add(row->function.flat, values) &&
           (!unnamed || values_add(row->function.cum, values));
}

/* False when a sum does not fit; samples without any value are old buckets and say nothing. */
static bool sample_add(struct folding *folding, const struct profile_sample *sample, size_t number)
{
    int64_t values[HEAP_METRICS];
    int64_t any = 0;
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        values[i] = sample->values[folding->column[i]];
        any |= values[i];
    }
    if (any == 0)
        return true;
    struct stack stack = stack_read(folding->profile, folding->frames, sample);
    if (stack.excluded)
        return values_add(folding->sums.excluded, values);
    struct fold_site key = site_key(folding, sample, &stack);
    return values_add(sites_at(&folding->sites, &key)->value, values) &&
           cum_add(folding, sample, number, values) && flat_add(folding, &stack, number, values) &&
           values_add(folding->sums.total, values);
}

static void functions_collect(struct fold *out, struct arena *arena, const struct folding *folding)
{
    out->functions = ARENA_ARRAY(arena, struct fold_function, folding->row_count);
    for (size_t i = 0; i < folding->row_count; i++) {
        if (folding->rows[i].seen > 0)
            out->functions[out->function_count++] = folding->rows[i].function;
    }
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
    functions_collect(&fold, arena, folding);
    sites_sort(fold.sites, fold.site_count, names);
    functions_sort(fold.functions, fold.function_count, names);
    return fold;
}

static enum status samples_add(struct folding *folding, struct err *err)
{
    for (size_t i = 0; i < folding->profile->sample_count; i++) {
        if (!sample_add(folding, &folding->profile->samples[i], i + 1))
            return err_set(err, STATUS_FORMAT, "sample %zu: a sum exceeds 63 bits", i + 1);
    }
    return STATUS_OK;
}

enum status fold_heap(struct fold *out, struct arena *arena, struct intern *names,
                      const struct profile *profile, const struct fold_options *options,
                      struct err *err)
{
    struct folding folding = {.profile = profile, .options = options};
    if (columns_find(&folding, err))
        return err->status;
    struct arena scratch;
    arena_init(&scratch);
    folding.frames = frames_of(profile, &scratch, names, options->module);
    rows_init(&folding, &scratch, names);
    kinds_init(&folding, &scratch);
    sites_init(&folding.sites, &scratch);
    enum status status = samples_add(&folding, err);
    if (status == STATUS_OK)
        *out = fold_collect(arena, names, &folding);
    sites_release(&folding.sites);
    arena_release(&scratch);
    return status;
}
