#include "tests/unit/compare/sides.h"

static void renumbered_closures_change_no_row(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.F.func1", 5, ALLOC_KIND_MAP, 800, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a.F.func2", 9, ALLOC_KIND_MAP, 800, NULL)};
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
    const char *func;
} guilty_cases[] = {
    {"all lines shift by ten and a smaller one is new",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_SLICE, 500, NULL)},
     {SITE("m.io/a.F", 20, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 21, ALLOC_KIND_SLICE, 80, NULL),
      SITE("m.io/a.F", 22, ALLOC_KIND_SLICE, 500, NULL)},
     21,
     ALLOC_KIND_SLICE,
     "m.io/a.F"},
    {"a line that grew is no twin of itself",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_SLICE, 50, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_SLICE, 70, NULL)},
     12,
     ALLOC_KIND_SLICE,
     "m.io/a.F"},
    {"a larger line that varies does not hide a new one",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 910, NULL),
      SITE("m.io/a.F", 14, ALLOC_KIND_SLICE, 100, NULL)},
     14,
     ALLOC_KIND_SLICE,
     "m.io/a.F"},
    {"a closure that was inserted renumbers the one behind it",
     {SITE("m.io/a.F.func1", 20, ALLOC_KIND_SLICE, 1000, NULL)},
     {SITE("m.io/a.F.func1", 12, ALLOC_KIND_SLICE, 300, NULL),
      SITE("m.io/a.F.func2", 22, ALLOC_KIND_SLICE, 1010, NULL)},
     12,
     ALLOC_KIND_SLICE,
     "m.io/a.F.func1"},
    {"a line that was deleted, not one that stayed",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 14, ALLOC_KIND_SLICE, 500, NULL),
      SITE("m.io/a.F", 16, ALLOC_KIND_SLICE, 100, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 15, ALLOC_KIND_SLICE, 99, NULL)},
     14,
     ALLOC_KIND_SLICE,
     "m.io/a.F"},
    {"a second equal line claims no twin",
     {SITE("m.io/a.F", 10, ALLOC_KIND_MAP, 64, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_MAP, 64, NULL),
      SITE("m.io/a.F", 30, ALLOC_KIND_MAP, 64, NULL)},
     30,
     ALLOC_KIND_MAP,
     "m.io/a.F"},
    {"the kind that grew, not the largest",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 9000, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_MAP, 64, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 9000, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_MAP, 128, NULL)},
     12,
     ALLOC_KIND_MAP,
     "m.io/a.F"},
    {"only shrinkage: the kind that shrank most",
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 900, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_MAP, 640, NULL)},
     {SITE("m.io/a.F", 10, ALLOC_KIND_SLICE, 890, NULL),
      SITE("m.io/a.F", 12, ALLOC_KIND_MAP, 64, NULL)},
     12,
     ALLOC_KIND_MAP,
     "m.io/a.F"},
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
        const struct comparison_row *have = row_of(&fixture, ROW_FUNCTION, row->func);
        assert_int_equal(have->line, row->line);
        assert_string_equal(alloc_kind_name(have->kind), alloc_kind_name(row->kind));
        assert_str(have->file, "f.go");
        fixture_release(&fixture);
    }
}

/* Held against each other one by one, the lines of one side and the other would take minutes. */
static void a_function_of_many_lines_is_compared_in_time(void **state)
{
    enum { LINES = 60000, GUILTY = 40000 };
    struct trial_fold folds[SIDES];
    struct ledger_side sides[SIDES];
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (int side = 0; side < SIDES; side++) {
        struct fold fold = {.period = 1,
                            .sites = ARENA_ARRAY(&fixture.arena, struct fold_site, LINES),
                            .site_count = LINES};
        for (int64_t i = 0; i < LINES; i++) {
            fold.sites[i].func = name_of(&fixture, "m.io/a.F");
            fold.sites[i].line = i;
            fold.sites[i].kind = ALLOC_KIND_MAP;
            fold.sites[i].value[HEAP_ALLOC_SPACE] = i == GUILTY && side == SIDE_CAND ? 7 : 100;
        }
        folds[side] = (struct trial_fold){.alloc = fold, .request_count = 1};
        sides[side] = side_of(&folds[side], 1);
    }
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    assert_int_equal(row_of(&fixture, ROW_FUNCTION, "m.io/a.F")->line, GUILTY);
    fixture_release(&fixture);
}

