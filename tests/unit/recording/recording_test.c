#include "tests/unit/recording/sample.h"

static void assert_same_program(const struct record_program *have,
                                const struct record_program *want)
{
    assert_true(str_equal(have->revision, want->revision));
    assert_true(str_equal(have->label, want->label));
    assert_true(str_equal(have->go_version, want->go_version));
    assert_true(str_equal(have->module, want->module));
    assert_true(str_equal(have->package, want->package));
    assert_true(str_equal(have->arch, want->arch));
    assert_true(str_equal(have->settings, want->settings));
    assert_true(str_equal(have->sha256, want->sha256));
    assert_true(have->binary_bytes == want->binary_bytes);
    assert_int_equal(have->target_count, want->target_count);
    for (size_t i = 0; i < want->target_count; i++) {
        assert_true(have->targets[i].offset == want->targets[i].offset);
        assert_true(str_equal(have->targets[i].symbol, want->targets[i].symbol));
        assert_true(str_equal(have->targets[i].type, want->targets[i].type));
        assert_true(str_equal(have->targets[i].how, want->targets[i].how));
    }
    assert_int_equal(have->has_functions, want->has_functions);
    assert_int_equal(have->function_count, want->function_count);
    for (size_t i = 0; i < want->function_count; i++)
        assert_true(str_equal(have->functions[i], want->functions[i]));
}

/* Doubles must come back bit for bit, not merely close. */
static bool same_double(double a, double b)
{
    uint64_t bits_a = 0;
    uint64_t bits_b = 0;
    memcpy(&bits_a, &a, sizeof(a));
    memcpy(&bits_b, &b, sizeof(b));
    return bits_a == bits_b;
}

static void assert_same_benchmarks(const struct record_trial *have, const struct record_trial *want)
{
    assert_int_equal(have->benchmark_count, want->benchmark_count);
    for (size_t i = 0; i < want->benchmark_count; i++) {
        assert_true(str_equal(have->benchmarks[i].name, want->benchmarks[i].name));
        assert_true(have->benchmarks[i].iterations == want->benchmarks[i].iterations);
        assert_true(same_double(have->benchmarks[i].ns_per_op, want->benchmarks[i].ns_per_op));
        assert_true(
            same_double(have->benchmarks[i].bytes_per_op, want->benchmarks[i].bytes_per_op));
        assert_true(
            same_double(have->benchmarks[i].allocs_per_op, want->benchmarks[i].allocs_per_op));
        assert_true(have->benchmarks[i].passes.count == want->benchmarks[i].passes.count);
        assert_true(same_double(have->benchmarks[i].passes.ns_per_op,
                                want->benchmarks[i].passes.ns_per_op));
    }
}

static void assert_same_windows(const struct record_trial *have, const struct record_trial *want)
{
    assert_int_equal(have->window_count, want->window_count);
    for (size_t i = 0; i < want->window_count; i++)
        assert_true(str_equal(have->windows[i].latency, want->windows[i].latency));
    assert_int_equal(have->live_count, want->live_count);
    for (size_t i = 0; i < want->live_count; i++) {
        assert_true(have->live[i].request_count == want->live[i].request_count);
        assert_true(have->live[i].bytes == want->live[i].bytes);
        assert_true(have->live[i].objects == want->live[i].objects);
    }
}

