#include "tests/support/check.h"

#include "gate/compare/heap_rows.h"

enum { SITES_MAX = 8 };

/* One allocation site, written down; objects are bytes / 8. */
struct site_text {
    const char *func;
    int64_t line;
    enum alloc_kind kind;
    int64_t bytes;
    const char *user;
};

struct fixture {
    struct arena arena;
    struct intern names;
    struct record_scenario record;
    struct comparison comparison;
    struct trial_fold folds[SIDES];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    intern_init(&fixture->names, &fixture->arena);
    fixture->record.programs[SIDE_CAND].module = STR("m.io/a");
    fixture->comparison.record = &fixture->record;
}

static void fixture_release(struct fixture *fixture)
{
    intern_release(&fixture->names);
    arena_release(&fixture->arena);
}

static struct name_id name_of(struct fixture *fixture, const char *text)
{
    return intern_name(&fixture->names, str_from(text ? text : ""));
}

static struct fold fold_of(struct fixture *fixture, const struct site_text *texts, int64_t period)
{
    struct fold out = {.period = period,
                       .sites = ARENA_ARRAY(&fixture->arena, struct fold_site, SITES_MAX)};
    for (; out.site_count < SITES_MAX && texts[out.site_count].func; out.site_count++) {
        const struct site_text *text = &texts[out.site_count];
        struct fold_site *site = &out.sites[out.site_count];
        site->func = name_of(fixture, text->func);
        site->user = name_of(fixture, text->user);
        site->owner = site->user;
        site->file = name_of(fixture, "m.io/a/f.go");
        site->line = text->line;
        site->kind = text->kind;
        site->value[HEAP_ALLOC_OBJECTS] = text->bytes / 8;
        site->value[HEAP_ALLOC_SPACE] = text->bytes;
    }
    return out;
}

/* One trial a side of one request, as two plain files are. */
static void compare(struct fixture *fixture, const struct site_text *base,
                    const struct site_text *cand, int64_t period)
{
    fixture->folds[SIDE_BASE] =
        (struct trial_fold){.alloc = fold_of(fixture, base, period), .request_count = 1};
    fixture->folds[SIDE_CAND] =
        (struct trial_fold){.alloc = fold_of(fixture, cand, period), .request_count = 1};
    struct ledger_side sides[SIDES] = {{&fixture->folds[SIDE_BASE], 1},
                                       {&fixture->folds[SIDE_CAND], 1}};
    heap_rows_add(&fixture->comparison, &fixture->arena, &fixture->names, sides);
}

/* The only alloc_space row of a level and function; fails when there is none or a second. */
static const struct comparison_row *row_of(const struct fixture *fixture, enum row_level level,
                                           const char *func)
{
    const struct comparison_row *found = NULL;
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        const struct comparison_row *row = &fixture->comparison.rows[i];
        bool named = level == ROW_SCENARIO || str_equal(row->func, str_from(func));
        if (row->metric != METRIC_ALLOC_SPACE || row->level != level || !named)
            continue;
        assert_null(found);
        found = row;
    }
    assert_non_null(found);
    return found;
}

static void renumbered_closures_change_no_row(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        {"m.io/a.F.func1", 5, ALLOC_KIND_MAP, 800, NULL}};
    static const struct site_text cand[SITES_MAX] = {
        {"m.io/a.F.func2", 9, ALLOC_KIND_MAP, 800, NULL}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.F.func2");
    assert_close(row->estimate.base, 800, 1e-12);
    assert_close(row->estimate.delta, 0, 1e-12);
    assert_false(row->is_new || row->is_gone);
    assert_int_equal(fixture.comparison.moved_count, 0);
    fixture_release(&fixture);
}

