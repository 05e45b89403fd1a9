#include "gate/recording/text.h"

#include "gate/recording/shape.h"

enum {
    TARGETS_MAX = 1000000,
    BENCHMARKS_MAX = 10000,
};

#define RECORD record_target
static const struct field target_fields[] = {
    {"offset", FIELD_HEX, AT(offset), 0, NULL, 0},
    {"symbol", FIELD_STR, AT(symbol), 0, NULL, 0},
    {"type", FIELD_STR, AT(type), 0, NULL, 0},
    {"how", FIELD_STR, AT(how), 0, NULL, 0},
};
#undef RECORD
static const struct shape target_shape = {target_fields, ARRAY_LEN(target_fields),
                                          sizeof(struct record_target), true};

#define RECORD record_program
static const struct field program_fields[] = {
    {"revision", FIELD_STR, AT(revision), 0, NULL, 0},
    {"label", FIELD_STR, AT(label), 0, NULL, 0},
    {"go_version", FIELD_STR, AT(go_version), 0, NULL, 0},
    {"module", FIELD_STR, AT(module), 0, NULL, 0},
    {"package", FIELD_STR, AT(package), 0, NULL, 0},
    {"arch", FIELD_STR, AT(arch), 0, NULL, 0},
    {"settings", FIELD_STR, AT(settings), 0, NULL, 0},
    {"sha256", FIELD_STR, AT(sha256), 0, NULL, 0},
    {"binary_bytes", FIELD_U64, AT(binary_bytes), 0, NULL, 0},
    {"targets", FIELD_LIST, AT(targets), TARGETS_MAX, &target_shape, AT(target_count)},
};
#undef RECORD
static const struct shape program_shape = SHAPE(struct record_program, program_fields);

#define RECORD record_passes
static const struct field passes_fields[] = {
    {"count", FIELD_U64, AT(count), 0, NULL, 0},
    {"ns_per_op", FIELD_DOUBLE, AT(ns_per_op), 0, NULL, 0},
};
#undef RECORD
static const struct shape passes_shape = SHAPE(struct record_passes, passes_fields);

#define RECORD record_benchmark
static const struct field benchmark_fields[] = {
    {"name", FIELD_STR, AT(name), 0, NULL, 0},
    {"iterations", FIELD_U64, AT(iterations), 0, NULL, 0},
    {"ns_per_op", FIELD_DOUBLE, AT(ns_per_op), 0, NULL, 0},
    {"bytes_per_op", FIELD_DOUBLE, AT(bytes_per_op), 0, NULL, 0},
    {"allocs_per_op", FIELD_DOUBLE, AT(allocs_per_op), 0, NULL, 0},
    {"passes", FIELD_PART, AT(passes), 0, &passes_shape, 0},
};
#undef RECORD
static const struct shape benchmark_shape = SHAPE(struct record_benchmark, benchmark_fields);

#define RECORD record_live
static const struct field live_fields[] = {
    {"request_count", FIELD_U64, AT(request_count), 0, NULL, 0},
    {"bytes", FIELD_U64, AT(bytes), 0, NULL, 0},
    {"objects", FIELD_U64, AT(objects), 0, NULL, 0},
};
#undef RECORD
static const struct shape live_shape = SHAPE(struct record_live, live_fields);

