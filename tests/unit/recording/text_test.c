#include "tests/support/check.h"

#include "gate/recording/layout.h"
#include "gate/recording/manifest.h"
#include "gate/recording/text.h"

/* Recordings of earlier versions do not have it. */
#define MACHINE_TEXT                                                                               \
    "  \"machine\": {\n"                                                                           \
    "    \"is_known\": true,\n"                                                                    \
    "    \"load_start\": 0.25,\n"                                                                  \
    "    \"load_end\": 1.5,\n"                                                                     \
    "    \"governor\": \"performance\",\n"                                                         \
    "    \"limit_throttled_ns\": 21\n"                                                             \
    "  },\n"

#define CLOCKS_TEXT                                                                                \
    "  \"clocks\": {\n"                                                                            \
    "    \"is_known\": true,\n"                                                                    \
    "    \"batch_ns\": 22,\n"                                                                      \
    "    \"intended_p99_ns\": 23,\n"                                                               \
    "    \"actual_p99_ns\": 24,\n"                                                                 \
    "    \"lateness_p50_ns\": 25,\n"                                                               \
    "    \"lateness_max_ns\": 26\n"                                                                \
    "  },\n"

#define ENGINE_TEXT                                                                                \
    "  \"engine\": {\n"                                                                            \
    "    \"is_known\": true,\n"                                                                    \
    "    \"connections\": 27,\n"                                                                   \
    "    \"streams\": 28,\n"                                                                       \
    "    \"streams_allowed\": 29,\n"                                                               \
    "    \"reconnects\": 30,\n"                                                                    \
    "    \"sent_again\": 31,\n"                                                                    \
    "    \"cpu_ns\": 32,\n"                                                                        \
    "    \"wall_ns\": 33\n"                                                                        \
    "  },\n"

#define POLLS_TEXT                                                                                 \
    "  \"polls\": {\n"                                                                             \
    "    \"is_known\": true,\n"                                                                    \
    "    \"asked\": 34,\n"                                                                         \
    "    \"lost\": 35,\n"                                                                          \
    "    \"is_given_up\": true\n"                                                                  \
    "  },\n"

/* What schema 3 looks like on disk: recordings outlive the memgate that wrote them. */
static const char trial_text[] =
    "{\n"
    "  \"number\": 3,\n"
    "  \"warmup_count\": 500,\n"
    "  \"request_count\": 20000,\n"
    "  \"rate_per_second\": 1200,\n"
    "  \"achieved_per_second\": 1199.5,\n"
    "  \"lateness_p99_ns\": 1,\n"
    "  \"duration_ns\": 2,\n"
    "  \"cpu_ns\": 9223372036854775807,\n"
    "  \"response_bytes\": 3,\n"
    "  \"latency\": \"12:3 14:7\",\n"
    "  \"windows\": [\n"
    "    {\n"
    "      \"latency\": \"12:3\"\n"
    "    }\n"
    "  ],\n"
    "  \"statuses\": \"200:9 404:1\",\n"
    "  \"live\": [\n"
    "    {\n"
    "      \"request_count\": 225,\n"
    "      \"bytes\": 12,\n"
    "      \"objects\": 13\n"
    "    }\n"
    "  ],\n"
    "  \"rss_p50_bytes\": 4,\n"
    "  \"rss_p95_bytes\": 5,\n"
    "  \"rss_max_bytes\": 6,\n"
    "  \"rss_samples\": 7,\n"
    "  \"rss_end_bytes\": 17,\n"
    "  \"pss_bytes\": 18,\n"
    "  \"threads_max\": 19,\n"
    "  \"fds_max\": 20,\n"
    "  \"noise\": {\n"
    "    \"others_share\": 0.25,\n"
    "    \"steal_share\": 0,\n"
    "    \"throttled_ns\": 11\n"
    "  },\n" MACHINE_TEXT CLOCKS_TEXT ENGINE_TEXT POLLS_TEXT "  \"gc\": {\n"
    "    \"is_traced\": true,\n"
    "    \"refusal\": \"\",\n"
    "    \"cycles\": 12,\n"
    "    \"lost\": 1,\n"
    "    \"pause_p50_ns\": 13,\n"
    "    \"pause_p99_ns\": 14,\n"
    "    \"pause_max_ns\": 15,\n"
    "    \"assist_share\": 0.5,\n"
    "    \"cpu_share\": 0.75,\n"
    "    \"goal_bytes\": 16\n"
    "  },\n"
    "  \"benchmarks\": [\n"
    "    {\n"
    "      \"name\": \"BenchmarkEncode\",\n"
    "      \"iterations\": 2000,\n"
    "      \"ns_per_op\": 0.1,\n"
    "      \"bytes_per_op\": 64,\n"
    "      \"allocs_per_op\": 2,\n"
    "      \"passes\": {\n"
    "        \"count\": 17,\n"
    "        \"ns_per_op\": 0.25\n"
    "      }\n"
    "    }\n"
    "  ],\n"
    "  \"start_ns\": 8,\n"
    "  \"read_ns\": 9,\n"
    "  \"wall_ns\": 10\n"
    "}\n";

