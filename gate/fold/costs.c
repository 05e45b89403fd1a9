#include "gate/fold/costs.h"

#include "gate/base/map.h"
#include "gate/base/num.h"
#include "gate/fold/stack.h"

/* What one pass needs to know of each function, worked out once. */
struct cost_frame {
    struct name_id func;
    struct name_id file;
    bool user;
    bool profiler;
    bool runtime;
};

struct cost_folding {
    struct arena *arena;
    const struct profile *profile;
    const struct cost_options *options;
    const struct cost_frame *frames; /* by function */
    int columns[COST_COLUMNS];       /* indexes; -1 for none */
    struct map sites;
    struct costs costs;
};

/* The lines of one sample that matter; NULL where there is none. */
struct cost_stack {
    const struct profile_line *leaf;
    const struct profile_line *user; /* nearest to the leaf, or to the start */
    const struct profile_line *start;
    bool excluded;
};

static void stack_take(struct cost_stack *stack, const struct cost_folding *folding,
                       const struct profile_line *line)
{
    const struct cost_frame *frame = &folding->frames[line->function];
    bool by_start = folding->options->by_start;
    if (frame->profiler && !stack->user)
        stack->excluded = true;
    if (frame->user && (by_start || !stack->user))
        stack->user = line;
    if (!stack->leaf && !(by_start && frame->runtime))
        stack->leaf = line;
    stack->start = line;
}

static struct cost_stack stack_of(const struct cost_folding *folding,
                                  const struct profile_sample *sample)
{
    struct cost_stack stack = {0};
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location =
            &folding->profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++)
            stack_take(&stack, folding, &location->lines[j]);
    }
    /* A goroutine of the runtime's own has no other frame. */
    if (!stack.leaf)
        stack.leaf = stack.start;
    return stack;
}

static const struct profile_line *charged_line(const struct cost_folding *folding,
                                               const struct cost_stack *stack)
{
    if (stack->user)
        return stack->user;
    return folding->options->by_start ? stack->start : stack->leaf;
}

static uint64_t site_code(const struct cost_site *site)
{
    uint64_t code = hash_u64((uint64_t)site->func.v << 32 | site->leaf.v);
    code = hash_u64(code ^ site->file.v);
    return hash_u64(code ^ (uint64_t)site->line);
}

static struct cost_site *site_for(struct cost_folding *folding, const struct cost_stack *stack)
{
    struct costs *costs = &folding->costs;
    const struct profile_line *line = charged_line(folding, stack);
    const struct cost_frame *frame = &folding->frames[line->function];
    struct cost_site site = {.func = frame->func,
                             .leaf = folding->frames[stack->leaf->function].func,
                             .file = frame->file,
                             .line = line->line};
    uint32_t at = 0;
    if (!map_find(&folding->sites, site_code(&site), &at)) {
        at = (uint32_t)costs->len;
        (void)map_insert(&folding->sites, site_code(&site), at);
        ARENA_PUSH(folding->arena, costs->sites, costs->len, costs->cap, site);
    }
    return &costs->sites[at];
}

/* The parts fit where the whole does, since no count is negative. */
static enum status sum_add(int64_t *sums, const struct cost_folding *folding, size_t at,
                           struct err *err)
{
    const struct profile_sample *sample = &folding->profile->samples[at];
    for (size_t i = 0; i < COST_COLUMNS; i++) {
        int64_t value = folding->columns[i] < 0 ? 0 : sample->values[folding->columns[i]];
        if (value < 0)
            return err_set(err, STATUS_FORMAT, "sample %zu: a negative count", at + 1);
        if (!num_add_i64(&sums[i], sums[i], value))
            return err_set(err, STATUS_FORMAT, "sample %zu: a sum exceeds 63 bits", at + 1);
    }
    return STATUS_OK;
}

static enum status sample_add(struct cost_folding *folding, size_t at, struct err *err)
{
    struct costs *costs = &folding->costs;
    struct cost_stack stack = stack_of(folding, &folding->profile->samples[at]);
    if (sum_add(stack.excluded ? costs->excluded : costs->total, folding, at, err))
        return err->status;
    if (stack.excluded || !stack.leaf)
        return STATUS_OK;
    return sum_add(site_for(folding, &stack)->value, folding, at, err);
}

static enum status samples_add(struct cost_folding *folding, struct err *err)
{
    folding->costs.samples = folding->profile->sample_count;
    for (size_t i = 0; i < folding->profile->sample_count; i++) {
        if (sample_add(folding, i, err))
            return err->status;
    }
    return STATUS_OK;
}

static const struct cost_frame *frames_look_up(const struct profile *profile, struct arena *arena,
                                               struct intern *names, struct str module)
{
    struct cost_frame *frames = ARENA_ARRAY(arena, struct cost_frame, profile->function_count + 1);
    for (size_t i = 0; i < profile->function_count; i++) {
        const struct profile_function *function = &profile->functions[i];
        frames[i] = (struct cost_frame){
            .func = intern_name(names, function->name),
            .file = intern_name(names, function->filename),
            .user = name_is_user(function->name, module),
            .profiler = name_is_profiler(function->name),
            .runtime = name_is_runtime(function->name),
        };
    }
    return frames;
}

static enum status find_columns(struct cost_folding *folding, struct err *err)
{
    for (size_t i = 0; i < COST_COLUMNS; i++) {
        const char *name = folding->options->columns[i];
        folding->columns[i] = name ? profile_type_index(folding->profile, name) : -1;
        if (name && folding->columns[i] < 0)
            return err_set(err, STATUS_FORMAT, "the profile has no %s column", name);
    }
    return STATUS_OK;
}

enum status costs_fold(struct costs *out, struct arena *arena, struct intern *names,
                       const struct profile *profile, const struct cost_options *options,
                       struct err *err)
{
    struct cost_folding folding = {.arena = arena, .profile = profile, .options = options};
    struct arena scratch;
    if (find_columns(&folding, err))
        return err->status;
    arena_init(&scratch);
    map_init(&folding.sites);
    folding.frames = frames_look_up(profile, &scratch, names, options->module);
    enum status status = samples_add(&folding, err);
    if (status == STATUS_OK)
        *out = folding.costs;
    map_release(&folding.sites);
    arena_release(&scratch);
    return status;
}
