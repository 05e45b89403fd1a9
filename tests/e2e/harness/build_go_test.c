#include "gate/harness/build.h"

#include <sys/stat.h>

#include "gate/base/io.h"
#include "tests/support/check.h"

/* The real go command on small modules; needs no network. */
struct fixture {
    struct arena arena;
    struct err err;
    struct str dir;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    arena_init(&fixture->arena);
    assert_ok(io_make_temp_dir(&fixture->dir, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(io_remove_tree(fixture->dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static struct str path_in(struct fixture *fixture, const char *name)
{
    return io_join(&fixture->arena, fixture->dir, str_from(name));
}

static void write_text(struct fixture *fixture, const char *name, const char *text)
{
    struct str path = path_in(fixture, name);
    struct str dir = str_slice(path, 0, (size_t)str_find_last(path, '/'));
    assert_ok(io_make_dirs(dir, &fixture->err), &fixture->err);
    assert_ok(io_write_file(path, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
}

static void write_module(struct fixture *fixture, const char *tree, const char *main_text)
{
    write_text(fixture, str_format(&fixture->arena, "%s/go.mod", tree).data,
               "module example.org/m\n\ngo 1.21\n");
    write_text(fixture, str_format(&fixture->arena, "%s/main.go", tree).data, main_text);
    write_text(fixture, str_format(&fixture->arena, "%s/lib/lib.go", tree).data,
               "package lib\n\nfunc One() int { return 1 }\n");
    write_text(fixture, str_format(&fixture->arena, "%s/with/with_test.go", tree).data,
               "package with\n\nimport \"testing\"\n\n"
               "func BenchmarkNothing(b *testing.B) {}\n");
}

static const char good_main[] = "package main\n\nfunc main() { println(\"hello\") }\n";

static enum status run(struct fixture *fixture, const char *tree, const char *binary,
                       const struct scenario *scenario)
{
    struct build build = {
        .tree = path_in(fixture, tree),
        .binary = path_in(fixture, binary),
        .scenario = scenario,
        .work_dir = path_in(fixture, "work"),
    };
    return build_run(&build, NULL, &fixture->err);
}

static void equal_code_gives_equal_bytes_anywhere(void **state)
{
    struct fixture *fixture = *state;
    struct scenario scenario = {.build = {.package = STR(".")}};
    struct bytes first = {0};
    struct bytes second = {0};
    write_module(fixture, "a", good_main);
    write_module(fixture, "longer/name", good_main);
    assert_ok(run(fixture, "a", "one", &scenario), &fixture->err);
    assert_ok(run(fixture, "longer/name", "two", &scenario), &fixture->err);
    assert_ok(
        io_read_file(&first, &fixture->arena, path_in(fixture, "one"), 1 << 30, &fixture->err),
        &fixture->err);
    assert_ok(
        io_read_file(&second, &fixture->arena, path_in(fixture, "two"), 1 << 30, &fixture->err),
        &fixture->err);
    assert_true(str_equal(str_of_bytes(first), str_of_bytes(second)));
    assert_false(str_contains(str_of_bytes(first), fixture->dir));
}

struct build_case {
    const char *name;
    const char *package;
    const char *text;
    enum scenario_driver driver;
    enum status status;
};

static const struct build_case build_cases[] = {
    {"test binary", "./with", "", DRIVER_GOTEST, STATUS_OK},
    {"library", "./lib", "package ./lib is not a main package", DRIVER_HTTP, STATUS_CHILD},
    {"no tests", "./lib", "package ./lib has no test files", DRIVER_GOTEST, STATUS_CHILD},
    {"no such package", "./nope", "build failed (exit 1)\n| ", DRIVER_HTTP, STATUS_CHILD},
};

static void packages_must_be_what_the_driver_needs(void **state)
{
    struct fixture *fixture = *state;
    write_module(fixture, "a", good_main);
    for (size_t i = 0; i < ARRAY_LEN(build_cases); i++) {
        const struct build_case *row = &build_cases[i];
        struct scenario scenario = {.driver = row->driver,
                                    .build = {.package = str_from(row->package)},
                                    .gotest = {.package = str_from(row->package)}};
        print_message("%s\n", row->name);
        enum status status = run(fixture, "a", "one", &scenario);
        assert_int_equal(status, row->status);
        if (status != STATUS_OK && !strstr(fixture->err.text, row->text))
            fail_msg("message \"%s\" lacks \"%s\"", fixture->err.text, row->text);
    }
}

static void compiler_errors_are_shown(void **state)
{
    struct fixture *fixture = *state;
    struct scenario scenario = {.build = {.package = STR(".")}};
    write_module(fixture, "a", "package main\n\nfunc main() { undefined() }\n");
    assert_fails(run(fixture, "a", "one", &scenario), STATUS_CHILD, &fixture->err,
                 "| ./main.go:3:15: undefined: undefined");
}

static void newer_toolchain_is_not_fetched(void **state)
{
    struct fixture *fixture = *state;
    struct scenario scenario = {.build = {.package = STR(".")}};
    write_module(fixture, "a", good_main);
    write_text(fixture, "a/go.mod", "module example.org/m\n\ngo 1.99\n");
    assert_fails(run(fixture, "a", "one", &scenario), STATUS_CHILD, &fixture->err,
                 "requires go >= 1.99");
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(equal_code_gives_equal_bytes_anywhere),
        CLAIM(packages_must_be_what_the_driver_needs),
        CLAIM(compiler_errors_are_shown),
        CLAIM(newer_toolchain_is_not_fetched),
    };
    (void)unsetenv("GOTOOLCHAIN");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