static const struct guilty_case {
    const char *name;
    struct site_text base[SITES_MAX];
    struct site_text cand[SITES_MAX];
    int64_t line;
    enum alloc_kind kind;
} guilty_cases[] = {
    {"all lines shift by ten and a smaller one is new",
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL}, {"m.io/a.F", 12, ALLOC_KIND_SLICE, 500, NULL}},
     {{"m.io/a.F", 20, ALLOC_KIND_SLICE, 900, NULL},
      {"m.io/a.F", 21, ALLOC_KIND_SLICE, 80, NULL},
      {"m.io/a.F", 22, ALLOC_KIND_SLICE, 500, NULL}},
     21,
     ALLOC_KIND_SLICE},
    {"a line that grew is no twin of itself",
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL}, {"m.io/a.F", 12, ALLOC_KIND_SLICE, 50, NULL}},
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL}, {"m.io/a.F", 12, ALLOC_KIND_SLICE, 70, NULL}},
     12,
     ALLOC_KIND_SLICE},
    {"a second equal line claims no twin",
     {{"m.io/a.F", 10, ALLOC_KIND_MAP, 64, NULL}},
     {{"m.io/a.F", 10, ALLOC_KIND_MAP, 64, NULL}, {"m.io/a.F", 30, ALLOC_KIND_MAP, 64, NULL}},
     30,
     ALLOC_KIND_MAP},
    {"the kind that grew, not the largest",
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 9000, NULL}, {"m.io/a.F", 12, ALLOC_KIND_MAP, 64, NULL}},
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 9000, NULL}, {"m.io/a.F", 12, ALLOC_KIND_MAP, 128, NULL}},
     12,
     ALLOC_KIND_MAP},
    {"only shrinkage: the kind that shrank most",
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL}, {"m.io/a.F", 12, ALLOC_KIND_MAP, 640, NULL}},
     {{"m.io/a.F", 10, ALLOC_KIND_SLICE, 890, NULL}, {"m.io/a.F", 12, ALLOC_KIND_MAP, 64, NULL}},
     12,
     ALLOC_KIND_MAP},
};

static void the_guilty_line_is_found_though_lines_shift(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(guilty_cases); i++) {
        const struct guilty_case *row = &guilty_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        compare(&fixture, row->base, row->cand, 1);
        const struct comparison_row *have = row_of(&fixture, ROW_FUNCTION, "m.io/a.F");
        assert_int_equal(have->line, row->line);
        assert_string_equal(alloc_kind_name(have->kind), alloc_kind_name(row->kind));
        assert_str(have->file, "f.go");
        fixture_release(&fixture);
    }
}

