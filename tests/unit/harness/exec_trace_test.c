#include "gate/harness/exec_trace.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "tests/support/check.h"
#include "tests/unit/harness/answers.h"
#include "tests/unit/harness/trial_fixture.h"

enum { ORIGIN_NS = 1 };

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){
        .scenario.service = {.pprof = STR("/debug/pprof/"), .profile_timeout_ns = NS_PER_SECOND},
        .scenario.trace = true};
    fixture_begin(fixture);
}

static bool has_file(struct fixture *fixture)
{
    return io_is_file(recording_trace_file(&fixture->arena, fixture->trial.dir));
}

static void record(struct fixture *fixture, struct exec_trace *trace)
{
    struct record_rows cycles = {.columns = CYCLE_COLUMNS};
    assert_ok(exec_trace_record(trace, &fixture->trial, &cycles, ORIGIN_NS, &fixture->err),
              &fixture->err);
}

/* A load that ends as soon as the trace has. */
static void trace_by(struct fixture *fixture, struct service *service)
{
    struct exec_trace trace;
    service_start(service);
    exec_trace_begin(&trace, &fixture->trial, &(struct address){.port = service->port}, 2);
    while (exec_trace_is_under_way(&trace))
        exec_trace_step(&trace);
    assert_ok(exec_trace_receive(&trace, &fixture->err), &fixture->err);
    record(fixture, &trace);
    service_stop(service);
}

static struct str real_trace(struct fixture *fixture)
{
    struct bytes data = {0};
    assert_ok(io_read_file(&data, &fixture->arena, STR("fuzz/corpus/trace/go1.22"), TRACE_BYTES_MAX,
                           &fixture->err),
              &fixture->err);
    return str_of_bytes(data);
}

static void a_trace_is_kept_byte_for_byte(void **state)
{
    struct fixture fixture;
    struct bytes kept = {0};
    (void)state;
    fixture_init(&fixture);
    struct str want = real_trace(&fixture);
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", want)},
                              .answer_count = 1};
    trace_by(&fixture, &service);
    assert_true(str_starts_with(str_from(service.requests[0]),
                                STR("GET /debug/pprof/trace?seconds=2 HTTP/1.1\r\n")));
    assert_true(fixture.record.trace->is_read);
    assert_int_equal(fixture.record.trace->bytes, want.len);
    assert_int_equal(fixture.record.trace->totals.version, 22);
    assert_str(fixture.record.trace->refusal, "");
    assert_ok(io_read_file(&kept, &fixture.arena,
                           recording_trace_file(&fixture.arena, fixture.trial.dir), TRACE_BYTES_MAX,
                           &fixture.err),
              &fixture.err);
    assert_true(str_equal(str_of_bytes(kept), want));
    fixture_release(&fixture);
}

static const struct refusal_case {
    const char *name;
    const char *status;
    struct str body;
    const char *want;
} refusal_cases[] = {
    {"no such handler", "404 Not Found", STR_INIT("404 page not found\n"),
     "GET /debug/pprof/trace?seconds=2 answered 404: 404 page not found"},
    {"no reason at all", "503 Busy", STR_INIT(""), "GET /debug/pprof/trace?seconds=2 answered 503"},
    {"a reason that would act on a terminal", "500 No", STR_INIT("a\x1b[2Jb"),
     "GET /debug/pprof/trace?seconds=2 answered 500: a\\x1b[2Jb"},
    {"nothing", "200 OK", STR_INIT(""), "GET /debug/pprof/trace?seconds=2 answered nothing"},
    {"no trace", "200 OK", STR_INIT("<html>"),
     "GET /debug/pprof/trace?seconds=2: not a Go execution trace"},
};

/* Neither it nor the next trial fails, and the next one asks no more. */
static void a_refusal_holds_for_later_trials(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        struct fixture fixture;
        struct exec_trace none = {0};
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        struct service service = {.answers = {answer(&fixture.arena, row->status, row->body)},
                                  .answer_count = 1};
        assert_true(exec_trace_is_taken(&fixture.trial));
        trace_by(&fixture, &service);
        assert_false(fixture.record.trace->is_read);
        assert_str(fixture.record.trace->refusal, row->want);
        assert_false(has_file(&fixture));
        fixture.trial.key.side = SIDE_BASE;
        assert_false(exec_trace_is_taken(&fixture.trial));
        record(&fixture, &none);
        assert_str(fixture.record.trace->refusal,
                   str_text(&fixture.arena,
                            str_format(&fixture.arena,
                                       "none was asked for after that of candidate trial 1 was "
                                       "refused: %s",
                                       row->want)));
        fixture_release(&fixture);
    }
}

