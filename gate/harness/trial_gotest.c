#include "gate/harness/trial_gotest.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/harness/bench_output.h"
#include "gate/harness/cpu_profile.h"
#include "gate/harness/machine.h"
#include "gate/harness/sampler.h"
#include "gate/harness/trial.h"

#define STOP_GRACE_NS (2 * NS_PER_SECOND)
#define PAUSE_NS_MIN  NS_PER_MS
#define PAUSE_NS_MAX  (50 * NS_PER_MS)

/* The binary ends itself first and then prints where its goroutines are. */
enum { TIMEOUT_SECONDS = 15 * 60, ARGS_MAX = 10, ATTEMPTS_MAX = 5 };
#define KILL_AFTER_NS ((TIMEOUT_SECONDS + 10) * NS_PER_SECOND)
/* Listing takes milliseconds; a TestMain may first start what its tests need. */
#define LIST_TIME_NS (60 * NS_PER_SECOND)

/*
 * A benchmark of milliseconds is over before the machine has settled. Of 12
 * processes on two shared CPUs the time of three operations of 3 ms had a
 * standard deviation of 7.0 %, the median of 10 such passes 6.1 %, that of 30
 * 2.5 %.
 */
#define PASSES_NS (NS_PER_SECOND / 2)

/* Linux takes 128 KiB as one argument. */
enum { EXPRESSION_BYTES_MAX = 100 * 1024 };

struct args {
    const char *items[ARGS_MAX + 1];
    size_t len;
};

static void add_arg(struct args *args, struct str text)
{
    assert(args->len < ARGS_MAX);
    args->items[args->len++] = text.data;
}

static void add_profiles(struct args *args, const struct trial *trial)
{
    struct arena *arena = trial->scratch;
    if (trial->key.phase == PHASE_EXACT) {
        struct str file = recording_point_file(arena, trial->dir, POINT_END, false);
        add_arg(args, str_format(arena, "-test.memprofile=%.*s", STR_ARGS(file)));
        add_arg(args, str_format(arena, "-test.memprofilerate=%llu",
                                 (unsigned long long)trial->scenario->exact_rate));
    }
    if (cpu_profile_is_taken(trial)) {
        struct str file = recording_cpu_file(arena, trial->dir);
        add_arg(args, str_format(arena, "-test.cpuprofile=%.*s", STR_ARGS(file)));
    }
}

static void build_args(struct args *out, const struct trial *trial, size_t passes)
{
    struct arena *arena = trial->scratch;
    const struct harness_scenario *scenario = trial->scenario;
    *out = (struct args){0};
    add_arg(out, str_copy(arena, scenario->binaries[trial->key.side]));
    add_arg(out, STR("-test.run=^$"));
    add_arg(out, str_format(arena, "-test.bench=%.*s", STR_ARGS(scenario->bench)));
    add_arg(out, str_format(arena, "-test.benchtime=%llux",
                            (unsigned long long)scenario->scenario->gotest.iterations));
    add_arg(out, STR("-test.benchmem"));
    add_arg(out, str_format(arena, "-test.count=%zu", passes));
    add_arg(out, str_format(arena, "-test.timeout=%ds", TIMEOUT_SECONDS));
}

static enum status start(struct process *process, const struct trial *trial,
                         const struct args *args, const struct trial_env *env, struct err *err)
{
    const struct harness_scenario *scenario = trial->scenario;
    struct process_spec spec = {
        .argv = args->items,
        .env = trial_env_list(env, trial->scratch),
        .dir = io_join(trial->scratch, scenario->trees[trial->key.side],
                       scenario->scenario->gotest.package),
        .apart = trial->harness->isolation.process,
    };
    return process_start(process, &spec, err);
}

