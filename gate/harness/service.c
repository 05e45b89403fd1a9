#include "gate/harness/service.h"

#include "gate/base/clock.h"
#include "gate/harness/control.h"

#define STOP_GRACE_NS   (2 * NS_PER_SECOND)
#define DEATH_WAIT_NS   NS_PER_SECOND
#define READY_ANSWER_NS (5 * NS_PER_SECOND)
/* A question at the last moment is one all the same. */
#define READY_ANSWER_MIN (100 * NS_PER_MS)
#define READY_PAUSE_MIN  (5 * NS_PER_MS)
#define READY_PAUSE_MAX  (50 * NS_PER_MS)

enum { START_TRIES_MAX = 5 };

/* A service that sets gctrace itself, to 0 for instance, has its reasons. */
static void trace_collector(struct trial_env *env, struct arena *arena)
{
    if (!gctrace_is_set(trial_env_get(env, STR("GODEBUG"))))
        trial_env_add_godebug(env, arena, STR("gctrace=1"));
}

/*
 * A collection empties pools and breaks up the tiny allocator's block at
 * a moment that no two processes share. So the exact phase collects at
 * its points alone, unless the service chose its own settings; the memory
 * limit brings the collector back before a machine runs full.
 */
static void hold_collector(struct trial_env *env, struct arena *arena,
                           const struct scenario_limits *limits)
{
    uint64_t bytes = 2ULL << 30;
    /* Three quarters: code, C and what the kernel holds for it count there and not here. */
    if (limits->memory_bytes && limits->memory_bytes / 4 * 3 < bytes)
        bytes = limits->memory_bytes / 4 * 3;
    if (trial_env_get(env, STR("GOGC")).len || trial_env_get(env, STR("GOMEMLIMIT")).len)
        return;
    trial_env_set(env, arena, STR("GOGC"), STR("off"));
    trial_env_set(env, arena, STR("GOMEMLIMIT"),
                  str_format(arena, "%lluB", (unsigned long long)bytes));
}

enum { VARIABLES = 3 };

static void set_variables(struct trial_variable variables[VARIABLES], const struct service *service)
{
    struct arena *arena = service->trial->scratch;
    variables[0] =
        (struct trial_variable){STR("${ADDR}"), str_format(arena, "127.0.0.1:%u", service->port)};
    variables[1] = (struct trial_variable){STR("${PORT}"), str_format(arena, "%u", service->port)};
    variables[2] = (struct trial_variable){STR("${DIR}"), service->trial->run_dir};
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
        hold_collector(&env, arena, &service->limits);
    }
    if (trial->key.phase == PHASE_STEADY)
        trace_collector(&env, arena);
    *out = trial_env_list(&env, arena);
    return STATUS_OK;
}

static void feed_gctrace(void *ctx, const char *data, size_t len)
{
    gctrace_feed(ctx, data, len, clock_now_ns());
}

static enum status start(struct service *service, struct err *err)
{
    const struct trial *trial = service->trial;
    struct trial_variable variables[VARIABLES];
    const struct pinning *pinning = &trial->harness->pinning;
    const struct scenario_limits *limits = &trial->scenario->scenario->service.limits;
    struct process_spec spec = {
        .dir = trial->scenario->trees[trial->key.side],
        /* A set of its own has the last word, and may hold none of ours. */
        .cpus = pinning->is_on && limits->cpuset.len == 0 ? &pinning->service : NULL,
        .apart = trial->harness->isolation.process,
        .on_output = feed_gctrace,
        .output_ctx = &service->gctrace,
    };
    gctrace_init(&service->gctrace, trial->scratch);
    if (process_free_port(&service->port, err))
        return err->status;
    set_variables(variables, service);
    spec.argv = build_argv(trial, variables);
    if (build_env(&spec.env, trial, variables, err))
        return err->status;
    if (limits_are_set(limits)) {
        if (cgroup_make(&service->group, &trial->harness->groups, limits, err))
            return err_wrap(err, "service.limits");
        spec.group = &service->group;
    }
    return process_start(&service->process, &spec, err);
}

/* What became of a question: a status of HTTP, or with 0 why there is none. */
struct readiness {
    long code;
    struct err silence;
};

static enum status ask_ready(struct readiness *out, const struct service *service, uint64_t rest_ns,
                             struct err *err)
{
    struct arena arena;
    struct control_reply reply = {0};
    uint64_t patience_ns = rest_ns < READY_ANSWER_MIN ? READY_ANSWER_MIN : rest_ns;
    arena_init(&arena);
    enum status status = control_get(
        &reply, &arena, service->port, service->trial->scenario->scenario->service.ready,
        patience_ns < READY_ANSWER_NS ? patience_ns : READY_ANSWER_NS, &out->silence);
    out->code = status == STATUS_OK ? reply.http_code : 0;
    arena_release(&arena);
    return process_interrupted() ? process_interruption(err) : STATUS_OK;
}