static void assert_same_trial(const struct record_trial *have, const struct record_trial *want)
{
    assert_int_equal(have->number, want->number);
    assert_true(have->warmup_count == want->warmup_count);
    assert_true(have->request_count == want->request_count);
    assert_true(same_double(have->rate_per_second, want->rate_per_second));
    assert_true(same_double(have->achieved_per_second, want->achieved_per_second));
    assert_true(have->lateness_p99_ns == want->lateness_p99_ns);
    assert_true(have->duration_ns == want->duration_ns);
    assert_true(have->cpu_ns == want->cpu_ns);
    assert_true(have->response_bytes == want->response_bytes);
    assert_true(str_equal(have->latency, want->latency));
    assert_true(str_equal(have->statuses, want->statuses));
    assert_true(have->rss_p50_bytes == want->rss_p50_bytes);
    assert_true(have->rss_p95_bytes == want->rss_p95_bytes);
    assert_true(have->rss_max_bytes == want->rss_max_bytes);
    assert_true(have->rss_samples == want->rss_samples);
    assert_true(have->start_ns == want->start_ns);
    assert_true(have->read_ns == want->read_ns);
    assert_true(have->wall_ns == want->wall_ns);
    assert_same_benchmarks(have, want);
    assert_same_windows(have, want);
}

static void assert_same_side(const struct record_scenario *have, const struct record_scenario *want,
                             enum side side)
{
    assert_same_program(&have->programs[side], &want->programs[side]);
    for (enum phase phase = 0; phase < PHASES; phase++) {
        assert_int_equal(have->trial_count[side][phase], want->trial_count[side][phase]);
        for (size_t i = 0; i < want->trial_count[side][phase]; i++)
            assert_same_trial(&have->trials[side][phase][i], &want->trials[side][phase][i]);
    }
}

static void assert_same_recording(const struct recording *have, const struct recording *want)
{
    assert_true(str_equal(have->dir, want->dir));
    assert_true(str_equal(have->policy_name, want->policy_name));
    assert_true(str_equal(have->policy_revision, want->policy_revision));
    assert_true(str_equal(have->policy_text, want->policy_text));
    assert_int_equal(have->quick, want->quick);
    assert_true(str_equal(have->environment.memgate_version, want->environment.memgate_version));
    assert_true(str_equal(have->environment.os, want->environment.os));
    assert_true(str_equal(have->environment.arch, want->environment.arch));
    assert_true(str_equal(have->environment.cpu_model, want->environment.cpu_model));
    assert_true(have->environment.cpu_count == want->environment.cpu_count);
    assert_true(str_equal(have->environment.kernel, want->environment.kernel));
    assert_int_equal(have->environment.pinned, want->environment.pinned);
    assert_int_equal(have->environment.isolation.network, want->environment.isolation.network);
    assert_int_equal(have->environment.isolation.process, want->environment.isolation.process);
    assert_int_equal(have->environment.isolation.user, want->environment.isolation.user);
    assert_int_equal(have->environment.quota.is_known, want->environment.quota.is_known);
    assert_true(same_double(have->environment.quota.cpus, want->environment.quota.cpus));
    assert_int_equal(have->rename_count, want->rename_count);
    for (size_t i = 0; i < want->rename_count; i++) {
        assert_true(str_equal(have->renames[i].from, want->renames[i].from));
        assert_true(str_equal(have->renames[i].to, want->renames[i].to));
    }
    assert_int_equal(have->scenario_count, want->scenario_count);
    for (size_t i = 0; i < want->scenario_count; i++) {
        const struct record_scenario *a = &have->scenarios[i];
        const struct record_scenario *b = &want->scenarios[i];
        assert_true(str_equal(a->name, b->name));
        assert_int_equal(a->is_gotest, b->is_gotest);
        assert_int_equal(a->identical, b->identical);
        assert_true(str_equal(a->identical_why_measured, b->identical_why_measured));
        assert_true(str_equal(a->failure, b->failure));
        assert_true(str_equal(a->notes, b->notes));
        assert_true(str_equal(a->transport, b->transport));
        assert_true(a->load_count == b->load_count);
        assert_true(a->limits.cgroup_version == b->limits.cgroup_version);
        assert_true(a->limits.memory_bytes == b->limits.memory_bytes);
        assert_close(a->limits.cpus, b->limits.cpus, 0);
        assert_true(str_equal(a->limits.cpuset, b->limits.cpuset));
        assert_same_side(a, b, SIDE_BASE);
        assert_same_side(a, b, SIDE_CAND);
    }
}

