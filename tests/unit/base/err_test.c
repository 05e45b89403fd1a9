#include "tests/support/check.h"

#include "gate/base/err.h"

static void messages_read_outside_in(void **state)
{
    struct err err;
    (void)state;
    assert_int_equal(err_set(&err, STATUS_FORMAT, "location %d is not defined", 77), STATUS_FORMAT);
    assert_int_equal(err_wrap(&err, "sample %d", 812), STATUS_FORMAT);
    assert_int_equal(err_wrap(&err, "%s", "heap-3.pb.gz"), STATUS_FORMAT);
    assert_string_equal(err.text, "heap-3.pb.gz: sample 812: location 77 is not defined");
    assert_int_equal(err.status, STATUS_FORMAT);
}

static void percent_signs_in_a_message_are_text(void **state)
{
    struct err err;
    (void)state;
    (void)err_set(&err, STATUS_IO, "%s", "100%s %n");
    (void)err_wrap(&err, "%s", "50%d");
    assert_string_equal(err.text, "50%d: 100%s %n");
}

static void long_messages_are_cut_not_overrun(void **state)
{
    char text[2 * ERR_TEXT_BYTES_MAX];
    struct err err;
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)err_set(&err, STATUS_LIMIT, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES_MAX - 1);
    (void)err_wrap(&err, "outer");
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES_MAX - 1);
    assert_memory_equal(err.text, "outer: xxx", 10);
    (void)err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES_MAX - 1);
    assert_int_equal(err.status, STATUS_LIMIT);
}

/* The table of the README: 0 pass, 2 what the user wrote, 3 no verdict. */
static void statuses_have_their_exit_codes(void **state)
{
    static const struct {
        enum status status;
        int code;
    } cases[] = {
        {STATUS_OK, 0},      {STATUS_USAGE, 2},       {STATUS_POLICY, 2},    {STATUS_FORMAT, 3},
        {STATUS_LIMIT, 3},   {STATUS_IO, 3},          {STATUS_NOT_FOUND, 3}, {STATUS_CHILD, 3},
        {STATUS_INVALID, 3}, {STATUS_INTERRUPTED, 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(status_exit_code(cases[i].status), cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_read_outside_in),
        cmocka_unit_test(percent_signs_in_a_message_are_text),
        cmocka_unit_test(long_messages_are_cut_not_overrun),
        cmocka_unit_test(statuses_have_their_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
