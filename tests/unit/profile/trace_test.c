#include "tests/unit/profile/trace_maker.h"

static void assert_sum(const struct trace_sum *have, uint64_t count, uint64_t ns, uint64_t max_ns)
{
    assert_int_equal(have->count, count);
    assert_int_equal(have->ns, ns);
    assert_int_equal(have->max_ns, max_ns);
}

/* Goroutine 1 on thread 7 collects, assists, waits, calls the system; the time is in the margin. */
static void put_thread_7(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, 100, 0, 1);              /* 1100: running */
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 2);               /* 1101: running */
    EVENT(maker, TRACE_GO_STATUS, 1, 2, TRACE_NO_THREAD, 4); /* 1102: waiting */
    EVENT(maker, TRACE_GC_BEGIN, 98, 1, 0);                  /* 1200 */
    EVENT(maker, TRACE_STW_BEGIN, 50, STOP_SWEEP, 0);        /* 1250 */
    EVENT(maker, TRACE_STW_END, 30);                         /* 1280 */
    EVENT(maker, TRACE_ASSIST_BEGIN, 20, 0);                 /* 1300 */
    EVENT(maker, TRACE_GO_BLOCK, 100, REASON_SYNC, 0);       /* 1400 */
    EVENT(maker, TRACE_GO_START, 160, 1, 2);                 /* 1560 */
    EVENT(maker, TRACE_ASSIST_END, 40);                      /* 1600 */
    EVENT(maker, TRACE_STW_BEGIN, 100, STOP_MARK, 0);        /* 1700 */
    EVENT(maker, TRACE_GC_END, 10, 2);                       /* 1710 */
    EVENT(maker, TRACE_STW_END, 15);                         /* 1725 */
    EVENT(maker, TRACE_GO_SYSCALL_BEGIN, 75, 1, 0);          /* 1800 */
    EVENT(maker, TRACE_GO_SYSCALL_END, 50);                  /* 1850 */
    EVENT(maker, TRACE_GO_STOP, 50, REASON_NETWORK, 0);      /* 1900 */
}

/* Thread 8 wakes both and runs goroutine 2; `unblock_at` is when goroutine 1 is. */
static void put_thread_8(struct maker *maker, uint64_t unblock_at)
{
    EVENT(maker, TRACE_PROC_STATUS, 105, 1, 1);                        /* 1105 */
    EVENT(maker, TRACE_GO_UNBLOCK, unblock_at - FIRST - 105, 1, 1, 0); /* 1500 */
    EVENT(maker, TRACE_GO_UNBLOCK, 1540 - unblock_at, 2, 1, 0);        /* 1540 */
    EVENT(maker, TRACE_GO_START, 10, 2, 2);                            /* 1550 */
}

static void assert_story(const struct trace_totals *have)
{
    assert_int_equal(have->from_ns, FIRST);
    assert_int_equal(have->until_ns, 1900);
    assert_int_equal(have->event_count, 20);
    assert_sum(&have->gc_stops, 2, 55, 30);
    assert_sum(&have->other_stops, 0, 0, 0);
    assert_int_equal(have->gc_active_ns, 510);
    assert_sum(&have->assists, 1, 300, 300);
    assert_int_equal(have->assist_running_ns, 100 + 40);
    assert_int_equal(have->assist_ending_ns, 0);
    assert_sum(&have->waits[TRACE_WAIT_SYNC], 1, 100, 100);
    assert_sum(&have->waits[TRACE_WAIT_EARLIER], 1, 540, 540);
    assert_sum(&have->waits[TRACE_WAIT_NETWORK], 0, 0, 0);
    assert_sum(&have->syscalls, 1, 50, 50);
    assert_sum(&have->scheduling, 2, 60 + 10, 60);
    assert_int_equal(have->cycle_count, 1);
    assert_int_equal(have->cycles[0].from_ns, 1200);
    assert_int_equal(have->cycles[0].until_ns, 1725);
    assert_int_equal(have->cycles[0].sweep_ns, 30);
    assert_int_equal(have->cycles[0].termination_ns, 25);
    assert_int_equal(have->cycles[0].assist_running_ns, 140);
    assert_int_equal(have->cycles[0].assist_count, 1);
}

static const struct version_case {
    const char *header;
    uint32_t version;
    void (*put_clock)(struct maker *maker, uint64_t generation);
    bool has_end;
} version_cases[] = {
    {"go 1.22 trace", 22, put_frequency, false},
    {"go 1.23 trace", 23, put_frequency, false},
    {"go 1.25 trace", 25, put_sync, false},
    {"go 1.26 trace", 26, put_sync, true},
};