/* A second scenario with everything that the first lacks. */
static void add_gotest(struct sample *sample)
{
    struct record_scenario *scenario = &sample->recording.scenarios[1];
    *scenario = (struct record_scenario){.name = STR("../codec \xe2\x86\x92"),
                                         .is_gotest = true,
                                         .identical = true,
                                         .failure = STR("build failed:\n\tx.go:1:1"),
                                         .notes = STR("candidate: Benchmark\xc3\x89")};
    sample_trials(sample, scenario, SIDE_BASE, PHASE_STEADY, 2);
    sample_trials(sample, scenario, SIDE_CAND, PHASE_EXACT, 11);
    struct record_trial *trial = &scenario->trials[SIDE_BASE][PHASE_STEADY][1];
    trial->benchmarks = ARENA_ARRAY(&sample->arena, struct record_benchmark, 2);
    trial->benchmarks[0] =
        (struct record_benchmark){STR("BenchmarkEncode/small"), 2000, 0.1, 0, 3, {12, 1.0 / 7}};
    trial->benchmarks[1] =
        (struct record_benchmark){STR("BenchmarkDecode"), 1, 1e300, 1.0 / 3, 5e-324, {0, 0}};
    trial->benchmark_count = 2;
    sample_trials(sample, scenario, SIDE_BASE, PHASE_DUET, 1);
    trial = &scenario->trials[SIDE_BASE][PHASE_DUET][0];
    trial->windows = ARENA_ARRAY(&sample->arena, struct record_window, 2);
    trial->windows[0].latency = STR("12:3");
    trial->windows[1].latency = STR("14:7");
    trial->window_count = 2;
    trial->live = ARENA_ARRAY(&sample->arena, struct record_live, 2);
    trial->live[1] = (struct record_live){900, 1 << 20, 77};
    trial->live_count = 2;
    sample->recording.scenario_count = 2;
}

static void what_was_written_opens_equal_field_by_field(void **state)
{
    struct sample sample;
    struct recording opened;
    (void)state;
    sample_init(&sample);
    add_gotest(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_same_recording(&opened, &sample.recording);
    sample_release(&sample);
}

static void an_opened_recording_writes_the_same_bytes(void **state)
{
    struct sample sample;
    struct recording opened;
    (void)state;
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    struct str first = sample_read(&sample, "manifest.json");
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_true(str_equal(sample_read(&sample, "manifest.json"), first));
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_ok(recording_write(&opened, &sample.err), &sample.err);
    assert_true(str_equal(sample_read(&sample, "manifest.json"), first));
    sample_release(&sample);
}

static void trials_can_be_added_and_written_again(void **state)
{
    struct sample sample;
    struct recording opened;
    struct str dir = {0};
    (void)state;
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);

    struct trial_key key = {0, SIDE_CAND, PHASE_EXACT, 2};
    assert_ok(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
              &sample.err);
    sample_put(&sample, "scenario-1/candidate/exact-2/output.txt", STR("hello\n"));
    assert_fails(sample_open(&sample), STATUS_FORMAT, &sample.err,
                 "scenario-1/candidate/exact-2/output.txt: not listed in manifest.json");
    sample_trials(&sample, &sample.recording.scenarios[0], SIDE_CAND, PHASE_EXACT, 2);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, sample.recording.dir, &sample.err),
              &sample.err);
    assert_same_recording(&opened, &sample.recording);
    sample_release(&sample);
}

static void a_recording_is_found_below_the_output_directory(void **state)
{
    struct sample sample;
    struct recording opened;
    (void)state;
    sample_init(&sample);
    struct str parent = sample.recording.dir;
    assert_fails(sample_open(&sample), STATUS_NOT_FOUND, &sample.err, "holds no recording");
    sample.recording.dir = sample_path(&sample, "recording");
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, parent, &sample.err), &sample.err);
    assert_same_recording(&opened, &sample.recording);
    sample.recording.dir = parent;
    sample_release(&sample);
}

