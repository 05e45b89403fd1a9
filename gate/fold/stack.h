#ifndef GATE_FOLD_STACK_H
#define GATE_FOLD_STACK_H

#include "gate/fold/fold.h"

/* What one pass needs to know of each function of a profile, worked out once. */
struct frame {
    struct name_id func;
    struct name_id file;
    bool user;               /* of the program's own module */
    bool owner;              /* outside the standard library */
    bool profiler;           /* runtime/pprof, net/http/pprof */
    bool testing;            /* package testing */
    bool runtime;            /* hidden by Go's own profile writer unless nothing else is there */
    struct alloc_class leaf; /* by the function's own name */
    bool leaf_asks_caller;   /* and by the frame that calls it: stack_leaf_class */
    struct alloc_class
        target; /* of what calls it, for a runtime frame: OTHER unless it allocates */
};

/* One per profile function, in the arena. Names are interned. */
struct frame *frames_of(const struct profile *profile, struct arena *arena, struct intern *names,
                        const struct fold_options *options);

/* A line of a sample's stack by its place; inlined ones count. */
struct stack_place {
    uint32_t location; /* index in the sample's locations */
    uint32_t line;     /* index in the location's lines */
};

/* The lines of one sample that matter; NULL where there is none. */
struct stack {
    const struct profile_line *leaf;  /* as fold_heap finds it */
    struct stack_place leaf_place;    /* without a leaf, of the first location without a name */
    const struct profile_line *entry; /* the visible frame of the runtime that the leaf calls */
    const struct profile_line *owner;
    const struct profile_line *user;
    const struct profile_line *caller; /* as in fold_site */
    uint32_t told_by; /* by that many locations from the leaf on; 0: by all of them */
    bool is_runtime;  /* no frame but the runtime's */
    bool excluded;
};

/* True for functions of runtime/pprof and net/http/pprof, pprof.Do apart. */
bool name_is_profiler(struct str function);

struct stack stack_read(const struct profile *profile, const struct frame *frames,
                        const struct profile_sample *sample);

/*
 * The class of a leaf that asks for its caller: by its own name and that
 * of the frame that calls it.
 */
struct alloc_class stack_leaf_class(const struct profile *profile, const struct frame *frames,
                                    const struct profile_sample *sample, const struct stack *stack,
                                    const struct runtime_table *runtime);

/*
 * The class of a stack of runtime frames alone: by the innermost frame
 * whose own name tells it (goroutine descriptors), map where the leaf
 * calls a map entry, else OTHER.
 */
struct alloc_class stack_runtime_class(const struct profile *profile, const struct frame *frames,
                                       const struct profile_sample *sample,
                                       const struct stack *stack);

#endif