/* Growths: C 400; A and B 200 and 201, within 1 %; D 3 of 804, below the share of 2 %. */
static void culprits_are_ranked_and_ties_go_by_name(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.B", 1, ALLOC_KIND_MAP, 8, NULL), SITE("m.io/a.A", 2, ALLOC_KIND_MAP, 8, NULL),
        SITE("m.io/a.C", 3, ALLOC_KIND_MAP, 8, NULL), SITE("m.io/a.D", 4, ALLOC_KIND_MAP, 8, NULL)};
    static const struct site_text cand[SITES_MAX] = {SITE("m.io/a.B", 1, ALLOC_KIND_MAP, 209, NULL),
                                                     SITE("m.io/a.A", 2, ALLOC_KIND_MAP, 208, NULL),
                                                     SITE("m.io/a.C", 3, ALLOC_KIND_MAP, 408, NULL),
                                                     SITE("m.io/a.D", 4, ALLOC_KIND_MAP, 11, NULL)};
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
        SITE("strings.genSplit", 1, ALLOC_KIND_SLICE, 8, "m.io/a.F")};
    static const struct site_text cand[SITES_MAX] = {
        SITE("strings.genSplit", 1, ALLOC_KIND_SLICE, 80, "m.io/a.F")};
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
        SITE("m.io/a.Gone", 1, ALLOC_KIND_MAP, 300, NULL),
        SITE("m.io/a/old.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a.Fresh", 1, ALLOC_KIND_OBJECT, 80, NULL),
        SITE("m.io/a/new.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL)};
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

static void a_function_that_lets_a_library_allocate_is_paired(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE_BY("strings.genSplit", 9, ALLOC_KIND_SLICE, 400, "m.io/a/old.Kept", "m.io/a.Main")};
    static const struct site_text cand[SITES_MAX] = {
        SITE_BY("strings.genSplit", 9, ALLOC_KIND_SLICE, 440, "m.io/a/new.Kept", "m.io/a.Main")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a/new.Kept");
    assert_str(row->base_func, "m.io/a/old.Kept");
    assert_close(row->estimate.delta, 40, 1e-12);
    fixture_release(&fixture);
}

/* The map is gone and the kind that shrank most, so that the guilty line is the baseline's. */
static void a_guilty_line_of_the_baseline_does_not_name_the_row(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a/old.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL),
        SITE("m.io/a/old.Kept", 2, ALLOC_KIND_MAP, 90, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a/new.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL)};
    struct fixture fixture;
    size_t rows = 0;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        if (!row_is_of_function(row))
            continue;
        rows++;
        assert_str(row->func, "m.io/a/new.Kept");
        assert_str(row->base_func, "m.io/a/old.Kept");
        assert_str(row->key, "m.io/a/new.Kept");
    }
    assert_int_equal(rows, 6); /* the function and its two kinds, in bytes and in objects */
    assert_int_equal(row_of(&fixture, ROW_FUNCTION, "m.io/a/new.Kept")->line, 2);
    fixture_release(&fixture);
}

static void a_rename_that_no_list_confirms_is_noted(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a/old.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a/new.Kept", 1, ALLOC_KIND_SLICE, 1000, NULL)};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    assert_int_equal(fixture.comparison.note_count, SIDES);
    assert_true(str_contains(fixture.comparison.notes[0],
                             STR("functions taken for renamed: 1, but the functions of the "
                                 "baseline's executable are not known")));
    fixture_release(&fixture);
    fixture_init(&fixture);
    compare(&fixture, base, base, 1);
    assert_int_equal(fixture.comparison.note_count, 0);
    fixture_release(&fixture);
}

