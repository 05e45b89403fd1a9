#include "gate/base/unit.h"

#include "tests/support/check.h"

typedef enum status parse_function(double *out, struct str text, struct err *err);

struct parsed_case {
    parse_function *parse;
    const char *text;
    double value;
};

static const struct parsed_case parsed_cases[] = {
    {unit_parse_bytes, "0B", 0},           {unit_parse_bytes, "64B", 64},
    {unit_parse_bytes, "1kB", 1000},       {unit_parse_bytes, "8MB", 8e6},
    {unit_parse_bytes, "2GB", 2e9},        {unit_parse_bytes, "64KiB", 65536},
    {unit_parse_bytes, "8MiB", 8388608},   {unit_parse_bytes, "8 MiB", 8388608},
    {unit_parse_bytes, "0.5MiB", 524288},  {unit_parse_bytes, "1GiB", 1073741824},
    {unit_parse_duration, "1ns", 1},       {unit_parse_duration, "1us", 1e3},
    {unit_parse_duration, "1.5ms", 1.5e6}, {unit_parse_duration, "60s", 6e10},
    {unit_parse_duration, "20m", 1.2e12},  {unit_parse_duration, "1h", 3.6e12},
    {unit_parse_percent, "15%", 0.15},     {unit_parse_percent, "0.5 %", 0.005},
    {unit_parse_percent, "0%", 0},         {unit_parse_rate, "1200/s", 1200},
    {unit_parse_rate, "0.5/s", 0.5},       {unit_parse_number, "3", 3},
    {unit_parse_number, "0.25", 0.25},
};

static void spelled_quantities_become_base_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parsed_cases); i++) {
        struct err err = {0};
        double value = -1;
        print_message("%s\n", parsed_cases[i].text);
        assert_ok(parsed_cases[i].parse(&value, str_from(parsed_cases[i].text), &err), &err);
        assert_close(value, parsed_cases[i].value, 1e-15);
    }
}

struct refused_case {
    parse_function *parse;
    const char *text;
    const char *message;
};

static const struct refused_case refused_cases[] = {
    {unit_parse_bytes, "8", "the unit is missing; known: B kB MB GB KiB MiB GiB"},
    {unit_parse_bytes, "8 MBB", "unknown unit \"MBB\"; known: B kB MB GB KiB MiB GiB"},
    {unit_parse_bytes, "8mb", "unknown unit \"mb\""},
    {unit_parse_bytes, "8KB", "unknown unit \"KB\""},
    {unit_parse_bytes, "-8MB", "\"-8MB\" is negative; a limit must be >= 0"},
    {unit_parse_bytes, "8,5MB", "\"8,5\" is not a number; use a point, not a comma"},
    {unit_parse_bytes, "MB", "\"MB\" is not a plain decimal number (write 5, 0.5 or 120)"},
    {unit_parse_bytes, "0x10B", "unknown unit \"x10B\""},
    {unit_parse_bytes, "017B", "\"017\" is not a plain decimal number"},
    {unit_parse_bytes, "1_000B", "unknown unit \"_000B\""},
    {unit_parse_bytes, "9223372036854775808B", "\"9223372036854775808\" is too large"},
    {unit_parse_bytes, "1000000000000000B", "\"1000000000000000\" is too large"},
    {unit_parse_bytes, "99999999999999999999999B", "\"99999999999999999999999\" is too large"},
    {unit_parse_bytes, "", "\"\" is not a plain decimal number"},
    {unit_parse_duration, "1m30s", "unknown unit \"m30s\"; known: ns us ms s m h"},
    {unit_parse_duration, "5 min", "unknown unit \"min\""},
    {unit_parse_percent, "15", "the unit is missing; known: %"},
    {unit_parse_percent, "5,5%", "\"5,5\" is not a number; use a point, not a comma"},
    {unit_parse_rate, "1200", "the unit is missing; known: /s"},
    {unit_parse_rate, "1200/m", "unknown unit \"/m\"; known: /s"},
    {unit_parse_number, ".nan", "\".nan\" is not a plain decimal number"},
    {unit_parse_number, "-5", "\"-5\" is negative; a limit must be >= 0"},
    {unit_parse_number, "1:30", "\"1:30\" is not a plain decimal number"},
    {unit_parse_number, "0.1234567890123456", "\"0.1234567890123456\" is not a plain decimal"},
};

