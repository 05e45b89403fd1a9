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

/* A note on something that was not compared, and whether the verdict is void for it. */
static const struct note_case {
    const char *name;
    const char *refusal; /* of the scenario; "": none */
    size_t notes;        /* left */
} note_cases[] = {
    {"no rule wants it", "", 2},
    {"a rule does, and says why", "map_cpu_share was not measured: GET /x answered 404", 1},
    {"another reason", "a.B vanished", 2},
};

static void why_nothing_was_compared_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(note_cases); i++) {
        const struct note_case *one = &note_cases[i];
        struct arena arena;
        struct str notes[] = {STR("toolchain changed"),
                              STR("CPU profiles are not compared: GET /x answered 404")};
        struct str refusal = str_from(one->refusal);
        struct comparison comparison = {.notes = notes,
                                        .note_count = ARRAY_LEN(notes),
                                        .profile_refusals[PROFILE_KIND_CPU] =
                                            STR("GET /x answered 404")};
        struct judged_scenario scenario = {.comparison = &comparison,
                                           .refusals = {&refusal, refusal.len > 0}};
        print_message("%s\n", one->name);
        arena_init(&arena);
        struct str_list have = phrase_notes(&arena, &scenario);
        assert_int_equal(have.len, one->notes);
        assert_str(have.items[0], "toolchain changed");
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_names_where_cost_came_from),
        cmocka_unit_test(why_nothing_was_compared_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
