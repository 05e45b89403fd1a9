#include "gate/codec/sha256.h"

#include "tests/support/check.h"

/* The examples of FIPS 180-4 and of NIST's test vectors. */
static void sha256_gives_the_published_digests(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        char byte;
        size_t count;
        const char *want;
    } cases[] = {
        {"nothing", 'a', 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"a million times a", 'a', 1000000,
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("%s\n", cases[i].name);
        uint8_t *data = arena_alloc(&arena, cases[i].count + 1, 1);
        memset(data, cases[i].byte, cases[i].count);
        assert_str(sha256_hex(&arena, (struct bytes){data, cases[i].count}), cases[i].want);
    }
    assert_str(sha256_hex(&arena, bytes_of_str(STR("abc"))),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sha256_gives_the_published_digests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