/* The candidate's file is written by hand: the fixture has one for all. */
static void a_row_knows_the_file_of_the_other_side(void **state)
{
    static const struct site_text texts[SITES_MAX] = {
        SITE("m.io/a.F", 1, ALLOC_KIND_SLICE, 1000, "m.io/a.F")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct trial_fold folds[SIDES];
    for (int side = 0; side < SIDES; side++) {
        folds[side] = (struct trial_fold){.alloc = fold_of(&fixture, texts, 1), .request_count = 1};
    }
    folds[SIDE_CAND].alloc.sites[0].file = name_of(&fixture, "m.io/a/new.go");
    const struct ledger_side sides[SIDES] = {side_of(&folds[SIDE_BASE], 1),
                                             side_of(&folds[SIDE_CAND], 1)};
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.F");
    assert_str(row->file, "new.go");
    assert_str(row->other_file, "f.go");
    fixture_release(&fixture);
}

/*
 * 100 and 150 samples of 1000 bytes each: the bounds of tests/oracle/counts.py, of the difference in
 * samples, hold for the bytes, the objects and every stack of the function alike.
 */
static void a_sampled_profile_bounds_its_own_error(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.F", 1, ALLOC_KIND_MAP, 100000, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a.F", 1, ALLOC_KIND_MAP, 150000, NULL)};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1000);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.F");
    const struct estimate *estimates[] = {&row->estimate, &row->cum};
    for (size_t i = 0; i < ARRAY_LEN(estimates); i++) {
        assert_true(estimates[i]->bounded);
        assert_close(estimates[i]->delta_low / 1000, 6.984607698856604, 1e-9);
        assert_close(estimates[i]->delta_high / 1000, 91.98046863240006, 1e-9);
        assert_close(estimates[i]->ratio_low, 0.06984607698856604, 1e-9);
        assert_close(estimates[i]->ratio_high, 1.1174917922564358, 1e-9);
    }
    assert_int_equal(row->samples[SIDE_BASE], 100);
    assert_int_equal(row->samples[SIDE_CAND], 150);
    fixture_release(&fixture);
}

/* A kind of which no sample was seen may be there: up to 5.298 samples (Garwood's for 0). */
static void nothing_seen_in_a_sampled_profile_has_an_interval(void **state)
{
    static const struct site_text sites[SITES_MAX] = {
        SITE("m.io/a.F", 1, ALLOC_KIND_UNKNOWN, 100000, NULL)};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, sites, sites, 1000);
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        if (row->metric == METRIC_ALLOC_SPACE && row->level == ROW_KIND &&
            row->kind == ALLOC_KIND_SLICE) {
            assert_close(row->estimate.delta_high, 5298.317366548036, 1e-9);
            fixture_release(&fixture);
            return;
        }
    }
    fail_msg("no row of slices");
}

/* F stands in stacks of 500 and 900 bytes, of which it allocates 100 itself; two trials at 10 requests. */
static void a_function_row_carries_its_cumulative_means(void **state)
{
    static const struct site_text sites[SITES_MAX] = {
        SITE("m.io/a.F.func1", 1, ALLOC_KIND_MAP, 100, NULL)};
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
    struct ledger_side sides[SIDES] = {side_of(folds[SIDE_BASE], 2), side_of(folds[SIDE_CAND], 2)};
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    const struct comparison_row *row = row_of(&fixture, ROW_FUNCTION, "m.io/a.F.func1");
    assert_close(row->estimate.base, 10, 1e-12);
    assert_close(row->cum.base, 60, 1e-12); /* (500 + 700) / 2 / 10 */
    assert_close(row->cum.cand, 90, 1e-12);
    fixture_release(&fixture);
}

static void a_librarys_bytes_are_charged_to_the_programs_own_frame(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.F", 5, ALLOC_KIND_OBJECT, 100, "m.io/a.F"),
        SITE("strings.genSplit", 9, ALLOC_KIND_SLICE, 400, "m.io/a.F"),
        SITE("net/http.readLoop", 9, ALLOC_KIND_SLICE, 70, NULL)};
    static const struct site_text cand[SITES_MAX] = {
        SITE("m.io/a.F", 5, ALLOC_KIND_OBJECT, 100, "m.io/a.F"),
        SITE("strings.genSplit", 9, ALLOC_KIND_SLICE, 900, "m.io/a.F"),
        SITE("net/http.readLoop", 9, ALLOC_KIND_SLICE, 70, NULL)};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    const struct comparison_row *user = row_of(&fixture, ROW_FUNCTION, "m.io/a.F");
    const struct comparison_row *leaf = row_of(&fixture, ROW_FUNCTION, "strings.genSplit");
    assert_close(user->estimate.base, 500, 1e-12);
    assert_close(user->estimate.delta, 500, 1e-12);
    assert_close(user->flat_base, 100, 1e-12);
    assert_close(user->flat_cand, 100, 1e-12);
    assert_str(user->leaf, "strings.genSplit");
    assert_false(user->is_charged);
    assert_close(leaf->estimate.delta, 500, 1e-12);
    assert_close(leaf->flat_cand, 900, 1e-12);
    assert_true(leaf->is_charged);
    assert_false(row_of(&fixture, ROW_FUNCTION, "net/http.readLoop")->is_charged);
    /* The total counts every byte once, and its culprit is who allocated. */
    assert_close(row_of(&fixture, ROW_SCENARIO, NULL)->estimate.cand, 1070, 1e-12);
    assert_int_equal(row_of(&fixture, ROW_SCENARIO, NULL)->culprit_count, 1);
    assert_str(row_of(&fixture, ROW_SCENARIO, NULL)->culprits[0].func, "strings.genSplit");
    fixture_release(&fixture);
}

