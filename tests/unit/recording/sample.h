#ifndef TESTS_UNIT_RECORDING_SAMPLE_H
#define TESTS_UNIT_RECORDING_SAMPLE_H

#include "tests/support/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "gate/base/io.h"
#include "gate/codec/sha256.h"
#include "gate/recording/recording.h"

/* A small recording in a fresh directory, and what tests do to its files. */
struct sample {
    struct arena arena;
    struct err err;
    struct recording recording;
};

static inline void sample_trials(struct sample *sample, struct record_scenario *scenario,
                                 enum side side, enum phase phase, size_t count)
{
    struct record_trial *trials = ARENA_ARRAY(&sample->arena, struct record_trial, count);
    for (size_t i = 0; i < count; i++) {
        trials[i] = (struct record_trial){
            .number = (uint32_t)i + 1,
            .warmup_count = 500,
            .request_count = 20000 + i,
            .rate_per_second = 1200,
            .achieved_per_second = 1199.9833333333333,
            .lateness_p99_ns = 81000,
            .duration_ns = 16666666667,
            .cpu_ns = 9007199254740993, /* 2^53 + 1: lost by anything that reads doubles */
            .response_bytes = INT64_MAX,
            .latency = STR("12:3 14:7"),
            .statuses = STR("200:9 404:1"),
            .rss_p50_bytes = 1,
            .rss_p95_bytes = 2,
            .rss_max_bytes = 3,
            .rss_samples = 4,
            .start_ns = 5,
            .read_ns = 6,
            .wall_ns = 7 + (uint64_t)side,
        };
    }
    scenario->trials[side][phase] = trials;
    scenario->trial_count[side][phase] = count;
}

static inline void sample_init(struct sample *sample)
{
    *sample = (struct sample){0};
    arena_init(&sample->arena);
    struct recording *recording = &sample->recording;
    assert_ok(io_make_temp_dir(&recording->dir, &sample->arena, "memgate-recording", &sample->err),
              &sample->err);
    recording->policy_name = STR("memgate.yaml");
    recording->policy_revision = STR("work tree");
    recording->policy_text = STR("version: 1\n");
    recording->quick = true;
    recording->environment = (struct record_environment){
        .memgate_version = STR("0.1.0"),
        .os = STR("linux"),
        .arch = STR("amd64"),
        .cpu_model = STR("CPU \"x\"\t1"),
        .cpu_count = 2,
        .quota = {true, 1.5},
        .kernel = STR("6.1"),
        .isolation = {.network = true, .user = true},
        .pinned = true,
    };
    recording->renames = ARENA_ARRAY(&sample->arena, struct record_rename, 2);
    recording->renames[0] = (struct record_rename){STR("cart/cart.go"), STR("basket/basket.go")};
    recording->renames[1] = (struct record_rename){STR("main.go"), STR("cmd/orders/main.go")};
    recording->rename_count = 2;
    recording->scenarios = ARENA_ARRAY(&sample->arena, struct record_scenario, 2);
    recording->scenario_count = 1;
    recording->scenarios[0] = (struct record_scenario){
        .name = STR("orders"),
        .identical_why_measured = STR("go.sum"),
        .transport = STR("HTTP/2 over TCP"),
        .load_count = 20000,
        .limits = {1, 536870912, 1.5, STR("0-1")},
    };
    sample_trials(sample, &recording->scenarios[0], SIDE_CAND, PHASE_EXACT, 1);

    struct record_target *targets = ARENA_ARRAY(&sample->arena, struct record_target, 2);
    targets[0] = (struct record_target){0x1f40, STR("runtime.makemap"), STR("map[string]int"),
                                        STR(RECORD_TARGET_CALL)};
    targets[1] = (struct record_target){UINT64_MAX, STR("runtime.growslice"), STR(""),
                                        STR(RECORD_TARGET_HIDDEN)};
    struct str *functions = ARENA_ARRAY(&sample->arena, struct str, 2);
    functions[0] = STR("example.com/orders/cart.(*Service[...]).Add");
    functions[1] = STR("main.main");
    recording->scenarios[0].programs[SIDE_CAND] = (struct record_program){
        .revision = STR("0123456789012345678901234567890123456789"),
        .label = STR("HEAD"),
        .go_version = STR("go1.26.8"),
        .module = STR("example.com/orders"),
        .package = STR("example.com/orders/cmd/orders"),
        .arch = STR("amd64"),
        .settings = STR("GOARCH=amd64\nCGO_ENABLED=1"),
        .sha256 = STR("00ff"),
        .binary_bytes = 12345678,
        .targets = targets,
        .target_count = 2,
        .functions = functions,
        .function_count = 2,
        .has_functions = true,
    };
}

static inline void sample_release(struct sample *sample)
{
    assert_ok(io_remove_tree(sample->recording.dir, &sample->err), &sample->err);
    arena_release(&sample->arena);
}

static inline struct str sample_path(struct sample *sample, const char *path)
{
    return io_join(&sample->arena, sample->recording.dir, str_from(path));
}

static inline struct str sample_read(struct sample *sample, const char *path)
{
    struct bytes data = {0};
    assert_ok(io_read_file(&data, &sample->arena, sample_path(sample, path),
                           RECORDING_JSON_BYTES_MAX, &sample->err),
              &sample->err);
    return str_of_bytes(data);
}

/*
 * Without the fsync of io_write_file, and cut behind the write: file
 * systems also flush a file that was emptied first, and the tests write
 * thousands.
 */
static inline void sample_put(struct sample *sample, const char *path, struct str text)
{
    int fd = open(sample_path(sample, path).data, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.data, text.len), text.len);
    assert_int_equal(ftruncate(fd, (off_t)text.len), 0);
    assert_int_equal(close(fd), 0);
}

/* Opens the directory with the memory of one call. */
static inline enum status sample_open(struct sample *sample)
{
    struct arena arena;
    struct recording opened;
    arena_init(&arena);
    enum status status = recording_open(&opened, &arena, sample->recording.dir, &sample->err);
    arena_release(&arena);
    return status;
}

/* The text with its first `from` replaced by `to`; `from` must be there. */
static inline struct str sample_replace(struct sample *sample, struct str text, const char *from,
                                        const char *to)
{
    const char *at = memmem(text.data, text.len, from, strlen(from));
    if (!at)
        fail_msg("\"%s\" is not in the text", from);
    size_t before = (size_t)(at - text.data);
    struct str after = str_slice(text, before + strlen(from), text.len);
    return str_format(&sample->arena, "%.*s%s%.*s", (int)before, text.data, to, STR_ARGS(after));
}

/* A manifest whose own hash fits again: its author meant what it says. */
static inline struct str sample_reseal(struct sample *sample, struct str text)
{
    struct str body = str_slice(text, 0, text.len - 64 - 4);
    return str_format(&sample->arena, "%.*s%s\"\n}\n", STR_ARGS(body),
                      sha256_hex(&sample->arena, bytes_of_str(body)).data);
}

#endif
