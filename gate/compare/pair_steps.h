#ifndef GATE_COMPARE_PAIR_STEPS_H
#define GATE_COMPARE_PAIR_STEPS_H

#include "gate/compare/pair.h"
#include "gate/compare/pair_name.h"

/* One leftover function of one side, taken apart for the steps. */
struct half {
    const struct pair_function *function;
    struct str key;
    struct name_parts parts;
    struct str package_plain; /* name_package_plain of it */
    struct str file;          /* name_module_file of it; empty when unknown */
    struct str file_base;     /* last element of its file; empty when unknown */
    const uint64_t *renames;  /* bit by rename that its file may be part of; NULL: none */
    struct str caller_local;  /* the caller's key without its package; empty when unknown */
    double total_bytes;
    uint32_t kinds; /* bit by kind that it allocates */
    bool used;
    struct str step_key; /* of the step in progress */
};

/* The leftovers of a side and an index over them by container: package and receiver, or package. */
struct halves {
    struct half *items;
    size_t len;
    struct half **by_place; /* package_plain, receiver, name */
};

struct matching {
    struct arena *arena;
    struct halves base;
    struct halves cand;
    size_t rename_words; /* of half.renames */
};

/* Puts half pointers in by_place order. */
void halves_sort_place(struct arena *arena, struct halves *halves);

/*
 * One step: halves with equal, non-empty keys may be the same function,
 * and are if `accepts` says so (NULL: always). Pure.
 */
struct pair_rule {
    enum pair_step step;
    struct str (*key)(struct arena *arena, const struct half *half);
    bool (*accepts)(const struct matching *matching, const struct half *base,
                    const struct half *cand);
};

extern const struct pair_rule pair_rules[];
extern const size_t pair_rule_count;

#endif
