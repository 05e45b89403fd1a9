#include "gate/harness/memstats_poll.h"

#include "gate/base/clock.h"
#include "tests/support/check.h"
#include "tests/unit/harness/answers.h"

struct fixture {
    struct arena arena;
    struct policy policy;
    struct scenario scenario;
    struct harness harness;
    struct harness_scenario built;
    struct trial trial;
    struct memstats_poll poll;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.scenario.service = {.pprof = STR("/debug/pprof")},
                                .policy.trials.duet = 3};
    arena_init(&fixture->arena);
    fixture->harness.spec.policy = &fixture->policy;
    fixture->built.scenario = &fixture->scenario;
    fixture->trial = (struct trial){.harness = &fixture->harness,
                                    .scenario = &fixture->built,
                                    .key = {0, SIDE_CAND, PHASE_STEADY, 1},
                                    .scratch = &fixture->arena};
}

/* Place i of the ring of pauses holds i + 1. */
static struct str text_of(struct fixture *fixture, unsigned gc_count)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    buf_text(&text, "heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n"
                    "# TotalAlloc = 1\n# Mallocs = 2\n# Frees = 3\n# Sys = 1\n# HeapAlloc = 4\n"
                    "# HeapSys = 1\n# HeapIdle = 1\n# HeapInuse = 5\n# HeapReleased = 6\n"
                    "# HeapObjects = 1\n# Stack = 7 / 1\n# MSpan = 1 / 1\n# MCache = 1 / 1\n"
                    "# BuckHashSys = 1\n# GCSys = 1\n# OtherSys = 1\n# NextGC = 8\n"
                    "# GCCPUFraction = 0\n# PauseNs = [");
    for (unsigned i = 1; i <= 256; i++)
        buf_printf(&text, "%s%u", i > 1 ? " " : "", i);
    buf_printf(&text, "]\n# NumGC = %u\n# NumForcedGC = 1\n", gc_count);
    struct str answer =
        str_format(&fixture->arena, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s", text.len,
                   STR_ARGS(buf_view(&text)));
    buf_release(&text);
    return answer;
}

/* Until so many rows are there, at most 10 s; the time that the poll is told goes by seconds. */
static void step_until(struct fixture *fixture, size_t rows)
{
    uint64_t start_ns = clock_now_ns();
    uint64_t told_ns = fixture->poll.origin_ns;
    while (memstats_poll_rows(&fixture->poll).len < rows && fixture->poll.next_ns != UINT64_MAX &&
           clock_now_ns() - start_ns < 10 * NS_PER_SECOND) {
        memstats_poll_step(&fixture->poll, told_ns);
        if (fixture->poll.exchange) {
            control_wait(fixture->poll.exchange, NS_PER_SECOND);
        } else {
            told_ns += NS_PER_SECOND;
        }
        /* An answer that is there is taken before anything else. */
        memstats_poll_step(&fixture->poll, told_ns);
    }
}

static void answers_become_rows(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct service service = {
        .answers = {text_of(&fixture, 10), text_of(&fixture, 13), text_of(&fixture, 270)},
        .answer_count = 3};
    service_start(&service);
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = service.port},
                        1000);
    step_until(&fixture, 3);
    memstats_poll_end(&fixture.poll);
    service_stop(&service);
    struct record_rows rows = memstats_poll_rows(&fixture.poll);
    assert_true(
        str_starts_with(str_from(service.requests[0]), STR("GET /debug/pprof/heap?debug=1 HTTP")));
    assert_int_equal(rows.len, 3);
    static const uint64_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 1, RECORD_NONE};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(record_at(&rows, 0, MEMSTATS_TOTAL_ALLOC + i), want[i]);
    /* Cycles 11, 12 and 13; of the next 257 the ring has lost one. */
    assert_int_equal(record_at(&rows, 1, MEMSTATS_PAUSE), 36);
    assert_int_equal(record_at(&rows, 2, MEMSTATS_PAUSE), RECORD_NONE);
    assert_true(record_at(&rows, 1, MEMSTATS_MS) >= 500);
    /* So many in one interval: the next one is shorter. */
    assert_true(fixture.poll.interval_ns < NS_PER_SECOND / 2);
    arena_release(&fixture.arena);
}

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

