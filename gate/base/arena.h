#ifndef GATE_BASE_ARENA_H
#define GATE_BASE_ARENA_H

#include "gate/base/base.h"

/*
 * An arena is a lifetime: everything taken from it is given back at
 * once by arena_release. Allocation never returns NULL; when the
 * machine has no memory left the process ends with exit code 3.
 * Sizes that come from input are checked against a named limit by
 * the caller before they reach this file.
 */
struct arena {
    struct arena_block *head;
    size_t used_bytes; /* sum handed out, for limits and statistics */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Zeroed memory, aligned for any type. count * size must not overflow (asserted). */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), (count), sizeof(type)))

/*
 * Growable arrays in an arena: `items`, `len` and `cap` are lvalues the
 * caller owns. Old storage stays in the arena until its end, so growth
 * doubles and wastes at most as much as it holds.
 */
void *arena_grow(struct arena *arena, const void *items, size_t len, size_t *cap, size_t size);
#define ARENA_PUSH(arena, items, len, cap, value)                                                  \
    do {                                                                                           \
        if ((len) == (cap))                                                                        \
            (items) = arena_grow((arena), (items), (len), &(cap), sizeof(*(items)));               \
        (items)[(len)++] = (value);                                                                \
    } while (0)

/* malloc family that ends the process instead of failing, for memory outside any arena. */
void *memory_resize(void *old, size_t size);

#endif
