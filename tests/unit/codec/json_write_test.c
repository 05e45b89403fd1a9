#include <float.h>

#include "gate/codec/json.h"
#include "tests/support/check.h"

static void json_writes_nested_values_byte_stable(void **state)
{
    (void)state;
    struct buf buf;
    struct json_writer json;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    json_begin(&json, &buf);
    json_object(&json, NULL);
    json_str(&json, "name", STR("a\"b"));
    json_list(&json, "list");
    json_u64(&json, NULL, UINT64_MAX);
    json_i64(&json, NULL, INT64_MIN);
    json_object(&json, NULL);
    json_object_end(&json);
    json_list_end(&json);
    json_list(&json, "empty");
    json_list_end(&json);
    json_bool(&json, "yes", true);
    json_null(&json, "nothing");
    json_object_end(&json);
    json_finish(&json);
    assert_str(buf_view(&buf),
               "{\n  \"name\": \"a\\\"b\",\n  \"list\": [\n    18446744073709551615,\n"
               "    -9223372036854775808,\n    {}\n  ],\n  \"empty\": [],\n"
               "  \"yes\": true,\n  \"nothing\": null\n}\n");
    buf_release(&buf);
}

static void check_value(void (*write)(struct json_writer *json, const void *value),
                        const void *value, const char *want)
{
    struct buf buf;
    struct json_writer json;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    json_begin(&json, &buf);
    write(&json, value);
    assert_str(buf_view(&buf), want);
    buf_release(&buf);
}

static void write_double(struct json_writer *json, const void *value)
{
    json_double(json, NULL, *(const double *)value);
}

static void json_doubles_are_the_shortest_that_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-3, "-3"},
        {100000, "100000"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {123456.5, "123456.5"},
        {0.15, "0.15"},
        {-1.5e-7, "-1.5e-07"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {9007199254740993.0, "9007199254740992"},
        {1e300, "1e+300"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_TRUE_MIN, "5e-324"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check_value(write_double, &cases[i].value, cases[i].want);
}

static void write_str(struct json_writer *json, const void *value)
{
    json_str(json, NULL, *(const struct str *)value);
}

static void json_strings_are_safe_whatever_they_hold(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str text;
        const char *want;
    } cases[] = {
        {"plain", STR_INIT("main.(*T).f"), "\"main.(*T).f\""},
        {"quotes and backslash", STR_INIT("\"\\/"), "\"\\\"\\\\/\""},
        {"named controls", STR_INIT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {"other controls", STR_INIT("\0\x1b[2J\x7f"), "\"\\u0000\\u001b[2J\\u007f\""},
        {"UTF-8", STR_INIT("\xc2\xb7\xe6\xbc\xa2\xf0\x9f\x98\x80"),
         "\"\xc2\xb7\xe6\xbc\xa2\xf0\x9f\x98\x80\""},
        /* NOLINTBEGIN(misc-misleading-bidirectional) */
        {"C1, bidi, line separator", STR_INIT("\xc2\x9b\xe2\x80\xae\xe2\x80\xa8"),
         "\"\\u009b\\u202e\\u2028\""},
        {"stray and cut bytes", STR_INIT("a\xff\xe6\xbc"),
         "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"overlong slash", STR_INIT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"surrogate", STR_INIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"past U+10FFFF", STR_INIT("\xf4\x90\x80\x80"),
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    /* NOLINTEND(misc-misleading-bidirectional) */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("%s\n", cases[i].name);
        check_value(write_str, &cases[i].text, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_writes_nested_values_byte_stable),
        cmocka_unit_test(json_doubles_are_the_shortest_that_read_back),
        cmocka_unit_test(json_strings_are_safe_whatever_they_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
