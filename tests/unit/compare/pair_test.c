#include "tests/support/check.h"

#include "gate/compare/pair.h"

static const struct key_case {
    const char *function;
    const char *want;
} key_cases[] = {
    {"main.work", "main.work"},
    {"main.work.func1", "main.work.func"},
    {"main.work.func2", "main.work.func"},
    {"main.work.func2.1", "main.work.func"},
    {"main.work.func2.gowrap1", "main.work.func"},
    {"main.work-range1", "main.work.func"},
    {"main.work.func1-range2.3", "main.work.func"},
    {"example.com/a.b/pkg.(*T).Method", "example.com/a.b/pkg.(*T).Method"},
    {"example.com/a.b/pkg.(*T).Method.func7", "example.com/a.b/pkg.(*T).Method.func"},
    {"main.funcs", "main.funcs"},
    {"main.func1x", "main.func1x"},
    {"example.com/v2.New", "example.com/v2.New"},
};

static void closures_share_the_key_of_their_function(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(key_cases); i++) {
        print_message("%s\n", key_cases[i].function);
        assert_str(pair_key(&arena, str_from(key_cases[i].function)), key_cases[i].want);
    }
    arena_release(&arena);
}

struct named_function {
    const char *name;
    double object_bytes;
    double map_bytes;
};

struct pair_case {
    const char *name;
    struct named_function base[4];
    struct named_function cand[4];
    const char *want; /* "from>to from>to" */
};

static const struct pair_case pair_cases[] = {
    {"equal names need no pair", {{"a.F", 100, 0}}, {{"a.F", 200, 0}}, ""},
    {"a package that moved takes its functions along",
     {{"old/p.F", 100, 0}, {"old/p.(*T).G", 50, 10}},
     {{"new/p.F", 300, 0}, {"new/p.(*T).G", 50, 10}},
     "old/p.(*T).G>new/p.(*T).G old/p.F>new/p.F"},
    {"one function of equal cost moves alone", {{"a.F", 100, 0}}, {{"b.F", 105, 0}}, "a.F>b.F"},
    {"a lone namesake of other cost is another function",
     {{"a.New", 100, 0}},
     {{"b.New", 900, 0}},
     ""},
    {"a renamed function keeps its signature", {{"a.F", 100, 30}}, {{"a.G", 100.4, 30}}, "a.F>a.G"},
    {"a renamed function of other kinds does not pair", {{"a.F", 100, 30}}, {{"a.G", 130, 0}}, ""},
    {"two alike are a choice, so neither pairs",
     {{"a.F", 100, 0}},
     {{"a.G", 100, 0}, {"a.H", 100, 0}},
     ""},
    {"tiny functions do not pair by cost", {{"a.F", 8, 0}}, {{"a.G", 8, 0}}, ""},
};

static struct pair_side side_of(struct arena *arena, struct intern *names,
                                const struct named_function *functions)
{
    struct pair_function *items = ARENA_ARRAY(arena, struct pair_function, 4);
    size_t len = 0;
    for (; len < 4 && functions[len].name; len++) {
        items[len].key = intern_name(names, str_from(functions[len].name));
        items[len].bytes[ALLOC_KIND_OBJECT] = functions[len].object_bytes;
        items[len].bytes[ALLOC_KIND_MAP] = functions[len].map_bytes;
    }
    return (struct pair_side){items, len};
}

static int order_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str spell(struct arena *arena, const struct intern *names, const struct pairs *pairs)
{
    struct str parts[8];
    struct str out = STR("");
    for (size_t i = 0; i < pairs->len; i++)
        parts[i] =
            str_format(arena, "%.*s>%.*s", STR_ARGS(intern_text(names, pairs->items[i].base)),
                       STR_ARGS(intern_text(names, pairs->items[i].cand)));
    qsort(parts, pairs->len, sizeof(parts[0]), order_text);
    for (size_t i = 0; i < pairs->len; i++)
        out = str_format(arena, "%.*s%s%.*s", STR_ARGS(out), i ? " " : "", STR_ARGS(parts[i]));
    return out;
}

static void functions_pair_by_name_move_and_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pair_cases); i++) {
        struct arena arena;
        struct intern names;
        struct pairs pairs = {0};
        print_message("%s\n", pair_cases[i].name);
        arena_init(&arena);
        intern_init(&names, &arena);
        pair_functions(&pairs, &arena, &names, side_of(&arena, &names, pair_cases[i].base),
                       side_of(&arena, &names, pair_cases[i].cand));
        assert_str(spell(&arena, &names, &pairs), pair_cases[i].want);
        intern_release(&names);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closures_share_the_key_of_their_function),
        cmocka_unit_test(functions_pair_by_name_move_and_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
