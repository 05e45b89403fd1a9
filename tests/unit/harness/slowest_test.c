#include "gate/harness/load/slowest.h"

#include "tests/support/check.h"

enum { REQUESTS = 1000, KEPT = 10 };

/* Request i takes 1 + 37 i % 1000 ns: each length from 1 to 1000 once. */
static void the_longest_are_kept_whatever_the_order(void **state)
{
    struct arena arena;
    struct slowest slowest;
    (void)state;
    arena_init(&arena);
    slowest_init(&slowest, &arena, KEPT);
    for (uint64_t i = 0; i < REQUESTS; i++)
        slowest_add(&slowest, 100 * i, 100 * i + 1 + 37 * i % REQUESTS);
    slowest_sort(&slowest);
    assert_int_equal(slowest.len, KEPT);
    uint64_t sum = 0;
    for (size_t i = 0; i < KEPT; i++) {
        uint64_t length = slowest.items[i].until_ns - slowest.items[i].from_ns;
        assert_true(length > REQUESTS - KEPT);
        sum += length;
        assert_true(i == 0 || slowest.items[i - 1].until_ns <= slowest.items[i].until_ns);
    }
    /* 991 + ... + 1000 */
    assert_int_equal(sum, 9955);
    arena_release(&arena);
}

static void fewer_than_asked_for_are_all_kept(void **state)
{
    struct arena arena;
    struct slowest slowest;
    (void)state;
    arena_init(&arena);
    slowest_init(&slowest, &arena, KEPT);
    slowest_add(&slowest, 5, 9);
    slowest_add(&slowest, 1, 3);
    slowest_sort(&slowest);
    assert_int_equal(slowest.len, 2);
    assert_true(slowest.items[0].from_ns == 1 && slowest.items[1].from_ns == 5);
    arena_release(&arena);
}

static void none_are_kept_where_none_are_wanted(void **state)
{
    struct arena arena;
    struct slowest slowest;
    (void)state;
    arena_init(&arena);
    slowest_init(&slowest, &arena, 0);
    slowest_add(&slowest, 5, 9);
    slowest_sort(&slowest);
    assert_int_equal(slowest.len, 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_are_kept_whatever_the_order),
        cmocka_unit_test(fewer_than_asked_for_are_all_kept),
        cmocka_unit_test(none_are_kept_where_none_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
