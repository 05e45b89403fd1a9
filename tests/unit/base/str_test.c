#include "tests/support/check.h"

#include "gate/base/str.h"

static void equality_is_of_length_and_bytes(void **state)
{
    (void)state;
    assert_true(str_equal(STR(""), str_from(NULL)));
    assert_true(str_equal((struct str){NULL, 0}, STR("")));
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_false(str_equal(STR("ab"), STR("a")));
    assert_true(str_equal_text(STR("ab"), "ab"));
    assert_false(str_equal_text(STR("ab\0"), "ab"));
}

static const struct {
    struct str a;
    struct str b;
    int order;
} order_cases[] = {
    {STR_INIT(""), STR_INIT(""), 0},     {STR_INIT(""), STR_INIT("a"), -1},
    {STR_INIT("a"), STR_INIT("ab"), -1}, {STR_INIT("b"), STR_INIT("ab"), 1},
    {STR_INIT("A"), STR_INIT("a"), -1},  {STR_INIT("z"), STR_INIT("\xc3\xa9"), -1},
};

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void order_is_of_bytes_shorter_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(order_cases); i++) {
        assert_int_equal(sign(str_compare(order_cases[i].a, order_cases[i].b)),
                         order_cases[i].order);
        assert_int_equal(sign(str_compare(order_cases[i].b, order_cases[i].a)),
                         -order_cases[i].order);
    }
}

static void parts_are_found(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("abc"), STR("ab")));
    assert_true(str_starts_with(STR("abc"), STR("")));
    assert_false(str_starts_with(STR("a"), STR("ab")));
    assert_true(str_ends_with(STR("abc"), STR("bc")));
    assert_false(str_ends_with(STR("c"), STR("bc")));
    assert_true(str_contains(STR("abc"), STR("b")));
    assert_true(str_contains(STR(""), STR("")));
    assert_false(str_contains(STR("abc"), STR("ac")));
    assert_false(str_contains((struct str){NULL, 0}, STR("a")));
    assert_int_equal(str_find(STR("a/b/c"), '/'), 1);
    assert_int_equal(str_find_last(STR("a/b/c"), '/'), 3);
    assert_int_equal(str_find(STR("abc"), '/'), -1);
    assert_int_equal(str_find_last((struct str){NULL, 0}, '/'), -1);
}

static void slices_clamp(void **state)
{
    (void)state;
    assert_str(str_slice(STR("abc"), 1, 2), "b");
    assert_str(str_slice(STR("abc"), 0, 99), "abc");
    assert_str(str_slice(STR("abc"), 99, 100), "");
    assert_str(str_slice(STR("abc"), 2, 1), "");
    assert_str(str_trim(STR(" \t\r\na b\n")), "a b");
    assert_str(str_trim(STR(" \n ")), "");
}

static const struct {
    const char *name;
    struct str text;
    size_t count;
    const char *parts[4];
} split_cases[] = {
    {"parts in the middle and at the end may be empty", STR_INIT("a,,b,"), 4, {"a", "", "b", ""}},
    {"without separator", STR_INIT("ab"), 1, {"ab"}},
    {"the empty text is one empty part", STR_INIT(""), 1, {""}},
    {"nothing has no part", {NULL, 0}, 0, {NULL}},
};

static void check_split(struct str rest, const char *const *parts, size_t want_count)
{
    struct str part = {0};
    size_t count = 0;
    while (str_split(&rest, ',', &part)) {
        assert_true(count < want_count);
        assert_str(part, parts[count]);
        count++;
    }
    assert_int_equal(count, want_count);
}

static void split_gives_all_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(split_cases); i++) {
        print_message("%s\n", split_cases[i].name);
        check_split(split_cases[i].text, split_cases[i].parts, split_cases[i].count);
    }
}

static void copies_end_in_nul(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct str copy = str_copy(&arena, str_slice(STR("abc"), 0, 2));
    assert_string_equal(copy.data, "ab");
    assert_string_equal(str_copy(&arena, (struct str){NULL, 0}).data, "");
    assert_str(str_format(&arena, "%s-%d", "x", 7), "x-7");
    assert_string_equal(str_text(&arena, STR("a\0b")), "a");
    arena_release(&arena);
}

/* Worked out by hand after Levenshtein: insert, delete and replace cost 1 each. */
static const struct {
    struct str a;
    struct str b;
    size_t distance;
} distances[] = {
    {STR_INIT(""), STR_INIT(""), 0},
    {STR_INIT("abc"), STR_INIT(""), 3},
    {STR_INIT("kitten"), STR_INIT("sitting"), 3},
    {STR_INIT("warmup"), STR_INIT("warm_up"), 1},
    {STR_INIT("ab"), STR_INIT("ba"), 2},
};

static void distance_counts_edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(distances); i++) {
        assert_int_equal(str_distance(distances[i].a, distances[i].b), distances[i].distance);
        assert_int_equal(str_distance(distances[i].b, distances[i].a), distances[i].distance);
    }
}

static void nearest_explains_typing_errors_only(void **state)
{
    static const struct str names[] = {STR_INIT("alloc_space"), STR_INIT("inuse_space"),
                                       STR_INIT("p99")};
    (void)state;
    assert_str(str_nearest(STR("aloc_space"), names, 3), "alloc_space");
    assert_str(str_nearest(STR("p95"), names, 3), "p99");
    assert_null(str_nearest(STR("colour"), names, 3).data);
    assert_null(str_nearest(STR("x"), names, 0).data);
}

static const struct {
    const char *name;
    struct str text;
    const char *want;
} printable_cases[] = {
    {"plain", STR_INIT("a b~"), "a b~"},
    {"tab and escape", STR_INIT("\t\x1b"), "\\x09\\x1b"},
    {"DEL", STR_INIT("\x7f"), "\\x7f"},
    {"C1 in UTF-8", STR_INIT("\xc2\x9b"), "\\x9b"},
    {"no-break space is seen", STR_INIT("\xc2\xa0"), "\xc2\xa0"},
    {"soft hyphen is not", STR_INIT("\xc2\xad"), "\\u{ad}"},
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): what the row is about */
    {"bidi isolate", STR_INIT("\xe2\x81\xa6"), "\\u{2066}"},
    {"byte order mark", STR_INIT("\xef\xbb\xbf"), "\\u{feff}"},
    {"tag character", STR_INIT("\xf3\xa0\x81\x81"), "\\u{e0041}"},
    {"overlong slash", STR_INIT("\xc0\xaf"), "\\xc0\\xaf"},
    {"surrogate", STR_INIT("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
    {"past the last code point", STR_INIT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
    {"last code point", STR_INIT("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf"},
    {"cut short", STR_INIT("\xe2\x82"), "\\xe2\\x82"},
    {"lone continuation", STR_INIT("\x80"), "\\x80"},
};

static void printable_shows_what_hides(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(printable_cases); i++) {
        print_message("%s\n", printable_cases[i].name);
        assert_str(str_printable(&arena, printable_cases[i].text), printable_cases[i].want);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_of_length_and_bytes),
        cmocka_unit_test(order_is_of_bytes_shorter_first),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(slices_clamp),
        cmocka_unit_test(split_gives_all_parts),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(nearest_explains_typing_errors_only),
        cmocka_unit_test(printable_shows_what_hides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
