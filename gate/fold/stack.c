#include "gate/fold/stack.h"

/*
 * What the profiler allocates for itself. pprof.Do only labels what it
 * calls: continuous profilers wrap whole handlers in it.
 */
static bool is_profiler(struct str function, struct str package)
{
    bool labels = str_equal(function, STR("runtime/pprof.Do"));
    return (str_equal(package, STR("runtime/pprof")) && !labels) ||
           str_equal(package, STR("net/http/pprof"));
}

bool name_is_profiler(struct str function)
{
    return is_profiler(function, name_package(function));
}

static struct frame frame_of(const struct profile_function *function, struct intern *names,
                             const struct fold_options *options)
{
    struct str package = name_package(function->name);
    struct frame frame = {
        .func = intern_name(names, function->name),
        .file = intern_name(names, function->filename),
        .user = name_is_user(function->name, options->module),
        .profiler = is_profiler(function->name, package),
        .testing = str_equal(package, STR("testing")),
        .runtime = name_is_runtime(function->name),
        .leaf = runtime_table_leaf(options->runtime, function->name),
        .leaf_asks_caller = runtime_table_asks_caller(options->runtime, function->name),
        .target = {ALLOC_KIND_OTHER, ALLOC_OP_NONE},
    };
    /* A module path without a dot reads like the standard library's. */
    frame.owner = frame.user || !name_is_std(function->name);
    if (frame.runtime)
        frame.target = runtime_table_target(options->runtime, function->name);
    return frame;
}

struct frame *frames_of(const struct profile *profile, struct arena *arena, struct intern *names,
                        const struct fold_options *options)
{
    struct frame *frames = ARENA_ARRAY(arena, struct frame, profile->function_count);
    for (size_t i = 0; i < profile->function_count; i++)
        frames[i] = frame_of(&profile->functions[i], names, options);
    return frames;
}

/* The stack while it is walked, from the leaf on. */
struct walk {
    const struct profile *profile;
    const struct frame *frames;
    const struct profile_sample *sample;
    struct stack *stack;
    const struct profile_line *beyond_leaf; /* first one of another function */
    const struct profile_line *beyond_user;
};

static const struct profile_location *location_at(const struct walk *walk, uint32_t i)
{
    return &walk->profile->locations[walk->sample->locations[i]];
}

static void leaf_set(struct walk *walk, uint32_t i, uint32_t j)
{
    walk->stack->leaf = &location_at(walk, i)->lines[j];
    walk->stack->leaf_place = (struct stack_place){i, j};
}

/*
 * One line while all before it are the runtime's; true when the search is
 * over. Until then the leaf is the innermost line that allocates nothing
 * itself, and the entry the line that it calls.
 */
static bool leaf_step(struct walk *walk, uint32_t i, uint32_t j)
{
    const struct profile_line *line = &location_at(walk, i)->lines[j];
    const struct frame *frame = &walk->frames[line->function];
    if (!frame->runtime) {
        walk->stack->entry = walk->beyond_leaf;
        leaf_set(walk, i, j);
        return true;
    }
    if (!walk->stack->leaf && !alloc_class_is_plain(frame->target)) {
        walk->stack->entry = walk->beyond_leaf;
        leaf_set(walk, i, j);
    }
    walk->beyond_leaf = line;
    return false;
}

/* True when the stack has a frame that is not the runtime's. */
static bool leaf_find(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->sample->location_count; i++) {
        const struct profile_location *location = location_at(walk, i);
        if (location->line_count == 0) {
            *walk->stack = (struct stack){.leaf_place = {i, 0}, .entry = walk->beyond_leaf};
            return true;
        }
        for (uint32_t j = 0; j < location->line_count; j++) {
            if (leaf_step(walk, i, j))
                return true;
        }
    }
    return false;
}

static bool is_other(const struct walk *walk, const struct profile_line *line,
                     const struct profile_line *than)
{
    return !than ||
           !name_equal(walk->frames[line->function].func, walk->frames[than->function].func);
}

