#include "gate/compare/gc_rows.h"

#include "gate/base/buf.h"
#include "tests/unit/compare/steady.h"

enum { TRIALS = 2 };

/* Two steady trials a side of 1000 requests in 6 s, with a collection each 100 ms. */
static void fixture_init(struct fixture *fixture)
{
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            fixture->trials[side][t] = (struct record_trial){
                .number = t + 1,
                .request_count = 1000,
                .duration_ns = 6000000000,
                .cpu_ns = 1000000000,
                .gc = {.is_traced = true,
                       .cycles = 60,
                       .pause_p99_ns = 1000000 + 100000 * t,
                       .assist_share = side == SIDE_CAND ? 0.05 : 0.02,
                       .goal_bytes = (uint64_t)(side == SIDE_CAND ? 16 : 8) << 20,
                       .cpu_share = side == SIDE_CAND ? 0.2 : 0.1},
            };
        }
    }
}

static enum status add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return gc_rows_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->err);
}

static const struct comparison_row *find(const struct fixture *fixture, enum metric metric)
{
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        if (fixture->comparison.rows[i].metric == metric)
            return &fixture->comparison.rows[i];
    }
    return NULL;
}

static const struct estimate *estimate_at(const struct fixture *fixture, enum metric metric)
{
    static const struct estimate nothing;
    const struct comparison_row *row = find(fixture, metric);
    assert_non_null(row);
    return row ? &row->estimate : &nothing;
}

static void every_number_has_a_row(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    const struct estimate *cycles = estimate_at(&fixture, METRIC_GC_PER_MINUTE);
    assert_close(cycles->base, 600, 1e-9);
    assert_close(cycles->delta, 0, 1e-9);
    const struct estimate *share = estimate_at(&fixture, METRIC_GC_CPU_SHARE);
    assert_close(share->base, 0.1, 1e-12);
    assert_close(share->cand, 0.2, 1e-12);
    assert_false(share->has_ratio);
    /* A tenth of a second over 1000 requests. */
    const struct estimate *cpu = estimate_at(&fixture, METRIC_GC_CPU);
    assert_close(cpu->base, 1e5, 1e-9);
    assert_close(cpu->ratio, 1, 1e-9);
    const struct estimate *pause = estimate_at(&fixture, METRIC_GC_PAUSE_P99);
    assert_close(pause->base, sqrt(1.0e6 * 1.1e6), 1e-9);
    assert_true(pause->has_cand_interval && pause->cand_low < 1e6 && pause->cand_high > 1.1e6);
    const struct estimate *assist = estimate_at(&fixture, METRIC_GC_ASSIST_SHARE);
    assert_close(assist->base, 0.02, 1e-12);
    assert_close(assist->delta, 0.03, 1e-12);
    assert_false(assist->has_ratio);
    const struct estimate *goal = estimate_at(&fixture, METRIC_HEAP_GOAL);
    assert_close(goal->base, 8 << 20, 1e-9);
    assert_close(goal->ratio, 1, 1e-9);
    assert_int_equal(fixture.comparison.note_count, 0);
    fixture_release(&fixture);
}

/*
 * The same work can have a cycle more or less, in all processes alike: half of
 * one, 5 a minute, is the least spread of a process, t(0.995, 2) = 9.92484.
 */
static void one_cycle_is_no_change(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t t = 0; t < TRIALS; t++)
        fixture.trials[SIDE_CAND][t].gc.cycles = 61;
    assert_ok(add(&fixture), &fixture.err);
    const struct estimate *cycles = estimate_at(&fixture, METRIC_GC_PER_MINUTE);
    assert_close(cycles->delta, 10, 1e-9);
    assert_close(cycles->delta_low, 10 - 5 * 9.924843200918292, 1e-6);
    assert_close(cycles->delta_high, 10 + 5 * 9.924843200918292, 1e-6);
    assert_close(cycles->slack, 0, 0);
    assert_false(cycles->has_cand_interval);
    fixture_release(&fixture);
}

static void a_trial_that_was_not_traced_refuses_all(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][1].gc = (struct record_gc){.refusal = STR("no line came")};
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    assert_str(fixture.comparison.gc_refusal, "candidate, steady trial 2: no line came");
    assert_str(fixture.comparison.notes[0],
               "the collector is not compared: candidate, steady trial 2: no line came");
    fixture_release(&fixture);
}

