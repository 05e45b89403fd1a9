#include "gate/harness/load/capture.h"

#include "tests/support/check.h"

static struct json_value parsed(struct arena *arena, const char *text)
{
    struct json_value value = {0};
    struct err err = {0};
    assert_ok(json_parse(&value, arena, str_from(text), &err), &err);
    return value;
}

#define HEADER                                                                                     \
    "Content-Type: application/json\r\nX-CSRF-Token:  abc def \r\n"                                \
    "Set-Cookie: theme=dark\r\nset-cookie: sid=old; Path=/\r\n"                                    \
    "SET-COOKIE: sid=a=b==; HttpOnly; Secure\r\nX-Bad: a\tb\r\nX-Empty:\r\n\r\n"
#define BODY                                                                                       \
    "{\"access_token\": \"t0k\", \"data\": [{\"id\": 7}, {\"id\": -9007199254740993}],"            \
    " \"a.b\": {\"x-y\": true, \"f\": 0.5}, \"none\": null, \"e\": \"\", \"nl\": \"a\\r\\nb\"}"

static const struct taken_case {
    const char *spec;
    const char *value; /* NULL: refused */
    const char *message;
} taken_cases[] = {
    {"{\"json\": \"$.access_token\"}", "t0k", NULL},
    {"{\"json\": \"$['access_token']\"}", "t0k", NULL},
    {"{\"json\": \"$.data[0].id\"}", "7", NULL},
    {"{\"json\": \"$.data[1].id\"}", "-9007199254740993", NULL},
    {"{\"json\": \"$['a.b'].x-y\"}", "true", NULL},
    {"{\"json\": \"$['a.b']['f']\"}", "0.5", NULL},
    {"{\"header\": \"x-csrf-token\"}", "abc def", NULL},
    {"{\"cookie\": \"sid\"}", "a=b==", NULL},
    {"{\"cookie\": \"theme\"}", "dark", NULL},
    {"{\"json\": \"$.token\"}", NULL, "the answer's body has no $.token"},
    {"{\"json\": \"$.data[2].id\"}", NULL, "the answer's body has no $.data[2].id"},
    {"{\"json\": \"$.data.id\"}", NULL, "the answer's body has no $.data.id"},
    {"{\"json\": \"$.access_token[0]\"}", NULL, "the answer's body has no $.access_token[0]"},
    {"{\"json\": \"$.data\"}", NULL, "$.data: is neither a text nor a number there"},
    {"{\"json\": \"$.none\"}", NULL, "$.none: is neither a text nor a number there"},
    {"{\"json\": \"$.e\"}", NULL, "json $.e is empty"},
    {"{\"json\": \"$.nl\"}", NULL, "json $.nl holds a control character"},
    {"{\"header\": \"X-None\"}", NULL, "the answer has no header X-None"},
    {"{\"header\": \"X-Empty\"}", NULL, "header X-Empty is empty"},
    {"{\"header\": \"X-Bad\"}", NULL, "header X-Bad holds a control character"},
    {"{\"cookie\": \"SID\"}", NULL, "the answer sets no cookie SID"},
};

static void check_taken(const struct taken_case *row, struct arena *arena)
{
    struct err err = {0};
    struct capture capture = {0};
    struct str value = STR("untouched");
    struct json_value spec = parsed(arena, row->spec);
    assert_ok(capture_parse(&capture, arena, STR("t"), &spec, &err), &err);
    enum status status = capture_take(&value, arena, &capture, STR(HEADER), STR(BODY), &err);
    if (row->value) {
        assert_ok(status, &err);
        assert_str(value, row->value);
    } else {
        assert_int_equal(status, STATUS_CHILD);
        assert_string_equal(err.text, row->message);
        assert_str(value, "untouched");
    }
}

static void takes_what_an_answer_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(taken_cases); i++) {
        struct arena arena;
        arena_init(&arena);
        print_message("%s\n", taken_cases[i].spec);
        check_taken(&taken_cases[i], &arena);
        arena_release(&arena);
    }
}

