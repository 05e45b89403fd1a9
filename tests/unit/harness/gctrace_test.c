#include "gate/harness/gctrace.h"

#include "tests/support/check.h"

struct line_case {
    const char *name;
    const char *line;
    struct gctrace_line want;
};

/* As the releases print them; the sums by hand. */
static const struct line_case line_cases[] = {
    {"Go 1.19, forced",
     "gc 1 @0.003s 50%: 3.7+0.20+0.003 ms clock, 7.5+0/0.16/0+0.007 ms cpu, 0->0->0 MB, 4 MB goal, "
     "0 MB stacks, 0 MB globals, 2 P (forced)",
     {1, 3703000, 0, 7667000, 4 << 20, true, 3000000, 3700000, 200000, 3000, 0, 0, 0}},
    {"Go 1.22",
     "gc 3 @0.005s 6%: 0.024+0.49+0.027 ms clock, 0.049+0.064/0.13/0.15+0.054 ms cpu, 3->3->0 MB, "
     "4 MB goal, 0 MB stacks, 0 MB globals, 2 P",
     {3, 51000, 64000, 447000, 4 << 20, false, 5000000, 24000, 490000, 27000, 3 << 20, 3 << 20, 0}},
    {"Go 1.23, a long stop",
     "gc 4 @0.030s 4%: 2.3+0.49+0.003 ms clock, 4.7+0.18/0/0+0.006 ms cpu, 4->5->1 MB, 5 MB goal, "
     "0 MB stacks, 0 MB globals, 2 P",
     {4, 2303000, 180000, 4886000, 5 << 20, false, 30000000, 2300000, 490000, 3000, 4 << 20,
      5 << 20, 1 << 20}},
    {"Go 1.27",
     "gc 3 @0.013s 1%: 3.6+1.0+0.024 ms clock, 7.3+0.043/0.096/3.7+0.048 ms cpu, 3->4->2 MB, 4 MB "
     "goal, 0 MB stacks, 0 MB globals, 2 P",
     {3, 3624000, 43000, 11187000, 4 << 20, false, 13000000, 3600000, 1000000, 24000, 3 << 20,
      4 << 20, 2 << 20}},
    {"Go 1.26, looking for leaks",
     "gc 9 @0.013s 1% (checking for goroutine leaks): 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 3->4->2 "
     "MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
     {9, 2000000, 1000000, 5000000, 4 << 20, true, 13000000, 1000000, 1000000, 1000000, 3 << 20,
      4 << 20, 2 << 20}},
    {"GOGC=off: no goal",
     "gc 2 @9.013s 0%: 0.01+12+0.02 ms clock, 0.02+0/0/0+0.04 ms cpu, 3->4->2 MB, 17592186044415 "
     "MB goal, 0 MB stacks, 0 MB globals, 128 P (forced)",
     {2, 30000, 0, 60000, 0, true, 9013000000, 10000, 12000000, 20000, 3 << 20, 4 << 20, 2 << 20}},
};

static void lines_of_every_release_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(line_cases); i++) {
        const struct line_case *row = &line_cases[i];
        struct gctrace_line have = {0};
        print_message("%s\n", row->name);
        assert_true(gctrace_parse(&have, str_from(row->line)));
        assert_true(have.number == row->want.number && have.is_forced == row->want.is_forced);
        assert_int_equal(have.stop_ns, row->want.stop_ns);
        assert_int_equal(have.assist_ns, row->want.assist_ns);
        assert_int_equal(have.cpu_ns, row->want.cpu_ns);
        assert_int_equal(have.goal_bytes, row->want.goal_bytes);
        assert_int_equal(have.at_ns, row->want.at_ns);
        assert_int_equal(have.sweep_ns, row->want.sweep_ns);
        assert_int_equal(have.mark_ns, row->want.mark_ns);
        assert_int_equal(have.termination_ns, row->want.termination_ns);
        assert_int_equal(have.start_bytes, row->want.start_bytes);
        assert_int_equal(have.end_bytes, row->want.end_bytes);
        assert_int_equal(have.live_bytes, row->want.live_bytes);
    }
}

