#include "gate/compare/trace_check.h"

#include "tests/unit/compare/steady.h"

enum { CYCLES = 6 };

/* What one collection is by both: the trace begins 700 us behind what gctrace gives as earliest. */
struct both {
    uint64_t traced[TRACED_COLUMNS];
    uint64_t printed[CYCLE_COLUMNS];
};

static struct both both_of(size_t i)
{
    uint64_t from = 100000 + 50000 * (uint64_t)i;
    return (struct both){
        .traced = {[TRACED_FROM] = from + 700,
                   [TRACED_UNTIL] = from + 10700,
                   [TRACED_SWEEP] = 38720,
                   [TRACED_TERMINATION] = 48128,
                   [TRACED_ASSIST_RUNNING] = 2500000,
                   [TRACED_ASSIST_ENDING] = 400000,
                   [TRACED_ASSISTS] = 2},
        .printed = {[CYCLE_NUMBER] = i + 7,
                    [CYCLE_FROM] = from,
                    [CYCLE_UNTIL] = from + 12000,
                    [CYCLE_SWEEP] = 38000,
                    [CYCLE_TERMINATION] = 9000,
                    [CYCLE_ASSIST] = 2100000,
                    [CYCLE_GOAL] = RECORD_NONE},
    };
}

static void put(struct fixture *fixture, enum side side, enum record_table table,
                const uint64_t *values, size_t len)
{
    struct str dir = trial_dir(fixture, side, 1);
    struct str file = recording_table_file(&fixture->arena, dir, table);
    assert_ok(recording_table_write(file, table, values, len, &fixture->err), &fixture->err);
}

static void put_both(struct fixture *fixture, enum side side, const struct both *both,
                     size_t traced_len, size_t printed_len)
{
    uint64_t traced[CYCLES][TRACED_COLUMNS];
    uint64_t printed[CYCLES][CYCLE_COLUMNS];
    for (size_t i = 0; i < CYCLES; i++) {
        memcpy(traced[i], both[i].traced, sizeof(traced[i]));
        memcpy(printed[i], both[i].printed, sizeof(printed[i]));
    }
    put(fixture, side, TABLE_TRACED, traced[0], traced_len);
    put(fixture, side, TABLE_GCTRACE, printed[0], printed_len);
}

static const struct record_trace read_trace = {
    .is_read = true,
    .totals = {.version = 26,
               .from_ns = 90000000,
               .until_ns = 1090000000,
               .gc_stops = {12, 1000000, 50000},
               .waits = {[TRACE_WAIT_SYNC] = {3, 30, 20}}},
};

static void fixture_init(struct fixture *fixture, struct both both[CYCLES])
{
    fixture_open(fixture, 1);
    for (size_t i = 0; i < CYCLES; i++)
        both[i] = both_of(i);
    for (enum side side = 0; side < SIDES; side++) {
        fixture->trials[side][0].trace = &read_trace;
        put_both(fixture, side, both, CYCLES, CYCLES);
    }
}

static enum status check(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return trace_check_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->err);
}

static const struct trace_side *checked(struct fixture *fixture)
{
    assert_ok(check(fixture), &fixture->err);
    assert_non_null(fixture->comparison.traces);
    return &fixture->comparison.traces[SIDE_CAND];
}

static void sums_are_of_the_same_collections(void **state)
{
    struct fixture fixture;
    struct both both[CYCLES];
    (void)state;
    fixture_init(&fixture, both);
    const struct trace_side *have = checked(&fixture);
    assert_int_equal(have->trial_count, 1);
    assert_int_equal(have->refusal.len, 0);
    assert_int_equal(have->window_ns, 1000000000);
    assert_int_equal(have->totals.gc_stops.count, 12);
    assert_int_equal(have->totals.waits[TRACE_WAIT_SYNC].max_ns, 20);
    assert_int_equal(have->traced_count, CYCLES);
    assert_int_equal(have->matched_count, CYCLES);
    assert_close(have->traced_stop_ns, 6 * (38720 + 48128), 0);
    assert_close(have->printed_stop_ns, 6 * (38000 + 9000), 0);
    assert_close(have->traced_assist_high_ns, 6 * 2500000, 0);
    assert_close(have->traced_assist_low_ns, 6 * 2100000, 0);
    assert_close(have->printed_assist_ns, 6 * 2100000, 0);
    assert_int_equal(have->stops_apart, 0);
    assert_int_equal(have->assists_apart, 0);
    assert_false(trace_stops_are_apart(have) || trace_assists_are_apart(have));
    fixture_release(&fixture);
}

