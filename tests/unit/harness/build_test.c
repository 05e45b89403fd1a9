#include "gate/harness/build.h"

#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/io.h"
#include "gate/harness/build_overlay.h"
#include "tests/support/check.h"

/*
 * A go command of our own: a script that says how it was called. The
 * real one is tried in tests/e2e/harness.
 */
struct fixture {
    struct arena arena;
    struct err err;
    struct str dir;
    struct scenario scenario;
    struct build build;
};

static const char writes_program[] = "while [ \"$1\" != -o ]; do shift; done\n"
                                     "printf '\\177ELF' > \"$2\"\n";

/* Go 1.26 and Go 1.19, shortened. */
static const char obeying_runtime[] = "package runtime\n\nvar MemProfileRate int = 512 * 1024\n";
static const char ignoring_runtime[] =
    "package runtime\n\nvar MemProfileRate int = defaultMemProfileRate(512 * 1024)\n\n"
    "func defaultMemProfileRate(v int) int {\n\treturn v\n}\n";

static struct str path_in(struct fixture *fixture, const char *name)
{
    return io_join(&fixture->arena, fixture->dir, str_from(name));
}

static struct str read_text(struct fixture *fixture, const char *name)
{
    struct bytes content = {0};
    assert_ok(io_read_file(&content, &fixture->arena, path_in(fixture, name), 65536, &fixture->err),
              &fixture->err);
    return str_of_bytes(content);
}