static const char *const strangers[] = {
    "",
    "gc",
    "gc 1 @0.1s 1%",
    "GET /gc 1 @0.003s",
    /* torn by a line of the program's own */
    "gc 3 @0.013s 1%: 0.071+2026/11/25 GET /work",
    "+1.6+0.005 ms clock, 0.14+0/0/0+0 ms cpu, 3->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P",
    /* something behind its end */
    "gc 3 @0s 1%: 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 3->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB "
    "globals, 2 P (forced)x",
    /* no first cycle, and a pause of eleven days */
    "gc 0 @0s 1%: 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 3->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB "
    "globals, 2 P",
    "gc 3 @0s 1%: 1000000001+1+1 ms clock, 1+1/1/1+1 ms cpu, 3->5->2 MB, 4 MB goal, 0 MB stacks, 0 "
    "MB globals, 2 P",
    "gc -3 @0s 1%: 1+1+1 ms clock, 1+1/1/1+1 ms cpu, 3->5->2 MB, 4 MB goal, 0 MB stacks, 0 MB "
    "globals, 2 P",
};

static void other_lines_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        struct gctrace_line have = {.number = 77};
        print_message("%s\n", strangers[i]);
        assert_false(gctrace_parse(&have, str_from(strangers[i])));
        assert_true(have.number == 77);
    }
}

struct trial {
    struct arena arena;
    struct gctrace trace;
    struct record_gc gc;
};

static void trial_init(struct trial *trial)
{
    arena_init(&trial->arena);
    gctrace_init(&trial->trace, &trial->arena);
}

/* A collection that stopped the program for 2 * ms, of 10 ms CPU, 1 ms of it assists. */
static void feed_cycle(struct trial *trial, unsigned number, unsigned ms, const char *behind)
{
    struct str line = str_format(&trial->arena,
                                 "gc %u @0.1s 1%%: %u+9+%u ms clock, 2+1/3/3+1 ms cpu, 3->4->2 MB, "
                                 "%u MB goal, 0 MB stacks, 0 MB globals, 2 P%s\n",
                                 number, ms, ms, number, behind);
    /* In two pieces, as a pipe may give it. */
    gctrace_feed(&trial->trace, line.data, 20, 0);
    gctrace_feed(&trial->trace, line.data + 20, line.len - 20, 0);
}

static void feed_text(struct trial *trial, const char *text)
{
    gctrace_feed(&trial->trace, text, strlen(text), 0);
}

static void summarize(struct trial *trial)
{
    gctrace_summarize(&trial->trace, &trial->arena, 100000000, &trial->gc);
}

static void only_the_load_counts(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    feed_text(&trial, "listening\n");
    feed_cycle(&trial, 1, 500, "");
    feed_cycle(&trial, 2, 500, " (forced)");
    gctrace_begin(&trial.trace);
    for (unsigned i = 3; i < 13; i++) {
        /* runtime.GC by the service costs as much as any other. */
        feed_cycle(&trial, i, i + 1, i % 2 ? " (forced)" : "");
        feed_text(&trial, "GET /work\n");
    }
    gctrace_end(&trial.trace);
    feed_cycle(&trial, 13, 500, " (forced)");
    feed_cycle(&trial, 14, 500, " (forced)");
    summarize(&trial);
    assert_true(trial.gc.is_traced);
    assert_int_equal(trial.gc.cycles, 10);
    assert_int_equal(trial.gc.lost, 0);
    /* 8, 10 ... 26 ms */
    assert_int_equal(trial.gc.pause_p50_ns, 16000000);
    assert_int_equal(trial.gc.pause_p99_ns, 26000000);
    assert_int_equal(trial.gc.pause_max_ns, 26000000);
    assert_close(trial.gc.assist_share, 0.1, 1e-12);
    assert_close(trial.gc.cpu_share, 1.0, 1e-12);
    assert_int_equal(trial.gc.goal_bytes, 12 << 20);
    arena_release(&trial.arena);
}