static void a_recording_without_traces_is_not_talked_about(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_BASE][0].gc = (struct record_gc){0};
    assert_ok(add(&fixture), &fixture.err);
    assert_str(fixture.comparison.gc_refusal,
               "baseline, steady trial 1: the collector was not traced");
    assert_int_equal(fixture.comparison.note_count, 0);
    fixture_release(&fixture);
}

static void without_a_collection_there_is_no_pause(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_BASE][1].gc = (struct record_gc){.is_traced = true};
    assert_ok(add(&fixture), &fixture.err);
    assert_null(find(&fixture, METRIC_GC_PAUSE_P99));
    assert_str(fixture.comparison.gc_pause_refusal,
               "baseline, steady trial 2: no collection ran during the load");
    assert_null(find(&fixture, METRIC_HEAP_GOAL));
    assert_str(comparison_why_unmeasured(&fixture.comparison, METRIC_HEAP_GOAL),
               "baseline, steady trial 2: no collection ran during the load, or none had a goal");
    assert_close(estimate_at(&fixture, METRIC_GC_PER_MINUTE)->base, 300, 1e-9);
    assert_close(estimate_at(&fixture, METRIC_GC_CPU_SHARE)->base, 0.05, 1e-9);
    fixture_release(&fixture);
}

struct ring_case {
    const char *name;
    unsigned warm_count, end_count, forced;
    const char *refusal; /* NULL: the pause is there */
    double pause_ns;
};

/*
 * Place i of the ring holds i + 1; cycle N has place (N - 1) % 256, so cycle
 * 20 took 20 ns. Of cycles 12 to 265 (1 to 9 and 12 to 256 ns) the 252nd of
 * 254 is p99.
 */
static const struct ring_case ring_cases[] = {
    {"the largest of cycles 12 to 20", 10, 21, 2, NULL, 20},
    {"as many as there is room for", 10, 266, 2, NULL, 254},
    {"more than that", 10, 267, 2, "more collections than the 256 whose pauses MemStats keeps", 0},
    {"others are forced", 10, 21, 5, NULL, 20},
    {"none between", 10, 12, 2, "MemStats knows of no collection", 0},
    {"backwards", 10, 9, 2, "does not hold its pauses", 0},
};

static void put_memstats(struct fixture *fixture, enum point point, unsigned count, unsigned forced)
{
    struct str dir = {0};
    struct buf text;
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 2};
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    buf_text(&text, "heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n"
                    "# TotalAlloc = 1\n# Mallocs = 1\n# Frees = 1\n# Sys = 1\n# HeapAlloc = 1\n"
                    "# HeapSys = 1\n# HeapIdle = 1\n# HeapInuse = 1\n# HeapReleased = 1\n"
                    "# HeapObjects = 1\n# Stack = 1 / 1\n# MSpan = 1 / 1\n# MCache = 1 / 1\n"
                    "# BuckHashSys = 1\n# GCSys = 1\n# OtherSys = 1\n# NextGC = 1\n"
                    "# GCCPUFraction = 0\n# PauseNs = [");
    for (unsigned i = 1; i <= 256; i++)
        buf_printf(&text, "%s%u", i > 1 ? " " : "", i);
    buf_printf(&text, "]\n# NumGC = %u\n# NumForcedGC = %u\n", count, forced);
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_point_file(&fixture->arena, dir, point, true);
    assert_ok(io_write_file(file, bytes_of_str(buf_view(&text)), &fixture->err), &fixture->err);
    buf_release(&text);
}

static void lost_lines_leave_the_pauses_to_memstats(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ring_cases); i++) {
        const struct ring_case *row = &ring_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        fixture.trials[SIDE_CAND][1].gc.lost = 7;
        fixture.trials[SIDE_CAND][0].gc.pause_p99_ns = (uint64_t)row->pause_ns;
        put_memstats(&fixture, POINT_WARM, row->warm_count, 4);
        put_memstats(&fixture, POINT_END, row->end_count, 4 + row->forced);
        assert_ok(add(&fixture), &fixture.err);
        assert_true(
            str_contains(fixture.comparison.notes[0],
                         STR("candidate, steady trial 2: other output tore 7 of 60 lines")));
        if (row->refusal) {
            assert_null(find(&fixture, METRIC_GC_PAUSE_P99));
            assert_true(str_contains(fixture.comparison.gc_pause_refusal, str_from(row->refusal)));
        } else {
            assert_close(estimate_at(&fixture, METRIC_GC_PAUSE_P99)->cand, row->pause_ns, 1e-9);
        }
        fixture_release(&fixture);
    }
}

