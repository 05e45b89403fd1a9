#ifndef GATE_FOLD_FOLD_H
#define GATE_FOLD_FOLD_H

#include "gate/base/intern.h"
#include "gate/base/name.h"
#include "gate/fold/kind.h"
#include "gate/fold/runtime.h"
#include "gate/fold/targets.h"
#include "gate/profile/profile.h"

/* The four columns of a Go heap profile, in this order everywhere. */
enum heap_metric {
    HEAP_ALLOC_OBJECTS,
    HEAP_ALLOC_SPACE,
    HEAP_INUSE_OBJECTS,
    HEAP_INUSE_SPACE,
    HEAP_METRICS
};

/*
 * One allocation site: where the bytes were asked for (the leaf), whose
 * code caused them, and what they are. Sites are unique by all fields
 * but the values.
 */
struct fold_site {
    struct name_id func;  /* leaf, see fold_heap */
    struct name_id owner; /* first frame outside the standard library; 0 when none */
    struct name_id user;  /* first frame of the program's own module; 0 when none */
    struct name_id file;  /* of the leaf line, as the profile spells it */
    int64_t line;
    struct name_id user_file; /* of the user frame's line */
    int64_t user_line;
    enum alloc_kind kind;
    enum alloc_op op;
    enum alloc_how how;   /* the kind was found */
    struct name_id entry; /* of the runtime, that the leaf calls; 0 when unknown */
    struct name_id type;  /* Go's name of the allocated type; 0 when unknown */
    /*
     * The functions that the compiler inlined into one at the leaf, innermost
     * first: "strings.genSplit < strings.Split < main.handler"; 0 when none.
     */
    struct name_id chain;
    /*
     * Who calls the user frame: the next frame of the program's own module
     * with another function, else the next frame with another function. Where
     * there is no user frame, the same next to the leaf. 0 when none.
     */
    struct name_id caller;
    int64_t value[HEAP_METRICS];
    const double
        *variance; /* by metric, of the values by the sampling; NULL: not asked for, or 0 */
};

/*
 * Per function: flat (leaf only) and cum (anywhere in the stack, counted
 * once per sample, inlined frames included), as google/pprof counts them
 * but for the leaf where frames of the runtime are visible, and for names
 * that share a key: all closures of one function are one here.
 */
struct fold_function {
    struct name_id func; /* its name_key */
    struct name_id file;
    int64_t flat[HEAP_METRICS];
    int64_t cum[HEAP_METRICS];
};

struct fold {
    struct fold_site *sites; /* in the order of site_compare (order.h) */
    size_t site_count;
    struct fold_function *functions; /* ordered by name text */
    size_t function_count;
    int64_t total[HEAP_METRICS];    /* of what was kept */
    int64_t excluded[HEAP_METRICS]; /* profiler's own and testing's stacks */
    int64_t period;
};

struct fold_options {
    const struct runtime_table *runtime; /* of the program's Go release; never NULL */
    const struct call_targets *targets;  /* NULL: kinds by visible frames and name rules only */
    struct str module;                   /* of the program; empty: only "main." is the user's */
    bool has_variances;                  /* asks for those of sites, see sampling.h */
};

/*
 * Folds a heap profile. The leaf is the innermost frame (inlined ones
 * included) that is not the runtime's: Go's writer leaves those out, other
 * producers show them. A stack of the runtime alone (goroutine
 * descriptors, timer heaps) has as its leaf the innermost frame that is
 * no plain allocation entry: runtime.malg, whatever allocates for it.
 *
 * Left out: stacks where a frame of
 * runtime/pprof, net/http/pprof or testing comes before any frame of the
 * module (the profiler itself, and what only the benchmark machinery
 * calls). pprof.Do is not the profiler: it labels what it calls. Profiles without the four heap columns
 * are STATUS_FORMAT naming what is missing; a profile with only other
 * columns are compared by `memgate diff` only.
 */
NODISCARD enum status fold_heap(struct fold *out, struct arena *arena, struct intern *names,
                                const struct profile *profile, const struct fold_options *options,
                                struct err *err);

/*
 * later - earlier, site by site and function by function; rows that became
 * zero are kept out. What was allocated is counted on, so its variance is
 * that of the samples in between; what is live at one time and at another
 * varies by both.
 */
void fold_subtract(struct fold *out, struct arena *arena, const struct intern *names,
                   const struct fold *later, const struct fold *earlier);

#endif