static void caller_step(struct walk *walk, const struct frame *frame,
                        const struct profile_line *line)
{
    struct stack *stack = walk->stack;
    if (!stack->user) {
        if (!walk->beyond_leaf && is_other(walk, line, stack->leaf))
            walk->beyond_leaf = line;
        return;
    }
    if (stack->caller || !is_other(walk, line, stack->user))
        return;
    if (!walk->beyond_user)
        walk->beyond_user = line;
    if (frame->user)
        stack->caller = line;
}

static void stack_step(struct walk *walk, const struct profile_line *line)
{
    const struct frame *frame = &walk->frames[line->function];
    struct stack *stack = walk->stack;
    caller_step(walk, frame, line);
    if (frame->user && !stack->user)
        stack->user = line;
    if (frame->owner && !stack->owner)
        stack->owner = line;
    /* Below these frames the program's own code may run again: then it is the program's. */
    if ((frame->profiler || frame->testing) && !stack->user)
        stack->excluded = true;
}

static void stack_walk(struct walk *walk)
{
    struct stack *stack = walk->stack;
    uint32_t from = stack->leaf_place.line;
    for (uint32_t i = stack->leaf_place.location; i < walk->sample->location_count; i++) {
        const struct profile_location *location = location_at(walk, i);
        for (uint32_t j = from; j < location->line_count; j++)
            stack_step(walk, &location->lines[j]);
        from = 0;
        /* The caller comes last: behind it nothing is left to find. */
        if (stack->caller && stack->owner) {
            stack->told_by = i + 1;
            break;
        }
    }
    if (!stack->caller)
        stack->caller = stack->user ? walk->beyond_user : walk->beyond_leaf;
}

struct stack stack_read(const struct profile *profile, const struct frame *frames,
                        const struct profile_sample *sample)
{
    struct stack stack = {0};
    struct walk walk = {.profile = profile, .frames = frames, .sample = sample, .stack = &stack};
    stack.is_runtime = !leaf_find(&walk) && sample->location_count > 0;
    if (stack.is_runtime && !stack.leaf)
        leaf_set(&walk, 0, 0);
    walk.beyond_leaf = NULL;
    stack_walk(&walk);
    return stack;
}

/* The line that calls the one at a place: the next inlined one, else the next location's first. */
static const struct profile_line *line_behind(const struct profile *profile,
                                              const struct profile_sample *sample,
                                              struct stack_place place)
{
    const struct profile_location *location =
        &profile->locations[sample->locations[place.location]];
    if (place.line + 1 < location->line_count)
        return &location->lines[place.line + 1];
    if (place.location + 1 >= sample->location_count)
        return NULL;
    location = &profile->locations[sample->locations[place.location + 1]];
    return location->line_count > 0 ? &location->lines[0] : NULL;
}

struct alloc_class stack_leaf_class(const struct profile *profile, const struct frame *frames,
                                    const struct profile_sample *sample, const struct stack *stack,
                                    const struct runtime_table *runtime)
{
    uint32_t leaf = stack->leaf->function;
    const struct profile_line *caller = line_behind(profile, sample, stack->leaf_place);
    if (!caller)
        return frames[leaf].leaf;
    return runtime_table_under(runtime, profile->functions[leaf].name,
                               profile->functions[caller->function].name);
}

struct alloc_class stack_runtime_class(const struct profile *profile, const struct frame *frames,
                                       const struct profile_sample *sample,
                                       const struct stack *stack)
{
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++) {
            struct alloc_class class = frames[location->lines[j].function].leaf;
            if (class.kind != ALLOC_KIND_UNKNOWN)
                return class;
        }
    }
    if (stack->entry && frames[stack->entry->function].target.kind == ALLOC_KIND_MAP)
        return frames[stack->entry->function].target;
    return (struct alloc_class){ALLOC_KIND_OTHER, ALLOC_OP_NONE};
}
