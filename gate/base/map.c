#include "gate/base/map.h"

struct map_slot {
    uint64_t key;
    uint32_t value;
    bool used;
};

static uint64_t hash_seed;

void hash_seed_set(uint64_t seed)
{
    hash_seed = seed;
}

/*
 * The finaliser of SplitMix64 (Steele, Lea, Flood 2014), keyed by the seed.
 * Apart from hash_u64, since a function that others may call is not inlined
 * into this file when it is compiled for a shared object.
 */
static inline uint64_t mix(uint64_t key)
{
    uint64_t h = key ^ hash_seed;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9U;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebU;
    return h ^ (h >> 31);
}

uint64_t hash_u64(uint64_t key)
{
    return mix(key);
}

/*
 * Each word is hashed with its place and by itself, so that a processor
 * works on several of them at a time. The step is 2^64 over the golden
 * ratio, as in SplitMix64.
 */
uint64_t hash_words(const uint64_t *words, size_t count)
{
    uint64_t h = 0;
    for (size_t i = 0; i < count; i++)
        h ^= mix(words[i] + i * 0x9e3779b97f4a7c15U);
    return h;
}

/*
 * Multiply-and-fold over 8-byte words. The seed enters every step, so
 * that colliding names cannot be prepared without knowing it.
 */
uint64_t hash_str(struct str str)
{
    uint64_t h = mix(str.len);
    size_t at = 0;
    for (; at + 8 <= str.len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, str.data + at, 8);
        h = mix(h ^ word);
    }
    uint64_t tail = 0;
    if (at < str.len)
        memcpy(&tail, str.data + at, str.len - at);
    return mix(h ^ tail);
}

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_release(struct map *map)
{
    free(map->slots);
    map_init(map);
}

static size_t map_slot_for(const struct map *map, uint64_t key)
{
    size_t at = mix(key) & (map->cap - 1);
    while (map->slots[at].used && map->slots[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return at;
}

static void map_rehash(struct map *map)
{
    struct map old = *map;
    map->cap = old.cap ? old.cap * 2 : 64;
    map->slots = memory_resize(NULL, map->cap * sizeof(*map->slots));
    memset(map->slots, 0, map->cap * sizeof(*map->slots));
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].used)
            map->slots[map_slot_for(map, old.slots[i].key)] = old.slots[i];
    }
    free(old.slots);
}

bool map_insert(struct map *map, uint64_t key, uint32_t value)
{
    if ((map->len + 1) * 2 > map->cap)
        map_rehash(map);
    struct map_slot *slot = &map->slots[map_slot_for(map, key)];
    if (slot->used)
        return false;
    *slot = (struct map_slot){key, value, true};
    map->len++;
    return true;
}

bool map_find(const struct map *map, uint64_t key, uint32_t *value)
{
    if (map->len == 0)
        return false;
    const struct map_slot *slot = &map->slots[map_slot_for(map, key)];
    if (slot->used)
        *value = slot->value;
    return slot->used;
}
