#include "gate/codec/hex.h"

#include "tests/support/check.h"

/* The test vectors of RFC 4648, section 10, and what is none. */
static const struct hex_case {
    const char *name;
    const char *text;
    const char *want; /* NULL: refused */
    size_t want_len;
} hex_cases[] = {
    {"nothing", "", "", 0},
    {"one byte", "66", "f", 1},
    {"a word", "666F6F626172", "foobar", 6},
    {"lower case", "666f6f", "foo", 3},
    {"every bit", "00ff10", "\x00\xff\x10", 3},
    {"half a byte", "66f", NULL, 0},
    {"a blank between", "66 6f", NULL, 0},
    {"no digit", "6g", NULL, 0},
    {"below the digits", "/0", NULL, 0},
    {"above the digits", ":0", NULL, 0},
    {"above the letters", "0@", NULL, 0},
    {"a digit with another case bit", "\x10\x11", NULL, 0},
    {"prefix", "0x66", NULL, 0},
};

static void hex_is_decoded(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(hex_cases); i++) {
        const struct hex_case *row = &hex_cases[i];
        struct str out = STR("untouched");
        print_message("%s\n", row->name);
        bool decoded = hex_decode(&out, &arena, str_from(row->text));
        assert_int_equal(decoded, row->want != NULL);
        struct str want = row->want ? (struct str){row->want, row->want_len} : STR("untouched");
        assert_true(str_equal(out, want));
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hex_is_decoded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