static const struct refused_case {
    const char *name;
    const char *spec;
    const char *message;
} refused_cases[] = {
    {"1st", "{\"cookie\": \"a\"}", "\"capture\": \"1st\" is no name of letters, digits, _ and -"},
    {"a b", "{\"cookie\": \"a\"}", "\"capture\": \"a b\" is no name of letters, digits, _ and -"},
    {"t", "\"a\"",
     "\"capture\": \"t\" must be {\"json\": \"$.member\"}, {\"header\": \"Name\"} or "
     "{\"cookie\": \"name\"}"},
    {"t", "{\"cookies\": \"a\"}", "\"capture\": \"t\" must be "},
    {"t", "{\"cookie\": \"a\", \"header\": \"b\"}", "\"capture\": \"t\" must be "},
    {"t", "{\"cookie\": \"\"}", "\"capture\": \"t\" must be "},
    {"t", "{\"json\": \"token\"}",
     "\"capture\": \"t\": json \"token\", column 1: a path begins with $"},
    {"t", "{\"json\": \"$.a..b\"}",
     "\"capture\": \"t\": json \"$.a..b\", column 4: a member is .name of letters, digits, _ and "
     "-, or ['name']"},
    {"t", "{\"json\": \"$.*\"}", "\"capture\": \"t\": json \"$.*\", column 2: a member is"},
    {"t", "{\"json\": \"$a\"}",
     "\"capture\": \"t\": json \"$a\", column 2: a step begins with . or ["},
    {"t", "{\"json\": \"$[0\"}",
     "\"capture\": \"t\": json \"$[0\", column 2: a bracket holds a number or a 'name', and is "
     "closed"},
    {"t", "{\"json\": \"$[-1]\"}",
     "\"capture\": \"t\": json \"$[-1]\", column 2: a bracket holds a number or a 'name'"},
    {"t", "{\"json\": \"$[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]\"}",
     "column 50: deeper than 16"},
};

static void refuses_what_names_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *row = &refused_cases[i];
        struct arena arena;
        struct err err = {0};
        struct capture capture = {0};
        arena_init(&arena);
        print_message("%s\n", row->spec);
        struct json_value spec = parsed(&arena, row->spec);
        assert_fails(capture_parse(&capture, &arena, str_from(row->name), &spec, &err),
                     STATUS_POLICY, &err, row->message);
        arena_release(&arena);
    }
}

/* Messages are shown and recorded: what the answer held may not be in them. */
static void no_message_holds_what_was_answered(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct capture capture = {0};
    struct str value = {0};
    arena_init(&arena);
    struct json_value spec = parsed(&arena, "{\"json\": \"$.t\"}");
    assert_ok(capture_parse(&capture, &arena, STR("t"), &spec, &err), &err);
    assert_int_equal(capture_take(&value, &arena, &capture, STR(""), STR("{\"t\": s3cret}"), &err),
                     STATUS_CHILD);
    assert_string_equal(err.text, "the answer's body is not JSON");
    char *text = arena_alloc(&arena, CAPTURE_VALUE_BYTES_MAX + 16, 1);
    memset(text, 's', CAPTURE_VALUE_BYTES_MAX + 16);
    memcpy(text, "{\"t\":\"", 6);
    memcpy(text + CAPTURE_VALUE_BYTES_MAX + 14, "\"}", 2);
    struct str body = {text, CAPTURE_VALUE_BYTES_MAX + 16};
    assert_int_equal(capture_take(&value, &arena, &capture, STR(""), body, &err), STATUS_CHILD);
    assert_string_equal(err.text, "json $.t is longer than 8192 bytes");
    arena_release(&arena);
}

static void a_path_takes_visible_characters_alone(void **state)
{
    (void)state;
    assert_true(capture_fits_path(STR("a/b?c=%20")));
    assert_false(capture_fits_path(STR("a b")));
    assert_false(capture_fits_path(STR("a#b")));
    assert_false(capture_fits_path(STR("\xc3\xa4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_an_answer_holds),
        cmocka_unit_test(refuses_what_names_nothing),
        cmocka_unit_test(no_message_holds_what_was_answered),
        cmocka_unit_test(a_path_takes_visible_characters_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
