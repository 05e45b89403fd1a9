#include "gate/harness/plant.h"

#include "gate/base/io.h"
#include "tests/support/check.h"

/* "@" marks where the statement must come to stand; it is no part of the source. */
static const struct plant_case {
    const char *name;
    const char *func;
    const char *source;
    int64_t line; /* of closures */
} cases[] = {
    {"function", "example.com/x/a.F", "package a\n\nfunc F(n int) int {@\n\treturn n\n}\n", 0},
    {"on one line", "main.F", "package main\nfunc F() int {@ return 1 }\n", 0},
    {"method of a pointer", "example.com/x/a.(*T).M",
     "package a\nfunc (t T) M2() {}\nfunc M() {}\nfunc (t *T) M() {@ }\n", 0},
    {"method of a value", "example.com/x/a.T.M",
     "package a\nfunc (t *S) M() {}\nfunc (T) M() {@ }\n", 0},
    {"generic receiver", "example.com/x/a.(*Set[...]).Add",
     "package a\nfunc (s *Set[K, V]) Add(k K) {@ }\n", 0},
    {"generic function", "example.com/x/a.Map[go.shape.int]",
     "package a\nfunc Map[K interface{ ~int }, V any](m map[K]V) {@ }\n", 0},
    {"results with braces", "example.com/x/a.F",
     "package a\nfunc F() (map[string]struct{}, interface{ M() }, error) {@ return nil, nil, nil }\n",
     0},
    {"one result with braces", "example.com/x/a.F",
     "package a\nfunc F() chan struct{ a, b int } {@ return nil }\n", 0},
    {"result that is a function", "example.com/x/a.F",
     "package a\nfunc F() func() (int, error) {@ return nil }\n", 0},
    {"parameter that is a function", "example.com/x/a.F",
     "package a\nfunc F(f func() struct{}) {@ f() }\n", 0},
    {"comments, strings and runes with braces", "example.com/x/a.F",
     "package a\n// func F() {\n/* func F() { */\nvar s = \"func F() { \\\" {\"\nvar r = '{'\n"
     "var raw = `func F() {\\`\nfunc F( /* { */ ) {@ }\n",
     0},
    {"a closure of the same name comes first", "example.com/x/a.F",
     "package a\nfunc G() {\n\tF := func() {}\n\tF()\n}\nfunc F() {@\n}\n", 0},
    {"behind a body in assembly", "example.com/x/a.F",
     "package a\n\nfunc add(a, b int) int\n\nfunc F() {@\n}\n", 0},
    {"group of declarations", "example.com/x/a.F",
     "package a\nimport (\n\t\"fmt\"\n)\nvar (\n\tf = func() {}\n)\nfunc F() {@ fmt.Println() }\n",
     0},
    {"closure", "main.main.func1",
     "package main\nfunc main() {\n\tf(func(w W) {@\n\t\tw.x()\n\t})\n}\n", 4},
    {"the inner one", "main.main.func1.1",
     "package main\nfunc main() {\n\tf(func() {\n\t\tgo func() {@\n\t\t\tx()\n\t\t}()\n\t})\n}\n",
     5},
    {"the outer one, behind the inner one", "main.main.func1",
     "package main\nfunc main() {\n\tf(func() {@\n\t\tgo func() {}()\n\t\tx()\n\t})\n}\n", 5},
    {"closure with a result that is a type of functions", "main.main.func1",
     "package main\nfunc main() {\n\tl := []func(){nil}\n\tvar g func(int) bool\n\tf(func() "
     "map[string]func() {@\n\t\tx()\n\t})\n}\n",
     6},
    {"closure of a variable", "example.com/x/a.init.func1",
     "package a\nvar (\n\tf = func() int {@\n\t\treturn 1\n\t}\n)\n", 4},
    {"name of other letters",
     "example.com/x/a.Gr\xc3\xb6\xc3\x9f"
     "e",
     "package a\nfunc Gr() {}\nfunc Gr\xc3\xb6\xc3\x9f"
     "e() {@ }\n",
     0},
};

static struct str without_mark(struct arena *arena, struct str source, size_t at)
{
    return str_format(arena, "%.*s%.*s", (int)at, source.data, (int)(source.len - at - 1),
                      source.data + at + 1);
}

static void plant_stands_behind_the_brace(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct str have = {0};
        print_message("%s\n", cases[i].name);
        arena_init(&arena);
        struct str marked = str_from(cases[i].source);
        size_t at = (size_t)str_find(marked, '@');
        struct str source = without_mark(&arena, marked, at);
        const struct plant plant = {
            .func = str_from(cases[i].func), .line = cases[i].line, .bytes = 4096};
        assert_ok(plant_source(&have, &arena, source, &plant, &err), &err);
        struct str want =
            str_format(&arena,
                       "%.*s memgateSelftestSink = make([]byte, 4096); %.*s\nvar "
                       "memgateSelftestSink []byte\n",
                       (int)at, source.data, (int)(source.len - at), source.data + at);
        assert_str(have, want.data);
        arena_release(&arena);
    }
}