static void bytes_without_a_kind_are_told_with_every_row(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.F", 5, ALLOC_KIND_UNKNOWN, 30, "m.io/a.F"),
        SITE("m.io/a.G", 6, ALLOC_KIND_OBJECT, 70, "m.io/a.G")};
    struct fixture fixture;
    bool has_map_row = false;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, base, 1);
    assert_close(comparison_unknown_share(row_of(&fixture, ROW_SCENARIO, NULL)), 0.3, 1e-12);
    assert_close(comparison_unknown_share(row_of(&fixture, ROW_FUNCTION, "m.io/a.F")), 1, 1e-12);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.F")->unknown[SIDE_CAND], 30, 1e-12);
    assert_close(row_of(&fixture, ROW_FUNCTION, "m.io/a.G")->unknown[SIDE_CAND], 0, 1e-12);
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        bool is_map = row->level == ROW_KIND && row->kind == ALLOC_KIND_MAP;
        has_map_row = has_map_row || (is_map && row->unknown[SIDE_BASE] > 29);
    }
    assert_true(has_map_row);
    fixture_release(&fixture);
}

/* The runtime's own stacks are named by what allocates in them, whatever entry that calls. */
static void bytes_of_kind_other_are_told_by_what_is_unknown(void **state)
{
    static const struct {
        const char *func;
        const char *entry;
        enum alloc_how how;
        int64_t bytes;
    } rows[] = {
        {"m.io/a.F", "runtime.mallocgcLarge", ALLOC_HOW_CALL, 500},
        {"runtime.acquireSudog", "runtime.newobject", ALLOC_HOW_NAME, 96},
        {"m.io/a.G", "runtime.mallocgcLarge", ALLOC_HOW_CALL, 0},
        {"runtime.malg", "", ALLOC_HOW_NAME, 0},
    };
    struct trial_fold folds[SIDES];
    struct ledger_side sides[SIDES];
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct fold fold = {.period = 1,
                        .sites = ARENA_ARRAY(&fixture.arena, struct fold_site, ARRAY_LEN(rows))};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fold_site *site = &fold.sites[fold.site_count++];
        site->func = name_of(&fixture, rows[i].func);
        site->entry = name_of(&fixture, rows[i].entry);
        site->how = rows[i].how;
        site->kind = ALLOC_KIND_OTHER;
        site->value[HEAP_ALLOC_SPACE] = rows[i].bytes;
    }
    for (int side = 0; side < SIDES; side++) {
        folds[side] = (struct trial_fold){.alloc = fold, .request_count = 1};
        sides[side] = side_of(&folds[side], 1);
    }
    heap_rows_add(&fixture.comparison, &fixture.arena, &fixture.names, sides, &no_hints);
    const struct unlisted_entry *have = fixture.comparison.unlisted;
    assert_int_equal(fixture.comparison.unlisted_count, 2);
    assert_str(have[0].entry, "runtime.mallocgcLarge");
    assert_false(have[0].is_runtime);
    assert_close(have[0].bytes[SIDE_CAND], 500, 1e-12);
    assert_str(have[1].entry, "runtime.acquireSudog");
    assert_true(have[1].is_runtime);
    fixture_release(&fixture);
}