/* The third line was torn, the first collection began before the trace; both clocks are apart. */
static void a_torn_line_shifts_no_other(void **state)
{
    struct fixture fixture;
    struct both both[CYCLES];
    uint64_t traced[CYCLES - 1][TRACED_COLUMNS];
    uint64_t printed[CYCLES - 1][CYCLE_COLUMNS];
    (void)state;
    fixture_init(&fixture, both);
    for (size_t i = 0; i < CYCLES - 1; i++) {
        memcpy(traced[i], both[i + 1].traced, sizeof(traced[i]));
        memcpy(printed[i], both[i < 2 ? i : i + 1].printed, sizeof(printed[i]));
        traced[i][TRACED_FROM] -= 6000;
    }
    for (size_t i = 0; i < CYCLES - 1; i++)
        printed[i][CYCLE_SWEEP] = 10000 * printed[i][CYCLE_NUMBER];
    put(&fixture, SIDE_CAND, TABLE_TRACED, traced[0], CYCLES - 1);
    put(&fixture, SIDE_CAND, TABLE_GCTRACE, printed[0], CYCLES - 1);
    const struct trace_side *have = checked(&fixture);
    assert_int_equal(have->traced_count, CYCLES - 1);
    assert_int_equal(have->matched_count, CYCLES - 2);
    /* Numbers 8, 10, 11 and 12. */
    assert_close(have->printed_stop_ns, 10000 * (8 + 10 + 11 + 12) + 4 * 9000, 0);
    fixture_release(&fixture);
}

/* Of another load: no line is near. */
static void lines_of_another_time_are_no_match(void **state)
{
    struct fixture fixture;
    struct both both[CYCLES];
    (void)state;
    fixture_init(&fixture, both);
    for (size_t i = 0; i < CYCLES; i++)
        both[i].printed[CYCLE_FROM] += 60000000;
    put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
    const struct trace_side *have = checked(&fixture);
    assert_int_equal(have->traced_count, CYCLES);
    assert_int_equal(have->matched_count, 0);
    put_both(&fixture, SIDE_CAND, both, CYCLES, 0);
    assert_int_equal(checked(&fixture)->matched_count, 0);
    put_both(&fixture, SIDE_CAND, both, 0, CYCLES);
    assert_int_equal(checked(&fixture)->traced_count, 0);
    fixture_release(&fixture);
}

/*
 * Of a stop of 38 + 9 us by gctrace and 86.848 us by the trace; of assists of
 * 2.1 ms by gctrace and 2.1 to 2.5 ms by the trace. Steps at the limits:
 * 47 + 40 us in gctrace; (38 + 9) * 1.1 + 2 + 4000 us = 4053.7 us in the
 * trace; 2540 us; 2.1 * 1.1 + 0.001 + 2 * 0.05 = 2.411 ms without the ending.
 */
static const struct apart_case {
    const char *name;
    int column; /* of the trace */
    uint64_t value;
    bool stops;
    bool assists;
} apart_cases[] = {
    {"a stop that the trace lacks, but for 40 us", TRACED_TERMINATION, 0, false, false},
    {"as long as is explained", TRACED_TERMINATION, 4053700 - 38720, false, false},
    {"longer", TRACED_TERMINATION, 4053701 - 38720, true, false},
    {"assists as long as is explained", TRACED_ASSIST_RUNNING, 2411000 + 400000, false, false},
    {"longer assists", TRACED_ASSIST_RUNNING, 2411001 + 400000, false, true},
    {"assists that gctrace alone has", TRACED_ASSIST_RUNNING, 2059999, false, true},
    {"nearly as much", TRACED_ASSIST_RUNNING, 2060000, false, false},
};

