#include "gate/base/io.h"
#include "gate/profile/trace.h"
#include "tests/support/check.h"

/*
 * Traces of real programs. What is expected is what golang.org/x/exp/trace
 * reads out of the same files, by tests/oracle/tracesum.
 */
static const struct corpus_case {
    const char *file;
    uint64_t from_ns;
    uint64_t until_ns;
    uint64_t event_count;
    uint64_t assist_running_ns;
    struct trace_sum assists;
    struct trace_sum other_stops;
    struct trace_sum start_stops;
    struct trace_sum scheduling;
    struct trace_sum syscalls;
    struct trace_sum waits[TRACE_WAITS];
} corpus_cases[] = {
    {.file = "fuzz/corpus/trace/go1.22",
     .from_ns = 17509288677760,
     .until_ns = 17509396213248,
     .event_count = 5312,
     .assist_running_ns = 4480,
     .assists = {59, 6327684672, 107535488},
     .other_stops = {1, 1287808, 1287808},
     .start_stops = {1, 11584, 11584},
     .scheduling = {4, 6840064, 6822016},
     .syscalls = {1179, 6186752, 4961856},
     .waits = {[TRACE_WAIT_EARLIER] = {66, 7063514560, 107535488},
               [TRACE_WAIT_RUNTIME] = {1, 16914816, 16914816},
               [TRACE_WAIT_SELECT] = {1, 28288, 28288},
               [TRACE_WAIT_SLEEP] = {1, 3456, 3456},
               [TRACE_WAIT_SYNC] = {2, 16665408, 8759104}}},
    {.file = "fuzz/corpus/trace/go1.25",
     .from_ns = 17498126588096,
     .until_ns = 17498126888704,
     .event_count = 285,
     .assists = {55, 16533440, 300608},
     .start_stops = {1, 114112, 114112},
     .scheduling = {1, 448, 448},
     .syscalls = {1, 300608, 300608},
     .waits =
         {[TRACE_WAIT_EARLIER] = {60, 18036480, 300608}, [TRACE_WAIT_SLEEP] = {1, 1728, 1728}}},
    {.file = "fuzz/corpus/trace/go1.27",
     .from_ns = 17510067874432,
     .until_ns = 17510124107008,
     .event_count = 2924,
     .assist_running_ns = 960,
     .assists = {1, 107200, 107200},
     .other_stops = {1, 40192, 40192},
     .start_stops = {1, 13120, 13120},
     .scheduling = {867, 554880, 121920},
     .syscalls = {92, 16753600, 16473536},
     .waits = {[TRACE_WAIT_CHANNEL] = {430, 167715456, 56030336},
               [TRACE_WAIT_EARLIER] = {7, 393628032, 56232576},
               [TRACE_WAIT_RUNTIME] = {2, 112214336, 56126784},
               [TRACE_WAIT_SELECT] = {428, 56244928, 56040448},
               [TRACE_WAIT_SLEEP] = {1, 16140736, 16140736},
               [TRACE_WAIT_SYNC] = {1, 544256, 544256}}},
};

static void assert_sum(const struct trace_sum *have, const struct trace_sum *want)
{
    assert_int_equal(have->count, want->count);
    assert_int_equal(have->ns, want->ns);
    assert_int_equal(have->max_ns, want->max_ns);
}

static void assert_totals(const struct trace_totals *have, const struct corpus_case *want)
{
    static const struct trace_sum none = {0};
    assert_int_equal(have->from_ns, want->from_ns);
    assert_int_equal(have->until_ns, want->until_ns);
    assert_int_equal(have->event_count, want->event_count);
    assert_int_equal(have->gc_active_ns, 0);
    assert_int_equal(have->assist_running_ns, want->assist_running_ns);
    assert_int_equal(have->assist_ending_ns, 0);
    assert_sum(&have->assists, &want->assists);
    assert_sum(&have->gc_stops, &none);
    assert_sum(&have->other_stops, &want->other_stops);
    assert_sum(&have->start_stops, &want->start_stops);
    assert_sum(&have->scheduling, &want->scheduling);
    assert_sum(&have->syscalls, &want->syscalls);
    for (size_t i = 0; i < TRACE_WAITS; i++)
        assert_sum(&have->waits[i], &want->waits[i]);
}

static void sums_are_those_of_the_official_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(corpus_cases); i++) {
        const struct corpus_case *row = &corpus_cases[i];
        struct trace_totals have = {0};
        struct bytes data = {0};
        struct err err = {0};
        struct arena arena;
        print_message("  %s\n", row->file);
        arena_init(&arena);
        assert_ok(io_read_file(&data, &arena, str_from(row->file), TRACE_BYTES_MAX, &err), &err);
        assert_ok(trace_decode(&have, &arena, data, &err), &err);
        assert_totals(&have, row);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_official_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