static void a_trial_is_written_as_schema_3_says(void **state)
{
    struct record_window window = {STR("12:3")};
    struct record_live live = {225, 12, 13};
    struct record_benchmark benchmark = {STR("BenchmarkEncode"), 2000, 0.1, 64, 2, {17, 0.25}};
    struct record_trial trial = {.number = 3,
                                 .warmup_count = 500,
                                 .request_count = 20000,
                                 .rate_per_second = 1200,
                                 .achieved_per_second = 1199.5,
                                 .lateness_p99_ns = 1,
                                 .duration_ns = 2,
                                 .cpu_ns = INT64_MAX,
                                 .response_bytes = 3,
                                 .latency = STR("12:3 14:7"),
                                 .windows = &window,
                                 .window_count = 1,
                                 .statuses = STR("200:9 404:1"),
                                 .live = &live,
                                 .live_count = 1,
                                 .rss_p50_bytes = 4,
                                 .rss_p95_bytes = 5,
                                 .rss_max_bytes = 6,
                                 .rss_samples = 7,
                                 .rss_end_bytes = 17,
                                 .pss_bytes = 18,
                                 .threads_max = 19,
                                 .fds_max = 20,
                                 .noise = {0.25, 0, 11},
                                 .machine = {true, 0.25, 1.5, STR("performance"), 21},
                                 .clocks = {true, 22, 23, 24, 25, 26},
                                 .engine = {true, 27, 28, 29, 30, 31, 32, 33},
                                 .polls = {true, 34, 35, true},
                                 .gc = {true, STR(""), 12, 1, 13, 14, 15, 0.5, 0.75, 16},
                                 .benchmarks = &benchmark,
                                 .benchmark_count = 1,
                                 .start_ns = 8,
                                 .read_ns = 9,
                                 .wall_ns = 10};
    struct buf buf;
    struct err err;
    (void)state;
    buf_init(&buf, RECORDING_JSON_BYTES_MAX);
    assert_ok(trial_write(&buf, &trial, &err), &err);
    assert_str(buf_view(&buf), trial_text);
    buf_release(&buf);
}

static void a_trial_of_schema_3_is_read(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    assert_ok(trial_read(&trial, &arena, str_from(trial_text), &err), &err);
    assert_int_equal(trial.number, 3);
    assert_true(trial.cpu_ns == INT64_MAX);
    assert_close(trial.achieved_per_second, 1199.5, 0);
    assert_int_equal(trial.benchmark_count, 1);
    assert_str(trial.benchmarks[0].name, "BenchmarkEncode");
    assert_close(trial.benchmarks[0].ns_per_op, 0.1, 0);
    assert_int_equal(trial.benchmarks[0].passes.count, 17);
    assert_close(trial.benchmarks[0].passes.ns_per_op, 0.25, 0);
    assert_true(trial.wall_ns == 10);
    assert_true(trial.gc.is_traced && trial.gc.cycles == 12 && trial.gc.pause_p99_ns == 14);
    arena_release(&arena);
}

/* The text without the lines from one to another. */
static struct str without(struct arena *arena, const char *text, const char *part)
{
    const char *at = strstr(text, part);
    assert_non_null(at);
    return str_format(arena, "%.*s%s", (int)(at - text), text, at + strlen(part));
}

