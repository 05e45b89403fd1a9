#ifndef TESTS_E2E_ATTRIBUTION_TRUTH_H
#define TESTS_E2E_ATTRIBUTION_TRUTH_H

#include "gate/base/err.h"
#include "gate/fold/kind.h"

/* What the program's runtime recorded, with the frames that profiles hide (program/truth.go). */
struct truth_record {
    int64_t bytes;
    struct str test; /* "kindMapClone"; "-" outside all cases */
    struct str leaf;
    int64_t line;
    struct str chain;     /* hidden frames, innermost first, '<' between; may be empty */
    enum alloc_kind kind; /* by leaf and chain; UNKNOWN when they do not tell */
};

struct truth {
    struct truth_record *items;
    size_t len;
    size_t cap;
};

NODISCARD enum status truth_read(struct truth *out, struct arena *arena, struct str text,
                                 struct err *err);

/*
 * True when what the truth says may be called so: the frames of a closure
 * are those of any object.
 */
bool truth_allows(enum alloc_kind truth, enum alloc_kind kind);

#endif
