#include "gate/recording/calibration.h"
#include "gate/recording/seal.h"
#include "tests/support/check.h"
#include "tests/unit/recording/sample.h"

static const struct {
    const char *name;
    struct record_environment environment;
    const char *want;
} class_cases[] = {
    {"an Intel, as its firmware spells it",
     {.os = STR_INIT("linux"),
      .arch = STR_INIT("amd64"),
      .cpu_model = STR_INIT("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz"),
      .cpu_count = 4},
     "linux-amd64-intel-xeon-platinum-8370c-cpu-2-80ghz-4cpu"},
    {"a quota of a CPU and a half",
     {.os = STR_INIT("linux"),
      .arch = STR_INIT("amd64"),
      .cpu_model = STR_INIT("AMD EPYC 7763 64-Core Processor"),
      .cpu_count = 2,
      .quota = {true, 1.5}},
     "linux-amd64-amd-epyc-7763-64-core-processor-2cpu-1.5quota"},
    {"no model is told, and the quota is none",
     {.os = STR_INIT("linux"), .arch = STR_INIT("arm64"), .cpu_count = 8, .quota = {true, 0}},
     "linux-arm64-unknown-cpu-8cpu"},
    {"a quota of all that there is holds nothing back",
     {.os = STR_INIT("linux"), .arch = STR_INIT("arm64"), .cpu_count = 8, .quota = {true, 8}},
     "linux-arm64-unknown-cpu-8cpu"},
    {"nothing that leaves the folder, hides or is no ASCII; not beyond 48 bytes",
     {.os = STR_INIT("linux"),
      .arch = STR_INIT("amd64"),
      .cpu_model =
          STR_INIT("../../Caf\xc3\xa9 \x1b[1m..01234567890123456789012345678901234567890123456789"),
      .cpu_count = 1},
     "linux-amd64-caf-1m-01234567890123456789012345678901234567890-1cpu"},
};

static void a_class_is_a_name_of_a_file(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(class_cases); i++) {
        print_message("%s\n", class_cases[i].name);
        struct machine_class have = machine_class_of(&arena, &class_cases[i].environment);
        assert_str(have.name, class_cases[i].want);
    }
    arena_release(&arena);
}

/* The kernel, the version of memgate and the isolation are no part of it. */
static void classes_are_equal_by_what_they_are_made_of(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct record_environment a = class_cases[0].environment;
    struct record_environment b = a;
    b.kernel = STR("6.9.1");
    b.memgate_version = STR("2");
    b.pinned = true;
    struct machine_class left = machine_class_of(&arena, &a);
    struct machine_class right = machine_class_of(&arena, &b);
    assert_true(machine_class_equal(&left, &right));
    b.cpu_count++;
    right = machine_class_of(&arena, &b);
    assert_false(machine_class_equal(&left, &right));
    /* Cut to the same name, they are told apart all the same. */
    b = a;
    b.cpu_model = STR("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz ");
    right = machine_class_of(&arena, &b);
    assert_true(str_equal(left.name, right.name));
    assert_false(machine_class_equal(&left, &right));
    arena_release(&arena);
}

static struct calibration_spread spreads[] = {
    {.metric = STR_INIT("alloc_space"),
     .subject = STR_INIT(CALIBRATION_OF_FUNCTION),
     .point = STR_INIT("end"),
     .phase = STR_INIT("exact"),
     .kind = STR_INIT("map"),
     .func = STR_INIT("price.(*Book).Price"),
     .scale = STR_INIT(CALIBRATION_RATIO),
     .runs = 5,
     .run_spread = 0.0125,
     .trials = 3,
     .trial_spread = 0.25,
     .trial_df = 20},
    {.metric = STR_INIT("heap_growth_per_1000_requests"),
     .subject = STR_INIT(CALIBRATION_OF_SCENARIO),
     .point = STR_INIT("end"),
     .phase = STR_INIT("exact"),
     .scale = STR_INIT(CALIBRATION_UNIT),
     .runs = 5,
     .run_spread = 1234.5,
     .trials = 3.5,
     .trial_spread = 2048,
     .trial_df = 20},
};

