#include "tests/support/check.h"

#include "gate/report/phrase.h"

#define MIB (1024.0 * 1024)

/* Of 24 events so many hits; `as_often` of the shifts give as many, the others 3. */
static void fill(struct overlap *out, uint64_t hits, size_t as_often)
{
    *out = (struct overlap){.events = 24, .hits = hits, .time = 100, .window_time = 5};
    for (size_t i = 0; i < OVERLAP_SHIFTS; i++)
        out->shifted_hits[i] = i < as_often ? hits : 3;
}

static void a_tie_is_told_with_its_chance(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct tie_side *sides = ARENA_ARRAY(&arena, struct tie_side, SIDES);
    struct tie_side *side = &sides[SIDE_CAND];
    struct comparison comparison = {.has_tie = true, .tie = sides};
    /* As many by one shift in 250, and by one in ten. */
    fill(&side->cycles, 12, 3);
    fill(&side->stops, 12, 99);
    side->cycle_count = 40;
    assert_str(phrase_tie(&arena, &comparison, SIDE_CAND),
               "of the candidate's slowest 24 requests 50 % overlap a collection (by chance 12.6 "
               "%: tied to it), 50 % one of its stops (by chance 16.2 %)");
    side->lost_count = 10;
    fill(&side->stops, 0, 0);
    assert_str(phrase_tie(&arena, &comparison, SIDE_CAND),
               "of the candidate's slowest 24 requests 50 % overlap a collection (by chance 12.6 "
               "%: tied to it), 0 % one of its stops (by chance 12.5 %); 10 of 50 collections are "
               "not counted, their lines were torn");
    side->cycle_count = 0;
    side->lost_count = 0;
    assert_str(phrase_tie(&arena, &comparison, SIDE_CAND),
               "of the candidate's slowest 24 requests none overlaps a collection: none ran");
    arena_release(&arena);
}

static void only_p99_is_tied(void **state)
{
    struct comparison comparison = {.has_tie = true};
    struct judged_scenario scenario = {.comparison = &comparison};
    struct comparison_row row = {.metric = METRIC_P99};
    const struct finding finding = {.row = &row};
    (void)state;
    assert_true(phrase_shows_tie(&scenario, &finding));
    row.metric = METRIC_P50;
    assert_false(phrase_shows_tie(&scenario, &finding));
    row.metric = METRIC_P99;
    comparison.has_tie = false;
    assert_false(phrase_shows_tie(&scenario, &finding));
}

static void a_process_is_told_by_what_is_known_of_it(void **state)
{
    struct arena arena;
    struct comparison_row rows[] = {
        {.metric = METRIC_GC_ASSIST_SHARE, .point = POINT_END, .estimate = {.base = 0.012}},
        {.metric = METRIC_GOROUTINES, .point = POINT_WARM, .estimate = {.base = 7}},
        {.metric = METRIC_THREADS_MAX, .point = POINT_END, .estimate = {.base = 8, .cand = 9}},
        {.metric = METRIC_HEAP_GOAL, .point = POINT_END, .estimate = {.base = 4 * MIB}},
        {.metric = METRIC_RSS_MAX, .point = POINT_END, .estimate = {.base = 1}},
    };
    struct comparison comparison = {.rows = rows, .row_count = ARRAY_LEN(rows)};
    (void)state;
    arena_init(&arena);
    assert_str(phrase_process(&arena, &comparison, SIDE_BASE),
               "threads 8, heap goal 4 MiB, assists 1.2 %");
    assert_str(phrase_process(&arena, &comparison, SIDE_CAND),
               "threads 9, heap goal 0 B, assists 0 %");
    comparison.row_count = 0;
    assert_str(phrase_process(&arena, &comparison, SIDE_BASE), "");
    arena_release(&arena);
}

static void goroutines_are_told_by_who_created_more(void **state)
{
    struct arena arena;
    struct creation creations[] = {
        {STR_INIT("a.wait"),
         STR_INIT("a.wait"),
         STR_INIT("a.spawn"),
         STR_INIT("a.go"),
         39,
         {0, 105}},
        {STR_INIT("a.run"), STR_INIT("a.run"), {"", 0}, {"", 0}, 0, {1, 2}},
        {STR_INIT("a.same"), STR_INIT("a.same"), STR_INIT("a.spawn"), STR_INIT("a.go"), 40, {5, 5}},
    };
    struct comparison comparison = {.creations = creations, .creation_count = 3};
    struct comparison_row row = {
        .metric = METRIC_GOROUTINES, .point = POINT_END, .level = ROW_SCENARIO};
    (void)state;
    arena_init(&arena);
    struct str_list texts = phrase_creations(&arena, &comparison, &row);
    assert_int_equal(texts.len, 2);
    assert_str(texts.items[0], "a.wait created by a.spawn at a.go:39: 0 -> 105");
    assert_str(texts.items[1], "a.run created by the runtime: 1 -> 2");
    row.level = ROW_FUNCTION;
    row.key = STR("a.wait");
    assert_int_equal(phrase_creations(&arena, &comparison, &row).len, 1);
    row.point = POINT_WARM;
    assert_int_equal(phrase_creations(&arena, &comparison, &row).len, 0);
    row = (struct comparison_row){.metric = METRIC_MUTEX_DELAY, .point = POINT_END};
    assert_int_equal(phrase_creations(&arena, &comparison, &row).len, 0);
    arena_release(&arena);
}

static void the_heap_is_told_by_when_it_changed(void **state)
{
    struct arena arena;
    struct heap_mark marks[] = {
        {HEAP_LIVE, 1, 2600, 8 * MIB, 40 * MIB}, {HEAP_MALLOCS, 2, 40, 100, 250},
        {HEAP_OVER_GOAL, 2, 50, MIB, 2 * MIB},   {HEAP_INUSE, 2, 999, MIB, 3 * MIB},
        {HEAP_INUSE, 3, 1000, 3 * MIB, 4 * MIB},
    };
    struct comparison comparison = {.has_heap = true, .heap = {{0}, {marks, 5, 10, 0}}};
    (void)state;
    arena_init(&arena);
    assert_str(phrase_heap(&arena, &comparison, SIDE_BASE), "");
    assert_str(phrase_heap(&arena, &comparison, SIDE_CAND),
               "live heap 8 MiB -> 40 MiB at 2.6 s (trial 1), allocations a second 100 -> 250 at "
               "0.0 s (trial 2), heap above its goal, 1 MiB -> 2 MiB at 0.1 s (trial 2), heap in "
               "use 1 MiB -> 3 MiB at 1.0 s (trial 2), and 1 more");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tie_is_told_with_its_chance),
        cmocka_unit_test(only_p99_is_tied),
        cmocka_unit_test(a_process_is_told_by_what_is_known_of_it),
        cmocka_unit_test(goroutines_are_told_by_who_created_more),
        cmocka_unit_test(the_heap_is_told_by_when_it_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
