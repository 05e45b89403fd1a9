#include "gate/harness/trial.h"

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

static const struct trial_variable variables[] = {
    {STR_INIT("${ADDR}"), STR_INIT("127.0.0.1:80")},
    {STR_INIT("${PORT}"), STR_INIT("80")},
    {STR_INIT("${DIR}"), STR_INIT("/tmp/${PORT}")},
};

struct text_case {
    const char *name;
    const char *text;
    const char *want;
};

static const struct text_case text_cases[] = {
    {"empty", "", ""},
    {"nothing to do", "--addr", "--addr"},
    {"whole", "${ADDR}", "127.0.0.1:80"},
    {"inside and twice", "a=${PORT},b=${PORT}!", "a=80,b=80!"},
    {"values are not read again", "${DIR}", "/tmp/${PORT}"},
    {"unknown names stay", "${HOME} $PORT ${PORT", "${HOME} $PORT ${PORT"},
};

static void variables_are_substituted_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
        const struct text_case *row = &text_cases[i];
        print_message("%s\n", row->name);
        assert_str(trial_substitute(&arena, str_from(row->text), variables, ARRAY_LEN(variables)),
                   row->want);
    }
}

static void the_environment_is_fixed_and_the_scenario_has_the_last_word(void **state)
{
    (void)state;
    struct err err = {0};
    struct trial_env env = {0};
    struct trial trial = {.scratch = &arena, .run_dir = STR("/run")};
    struct env_var vars[] = {{STR("GOMAXPROCS"), STR("4")}, {STR("MODE"), STR("x=y")}};
    assert_ok(trial_env_init(&env, &trial, vars, ARRAY_LEN(vars), &err), &err);
    assert_str(trial_env_get(&env, STR("HOME")), "/run");
    assert_str(trial_env_get(&env, STR("TMPDIR")), "/run");
    assert_str(trial_env_get(&env, STR("GOMAXPROCS")), "4");
    assert_str(trial_env_get(&env, STR("GODEBUG")), "");
    assert_int_equal(env.len, 6);
    const char *const *list = trial_env_list(&env, &arena);
    assert_string_equal(list[3], "LANG=C");
    assert_string_equal(list[5], "MODE=x=y");
    assert_null(list[6]);
}

static void two_processors_are_the_default(void **state)
{
    (void)state;
    struct err err = {0};
    struct trial_env env = {0};
    struct trial trial = {.scratch = &arena, .run_dir = STR("/run")};
    assert_ok(trial_env_init(&env, &trial, NULL, 0, &err), &err);
    assert_str(trial_env_get(&env, STR("GOMAXPROCS")), "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_substituted_once),
        cmocka_unit_test(the_environment_is_fixed_and_the_scenario_has_the_last_word),
        cmocka_unit_test(two_processors_are_the_default),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
