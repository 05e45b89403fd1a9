#include "gate/fold/origin.h"

#include "gate/base/buf.h"

enum { CHAIN_BYTES_MAX = 64 * 1024 };

/* Thousands of addresses call a few dozen entries: each is looked up once. */
struct symbol_class {
    struct alloc_class class;
    bool known;
};

void origins_init(struct origins *origins, struct arena *arena, struct intern *names,
                  const struct profile *profile, const struct frame *frames,
                  const struct fold_options *options)
{
    *origins = (struct origins){
        .arena = arena,
        .names = names,
        .profile = profile,
        .frames = frames,
        .options = options,
        .items = ARENA_ARRAY(arena, struct origin, profile->location_count),
        .known = ARENA_ARRAY(arena, bool, profile->location_count),
    };
}

static struct alloc_class class_of(struct origins *origins, struct name_id entry)
{
    while (entry.v >= origins->class_cap) {
        origins->classes = arena_grow(origins->arena, origins->classes, origins->class_cap,
                                      &origins->class_cap, sizeof(*origins->classes));
    }
    struct symbol_class *have = &origins->classes[entry.v];
    if (!have->known) {
        struct str symbol = intern_text(origins->names, entry);
        *have =
            (struct symbol_class){runtime_table_target(origins->options->runtime, symbol), true};
    }
    return have->class;
}

/* "strings.genSplit < strings.Split < main.handler" */
static struct name_id chain_of(const struct origins *origins,
                               const struct profile_location *location, uint32_t from)
{
    struct buf buf;
    buf_init(&buf, CHAIN_BYTES_MAX);
    for (uint32_t i = from; i < location->line_count; i++) {
        if (i > from)
            buf_text(&buf, " < ");
        buf_str(&buf, origins->profile->functions[location->lines[i].function].name);
    }
    struct name_id chain = intern_name(origins->names, buf_view(&buf));
    buf_release(&buf);
    return chain;
}

static void origin_by_call(struct origins *origins, struct origin *origin,
                           const struct profile_location *location)
{
    uint64_t offset = 0;
    if (!origins->options->targets || !targets_offset(origins->profile, location, &offset))
        return;
    const struct call_target *target = targets_find(origins->options->targets, offset);
    if (!target)
        return;
    origin->entry = intern_name(origins->names, target->symbol);
    origin->type = intern_name(origins->names, target->type);
    origin->how = target->how;
    origin->class = class_of(origins, origin->entry);
    if (origin->class.kind == ALLOC_KIND_OBJECT &&
        alloc_type_is_closure(target->type, origins->options->runtime->captures_are_named))
        origin->class.kind = ALLOC_KIND_CLOSURE;
}

static struct origin origin_at(struct origins *origins, const struct profile_location *location,
                               const struct stack *stack)
{
    struct origin origin = {.class = {ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE}};
    uint32_t from = stack->leaf_place.line;
    origin_by_call(origins, &origin, location);
    if (location->line_count > from + 1)
        origin.chain = chain_of(origins, location, from);
    if (stack->leaf && origins->frames[stack->leaf->function].leaf.kind != ALLOC_KIND_UNKNOWN) {
        origin.class = origins->frames[stack->leaf->function].leaf;
        origin.how = ALLOC_HOW_NAME;
    }
    return origin;
}

/* The leaf is what its caller makes of it, which its location alone does not tell. */
static bool asks_caller(const struct origins *origins, const struct stack *stack)
{
    return stack->leaf && origins->frames[stack->leaf->function].leaf_asks_caller;
}

/* What the frames of the profile itself say, over what is known of the leaf's location. */
static void origin_by_frames(const struct origins *origins, struct origin *origin,
                             const struct profile_sample *sample, const struct stack *stack)
{
    if (asks_caller(origins, stack)) {
        origin->class = stack_leaf_class(origins->profile, origins->frames, sample, stack,
                                         origins->options->runtime);
    }
    if (stack->entry)
        origin->entry = origins->frames[stack->entry->function].func;
    if (stack->is_runtime) {
        origin->class = stack_runtime_class(origins->profile, origins->frames, sample, stack);
        origin->how = ALLOC_HOW_NAME;
        return;
    }
    if (stack->entry && origin->how != ALLOC_HOW_NAME) {
        origin->class = origins->frames[stack->entry->function].target;
        origin->how = ALLOC_HOW_CHAIN;
    }
}

struct origin origin_of(struct origins *origins, const struct profile_sample *sample,
                        const struct stack *stack)
{
    if (sample->location_count == 0)
        return (struct origin){.class = {ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE}};
    uint32_t location = sample->locations[stack->leaf_place.location];
    if (!origins->known[location]) {
        origins->known[location] = true;
        origins->items[location] =
            origin_at(origins, &origins->profile->locations[location], stack);
    }
    struct origin origin = origins->items[location];
    if (stack->is_runtime || stack->entry || asks_caller(origins, stack))
        origin_by_frames(origins, &origin, sample, stack);
    return origin;
}
