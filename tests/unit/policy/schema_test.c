#include "gate/policy/policy.h"

#include "tests/support/check.h"

#include "gate/base/io.h"

static void the_committed_schema_is_the_one_of_the_table(void **state)
{
    (void)state;
    struct arena arena;
    struct buf buf;
    struct err err = {0};
    struct bytes committed = {0};
    arena_init(&arena);
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    policy_write_schema(&buf);
    assert_false(buf.overflow);
    assert_ok(io_read_file(&committed, &arena, STR("../config/memgate.schema.json"), 1 << 20, &err),
              &err);
    assert_true(str_equal(buf_view(&buf), str_of_bytes(committed)));
    buf_release(&buf);
    arena_release(&arena);
}

static void the_compiled_default_is_the_committed_file(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct bytes file = {0};
    struct policy compiled = {0};
    struct policy read = {0};
    arena_init(&arena);
    assert_ok(io_read_file(&file, &arena, STR("../config/default.yaml"), 1 << 20, &err), &err);
    struct str text = str_format(&arena,
                                 "%.*sscenarios: [{name: a, gotest: {package: ., bench: B, "
                                 "benchtime: 1x}}]\n",
                                 STR_ARGS(str_of_bytes(file)));
    assert_ok(policy_default(&compiled, &arena, &err), &err);
    assert_ok(policy_parse(&read, &arena, STR("default.yaml"), bytes_of_str(text), &err), &err);
    assert_int_equal(read.rule_count, 2 * compiled.rule_count);
    for (size_t i = 0; i < compiled.rule_count; i++)
        assert_true(str_equal(rule_describe(&arena, &read.rules[i]),
                              rule_describe(&arena, &compiled.rules[i])));
    arena_release(&arena);
}

static void help_shows_a_key_with_its_default(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    policy_write_keys(&buf);
    struct str text = buf_view(&buf);
    assert_true(str_contains(text, STR("\n      start_timeout: 60s ")));
    assert_true(str_contains(text, STR("(default 60s)\n")));
    assert_true(str_contains(text, STR("\n  - scenario: NAME ")));
    assert_true(str_contains(text, STR("\n    severity: alert|review|block ")));
    assert_true(str_contains(text, STR("\n  duet: ")));
    assert_false(str_contains(text, STR("webhook_env")));
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_committed_schema_is_the_one_of_the_table),
        cmocka_unit_test(the_compiled_default_is_the_committed_file),
        cmocka_unit_test(help_shows_a_key_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