struct check_case {
    const char *name;
    unsigned numbers[3];
    uint64_t stop_ns;  /* of each */
    const char *doubt; /* NULL: none */
};

/* MemStats counted 10 collections before the load and 21 behind it. */
static const struct check_case check_cases[] = {
    /* The ring says 11 to 13 ns; less than 10 us a collection is rounding. */
    {"as MemStats has it", {11, 12, 13}, 12, NULL},
    {"rounding", {11, 12, 13}, 10000, NULL},
    {"longer stops",
     {11, 12, 13},
     10100,
     "3 collections stopped the program for 0.030 ms, by MemStats for 0.000 ms"},
    {"of before",
     {10, 12, 13},
     12,
     "collection 10 during the load, MemStats counted 10 before it and 21 behind it"},
    {"of behind", {11, 12, 22}, 12, "collection 22 during the load"},
};

static struct str doubt_at(const struct fixture *fixture, enum metric metric)
{
    const struct comparison_row *row = find(fixture, metric);
    assert_non_null(row);
    return row ? row->doubt : STR("");
}

static void put_cycles(struct fixture *fixture, const struct check_case *row)
{
    struct str dir = {0};
    uint64_t rows[3][CYCLE_COLUMNS] = {{0}};
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 2};
    for (size_t i = 0; i < 3; i++) {
        rows[i][CYCLE_NUMBER] = row->numbers[i];
        rows[i][CYCLE_SWEEP] = row->stop_ns / 2;
        rows[i][CYCLE_TERMINATION] = row->stop_ns / 2;
    }
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_table_file(&fixture->arena, dir, TABLE_CYCLES);
    assert_ok(recording_table_write(file, TABLE_CYCLES, rows[0], 3, &fixture->err), &fixture->err);
}

static void what_memstats_denies_is_in_doubt(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(check_cases); i++) {
        const struct check_case *row = &check_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        put_memstats(&fixture, POINT_WARM, 10, 2);
        put_memstats(&fixture, POINT_END, 21, 4);
        put_cycles(&fixture, row);
        assert_ok(add(&fixture), &fixture.err);
        struct str doubt = doubt_at(&fixture, METRIC_GC_PAUSE_P99);
        assert_int_equal(fixture.comparison.note_count, row->doubt ? 1 : 0);
        if (row->doubt) {
            assert_true(str_contains(doubt, str_from(row->doubt)));
        } else {
            assert_int_equal(doubt.len, 0);
        }
        fixture_release(&fixture);
    }
}

/* Of 4 collections two are memgate's. */
static void more_than_memstats_counted_is_in_doubt(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_memstats(&fixture, POINT_WARM, 10, 2);
    put_memstats(&fixture, POINT_END, 14, 4);
    put_cycles(&fixture, &check_cases[0]);
    assert_ok(add(&fixture), &fixture.err);
    assert_str(doubt_at(&fixture, METRIC_GC_CPU),
               "candidate, steady trial 2: gctrace printed 3 collections, MemStats counted 2 "
               "besides memgate's");
    fixture_release(&fixture);
}

static void a_missing_text_is_an_error(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][1].gc.lost = 7;
    assert_fails(add(&fixture), STATUS_NOT_FOUND, &fixture.err, "warm.txt");
    fixture.trials[SIDE_CAND][1].gc.lost = 61;
    assert_fails(add(&fixture), STATUS_INVALID, &fixture.err, "more collections were lost");
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_a_row),
        cmocka_unit_test(one_cycle_is_no_change),
        cmocka_unit_test(a_trial_that_was_not_traced_refuses_all),
        cmocka_unit_test(a_recording_without_traces_is_not_talked_about),
        cmocka_unit_test(without_a_collection_there_is_no_pause),
        cmocka_unit_test(lost_lines_leave_the_pauses_to_memstats),
        cmocka_unit_test(what_memstats_denies_is_in_doubt),
        cmocka_unit_test(more_than_memstats_counted_is_in_doubt),
        cmocka_unit_test(a_missing_text_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
