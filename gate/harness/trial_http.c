#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/control.h"
#include "gate/harness/cpu_profile.h"
#include "gate/harness/load/load.h"
#include "gate/harness/points.h"
#include "gate/harness/sampler.h"
#include "gate/harness/trial.h"

#define STOP_GRACE_NS    (2 * NS_PER_SECOND)
#define DEATH_WAIT_NS    NS_PER_SECOND
#define READY_ANSWER_NS  (5 * NS_PER_SECOND)
#define READY_PAUSE_MIN  (5 * NS_PER_MS)
#define READY_PAUSE_MAX  (50 * NS_PER_MS)
#define POLL_NS          (50 * NS_PER_MS)
#define LATENESS_VOID_NS (50 * NS_PER_MS)
#define LATENESS_SAID_NS NS_PER_MS

/* Rate 1 makes a service up to 25 times slower; a closed loop ends by then or never. */
#define CLOSED_LOAD_NS (900 * NS_PER_SECOND)

/* Below this share of the asked rate the two sides did not get the same load. */
#define DELIVERED_RATIO_MIN 0.98

enum { START_TRIES_MAX = 5 };

struct http_trial {
    struct trial *trial;
    struct process process;
    struct sampler sampler;
    struct cpu_profile cpu_profile;
    uint16_t port;
    uint64_t done_before;      /* requests of the trial's earlier loads */
    uint64_t next_poll_ns;     /* of the process, during a load */
    uint64_t loading_since_ns; /* of the warm-up and the load, for its limit of time */
    uint64_t load_since_ns;    /* of the one under way */
    bool is_too_slow;
};

static enum status interrupted(struct err *err)
{
    return err_set(err, STATUS_INTERRUPTED, "interrupted by signal %d", process_interrupted());
}

/*
 * A collection empties pools and breaks up the tiny allocator's block at
 * a moment that no two processes share. So the exact phase collects at
 * its points alone, unless the service chose its own settings; the memory
 * limit brings the collector back before a machine runs full.
 */
static void hold_collector(struct trial_env *env, struct arena *arena)
{
    if (trial_env_get(env, STR("GOGC")).len || trial_env_get(env, STR("GOMEMLIMIT")).len)
        return;
    trial_env_set(env, arena, STR("GOGC"), STR("off"));
    trial_env_set(env, arena, STR("GOMEMLIMIT"), STR("2GiB"));
}

enum { VARIABLES = 3 };

static void set_variables(struct trial_variable variables[VARIABLES], const struct http_trial *http)
{
    struct arena *arena = http->trial->scratch;
    variables[0] =
        (struct trial_variable){STR("${ADDR}"), str_format(arena, "127.0.0.1:%u", http->port)};
    variables[1] = (struct trial_variable){STR("${PORT}"), str_format(arena, "%u", http->port)};
    variables[2] = (struct trial_variable){STR("${DIR}"), http->trial->run_dir};
}

static const char *const *build_argv(const struct trial *trial,
                                     const struct trial_variable *variables)
{
    const struct str_list *args = &trial->scenario->scenario->service.args;
    const char **argv = ARENA_ARRAY(trial->scratch, const char *, args->len + 2);
    argv[0] = str_text(trial->scratch, trial->scenario->binaries[trial->key.side]);
    for (size_t i = 0; i < args->len; i++) {
        argv[i + 1] = str_text(
            trial->scratch, trial_substitute(trial->scratch, args->items[i], variables, VARIABLES));
    }
    return argv;
}

static enum status build_env(const char *const **out, const struct trial *trial,
                             const struct trial_variable *variables, struct err *err)
{
    struct arena *arena = trial->scratch;
    const struct scenario_service *service = &trial->scenario->scenario->service;
    struct trial_env env = {0};
    if (trial_env_init(&env, trial, service->env, service->env_len, err))
        return err->status;
    for (size_t i = 0; i < env.len; i++)
        env.vars[i].value = trial_substitute(arena, env.vars[i].value, variables, VARIABLES);
    if (trial->key.phase == PHASE_EXACT) {
        trial_env_set_rate(&env, arena, trial->scenario->exact_rate);
        hold_collector(&env, arena);
    }
    *out = trial_env_list(&env, arena);
    return STATUS_OK;
}