static void no_cycle_is_a_measurement(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    feed_cycle(&trial, 1, 1, " (forced)");
    gctrace_begin(&trial.trace);
    gctrace_end(&trial.trace);
    feed_cycle(&trial, 2, 1, " (forced)");
    summarize(&trial);
    assert_true(trial.gc.is_traced && trial.gc.refusal.len == 0);
    assert_true(trial.gc.cycles == 0 && trial.gc.lost == 0 && trial.gc.pause_p99_ns == 0);
    arena_release(&trial.arena);
}

static void the_numbers_tell_what_was_torn(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    feed_cycle(&trial, 1, 1, " (forced)");
    gctrace_begin(&trial.trace);
    feed_cycle(&trial, 2, 1, "");
    feed_text(&trial,
              "gc 3 @0.1s 1%: 5+GET /work\n9+5 ms clock, 2+1/3/3+1 ms cpu, 3->4->2 MB, 4 MB "
              "goal, 0 MB stacks, 0 MB globals, 2 P\n");
    feed_cycle(&trial, 4, 2, "");
    gctrace_end(&trial.trace);
    feed_cycle(&trial, 5, 1, " (forced)");
    summarize(&trial);
    assert_true(trial.gc.is_traced);
    assert_int_equal(trial.gc.cycles, 3);
    assert_int_equal(trial.gc.lost, 1);
    assert_int_equal(trial.gc.pause_max_ns, 4000000);
    /* Two of 10 ms were seen; the third is taken for as much. */
    assert_close(trial.gc.cpu_share, 0.3, 1e-12);
    arena_release(&trial.arena);
}

struct refusal_case {
    const char *name;
    unsigned before, in_load, after; /* numbers of one line each; 0: none */
    const char *why;
};

static const struct refusal_case refusal_cases[] = {
    {"silence", 0, 0, 0, "before the load: the service sets GODEBUG or standard error itself"},
    {"none before", 0, 2, 3, "no line of gctrace came before the load"},
    {"none after", 1, 2, 0, "no line of gctrace came after the load"},
    {"two programs", 5, 2, 6, "more than one Go program"},
    {"mostly torn", 1, 2, 5, "2 of 3 lines of gctrace were torn"},
};

static void what_cannot_be_trusted_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        struct trial trial;
        print_message("%s\n", row->name);
        trial_init(&trial);
        if (row->before)
            feed_cycle(&trial, row->before, 1, "");
        gctrace_begin(&trial.trace);
        if (row->in_load)
            feed_cycle(&trial, row->in_load, 1, "");
        gctrace_end(&trial.trace);
        if (row->after)
            feed_cycle(&trial, row->after, 1, "");
        summarize(&trial);
        assert_false(trial.gc.is_traced);
        assert_true(trial.gc.cycles == 0);
        assert_true(str_contains(trial.gc.refusal, str_from(row->why)));
        arena_release(&trial.arena);
    }
}

/* A service can print what it likes, and as fast as it can. */
static void a_flood_of_lines_is_bounded(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    feed_cycle(&trial, 1, 1, " (forced)");
    gctrace_begin(&trial.trace);
    trial.trace.cycles = ARENA_ARRAY(&trial.arena, struct gctrace_cycle, GCTRACE_CYCLES_MAX);
    trial.trace.cycle_cap = GCTRACE_CYCLES_MAX;
    trial.trace.cycle_count = GCTRACE_CYCLES_MAX - 1;
    feed_cycle(&trial, 2, 1, "");
    assert_false(trial.trace.is_flood);
    feed_cycle(&trial, 3, 1, "");
    assert_int_equal(trial.trace.cycle_count, GCTRACE_CYCLES_MAX);
    gctrace_end(&trial.trace);
    feed_cycle(&trial, 4, 1, " (forced)");
    summarize(&trial);
    assert_false(trial.gc.is_traced);
    assert_str(trial.gc.refusal, "more than 400000 lines of gctrace came during the load");
    arena_release(&trial.arena);
}

static void feed_at(struct trial *trial, const char *line, uint64_t now_ns)
{
    gctrace_feed(&trial->trace, line, strlen(line), now_ns);
}