#define RECORD record_noise
static const struct field noise_fields[] = {
    {"others_share", FIELD_DOUBLE, AT(others_share), 0, NULL, 0},
    {"steal_share", FIELD_DOUBLE, AT(steal_share), 0, NULL, 0},
    {"throttled_ns", FIELD_U64, AT(throttled_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape noise_shape = SHAPE(struct record_noise, noise_fields);

#define RECORD record_machine
static const struct field machine_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"load_start", FIELD_DOUBLE, AT(load_start), 0, NULL, 0},
    {"load_end", FIELD_DOUBLE, AT(load_end), 0, NULL, 0},
    {"governor", FIELD_STR, AT(governor), 0, NULL, 0},
    {"limit_throttled_ns", FIELD_U64, AT(limit_throttled_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape machine_shape = SHAPE(struct record_machine, machine_fields);

#define RECORD record_clocks
static const struct field clocks_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"batch_ns", FIELD_U64, AT(batch_ns), 0, NULL, 0},
    {"intended_p99_ns", FIELD_U64, AT(intended_p99_ns), 0, NULL, 0},
    {"actual_p99_ns", FIELD_U64, AT(actual_p99_ns), 0, NULL, 0},
    {"lateness_p50_ns", FIELD_U64, AT(lateness_p50_ns), 0, NULL, 0},
    {"lateness_max_ns", FIELD_U64, AT(lateness_max_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape clocks_shape = SHAPE(struct record_clocks, clocks_fields);

#define RECORD record_engine
static const struct field engine_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"connections", FIELD_U64, AT(connections), 0, NULL, 0},
    {"streams", FIELD_U64, AT(streams), 0, NULL, 0},
    {"streams_allowed", FIELD_U64, AT(streams_allowed), 0, NULL, 0},
    {"reconnects", FIELD_U64, AT(reconnects), 0, NULL, 0},
    {"sent_again", FIELD_U64, AT(sent_again), 0, NULL, 0},
    {"cpu_ns", FIELD_U64, AT(cpu_ns), 0, NULL, 0},
    {"wall_ns", FIELD_U64, AT(wall_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape engine_shape = SHAPE(struct record_engine, engine_fields);

#define RECORD record_polls
static const struct field polls_fields[] = {
    {"is_known", FIELD_BOOL, AT(is_known), 0, NULL, 0},
    {"asked", FIELD_U64, AT(asked), 0, NULL, 0},
    {"lost", FIELD_U64, AT(lost), 0, NULL, 0},
    {"is_given_up", FIELD_BOOL, AT(is_given_up), 0, NULL, 0},
};
#undef RECORD
static const struct shape polls_shape = SHAPE(struct record_polls, polls_fields);

#define RECORD record_gc
static const struct field gc_fields[] = {
    {"is_traced", FIELD_BOOL, AT(is_traced), 0, NULL, 0},
    {"refusal", FIELD_STR, AT(refusal), 0, NULL, 0},
    {"cycles", FIELD_U64, AT(cycles), 0, NULL, 0},
    {"lost", FIELD_U64, AT(lost), 0, NULL, 0},
    {"pause_p50_ns", FIELD_U64, AT(pause_p50_ns), 0, NULL, 0},
    {"pause_p99_ns", FIELD_U64, AT(pause_p99_ns), 0, NULL, 0},
    {"pause_max_ns", FIELD_U64, AT(pause_max_ns), 0, NULL, 0},
    {"assist_share", FIELD_DOUBLE, AT(assist_share), 0, NULL, 0},
    {"cpu_share", FIELD_DOUBLE, AT(cpu_share), 0, NULL, 0},
    {"goal_bytes", FIELD_U64, AT(goal_bytes), 0, NULL, 0},
};
#undef RECORD
static const struct shape gc_shape = SHAPE(struct record_gc, gc_fields);

#define RECORD record_window
static const struct field window_fields[] = {
    {"latency", FIELD_STR, AT(latency), 0, NULL, 0},
};
#undef RECORD
static const struct shape window_shape = SHAPE(struct record_window, window_fields);

#define RECORD record_trial
static const struct field trial_fields[] = {
    {"number", FIELD_U32, AT(number), RECORDING_TRIALS_MAX, NULL, 0},
    {"warmup_count", FIELD_U64, AT(warmup_count), 0, NULL, 0},
    {"request_count", FIELD_U64, AT(request_count), 0, NULL, 0},
    {"rate_per_second", FIELD_DOUBLE, AT(rate_per_second), 0, NULL, 0},
    {"achieved_per_second", FIELD_DOUBLE, AT(achieved_per_second), 0, NULL, 0},
    {"lateness_p99_ns", FIELD_U64, AT(lateness_p99_ns), 0, NULL, 0},
    {"duration_ns", FIELD_U64, AT(duration_ns), 0, NULL, 0},
    {"cpu_ns", FIELD_U64, AT(cpu_ns), 0, NULL, 0},
    {"response_bytes", FIELD_U64, AT(response_bytes), 0, NULL, 0},
    {"latency", FIELD_STR, AT(latency), 0, NULL, 0},
    {"windows", FIELD_LIST, AT(windows), RECORDING_WINDOWS_MAX, &window_shape, AT(window_count)},
    {"statuses", FIELD_STR, AT(statuses), 0, NULL, 0},
    {"live", FIELD_LIST, AT(live), RECORDING_LIVE_MAX, &live_shape, AT(live_count)},
    {"rss_p50_bytes", FIELD_U64, AT(rss_p50_bytes), 0, NULL, 0},
    {"rss_p95_bytes", FIELD_U64, AT(rss_p95_bytes), 0, NULL, 0},
    {"rss_max_bytes", FIELD_U64, AT(rss_max_bytes), 0, NULL, 0},
    {"rss_samples", FIELD_U64, AT(rss_samples), 0, NULL, 0},
    {"rss_end_bytes", FIELD_U64, AT(rss_end_bytes), 0, NULL, 0},
    {"pss_bytes", FIELD_U64, AT(pss_bytes), 0, NULL, 0},
    {"threads_max", FIELD_U64, AT(threads_max), 0, NULL, 0},
    {"fds_max", FIELD_U64, AT(fds_max), 0, NULL, 0},
    {"noise", FIELD_OBJECT, AT(noise), 0, &noise_shape, 0},
    {"machine", FIELD_PART, AT(machine), 0, &machine_shape, 0},
    {"clocks", FIELD_PART, AT(clocks), 0, &clocks_shape, 0},
    {"engine", FIELD_PART, AT(engine), 0, &engine_shape, 0},
    {"polls", FIELD_PART, AT(polls), 0, &polls_shape, 0},
    {"gc", FIELD_OBJECT, AT(gc), 0, &gc_shape, 0},
    {"benchmarks", FIELD_LIST, AT(benchmarks), BENCHMARKS_MAX, &benchmark_shape,
     AT(benchmark_count)},
    {"start_ns", FIELD_U64, AT(start_ns), 0, NULL, 0},
    {"read_ns", FIELD_U64, AT(read_ns), 0, NULL, 0},
    {"wall_ns", FIELD_U64, AT(wall_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape trial_shape = SHAPE(struct record_trial, trial_fields);

/* Readers search by offset; two targets at one place would make the answer depend on luck. */
static enum status check_targets(const struct record_program *program, enum status status,
                                 struct err *err)
{
    for (size_t i = 0; i < program->target_count; i++) {
        const struct record_target *target = &program->targets[i];
        if (i > 0 && program->targets[i - 1].offset >= target->offset)
            return err_set(err, status, "targets: item %zu is not above the one before", i + 1);
        if (!str_equal(target->how, STR(RECORD_TARGET_CALL)) &&
            !str_equal(target->how, STR(RECORD_TARGET_HIDDEN))) {
            return err_set(err, status,
                           "targets: item %zu: how is \"%.*s\", not \"" RECORD_TARGET_CALL
                           "\" or \"" RECORD_TARGET_HIDDEN "\"",
                           i + 1, STR_ARGS(target->how));
        }
    }
    return STATUS_OK;
}

enum status program_write(struct buf *buf, const struct record_program *program, struct err *err)
{
    if (check_targets(program, STATUS_INVALID, err))
        return err->status;
    return shape_write(buf, &program_shape, program, err);
}

enum status program_read(struct record_program *out, struct arena *arena, struct str text,
                         struct err *err)
{
    struct record_program program = {0};
    if (shape_parse(&program, arena, &program_shape, text, err) ||
        check_targets(&program, STATUS_FORMAT, err))
        return err->status;
    *out = program;
    return STATUS_OK;
}

enum status trial_write(struct buf *buf, const struct record_trial *trial, struct err *err)
{
    return shape_write(buf, &trial_shape, trial, err);
}

enum status trial_read(struct record_trial *out, struct arena *arena, struct str text,
                       struct err *err)
{
    struct record_trial trial = {0};
    if (shape_parse(&trial, arena, &trial_shape, text, err))
        return err->status;
    *out = trial;
    return STATUS_OK;
}
