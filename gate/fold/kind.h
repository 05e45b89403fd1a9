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
    X(CLOSURE, "closure")                                                                          \
    X(CHANNEL, "channel")                                                                          \
    X(GOROUTINE, "goroutine")                                                                      \
    X(OTHER, "other")

enum alloc_kind {
#define X(symbol, text) ALLOC_KIND_##symbol,
    ALLOC_KIND_MAP(X)
#undef X
        ALLOC_KINDS
};

/* What the program did to need it; NONE where the kind says it all. */
#define ALLOC_OP_MAP(X)                                                                            \
    X(NONE, "")                                                                                    \
    X(MAKE, "make")                                                                                \
    X(GROW, "grow") /* map insert and growth, append */                                            \
    X(CLONE, "clone")                                                                              \
    X(CONCAT, "concat")                                                                            \
    X(CONVERT, "convert")                                                                          \
    X(BUILD, "build") /* strings.Builder and internal/bytealg.MakeNoZero */

enum alloc_op {
#define X(symbol, text) ALLOC_OP_##symbol,
    ALLOC_OP_MAP(X)
#undef X
        ALLOC_OPS
};

/* How the kind was found, best first behind UNKNOWN. */
#define ALLOC_HOW_MAP(X)                                                                           \
    X(UNKNOWN, "unknown")                                                                          \
    X(CALL, "call target")    /* the CALL instruction at the sampled address names the entry */    \
    X(CHAIN, "hidden frames") /* frames of the runtime that the profile holds name it */           \
    X(NAME, "name rule")      /* the sampled function's own name says it */

enum alloc_how {
#define X(symbol, text) ALLOC_HOW_##symbol,
    ALLOC_HOW_MAP(X)
#undef X
        ALLOC_HOWS
};

struct alloc_class {
    enum alloc_kind kind;
    enum alloc_op op;
};

/* True for what an allocation entry of the runtime gives: known, and no goroutine. */
bool alloc_class_is_plain(struct alloc_class class);

const char *alloc_kind_name(enum alloc_kind kind);
bool alloc_kind_parse(enum alloc_kind *out, struct str name);

const char *alloc_op_name(enum alloc_op op);
bool alloc_op_parse(enum alloc_op *out, struct str name); /* the empty name is no operation */

const char *alloc_how_name(enum alloc_how how);

/*
 * True for the type of a closure's object as Go's compiler writes it: a
 * struct of the code pointer and what the closure captured ("struct { F
 * uintptr; X0 int }"). Until Go 1.20 captures have the names of their
 * variables, so that a program's own struct without a name that begins with
 * `F uintptr` cannot be told from one.
 */
bool alloc_type_is_closure(struct str type, bool captures_are_named);

#endif