static void a_trial_has_its_directory_and_point_files(void **state)
{
    struct sample sample;
    struct str dir = {0};
    (void)state;
    sample_init(&sample);
    struct trial_key key = {1, SIDE_BASE, PHASE_STEADY, 12};
    assert_ok(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
              &sample.err);
    assert_true(io_is_dir(dir));
    assert_true(str_equal(dir, sample_path(&sample, "scenario-2/baseline/steady-12")));
    assert_str(recording_point_file(&sample.arena, STR("d"), POINT_WARM, false), "d/warm.pb.gz");
    assert_str(recording_point_file(&sample.arena, STR("d"), POINT_READY, true), "d/ready.txt");
    assert_str(recording_point_file(&sample.arena, STR("d"), POINT_END, true), "d/end.txt");

    key.number = RECORDING_TRIALS_MAX + 1;
    assert_fails(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
                 STATUS_LIMIT, &sample.err, "trial 65");
    key.number = 0;
    assert_fails(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
                 STATUS_LIMIT, &sample.err, "trial 0");
    sample_release(&sample);
}

static void bad_points_are_named_by_their_relative_path(void **state)
{
    struct sample sample;
    struct profile profile;
    struct memstats memstats;
    struct str dir = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_EXACT, 1};
    (void)state;
    sample_init(&sample);
    assert_ok(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
              &sample.err);
    assert_fails(
        recording_profile(&profile, &sample.arena, &sample.recording, key, POINT_END, &sample.err),
        STATUS_NOT_FOUND, &sample.err, "scenario-1/candidate/exact-1/end.pb.gz: ");
    sample_put(&sample, "scenario-1/candidate/exact-1/warm.pb.gz", STR("404 page not found\n"));
    assert_fails(
        recording_profile(&profile, &sample.arena, &sample.recording, key, POINT_WARM, &sample.err),
        STATUS_FORMAT, &sample.err, "scenario-1/candidate/exact-1/warm.pb.gz: ");
    sample_put(&sample, "scenario-1/candidate/exact-1/warm.txt", STR("404 page not found\n"));
    assert_fails(recording_memstats(&memstats, &sample.arena, &sample.recording, key, POINT_WARM,
                                    &sample.err),
                 STATUS_FORMAT, &sample.err, "scenario-1/candidate/exact-1/warm.txt: ");
    sample_release(&sample);
}

/* A raw profile.proto with no samples: strings "", "objects", "count" and one sample type. */
static void a_point_gives_its_profile(void **state)
{
    static const char proto[] = "\x0a\x04\x08\x01\x10\x02"
                                "\x32\x00"
                                "\x32\x07objects"
                                "\x32\x05"
                                "count";
    struct sample sample;
    struct profile profile;
    struct str dir = {0};
    struct trial_key key = {0, SIDE_BASE, PHASE_EXACT, 1};
    (void)state;
    sample_init(&sample);
    assert_ok(recording_trial_dir(&dir, &sample.arena, &sample.recording, key, &sample.err),
              &sample.err);
    sample_put(&sample, "scenario-1/baseline/exact-1/end.pb.gz",
               (struct str){proto, sizeof(proto) - 1});
    assert_ok(
        recording_profile(&profile, &sample.arena, &sample.recording, key, POINT_END, &sample.err),
        &sample.err);
    assert_int_equal(profile.type_count, 1);
    assert_str(profile.types[0].type, "objects");
    sample_release(&sample);
}

static void set_too_large(struct record_trial *trial)
{
    trial->cpu_ns = (uint64_t)INT64_MAX + 1;
}

static void set_nan(struct record_trial *trial)
{
    trial->achieved_per_second = (double)NAN;
}