static enum status not_ready(const struct service *service, const struct readiness *last,
                             struct err *err)
{
    const struct scenario_service *asked = &service->trial->scenario->scenario->service;
    double waited = (double)asked->start_timeout_ns / (double)NS_PER_SECOND;
    struct str tail = process_output_tail(service->trial->scratch, &service->process, 20);
    bool listening = false;
    if (last->code) {
        return err_set(err, STATUS_CHILD, "GET %.*s still answered %ld after %.3g s; not ready",
                       STR_ARGS(asked->ready), last->code, waited);
    }
    enum status status = process_check_listener(&service->process, service->port, &listening, err);
    if (listening && status != STATUS_OK)
        return status;
    if (listening) {
        return err_set(err, STATUS_CHILD,
                       "listens, but gave no whole answer within %.3g s (last: %s)%s%.*s", waited,
                       last->silence.text, tail.len ? "\n" : "", STR_ARGS(tail));
    }
    return err_set(err, STATUS_CHILD, "did not listen on 127.0.0.1:%u within %.3g s%s%.*s",
                   service->port, waited, tail.len ? "\n" : "", STR_ARGS(tail));
}

static enum status wait_ready(struct service *service, struct err *err)
{
    uint64_t start_ns = clock_now_ns();
    uint64_t timeout_ns = service->trial->scenario->scenario->service.start_timeout_ns;
    uint64_t waited_ns = 0;
    struct readiness last = {0};
    for (uint64_t pause = READY_PAUSE_MIN;; pause = pause < READY_PAUSE_MAX ? pause * 2 : pause) {
        process_poll(&service->process);
        if (service->process.ended)
            return trial_report_end(service->trial, &service->process, "before listening", err);
        if (ask_ready(&last, service, timeout_ns - waited_ns, err))
            return err->status;
        if (last.code >= 200 && last.code < 300)
            break;
        waited_ns = clock_now_ns() - start_ns;
        if (waited_ns >= timeout_ns)
            return not_ready(service, &last, err);
        clock_sleep_ns(pause < READY_PAUSE_MAX ? pause : READY_PAUSE_MAX);
    }
    service->trial->record->start_ns = clock_now_ns() - start_ns;
    return STATUS_OK;
}

enum status service_check_listener(const struct service *service, struct err *err)
{
    bool listening = false;
    return process_check_listener(&service->process, service->port, &listening, err);
}

static bool has_lost_port(const struct service *service)
{
    struct str output = process_output_text(service->trial->scratch, &service->process);
    return service->process.ended && str_contains(output, STR("address already in use"));
}

/* A port that was free when we looked can be another's when the service asks for it. */
enum status service_start(struct service *service, struct err *err)
{
    for (int tries = 1;; tries++) {
        enum status status = start(service, err);
        if (status == STATUS_OK)
            status = wait_ready(service, err);
        if (status == STATUS_OK)
            return service_check_listener(service, err);
        if (tries == START_TRIES_MAX || !has_lost_port(service))
            return status;
        log_line(service->trial->harness->spec.log,
                 "%s: port %u was taken before the service had it; trying another",
                 side_name(service->trial->key.side), service->port);
        process_release(&service->process);
    }
}

enum status service_check_alive(struct service *service, struct err *err)
{
    static const char at_end[] = "at the end of the load";
    process_poll(&service->process);
    if (service->process.ended)
        return trial_report_end(service->trial, &service->process, at_end, err);
    if (cgroup_was_out_of_memory(&service->group)) {
        struct str limit = cgroup_memory_text(service->trial->scratch, service->group.memory_bytes);
        return err_set(err, STATUS_CHILD,
                       "one of its processes was killed by its memory limit of %.*s",
                       STR_ARGS(limit));
    }
    /* Its sockets go first, then the process: it may be about to be dead. */
    return service_check_listener(service, err) ? service_explain(service, at_end, err) : STATUS_OK;
}

enum status service_explain(struct service *service, const char *when, struct err *err)
{
    struct err ignored = {0};
    if (process_interrupted())
        return process_interruption(err);
    if (process_wait(&service->process, DEATH_WAIT_NS, &ignored) == STATUS_OK)
        return trial_report_end(service->trial, &service->process, when, err);
    return err->status;
}

enum status service_end(struct service *service, enum status status, struct err *err)
{
    struct trial *trial = service->trial;
    struct err unwritten = {0};
    trial->record->machine.limit_throttled_ns = cgroup_throttled_ns(&service->group);
    process_end(&service->process, STOP_GRACE_NS);
    if (!cgroup_remove(&service->group)) {
        log_line(trial->harness->spec.log, "%s: its control group could not be removed",
                 side_name(trial->key.side));
    }
    if (service->process.has_survivors) {
        log_line(trial->harness->spec.log, "%s: something of it could not be killed and still runs",
                 side_name(trial->key.side));
    }
    if (service->process.has_survivors && status == STATUS_OK)
        status = err_set(err, STATUS_CHILD, "could not be killed; it would disturb what follows");
    /* A trial that failed keeps its first error. */
    if (trial_write_output(trial, &service->process, &unwritten) && status == STATUS_OK) {
        *err = unwritten;
        status = err->status;
    }
    process_release(&service->process);
    return status;
}
