#ifndef GATE_HARNESS_PLANT_H
#define GATE_HARNESS_PLANT_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * A regression on purpose: one function of a Go program allocates so many
 * bytes more, in one object or several, each time it is called. The statement stands behind the
 * opening brace of its body, on the same line, and the variable that it
 * fills behind the last line of the file, so that every line keeps its
 * number.
 */
struct plant {
    struct str func; /* as pprof spells it: "example.com/x/price.(*Book).Price" */
    struct str file; /* from the root of its module: "price/price.go" */
    int64_t line;    /* in its body: which closure it is; of a declared function of no use */
    uint64_t bytes;
    uint64_t objects; /* of so many bytes each; 0: one */
};

/* The name of the variable that is added; a file that has it already is refused. */
#define PLANT_VARIABLE "memgateSelftestSink"

/*
 * The source with the statement in it. STATUS_NOT_FOUND when no function
 * with a body is declared by that name, or, of a closure, no function
 * literal holds the line: what the compiler wrote itself is neither. What
 * is no Go source at all may give that, too.
 */
NODISCARD enum status plant_source(struct str *out, struct arena *arena, struct str source,
                                   const struct plant *plant, struct err *err);

/*
 * Plants it in an exported tree: `dir` is a directory of the module, the
 * nearest go.mod at or above it, but not above `top`, marks the root.
 */
NODISCARD enum status plant_tree(struct arena *arena, struct str dir, struct str top,
                                 const struct plant *plant, struct err *err);

#endif
