#include "tests/unit/compare/sides.h"

/* A site of one of the program's own functions and who calls that. */
#define OWN(function, what, amount, by)                                                            \
    SITE_BY("m.io/a." function, 1, ALLOC_KIND_##what, amount, "m.io/a." function, "m.io/a." by)
/* A site of a library's function, called by one of the program's own. */
#define LIBRARY(function, what, amount, user)                                                      \
    SITE_BY(function, 1, ALLOC_KIND_##what, amount, "m.io/a." user, "m.io/a.Main")

/* A site of one of the program's own functions that a library calls. */
#define BY_FRAMEWORK(function, what, amount)                                                       \
    SITE_BY("m.io/a." function, 1, ALLOC_KIND_##what, amount, "m.io/a." function,                  \
            "net/http.HandlerFunc.ServeHTTP")

/* What is expected to have moved to or from one function. */
struct moved_want {
    const char *func;
    double moved;
};

static const struct moved_case {
    const char *name;
    struct site_text base[SITES_MAX];
    struct site_text cand[SITES_MAX];
    struct moved_want want[4];
    const char *listed; /* "from>to:bytes" of the first; NULL: none */
} moved_cases[] = {
    {"a function split in two",
     {OWN("F", SLICE, 1000, "Main")},
     {OWN("F", SLICE, 600, "Main"), OWN("New", SLICE, 400, "F")},
     {{"m.io/a.New", 400}, {"m.io/a.F", -400}},
     "m.io/a.F>m.io/a.New:400"},
    {"split and grown: growth is what nobody lost",
     {OWN("F", SLICE, 1000, "Main")},
     {OWN("F", SLICE, 600, "Main"), OWN("New", SLICE, 700, "F")},
     {{"m.io/a.New", 400}, {"m.io/a.F", -400}},
     "m.io/a.F>m.io/a.New:400"},
    {"two merged into one that was there",
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 400, "F")},
     {OWN("F", SLICE, 1000, "Main")},
     {{"m.io/a.F", 400}, {"m.io/a.G", -400}},
     "m.io/a.G>m.io/a.F:400"},
    {"a helper taken out of two callers",
     {OWN("F", SLICE, 300, "Main"), OWN("G", SLICE, 500, "Main")},
     {OWN("F", SLICE, 100, "Main"), OWN("G", SLICE, 300, "Main"), OWN("Help", SLICE, 200, "F"),
      OWN("Help", SLICE, 200, "G")},
     {{"m.io/a.Help", 400}, {"m.io/a.F", -200}, {"m.io/a.G", -200}},
     "m.io/a.F>m.io/a.Help:200"},
    {"an equal exchange between two that stay",
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 400, "Main")},
     {OWN("F", SLICE, 300, "Main"), OWN("G", SLICE, 700, "Main")},
     {{"m.io/a.F", -300}, {"m.io/a.G", 300}},
     "m.io/a.F>m.io/a.G:300"},
    {"an unequal exchange between two that stay is growth",
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 400, "Main")},
     {OWN("F", SLICE, 300, "Main"), OWN("G", SLICE, 900, "Main")},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
    {"another kind is not the same cost",
     {OWN("F", SLICE, 1000, "Main")},
     {OWN("F", SLICE, 600, "Main"), OWN("New", MAP, 400, "F")},
     {{"m.io/a.New", 0}, {"m.io/a.F", 0}},
     NULL},
    {"a stranger's loss explains nothing",
     {OWN("F", SLICE, 1000, "Main"), OWN("G", SLICE, 10, "Other")},
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 10, "Other"), OWN("New", SLICE, 400, "Other")},
     {{"m.io/a.New", 0}, {"m.io/a.F", 0}},
     NULL},
    {"a library's function for another at the same caller",
     {LIBRARY("strings.genSplit", SLICE, 500, "F"), LIBRARY("strings.genSplit", OBJECT, 300, "F")},
     {LIBRARY("strings.Fields", SLICE, 500, "F")},
     {{"strings.Fields", 500}, {"strings.genSplit", -500}, {"m.io/a.F", 0}},
     "strings.genSplit>strings.Fields:500"},
    {"a caller three new functions away is no common one",
     {OWN("L", SLICE, 900, "Main")},
     {OWN("H", SLICE, 400, "X1"), OWN("X1", MAP, 8, "X2"), OWN("X2", MAP, 8, "X3"),
      OWN("X3", MAP, 8, "Main")},
     {{"m.io/a.H", 0}, {"m.io/a.L", 0}},
     NULL},
    {"nor where the new functions come first by name",
     {OWN("L", SLICE, 900, "Main")},
     {OWN("H", SLICE, 400, "A1"), OWN("A1", MAP, 8, "A2"), OWN("A2", MAP, 8, "A3"),
      OWN("A3", MAP, 8, "Main")},
     {{"m.io/a.H", 0}, {"m.io/a.L", 0}},
     NULL},
    {"what a framework calls has nothing in common",
     {BY_FRAMEWORK("F", SLICE, 600), BY_FRAMEWORK("G", SLICE, 400)},
     {BY_FRAMEWORK("F", SLICE, 1000)},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
    {"who called it on the baseline alone took nothing out into it",
     {OWN("F", SLICE, 1000, "Main"), OWN("G", SLICE, 10, "F")},
     {OWN("G", SLICE, 900, "Other")},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
    {"growth that others cause was not taken out of a caller",
     {OWN("F", SLICE, 1000, "Main"), OWN("G", SLICE, 100, "F"), OWN("G", SLICE, 100, "Other")},
     {OWN("G", SLICE, 150, "F"), OWN("G", SLICE, 900, "Other")},
     {{"m.io/a.F", -50}, {"m.io/a.G", 50}},
     "m.io/a.F>m.io/a.G:50"},
    {"what others no longer call was not written out in a caller",
     {OWN("F", MAP, 8, "Main"), OWN("G", SLICE, 100, "F"), OWN("G", SLICE, 900, "Other")},
     {OWN("F", MAP, 8, "Main"), OWN("F", SLICE, 1000, "Main")},
     {{"m.io/a.F", 100}, {"m.io/a.G", -100}},
     "m.io/a.G>m.io/a.F:100"},
    {"a deleted function pays for no growth of another",
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 1000, "Main")},
     {OWN("F", SLICE, 1400, "Main")},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
    {"written out in its caller's other function",
     {OWN("F", SLICE, 600, "Main"), OWN("G", SLICE, 1000, "Main")},
     {OWN("F", SLICE, 1600, "Main")},
     {{"m.io/a.F", 1000}, {"m.io/a.G", -1000}},
     "m.io/a.G>m.io/a.F:1000"},
    {"two that one new function stands for, and cheaper",
     {OWN("F", SLICE, 1000, "Main"), OWN("F", MAP, 48, "Main"), OWN("G", SLICE, 400, "Main")},
     {OWN("New", SLICE, 1200, "Main")},
     {{"m.io/a.New", 1200}, {"m.io/a.F", -1000}, {"m.io/a.G", -200}},
     "m.io/a.F>m.io/a.New:1000"},
    {"through another, no more than came back in the stacks of who lost it",
     {OWN("F", SLICE, 1000, "Main"), OWN("G", SLICE, 500, "Other")},
     {OWN("Slim", MAP, 20, "F"), OWN("G", SLICE, 16, "Slim"), OWN("G", SLICE, 1500, "Other")},
     {{"m.io/a.F", -20}, {"m.io/a.G", 20}},
     "m.io/a.F>m.io/a.G:20"},
    {"nor more than the callees lost was written out in their caller",
     {OWN("F", MAP, 8, "Main"), OWN("G", SLICE, 1000, "Thin"), OWN("Thin", MAP, 20, "F")},
     {OWN("F", MAP, 8, "Main"), OWN("F", SLICE, 1000, "Main")},
     {{"m.io/a.F", 20}, {"m.io/a.G", -20}},
     "m.io/a.G>m.io/a.F:20"},
    {"noise is no move",
     {OWN("F", SLICE, 10000, "Main"), OWN("G", SLICE, 10000, "Main")},
     {OWN("F", SLICE, 9980, "Main"), OWN("G", SLICE, 10020, "Main")},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
};

static void a_row_names_where_its_cost_came_from(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        OWN("F", SLICE, 1000, "Main"), OWN("G", SLICE, 300, "Main"), OWN("G", MAP, 48, "Main")};
    static const struct site_text cand[SITES_MAX] = {
        OWN("Help", SLICE, 2400, "F"), OWN("Help", SLICE, 0, "Main"), OWN("Help", OBJECT, 96, "F")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.Help");
    assert_int_equal(row->source_count, 2);
    assert_str(row->sources[0].key, "m.io/a.F");
    assert_str(row->sources[0].func, "m.io/a.F");
    assert_close(row->sources[0].amount, 1000, 1e-9);
    assert_str(row->sources[1].key, "m.io/a.G");
    assert_close(row->sources[1].amount, 300, 1e-9);
    /* Each row of the helper does, that of a kind of which nothing moved too. */
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        row = &fixture.comparison.rows[i];
        bool is_help = row_is_of_function(row) && str_equal(row->key, STR("m.io/a.Help"));
        assert_int_equal(row->source_count, is_help ? 2 : 0);
    }
    fixture_release(&fixture);
}

