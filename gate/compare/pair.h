#ifndef GATE_COMPARE_PAIR_H
#define GATE_COMPARE_PAIR_H

#include "gate/base/intern.h"
#include "gate/base/name.h"
#include "gate/fold/kind.h"
#include "gate/recording/recording.h"

/*
 * Which function of the baseline is which function of the candidate.
 * Functions whose keys are equal are the same and need no pair: the key
 * is the normalised name without closure and range numbers, so that a
 * closure inserted before another changes nothing (all closures of one
 * function share a row). What is left over goes through the steps in
 * their order; a step pairs two functions only when neither has another
 * choice in it, each function is used once, and what no step pairs stays
 * unpaired. A function that the other side's executable still holds was
 * not renamed and takes no part.
 */
#define PAIR_STEP_MAP(X)                                                                           \
    /* symbol, name, what a reader is told */                                                      \
    X(POLICY, "policy", "the policy names the successor")                                          \
    X(MODULE, "module", "the module's path changed")                                               \
    X(GENERIC, "generic", "type parameters came or went")                                          \
    X(PACKAGE, "package", "the package moved")                                                     \
    X(RECEIVER, "receiver", "the receiver changed")                                                \
    X(FILE, "file", "the file moved")                                                              \
    X(SIGNATURE, "signature", "same callers and allocations under another name")

enum pair_step {
#define X(symbol, name, text) PAIR_STEP_##symbol,
    PAIR_STEP_MAP(X)
#undef X
        PAIR_STEPS
};

const char *pair_step_name(enum pair_step step);
const char *pair_step_text(enum pair_step step);

struct pair_function {
    struct name_id key;          /* pair_key of the function */
    double bytes[ALLOC_KINDS];   /* by kind: allocated and held at the end, per request */
    double objects[ALLOC_KINDS]; /* the same in objects */
    struct name_id file;         /* of its largest site; 0 unknown */
    struct name_id caller;       /* key of the caller of its largest site; 0 unknown */
    bool stays;                  /* the other side's executable has it too */
};

struct pair_side {
    const struct pair_function *items;
    size_t len;
    struct str module; /* of the program; empty when unknown */
};

/* A successor that the policy names. Names as people write them. */
struct pair_hint {
    struct str from;
    struct str to;
};

/*
 * What somebody else knows: the policy's successors, the kinds that it
 * limits in single functions, and the files that git takes for renamed.
 * Profiles spell files below the directory of
 * their module, which may be any directory of the repository, so a file
 * is every renamed one whose path ends in it.
 */
struct pair_hints {
    const struct pair_hint *items;
    size_t len;
    const struct record_rename *renames;
    size_t rename_count;
    bool limits_kind[ALLOC_KINDS];
};

struct pair {
    struct name_id base;
    struct name_id cand;
    enum pair_step step;
};

struct pairs {
    struct pair *items; /* only pairs whose keys differ, in the order of the steps */
    size_t len;
    size_t cap;
};

/* The key that names alone pair by. */
static inline struct str pair_key(struct arena *arena, struct str function)
{
    return name_key(function, arena);
}

void pair_functions(struct pairs *out, struct arena *arena, const struct intern *names,
                    const struct pair_side *base, const struct pair_side *cand,
                    const struct pair_hints *hints);

#endif
