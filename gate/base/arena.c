#include "gate/base/arena.h"

#include <stdalign.h>

enum { ARENA_BLOCK_BYTES_MIN = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

static NORETURN void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "memgate: out of memory (%zu bytes asked for); no verdict\n", size);
    exit(3);
}

void *memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->head;
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena_init(arena);
}

static struct arena_block *block_open(struct arena *arena, size_t size)
{
    size_t data_size = size > ARENA_BLOCK_BYTES_MIN ? size : ARENA_BLOCK_BYTES_MIN;
    struct arena_block *block = memory_resize(NULL, sizeof(*block) + data_size);
    block->size = data_size;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    size_t wanted = 0;
    bool overflow = __builtin_mul_overflow(count, size, &wanted);
    assert(!overflow && wanted < SIZE_MAX / 2);
    wanted = (wanted + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

    struct arena_block *block = arena->head;
    if (!block || block->size - block->used < wanted)
        block = block_open(arena, wanted);
    void *memory = block->data + block->used;
    block->used += wanted;
    arena->used_bytes += wanted;
    /* Zero-sized requests still get a valid pointer, which memset accepts. */
    memset(memory, 0, wanted);
    return memory;
}

void *arena_grow(struct arena *arena, const void *items, size_t len, size_t *cap, size_t size)
{
    size_t next_cap = *cap ? *cap * 2 : 8;
    void *memory = arena_alloc(arena, next_cap, size);
    if (len > 0)
        memcpy(memory, items, len * size);
    *cap = next_cap;
    return memory;
}