static void set_infinite(struct record_trial *trial)
{
    trial->rate_per_second = (double)INFINITY;
}

static void set_negative(struct record_trial *trial)
{
    trial->rate_per_second = -1;
}

static void set_number(struct record_trial *trial)
{
    trial->number = 2;
}

static const struct {
    const char *name;
    void (*change)(struct record_trial *trial);
    const char *message;
} unwritable[] = {
    {"over 2^63 - 1", set_too_large, "trial.json: cpu_ns: 9223372036854775808 is more than"},
    {"NaN", set_nan, "trial.json: achieved_per_second: "},
    {"infinite", set_infinite, "trial.json: rate_per_second: "},
    {"negative", set_negative, "trial.json: rate_per_second: "},
    {"at another place", set_number, "trial.json: trial 2 stands at place 1"},
};

static void a_cpu_profile_is_there_or_has_a_reason(void **state)
{
    (void)state;
    struct sample sample;
    struct profile profile = {0};
    struct bytes data = {0};
    struct str dir = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 1};
    sample_init(&sample);
    struct err *err = &sample.err;
    struct arena *arena = &sample.arena;
    assert_ok(recording_trial_dir(&dir, arena, &sample.recording, key, err), err);
    assert_fails(recording_cpu_profile(&profile, arena, &sample.recording, key, err),
                 STATUS_NOT_FOUND, err, "no CPU profile was recorded");
    struct str refusal = recording_refusal_file(arena, dir, PROFILE_KIND_CPU);
    assert_ok(io_write_file(refusal, bytes_of_str(STR("\n")), err), err);
    assert_fails(recording_cpu_profile(&profile, arena, &sample.recording, key, err), STATUS_FORMAT,
                 err, "cpu.txt: gives no reason");
    struct bytes long_reason = {arena_alloc(arena, 4097, 1), 4097};
    assert_ok(io_write_file(refusal, long_reason, err), err);
    assert_fails(recording_cpu_profile(&profile, arena, &sample.recording, key, err), STATUS_LIMIT,
                 err, "cpu.txt: ");
    struct str why = STR("GET /x answered 404\nand more\n");
    assert_ok(io_write_file(refusal, bytes_of_str(why), err), err);
    assert_fails(recording_cpu_profile(&profile, arena, &sample.recording, key, err), STATUS_CHILD,
                 err, "GET /x answered 404");
    assert_null(strstr(err->text, "more"));
    assert_ok(io_read_file(&data, arena, STR("corpus/data/go1.27_maps_cpu.pb.gz"),
                           PROFILE_PACKED_BYTES_MAX, err),
              err);
    assert_ok(io_write_file(recording_cpu_file(arena, dir), data, err), err);
    assert_ok(recording_cpu_profile(&profile, arena, &sample.recording, key, err), err);
    assert_true(profile_type_index(&profile, "cpu") >= 0);
    assert_ok(io_write_file(recording_cpu_file(arena, dir), bytes_of_str(why), err), err);
    assert_fails(recording_cpu_profile(&profile, arena, &sample.recording, key, err), STATUS_FORMAT,
                 err, "scenario-1/candidate/steady-1/cpu.pb.gz: ");
    sample_release(&sample);
}

