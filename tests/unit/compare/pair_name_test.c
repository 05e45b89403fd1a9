#include "tests/support/check.h"

#include "gate/compare/pair_name.h"

static const struct parts_case {
    const char *key;
    const char *package;
    const char *receiver;
    const char *name;
} parts_cases[] = {
    {"a.io/m/cart.New", "a.io/m/cart", "", "New"},
    {"a.io/m/cart.(*Set[...]).Add", "a.io/m/cart", "Set", "Add"},
    {"a.io/m/cart.Set.Add", "a.io/m/cart", "Set", "Add"},
    {"a.io/m/cart.New.func", "a.io/m/cart", "", "New.func"},
    {"a.io/m/cart.(*Set).Add.func", "a.io/m/cart", "Set", "Add.func"},
    {"a.io/m/cart.Map[...]", "a.io/m/cart", "", "Map"},
    {"gopkg.in/yaml%2ev3.(*parser).parse", "gopkg.in/yaml%2ev3", "parser", "parse"},
    {"main.init.func", "main", "", "init.func"},
    {"main.(*broken", "main", "", "(*broken"},
    {"nameless", "", "", "nameless"},
};

static void keys_come_apart_without_stars_and_type_arguments(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(parts_cases); i++) {
        print_message("%s\n", parts_cases[i].key);
        struct name_parts parts = name_parts_of(&arena, str_from(parts_cases[i].key));
        assert_str(parts.package, parts_cases[i].package);
        assert_str(parts.receiver, parts_cases[i].receiver);
        assert_str(parts.name, parts_cases[i].name);
    }
    arena_release(&arena);
}

static const struct package_case {
    const char *package;
    const char *module;
    const char *want;
} package_cases[] = {
    {"a.io/m/cart", "a.io/m", "$/cart"},
    {"a.io/m", "a.io/m", "$"},
    {"a.io/m_test", "a.io/m", "$"},
    {"a.io/mm/cart", "a.io/m", "a.io/mm/cart"},
    {"a.io/m/v2/cart", "a.io/m/v2", "$/cart"},
    {"x.io/lib/v3/sub", "a.io/m", "x.io/lib/sub"},
    {"gopkg.in/yaml%2ev3", "a.io/m", "gopkg.in/yaml"},
    {"a.io/m/cart", "", "a.io/m/cart"},
    {"v2", "", "v2"},
    {"a.io/m/vat", "a.io/m", "$/vat"},
};

static void packages_lose_their_module_and_major_version(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(package_cases); i++) {
        const struct package_case *row = &package_cases[i];
        print_message("%s of %s\n", row->package, row->module);
        assert_str(name_package_plain(&arena, str_from(row->package), str_from(row->module)),
                   row->want);
    }
    arena_release(&arena);
}

static const struct file_case {
    const char *file;
    const char *module;
    const char *want;
} file_cases[] = {
    {"a.io/m/cart/cart.go", "a.io/m", "cart/cart.go"},
    {"./main.go", "a.io/m", "main.go"},
    {"a.io/mm/cart.go", "a.io/m", ""},
    {"a.io/m", "a.io/m", ""},
    {"x.io/lib@v1.2.3/lib.go", "a.io/m", ""},
    {"fmt/print.go", "a.io/m", ""},
    {"a.io/m/cart.go", "", ""},
    {"", "a.io/m", ""},
};

static void files_of_the_module_lose_its_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
        const struct file_case *row = &file_cases[i];
        print_message("%s of %s\n", row->file, row->module);
        assert_str(name_module_file(str_from(row->file), str_from(row->module)), row->want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_apart_without_stars_and_type_arguments),
        cmocka_unit_test(packages_lose_their_module_and_major_version),
        cmocka_unit_test(files_of_the_module_lose_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