static struct calibration_rule rules[] = {
    {.rule = STR_INIT("alloc_space max_increase_percent 5 %"),
     .severity = STR_INIT("block"),
     .decisions = 5,
     .false_alarms = 1,
     .has_detectable = true,
     .detectable = 107.25,
     .limit = 800,
     .unit = STR_INIT("bytes/request"),
     .subject = STR_INIT("alloc_space, whole scenario")},
};

static struct calibration_scenario scenarios[] = {{.name = STR_INIT("orders"),
                                                   .go_version = STR_INIT("go1.26.8"),
                                                   .runs = 5,
                                                   .blocked_runs = 1,
                                                   .spreads = spreads,
                                                   .spread_count = 2,
                                                   .rules = rules,
                                                   .rule_count = 1}};

struct text {
    struct arena arena;
    struct buf buf;
    struct err err;
    struct calibration calibration;
};

static void text_init(struct text *text)
{
    *text = (struct text){0};
    arena_init(&text->arena);
    buf_init(&text->buf, CALIBRATION_BYTES_MAX);
    text->calibration = (struct calibration){
        .memgate_version = STR("0.1.0"),
        .machine = machine_class_of(&text->arena, &class_cases[1].environment),
        .kernel = STR("6.1.0"),
        .revision = STR("67453c0d83dcf6052d868f2ae3d306858938cf20"),
        .policy_sha256 = calibration_policy_hash(&text->arena, STR("version: 1\n")),
        .runs = 5,
        .scenarios = scenarios,
        .scenario_count = 1,
    };
}

static void text_release(struct text *text)
{
    buf_release(&text->buf);
    arena_release(&text->arena);
}

static void write_text(struct text *text)
{
    buf_reset(&text->buf);
    assert_ok(calibration_write(&text->buf, &text->calibration, &text->err), &text->err);
}

static void what_is_written_is_read_back_to_the_bit(void **state)
{
    struct text text;
    struct calibration read = {0};
    (void)state;
    text_init(&text);
    write_text(&text);
    struct str first = str_copy(&text.arena, buf_view(&text.buf));
    assert_ok(calibration_read(&read, &text.arena, first, &text.err), &text.err);
    assert_true(machine_class_equal(&read.machine, &text.calibration.machine));
    const struct calibration_scenario *orders = calibration_scenario(&read, STR("orders"));
    assert_non_null(orders);
    assert_null(calibration_scenario(&read, STR("other")));
    assert_int_equal(orders->spread_count, 2);
    assert_str(orders->spreads[0].kind, "map");
    assert_true(orders->spreads[0].run_spread >= 0.0125 && orders->spreads[0].run_spread <= 0.0125);
    assert_int_equal(orders->rules[0].false_alarms, 1);
    text.calibration = read;
    write_text(&text);
    assert_true(str_equal(buf_view(&text.buf), first));
    text_release(&text);
}

/* `from` becomes `to`; with `seal` the hash is made to fit, so that the shape has to be looked at. */
static const struct {
    const char *name;
    const char *from;
    const char *to;
    bool seal;
    const char *message;
} bad_cases[] = {
    {"a number that was made better", "0.0125", "0.0025", false, "SHA-256 does not match"},
    {"a later version", "memgate.noise/1", "memgate.noise/2", true,
     "has schema \"memgate.noise/2\"; this memgate reads memgate.noise/1"},
    {"no schema", "\"schema\"", "\"shame\"", true, "names no schema"},
    {"a member that nobody knows", "\"kernel\"", "\"Kernel\"", true, "kernel is missing"},
    {"a scale that nobody knows", "\"ratio\"", "\"rates\"", true,
     "scenarios: item 1: spreads: item 1: scale is \"rates\""},
    {"a negative spread", "0.0125", "-0.125", true, "run_spread: not a number from 0 on"},
    {"a class that its fields do not make", "\"cpu_count\": 2", "\"cpu_count\": 4", true,
     "is not what its fields make"},
    {"a spread of one run", "\"runs\": 5,\n          \"run_spread\"",
     "\"runs\": 1,\n          \"run_spread\"", true, "cannot be: too few or beyond"},
    {"a spread of more runs than there were", "\"runs\": 5,\n          \"run_spread\"",
     "\"runs\": 6,\n          \"run_spread\"", true, "spreads: item 1: runs is 6, of 5 of the"},
    {"a spread beyond any measurement", "0.0125", "1e+300", true, "cannot be: too few or beyond"},
    {"cut short", "  \"sha256\"", NULL, false, "line "},
};

