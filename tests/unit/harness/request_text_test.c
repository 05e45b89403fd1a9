#include "gate/harness/load/request_text.h"

#include "tests/support/check.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct str render(const char *text, uint64_t seed, uint64_t k)
{
    struct request_text parsed = {0};
    struct request_values values = {seed, k, NULL};
    struct err err = {0};
    struct buf buf;
    assert_ok(request_text_parse(&parsed, &arena, str_from(text), &err), &err);
    buf_init(&buf, 1 << 20);
    request_text_render(&buf, &parsed, values);
    assert_int_equal(buf.len, request_text_len(&parsed, values));
    struct str copy = str_copy(&arena, buf_view(&buf));
    buf_release(&buf);
    return copy;
}

static const struct {
    const char *text;
    const char *want; /* of seed 42 and request 7 */
} rows[] = {
    {"", ""},
    {"plain", "plain"},
    {"{k}", "7"},
    {"{k}{k}", "77"},
    {"a{k}b{seed}c", "a7b42c"},
    {"{\"id\": {k}}", "{\"id\": 7}"},
    {"{{k}}", "{7}"},
    {"{", "{"},
    {"{}", "{}"},
    {"{k", "{k"},
    {"{K}", "{K}"},
    {"{ k }", "{ k }"},
    {"{random}", "{random}"},
    {"{rand:5:5}", "5"},
    {"{rand:18446744073709551615:18446744073709551615}", "18446744073709551615"},
};

static void places_are_filled_and_other_braces_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("%s\n", rows[i].text);
        assert_str(render(rows[i].text, 42, 7), rows[i].want);
    }
}

static void a_range_reaches_both_ends_evenly(void **state)
{
    size_t hits[6] = {0};
    (void)state;
    for (uint64_t k = 0; k < 6000; k++) {
        struct str text = render("{rand:10:15}", 1, k);
        assert_int_equal(text.len, 2);
        assert_true(text.data[0] == '1' && text.data[1] >= '0' && text.data[1] <= '5');
        hits[text.data[1] - '0']++;
    }
    /* Of 1000 expected; the standard deviation is 29. */
    for (size_t i = 0; i < ARRAY_LEN(hits); i++)
        assert_in_range(hits[i], 850, 1150);
}

static void a_range_of_everything_is_no_division_by_zero(void **state)
{
    (void)state;
    assert_true(render("{rand:0:18446744073709551615}", 1, 1).len > 10);
}

static void a_uuid_has_its_form_and_is_its_own(void **state)
{
    (void)state;
    struct str two = render("{uuid} {uuid}", 1, 1);
    struct str first = str_slice(two, 0, 36);
    struct str second = str_slice(two, 37, 73);
    assert_int_equal(two.len, 73);
    assert_false(str_equal(first, second));
    for (size_t i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        assert_true(is_dash ? first.data[i] == '-'
                            : strchr("0123456789abcdef", first.data[i]) != NULL);
    }
    assert_true(first.data[14] == '4' && strchr("89ab", first.data[19]));
    /* The same request of the same seed is the same; any other is not. */
    assert_true(str_equal(render("{uuid}", 1, 1), first));
    assert_false(str_equal(render("{uuid}", 1, 2), first));
    assert_false(str_equal(render("{uuid}", 2, 1), first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_filled_and_other_braces_stay),
        cmocka_unit_test(a_range_reaches_both_ends_evenly),
        cmocka_unit_test(a_range_of_everything_is_no_division_by_zero),
        cmocka_unit_test(a_uuid_has_its_form_and_is_its_own),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
