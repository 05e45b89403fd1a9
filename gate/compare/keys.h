#ifndef GATE_COMPARE_KEYS_H
#define GATE_COMPARE_KEYS_H

#include "gate/base/map.h"
#include "gate/compare/pair.h"
#include "gate/recording/recording.h"

/*
 * From raw function names to the keys that rows are found by: pair_key,
 * and on the baseline the candidate's key where the function was paired.
 */
struct keys {
    struct arena *arena;
    struct intern *names;
    struct name_id *of; /* by raw name id; 0 = not computed */
    size_t len;         /* raw names: interned before keys_init */
    struct map renamed; /* baseline key -> candidate key */
};

void keys_init(struct keys *keys, struct arena *arena, struct intern *names);
void keys_release(struct keys *keys);
/* 0 for the empty name. */
struct name_id keys_of(struct keys *keys, enum side side, struct name_id func);
/* From now on keys of the baseline lead to the candidate's. */
void keys_rename(struct keys *keys, const struct pairs *pairs);

#endif