/*
 * The runtime began at 500.0 ms of our clock. Cycle 2 ran from 100.9 to 103.9 ms of its own and
 * its line took 0.1 ms, so the beginning is known as 604.0 - 100 - 3 = 501.0 ms; cycle 3 ran from
 * 200.1 to 212.4 ms (printed as 12) and its line took 5 ms; cycle 4 began at 300.0 ms sharp and
 * its line took 0.1 ms: 800.0 + 4.1 - 300 - 4 = 500.1 ms, the least. The load began at 650 ms.
 */
static void cycles_are_placed_on_our_clock(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    feed_at(&trial,
            "gc 2 @0.100s 1%: 1.0+1.0+1.0 ms clock, 1+1/1/1+1 ms cpu, 3->4->2 MB, 4 MB goal, 0 MB "
            "stacks, 0 MB globals, 2 P\n",
            604000000);
    gctrace_begin(&trial.trace);
    feed_at(&trial,
            "gc 3 @0.200s 1%: 0.10+12+0.20 ms clock, 1+2/3/4+1 ms cpu, 3->5->2 MB, 6 MB goal, 0 MB "
            "stacks, 0 MB globals, 2 P\n",
            717400000);
    feed_at(
        &trial,
        "gc 4 @0.300s 1%: 1.0+2.0+1.0 ms clock, 1+1/1/1+1 ms cpu, 3->4->2 MB, 17592186044415 MB "
        "goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n",
        804100000);
    struct record_rows rows = gctrace_rows(&trial.trace, &trial.arena, 650000000);
    assert_int_equal(rows.len, 2);
    assert_int_equal(rows.columns, CYCLE_COLUMNS);
    /* 500.1 + 200 - 1 = 699.1 ms; 500.1 + 200 + 1 + 12.3 + 1 = 714.4 ms, before the line came. */
    const uint64_t want[2][CYCLE_COLUMNS] = {
        {3, 0, 49100, 64400, 100000, 12000000, 200000, 2000000, 11000000, 3 << 20, 5 << 20, 2 << 20,
         6 << 20},
        /* 500.1 + 300 - 1 = 799.1 ms; the line came at 804.1 ms. */
        {4, 1, 149100, 154100, 1000000, 2000000, 1000000, 1000000, 5000000, 3 << 20, 4 << 20,
         2 << 20, RECORD_NONE},
    };
    for (size_t row = 0; row < 2; row++) {
        for (size_t column = 0; column < CYCLE_COLUMNS; column++)
            assert_int_equal(record_at(&rows, row, column), want[row][column]);
    }
    arena_release(&trial.arena);
}

static void a_line_without_end_does_no_harm(void **state)
{
    struct trial trial;
    (void)state;
    trial_init(&trial);
    for (size_t i = 0; i < 1000; i++)
        feed_text(&trial, "gc 1 @0.1s ");
    feed_text(&trial, "\n");
    feed_cycle(&trial, 7, 1, " (forced)");
    assert_int_equal(trial.trace.number_before, 7);
    arena_release(&trial.arena);
}

static void a_setting_of_the_service_is_seen(void **state)
{
    (void)state;
    assert_true(gctrace_is_set(STR("gctrace=0")));
    assert_true(gctrace_is_set(STR("madvdontneed=1, gctrace=2")));
    assert_false(gctrace_is_set(STR("")));
    assert_false(gctrace_is_set(STR("xgctrace=1,inittrace=1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_every_release_are_read),
        cmocka_unit_test(other_lines_are_none),
        cmocka_unit_test(only_the_load_counts),
        cmocka_unit_test(no_cycle_is_a_measurement),
        cmocka_unit_test(the_numbers_tell_what_was_torn),
        cmocka_unit_test(what_cannot_be_trusted_is_refused),
        cmocka_unit_test(a_flood_of_lines_is_bounded),
        cmocka_unit_test(cycles_are_placed_on_our_clock),
        cmocka_unit_test(a_line_without_end_does_no_harm),
        cmocka_unit_test(a_setting_of_the_service_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
