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

/* The prefixes that runtime/pprof's writer hides (internal/runtime/ since Go 1.24). */
static bool name_is_runtime(struct str name)
{
    return str_starts_with(name, STR("runtime.")) ||
           str_starts_with(name, STR("internal/runtime/"));
}

static struct frame frame_of(const struct profile_function *function, struct intern *names,
                             struct str module)
{
    struct str package = name_package(function->name);
    bool user = name_is_user(function->name, module);
    return (struct frame){
        .func = intern_name(names, function->name),
        .file = intern_name(names, function->filename),
        .user = user,
        /* A module path without a dot reads like the standard library's. */
        .owner = user || !name_is_std(function->name),
        .profiler = is_profiler(function->name, package),
        .testing = str_equal(package, STR("testing")),
        .runtime = name_is_runtime(function->name),
    };
}

struct frame *frames_of(const struct profile *profile, struct arena *arena, struct intern *names,
                        struct str module)
{
    struct frame *frames = ARENA_ARRAY(arena, struct frame, profile->function_count);
    for (size_t i = 0; i < profile->function_count; i++)
        frames[i] = frame_of(&profile->functions[i], names, module);
    return frames;
}

static void stack_add(struct stack *stack, const struct frame *frame,
                      const struct profile_line *line)
{
    if (frame->user && !stack->user)
        stack->user = line;
    if (frame->owner && !stack->owner)
        stack->owner = line;
    /* Below these frames the program's own code may run again: then it is the program's. */
    if ((frame->profiler || frame->testing) && !stack->user)
        stack->excluded = true;
}

struct stack stack_read(const struct profile *profile, const struct frame *frames,
                        const struct profile_sample *sample)
{
    struct stack stack = {0};
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        if (i == 0 && location->line_count > 0)
            stack.leaf = &location->lines[0];
        for (uint32_t j = 0; j < location->line_count; j++)
            stack_add(&stack, &frames[location->lines[j].function], &location->lines[j]);
    }
    return stack;
}

/* One step towards the root; true when the kind is decided. */
static bool runtime_step(enum alloc_kind *kind, struct str name, bool runtime, struct str *last)
{
    if (!runtime) {
        *kind = alloc_kind_of_target(*last);
        return true;
    }
    *kind = alloc_kind_of_leaf(name);
    *last = name;
    return *kind != ALLOC_KIND_UNKNOWN;
}

enum alloc_kind stack_runtime_kind(const struct profile *profile, const struct frame *frames,
                                   const struct profile_sample *sample)
{
    enum alloc_kind kind = ALLOC_KIND_UNKNOWN;
    struct str last = {0};
    for (uint32_t i = 0; i < sample->location_count; i++) {
        const struct profile_location *location = &profile->locations[sample->locations[i]];
        for (uint32_t j = 0; j < location->line_count; j++) {
            uint32_t function = location->lines[j].function;
            if (last.len == 0 && !frames[function].runtime)
                return ALLOC_KIND_UNKNOWN;
            if (runtime_step(&kind, profile->functions[function].name, frames[function].runtime,
                             &last))
                return kind;
        }
    }
    return last.len > 0 ? ALLOC_KIND_OTHER : ALLOC_KIND_UNKNOWN;
}