static void a_load_that_fails_under_it_is_a_reason(void **state)
{
    struct fixture fixture;
    struct exec_trace trace;
    struct err why = {0};
    struct service service = {.answer_count = 1, .waits_for_end = true};
    (void)state;
    fixture_init(&fixture);
    service_start(&service);
    exec_trace_begin(&trace, &fixture.trial, &(struct address){.port = service.port}, 2);
    assert_true(exec_trace_is_under_way(&trace));
    while (service.requests[0][0] == '\0')
        exec_trace_step(&trace);
    (void)err_set(&why, STATUS_CHILD, "request 7: status 500");
    exec_trace_abandon(&trace, &why);
    assert_false(exec_trace_is_under_way(&trace));
    record(&fixture, &trace);
    service_stop(&service);
    assert_str(fixture.record.trace->refusal,
               "the load failed under the trace: request 7: status 500");
    fixture_release(&fixture);
}

/* The load was faster than before: the service is told that nobody waits, and gives what it has. */
static void a_trace_ends_with_the_load(void **state)
{
    struct fixture fixture;
    struct exec_trace trace;
    (void)state;
    fixture_init(&fixture);
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", real_trace(&fixture))},
                              .answer_count = 1,
                              .waits_for_end = true};
    service_start(&service);
    exec_trace_begin(&trace, &fixture.trial, &(struct address){.port = service.port}, 3);
    while (service.requests[0][0] == '\0')
        exec_trace_step(&trace);
    uint64_t start_ns = clock_now_ns();
    assert_ok(exec_trace_receive(&trace, &fixture.err), &fixture.err);
    assert_true(clock_now_ns() - start_ns < 2 * NS_PER_SECOND);
    record(&fixture, &trace);
    service_stop(&service);
    assert_true(fixture.record.trace->is_read && has_file(&fixture));
    fixture_release(&fixture);
}

/* A handler that never answers: the window, the time an answer may take, and then the reason. */
static void a_trace_that_never_comes_is_given_up(void **state)
{
    struct fixture fixture;
    struct exec_trace trace;
    (void)state;
    fixture_init(&fixture);
    struct service service = {.answer_count = 1, .hangs = true};
    service_start(&service);
    uint64_t start_ns = clock_now_ns();
    exec_trace_begin(&trace, &fixture.trial, &(struct address){.port = service.port}, 2);
    for (; exec_trace_is_under_way(&trace); clock_sleep_ns(10 * NS_PER_MS))
        exec_trace_step(&trace);
    uint64_t took_ns = clock_now_ns() - start_ns;
    assert_ok(exec_trace_receive(&trace, &fixture.err), &fixture.err);
    record(&fixture, &trace);
    (void)pthread_cancel(service.thread);
    service_stop(&service);
    /* Two seconds are asked for, and profile_timeout is one. */
    assert_true(took_ns >= 3 * NS_PER_SECOND && took_ns < 5 * NS_PER_SECOND);
    assert_false(fixture.record.trace->is_read || has_file(&fixture));
    assert_str(fixture.record.trace->refusal,
               "GET /debug/pprof/trace?seconds=2: no complete answer within 3 s");
    assert_false(exec_trace_is_taken(&fixture.trial));
    fixture_release(&fixture);
}

static const struct length_case {
    uint64_t duration_ns;
    uint64_t requests;
    uint64_t seconds;
    uint64_t traced; /* requests / duration * (seconds + 0.5) */
} length_cases[] = {
    {2 * NS_PER_SECOND, 1000, 2, 1250},
    {NS_PER_SECOND / 2, 600, 1, 1800},
    {60 * NS_PER_SECOND, 60000, 3, 3500},
    {60 * NS_PER_SECOND, 3, 3, 1},
};

static void it_is_as_long_as_the_load_within_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(length_cases); i++) {
        const struct length_case *row = &length_cases[i];
        struct record_trial trial = {.duration_ns = row->duration_ns,
                                     .request_count = row->requests};
        assert_int_equal(exec_trace_seconds(&trial), row->seconds);
        assert_int_equal(exec_trace_requests(&trial, row->seconds), row->traced);
    }
}

/* What an earlier run left goes, also where nobody asks any more. */
static void files_of_an_earlier_run_are_removed(void **state)
{
    struct fixture fixture;
    struct exec_trace none = {0};
    (void)state;
    fixture_init(&fixture);
    fixture.scenario.trace = false;
    assert_ok(io_write_file(recording_trace_file(&fixture.arena, fixture.trial.dir),
                            bytes_of_str(STR("old")), &fixture.err),
              &fixture.err);
    assert_false(exec_trace_is_taken(&fixture.trial));
    record(&fixture, &none);
    assert_false(has_file(&fixture));
    assert_null(fixture.record.trace);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_kept_byte_for_byte),
        cmocka_unit_test(a_refusal_holds_for_later_trials),
        cmocka_unit_test(a_load_that_fails_under_it_is_a_reason),
        cmocka_unit_test(a_trace_ends_with_the_load),
        cmocka_unit_test(a_trace_that_never_comes_is_given_up),
        cmocka_unit_test(it_is_as_long_as_the_load_within_bounds),
        cmocka_unit_test(files_of_an_earlier_run_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
