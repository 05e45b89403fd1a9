#include "tests/support/check.h"

#include "gate/base/map.h"

static void an_empty_map_finds_nothing(void **state)
{
    struct map map;
    uint32_t value = 7;
    (void)state;
    map_init(&map);
    assert_false(map_find(&map, 0, &value));
    assert_int_equal(value, 7);
    map_release(&map);
}

static void any_key_is_a_key(void **state)
{
    static const uint64_t keys[] = {0, 1, UINT64_MAX, 1ULL << 63};
    struct map map;
    uint32_t value = 0;
    (void)state;
    map_init(&map);
    for (uint32_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_true(map_insert(&map, keys[i], i));
    for (uint32_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_true(map_find(&map, keys[i], &value));
        assert_int_equal(value, i);
    }
    assert_false(map_find(&map, 2, &value));
    map_release(&map);
}

static void the_first_value_stays(void **state)
{
    struct map map;
    uint32_t value = 0;
    (void)state;
    map_init(&map);
    assert_true(map_insert(&map, 5, 1));
    assert_false(map_insert(&map, 5, 2));
    assert_true(map_find(&map, 5, &value));
    assert_int_equal(value, 1);
    assert_int_equal(map.len, 1);
    map_release(&map);
}

static void growth_keeps_every_pair(void **state)
{
    enum { COUNT = 20000 };
    struct map map;
    uint32_t value = 0;
    (void)state;
    map_init(&map);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(map_insert(&map, (uint64_t)i << 32, i));
    assert_int_equal(map.len, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(map_find(&map, (uint64_t)i << 32, &value));
        assert_int_equal(value, i);
    }
    assert_false(map_find(&map, 1, &value));
    map_release(&map);
}

static void hashes_depend_on_the_seed(void **state)
{
    (void)state;
    hash_seed_set(0);
    uint64_t number = hash_u64(1);
    uint64_t text = hash_str(STR("runtime.makemap"));
    assert_true(hash_u64(1) == number);
    hash_seed_set(0x9e3779b97f4a7c15U);
    assert_false(hash_u64(1) == number);
    assert_false(hash_str(STR("runtime.makemap")) == text);
    hash_seed_set(0);
    assert_true(hash_str(STR("runtime.makemap")) == text);
}

/* A zero byte at the end lies in the padding of the last word; the length tells them apart. */
static void hashes_see_length_and_each_byte(void **state)
{
    (void)state;
    assert_false(hash_str(STR("a")) == hash_str(STR("a\0")));
    assert_false(hash_str(STR("12345678")) == hash_str(STR("12345678\0")));
    assert_false(hash_str(STR("12345678x")) == hash_str(STR("12345678y")));
    assert_false(hash_str(STR("x2345678")) == hash_str(STR("y2345678")));
    assert_true(hash_str((struct str){NULL, 0}) == hash_str(STR("")));
}

static void hashes_of_words_see_each_word_and_its_place(void **state)
{
    const uint64_t words[] = {1, 2, 0};
    const uint64_t turned[] = {2, 1, 0};
    const uint64_t other[] = {1, 2, 3};
    const uint64_t twice[] = {7, 7};
    const uint64_t twice_other[] = {8, 8};
    (void)state;
    uint64_t hash = hash_words(words, 3);
    assert_true(hash_words(words, 3) == hash);
    assert_false(hash_words(turned, 3) == hash);
    assert_false(hash_words(other, 3) == hash);
    assert_false(hash_words(words, 2) == hash);
    assert_false(hash_words(twice, 2) == hash_words(twice_other, 2));
    hash_seed_set(0x9e3779b97f4a7c15U);
    assert_false(hash_words(words, 3) == hash);
    hash_seed_set(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_finds_nothing),
        cmocka_unit_test(any_key_is_a_key),
        cmocka_unit_test(the_first_value_stays),
        cmocka_unit_test(growth_keeps_every_pair),
        cmocka_unit_test(hashes_depend_on_the_seed),
        cmocka_unit_test(hashes_see_length_and_each_byte),
        cmocka_unit_test(hashes_of_words_see_each_word_and_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
