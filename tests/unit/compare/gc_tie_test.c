#include "gate/compare/gc_tie.h"

#include "tests/unit/compare/steady.h"

enum { TRIALS = 2, CYCLES = 20, SLOW = 20 };

static void put(struct fixture *fixture, struct trial_key key, enum record_table table,
                const char *text)
{
    struct str dir = {0};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_table_file(&fixture->arena, dir, table);
    assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
}

static void put_rows(struct fixture *fixture, struct trial_key key, enum record_table table,
                     const uint64_t *values, size_t len)
{
    struct str dir = {0};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_table_file(&fixture->arena, dir, table);
    assert_ok(recording_table_write(file, table, values, len, &fixture->err), &fixture->err);
}

/* At no regular distance: 300 to 500 ms apart, so that they are in 10 s. */
static uint64_t cycle_us(size_t i)
{
    return 400000 * i + (i * i * 31 + i * 17) % 101 * 1000;
}

/* Cycles of 10 ms; requests of 5 ms that begin `behind` a cycle's start. */
static void put_trial(struct fixture *fixture, struct trial_key key, uint64_t behind_us)
{
    uint64_t cycles[CYCLES][CYCLE_COLUMNS];
    uint64_t slow[SLOW][SLOW_COLUMNS];
    for (size_t i = 0; i < CYCLES; i++) {
        uint64_t from = cycle_us(i);
        const uint64_t row[CYCLE_COLUMNS] = {
            [CYCLE_NUMBER] = i + 1,     [CYCLE_FROM] = from,    [CYCLE_UNTIL] = from + 10000,
            [CYCLE_SWEEP] = 100000,     [CYCLE_MARK] = 7000000, [CYCLE_TERMINATION] = 100000,
            [CYCLE_GOAL] = RECORD_NONE,
        };
        memcpy(cycles[i], row, sizeof(row));
        slow[i][SLOW_FROM] = from + behind_us;
        slow[i][SLOW_UNTIL] = from + behind_us + 5000;
    }
    put_rows(fixture, key, TABLE_CYCLES, cycles[0], CYCLES);
    put_rows(fixture, key, TABLE_SLOW, slow[0], SLOW);
}

/* Two steady trials a side of 10 s. */
static void fixture_init(struct fixture *fixture)
{
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            struct trial_key key = {0, side, PHASE_STEADY, t + 1};
            fixture->trials[side][t] = (struct record_trial){
                .number = t + 1, .duration_ns = 10000000000, .gc = {.is_traced = true}};
            /* The baseline's requests come 100 ms behind the cycles, the candidate's within. */
            put_trial(fixture, key, side == SIDE_BASE ? 100000 : 3000);
        }
    }
}

static enum status add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return gc_tie_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->err);
}

static void requests_within_collections_are_tied_to_them(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][1].gc.lost = 3;
    assert_ok(add(&fixture), &fixture.err);
    assert_true(fixture.comparison.has_tie);
    const struct tie_side *base = &fixture.comparison.tie[SIDE_BASE];
    const struct tie_side *cand = &fixture.comparison.tie[SIDE_CAND];
    assert_int_equal(cand->cycles.events, SLOW * TRIALS);
    assert_int_equal(cand->cycle_count, CYCLES * TRIALS);
    assert_true(cand->lost_count == 3 && base->lost_count == 0);
    assert_close(overlap_share(&base->cycles), 0, 1e-12);
    assert_close(overlap_share(&cand->cycles), 1, 1e-12);
    /* 20 windows of 10 ms in 10 s, and 5 ms of each request. */
    assert_close(overlap_time_share(&cand->cycles), 0.02, 1e-9);
    assert_close(overlap_by_chance(&cand->cycles), 0.03, 0.01);
    assert_true(overlap_p(&cand->cycles) <= TIE_P_MAX && overlap_p(&base->cycles) > 0.1);
    fixture_release(&fixture);
}

/*
 * Of a cycle from 0 to 10 ms that stopped the program for 0.1 ms at its
 * start, which is known to 2 ms, and for 0.1 ms after 7.1 ms: the stops are
 * somewhere in 0 to 2.1 and 7.1 to 10 ms. Requests from 3 to 8 ms meet the second
 * one, requests from 2.1 to 7.1 ms none.
 */
