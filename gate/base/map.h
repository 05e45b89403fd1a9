#ifndef GATE_BASE_MAP_H
#define GATE_BASE_MAP_H

#include "gate/base/str.h"

/*
 * Open addressing from 64-bit keys (any value, 0 included) to 32-bit
 * values. Keys come from hostile files, so the hash is seeded;
 * nothing may depend on the order of the slots.
 */
struct map {
    struct map_slot *slots;
    size_t cap;
    size_t len;
};

void map_init(struct map *map);
void map_release(struct map *map);
/* Returns false and leaves the map alone when the key is there already. */
bool map_insert(struct map *map, uint64_t key, uint32_t value);
bool map_find(const struct map *map, uint64_t key, uint32_t *value);

/* One seed for all tables of the process: 0 until set, so that tests can fix it. */
void hash_seed_set(uint64_t seed);
uint64_t hash_u64(uint64_t key);
uint64_t hash_words(const uint64_t *words, size_t count); /* in this order */
uint64_t hash_str(struct str str);

#endif
