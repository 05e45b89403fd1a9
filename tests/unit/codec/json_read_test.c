#include "gate/codec/json.h"

#include "tests/support/check.h"

static int take_arena(void **state)
{
    struct arena *arena = memory_resize(NULL, sizeof(*arena));
    arena_init(arena);
    *state = arena;
    return 0;
}

static int give_arena(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static void json_keeps_order_types_and_all_bits(void **state)
{
    struct err err = {0};
    struct json_value value = {0};
    struct str text = STR("{\"z\": 9223372036854775807, \"a\": [1, -2.5, null, true, {}],"
                          " \"s\": \"\\u00e9\\u0000x\", \"f\": false, \"n\": -1}");
    assert_ok(json_parse(&value, *state, text, &err), &err);
    assert_int_equal(value.len, 5);
    assert_str(value.members[0].key, "z");
    assert_str(value.members[1].key, "a");

    uint64_t number = 0;
    double real = 0;
    bool flag = true;
    struct str string = {0};
    assert_true(json_get_u64(&value, "z", &number) && number == INT64_MAX);
    assert_true(json_get_str(&value, "s", &string));
    assert_int_equal(string.len, 4);
    assert_memory_equal(string.data, "\xc3\xa9\0x", 4);
    assert_true(json_get_bool(&value, "f", &flag) && !flag);
    assert_true(json_get_double(&value, "n", &real));
    assert_close(real, -1, 0);
    const struct json_value *list = json_get(&value, "a");
    assert_true(list->kind == JSON_LIST && list->len == 5);
    assert_close(list->members[1].value.real, -2.5, 0);
    assert_int_equal(list->members[2].value.kind, JSON_NULL);
    assert_true(list->members[3].value.boolean);
}

static void json_getters_are_false_for_other_kinds(void **state)
{
    struct err err = {0};
    struct json_value value = {0};
    uint64_t number = 5;
    double real = 5;
    bool flag = true;
    struct str string = STR("kept");
    assert_ok(json_parse(&value, *state, STR("{\"n\": -1, \"s\": \"x\", \"r\": 1.5}"), &err), &err);
    assert_false(json_get_u64(&value, "n", &number));
    assert_false(json_get_u64(&value, "r", &number));
    assert_false(json_get_u64(&value, "none", &number));
    assert_false(json_get_double(&value, "s", &real));
    assert_false(json_get_bool(&value, "s", &flag));
    assert_false(json_get_str(&value, "n", &string));
    assert_null(json_get(json_get(&value, "s"), "deeper"));
    assert_null(json_get(NULL, "x"));
    assert_true(number == 5 && flag);
    assert_str(string, "kept");
}

static void json_refuses_with_the_place(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *error;
    } cases[] = {
        {"nothing", "", "line 1 column 0"},
        {"cut short", "{\"a\": 1", "line 1 column 7"},
        {"duplicate key", "{\"a\": 1,\n \"a\": 2}", "line 2 column 4: duplicate object key"},
        {"trailing bytes", "{}\n{}", "line 2 column 1: end of file expected"},
        {"not UTF-8", "\"\xff\"", "line 1 column 1: unable to decode byte 0xff"},
        {"integer of 65 bits", "[18446744073709551616]", "too big integer"},
        {"NaN", "[NaN]", "line 1 column 4"},
        {"single quotes", "{'a': 1}", "line 1 column 2"},
        {"trailing comma", "[1,]", "line 1 column 4"},
        {"comment", "[1] // x", "line 1 column 5"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct json_value value = {.kind = JSON_REAL};
        print_message("%s\n", cases[i].name);
        assert_fails(json_parse(&value, *state, str_from(cases[i].text), &err), STATUS_FORMAT, &err,
                     cases[i].error);
        assert_int_equal(value.kind, JSON_REAL);
    }
}

static struct str nest(struct arena *arena, int depth)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    buf_text(&buf, "[\n\"]]]]\\\"[[[[\", ");
    buf_repeat(&buf, '[', (size_t)depth - 1);
    buf_repeat(&buf, ']', (size_t)depth);
    struct str text = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return text;
}

static void json_limits_nesting_outside_strings(void **state)
{
    struct err err = {0};
    struct json_value value = {0};
    assert_ok(json_parse(&value, *state, nest(*state, 64), &err), &err);
    assert_fails(json_parse(&value, *state, nest(*state, 65), &err), STATUS_FORMAT, &err,
                 "line 2 column 78: nested deeper than 64");
    assert_fails(json_parse(&value, *state, nest(*state, 1000000), &err), STATUS_FORMAT, &err,
                 "nested deeper than 64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_keeps_order_types_and_all_bits, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(json_getters_are_false_for_other_kinds, take_arena,
                                        give_arena),
        cmocka_unit_test_setup_teardown(json_refuses_with_the_place, take_arena, give_arena),
        cmocka_unit_test_setup_teardown(json_limits_nesting_outside_strings, take_arena,
                                        give_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
