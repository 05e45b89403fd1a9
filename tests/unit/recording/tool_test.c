#include "gate/recording/tool.h"

#include "tests/unit/recording/sample.h"

static const struct record_quantile quantiles[] = {
    {0.5, 1300000, 50000}, {0.99, 5600000, 50000}, {1, 5600000, 0}};

static struct record_tool sample_tool(struct sample *sample)
{
    struct record_quantile *latency =
        ARENA_ARRAY(&sample->arena, struct record_quantile, ARRAY_LEN(quantiles));
    memcpy(latency, quantiles, sizeof(quantiles));
    return (struct record_tool){
        .format = STR("hey"),
        .program = STR("load/run \"it\".sh"),
        .exit_code = 3,
        .has_count = true,
        .request_count = 9007199254740993, /* 2^53 + 1: lost by anything that reads doubles */
        .has_errors = true,
        .error_count = 2,
        .rate_per_second = 1199.9833333333333,
        .duration_ns = 5,
        .wall_ns = 6,
        .cpu_ns = 7,
        .count_tolerance = 0.01,
        .latency = latency,
        .latency_count = ARRAY_LEN(quantiles),
    };
}

static void what_a_tool_said_is_read_back(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    struct record_tool tool = sample_tool(&sample);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].tool = &tool;
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    struct str first = sample_read(&sample, "scenario-1/candidate/exact-1/tool.json");
    struct recording opened = {0};
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    const struct record_tool *have = opened.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].tool;
    assert_non_null(have);
    assert_str(have->format, "hey");
    assert_str(have->program, "load/run \"it\".sh");
    assert_int_equal(have->exit_code, 3);
    assert_true(have->has_count && have->has_errors);
    assert_int_equal(have->request_count, 9007199254740993);
    assert_int_equal(have->error_count, 2);
    assert_close(have->rate_per_second, 1199.9833333333333, 0);
    assert_close(have->count_tolerance, 0.01, 0);
    assert_int_equal(have->latency_count, 3);
    assert_close(have->latency[1].quantile, 0.99, 0);
    assert_int_equal(have->latency[1].ns, 5600000);
    assert_int_equal(have->latency[1].rounding_ns, 50000);
    assert_ok(recording_write(&opened, &sample.err), &sample.err);
    assert_true(str_equal(first, sample_read(&sample, "scenario-1/candidate/exact-1/tool.json")));
    sample_release(&sample);
}

/* As in every recording before there were tools. */
static void a_trial_without_a_tool_has_none(void **state)
{
    (void)state;
    struct sample sample;
    struct recording opened = {0};
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_null(opened.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].tool);
    sample_release(&sample);
}

static void a_tool_of_another_recording_is_not_sealed(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    struct record_tool tool = sample_tool(&sample);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].tool = &tool;
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].tool = NULL;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "scenario-1/candidate/exact-1/tool.json is left over");
    sample_release(&sample);
}

static const struct hostile_case {
    const char *name;
    const char *from;
    const char *to;
    const char *message;
} hostile_cases[] = {
    {"a quantile of 0", "\"quantile\": 0.5", "\"quantile\": 0",
     "latency: item 1 is not above the one before, or no quantile"},
    {"a quantile above 1", "\"quantile\": 1,", "\"quantile\": 1.01,",
     "latency: item 3 is not above the one before, or no quantile"},
    {"a quantile twice", "\"quantile\": 0.5", "\"quantile\": 0.99",
     "latency: item 2 is not above the one before, or no quantile"},
    {"latency that falls", "\"ns\": 1300000", "\"ns\": 5600001",
     "latency: item 2 is not above the one before, or no quantile"},
    {"a negative tolerance", "\"count_tolerance\": 0.01", "\"count_tolerance\": -0.01",
     "count_tolerance: not a number from 0 on"},
    {"a member too many", "\"cpu_ns\": 7", "\"cpu_ns\": 7, \"mood\": 1", "unknown member \"mood\""},
    {"a member too few", "\"cpu_ns\": 7,", "", "cpu_ns is missing"},
};

static void hostile_figures_are_refused(void **state)
{
    (void)state;
    struct sample sample;
    struct buf buf;
    sample_init(&sample);
    struct record_tool tool = sample_tool(&sample);
    buf_init(&buf, RECORDING_JSON_BYTES_MAX);
    assert_ok(tool_write(&buf, &tool, &sample.err), &sample.err);
    for (size_t i = 0; i < ARRAY_LEN(hostile_cases); i++) {
        const struct hostile_case *row = &hostile_cases[i];
        struct record_tool out = {0};
        print_message("%s\n", row->name);
        struct str bad = sample_replace(&sample, buf_view(&buf), row->from, row->to);
        assert_fails(tool_read(&out, &sample.arena, bad, &sample.err), STATUS_FORMAT, &sample.err,
                     row->message);
    }
    buf_release(&buf);
    sample_release(&sample);
}

static void what_could_not_be_read_back_is_not_written(void **state)
{
    (void)state;
    struct sample sample;
    struct buf buf;
    sample_init(&sample);
    struct record_tool tool = sample_tool(&sample);
    tool.latency[0].quantile = 0.99;
    buf_init(&buf, RECORDING_JSON_BYTES_MAX);
    assert_fails(tool_write(&buf, &tool, &sample.err), STATUS_INVALID, &sample.err,
                 "latency: item 2");
    buf_release(&buf);
    sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_tool_said_is_read_back),
        cmocka_unit_test(a_trial_without_a_tool_has_none),
        cmocka_unit_test(a_tool_of_another_recording_is_not_sealed),
        cmocka_unit_test(hostile_figures_are_refused),
        cmocka_unit_test(what_could_not_be_read_back_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