static void sums_are_those_worked_out_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(version_cases); i++) {
        const struct version_case *row = &version_cases[i];
        struct trace_totals have = {0};
        struct maker maker;
        print_message("  %s\n", row->header);
        make(&maker, row->header);
        put_thread_8(&maker, 1500);
        end_batch(&maker, 1, 8);
        row->put_clock(&maker, 1);
        put_thread_7(&maker);
        end_batch(&maker, 1, 7);
        put_tables(&maker, 1);
        if (row->has_end)
            buf_byte(&maker.file, TRACE_END_OF_GENERATION);
        assert_ok(decode(&have, &maker), &maker.err);
        assert_int_equal(have.version, row->version);
        assert_int_equal(have.generation_count, 1);
        assert_int_equal(have.lost_batches, 0);
        assert_story(&have);
        release(&maker);
    }
}

/* The clock of thread 8 is behind: by its time goroutine 1 was woken 10 ns before it waited. */
static void what_cannot_be_yet_waits_for_its_turn(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    put_thread_8(&maker, 1390);
    end_batch(&maker, 1, 8);
    put_thread_7(&maker);
    end_batch(&maker, 1, 7);
    put_tables(&maker, 1);
    assert_ok(decode(&have, &maker), &maker.err);
    assert_int_equal(have.event_count, 20);
    /* It is put right behind: no two events have one time. */
    assert_sum(&have.waits[TRACE_WAIT_SYNC], 1, 1, 1);
    assert_sum(&have.scheduling, 2, 10 + (1560 - 1401), 1560 - 1401);
    release(&maker);
}

/* The one that finds nothing left to mark stops the world within its assist. */
static void an_assist_that_ends_the_collection_is_told_apart(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    EVENT(&maker, TRACE_PROC_STATUS, 100, 0, 1);
    EVENT(&maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    EVENT(&maker, TRACE_GC_BEGIN, 99, 1, 0);          /* 1200 */
    EVENT(&maker, TRACE_ASSIST_BEGIN, 100, 0);        /* 1300 */
    EVENT(&maker, TRACE_STW_BEGIN, 70, STOP_MARK, 0); /* 1370 */
    EVENT(&maker, TRACE_GC_END, 10, 2);               /* 1380 */
    EVENT(&maker, TRACE_STW_END, 10);                 /* 1390 */
    EVENT(&maker, TRACE_ASSIST_END, 110);             /* 1500 */
    end_batch(&maker, 1, 7);
    put_tables(&maker, 1);
    assert_ok(decode(&have, &maker), &maker.err);
    assert_sum(&have.assists, 1, 200, 200);
    assert_int_equal(have.assist_running_ns, 70);
    assert_int_equal(have.assist_ending_ns, 70);
    assert_int_equal(have.cycles[0].assist_ending_ns, 70);
    release(&maker);
}

/* One stays in its wait over the end of a generation, and of the trace. */
static void what_goes_on_at_the_ends_counts_within_them(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.22 trace");
    put_frequency(&maker, 1);
    EVENT(&maker, TRACE_PROC_STATUS, 100, 0, 1);
    EVENT(&maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    EVENT(&maker, TRACE_GC_ACTIVE, 99, 5);                /* 1200: since before 1000 */
    EVENT(&maker, TRACE_ASSIST_ACTIVE, 50, 1);            /* 1250: likewise */
    EVENT(&maker, TRACE_GO_BLOCK, 50, REASON_NETWORK, 0); /* 1300 */
    end_batch(&maker, 1, 7);
    put_tables(&maker, 1);
    put_frequency(&maker, 2);
    EVENT(&maker, TRACE_GO_STATUS, 400, 1, TRACE_NO_THREAD, 4); /* 1400 */
    end_batch(&maker, 2, NOBODY);
    EVENT(&maker, TRACE_PROC_STATUS, 900, 0, 1); /* 1900 */
    end_batch(&maker, 2, 7);
    put_tables(&maker, 2);
    assert_ok(decode(&have, &maker), &maker.err);
    assert_int_equal(have.generation_count, 2);
    assert_int_equal(have.until_ns, 1900);
    assert_sum(&have.waits[TRACE_WAIT_NETWORK], 1, 600, 600);
    assert_int_equal(have.gc_active_ns, 900);
    assert_sum(&have.assists, 1, 900, 900);
    assert_int_equal(have.assist_running_ns, 300);
    assert_int_equal(have.cycle_count, 0);
    release(&maker);
}

static void a_cut_file_says_what_is_lost(void **state)
{
    struct trace_totals have = {0};
    struct maker maker;
    (void)state;
    make(&maker, "go 1.26 trace");
    put_sync(&maker, 1);
    put_thread_7(&maker);
    end_batch(&maker, 1, 7);
    put_thread_8(&maker, 1500);
    end_batch(&maker, 1, 8);
    put_tables(&maker, 1);
    buf_byte(&maker.file, TRACE_END_OF_GENERATION);
    size_t whole = maker.file.len;
    put_whole(&maker, 2);
    maker.file.len -= 4;
    assert_ok(decode(&have, &maker), &maker.err);
    assert_story(&have);
    assert_int_equal(have.generation_count, 1);
    assert_int_equal(have.lost_batches, 2);
    assert_int_equal(have.lost_bytes, maker.file.len - whole);
    release(&maker);
}

static const struct header_case {
    const char *header;
    const char *text;
} header_cases[] = {
    {"go 1.21 trace", "not read: traces of Go before 1.22 (this one is \"go 1.21 trace\")"},
    {"go 1.11 trace", "not read: traces of Go before 1.22"},
    {"go 1.5 trace", "not read: traces of Go before 1.22"},
    {"go 1.24 trace", "a version that this memgate does not know"},
    {"go 1.27 trace", "a version that this memgate does not know"},
    {"go 1.4294967318 t", "not a Go execution trace"},
    {"go 1.-22 trace", "not a Go execution trace"},
    {"go 1.22 track", "not a Go execution trace"},
    {"go 2.22 trace", "not a Go execution trace"},
    {"<!doctype html>", "not a Go execution trace"},
    {"go 1.22 trace", "no whole generation"},
    {"go 1.26 trace", "no whole generation"},
};

static void other_files_are_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(header_cases); i++) {
        struct trace_totals have = {0};
        struct maker maker;
        print_message("  %s\n", header_cases[i].header);
        make(&maker, header_cases[i].header);
        assert_fails(decode(&have, &maker), STATUS_FORMAT, &maker.err, header_cases[i].text);
        release(&maker);
    }
}

