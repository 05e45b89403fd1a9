#include "gate/harness/harness.h"

#include "tests/support/check.h"

struct path_case {
    const char *path;
    bool is_code;
};

static const struct path_case path_cases[] = {
    {"main.go", true},
    {"internal/cart/cart.go", true},
    {"go.mod", true},
    {"tools/go.sum", true},
    {"README.md", true},
    {"docs/logo.png", true},
    {"LICENSE", true},
    {"third_party/LICENSE-MIT.txt", true},
    {"memgate.yaml", true},
    {"service/memgate.yaml", true},
    {"go.work", false},
    {"templates/page.html", false},
    {"config.yaml", false},
    {"internal/docs/page.tmpl", false},
    {"LICENSES/notice.tmpl", false},
    {"main.go.tmpl", false},
    {"xgo.mod", false},
    {"Dockerfile", false},
};

static void only_code_and_documentation_is_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(path_cases); i++) {
        struct str path = str_from(path_cases[i].path);
        struct path_list changed = {&path, 1};
        struct str why = {0};
        print_message("%s\n", path_cases[i].path);
        assert_int_equal(harness_changes_are_code(&changed, &why), path_cases[i].is_code);
        assert_str(why, path_cases[i].is_code ? "" : path_cases[i].path);
    }
}

static void the_first_path_that_may_matter_is_named(void **state)
{
    (void)state;
    struct str paths[] = {STR("a.go"), STR("b.html"), STR("c.html")};
    struct path_list changed = {paths, 3};
    struct str why = {0};
    assert_false(harness_changes_are_code(&changed, &why));
    assert_str(why, "b.html");
}

static void no_change_at_all_is_harmless(void **state)
{
    (void)state;
    struct path_list changed = {0};
    struct str why = {0};
    assert_true(harness_changes_are_code(&changed, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_code_and_documentation_is_harmless),
        cmocka_unit_test(the_first_path_that_may_matter_is_named),
        cmocka_unit_test(no_change_at_all_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