static struct str replaced(struct arena *arena, struct str text, const char *from, const char *to)
{
    size_t at = 0;
    size_t len = strlen(from);
    while (at + len <= text.len && memcmp(text.data + at, from, len) != 0)
        at++;
    assert_true(at + len <= text.len);
    struct str before = str_slice(text, 0, at);
    struct str after = to ? str_slice(text, at + len, text.len) : STR("");
    return str_format(arena, "%.*s%s%.*s", STR_ARGS(before), to ? to : "", STR_ARGS(after));
}

/* As files were before spreads had a phase, under the same schema. */
static void a_phase_that_was_not_written_is_not_known(void **state)
{
    struct text text;
    struct calibration read = {0};
    (void)state;
    text_init(&text);
    write_text(&text);
    struct str older =
        replaced(&text.arena, buf_view(&text.buf),
                 "          \"phase\": \"exact\",\n          \"kind\"", "          \"kind\"");
    buf_reset(&text.buf);
    buf_printf(&text.buf, "%.*s", STR_ARGS(older));
    seal_set(&text.buf);
    assert_ok(calibration_read(&read, &text.arena, buf_view(&text.buf), &text.err), &text.err);
    assert_int_equal(read.scenarios[0].spreads[0].phase.len, 0);
    assert_str(read.scenarios[0].spreads[1].phase, "exact");
    text_release(&text);
}

static void what_was_changed_is_refused(void **state)
{
    struct text text;
    (void)state;
    text_init(&text);
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        struct calibration read = {0};
        print_message("%s\n", bad_cases[i].name);
        write_text(&text);
        struct str bad =
            replaced(&text.arena, buf_view(&text.buf), bad_cases[i].from, bad_cases[i].to);
        if (bad_cases[i].seal) {
            buf_reset(&text.buf);
            buf_str(&text.buf, bad);
            seal_set(&text.buf);
            bad = buf_view(&text.buf);
        }
        assert_fails(calibration_read(&read, &text.arena, bad, &text.err), STATUS_FORMAT, &text.err,
                     bad_cases[i].message);
        assert_int_equal(read.runs, 0);
    }
    text_release(&text);
}

static void what_would_be_refused_is_not_written(void **state)
{
    struct text text;
    (void)state;
    text_init(&text);
    text.calibration.runs = 1;
    assert_fails(calibration_write(&text.buf, &text.calibration, &text.err), STATUS_INVALID,
                 &text.err, "less than 2");
    text.calibration.runs = 5;
    text.calibration.machine.name = STR("../x");
    assert_fails(calibration_write(&text.buf, &text.calibration, &text.err), STATUS_INVALID,
                 &text.err, "is not what its fields make");
    text_release(&text);
}

static void a_recording_keeps_a_copy(void **state)
{
    struct sample sample;
    struct text text;
    struct recording read = {0};
    (void)state;
    sample_init(&sample);
    text_init(&text);
    write_text(&text);
    sample.recording.noise = (struct record_calibration){
        .is_known = true, .file = STR("memgate.noise/x.json"), .text = buf_view(&text.buf)};
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&read, &sample.arena, sample.recording.dir, &sample.err), &sample.err);
    assert_str(read.noise.file, "memgate.noise/x.json");
    assert_true(str_equal(read.noise.text, buf_view(&text.buf)));
    assert_int_equal(read.noise.table->scenarios[0].spread_count, 2);

    /* Without one it must not be there: it would be judged by once more. */
    sample.recording.noise = (struct record_calibration){.is_known = true, .missing = STR("none")};
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "noise.json is left over");
    sample_release(&sample);
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_a_name_of_a_file),
        cmocka_unit_test(classes_are_equal_by_what_they_are_made_of),
        cmocka_unit_test(what_is_written_is_read_back_to_the_bit),
        cmocka_unit_test(a_phase_that_was_not_written_is_not_known),
        cmocka_unit_test(what_was_changed_is_refused),
        cmocka_unit_test(what_would_be_refused_is_not_written),
        cmocka_unit_test(a_recording_keeps_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
