#include "gate/compare/sources.h"

#include "tests/support/check.h"

static struct record_rename renames[] = {{STR_INIT("a.go"), STR_INIT("b.go")}};
static struct record_scenario scenario;
static const struct recording one = {
    .scenarios = &scenario, .scenario_count = 1, .renames = renames, .rename_count = 1};
static const struct recording other = {
    .scenarios = &scenario, .scenario_count = 1, .renames = renames, .rename_count = 1};

static const struct {
    const char *name;
    struct comparison_source sources[SIDES];
    size_t rename_count;
} hint_cases[] = {
    {"the two sides of one recording", {{&one, 0, SIDE_BASE}, {&one, 0, SIDE_CAND}}, 1},
    {"the candidates of two", {{&other, 0, SIDE_CAND}, {&one, 0, SIDE_CAND}}, 0},
    {"baseline of one, candidate of another", {{&other, 0, SIDE_BASE}, {&one, 0, SIDE_CAND}}, 0},
    {"one side with itself", {{&one, 0, SIDE_CAND}, {&one, 0, SIDE_CAND}}, 0},
    {"the other way round", {{&one, 0, SIDE_CAND}, {&one, 0, SIDE_BASE}}, 0},
};

static void renames_are_those_between_the_sides_of_one_recording(void **state)
{
    const struct pair_hint item = {STR("a.F"), STR("a.G")};
    const struct pair_hints hints = {.items = &item, .len = 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hint_cases); i++) {
        print_message("%s\n", hint_cases[i].name);
        struct pair_hints known = sources_hints(hint_cases[i].sources, &hints);
        assert_ptr_equal(known.items, &item);
        assert_int_equal(known.len, 1);
        assert_int_equal(known.rename_count, hint_cases[i].rename_count);
        if (known.rename_count > 0)
            assert_ptr_equal(known.renames, renames);
    }
}

/* Its run had two sides, whose binaries were equal: nothing of either was measured. */
static void a_side_alone_that_was_not_measured_says_so(void **state)
{
    struct record_scenario identical = {
        .name = STR("orders"), .alone = STR(RECORD_ALONE_NEW), .identical = true};
    const struct recording recording = {.scenarios = &identical, .scenario_count = 1};
    const struct comparison_source alone[SIDES] = {{&recording, 0, SIDE_CAND},
                                                   {&recording, 0, SIDE_CAND}};
    struct comparison comparison = {0};
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_false(sources_join(&comparison, &arena, alone));
    assert_str(comparison.alone, RECORD_ALONE_NEW);
    assert_true(comparison.record->identical);
    identical.identical = false;
    assert_true(sources_join(&comparison, &arena, alone));
    assert_false(comparison.record->identical);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renames_are_those_between_the_sides_of_one_recording),
        cmocka_unit_test(a_side_alone_that_was_not_measured_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
