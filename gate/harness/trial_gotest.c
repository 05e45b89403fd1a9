#include <time.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/bench_output.h"
#include "gate/harness/sampler.h"
#include "gate/harness/trial.h"

#define STOP_GRACE_NS (2 * NS_PER_SECOND)
#define PAUSE_NS_MIN  NS_PER_MS
#define PAUSE_NS_MAX  (50 * NS_PER_MS)

/* The binary ends itself first and then prints where its goroutines are. */
enum { TIMEOUT_SECONDS = 15 * 60, ARGS_MAX = 10, ATTEMPTS_MAX = 5 };
#define KILL_AFTER_NS ((TIMEOUT_SECONDS + 10) * NS_PER_SECOND)

struct args {
    const char *items[ARGS_MAX + 1];
    size_t len;
};

static void add_arg(struct args *args, struct str text)
{
    assert(args->len < ARGS_MAX);
    args->items[args->len++] = text.data;
}

static void build_args(struct args *out, const struct trial *trial)
{
    struct arena *arena = trial->scratch;
    const struct scenario_gotest *gotest = &trial->scenario->scenario->gotest;
    struct args args = {0};
    add_arg(&args, str_copy(arena, trial->scenario->binaries[trial->key.side]));
    add_arg(&args, STR("-test.run=^$"));
    add_arg(&args, str_format(arena, "-test.bench=%.*s", STR_ARGS(gotest->bench)));
    add_arg(&args,
            str_format(arena, "-test.benchtime=%llux", (unsigned long long)gotest->iterations));
    add_arg(&args, STR("-test.benchmem"));
    add_arg(&args, STR("-test.count=1"));
    add_arg(&args, str_format(arena, "-test.timeout=%ds", TIMEOUT_SECONDS));
    if (trial->key.phase == PHASE_EXACT) {
        struct str file = recording_point_file(arena, trial->dir, POINT_END, false);
        add_arg(&args, str_format(arena, "-test.memprofile=%.*s", STR_ARGS(file)));
        add_arg(&args, str_format(arena, "-test.memprofilerate=%llu",
                                  (unsigned long long)trial->scenario->exact_rate));
    }
    *out = args;
}

static enum status start(struct process *process, const struct trial *trial,
                         const struct trial_env *env, struct err *err)
{
    struct args args;
    const struct harness_scenario *scenario = trial->scenario;
    build_args(&args, trial);
    struct process_spec spec = {
        .argv = args.items,
        .env = trial_env_list(env, trial->scratch),
        .dir = io_join(trial->scratch, scenario->trees[trial->key.side],
                       scenario->scenario->gotest.package),
    };
    return process_start(process, &spec, err);
}

static enum status check_running(const struct process *process, struct trial *trial,
                                 struct err *err)
{
    uint64_t spent_ns = clock_now_ns() - process->started_ns;
    if (process_interrupted()) {
        return err_set(err, STATUS_INTERRUPTED, "interrupted by signal %d", process_interrupted());
    }
    if (trial_is_too_slow(trial, spent_ns))
        return trial_give_up(trial, err);
    if (spent_ns > KILL_AFTER_NS)
        return err_set(err, STATUS_CHILD, "benchmarks still running after %d s", TIMEOUT_SECONDS);
    return STATUS_OK;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * Benchmarks may be over in milliseconds: the first look is at once, the
 * pause before the next an eighth of the time so far. The peak counts as
 * one more sample: after few looks it is the 95th percentile too, after
 * many the maximum alone.
 */
static enum status wait_end(struct process *process, struct trial *trial, struct err *err)
{
    struct sampler sampler;
    uint64_t peak_bytes = 0;
    uint64_t pause_ns = PAUSE_NS_MIN;
    sampler_init(&sampler, trial->scratch, process);
    for (process_poll(process); !process->ended; process_poll(process)) {
        struct timespec pause = {.tv_nsec = (long)pause_ns};
        sampler_take(&sampler);
        peak_bytes = larger(peak_bytes, process_peak_rss_bytes(process));
        (void)nanosleep(&pause, NULL);
        pause_ns = smaller(pause_ns + pause_ns / 8, PAUSE_NS_MAX);
        trial_show_progress(trial, 0, 0);
        if (check_running(process, trial, err))
            return err->status;
    }
    trial->record->duration_ns = process->ended_ns - process->started_ns;
    trial->record->cpu_ns = process_cpu_ns(process);
    sampler_add(&sampler, peak_bytes);
    sampler_summarize(&sampler, trial->record);
    return STATUS_OK;
}

static enum status check_profile(const struct trial *trial, struct err *err)
{
    struct profile profile = {0};
    struct bytes data = {0};
    int64_t rate = (int64_t)trial->scenario->exact_rate;
    struct str path = recording_point_file(trial->scratch, trial->dir, POINT_END, false);
    if (io_read_file(&data, trial->scratch, path, PROFILE_PACKED_BYTES_MAX, err) ||
        profile_decode(&profile, trial->scratch, data, err))
        return err_wrap(err, "memory profile");
    if (profile.period <= 0)
        return err_set(err, STATUS_INVALID, "heap profiling is off (period 0)");
    if (profile.period != rate) {
        log_line(trial->harness->spec.log,
                 "%s: heap profile has period %lld although %lld was set: the package sets "
                 "runtime.MemProfileRate itself; remove that for an exact comparison",
                 side_name(trial->key.side), (long long)profile.period, (long long)rate);
    }
    return STATUS_OK;
}

static enum status read_results(struct trial *trial, const struct process *process,
                                struct str processors, struct err *err)
{
    struct str text = process_output_text(trial->scratch, process);
    if (process->exit_status != 0)
        return trial_report_end(trial, process, "so its benchmarks do not count", err);
    if (bench_output_parse(trial->record, trial->keep, text, processors, err))
        return err->status;
    if (trial->record->benchmark_count == 0) {
        return err_set(err, STATUS_CHILD, "no benchmark matches \"%.*s\"",
                       STR_ARGS(trial->scenario->scenario->gotest.bench));
    }
    if (trial->record->cpu_ns == 0)
        return err_set(err, STATUS_INVALID, "the benchmarks used no CPU time");
    return trial->key.phase == PHASE_EXACT ? check_profile(trial, err) : STATUS_OK;
}

static enum status run_once(struct trial *trial, struct err *err)
{
    struct process process = {0};
    struct trial_env env = {0};
    struct err unwritten = {0};
    if (trial_env_init(&env, trial, NULL, 0, err))
        return err->status;
    enum status status = start(&process, trial, &env, err);
    if (status == STATUS_OK)
        status = wait_end(&process, trial, err);
    process_end(&process, STOP_GRACE_NS);
    if (status == STATUS_OK)
        status = read_results(trial, &process, trial_env_get(&env, STR("GOMAXPROCS")), err);
    /* A trial that failed keeps its first error. */
    if (trial_write_output(trial, &process, &unwritten) && status == STATUS_OK) {
        *err = unwritten;
        status = err->status;
    }
    process_release(&process);
    return status;
}

enum status trial_gotest(struct trial *trial, struct err *err)
{
    /* On a busy machine the shortest benchmarks can be over before our first look. */
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        if (run_once(trial, err))
            return err->status;
        if (trial->record->rss_samples > 0)
            return STATUS_OK;
    }
    return err_set(err, STATUS_INVALID,
                   "the benchmarks are over before their memory can be read; raise "
                   "gotest.benchtime");
}