static void never_runs(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, 1, 0, 1);
    EVENT(maker, TRACE_GO_START, 1, 1, 1);
}

static void runs_without_a_processor(struct maker *maker)
{
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    EVENT(maker, TRACE_GO_BLOCK, 1, REASON_SYNC, 0);
}

static void ends_no_stop(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, 1, 0, 1);
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    EVENT(maker, TRACE_STW_END, 1);
}

static void is_of_no_known_type(struct maker *maker)
{
    EVENT(maker, 99, 1, 1);
}

static void is_a_string(struct maker *maker)
{
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    put_string(maker, 1, "x");
}

static void ends_within_a_number(struct maker *maker)
{
    buf_byte(&maker->batch, TRACE_GO_STATUS);
    buf_byte(&maker->batch, (char)0x80);
}

static void is_later_than_clocks_show(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, UINT64_MAX, 0, 1);
}

static void spans_an_hour(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, 3600 * UINT64_C(1000000000), 0, 1);
}

/* Each time it would have been in its system call since the trace began. */
static void comes_back_from_the_dead(struct maker *maker)
{
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 3);
    EVENT(maker, TRACE_GO_DESTROY_SYSCALL, 1);
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 3);
}

static void assists_twice_since_the_beginning(struct maker *maker)
{
    EVENT(maker, TRACE_PROC_STATUS, 1, 0, 1);
    EVENT(maker, TRACE_GO_STATUS, 1, 1, 7, 2);
    EVENT(maker, TRACE_ASSIST_ACTIVE, 1, 1);
    EVENT(maker, TRACE_ASSIST_END, 1);
    EVENT(maker, TRACE_ASSIST_ACTIVE, 1, 1);
}

static const struct broken_case {
    void (*put)(struct maker *maker);
    enum status status;
    const char *text;
} broken_cases[] = {
    {never_runs, STATUS_FORMAT, "generation 1: none of its next events is possible"},
    {runs_without_a_processor, STATUS_FORMAT, "its thread has no processor"},
    {ends_no_stop, STATUS_FORMAT, "did not stop the world"},
    {is_of_no_known_type, STATUS_FORMAT, "thread 7: an event of type 99"},
    {is_a_string, STATUS_FORMAT, "an event of type 5 in a batch of a thread"},
    {ends_within_a_number, STATUS_FORMAT, "thread 7: "},
    {is_later_than_clocks_show, STATUS_FORMAT, "a time that no clock shows"},
    {comes_back_from_the_dead, STATUS_FORMAT, "the goroutine has ended"},
    {assists_twice_since_the_beginning, STATUS_FORMAT, "assists already"},
    {spans_an_hour, STATUS_LIMIT, "more than a minute"},
};

static void contradictions_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken_cases); i++) {
        struct trace_totals have = {.version = 99};
        struct maker maker;
        print_message("  %s\n", broken_cases[i].text);
        make(&maker, "go 1.22 trace");
        put_frequency(&maker, 1);
        put_tables(&maker, 1);
        broken_cases[i].put(&maker);
        end_batch(&maker, 1, 7);
        assert_fails(decode(&have, &maker), broken_cases[i].status, &maker.err,
                     broken_cases[i].text);
        assert_int_equal(have.version, 99);
        release(&maker);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_worked_out_by_hand),
        cmocka_unit_test(what_cannot_be_yet_waits_for_its_turn),
        cmocka_unit_test(an_assist_that_ends_the_collection_is_told_apart),
        cmocka_unit_test(what_goes_on_at_the_ends_counts_within_them),
        cmocka_unit_test(a_cut_file_says_what_is_lost),
        cmocka_unit_test(other_files_are_refused_by_name),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
