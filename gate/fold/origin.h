#ifndef GATE_FOLD_ORIGIN_H
#define GATE_FOLD_ORIGIN_H

#include "gate/fold/stack.h"

/* What was allocated at a leaf and how that is known; the fields of fold_site of these names. */
struct origin {
    struct alloc_class class;
    enum alloc_how how;
    struct name_id entry;
    struct name_id type;
    struct name_id chain;
};

/* One profile's leaf locations, each worked out when it is asked for the first time. */
struct origins {
    struct arena *arena;  /* borrowed: scratch of the pass */
    struct intern *names; /* borrowed */
    const struct profile *profile;
    const struct frame *frames;
    const struct fold_options *options;
    struct origin *items;         /* by location */
    bool *known;                  /* by location */
    struct symbol_class *classes; /* by name_id of the entry */
    size_t class_cap;
};

void origins_init(struct origins *origins, struct arena *arena, struct intern *names,
                  const struct profile *profile, const struct frame *frames,
                  const struct fold_options *options);

/*
 * The origin of a sample whose stack was read. The leaf's own name is
 * asked first: reflect.unsafe_New and its like are the runtime under
 * another package's name, and what they call inside (plain mallocgc) says
 * less than they do. Then the visible frame of the runtime that the leaf
 * calls, then the call target at the leaf's address.
 */
struct origin origin_of(struct origins *origins, const struct profile_sample *sample,
                        const struct stack *stack);

#endif
