#ifndef GATE_FOLD_KIND_H
#define GATE_FOLD_KIND_H

#include "gate/base/str.h"

/* What was allocated, named as policies and reports spell it. */
#define ALLOC_KIND_MAP(X)                                                                          \
    X(UNKNOWN, "unknown")                                                                          \
    X(MAP, "map")                                                                                  \
    X(SLICE, "slice")                                                                              \
    X(STRING, "string")                                                                            \
    X(BOXING, "boxing")                                                                            \
    X(OBJECT, "object")                                                                            \
    X(CHANNEL, "channel")                                                                          \
    X(GOROUTINE, "goroutine")                                                                      \
    X(OTHER, "other")

enum alloc_kind {
#define X(symbol, text) ALLOC_KIND_##symbol,
    ALLOC_KIND_MAP(X)
#undef X
        ALLOC_KINDS
};

const char *alloc_kind_name(enum alloc_kind kind);
bool alloc_kind_parse(enum alloc_kind *out, struct str name);

/*
 * Kind by the runtime entry that the leaf's CALL instruction names
 * ("runtime.mapassign_faststr" -> map), Go 1.19 to 1.27; OTHER for an
 * entry that is not in the table.
 */
enum alloc_kind alloc_kind_of_target(struct str symbol);
/*
 * Kind by the leaf's own name, for parts of the runtime that carry
 * another package's name (reflect.makemap, maps.clone,
 * internal/bytealg.MakeNoZero, runtime.malg), else UNKNOWN. fold asks
 * this first: what such a leaf calls inside (plain mallocgc) says less.
 */
enum alloc_kind alloc_kind_of_leaf(struct str function);

#endif