static void a_snapshot_is_there_or_has_a_reason(void **state)
{
    (void)state;
    struct sample sample;
    struct profile profile = {0};
    struct bytes data = {0};
    struct str dir = {0};
    struct trial_key key = {0, SIDE_BASE, PHASE_STEADY, 1};
    sample_init(&sample);
    struct err *err = &sample.err;
    struct arena *arena = &sample.arena;
    assert_ok(recording_trial_dir(&dir, arena, &sample.recording, key, err), err);
    assert_fails(recording_snapshot(&profile, arena, &sample.recording, key,
                                    (struct snapshot){PROFILE_KIND_MUTEX, POINT_END}, err),
                 STATUS_NOT_FOUND, err, "no mutex profile was recorded");
    assert_str(recording_refusal_file(arena, STR("d"), PROFILE_KIND_BLOCK), "d/block.txt");
    assert_str(recording_snapshot_file(arena, STR("d"), PROFILE_KIND_GOROUTINE, POINT_WARM),
               "d/goroutine-warm.pb.gz");
    struct str why = STR("GET /x answered 404\n");
    assert_ok(io_write_file(recording_refusal_file(arena, dir, PROFILE_KIND_MUTEX),
                            bytes_of_str(why), err),
              err);
    assert_fails(recording_snapshot(&profile, arena, &sample.recording, key,
                                    (struct snapshot){PROFILE_KIND_MUTEX, POINT_END}, err),
                 STATUS_CHILD, err, "GET /x answered 404");
    assert_ok(io_read_file(&data, arena, STR("corpus/data/go1.26_mutex_debug1.txt"),
                           PROFILE_PACKED_BYTES_MAX, err),
              err);
    struct str file = recording_snapshot_file(arena, dir, PROFILE_KIND_MUTEX, POINT_END);
    assert_ok(io_write_file(file, data, err), err);
    assert_ok(recording_snapshot(&profile, arena, &sample.recording, key,
                                 (struct snapshot){PROFILE_KIND_MUTEX, POINT_END}, err),
              err);
    assert_true(profile_type_index(&profile, "delay") >= 0);
    assert_ok(io_write_file(file, bytes_of_str(why), err), err);
    assert_fails(recording_snapshot(&profile, arena, &sample.recording, key,
                                    (struct snapshot){PROFILE_KIND_MUTEX, POINT_END}, err),
                 STATUS_FORMAT, err, "scenario-1/baseline/steady-1/mutex-end.pb.gz: ");
    sample_release(&sample);
}

static void what_could_not_be_read_back_is_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unwritable); i++) {
        struct sample sample;
        print_message("%s\n", unwritable[i].name);
        sample_init(&sample);
        unwritable[i].change(sample.recording.scenarios[0].trials[SIDE_CAND][PHASE_EXACT]);
        assert_fails(recording_write(&sample.recording, &sample.err), STATUS_INVALID, &sample.err,
                     unwritable[i].message);
        assert_false(io_is_file(sample_path(&sample, "manifest.json")));
        sample_release(&sample);
    }
}

static void targets_out_of_order_are_not_written(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    struct record_program *program = &sample.recording.scenarios[0].programs[SIDE_CAND];
    program->targets[1].offset = program->targets[0].offset;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_INVALID, &sample.err,
                 "scenario-1/candidate/program.json: targets: item 2");
    sample_release(&sample);
}

static void renames_out_of_order_are_not_written(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    sample.recording.renames[1].from = sample.recording.renames[0].from;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "renames: item 2: \"cart/cart.go\" appears twice or out of order");
    sample_release(&sample);
}

static void renames_have_a_limit(void **state)
{
    enum { TOO_MANY = RECORDING_RENAMES_MAX + 1 };
    struct sample sample;
    struct recording opened;
    (void)state;
    sample_init(&sample);
    struct recording *recording = &sample.recording;
    recording->renames = ARENA_ARRAY(&sample.arena, struct record_rename, TOO_MANY);
    for (size_t i = 0; i < TOO_MANY; i++) {
        recording->renames[i].from = str_format(&sample.arena, "%05zu.go", i);
        recording->renames[i].to = STR("to.go");
    }
    recording->rename_count = TOO_MANY;
    assert_fails(recording_write(recording, &sample.err), STATUS_LIMIT, &sample.err,
                 "manifest.json: renames: more than 1000 items");
    recording->rename_count = RECORDING_RENAMES_MAX;
    assert_ok(recording_write(recording, &sample.err), &sample.err);
    assert_ok(recording_open(&opened, &sample.arena, recording->dir, &sample.err), &sample.err);
    assert_same_recording(&opened, recording);
    sample_release(&sample);
}