static void stops_are_at_the_ends_of_a_collection(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    assert_close(overlap_share(&fixture.comparison.tie[SIDE_CAND].stops), 1, 1e-12);
    assert_close(overlap_time_share(&fixture.comparison.tie[SIDE_CAND].stops), 0.01, 1e-9);
    for (uint32_t t = 1; t <= TRIALS; t++)
        put_trial(&fixture, (struct trial_key){0, SIDE_CAND, PHASE_STEADY, t}, 2100);
    assert_ok(add(&fixture), &fixture.err);
    assert_close(overlap_share(&fixture.comparison.tie[SIDE_CAND].cycles), 1, 1e-12);
    assert_close(overlap_share(&fixture.comparison.tie[SIDE_CAND].stops), 0, 1e-12);
    fixture_release(&fixture);
}

static void what_was_not_recorded_is_no_zero(void **state)
{
    struct fixture fixture;
    struct str dir = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 2};
    (void)state;
    fixture_init(&fixture);
    assert_ok(recording_trial_dir(&dir, &fixture.arena, &fixture.recording, key, &fixture.err),
              &fixture.err);
    assert_ok(io_remove_tree(recording_table_file(&fixture.arena, dir, TABLE_CYCLES), &fixture.err),
              &fixture.err);
    assert_ok(add(&fixture), &fixture.err);
    assert_false(fixture.comparison.has_tie);
    assert_str(fixture.comparison.tie_refusal,
               "candidate, steady trial 2: the times of its slowest requests and collections were "
               "not recorded");
    fixture.comparison.tie_refusal = STR("");
    fixture.trials[SIDE_CAND][1].gc = (struct record_gc){.refusal = STR("no line came")};
    assert_ok(add(&fixture), &fixture.err);
    assert_str(fixture.comparison.tie_refusal, "candidate, steady trial 2: no line came");
    fixture_release(&fixture);
}

struct broken_case {
    const char *name;
    const char *text;
    const char *why;
};

static const struct broken_case broken_cases[] = {
    {"empty", "", "does not begin with \"# from_us until_us\""},
    {"another head", "# ms\n1 2\n", "does not begin with"},
    {"cut short", "# from_us until_us\n1 2", "cut short"},
    {"a column too few", "# from_us until_us\n1 2\n3\n", "line 3 is not 2 numbers"},
    {"a column too many", "# from_us until_us\n1 2 3\n", "line 2 is not 2 numbers"},
    {"no number", "# from_us until_us\n1 x\n", "line 2"},
    {"negative", "# from_us until_us\n-1 2\n", "line 2"},
    {"2^63", "# from_us until_us\n1 9223372036854775808\n", "line 2"},
    {"a gap", "# from_us until_us\n1 -\n", "\"-\" for a time"},
};

static void broken_tables_are_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken_cases); i++) {
        const struct broken_case *row = &broken_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        put(&fixture, (struct trial_key){0, SIDE_BASE, PHASE_STEADY, 1}, TABLE_SLOW, row->text);
        assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, row->why);
        fixture_release(&fixture);
    }
}

/* As a hostile recording may have them: it ends, and nothing is counted that is not there. */
static void times_out_of_order_do_no_harm(void **state)
{
    static const uint64_t slow[][SLOW_COLUMNS] = {
        {INT64_MAX, 1}, {5, 1}, {1, INT64_MAX}, {INT64_MAX, INT64_MAX}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_rows(&fixture, (struct trial_key){0, SIDE_BASE, PHASE_STEADY, 1}, TABLE_SLOW, slow[0],
             ARRAY_LEN(slow));
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.tie[SIDE_BASE].cycles.events, SLOW + 2);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_within_collections_are_tied_to_them),
        cmocka_unit_test(stops_are_at_the_ends_of_a_collection),
        cmocka_unit_test(what_was_not_recorded_is_no_zero),
        cmocka_unit_test(broken_tables_are_errors),
        cmocka_unit_test(times_out_of_order_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