static enum status start(struct http_trial *http, struct err *err)
{
    const struct trial *trial = http->trial;
    struct trial_variable variables[VARIABLES];
    struct process_spec spec = {.dir = trial->scenario->trees[trial->key.side]};
    if (process_free_port(&http->port, err))
        return err->status;
    set_variables(variables, http);
    spec.argv = build_argv(trial, variables);
    if (build_env(&spec.env, trial, variables, err))
        return err->status;
    return process_start(&http->process, &spec, err);
}

/* One question; *code is 0 when nobody answers yet. */
static enum status ask_ready(const struct http_trial *http, long *code, struct err *err)
{
    struct arena arena;
    struct control_reply reply = {0};
    struct err silence = {0};
    arena_init(&arena);
    enum status status =
        control_get(&reply, &arena, http->port, http->trial->scenario->scenario->service.ready,
                    READY_ANSWER_NS, &silence);
    *code = status == STATUS_OK ? reply.http_code : 0;
    arena_release(&arena);
    return process_interrupted() ? interrupted(err) : STATUS_OK;
}

static enum status not_ready(const struct http_trial *http, long code, struct err *err)
{
    const struct scenario_service *service = &http->trial->scenario->scenario->service;
    double waited = (double)service->start_timeout_ns / (double)NS_PER_SECOND;
    struct str tail = process_output_tail(http->trial->scratch, &http->process, 20);
    if (code) {
        return err_set(err, STATUS_CHILD, "GET %.*s still answered %ld after %.3g s; not ready",
                       STR_ARGS(service->ready), code, waited);
    }
    return err_set(err, STATUS_CHILD, "did not listen on 127.0.0.1:%u within %.3g s%s%.*s",
                   http->port, waited, tail.len ? "\n" : "", STR_ARGS(tail));
}

static enum status wait_ready(struct http_trial *http, struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    uint64_t timeout_ns = http->trial->scenario->scenario->service.start_timeout_ns;
    long code = 0;
    for (uint64_t pause = READY_PAUSE_MIN;; pause = pause * 2) {
        process_poll(&http->process);
        if (http->process.ended)
            return trial_report_end(http->trial, &http->process, "before listening", err);
        if (ask_ready(http, &code, err))
            return err->status;
        if (code >= 200 && code < 300)
            break;
        if (clock_now_ns() - start_ns > timeout_ns)
            return not_ready(http, code, err);
        clock_sleep_ns(pause < READY_PAUSE_MAX ? pause : READY_PAUSE_MAX);
    }
    http->trial->record->start_ns = clock_now_ns() - start_ns;
    return STATUS_OK;
}

static enum status check_listener(const struct http_trial *http, struct err *err)
{
    bool listening = false;
    return process_check_listener(&http->process, http->port, &listening, err);
}

static bool has_lost_port(const struct http_trial *http)
{
    struct str output = process_output_text(http->trial->scratch, &http->process);
    return http->process.ended && str_contains(output, STR("address already in use"));
}