/* F: 30 of 30 bytes may be maps; G: 1 of 71 is less than 2 %. Slices nobody asked for. */
static void a_function_without_kinds_has_a_row_of_each_limited(void **state)
{
    static const struct pair_hints hints = {.limits_kind = {[ALLOC_KIND_MAP] = true}};
    static const struct site_text base[SITES_MAX] = {
        SITE("m.io/a.F", 5, ALLOC_KIND_UNKNOWN, 30, "m.io/a.F"),
        SITE("m.io/a.G", 6, ALLOC_KIND_OBJECT, 70, "m.io/a.G"),
        SITE("m.io/a.G", 7, ALLOC_KIND_UNKNOWN, 1, "m.io/a.G")};
    struct fixture fixture;
    size_t maps = 0;
    (void)state;
    fixture_init(&fixture);
    compare_hinted(&fixture, base, base, 1, &hints);
    for (size_t i = 0; i < fixture.comparison.row_count; i++) {
        const struct comparison_row *row = &fixture.comparison.rows[i];
        assert_false(row->level == ROW_FUNCTION_KIND && row->kind == ALLOC_KIND_SLICE);
        if (row->level != ROW_FUNCTION_KIND || row->kind != ALLOC_KIND_MAP ||
            row->metric != METRIC_ALLOC_SPACE)
            continue;
        maps++;
        assert_str(row->func, "m.io/a.F");
        assert_int_equal(row->line, 5);
        assert_true(row->estimate.bounded);
        assert_close(row->estimate.cand, 0, 1e-12);
        assert_close(row->unknown[SIDE_CAND], 30, 1e-12);
    }
    assert_int_equal(maps, 1);
    fixture_release(&fixture);
}

static void details_hold_the_sites_of_both_sides(void **state)
{
    static const struct site_text base[SITES_MAX] = {
        SITE_BY("m.io/a.F", 5, ALLOC_KIND_MAP, 64, "m.io/a.F", "m.io/a.Old")};
    static const struct site_text cand[SITES_MAX] = {
        SITE_BY("m.io/a.F", 5, ALLOC_KIND_MAP, 64, "m.io/a.F", "m.io/a.Old"),
        SITE_BY("m.io/a.F", 8, ALLOC_KIND_OTHER, 96, "m.io/a.F", "m.io/a.New")};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    compare(&fixture, base, cand, 1);
    assert_int_equal(fixture.comparison.detail_count, 1);
    const struct detail *detail = &fixture.comparison.details[0];
    assert_str(detail->func, "m.io/a.F");
    assert_true(detail->is_user && detail->is_there[SIDE_BASE] && detail->is_there[SIDE_CAND]);
    assert_int_equal(detail->site_count, 2);
    assert_close(detail->sites[0].bytes[SIDE_BASE], 64, 1e-12);
    assert_close(detail->sites[0].bytes[SIDE_CAND], 64, 1e-12);
    assert_str(detail->sites[0].place, "f.go:5");
    assert_str(detail->sites[1].caller, "m.io/a.New");
    assert_close(detail->sites[1].bytes[SIDE_CAND], 96, 1e-12);
    assert_int_equal(fixture.comparison.unlisted_count, 1);
    assert_close(fixture.comparison.unlisted[0].bytes[SIDE_CAND], 96, 1e-12);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renumbered_closures_change_no_row),
        cmocka_unit_test(the_guilty_line_is_found_though_lines_shift),
        cmocka_unit_test(a_function_of_many_lines_is_compared_in_time),
        cmocka_unit_test(culprits_are_ranked_and_ties_go_by_name),
        cmocka_unit_test(a_library_leaf_names_the_programs_own_caller),
        cmocka_unit_test(new_gone_and_moved_functions_are_told_apart),
        cmocka_unit_test(a_function_that_lets_a_library_allocate_is_paired),
        cmocka_unit_test(a_guilty_line_of_the_baseline_does_not_name_the_row),
        cmocka_unit_test(a_rename_that_no_list_confirms_is_noted),
        cmocka_unit_test(a_row_knows_the_file_of_the_other_side),
        cmocka_unit_test(a_sampled_profile_bounds_its_own_error),
        cmocka_unit_test(nothing_seen_in_a_sampled_profile_has_an_interval),
        cmocka_unit_test(a_function_row_carries_its_cumulative_means),
        cmocka_unit_test(a_librarys_bytes_are_charged_to_the_programs_own_frame),
        cmocka_unit_test(bytes_without_a_kind_are_told_with_every_row),
        cmocka_unit_test(bytes_of_kind_other_are_told_by_what_is_unknown),
        cmocka_unit_test(a_function_without_kinds_has_a_row_of_each_limited),
        cmocka_unit_test(details_hold_the_sites_of_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
