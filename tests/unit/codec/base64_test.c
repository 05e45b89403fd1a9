#include "gate/codec/base64.h"

#include "tests/support/check.h"

/* RFC 4648, section 10, and what is none. */
static const struct {
    const char *text;
    const char *want; /* NULL: refused */
} rows[] = {
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"},
    {"+/+/", "\xfb\xff\xbf"},
    {"Zg", NULL},
    {"Zg=", NULL},
    {"Zh==", NULL},
    {"Zm9=", NULL},
    {"Z===", NULL},
    {"====", NULL},
    {"Zm\n9", NULL},
    {"Zm-_", NULL},
    {"Zg==Zg==", NULL},
};

static void texts_are_decoded_or_refused(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str out = STR("");
        print_message("\"%s\"\n", rows[i].text);
        assert_int_equal(base64_decode(&out, &arena, str_from(rows[i].text)), rows[i].want != NULL);
        if (rows[i].want)
            assert_str(out, rows[i].want);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_decoded_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