/* A port that was free when we looked can be another's when the service asks for it. */
static enum status start_ready(struct http_trial *http, struct err *err)
{
    for (int tries = 1;; tries++) {
        enum status status = start(http, err);
        if (status == STATUS_OK)
            status = wait_ready(http, err);
        if (status == STATUS_OK || tries == START_TRIES_MAX || !has_lost_port(http))
            return status;
        log_line(http->trial->harness->spec.log,
                 "%s: port %u was taken before the service had it; trying another",
                 side_name(http->trial->key.side), http->port);
        process_release(&http->process);
    }
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t warmup_count(const struct trial *trial)
{
    uint64_t count = trial->scenario->scenario->load.warmup;
    return trial->key.phase == PHASE_EXACT ? smaller(count, trial->scenario->exact_count) : count;
}

static uint64_t load_count(const struct trial *trial)
{
    return trial->key.phase == PHASE_EXACT ? trial->scenario->exact_count
                                           : trial->scenario->scenario->load.count;
}

static bool tick(void *ctx, uint64_t done)
{
    struct http_trial *http = ctx;
    uint64_t now = clock_now_ns();
    trial_show_progress(http->trial, http->done_before + done,
                        warmup_count(http->trial) + load_count(http->trial));
    sampler_tick(&http->sampler);
    if (now < http->next_poll_ns)
        return true;
    http->next_poll_ns = now + POLL_NS;
    cpu_profile_step(&http->cpu_profile, done, now - http->load_since_ns);
    process_poll(&http->process);
    http->is_too_slow = trial_is_too_slow(http->trial, now - http->loading_since_ns);
    return !process_interrupted() && !http->process.ended && !http->is_too_slow;
}

/* A service that logs must not wait for our next look: its pipe holds a few milliseconds' worth. */
static void take_output(void *ctx)
{
    struct http_trial *http = ctx;
    process_poll(&http->process);
}

/* A load that failed because the service died is told as its death. */
static enum status explain_failure(struct http_trial *http, struct err *err)
{
    struct err ignored = {0};
    if (process_interrupted())
        return interrupted(err);
    if (http->is_too_slow && !http->process.ended)
        return trial_give_up(http->trial, err);
    if (process_wait(&http->process, DEATH_WAIT_NS, &ignored) == STATUS_OK)
        return trial_report_end(http->trial, &http->process, "during the load", err);
    return err->status;
}

/*
 * The exact phase counts, so it sends one request after the other: two
 * that race for a cache entry would allocate once more in one process
 * than in the next.
 */
static uint32_t connections_of(const struct trial *trial)
{
    bool exact = trial->key.phase == PHASE_EXACT;
    return exact ? 1 : (uint32_t)trial->scenario->scenario->load.connections;
}

static struct load_spec load_of(struct http_trial *http, uint64_t first_k, uint64_t count)
{
    const struct scenario_load *load = &http->trial->scenario->scenario->load;
    bool is_exact = http->trial->key.phase == PHASE_EXACT;
    double rate = is_exact ? 0 : load->rate_per_second;
    double span = rate > 0 ? (double)count / rate : 0;
    http->done_before = first_k;
    return (struct load_spec){
        .port = http->port,
        .requests = http->trial->scenario->requests,
        .seed = load->seed,
        .first_k = first_k,
        .count = count,
        .rate_per_second = rate,
        .connections = connections_of(http->trial),
        .request_timeout_ns = load->request_timeout_ns,
        .total_timeout_ns =
            rate > 0 ? (uint64_t)(2 * span * (double)NS_PER_SECOND) + load->request_timeout_ns
                     : CLOSED_LOAD_NS,
        .tick = tick,
        .tick_ctx = http,
        .on_watch = take_output,
        .watch_fd = http->process.output_fd,
    };
}

static enum status run_load(struct load_result *out, struct http_trial *http,
                            const struct load_spec *spec, struct err *err)
{
    http->load_since_ns = clock_now_ns();
    if (load_run(out, http->trial->scratch, spec, err))
        return explain_failure(http, err);
    if (out->unexpected) {
        return err_set(err, STATUS_CHILD,
                       "%llu of %llu requests failed (first: %.*s); nothing is judged",
                       (unsigned long long)out->unexpected, (unsigned long long)spec->count,
                       STR_ARGS(out->first_problem));
    }
    /* A service that refuses everything does nothing worth measuring. */
    if (out->successes == 0) {
        return err_set(
            err, STATUS_CHILD,
            "no request succeeded (%.*s); list the statuses in `expect` if that is right",
            STR_ARGS(load_statuses(out, http->trial->scratch)));
    }
    return STATUS_OK;
}

static enum status check_pace(const struct trial *trial, const struct load_spec *spec,
                              const struct load_result *result, struct err *err)
{
    double asked = spec->rate_per_second;
    uint64_t late_ns = histogram_quantile(&result->lateness, 0.99);
    double late_ms = (double)late_ns / (double)NS_PER_MS;
    if (asked <= 0)
        return STATUS_OK;
    if (result->achieved_per_second < DELIVERED_RATIO_MIN * asked) {
        return err_set(err, STATUS_INVALID,
                       "only %.1f of %.1f requests per second were delivered; lower load.rate or "
                       "raise load.connections",
                       result->achieved_per_second, asked);
    }
    if (late_ns > LATENESS_VOID_NS) {
        return err_set(err, STATUS_INVALID,
                       "1 %% of the requests left more than %.0f ms late: this machine is too busy "
                       "to measure latency at %.1f requests per second",
                       late_ms, asked);
    }
    if (late_ns > LATENESS_SAID_NS && late_ms > 100 / asked) {
        log_line(trial->harness->spec.log,
                 "%s: 1 %% of the requests left more than %.1f ms late (%.1f ms apart)",
                 side_name(trial->key.side), late_ms, 1000 / asked);
    }
    return STATUS_OK;
}

static void record_load(struct record_trial *out, struct arena *keep, const struct load_spec *spec,
                        const struct load_result *result)
{
    out->request_count = spec->count;
    out->rate_per_second = spec->rate_per_second;
    out->achieved_per_second = result->achieved_per_second;
    out->lateness_p99_ns = histogram_quantile(&result->lateness, 0.99);
    out->duration_ns = result->duration_ns;
    out->response_bytes = result->response_bytes;
    out->latency = histogram_encode(&result->latency, keep);
    out->statuses = load_statuses(result, keep);
}

static enum status warm_up(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct load_result result = {0};
    uint64_t count = warmup_count(trial);
    http->loading_since_ns = clock_now_ns();
    trial->record->warmup_count = count;
    if (count == 0)
        return STATUS_OK;
    struct load_spec spec = load_of(http, 0, count);
    if (run_load(&result, http, &spec, err))
        return err_wrap(err, "warm-up");
    return STATUS_OK;
}

/* The load with the CPU profile beside it. */
static enum status run_profiled(struct load_result *out, struct http_trial *http,
                                const struct load_spec *spec, struct err *err)
{
    cpu_profile_begin(&http->cpu_profile, http->trial, http->port, spec->count);
    enum status status = run_load(out, http, spec, err);
    if (status != STATUS_OK)
        cpu_profile_abandon(&http->cpu_profile);
    return status;
}

static enum status measure_load(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct record_trial *record = trial->record;
    struct load_result result = {0};
    struct load_spec spec = load_of(http, record->warmup_count, load_count(trial));
    sampler_init(&http->sampler, trial->scratch, &http->process);
    uint64_t cpu_ns = process_cpu_ns(&http->process);
    if (run_profiled(&result, http, &spec, err))
        return err->status;
    record->cpu_ns = process_cpu_ns(&http->process) - cpu_ns;
    sampler_take(&http->sampler);
    sampler_summarize(&http->sampler, record);
    if (cpu_profile_finish(&http->cpu_profile, err) || check_pace(trial, &spec, &result, err))
        return err->status;
    record_load(record, trial->keep, &spec, &result);
    if (record->cpu_ns == 0) {
        return err_set(err, STATUS_INVALID,
                       "used no CPU time during the load: something else answered");
    }
    return STATUS_OK;
}

static enum status check_alive(struct http_trial *http, struct err *err)
{
    process_poll(&http->process);
    if (http->process.ended)
        return trial_report_end(http->trial, &http->process, "at the end of the load", err);
    return STATUS_OK;
}

static enum status measure(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    /* RSS of the warm-up is sampled too, into a list that nobody reads. */
    sampler_init(&http->sampler, trial->scratch, &http->process);
    if (start_ready(http, err) || check_listener(http, err) ||
        points_read(trial, http->port, POINT_READY, err) || warm_up(http, err) ||
        points_read(trial, http->port, POINT_WARM, err) || measure_load(http, err) ||
        check_listener(http, err) || points_read(trial, http->port, POINT_END, err) ||
        check_alive(http, err))
        return err->status;
    return STATUS_OK;
}

enum status trial_http(struct trial *trial, struct err *err)
{
    struct http_trial http = {.trial = trial};
    struct err unwritten = {0};
    enum status status = measure(&http, err);
    process_end(&http.process, STOP_GRACE_NS);
    if (http.process.has_survivors) {
        log_line(trial->harness->spec.log, "%s: something of it could not be killed and still runs",
                 side_name(trial->key.side));
    }
    if (http.process.has_survivors && status == STATUS_OK)
        status = err_set(err, STATUS_CHILD, "could not be killed; it would disturb what follows");
    /* A trial that failed keeps its first error. */
    if (trial_write_output(trial, &http.process, &unwritten) && status == STATUS_OK) {
        *err = unwritten;
        status = err->status;
    }
    process_release(&http.process);
    return status;
}