static enum status check_running(const struct process *process, struct trial *trial,
                                 struct err *err)
{
    uint64_t spent_ns = clock_now_ns() - process->started_ns;
    if (process_interrupted())
        return process_interruption(err);
    if (trial_is_too_slow(trial, spent_ns))
        return trial_give_up(trial, err);
    if (spent_ns > KILL_AFTER_NS)
        return err_set(err, STATUS_CHILD, "benchmarks still running after %d s", TIMEOUT_SECONDS);
    return STATUS_OK;
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
    struct machine_times before;
    struct machine_times after;
    machine_times_read(&before);
    sampler_init(&sampler, trial->scratch, process);
    for (process_poll(process); !process->ended; process_poll(process)) {
        sampler_take(&sampler);
        peak_bytes = num_max_u64(peak_bytes, process_peak_rss_bytes(process));
        clock_sleep_ns(pause_ns);
        pause_ns = num_min_u64(pause_ns + pause_ns / 8, PAUSE_NS_MAX);
        trial_show_progress(trial, 0, 0);
        if (check_running(process, trial, err))
            return err->status;
    }
    trial->record->duration_ns = process->ended_ns - process->started_ns;
    trial->record->cpu_ns = process_cpu_ns(process);
    sampler_add(&sampler, peak_bytes);
    sampler_summarize(&sampler, trial->record);
    machine_times_read(&after);
    trial->record->noise = machine_noise(&before, &after, trial->record->cpu_ns);
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
    if (bench_output_parse(trial->record, trial->keep, text, processors, 1, err))
        return err->status;
    if (trial->record->benchmark_count == 0) {
        return err_set(err, STATUS_CHILD, "no benchmark matches \"%.*s\"",
                       STR_ARGS(trial->scenario->bench));
    }
    if (trial->record->cpu_ns == 0)
        return err_set(err, STATUS_INVALID, "the benchmarks used no CPU time");
    if (trial->key.phase == PHASE_EXACT)
        return check_profile(trial, err);
    return cpu_profile_is_wanted(trial) ? cpu_profile_check_file(trial, err) : STATUS_OK;
}