static void wrong_quantities_say_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        struct err err = {0};
        double value = -1;
        print_message("\"%s\"\n", refused_cases[i].text);
        assert_fails(refused_cases[i].parse(&value, str_from(refused_cases[i].text), &err),
                     STATUS_POLICY, &err, refused_cases[i].message);
        assert_close(value, -1, 0);
    }
}

static void counts_are_whole(void **state)
{
    (void)state;
    struct err err = {0};
    uint64_t count = 0;
    assert_ok(unit_parse_count(&count, STR("20000"), &err), &err);
    assert_int_equal(count, 20000);
    assert_fails(unit_parse_count(&count, STR("1.5"), &err), STATUS_POLICY, &err,
                 "\"1.5\" is not a whole number");
    assert_fails(unit_parse_count(&count, STR("2000x"), &err), STATUS_POLICY, &err,
                 "\"2000x\" is not a plain decimal number");
}

struct written_case {
    enum unit unit;
    double value;
    bool sign;
    const char *text;
};

static const struct written_case written_cases[] = {
    {UNIT_BYTES, 0, true, "+0 B"},
    {UNIT_BYTES, 0, false, "0 B"},
    {UNIT_BYTES, 1023, false, "1023 B"},
    {UNIT_BYTES, 1024, false, "1 KiB"},
    {UNIT_BYTES, 18559795.2, true, "+17.7 MiB"},
    {UNIT_BYTES, -1536, true, "-1.50 KiB"},
    {UNIT_BYTES, 1125899906842624, false, "1048576 GiB"},
    {UNIT_BYTES_PER_REQUEST, 512, true, "+512 B/request"},
    {UNIT_BYTES_PER_1000_REQUESTS, 65536, false, "64 KiB/1000 requests"},
    {UNIT_COUNT, 3, false, "3"},
    {UNIT_COUNT, 2.5, true, "+2.50"},
    {UNIT_COUNT_PER_REQUEST, 10, false, "10/request"},
    {UNIT_NS, 999, false, "999 ns"},
    {UNIT_NS, 41800000, false, "41.8 ms"},
    {UNIT_NS, 90e9, false, "90 s"},
    {UNIT_NS_PER_REQUEST, 1500, false, "1.50 us/request"},
    {UNIT_RATIO, 0.201, true, "+20.1 %"},
};

static void values_are_written_in_a_unit_that_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(written_cases); i++) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_BYTES_MAX);
        unit_write(&buf, written_cases[i].unit, written_cases[i].value, written_cases[i].sign);
        assert_str(buf_view(&buf), written_cases[i].text);
        buf_release(&buf);
    }
}

static const struct written_case percent_cases[] = {
    {UNIT_RATIO, 0, false, "0 %"},          {UNIT_RATIO, 0.05, false, "5 %"},
    {UNIT_RATIO, -0.97, true, "-97 %"},     {UNIT_RATIO, 0.005, true, "+0.50 %"},
    {UNIT_RATIO, 0.0004, true, "+0.040 %"}, {UNIT_RATIO, 12.5, true, "+1250 %"},
};

static void small_percentages_keep_their_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(percent_cases); i++) {
        struct buf buf;
        buf_init(&buf, BUF_TEXT_BYTES_MAX);
        unit_write_percent(&buf, percent_cases[i].value, percent_cases[i].sign);
        assert_str(buf_view(&buf), percent_cases[i].text);
        buf_release(&buf);
    }
}

static void every_unit_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(unit_name(UNIT_COUNT), "count");
    assert_string_equal(unit_name(UNIT_BYTES_PER_REQUEST), "bytes/request");
    assert_string_equal(unit_name(UNIT_BYTES_PER_1000_REQUESTS), "bytes/1000 requests");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spelled_quantities_become_base_units),
        cmocka_unit_test(wrong_quantities_say_what_is_wrong),
        cmocka_unit_test(counts_are_whole),
        cmocka_unit_test(values_are_written_in_a_unit_that_fits),
        cmocka_unit_test(small_percentages_keep_their_digits),
        cmocka_unit_test(every_unit_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
