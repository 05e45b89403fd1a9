#include "tests/support/check.h"

#include <stdalign.h>

#include "gate/base/arena.h"

static bool is_zero(const unsigned char *memory, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memory[i] != 0)
            return false;
    }
    return true;
}

static void memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {1, 3, 16, 17, 1000, 65536, 65537, 1 << 20};
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        unsigned char *memory = arena_alloc(&arena, sizes[i], 1);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        assert_true(is_zero(memory, sizes[i]));
        memset(memory, 0xaa, sizes[i]);
    }
    arena_release(&arena);
}

static void pieces_do_not_overlap(void **state)
{
    enum { COUNT = 10000 };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    uint32_t **pieces = (uint32_t **)arena_alloc(&arena, COUNT, sizeof(*pieces));
    for (uint32_t i = 0; i < COUNT; i++) {
        pieces[i] = ARENA_NEW(&arena, uint32_t);
        *pieces[i] = i;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(*pieces[i], i);
    arena_release(&arena);
}

static void nothing_is_a_valid_amount(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_non_null(arena_alloc(&arena, 0, 8));
    arena_release(&arena);
}

static void used_bytes_sum_up_and_end_at_zero(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_int_equal(arena.used_bytes, 0);
    (void)arena_alloc(&arena, 100, 1);
    size_t first = arena.used_bytes;
    assert_true(first >= 100);
    (void)arena_alloc(&arena, 200000, 1);
    assert_true(arena.used_bytes >= first + 200000);
    arena_release(&arena);
    assert_int_equal(arena.used_bytes, 0);
    arena_release(&arena);
}

static void pushing_keeps_every_item(void **state)
{
    enum { COUNT = 5000 };
    struct arena arena;
    uint64_t *items = NULL;
    size_t len = 0;
    size_t cap = 0;
    (void)state;
    arena_init(&arena);
    for (uint64_t i = 0; i < COUNT; i++)
        ARENA_PUSH(&arena, items, len, cap, i * i);
    assert_int_equal(len, COUNT);
    assert_true(cap >= COUNT && cap / 2 < COUNT);
    for (uint64_t i = 0; i < COUNT; i++)
        assert_true(items[i] == i * i);
    arena_release(&arena);
}

static void resized_memory_keeps_its_bytes(void **state)
{
    (void)state;
    char *memory = memory_resize(NULL, 4);
    memcpy(memory, "abc", 4);
    memory = memory_resize(memory, 100000);
    assert_string_equal(memory, "abc");
    memory = memory_resize(memory, 0);
    assert_non_null(memory);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(nothing_is_a_valid_amount),
        cmocka_unit_test(used_bytes_sum_up_and_end_at_zero),
        cmocka_unit_test(pushing_keeps_every_item),
        cmocka_unit_test(resized_memory_keeps_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