static enum status run_once(struct trial *trial, struct err *err)
{
    struct process process = {0};
    struct trial_env env = {0};
    struct err unwritten = {0};
    struct args args;
    if (trial_env_init(&env, trial, NULL, 0, err))
        return err->status;
    build_args(&args, trial, 1);
    add_profiles(&args, trial);
    /* The flag holds from main on only: what init functions allocate was sampled before. */
    if (trial->key.phase == PHASE_EXACT)
        trial_env_set_rate(&env, trial->scratch, trial->scenario->exact_rate);
    enum status status = start(&process, trial, &args, &env, err);
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

static enum status run_seen(struct trial *trial, struct err *err)
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

/* What the passes of a second process say of the benchmarks of the first. */
static enum status take_passes(struct trial *trial, const struct process *process,
                               struct str processors, size_t passes, struct err *err)
{
    struct record_trial *record = trial->record;
    struct record_trial settled = {0};
    struct str text = process_output_text(trial->scratch, process);
    if (process->exit_status != 0)
        return trial_report_end(trial, process, "so its benchmarks do not count", err);
    if (process->output.dropped_bytes > 0)
        return err_set(err, STATUS_LIMIT, "more output than is kept");
    if (bench_output_parse(&settled, trial->scratch, text, processors, passes, err))
        return err->status;
    if (settled.benchmark_count != record->benchmark_count ||
        settled.request_count != passes * record->request_count)
        return err_set(err, STATUS_CHILD, "other benchmarks ran than in one pass");
    for (size_t i = 0; i < record->benchmark_count; i++) {
        if (!str_equal(settled.benchmarks[i].name, record->benchmarks[i].name))
            return err_set(err, STATUS_CHILD, "other benchmarks ran than in one pass");
    }
    for (size_t i = 0; i < record->benchmark_count; i++) {
        record->benchmarks[i].passes =
            (struct record_passes){passes, settled.benchmarks[i].ns_per_op};
    }
    return STATUS_OK;
}

/* Nothing that the first process left behind is in the way. */
static enum status run_passes(struct trial *trial, size_t passes, struct err *err)
{
    struct process process = {0};
    struct trial_env env = {0};
    struct args args;
    if (io_remove_tree(trial->run_dir, err) || io_make_dirs(trial->run_dir, err) ||
        trial_env_init(&env, trial, NULL, 0, err))
        return err->status;
    build_args(&args, trial, passes);
    enum status status = start(&process, trial, &args, &env, err);
    if (status == STATUS_OK)
        status = process_wait(&process, KILL_AFTER_NS, err);
    process_end(&process, STOP_GRACE_NS);
    if (status == STATUS_OK) {
        status = take_passes(trial, &process, trial_env_get(&env, STR("GOMAXPROCS")), passes, err);
    }
    process_release(&process);
    return status;
}

/* So many as fit; the first is cold, so that it takes two. */
static size_t passes_of(struct trial *trial)
{
    uint64_t fit = PASSES_NS / num_max_u64(trial->record->duration_ns, 1);
    enum harness_passes *passes = &trial->scenario->passes;
    if (*passes == HARNESS_PASSES_UNKNOWN)
        *passes = fit < 2 ? HARNESS_PASSES_ONE : HARNESS_PASSES_MANY;
    if (*passes == HARNESS_PASSES_ONE)
        return 1;
    return (size_t)num_max_u64(2, num_min_u64(fit, BENCH_PASSES_MAX));
}

/* Where further passes cannot be made, those of no trial count: compare/service_rows.c. */
static enum status settle(struct trial *trial, struct err *err)
{
    struct err why;
    size_t passes = passes_of(trial);
    if (passes == 1 || run_passes(trial, passes, &why) == STATUS_OK)
        return STATUS_OK;
    if (process_interrupted()) {
        *err = why;
        return err->status;
    }
    log_line(trial->harness->spec.log,
             "%.*s, %s: benchmarks do not run %zu times in one process, so the time of one pass "
             "counts: %s",
             STR_ARGS(trial->scenario->scenario->name), side_name(trial->key.side), passes,
             why.text);
    trial->scenario->passes = HARNESS_PASSES_ONE;
    return STATUS_OK;
}

enum status trial_gotest(struct trial *trial, struct err *err)
{
    if (run_seen(trial, err))
        return err->status;
    return trial->key.phase == PHASE_STEADY ? settle(trial, err) : STATUS_OK;
}

/* Names of one side that match the head of a term. */
static enum status read_names(struct str_list *out, const struct trial *trial,
                              const struct process *process, struct err *err)
{
    if (process->exit_status != 0)
        return trial_report_end(trial, process, "asked for its benchmarks", err);
    if (process->output.dropped_bytes > 0)
        return err_set(err, STATUS_LIMIT, "more output than is kept");
    struct str text = process_output_text(trial->scratch, process);
    return bench_output_names(out, trial->scratch, text, err);
}

static enum status list_names(struct str_list *out, const struct trial *trial, struct str head,
                              struct err *err)
{
    struct process process = {0};
    struct trial_env env = {0};
    struct args args = {0};
    if (trial_env_init(&env, trial, NULL, 0, err))
        return err->status;
    add_arg(&args, str_copy(trial->scratch, trial->scenario->binaries[trial->key.side]));
    add_arg(&args, str_format(trial->scratch, "-test.list=%.*s", STR_ARGS(head)));
    enum status status = start(&process, trial, &args, &env, err);
    if (status == STATUS_OK)
        status = process_wait(&process, LIST_TIME_NS, err);
    process_end(&process, STOP_GRACE_NS);
    if (status == STATUS_OK)
        status = read_names(out, trial, &process, err);
    process_release(&process);
    return status;
}

static enum status list_terms(struct trial *trial, struct bench_term *terms, size_t count,
                              struct err *err)
{
    if (io_make_dirs(trial->run_dir, err))
        return err->status;
    for (size_t i = 0; i < count; i++) {
        for (trial->key.side = trial->scenario->first_side; trial->key.side < SIDES;
             trial->key.side++) {
            if (list_names(&terms[i].names[trial->key.side], trial, terms[i].head, err))
                return err_wrap(err, "%s", side_name(trial->key.side));
        }
    }
    return io_remove_tree(trial->run_dir, err);
}

static bool has_names(const struct bench_term *terms, size_t count, enum side side)
{
    for (size_t i = 0; i < count; i++) {
        if (terms[i].names[side].len > 0)
            return true;
    }
    return false;
}

/* All that matches on the candidate runs. */
static void mark_new(const struct trial *trial)
{
    struct harness_scenario *scenario = trial->scenario;
    scenario->first_side = SIDE_CAND;
    scenario->notes = str_format(trial->keep, "the baseline has no benchmark that matches %.*s",
                                 STR_ARGS(scenario->scenario->gotest.bench));
    log_line(trial->harness->spec.log, "%.*s: new: %.*s", STR_ARGS(scenario->scenario->name),
             STR_ARGS(scenario->notes));
}

static enum status pick(const struct trial *trial, const struct bench_term *terms, size_t count,
                        struct err *err)
{
    struct harness_scenario *scenario = trial->scenario;
    struct str bench = scenario->scenario->gotest.bench;
    bool is_there[SIDES] = {has_names(terms, count, SIDE_BASE), has_names(terms, count, SIDE_CAND)};
    if (!is_there[SIDE_BASE] && is_there[SIDE_CAND]) {
        if (scenario->first_side == SIDE_BASE)
            mark_new(trial);
        return STATUS_OK;
    }
    if (scenario->first_side == SIDE_CAND)
        return err_set(err, STATUS_CHILD, "no benchmark matches \"%.*s\"", STR_ARGS(bench));
    struct str picked = bench_terms_pick(trial->keep, bench, terms, count);
    struct str lone = bench_terms_lone(trial->keep, terms, count);
    if (picked.len == 0) {
        return err_set(err, STATUS_CHILD, "no benchmark matches \"%.*s\" on both sides: %.*s",
                       STR_ARGS(bench), STR_ARGS(lone));
    }
    if (picked.len > EXPRESSION_BYTES_MAX) {
        return err_set(err, STATUS_LIMIT,
                       "the names of the benchmarks that both sides have take more than %d bytes; "
                       "give gotest.bench an expression that matches fewer",
                       EXPRESSION_BYTES_MAX);
    }
    scenario->bench = picked;
    if (str_equal(picked, bench))
        return STATUS_OK;
    scenario->notes = str_format(trial->keep, "benchmarks of one side alone are not compared: %.*s",
                                 STR_ARGS(lone));
    log_line(trial->harness->spec.log, "%.*s: %.*s", STR_ARGS(scenario->scenario->name),
             STR_ARGS(scenario->notes));
    return STATUS_OK;
}

static enum status select_in(struct trial *trial, struct err *err)
{
    struct bench_term *terms = NULL;
    struct str bench = trial->scenario->scenario->gotest.bench;
    size_t count = bench_terms_split(&terms, trial->scratch, bench);
    trial->scenario->bench = bench;
    enum status status = list_terms(trial, terms, count, err);
    if (status == STATUS_CHILD || status == STATUS_LIMIT) {
        log_line(trial->harness->spec.log,
                 "%.*s: benchmarks cannot be listed, so what one side alone has runs too: %s",
                 STR_ARGS(trial->scenario->scenario->name), err->text);
        return STATUS_OK;
    }
    return status == STATUS_OK ? pick(trial, terms, count, err) : status;
}

enum status trial_gotest_select(const struct harness *harness, struct harness_scenario *scenario,
                                struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    struct trial trial = {
        .harness = harness,
        .scenario = scenario,
        .run_dir = io_join(&scratch, harness->work_dir, STR("run")),
        .scratch = &scratch,
        .keep = harness->arena,
    };
    enum status status = select_in(&trial, err);
    arena_release(&scratch);
    return status;
}
