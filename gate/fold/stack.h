#ifndef GATE_FOLD_STACK_H
#define GATE_FOLD_STACK_H

#include "gate/fold/fold.h"

/* What one pass needs to know of each function of a profile, worked out once. */
struct frame {
    struct name_id func;
    struct name_id file;
    bool user;     /* of the program's own module */
    bool owner;    /* outside the standard library */
    bool profiler; /* runtime/pprof, net/http/pprof */
    bool testing;  /* package testing */
    bool runtime;  /* hidden by Go's own profile writer unless nothing else is there */
};

/* One per profile function, in the arena. Names are interned. */
struct frame *frames_of(const struct profile *profile, struct arena *arena, struct intern *names,
                        struct str module);

/* The lines of one sample that matter; NULL where there is none. */
struct stack {
    const struct profile_line *leaf;
    const struct profile_line *owner;
    const struct profile_line *user;
    bool excluded;
};

struct stack stack_read(const struct profile *profile, const struct frame *frames,
                        const struct profile_sample *sample);

/*
 * Kind by names alone, for a leaf in the runtime: a stack of runtime
 * frames only (goroutine descriptors, timers), or one of a producer
 * that does not hide them. UNKNOWN when the leaf is no runtime frame.
 */
enum alloc_kind stack_runtime_kind(const struct profile *profile, const struct frame *frames,
                                   const struct profile_sample *sample);

#endif