static void a_trial_of_an_earlier_version_has_no_machine(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    assert_ok(trial_read(&trial, &arena, str_from(trial_text), &err), &err);
    assert_true(trial.machine.is_known && trial.machine.limit_throttled_ns == 21);
    assert_str(trial.machine.governor, "performance");
    struct str older = without(&arena, trial_text, MACHINE_TEXT);
    assert_ok(trial_read(&trial, &arena, older, &err), &err);
    assert_false(trial.machine.is_known);
    assert_true(trial.wall_ns == 10);
    /* What is there is whole, and what is missing was not misspelled. */
    struct str half = without(&arena, trial_text, "    \"load_end\": 1.5,\n");
    assert_fails(trial_read(&trial, &arena, half, &err), STATUS_FORMAT, &err,
                 "machine: load_end is missing");
    struct str other =
        str_format(&arena, "{\"machines\": {},%.*s", (int)(older.len - 1), older.data + 1);
    assert_fails(trial_read(&trial, &arena, other, &err), STATUS_FORMAT, &err,
                 "unknown member \"machines\"");
    arena_release(&arena);
}

static void a_trial_of_an_earlier_version_has_no_passes(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    struct str older = without(&arena, trial_text,
                               ",\n      \"passes\": {\n        \"count\": 17,\n"
                               "        \"ns_per_op\": 0.25\n      }");
    assert_ok(trial_read(&trial, &arena, older, &err), &err);
    assert_int_equal(trial.benchmarks[0].passes.count, 0);
    assert_close(trial.benchmarks[0].ns_per_op, 0.1, 0);
    arena_release(&arena);
}

static void a_trial_of_an_earlier_version_has_no_clocks(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    assert_ok(trial_read(&trial, &arena, str_from(trial_text), &err), &err);
    assert_true(trial.clocks.is_known && trial.clocks.lateness_max_ns == 26);
    struct str older = without(&arena, trial_text, CLOCKS_TEXT);
    assert_ok(trial_read(&trial, &arena, older, &err), &err);
    assert_false(trial.clocks.is_known);
    assert_true(trial.wall_ns == 10);
    arena_release(&arena);
}

static void a_trial_of_an_earlier_version_has_no_engine(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    assert_ok(trial_read(&trial, &arena, str_from(trial_text), &err), &err);
    assert_true(trial.engine.is_known && trial.engine.wall_ns == 33);
    struct str older = without(&arena, trial_text, ENGINE_TEXT);
    assert_ok(trial_read(&trial, &arena, older, &err), &err);
    assert_false(trial.engine.is_known);
    assert_true(trial.wall_ns == 10);
    arena_release(&arena);
}

static void a_trial_of_an_earlier_version_has_no_polls(void **state)
{
    struct arena arena;
    struct err err;
    struct record_trial trial;
    (void)state;
    arena_init(&arena);
    assert_ok(trial_read(&trial, &arena, str_from(trial_text), &err), &err);
    assert_true(trial.polls.is_known && trial.polls.lost == 35 && trial.polls.is_given_up);
    struct str older = without(&arena, trial_text, POLLS_TEXT);
    assert_ok(trial_read(&trial, &arena, older, &err), &err);
    assert_false(trial.polls.is_known);
    arena_release(&arena);
}

static void a_text_past_its_limit_is_not_written(void **state)
{
    struct record_trial trial = {.number = 1};
    struct buf buf;
    struct err err;
    (void)state;
    buf_init(&buf, 100);
    assert_fails(trial_write(&buf, &trial, &err), STATUS_LIMIT, &err, "larger than 100 bytes");
    buf_release(&buf);
}

static void texts_too_short_for_a_seal_do_not_verify(void **state)
{
    static const struct str texts[] = {STR_INIT(""), STR_INIT("}"), STR_INIT("\"\n}\n"),
                                       STR_INIT("0000\"\n}\n")};
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_fails(manifest_verify(texts[i], &err), STATUS_FORMAT, &err, "SHA-256");
}

/* The empty body's hash is FIPS 180-4's best known value. */
static void a_seal_is_the_hash_of_what_is_before_it(void **state)
{
    struct err err;
    (void)state;
    assert_ok(manifest_verify(STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                                  "\"\n}\n"),
                              &err),
              &err);
}