static void write_text(struct fixture *fixture, const char *name, const char *text)
{
    struct str path = path_in(fixture, name);
    struct str dir = str_slice(path, 0, (size_t)str_find_last(path, '/'));
    assert_ok(io_make_dirs(dir, &fixture->err), &fixture->err);
    assert_ok(io_write_file(path, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
}

/* Installs the script as the go command; what it is asked about itself has its answer. */
static void set_go(struct fixture *fixture, const char *body)
{
    struct str path = path_in(fixture, "bin/go");
    struct str text = str_format(&fixture->arena,
                                 "#!/bin/sh\n"
                                 "[ \"$1\" = env ] && echo %.*s/root && echo go1.19.8 && exit\n"
                                 "env | sort > %.*s/env\n"
                                 "pwd > %.*s/pwd\n"
                                 "printf '%%s\\n' \"$@\" > %.*s/argv\n"
                                 "%s",
                                 STR_ARGS(fixture->dir), STR_ARGS(fixture->dir),
                                 STR_ARGS(fixture->dir), STR_ARGS(fixture->dir), body);
    write_text(fixture, "bin/go", text.data);
    assert_int_equal(chmod(path.data, 0755), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    arena_init(&fixture->arena);
    assert_ok(io_make_temp_dir(&fixture->dir, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
    assert_ok(io_make_dirs(path_in(fixture, "tree"), &fixture->err), &fixture->err);
    struct str path = str_format(&fixture->arena, "%.*s/bin:/usr/local/bin:/usr/bin:/bin",
                                 STR_ARGS(fixture->dir));
    (void)clearenv();
    (void)setenv("PATH", path.data, 1);
    fixture->scenario.name = STR("orders");
    fixture->scenario.build.package = STR("./cmd/orders");
    fixture->build = (struct build){.tree = path_in(fixture, "tree"),
                                    .binary = path_in(fixture, "program"),
                                    .work_dir = path_in(fixture, "work"),
                                    .scenario = &fixture->scenario};
    set_go(fixture, writes_program);
    write_text(fixture, "root/src/runtime/mprof.go", obeying_runtime);
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

static void succeed(struct fixture *fixture)
{
    assert_ok(build_run(&fixture->build, NULL, &fixture->err), &fixture->err);
}

static void refuse(struct fixture *fixture, enum status status, const char *text)
{
    assert_fails(build_run(&fixture->build, NULL, &fixture->err), status, &fixture->err, text);
}

static void program_is_built_with_flags_between_ours(void **state)
{
    struct fixture *fixture = *state;
    struct str flags[] = {STR("-tags"), STR("netgo,x"), STR("-ldflags=-s -w")};
    fixture->scenario.build.flags = (struct str_list){flags, ARRAY_LEN(flags)};
    succeed(fixture);
    struct str want = str_format(&fixture->arena,
                                 "build\n-trimpath\n-buildvcs=false\n-tags\nnetgo,x\n"
                                 "-ldflags=-s -w\n-o\n%.*s\n./cmd/orders\n",
                                 STR_ARGS(fixture->build.binary));
    assert_str(read_text(fixture, "argv"), want.data);
    struct str tree = str_format(&fixture->arena, "%.*s\n", STR_ARGS(fixture->build.tree));
    assert_str(read_text(fixture, "pwd"), tree.data);
    assert_true(fixture->build.took_ns > 0);
}

static void test_binary_is_built_for_gotest(void **state)
{
    struct fixture *fixture = *state;
    fixture->scenario.driver = DRIVER_GOTEST;
    fixture->scenario.gotest.package = STR("./codec");
    succeed(fixture);
    struct str want =
        str_format(&fixture->arena, "test\n-c\n-trimpath\n-buildvcs=false\n-o\n%.*s\n./codec\n",
                   STR_ARGS(fixture->build.binary));
    assert_str(read_text(fixture, "argv"), want.data);
}

static void environment_is_an_allow_list(void **state)
{
    struct fixture *fixture = *state;
    (void)setenv("GITHUB_TOKEN", "secret", 1);
    (void)setenv("CI", "true", 1);
    (void)setenv("GOFLAGS", "-toolexec=evil", 1);
    (void)setenv("GOWORK", "/elsewhere", 1);
    (void)setenv("GOPROXY", "off", 1);
    (void)setenv("HOME", "/home/x", 1);
    (void)setenv("TMPDIR", "/elsewhere", 1);
    struct env_var vars[] = {{STR("CGO_ENABLED"), STR("0")}, {STR("HOME"), STR("/other")}};
    fixture->scenario.build.env = vars;
    fixture->scenario.build.env_len = ARRAY_LEN(vars);
    succeed(fixture);
    (void)unsetenv("TMPDIR");
    struct str want =
        str_format(&fixture->arena,
                   "CGO_ENABLED=0\nGOENV=off\nGOFLAGS=\nGOPROXY=off\nGOTOOLCHAIN=local\n"
                   "GOWORK=off\nHOME=/other\nLC_ALL=C\nPATH=%s\nPWD=%.*s\nTMPDIR=%.*s/work/tmp\n",
                   getenv("PATH"), STR_ARGS(fixture->build.tree), STR_ARGS(fixture->dir));
    assert_str(read_text(fixture, "env"), want.data);
}

static void toolchain_of_the_environment_is_kept(void **state)
{
    struct fixture *fixture = *state;
    (void)setenv("GOTOOLCHAIN", "go1.26.8", 1);
    succeed(fixture);
    assert_true(str_contains(read_text(fixture, "env"), STR("\nGOTOOLCHAIN=go1.26.8\n")));
}

struct flag_case {
    const char *name;
    struct str flag;
    bool is_refused;
};

static const struct flag_case flag_cases[] = {
    {"output", STR_INIT("-o"), true},
    {"output with two dashes", STR_INIT("--o"), true},
    {"output and its value", STR_INIT("-o=/tmp/x"), true},
    {"other directory", STR_INIT("-C=/"), true},
    {"dry run", STR_INIT("-n"), true},
    {"end of flags", STR_INIT("--"), true},
    {"paths left in", STR_INIT("-trimpath=false"), true},
    {"build information", STR_INIT("-buildvcs=true"), true},
    {"race detector", STR_INIT("-race"), false},
    {"begins with an o", STR_INIT("-overlay=x.json"), false},
    {"value of a flag", STR_INIT("o"), false},
};

static void flags_cannot_move_the_output(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(flag_cases); i++) {
        struct str flag = flag_cases[i].flag;
        print_message("%s\n", flag_cases[i].name);
        fixture->scenario.build.flags = (struct str_list){&flag, 1};
        if (flag_cases[i].is_refused) {
            refuse(fixture, STATUS_POLICY, "is given by memgate itself");
        } else {
            succeed(fixture);
        }
    }
}

static void policy_cannot_name_another_package_or_setting(void **state)
{
    struct fixture *fixture = *state;
    struct env_var var = {STR("GOFLAGS"), STR("-mod=mod")};
    fixture->scenario.build.package = STR("-toolexec=x");
    refuse(fixture, STATUS_POLICY, "is not a package path");
    fixture->scenario.build.package = STR(".");
    fixture->scenario.build.env = &var;
    fixture->scenario.build.env_len = 1;
    refuse(fixture, STATUS_POLICY, "build.env: GOFLAGS is set by memgate");
    var.name = STR("A=B");
    refuse(fixture, STATUS_POLICY, "is not a variable name");
}

static void failure_shows_the_last_lines(void **state)
{
    struct fixture *fixture = *state;
    set_go(fixture, "seq 30; echo ./x.go:3:1: broken >&2; exit 1\n");
    refuse(fixture, STATUS_CHILD,
           "build failed (exit 1)\n| 12\n| 13\n| 14\n| 15\n| 16\n| 17\n| 18\n| 19\n| 20\n| 21\n"
           "| 22\n| 23\n| 24\n| 25\n| 26\n| 27\n| 28\n| 29\n| 30\n| ./x.go:3:1: broken");
    set_go(fixture, "kill -KILL $$\n");
    refuse(fixture, STATUS_CHILD, "build failed: go was killed by signal 9 (out of memory?)");
    set_go(fixture, "exit 2\n");
    refuse(fixture, STATUS_CHILD, "build failed (exit 2)");
}

static void success_without_a_program_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    succeed(fixture);
    set_go(fixture, "exit 0\n");
    /* The program of the build before does not count. */
    refuse(fixture, STATUS_CHILD, "build wrote no program: package ./cmd/orders is not a main");
    set_go(fixture, "while [ \"$1\" != -o ]; do shift; done; echo '!<arch>' > \"$2\"\n");
    refuse(fixture, STATUS_CHILD, "is not a main package");
    fixture->scenario.driver = DRIVER_GOTEST;
    fixture->scenario.gotest.package = STR("./codec");
    set_go(fixture, "echo '? codec [no test files]'\n");
    refuse(fixture, STATUS_CHILD, "package ./codec has no test files");
}

static void go_must_be_in_path(void **state)
{
    struct fixture *fixture = *state;
    (void)setenv("PATH", "/nonexistent", 1);
    refuse(fixture, STATUS_CHILD, "the go command is not in PATH");
}

static void count_line(void *ctx, struct str text)
{
    if (str_contains(text, STR("go1.19.8 ignores GODEBUG=memprofilerate")))
        (*(int *)ctx)++;
}

static void runtime_that_ignores_the_rate_is_replaced_on_both_sides(void **state)
{
    struct fixture *fixture = *state;
    int said = 0;
    struct log log = {.ctx = &said, .line = count_line};
    write_text(fixture, "root/src/runtime/mprof.go", ignoring_runtime);
    assert_ok(build_run(&fixture->build, &log, &fixture->err), &fixture->err);
    struct str first = read_text(fixture, "argv");
    assert_str(read_text(fixture, "work/overlay/mprof.go"),
               "package runtime\n\nvar MemProfileRate int = 512 * 1024\n\n"
               "func defaultMemProfileRate(v int) int {\n\treturn v\n}\n");
    struct str dir = fixture->dir;
    struct str map =
        str_format(&fixture->arena,
                   "{\n  \"Replace\": {\n"
                   "    \"%.*s/root/src/runtime/mprof.go\": \"%.*s/work/overlay/mprof.go\"\n"
                   "  }\n}\n",
                   STR_ARGS(dir), STR_ARGS(dir));
    assert_str(read_text(fixture, "work/overlay/overlay.json"), map.data);
    struct str want = str_format(&fixture->arena,
                                 "build\n-trimpath\n-buildvcs=false\n-overlay\n"
                                 "%.*s/work/overlay/overlay.json\n-o\n%.*s\n./cmd/orders\n",
                                 STR_ARGS(dir), STR_ARGS(fixture->build.binary));
    assert_str(first, want.data);
    assert_ok(build_run(&fixture->build, &log, &fixture->err), &fixture->err);
    assert_str(read_text(fixture, "argv"), want.data);
    assert_int_equal(said, 1);
}

static void runtime_that_only_talks_about_the_call_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    write_text(fixture, "root/src/runtime/mprof.go",
               "// var MemProfileRate int = defaultMemProfileRate(512 * 1024)\n");
    succeed(fixture);
    assert_false(str_contains(read_text(fixture, "argv"), STR("-overlay")));
    assert_false(io_is_dir(path_in(fixture, "work/overlay")));
}

static void overlay_of_the_policy_is_not_dropped_silently(void **state)
{
    struct fixture *fixture = *state;
    struct str flag = STR("--overlay=x.json");
    fixture->scenario.build.flags = (struct str_list){&flag, 1};
    succeed(fixture);
    write_text(fixture, "root/src/runtime/mprof.go", ignoring_runtime);
    refuse(fixture, STATUS_POLICY, "build.flags: \"--overlay=x.json\" does not go with");
}

static void toolchain_without_sources_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(path_in(fixture, "root/src/runtime/mprof.go").data), 0);
    refuse(fixture, STATUS_CHILD, "root/src/runtime/mprof.go is missing; install the sources of");
}

struct toolchain_case {
    const char *name;
    const char *text;
    const char *root; /* NULL: refused */
    const char *version;
};

static const struct toolchain_case toolchain_cases[] = {
    {"two lines", "/usr/lib/go\ngo1.19.8\n", "/usr/lib/go", "go1.19.8"},
    {"talk before them", "go: downloading go1.25.0\n/m/go\ngo1.25.0\n", "/m/go", "go1.25.0"},
    {"development version", "/src/go\ndevel go1.27-0123 linux/amd64\n", "/src/go",
     "devel go1.27-0123 linux/amd64"},
    {"no root", "\ngo1.19.8\n", NULL, NULL},
    {"one line", "/usr/lib/go\n", NULL, NULL},
    {"nothing", "", NULL, NULL},
};

static void toolchain_is_read_from_the_last_two_lines(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(toolchain_cases); i++) {
        const struct toolchain_case *row = &toolchain_cases[i];
        struct toolchain toolchain = {0};
        print_message("%s\n", row->name);
        enum status status = toolchain_parse(&toolchain, str_from(row->text), &fixture->err);
        assert_int_equal(status, row->root ? STATUS_OK : STATUS_CHILD);
        assert_str(toolchain.root, row->root);
        assert_str(toolchain.version, row->version);
    }
}

