#include "gate/harness/trial_load.h"

#include "gate/base/clock.h"
#include "gate/harness/trial_duet.h"
#include "tests/support/check.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct load_result result_of(uint64_t answered, uint64_t successes)
{
    struct load_result result = {.answered = answered, .successes = successes};
    histogram_init(&result.latency, &arena);
    histogram_init(&result.lateness, &arena);
    result.unlisted[404] = answered - successes;
    return result;
}

/* A part whose requests all hit a missing page is no failure: the whole has others. */
static void success_is_asked_of_the_whole_load(void **state)
{
    struct err err = {0};
    struct trial trial = {.scratch = &arena};
    struct load_spec spec = {.count = 10};
    struct load_result refused = result_of(10, 0);
    struct load_result mixed = result_of(10, 4);
    (void)state;
    assert_ok(trial_load_check_expected(&spec, &refused, &err), &err);
    assert_fails(trial_load_check_success(&trial, &refused, &err), STATUS_CHILD, &err, "404:10");
    load_result_add(&mixed, &refused);
    assert_ok(trial_load_check_success(&trial, &mixed, &err), &err);
    load_result_add(&refused, &refused);
    assert_fails(trial_load_check_answers(&trial, &spec, &refused, &err), STATUS_CHILD, &err,
                 "404:20");
}

static void an_unexpected_answer_fails_its_part(void **state)
{
    struct err err = {0};
    struct load_spec spec = {.count = 10};
    struct load_result result = result_of(10, 9);
    (void)state;
    result.unexpected = 1;
    result.first_problem = STR("GET /x answered 500");
    assert_fails(trial_load_check_expected(&spec, &result, &err), STATUS_CHILD, &err,
                 "1 of 10 requests failed (first: GET /x answered 500)");
}

/* The sums of all parts, and the fewest streams of any. */
static void what_the_engine_did_is_recorded(void **state)
{
    struct record_trial record = {0};
    struct trial trial = {.scratch = &arena, .keep = &arena, .record = &record};
    struct load_spec spec = {.count = 20, .connections = 16, .streams = 10};
    struct load_result whole = result_of(10, 10);
    struct load_result part = result_of(10, 10);
    (void)state;
    histogram_init(&whole.service, &arena);
    histogram_init(&part.service, &arena);
    whole.streams_allowed = 0; /* as before the first part */
    part.streams_allowed = 8;
    part.reconnects = 1;
    part.sent_again = 2;
    part.cpu_ns = 300;
    part.wall_ns = 1000;
    load_result_add(&whole, &part);
    part.streams_allowed = 9;
    load_result_add(&whole, &part);
    trial_load_record(&trial, &spec, &whole);
    assert_true(record.engine.is_known);
    assert_int_equal(record.engine.connections, 16);
    assert_int_equal(record.engine.streams, 10);
    assert_int_equal(record.engine.streams_allowed, 8);
    assert_int_equal(record.engine.reconnects, 2);
    assert_int_equal(record.engine.sent_again, 4);
    assert_int_equal(record.engine.cpu_ns, 600);
    assert_int_equal(record.engine.wall_ns, 2000);
}

static void nothing_is_known_of_the_connections_of_a_tool(void **state)
{
    static const struct record_tool tool = {.format = STR_INIT("hey")};
    struct record_trial record = {.tool = &tool};
    struct trial trial = {.scratch = &arena, .keep = &arena, .record = &record};
    struct load_spec spec = {.count = 10, .connections = 16, .streams = 1};
    struct load_result result = result_of(10, 10);
    (void)state;
    histogram_init(&result.service, &arena);
    trial_load_record(&trial, &spec, &result);
    assert_false(record.engine.is_known);
    assert_int_equal(record.engine.connections, 0);
}

/* Four parts of 300 s are more than the 900 s of the whole: the fourth has none left. */
static void the_parts_of_a_duet_share_one_limit_of_time(void **state)
{
    uint64_t whole_ns = 900 * NS_PER_SECOND;
    (void)state;
    assert_int_equal(duet_rest_ns(whole_ns, 0), whole_ns);
    assert_int_equal(duet_rest_ns(whole_ns, 300 * NS_PER_SECOND), 600 * NS_PER_SECOND);
    assert_int_equal(duet_rest_ns(whole_ns, whole_ns), 1);
    assert_int_equal(duet_rest_ns(whole_ns, whole_ns + 1), 1);
}

static void a_part_leads_in_with_two_requests_a_connection(void **state)
{
    (void)state;
    assert_int_equal(duet_lead(225, 8), 16);
    assert_int_equal(duet_lead(225, 100), 22);
    assert_int_equal(duet_lead(9, 1), 0);
    assert_int_equal(duet_lead(0, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_asked_of_the_whole_load),
        cmocka_unit_test(an_unexpected_answer_fails_its_part),
        cmocka_unit_test(what_the_engine_did_is_recorded),
        cmocka_unit_test(nothing_is_known_of_the_connections_of_a_tool),
        cmocka_unit_test(the_parts_of_a_duet_share_one_limit_of_time),
        cmocka_unit_test(a_part_leads_in_with_two_requests_a_connection),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
