#ifndef GATE_FOLD_COSTS_H
#define GATE_FOLD_COSTS_H

#include "gate/base/intern.h"
#include "gate/profile/profile.h"

/*
 * Which functions a profile other than the heap's is about: of CPU time,
 * of waiting (block, mutex), of goroutines. A sample is spent in its
 * leaf, which is what pprof calls flat, and charged to the program's own
 * code that brought it about.
 */
enum { COST_COLUMNS = 2 };

struct cost_site {
    struct name_id func; /* charged: the program's own frame, or the leaf where there is none */
    struct name_id leaf;
    struct name_id file; /* of the charged frame's line, as the profile spells it */
    int64_t line;
    int64_t value[COST_COLUMNS];
};

struct costs {
    struct cost_site *sites; /* unique by all fields but the values, in the order of the samples */
    size_t len;
    size_t cap;
    int64_t total[COST_COLUMNS];    /* of what was kept; stacks without a name included */
    int64_t excluded[COST_COLUMNS]; /* of the profiler itself */
    size_t samples;                 /* in the profile, whoever's they are */
};

struct cost_options {
    const char *columns[COST_COLUMNS]; /* of the profile; NULL for none */
    struct str module;                 /* of the program; empty: only "main." is the user's */
    /*
     * Profiles of goroutines: charged is the program's own frame that is
     * nearest to the goroutine's first function, or that function, because
     * who started it matters more than where it waits; the leaf is the
     * innermost frame that is not the runtime's, where all of them park.
     */
    bool by_start;
};

/*
 * Folds a profile; names are interned. Left out are samples with a frame
 * of runtime/pprof or net/http/pprof that comes, from the leaf on, before
 * any of the program's own. A column that is missing, a negative count
 * and a sum above 63 bits are STATUS_FORMAT.
 */
NODISCARD enum status costs_fold(struct costs *out, struct arena *arena, struct intern *names,
                                 const struct profile *profile, const struct cost_options *options,
                                 struct err *err);

#endif