static const struct {
    const char *path;
    enum layout_kind kind;
    struct trial_key key;
} good_paths[] = {
    {"policy.yaml", LAYOUT_KIND_POLICY, {0}},
    {"scenario-1/baseline/program.json", LAYOUT_KIND_PROGRAM, {0}},
    {"scenario-1000/candidate/program.json", LAYOUT_KIND_PROGRAM, {999, SIDE_CAND, 0, 0}},
    {"scenario-1/candidate/functions.txt", LAYOUT_KIND_FUNCTIONS, {0, SIDE_CAND, 0, 0}},
    {"scenario-2/candidate/steady-64/trial.json",
     LAYOUT_KIND_TRIAL,
     {1, SIDE_CAND, PHASE_STEADY, 64}},
    {"scenario-1/baseline/exact-1/ready.pb.gz", LAYOUT_KIND_DATA, {0, SIDE_BASE, PHASE_EXACT, 1}},
    {"scenario-1/baseline/exact-1/A_b-9", LAYOUT_KIND_DATA, {0, SIDE_BASE, PHASE_EXACT, 1}},
};

static void paths_of_a_recording_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_paths); i++) {
        struct layout_file file;
        print_message("%s\n", good_paths[i].path);
        assert_true(layout_parse(&file, str_from(good_paths[i].path)));
        assert_int_equal(file.kind, good_paths[i].kind);
        assert_int_equal(file.key.scenario, good_paths[i].key.scenario);
        assert_int_equal(file.key.side, good_paths[i].key.side);
        assert_int_equal(file.key.phase, good_paths[i].key.phase);
        assert_int_equal(file.key.number, good_paths[i].key.number);
    }
}

static const char *const bad_paths[] = {
    "",
    "/",
    "manifest.json",
    "./policy.yaml",
    "policy.yaml/",
    "scenario-1",
    "scenario-1/baseline",
    "scenario-0/baseline/program.json",
    "scenario-01/baseline/program.json",
    "scenario-1001/baseline/program.json",
    "scenario--1/baseline/program.json",
    "scenario-/baseline/program.json",
    "scenario-1x/baseline/program.json",
    "scenario-1/other/program.json",
    "scenario-1/baseline/trial.json",
    "scenario-1/functions.txt",
    "scenario-1/baseline/functions.text",
    "scenario-1/baseline//program.json",
    "scenario-1/baseline/trio-1/trial.json",
    "scenario-1/baseline/exact-0/trial.json",
    "scenario-1/baseline/exact-65/trial.json",
    "scenario-1/baseline/exact/trial.json",
    "scenario-1/baseline/exact-1/",
    "scenario-1/baseline/exact-1/.",
    "scenario-1/baseline/exact-1/..",
    "scenario-1/baseline/exact-1/-x",
    "scenario-1/baseline/exact-1/a b",
    "scenario-1/baseline/exact-1/a\\b",
    "scenario-1/baseline/exact-1/a/b",
    "../scenario-1/baseline/program.json",
};

static void other_paths_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_paths); i++) {
        struct layout_file file;
        print_message("\"%s\"\n", bad_paths[i]);
        assert_false(layout_parse(&file, str_from(bad_paths[i])));
    }
    struct layout_file file;
    assert_false(layout_parse(&file, (struct str){NULL, 0}));
}

static void paths_are_written_as_they_are_parsed(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct trial_key key = {1, SIDE_CAND, PHASE_STEADY, 64};
    assert_str(layout_trial(&arena, key), "scenario-2/candidate/steady-64/trial.json");
    assert_str(layout_program(&arena, 0, SIDE_BASE), "scenario-1/baseline/program.json");
    assert_str(layout_functions(&arena, 0, SIDE_CAND), "scenario-1/candidate/functions.txt");
    assert_str(layout_scenario(&arena, 9), "scenario-10");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_is_written_as_schema_3_says),
        cmocka_unit_test(a_trial_of_schema_3_is_read),
        cmocka_unit_test(a_trial_of_an_earlier_version_has_no_machine),
        cmocka_unit_test(a_trial_of_an_earlier_version_has_no_passes),
        cmocka_unit_test(a_trial_of_an_earlier_version_has_no_clocks),
        cmocka_unit_test(a_trial_of_an_earlier_version_has_no_engine),
        cmocka_unit_test(a_trial_of_an_earlier_version_has_no_polls),
        cmocka_unit_test(a_text_past_its_limit_is_not_written),
        cmocka_unit_test(texts_too_short_for_a_seal_do_not_verify),
        cmocka_unit_test(a_seal_is_the_hash_of_what_is_before_it),
        cmocka_unit_test(paths_of_a_recording_are_understood),
        cmocka_unit_test(other_paths_are_none),
        cmocka_unit_test(paths_are_written_as_they_are_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