static void a_left_over_file_is_not_sealed(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    sample_put(&sample, "notes.txt", STR("x"));
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "\"notes.txt\" is no path of this recording");
    sample_release(&sample);
}

static void functions_out_of_order_are_not_written(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    struct record_program *program = &sample.recording.scenarios[0].programs[SIDE_CAND];
    program->functions[1] = program->functions[0];
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_INVALID, &sample.err,
                 "scenario-1/candidate/functions.txt: function 2: is not above");
    sample_release(&sample);
}

/* One name more than fits, told before there is anything to write. */
static void what_is_too_large_to_write_is_known_before(void **state)
{
    enum { NAME_BYTES = 1024 * 1024 };
    struct sample sample;
    (void)state;
    sample_init(&sample);
    size_t count = RECORDING_FUNCTIONS_BYTES_MAX / NAME_BYTES;
    struct record_program program = sample.recording.scenarios[0].programs[SIDE_CAND];
    assert_ok(recording_check_program(&program, &sample.err), &sample.err);
    assert_ok(recording_check_functions(&program, &sample.err), &sample.err);
    program.functions = ARENA_ARRAY(&sample.arena, struct str, count);
    program.function_count = count;
    for (size_t i = 0; i < count; i++) {
        char *name = ARENA_ARRAY(&sample.arena, char, NAME_BYTES);
        memset(name, 'x', NAME_BYTES);
        name[0] = (char)('0' + i);
        program.functions[i] = (struct str){name, NAME_BYTES};
    }
    assert_fails(recording_check_functions(&program, &sample.err), STATUS_LIMIT, &sample.err,
                 "functions.txt: larger than 67108864 bytes");
    assert_ok(recording_check_program(&program, &sample.err), &sample.err);
    char *module = ARENA_ARRAY(&sample.arena, char, RECORDING_JSON_BYTES_MAX);
    memset(module, 'x', RECORDING_JSON_BYTES_MAX);
    program.module = (struct str){module, RECORDING_JSON_BYTES_MAX};
    assert_fails(recording_check_program(&program, &sample.err), STATUS_LIMIT, &sample.err,
                 "program.json: larger than 8388608 bytes");
    sample_release(&sample);
}

static void functions_of_another_recording_are_not_sealed(void **state)
{
    struct sample sample;
    (void)state;
    sample_init(&sample);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    sample.recording.scenarios[0].programs[SIDE_CAND].has_functions = false;
    assert_fails(recording_write(&sample.recording, &sample.err), STATUS_FORMAT, &sample.err,
                 "scenario-1/candidate/functions.txt is left over");
    sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_opens_equal_field_by_field),
        cmocka_unit_test(an_opened_recording_writes_the_same_bytes),
        cmocka_unit_test(trials_can_be_added_and_written_again),
        cmocka_unit_test(a_recording_is_found_below_the_output_directory),
        cmocka_unit_test(a_trial_has_its_directory_and_point_files),
        cmocka_unit_test(bad_points_are_named_by_their_relative_path),
        cmocka_unit_test(a_point_gives_its_profile),
        cmocka_unit_test(a_cpu_profile_is_there_or_has_a_reason),
        cmocka_unit_test(a_snapshot_is_there_or_has_a_reason),
        cmocka_unit_test(what_could_not_be_read_back_is_not_written),
        cmocka_unit_test(targets_out_of_order_are_not_written),
        cmocka_unit_test(functions_out_of_order_are_not_written),
        cmocka_unit_test(what_is_too_large_to_write_is_known_before),
        cmocka_unit_test(functions_of_another_recording_are_not_sealed),
        cmocka_unit_test(renames_out_of_order_are_not_written),
        cmocka_unit_test(renames_have_a_limit),
        cmocka_unit_test(a_left_over_file_is_not_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