static void go_env_that_fails_is_shown(void **state)
{
    struct fixture *fixture = *state;
    write_text(fixture, "bin/go", "#!/bin/sh\necho no such toolchain >&2; exit 3\n");
    assert_int_equal(chmod(path_in(fixture, "bin/go").data, 0755), 0);
    refuse(fixture, STATUS_CHILD, "go env failed (exit 3)\n| no such toolchain");
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(program_is_built_with_flags_between_ours),
        CLAIM(test_binary_is_built_for_gotest),
        CLAIM(environment_is_an_allow_list),
        CLAIM(toolchain_of_the_environment_is_kept),
        CLAIM(flags_cannot_move_the_output),
        CLAIM(policy_cannot_name_another_package_or_setting),
        CLAIM(failure_shows_the_last_lines),
        CLAIM(success_without_a_program_is_a_failure),
        CLAIM(go_must_be_in_path),
        CLAIM(runtime_that_ignores_the_rate_is_replaced_on_both_sides),
        CLAIM(runtime_that_only_talks_about_the_call_is_left_alone),
        CLAIM(overlay_of_the_policy_is_not_dropped_silently),
        CLAIM(toolchain_without_sources_is_an_error),
        CLAIM(toolchain_is_read_from_the_last_two_lines),
        CLAIM(go_env_that_fails_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
