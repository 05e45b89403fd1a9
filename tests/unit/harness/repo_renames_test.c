#include "gate/harness/repo_renames.h"

#include "tests/support/check.h"

static const struct {
    const char *name;
    struct str path;
    bool is_told;
} path_cases[] = {
    {"Go file", STR_INIT("cart/cart.go"), true},
    {"at the root", STR_INIT("main.go"), true},
    {"letters beyond ASCII", STR_INIT("caf\xc3\xa9/a.go"), true},
    {"other file", STR_INIT("cart/cart.gob"), false},
    {"no file", STR_INIT(""), false},
    {"no UTF-8", STR_INIT("caf\xe9/a.go"), false},
    {"way up", STR_INIT("../a.go"), false},
    {"new line", STR_INIT("a\nb.go"), false},
};

static void go_files_under_plain_paths_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(path_cases); i++) {
        print_message("%s\n", path_cases[i].name);
        assert_int_equal(rename_is_told(path_cases[i].path), path_cases[i].is_told);
    }
}

static void renames_are_in_the_order_of_the_old_path(void **state)
{
    struct path_rename items[] = {
        {STR("b.go"), STR("1.go")}, {STR("a/b.go"), STR("3.go")}, {STR("a.go"), STR("2.go")}};
    struct rename_list list = {items, ARRAY_LEN(items)};
    (void)state;
    renames_sort(&list);
    assert_int_equal(list.len, 3);
    assert_str(list.items[0].to, "2.go");
    assert_str(list.items[1].to, "3.go");
    assert_str(list.items[2].to, "1.go");
}

static void renames_have_a_limit(void **state)
{
    static struct path_rename items[REPO_RENAMES_MAX + 1];
    struct rename_list list = {items, ARRAY_LEN(items)};
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < list.len; i++)
        items[i].from = str_format(&arena, "%05zu.go", list.len - i);
    renames_sort(&list);
    assert_int_equal(list.len, REPO_RENAMES_MAX);
    assert_str(list.items[0].from, "00001.go");
    assert_str(list.items[REPO_RENAMES_MAX - 1].from, "01000.go");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_files_under_plain_paths_are_told),
        cmocka_unit_test(renames_are_in_the_order_of_the_old_path),
        cmocka_unit_test(renames_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