/* Growths: C 400; A and B 200 and 201, within 1 %; D 3 of 804, below the share of 2 %. */
static void culprits_are_ranked_and_ties_go_by_name(void **state)
{
    static const struct site_text base[SITES_MAX] = {{"m.io/a.B", 1, ALLOC_KIND_MAP, 8, NULL},
                                                     {"m.io/a.A", 2, ALLOC_KIND_MAP, 8, NULL},
                                                     {"m.io/a.C", 3, ALLOC_KIND_MAP, 8, NULL},
                                                     {"m.io/a.D", 4, ALLOC_KIND_MAP, 8, NULL}};
    static const struct site_text cand[SITES_MAX] = {{"m.io/a.B", 1, ALLOC_KIND_MAP, 209, NULL},
                                                     {"m.io/a.A", 2, ALLOC_KIND_MAP, 208, NULL},
                                                     {"m.io/a.C", 3, ALLOC_KIND_MAP, 408, NULL},
                                                     {"m.io/a.D", 4, ALLOC_KIND_MAP, 11, NULL}};
    static const char *const want[] = {"m.io/a.C", "m.io/a.A", "m.io/a.B"};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *whole = row_of(&fixture, ROW_SCENARIO, NULL);
    assert_int_equal(whole->culprit_count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_str(whole->culprits[i].func, want[i]);
    assert_close(whole->culprits[0].delta, 400, 1e-12);
    assert_str(whole->culprits[0].via, "");
    fixture_release(&fixture);
}

static void a_library_leaf_names_the_programs_own_caller(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        {"strings.genSplit", 1, ALLOC_KIND_SLICE, 8, "m.io/a.F"}};
    static const struct site_text cand[SITES_MAX] = {
        {"strings.genSplit", 1, ALLOC_KIND_SLICE, 80, "m.io/a.F"}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *whole = row_of(&fixture, ROW_SCENARIO, NULL);
    assert_str(whole->culprits[0].func, "strings.genSplit");
    assert_str(whole->culprits[0].via, "m.io/a.F");
    fixture_release(&fixture);
}

static void new_gone_and_moved_functions_are_told_apart(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        {"m.io/a.Gone", 1, ALLOC_KIND_MAP, 300, NULL},
        {"m.io/a/old.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL}};
    static const struct site_text cand[SITES_MAX] = {
        {"m.io/a.Fresh", 1, ALLOC_KIND_OBJECT, 80, NULL},
        {"m.io/a/new.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    assert_true(row_of(&fixture, ROW_FUNCTION, "m.io/a.Gone")->is_gone);
    assert_true(row_of(&fixture, ROW_FUNCTION, "m.io/a.Fresh")->is_new);
    const struct comparison_row *kept = row_of(&fixture, ROW_FUNCTION, "m.io/a/new.Kept");
    assert_close(kept->estimate.delta, 0, 1e-12);
    assert_str(kept->base_func, "m.io/a/old.Kept");
    assert_int_equal(fixture.comparison.moved_count, 1);
    assert_str(fixture.comparison.moved[0].from, "m.io/a/old.Kept");
    assert_str(fixture.comparison.moved[0].to, "m.io/a/new.Kept");
    fixture_release(&fixture);
}

/*
 * Period 100, 300 and 100 bytes: variance <= 100 * (300 + 100) = 40000,
 * standard deviation 200, half width 2.5758293 * 200 = 515.16586.
 */
static void a_sampled_profile_bounds_its_own_error(void **state)
{
    static const struct site_text base[SITES_MAX] = {{"m.io/a.F", 1, ALLOC_KIND_MAP, 100, NULL}};
    static const struct site_text cand[SITES_MAX] = {{"m.io/a.F", 1, ALLOC_KIND_MAP, 300, NULL}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 100);
    const struct estimate *have = &row_of(&fixture, ROW_FUNCTION, "m.io/a.F")->estimate;
    assert_true(have->bounded);
    assert_close(have->delta_low, 200 - 515.16586, 1e-6);
    assert_close(have->delta_high, 200 + 515.16586, 1e-6);
    assert_close(have->ratio_high, 7.1516586, 1e-6);
    fixture_release(&fixture);
}

/* F stands in stacks of 500 and 900 bytes, of which it allocates 100 itself; two trials at 10 requests. */
static void a_function_row_carries_its_cumulative_means(void **state)
{
    static const struct site_text sites[SITES_MAX] = {
        {"m.io/a.F.func1", 1, ALLOC_KIND_MAP, 100, NULL}};
    static const int64_t cum[SIDES][2] = {{500, 700}, {900, 900}};
    struct trial_fold folds[SIDES][2];
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++) {
            struct fold_function *functions = ARENA_ARRAY(&fixture.arena, struct fold_function, 2);
            functions[0].func = name_of(&fixture, "m.io/a.F.func1");
            functions[0].cum[HEAP_ALLOC_SPACE] = cum[side][t];
            functions[1].func = name_of(&fixture, "m.io/a.Caller"); /* allocates nothing itself */
            functions[1].cum[HEAP_ALLOC_SPACE] = cum[side][t];
            folds[side][t] =
                (struct trial_fold){.alloc = fold_of(&fixture, sites, 1), .request_count = 10};
            folds[side][t].alloc.functions = functions;
            folds[side][t].alloc.function_count = 2;
        }
    }
    struct ledger_side sides[SIDES] = {{folds[SIDE_BASE], 2}, {folds[SIDE_CAND], 2}};
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.F.func1");
    assert_close(row->estimate.base, 10, 1e-12);
    assert_close(row->cum_base, 60, 1e-12); /* (500 + 700) / 2 / 10 */
    assert_close(row->cum_cand, 90, 1e-12);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renumbered_closures_change_no_row),
        cmocka_unit_test(the_guilty_line_is_found_though_lines_shift),
        cmocka_unit_test(culprits_are_ranked_and_ties_go_by_name),
        cmocka_unit_test(a_library_leaf_names_the_programs_own_caller),
        cmocka_unit_test(new_gone_and_moved_functions_are_told_apart),
        cmocka_unit_test(a_sampled_profile_bounds_its_own_error),
        cmocka_unit_test(a_function_row_carries_its_cumulative_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