/* One that is busy once, or ends the connection, tells later what it would not now. */
static void a_lost_poll_is_asked_for_again(void **state)
{
    static const char *const losses[] = {BUSY, ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        struct service service = {
            .answers = {text_of(&fixture, 10), str_from(losses[i]), text_of(&fixture, 13)},
            .answer_count = 3};
        service_start(&service);
        memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = service.port},
                            1000);
        step_until(&fixture, 2);
        memstats_poll_end(&fixture.poll);
        service_stop(&service);
        struct record_rows rows = memstats_poll_rows(&fixture.poll);
        assert_int_equal(rows.len, 2);
        /* The pauses since the row before, whatever was lost between them. */
        assert_int_equal(record_at(&rows, 1, MEMSTATS_PAUSE), 36);
        assert_true(fixture.poll.polls.is_known && !fixture.poll.polls.is_given_up);
        assert_int_equal(fixture.poll.polls.asked, 3);
        assert_int_equal(fixture.poll.polls.lost, 1);
        arena_release(&fixture.arena);
    }
}

static void a_service_that_stays_busy_is_given_up(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct service service = {.answers = {STR(BUSY), STR(BUSY), STR(BUSY)},
                              .answer_count = MEMSTATS_LOST_MAX};
    service_start(&service);
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = service.port},
                        1000);
    step_until(&fixture, 1);
    memstats_poll_end(&fixture.poll);
    service_stop(&service);
    assert_true(fixture.poll.next_ns == UINT64_MAX && fixture.poll.polls.is_given_up);
    assert_int_equal(fixture.poll.polls.asked, MEMSTATS_LOST_MAX);
    assert_int_equal(fixture.poll.polls.lost, MEMSTATS_LOST_MAX);
    arena_release(&fixture.arena);
}

static void a_service_without_the_text_is_asked_once(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct service service = {
        .answers = {STR("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")}, .answer_count = 1};
    service_start(&service);
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = service.port},
                        1000);
    step_until(&fixture, 1);
    memstats_poll_end(&fixture.poll);
    service_stop(&service);
    assert_int_equal(memstats_poll_rows(&fixture.poll).len, 0);
    assert_true(fixture.poll.next_ns == UINT64_MAX && fixture.poll.polls.is_given_up);
    assert_int_equal(fixture.poll.polls.asked, 1);
    arena_release(&fixture.arena);
}

/* What goes on behind the load is none of it: a trace would see the polls' own stops. */
static void nobody_is_asked_behind_the_end(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = 1}, 1000);
    memstats_poll_end(&fixture.poll);
    memstats_poll_step(&fixture.poll, 100 * NS_PER_SECOND);
    assert_null(fixture.poll.exchange);
    assert_int_equal(fixture.poll.polls.asked, 0);
    arena_release(&fixture.arena);
}

static void nobody_is_asked_where_it_would_be_in_the_latency(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.policy.trials.duet = 0;
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = 1}, 1000);
    memstats_poll_step(&fixture.poll, 100 * NS_PER_SECOND);
    assert_null(fixture.poll.exchange);
    fixture.policy.trials.duet = 3;
    fixture.trial.key.phase = PHASE_EXACT;
    memstats_poll_begin(&fixture.poll, &fixture.trial, &(struct address){.port = 1}, 1000);
    memstats_poll_step(&fixture.poll, 100 * NS_PER_SECOND);
    assert_null(fixture.poll.exchange);
    memstats_poll_end(&fixture.poll);
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_become_rows),
        cmocka_unit_test(a_lost_poll_is_asked_for_again),
        cmocka_unit_test(a_service_that_stays_busy_is_given_up),
        cmocka_unit_test(a_service_without_the_text_is_asked_once),
        cmocka_unit_test(nobody_is_asked_behind_the_end),
        cmocka_unit_test(nobody_is_asked_where_it_would_be_in_the_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
