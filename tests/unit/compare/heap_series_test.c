#include "gate/compare/heap_series.h"

#include "gate/base/io.h"
#include "tests/support/check.h"

enum { SAMPLES = 20 };

#define MIB 1048576

struct fixture {
    struct arena arena;
    struct err err;
    struct recording recording;
    struct record_scenario scenario;
    struct record_trial trials[SIDES];
    struct comparison comparison;
};

static void put(struct fixture *fixture, enum side side, enum record_table table,
                const uint64_t *values, size_t len)
{
    struct str dir = {0};
    struct trial_key key = {0, side, PHASE_STEADY, 1};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_table_file(&fixture->arena, dir, table);
    assert_ok(recording_table_write(file, table, values, len, &fixture->err), &fixture->err);
}

/*
 * Every half second: 100 more allocations, from sample 12 on 500; the heap
 * between 10 and 11 MiB, from sample 8 on 20 MiB more; its goal is 24 MiB
 * until sample 9, 64 MiB then. A first row and one more without pauses.
 */
static void put_samples(struct fixture *fixture, enum side side)
{
    uint64_t rows[SAMPLES][MEMSTATS_COLUMNS] = {{0}};
    uint64_t mallocs = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        rows[i][MEMSTATS_MS] = 500 * i;
        rows[i][MEMSTATS_MALLOCS] = mallocs;
        rows[i][MEMSTATS_HEAP_INUSE] = (10 + i % 2 + (i >= 8 ? 20 : 0)) * MIB;
        rows[i][MEMSTATS_HEAP_ALLOC] = rows[i][MEMSTATS_HEAP_INUSE];
        rows[i][MEMSTATS_NEXT_GC] = (uint64_t)(i <= 9 ? 24 : 64) * MIB;
        rows[i][MEMSTATS_PAUSE] = i == 0 || i == 5 ? RECORD_NONE : 1000;
        mallocs += i >= 12 ? 500 : 100;
    }
    put(fixture, side, TABLE_MEMSTATS, rows[0], SAMPLES);
}

/* A collection each 100 ms; from the tenth on 32 MiB more are live. */
static void put_cycles(struct fixture *fixture, enum side side)
{
    uint64_t rows[SAMPLES][CYCLE_COLUMNS] = {{0}};
    for (size_t i = 0; i < SAMPLES; i++) {
        rows[i][CYCLE_UNTIL] = 100000 * (i + 1);
        rows[i][CYCLE_LIVE] = (8 + i % 2 + (i >= 9 ? 32 : 0)) * MIB;
    }
    put(fixture, side, TABLE_CYCLES, rows[0], SAMPLES);
}

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    fixture->recording = (struct recording){.scenarios = &fixture->scenario, .scenario_count = 1};
    fixture->comparison.record = &fixture->scenario;
    assert_ok(
        io_make_temp_dir(&fixture->recording.dir, &fixture->arena, "memgate-test", &fixture->err),
        &fixture->err);
    for (enum side side = 0; side < SIDES; side++) {
        fixture->trials[side].number = 1;
        fixture->scenario.trials[side][PHASE_STEADY] = &fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_STEADY] = 1;
    }
}

static void fixture_release(struct fixture *fixture)
{
    assert_ok(io_remove_tree(fixture->recording.dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

static enum status add(struct fixture *fixture)
{
    const struct comparison_source sources[SIDES] = {{&fixture->recording, 0, SIDE_BASE},
                                                     {&fixture->recording, 0, SIDE_CAND}};
    return heap_series_add(&fixture->comparison, &fixture->arena, sources, &fixture->err);
}

static void changes_within_the_load_are_marked(void **state)
{
    static const struct heap_mark want[] = {
        {HEAP_LIVE, 1, 1000, 8.444444444444445 * MIB, 40.54545454545455 * MIB},
        {HEAP_INUSE, 1, 4000, 10.5 * MIB, 30.5 * MIB},
        /* 200 a second until the 12th sample, 1000 then. */
        {HEAP_MALLOCS, 1, 6000, 200, 1000},
        {HEAP_OVER_GOAL, 1, 4000, 24.0 * MIB, 30.0 * MIB},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_samples(&fixture, SIDE_CAND);
    put_cycles(&fixture, SIDE_CAND);
    assert_ok(add(&fixture), &fixture.err);
    const struct heap_side *cand = &fixture.comparison.heap[SIDE_CAND];
    assert_true(fixture.comparison.has_heap);
    assert_int_equal(fixture.comparison.heap[SIDE_BASE].mark_count, 0);
    assert_true(cand->samples == SAMPLES && cand->pauses_lost == 1);
    assert_int_equal(cand->mark_count, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want) && i < cand->mark_count; i++) {
        assert_int_equal(cand->marks[i].what, want[i].what);
        assert_int_equal(cand->marks[i].trial, want[i].trial);
        assert_close(cand->marks[i].ms, want[i].ms, 1e-9);
        assert_close(cand->marks[i].before, want[i].before, 1e-9);
        assert_close(cand->marks[i].after, want[i].after, 1e-9);
    }
    fixture_release(&fixture);
}

static void nobody_looked_is_not_nothing_happened(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    assert_false(fixture.comparison.has_heap);
    fixture_release(&fixture);
}

static void a_gap_is_an_error(void **state)
{
    static const uint64_t row[MEMSTATS_COLUMNS] = {[MEMSTATS_MALLOCS] = RECORD_NONE};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put(&fixture, SIDE_BASE, TABLE_MEMSTATS, row, 1);
    assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, "\"-\" for a number");
    fixture_release(&fixture);
}

/* What an older memgate did not count is not taken for none. */
static void polls_that_were_lost_are_said(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_samples(&fixture, SIDE_BASE);
    put_samples(&fixture, SIDE_CAND);
    fixture.trials[SIDE_CAND].polls = (struct record_polls){true, 23, 3, true};
    const struct comparison_source sources[SIDES] = {{&fixture.recording, 0, SIDE_BASE},
                                                     {&fixture.recording, 0, SIDE_CAND}};
    assert_ok(heap_series_add(&fixture.comparison, &fixture.arena, sources, &fixture.err),
              &fixture.err);
    assert_false(fixture.comparison.heap[SIDE_BASE].has_polls);
    assert_true(fixture.comparison.heap[SIDE_CAND].has_polls);
    assert_int_equal(fixture.comparison.heap[SIDE_CAND].polls_lost, 3);
    assert_int_equal(fixture.comparison.note_count, 1);
    assert_str(fixture.comparison.notes[0],
               "the candidate left 3 of 23 polls of MemStats without an answer, and in 1 trial it "
               "was asked no more: what its heap did within the load is known in part");
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_within_the_load_are_marked),
        cmocka_unit_test(nobody_looked_is_not_nothing_happened),
        cmocka_unit_test(a_gap_is_an_error),
        cmocka_unit_test(polls_that_were_lost_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
