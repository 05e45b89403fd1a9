#ifndef GATE_COMPARE_PAIR_H
#define GATE_COMPARE_PAIR_H

#include "gate/base/intern.h"
#include "gate/fold/kind.h"

/*
 * Which function of the baseline is which function of the candidate.
 * Steps, each pair used once, leftovers stay unpaired:
 *   1. same key: normalised name without closure and range numbers, so
 *      that a closure inserted before another changes nothing (all
 *      closures of one function share a row);
 *   2. same name in another package, where the package moved (at least
 *      two functions agree on the move, or the cost is equal);
 *   3. same package under another name with the same allocation
 *      signature: bytes of every kind equal within 1 %.
 */
struct pair_function {
    struct name_id key;        /* pair_key of the function */
    double bytes[ALLOC_KINDS]; /* by kind: allocated and held at the end, per request */
};

struct pair_side {
    const struct pair_function *items;
    size_t len;
};

struct pair {
    struct name_id base;
    struct name_id cand;
};

struct pairs {
    struct pair *items; /* only pairs whose keys differ (steps 2 and 3), by base key text */
    size_t len;
    size_t cap;
};

/* Step 1's key: "pkg.F.func1.2" and "pkg.F-range1" become "pkg.F.func" and "pkg.F.func". */
struct str pair_key(struct arena *arena, struct str function);

void pair_functions(struct pairs *out, struct arena *arena, const struct intern *names,
                    struct pair_side base, struct pair_side cand);

#endif