/* Of seventy callers the last by name is the one that hands its work on. */
static void no_caller_is_one_too_many(void **state)
{
    enum { CALLERS = 70 };
    struct site_text base[SITES_MAX] = {OWN("Z", SLICE, 640, "Main")};
    struct site_text cand[SITES_MAX] = {OWN("Help", SLICE, 640, "Z")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < CALLERS; i++) {
        struct str name = str_format(&fixture.arena, "m.io/a.A%02zu%c", i, '\0');
        struct site_text site = OWN("Help", SLICE, 64, "Main");
        site.caller = name.data;
        base[i + 1] = site;
        cand[CALLERS - i] = site;
    }
    compare(&fixture, base, cand, 1);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.Help")->moved, 640, 1e-9);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.Z")->lost, 640, 1e-9);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.Help")->lost, 0, 1e-9);
    fixture_release(&fixture);
}

/* What libraries allocate for F came from G; its own 100 bytes are new, and nobody else grew. */
static void growth_beside_charges_that_moved_has_its_culprit(void **state)
{
    static const struct site_text base[SITES_MAX] = {LIBRARY("strings.genSplit", SLICE, 500, "G"),
                                                     OWN("G", MAP, 48, "Main")};
    static const struct site_text cand[SITES_MAX] = {LIBRARY("strings.genSplit", SLICE, 500, "F"),
                                                     OWN("F", SLICE, 100, "Main")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.F")->moved, 500, 1e-9);
    const struct comparison_row *whole = row_of(&fixture, ROW_SCENARIO, NULL);
    assert_int_equal(whole->culprit_count, 1);
    assert_str(whole->culprits[0].func, "m.io/a.F");
    assert_close(whole->culprits[0].delta, 100, 1e-9);
    fixture_release(&fixture);
}

/* G was there without allocating: that F is gone, and saved more, pays for nothing in G. */
static void a_function_that_was_there_replaces_none(void **state)
{
    static const struct site_text base[SITES_MAX] = {OWN("F", SLICE, 1000, "Main"),
                                                     OWN("F", MAP, 48, "Main")};
    static const struct site_text cand[SITES_MAX] = {OWN("G", SLICE, 900, "Main")};
    const struct str functions[] = {STR("m.io/a.F"), STR("m.io/a.G"), STR("m.io/a.Main")};
    static const double want[] = {900, 0};
    (void)state;
    for (size_t known = 0; known < ARRAY_LEN(want); known++) {
        struct trial_fold folds[SIDES];
        struct ledger_side sides[SIDES];
        struct fixture fixture;
        fixture_init(&fixture);
        for (int side = 0; side < SIDES; side++) {
            folds[side] = (struct trial_fold){
                .alloc = fold_of(&fixture, side == SIDE_BASE ? base : cand, 1), .request_count = 1};
            sides[side] = side_of(&folds[side], 1);
        }
        sides[SIDE_BASE].has_functions = known > 0;
        sides[SIDE_BASE].functions = functions;
        sides[SIDE_BASE].function_count = ARRAY_LEN(functions);
        heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
        assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.G")->moved, want[known], 1e-9);
        fixture_release(&fixture);
    }
}

/* What is held moved as well, and of the second pair nothing is allocated under the load. */
static void what_is_only_held_is_listed_as_held(void **state)
{
    static const struct site_text nothing[SITES_MAX] = {{0}};
    static const struct site_text base[SITES_MAX] = {OWN("F", SLICE, 10000, "Main"),
                                                     OWN("Idle", OBJECT, 900, "Main"),
                                                     OWN("old.Table", MAP, 50000, "Main")};
    /* A few hundred bytes are what connections hold or not: no move is seen in them. */
    static const struct site_text cand[SITES_MAX] = {
        OWN("F", SLICE, 6000, "Main"), OWN("New", SLICE, 4000, "F"),
        OWN("Busy", OBJECT, 900, "Main"), OWN("new.Table", MAP, 70000, "Main")};
    const struct site_text *texts[SIDES] = {base, cand};
    struct trial_fold folds[SIDES];
    struct ledger_side sides[SIDES];
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (int side = 0; side < SIDES; side++) {
        folds[side] = (struct trial_fold){.alloc = fold_of(&fixture, nothing, 1),
                                          .warm = fold_of(&fixture, nothing, 1),
                                          .end = fold_of(&fixture, texts[side], 1),
                                          .request_count = 1,
                                          .has_points = true};
        for (size_t i = 0; i < folds[side].end.site_count; i++) {
            int64_t *value = folds[side].end.sites[i].value;
            value[HEAP_INUSE_OBJECTS] = value[HEAP_ALLOC_OBJECTS];
            value[HEAP_INUSE_SPACE] = value[HEAP_ALLOC_SPACE];
        }
        sides[side] = side_of(&folds[side], 1);
    }
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    assert_int_equal(fixture.comparison.moved_count, 2);
    const struct moved *pair = &fixture.comparison.moved[0];
    const struct moved *split = &fixture.comparison.moved[1];
    assert_str(pair->to, "m.io/a.new.Table");
    assert_close(pair->bytes, 50000, 1e-9); /* what both have: 20000 came on top */
    assert_int_equal(pair->metric, METRIC_INUSE_SPACE);
    assert_str(split->to, "m.io/a.New");
    assert_close(split->bytes, 4000, 1e-9);
    assert_int_equal(split->metric, METRIC_INUSE_SPACE);
    fixture_release(&fixture);
}

/* Rows that a case does not expect to be there would fail row_of. */
static void check_case(const struct moved_case *row)
{
    struct fixture fixture;
    print_message("%s\n", row->name);
    fixture_init(&fixture);
    compare(&fixture, row->base, row->cand, 1);
    for (size_t i = 0; i < ARRAY_LEN(row->want) && row->want[i].func; i++) {
        print_message("  %s\n", row->want[i].func);
        assert_close(row_of(&fixture, ROW_FUNCTION, row->want[i].func)->moved, row->want[i].moved,
                     1e-9);
    }
    /* Totals are what they are. */
    assert_close(row_of(&fixture, ROW_SCENARIO, NULL)->moved, 0, 1e-12);
    if (!row->listed) {
        assert_int_equal(fixture.comparison.moved_count, 0);
    } else {
        const struct moved *first = &fixture.comparison.moved[0];
        assert_str(str_format(&fixture.arena, "%.*s>%.*s:%.0f", STR_ARGS(first->from),
                              STR_ARGS(first->to), first->bytes),
                   row->listed);
    }
    fixture_release(&fixture);
}

static void cost_that_changed_its_place_is_told_from_growth(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moved_cases); i++)
        check_case(&moved_cases[i]);
}

