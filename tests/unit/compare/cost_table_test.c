#include "gate/compare/cost_table.h"

#include "tests/support/check.h"

/* Two sides of one trial whose folds are written by hand: who is charged, the leaf, the value. */
enum { SITES_MAX = 4 };

struct site_text {
    const char *func;
    const char *leaf;
    int64_t value;
};

struct fixture {
    struct arena arena;
    struct intern names;
    struct record_program programs[SIDES];
    struct cost_trial trials[SIDES];
    struct comparison comparison;
    struct pair_hints hints;
    struct cost_table table;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    intern_init(&fixture->names, &fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        fixture->programs[side] =
            (struct record_program){.module = STR("example.com/m"), .has_functions = true};
    }
}

static void fixture_release(struct fixture *fixture)
{
    intern_release(&fixture->names);
    arena_release(&fixture->arena);
}

static void put(struct fixture *fixture, enum side side, const struct site_text *texts,
                size_t count)
{
    struct costs *costs = &fixture->trials[side].end;
    costs->sites = ARENA_ARRAY(&fixture->arena, struct cost_site, count);
    costs->len = count;
    for (size_t i = 0; i < count; i++) {
        costs->sites[i] = (struct cost_site){
            .func = intern_name(&fixture->names, str_from(texts[i].func)),
            .leaf = intern_name(&fixture->names, str_from(texts[i].leaf)),
            .file = intern_name(&fixture->names, STR("example.com/m/f.go")),
            .line = (int64_t)i + 1,
            .value = {1, texts[i].value},
        };
        costs->total[1] += texts[i].value;
    }
}

static void build(struct fixture *fixture)
{
    const struct cost_side sides[SIDES] = {
        {&fixture->trials[SIDE_BASE], 1, &fixture->programs[SIDE_BASE]},
        {&fixture->trials[SIDE_CAND], 1, &fixture->programs[SIDE_CAND]}};
    cost_table_build(&fixture->table, &fixture->arena, &fixture->names, sides, &fixture->comparison,
                     &fixture->hints);
}

/* Index of the function with the key; the table's length where there is none. */
static size_t place_of(const struct fixture *fixture, const char *key)
{
    for (size_t i = 1; i < fixture->table.len; i++) {
        if (str_equal_text(intern_text(&fixture->names, fixture->table.items[i].key), key))
            return i;
    }
    return fixture->table.len;
}

static double value(const struct fixture *fixture, const char *key, enum side side)
{
    size_t at = place_of(fixture, key);
    assert_true(at < fixture->table.len);
    return cost_table_value(&fixture->table, &fixture->table.items[at], side, 0, POINT_END, 1);
}

static void functions_have_their_own_and_what_libraries_spent_for_them(void **state)
{
    static const struct site_text base[] = {{"main.add", "sync.(*Mutex).Unlock", 100},
                                            {"main.add", "main.add", 20}};
    static const struct site_text cand[] = {
        {"main.add", "sync.(*Mutex).Unlock", 300},
        {"sync.(*Mutex).Unlock", "sync.(*Mutex).Unlock", 7},
        {"main.run.func2", "main.run.func1", 5},
        {"net/http.(*Server).Serve", "sync.(*Cond).Wait", 50},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put(&fixture, SIDE_BASE, base, ARRAY_LEN(base));
    put(&fixture, SIDE_CAND, cand, ARRAY_LEN(cand));
    build(&fixture);
    assert_close(value(&fixture, "main.add", SIDE_BASE), 120, 0);
    assert_close(value(&fixture, "main.add", SIDE_CAND), 300, 0);
    assert_close(value(&fixture, "sync.(*Mutex).Unlock", SIDE_BASE), 100, 0);
    assert_close(value(&fixture, "sync.(*Mutex).Unlock", SIDE_CAND), 307, 0);
    /* Closures of one function are one: nothing counts twice. */
    assert_close(value(&fixture, "main.run.func", SIDE_CAND), 5, 0);
    const struct cost_function *whole = &fixture.table.items[0];
    assert_close(cost_table_value(&fixture.table, whole, SIDE_CAND, 0, POINT_END, 1), 362, 0);
    assert_close(cost_table_value(&fixture.table, whole, SIDE_CAND, 0, POINT_WARM, 1), 0, 0);
    const struct cost_function *add = &fixture.table.items[place_of(&fixture, "main.add")];
    assert_int_equal(add->line, 1);
    assert_false(cost_function_is_charged(add));
    /* Of 407 only 7 are nobody else's. */
    size_t unlock = place_of(&fixture, "sync.(*Mutex).Unlock");
    assert_true(cost_function_is_charged(&fixture.table.items[unlock]));
    fixture_release(&fixture);
}

struct pair_case {
    const char *name;
    const char *base;
    const char *cand;
    const char *cand_has; /* another function of the candidate's executable, or NULL */
    bool heap_knows;      /* the heap's rows paired them */
    bool want;
};

static const struct pair_case pair_cases[] = {
    {"the same", "example.com/m/a.F", "example.com/m/a.F", NULL, false, true},
    {"a package moved", "example.com/m/a.(*T).Lock", "example.com/m/b/a.(*T).Lock", NULL, false,
     true},
    {"still there besides", "example.com/m/a.(*T).Lock", "example.com/m/b/a.(*T).Lock",
     "example.com/m/a.(*T).Lock", false, false},
    {"only the heap can tell", "example.com/m/a.old", "example.com/m/a.fresh", NULL, true, true},
    {"nobody can tell", "example.com/m/a.old", "example.com/m/b.fresh", NULL, false, false},
    {"the runtime's functions are never renamed", "runtime.chanrecv1", "runtime.chanrecv2", NULL,
     false, false},
};

static void renamed_functions_share_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pair_cases); i++) {
        const struct pair_case *row = &pair_cases[i];
        const struct site_text base = {row->base, row->base, 10};
        const struct site_text cand = {row->cand, row->cand, 20};
        struct paired paired = {str_from(row->base), str_from(row->cand), PAIR_STEP_SIGNATURE};
        struct fixture fixture;
        struct str functions[2];
        size_t count = 0;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        if (row->cand_has)
            functions[count++] = str_from(row->cand_has);
        functions[count++] = str_from(row->cand);
        fixture.programs[SIDE_CAND].functions = functions;
        fixture.programs[SIDE_CAND].function_count = count;
        fixture.comparison.paired = &paired;
        fixture.comparison.paired_count = row->heap_knows;
        put(&fixture, SIDE_BASE, &base, 1);
        put(&fixture, SIDE_CAND, &cand, 1);
        build(&fixture);
        assert_int_equal(fixture.table.len, row->want ? 2 : 3);
        if (row->want)
            assert_close(value(&fixture, row->cand, SIDE_BASE), 10, 0);
        assert_close(value(&fixture, row->cand, SIDE_CAND), 20, 0);
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_have_their_own_and_what_libraries_spent_for_them),
        cmocka_unit_test(renamed_functions_share_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
