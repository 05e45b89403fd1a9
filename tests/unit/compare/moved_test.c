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
    {"noise is no move",
     {OWN("F", SLICE, 10000, "Main"), OWN("G", SLICE, 10000, "Main")},
     {OWN("F", SLICE, 9980, "Main"), OWN("G", SLICE, 10020, "Main")},
     {{"m.io/a.F", 0}, {"m.io/a.G", 0}},
     NULL},
};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_that_changed_its_place_is_told_from_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
