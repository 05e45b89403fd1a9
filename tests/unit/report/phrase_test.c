#include "tests/support/check.h"

#include "gate/report/phrase.h"

/* 300 of 1000 bytes moved, from none, one or two named functions, or to others. */
static void a_reason_names_where_cost_came_from(void **state)
{
    static struct moved_source sources[] = {
        {.key = STR_INIT("m.io/a.F"), .func = STR_INIT("m.io/a.F"), .amount = 200},
        {.key = STR_INIT("m.io/a.G"), .func = STR_INIT("m.io/a.G"), .amount = 100},
        {.key = STR_INIT("m.io/a.H"), .func = STR_INIT("m.io/a.H")},
    };
    static const struct {
        double moved;
        size_t sources;
        const char *want;
    } rows[] = {
        {300, 0, "+300 B/request of it moved here from other functions"},
        {300, 1, "+300 B/request of it moved here from a.F"},
        {300, 2, "+300 B/request of it moved here from a.F and 1 more"},
        {300, 3, "+300 B/request of it moved here from a.F and 1 more"},
        {-300, 2, "-300 B/request of it moved to other functions"},
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .level = ROW_FUNCTION,
                                     .estimate = {.base = 1000, .cand = 1000},
                                     .moved = rows[i].moved,
                                     .sources = sources,
                                     .source_count = rows[i].sources};
        const struct finding finding = {.row = &row};
        struct str_list have = phrase_reasons(&arena, &finding);
        assert_int_equal(have.len, 1);
        assert_str(have.items[0], rows[i].want);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_names_where_cost_came_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