/* 800 bytes in 100 objects over 200 requests: half an object a request. */
static void objects_are_measured_by_their_own_noise(void **state)
{
    static const struct site_text base[SITES_MAX] = {OWN("F", SLICE, 800, "Main")};
    static const struct site_text cand[SITES_MAX] = {OWN("New", SLICE, 800, "F")};
    struct fixture fixture;
    double moved = 0;
    (void)state;
    fixture_init(&fixture);
    struct trial_fold folds[SIDES] = {
        {.alloc = fold_of(&fixture, base, 1), .request_count = 200},
        {.alloc = fold_of(&fixture, cand, 1), .request_count = 200},
    };
    const struct ledger_side sides[SIDES] = {side_of(&folds[SIDE_BASE], 1),
                                             side_of(&folds[SIDE_CAND], 1)};
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        if (row->metric == METRIC_ALLOC_OBJECTS && row->level == ROW_FUNCTION &&
            str_equal_text(row->func, "m.io/a.New"))
            moved = row->moved;
    }
    assert_close(moved, 0.5, 1e-12);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_names_where_its_cost_came_from),
        cmocka_unit_test(no_caller_is_one_too_many),
        cmocka_unit_test(a_function_that_was_there_replaces_none),
        cmocka_unit_test(growth_beside_charges_that_moved_has_its_culprit),
        cmocka_unit_test(what_is_only_held_is_listed_as_held),
        cmocka_unit_test(cost_that_changed_its_place_is_told_from_growth),
        cmocka_unit_test(objects_are_measured_by_their_own_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
