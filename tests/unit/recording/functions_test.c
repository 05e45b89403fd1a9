#include "gate/recording/functions.h"

#include "tests/support/check.h"

static struct arena arena;
static struct err err;

static int arena_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

struct text_case {
    const char *name;
    struct str text;
    size_t count;
    const char *message; /* NULL: it is read */
};

static const struct text_case text_cases[] = {
    {"no function", STR_INIT(""), 0, NULL},
    {"one", STR_INIT("main.main\n"), 1, NULL},
    {"spaces and brackets",
     STR_INIT("a.F[go.shape.struct { X int }]\na.F[go.shape.struct { Y int }]\nb.G\n"), 3, NULL},
    {"a prefix comes first", STR_INIT("a.F\na.F.func1\n"), 2, NULL},
    {"no end", STR_INIT("main.main"), 0, "the last line has no end"},
    {"empty line", STR_INIT("\n"), 0, "line 1: is empty"},
    {"empty line at the end", STR_INIT("a.F\n\n"), 0, "line 2: is empty"},
    {"twice", STR_INIT("a.F\na.F\n"), 0, "line 2: is not above"},
    {"out of order", STR_INIT("b.F\na.F\n"), 0, "line 2: is not above"},
    {"longer one first", STR_INIT("a.F.func1\na.F\n"), 0, "line 2: is not above"},
};

static void a_list_has_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
        const struct text_case *test = &text_cases[i];
        struct record_program program = {0};
        print_message("  %s\n", test->name);
        if (test->message) {
            assert_fails(functions_read(&program, &arena, test->text, &err), STATUS_FORMAT, &err,
                         test->message);
            assert_false(program.has_functions);
            continue;
        }
        struct buf buf;
        buf_init(&buf, RECORDING_FUNCTIONS_BYTES_MAX);
        assert_ok(functions_read(&program, &arena, test->text, &err), &err);
        assert_true(program.has_functions);
        assert_int_equal(program.function_count, test->count);
        assert_ok(functions_write(&buf, &program, &err), &err);
        assert_true(str_equal(buf_view(&buf), test->text));
        buf_release(&buf);
    }
}

static void more_than_the_limit_is_refused(void **state)
{
    (void)state;
    size_t len = 2 * ((size_t)RECORDING_FUNCTIONS_MAX + 1);
    char *text = arena_alloc(&arena, len, 1);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 2 ? '\n' : 'a';
    struct record_program program = {0};
    assert_fails(functions_read(&program, &arena, (struct str){text, len}, &err), STATUS_LIMIT,
                 &err, "more than 1000000 functions");
    struct buf buf;
    buf_init(&buf, RECORDING_FUNCTIONS_BYTES_MAX);
    program.function_count = (size_t)RECORDING_FUNCTIONS_MAX + 1;
    assert_fails(functions_write(&buf, &program, &err), STATUS_LIMIT, &err, "more than 1000000");
    buf_release(&buf);
}

static void names_that_no_line_can_hold_are_not_written(void **state)
{
    (void)state;
    struct str names[] = {STR_INIT("a.F"), STR_INIT("b\nc")};
    struct record_program program = {.functions = names, .function_count = 2};
    struct buf buf;
    buf_init(&buf, RECORDING_FUNCTIONS_BYTES_MAX);
    assert_fails(functions_write(&buf, &program, &err), STATUS_INVALID, &err, "function 2: ");
    buf_release(&buf);
    buf_init(&buf, 3);
    program.function_count = 1;
    assert_fails(functions_write(&buf, &program, &err), STATUS_LIMIT, &err, "larger than 3 bytes");
    buf_release(&buf);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_has_one_spelling),
        TEST(more_than_the_limit_is_refused),
        TEST(names_that_no_line_can_hold_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