static void plant_repeats_in_one_line(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct str have = {0};
    const struct plant plant = {.func = STR("example.com/x/a.F"), .bytes = 32, .objects = 7};
    arena_init(&arena);
    assert_ok(plant_source(&have, &arena, STR("package a\nfunc F() {}\n"), &plant, &err), &err);
    assert_str(have, "package a\nfunc F() { for i := 0; i < 7; i++ { memgateSelftestSink = "
                     "make([]byte, 32) }; }\n\nvar memgateSelftestSink []byte\n");
    arena_release(&arena);
}

static const struct refused_case {
    const char *name;
    const char *func;
    const char *source;
    const char *error;
} refused_cases[] = {
    {"closure", "example.com/x/a.F.func1", "package a\nfunc F() { func() {}() }\n",
     "has no function F.func1"},
    {"closure of a type alone", "example.com/x/a.F.func1",
     "package a\ntype f struct {\n g func()\n}\n", "has no function F.func1"},
    {"another receiver", "example.com/x/a.(*T).M", "package a\nfunc (t T) M() {}\n",
     "has no function (*T).M"},
    {"no body", "example.com/x/a.add", "package a\nfunc add(a, b int) int\n",
     "has no function add"},
    {"cut short", "example.com/x/a.F", "package a\nfunc F(a struct {", "has no function F"},
    {"open comment", "example.com/x/a.F", "package a\n/* func F() {}", "has no function F"},
    {"open string", "example.com/x/a.F", "package a\nvar s = \"\\", "has no function F"},
    {"nothing", "example.com/x/a.F", "", "has no function F"},
    {"planted already", "example.com/x/a.F",
     "package a\nfunc F() {}\nvar memgateSelftestSink int\n", "has a memgateSelftestSink already"},
};

static void plant_finds_declared_functions_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_cases); i++) {
        struct arena arena;
        struct err err = {0};
        struct str have = {0};
        const struct plant plant = {.func = str_from(refused_cases[i].func), .bytes = 1};
        print_message("%s\n", refused_cases[i].name);
        arena_init(&arena);
        enum status status =
            plant_source(&have, &arena, str_from(refused_cases[i].source), &plant, &err);
        assert_true(status == STATUS_NOT_FOUND || status == STATUS_INVALID);
        assert_non_null(strstr(err.text, refused_cases[i].error));
        arena_release(&arena);
    }
}

static void write_text(struct arena *arena, struct str dir, const char *path, const char *text)
{
    struct err err = {0};
    struct str file = io_join(arena, dir, str_from(path));
    assert_ok(io_make_dirs(str_slice(file, 0, (size_t)str_find_last(file, '/')), &err), &err);
    assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &err), &err);
}

/* The module is below the tree's root, the package below the module. */
static void plant_finds_the_module(void **state)
{
    (void)state;
    struct arena arena;
    struct err err = {0};
    struct str top = {0};
    struct bytes text = {0};
    arena_init(&arena);
    assert_ok(io_make_temp_dir(&top, &arena, "memgate-plant", &err), &err);
    write_text(&arena, top, "m/go.mod", "module example.com/m\n");
    write_text(&arena, top, "m/a/a.go", "package a\nfunc F() {}\n");
    write_text(&arena, top, "m/cmd/x/main.go", "package main\n");
    struct plant plant = {STR("example.com/m/a.F"), STR("a/a.go"), 0, 64, 1};
    struct str dir = io_join(&arena, top, STR("m/cmd/x"));
    assert_ok(plant_tree(&arena, dir, top, &plant, &err), &err);
    assert_ok(io_read_file(&text, &arena, io_join(&arena, top, STR("m/a/a.go")), 4096, &err), &err);
    assert_true(str_contains(str_of_bytes(text), STR("make([]byte, 64)")));
    plant.file = STR("../a.go");
    assert_fails(plant_tree(&arena, dir, top, &plant, &err), STATUS_NOT_FOUND, &err,
                 "is no file of the module");
    plant.file = STR("b/b.go");
    assert_fails(plant_tree(&arena, dir, top, &plant, &err), STATUS_NOT_FOUND, &err, "b/b.go");
    assert_fails(plant_tree(&arena, top, top, &plant, &err), STATUS_NOT_FOUND, &err, "no go.mod");
    assert_ok(io_remove_tree(top, &err), &err);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plant_stands_behind_the_brace),
        cmocka_unit_test(plant_repeats_in_one_line),
        cmocka_unit_test(plant_finds_declared_functions_alone),
        cmocka_unit_test(plant_finds_the_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