static void what_is_not_explained_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(apart_cases); i++) {
        const struct apart_case *row = &apart_cases[i];
        struct fixture fixture;
        struct both both[CYCLES];
        print_message("  %s\n", row->name);
        fixture_init(&fixture, both);
        for (size_t cycle = 0; cycle < CYCLES; cycle++)
            both[cycle].traced[row->column] = row->value;
        put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
        const struct trace_side *have = checked(&fixture);
        assert_int_equal(trace_stops_are_apart(have), row->stops);
        assert_int_equal(trace_assists_are_apart(have), row->assists);
        assert_int_equal(have->stops_apart, row->stops ? CYCLES : 0);
        assert_int_equal(have->assists_apart, row->assists ? CYCLES : 0);
        assert_false(trace_stops_are_apart(&fixture.comparison.traces[SIDE_BASE]));
        fixture_release(&fixture);
    }
}

/* 200 us of a stop of which the trace has 87. */
static void a_stop_that_the_trace_lacks_is_told(void **state)
{
    struct fixture fixture;
    struct both both[CYCLES];
    (void)state;
    fixture_init(&fixture, both);
    for (size_t cycle = 0; cycle < 3; cycle++)
        both[cycle].printed[CYCLE_SWEEP] = 200000;
    put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
    const struct trace_side *have = checked(&fixture);
    assert_int_equal(have->stops_apart, 3);
    assert_false(trace_stops_are_apart(have));
    both[3].printed[CYCLE_SWEEP] = 200000;
    put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
    have = checked(&fixture);
    assert_int_equal(have->stops_apart, 4);
    assert_true(trace_stops_are_apart(have));
    fixture_release(&fixture);
}

static void a_reason_is_no_figure(void **state)
{
    static const struct record_trace refused = {.refusal = STR_INIT("answered 404")};
    struct fixture fixture;
    struct both both[CYCLES];
    (void)state;
    fixture_init(&fixture, both);
    fixture.trials[SIDE_CAND][0].trace = &refused;
    const struct trace_side *have = checked(&fixture);
    assert_int_equal(have->trial_count, 0);
    assert_str(have->refusal, "steady trial 1: answered 404");
    fixture.trials[SIDE_CAND][0].trace = NULL;
    assert_str(checked(&fixture)->refusal, "steady trial 1: not asked for");
    fixture.trials[SIDE_BASE][0].trace = NULL;
    fixture.comparison.traces = NULL;
    assert_ok(check(&fixture), &fixture.err);
    assert_null(fixture.comparison.traces);
    fixture_release(&fixture);
}

static void damaged_tables_are_errors(void **state)
{
    struct fixture fixture;
    struct both both[CYCLES];
    (void)state;
    fixture_init(&fixture, both);
    both[2].traced[TRACED_ASSIST_ENDING] = 2500001;
    put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
    assert_fails(check(&fixture), STATUS_FORMAT, &fixture.err,
                 "candidate: trace-gc.txt has more of a part than of the whole");
    both[2].traced[TRACED_ASSIST_ENDING] = 0;
    both[2].traced[TRACED_SWEEP] = RECORD_NONE;
    put_both(&fixture, SIDE_CAND, both, CYCLES, CYCLES);
    assert_fails(check(&fixture), STATUS_FORMAT, &fixture.err, "\"-\" for a time");
    struct str file =
        recording_table_file(&fixture.arena, trial_dir(&fixture, SIDE_CAND, 1), TABLE_TRACED);
    assert_ok(io_remove_tree(file, &fixture.err), &fixture.err);
    assert_fails(check(&fixture), STATUS_FORMAT, &fixture.err,
                 "steady trial 1 has trace.json, but not its tables");
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_of_the_same_collections),
        cmocka_unit_test(a_torn_line_shifts_no_other),
        cmocka_unit_test(lines_of_another_time_are_no_match),
        cmocka_unit_test(what_is_not_explained_is_told),
        cmocka_unit_test(a_stop_that_the_trace_lacks_is_told),
        cmocka_unit_test(a_reason_is_no_figure),
        cmocka_unit_test(damaged_tables_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
