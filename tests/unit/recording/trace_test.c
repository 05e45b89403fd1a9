#include "gate/recording/trace.h"

#include "tests/unit/recording/sample.h"

static struct record_trace sample_trace(void)
{
    return (struct record_trace){
        .is_read = true,
        .bytes = 199777,
        .totals = {.version = 26,
                   .from_ns = 2561536636,
                   .until_ns = 4562247420,
                   .event_count = 39671,
                   .generation_count = 2,
                   .lost_batches = 1,
                   .lost_bytes = 17,
                   .gc_stops = {16, 1663680, 320128},
                   .start_stops = {1, 13696, 13696},
                   .other_stops = {2, 40, 30},
                   .gc_active_ns = 348106368,
                   .assists = {14, 3152832, 2021760},
                   .assist_running_ns = 3013696,
                   .assist_ending_ns = 5,
                   .waits = {[TRACE_WAIT_SYNC] = {503, 7428864, 4706240},
                             [TRACE_WAIT_EARLIER] = {13, 10330706176, 2000710784}},
                   .syscalls = {1754, 40597632, 7199232},
                   .scheduling = {13589, 183923968, 9408256}},
    };
}

static void assert_sum(const struct trace_sum *have, const struct trace_sum *want)
{
    assert_int_equal(have->count, want->count);
    assert_int_equal(have->ns, want->ns);
    assert_int_equal(have->max_ns, want->max_ns);
}

static void what_a_trace_says_is_read_back(void **state)
{
    struct sample sample;
    struct recording opened = {0};
    struct record_trace want = sample_trace();
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].trace = &want;
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    struct str first = sample_read(&sample, "scenario-1/candidate/exact-1/trace.json");
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    const struct record_trace *have = opened.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].trace;
    assert_non_null(have);
    assert_true(have->is_read && have->refusal.len == 0);
    assert_int_equal(have->bytes, want.bytes);
    assert_int_equal(have->totals.version, 26);
    assert_int_equal(have->totals.from_ns, want.totals.from_ns);
    assert_int_equal(have->totals.until_ns, want.totals.until_ns);
    assert_int_equal(have->totals.lost_bytes, 17);
    assert_int_equal(have->totals.assist_ending_ns, 5);
    assert_sum(&have->totals.gc_stops, &want.totals.gc_stops);
    assert_sum(&have->totals.other_stops, &want.totals.other_stops);
    assert_sum(&have->totals.assists, &want.totals.assists);
    assert_sum(&have->totals.scheduling, &want.totals.scheduling);
    for (size_t i = 0; i < TRACE_WAITS; i++)
        assert_sum(&have->totals.waits[i], &want.totals.waits[i]);
    assert_ok(recording_write(&opened, &sample.err), &sample.err);
    assert_true(str_equal(first, sample_read(&sample, "scenario-1/candidate/exact-1/trace.json")));
    sample_release(&sample);
}

/* As in every recording before there were traces: not measured, which is not zero. */
static void a_trial_without_a_trace_has_none(void **state)
{
    struct sample sample;
    struct recording opened = {0};
    (void)state;
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_null(opened.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].trace);
    sample_release(&sample);
}

static void a_file_of_an_earlier_recording_is_refused(void **state)
{
    struct sample sample;
    struct record_trace trace = sample_trace();
    (void)state;
    sample_init(&sample);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].trace = &trace;
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].trace = NULL;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "trace.json is left over from another recording");
    sample_release(&sample);
}

static void ends_before_it_begins(struct record_trace *trace)
{
    trace->totals.until_ns = 1;
}

static void has_more_of_a_part(struct record_trace *trace)
{
    trace->totals.assist_ending_ns = 3013697;
}

static void has_longer_waits_than_all(struct record_trace *trace)
{
    trace->totals.waits[TRACE_WAIT_SYNC].max_ns = 7428865;
}

static void has_time_without_waits(struct record_trace *trace)
{
    trace->totals.syscalls.count = 0;
}

static void has_no_reason(struct record_trace *trace)
{
    *trace = (struct record_trace){0};
}

static void is_read_for_a_reason(struct record_trace *trace)
{
    trace->refusal = STR("answered 404");
}

static void (*const spoilers[])(struct record_trace *trace) = {
    ends_before_it_begins,  has_more_of_a_part, has_longer_waits_than_all,
    has_time_without_waits, has_no_reason,      is_read_for_a_reason,
};

static void contradictions_are_not_written(void **state)
{
    static struct err err;
    struct buf buf;
    (void)state;
    buf_init(&buf, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(spoilers); i++) {
        struct record_trace trace = sample_trace();
        print_message("  %zu\n", i);
        spoilers[i](&trace);
        assert_fails(trace_write(&buf, &trace, &err), STATUS_INVALID, &err, "contradict");
    }
    buf_release(&buf);
}

static void contradictions_are_not_read(void **state)
{
    static struct err err;
    struct arena arena;
    struct buf buf;
    struct record_trace trace = sample_trace();
    (void)state;
    arena_init(&arena);
    buf_init(&buf, 1 << 20);
    assert_ok(trace_write(&buf, &trace, &err), &err);
    static const struct str sound = STR_INIT("\"assist_ending_ns\": 5");
    const char *whole = str_text(&arena, buf_view(&buf));
    const char *at = strstr(whole, sound.data);
    assert_non_null(at);
    struct str text = str_format(&arena, "%.*s\"assist_ending_ns\": 5000000%s", (int)(at - whole),
                                 whole, at + sound.len);
    assert_fails(trace_read(&trace, &arena, text, &err), STATUS_FORMAT, &err, "contradict");
    buf_release(&buf);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_trace_says_is_read_back),
        cmocka_unit_test(a_trial_without_a_trace_has_none),
        cmocka_unit_test(a_file_of_an_earlier_recording_is_refused),
        cmocka_unit_test(contradictions_are_not_written),
        cmocka_unit_test(contradictions_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
