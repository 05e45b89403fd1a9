#include "gate/harness/service.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/control.h"
#include "gate/harness/load/tls.h"

#define STOP_GRACE_NS   (2 * NS_PER_SECOND)
#define DEATH_WAIT_NS   NS_PER_SECOND
#define READY_ANSWER_NS (5 * NS_PER_SECOND)
/* A question at the last moment is one all the same. */
#define READY_ANSWER_MIN (100 * NS_PER_MS)
#define READY_PAUSE_MIN  (5 * NS_PER_MS)
#define READY_PAUSE_MAX  (50 * NS_PER_MS)

enum { START_TRIES_MAX = 5, CA_BYTES_MAX = 1024 * 1024 };

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

enum { VARIABLES = 6 };

static void set_variables(struct trial_variable variables[VARIABLES], const struct service *service)
{
    struct arena *arena = service->trial->scratch;
    const struct {
        struct str name;
        struct str value;
    } rows[VARIABLES] = {
        {STR("${ADDR}"), str_format(arena, "127.0.0.1:%u", service->address.port)},
        {STR("${PORT}"), str_format(arena, "%u", service->address.port)},
        {STR("${SOCKET}"), service->address.socket},
        {STR("${PPROF_ADDR}"), str_format(arena, "127.0.0.1:%u", service->second_port)},
        {STR("${PPROF_PORT}"), str_format(arena, "%u", service->second_port)},
        {STR("${DIR}"), service->trial->run_dir},
    };
    for (size_t i = 0; i < VARIABLES; i++)
        variables[i] = (struct trial_variable){rows[i].name, rows[i].value};
}

/* Two ports that are free at the same time are two. */
static enum status find_ports(struct service *service, struct err *err)
{
    do {
        if (process_free_port(&service->address.port, err) ||
            process_free_port(&service->second_port, err))
            return err->status;
    } while (service->second_port == service->address.port);
    return STATUS_OK;
}

static enum status find_socket(struct service *service, struct err *err)
{
    const struct trial *trial = service->trial;
    struct str path = io_join(trial->scratch, trial->run_dir, STR("socket"));
    if (path.len > ADDRESS_SOCKET_BYTES_MAX) {
        return err_set(err, STATUS_LIMIT,
                       "\"%.*s\" is too long for a unix socket (%d bytes at most); set TMPDIR to a "
                       "directory with a shorter path",
                       STR_ARGS(path), ADDRESS_SOCKET_BYTES_MAX);
    }
    service->address.socket = path;
    return STATUS_OK;
}

static enum status set_addresses(struct service *service, struct err *err)
{
    const struct trial *trial = service->trial;
    const struct scenario_service *asked = &trial->scenario->scenario->service;
    service->address = (struct address){
        .is_tls = asked->tls.ca.len > 0,
        .ca_pem = trial->scenario->ca_pem,
        .server_name = asked->tls.server_name,
    };
    if (find_ports(service, err) || (asked->has_socket && find_socket(service, err)))
        return err->status;
    const struct address second = {.port = service->second_port};
    service->pprof = asked->pprof_is_second ? second : service->address;
    service->ready = asked->ready_is_second ? second : service->address;
    return STATUS_OK;
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
    const struct scenario_limits *limits = &trial->scenario->scenario->service.limits;
    struct process_spec spec = {
        .dir = trial->scenario->trees[trial->key.side],
        .cpus = pinning_service(&trial->harness->pinning, limits->cpuset.len > 0),
        .apart = trial->harness->isolation.process,
        .on_output = feed_gctrace,
        .output_ctx = &service->gctrace,
    };
    gctrace_init(&service->gctrace, trial->scratch);
    if (set_addresses(service, err))
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
    out->silence.status = STATUS_OK;
    arena_init(&arena);
    enum status status = control_get(
        &reply, &arena, &service->ready, service->trial->scenario->scenario->service.ready,
        patience_ns < READY_ANSWER_NS ? patience_ns : READY_ANSWER_NS, &out->silence);
    out->code = status == STATUS_OK ? reply.http_code : 0;
    arena_release(&arena);
    return process_interrupted() ? process_interruption(err) : STATUS_OK;
}

static void take_certificate(struct service *service, struct str pem)
{
    struct address *const addresses[] = {&service->address, &service->pprof, &service->ready};
    for (size_t n = 0; n < ARRAY_LEN(addresses); n++)
        addresses[n]->ca_pem = pem;
}

/* A certificate that the service makes for itself when it starts; it may be half written yet. */
static bool has_certificate(struct service *service, struct err *why)
{
    static const struct str own = STR_INIT("${DIR}/");
    const struct trial *trial = service->trial;
    struct str path = trial->scenario->scenario->service.tls.ca;
    struct arena once; /* it is looked for many times */
    struct bytes pem = {0};
    if (!service->address.is_tls || service->address.ca_pem.len || !str_starts_with(path, own))
        return true;
    arena_init(&once);
    struct str whole = io_join(&once, trial->run_dir, str_slice(path, own.len, path.len));
    bool is_there = io_read_file(&pem, &once, whole, CA_BYTES_MAX, why) == STATUS_OK &&
                    tls_check_ca(str_of_bytes(pem), why) == STATUS_OK;
    if (is_there) {
        take_certificate(service, str_copy(trial->scratch, str_of_bytes(pem)));
    } else {
        (void)err_wrap(why, "service.tls.ca");
        why->status = STATUS_CHILD;
    }
    arena_release(&once);
    return is_there;
}

/* Where a listener of its own is asked, the others must stand as well; *missing: one that does not. */
static bool all_listen(const struct service *service, struct address *missing)
{
    const struct address *const addresses[] = {&service->address, &service->pprof};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        struct err ignored = {0};
        bool listening = false;
        (void)!process_check_listener(&service->process, addresses[i], &listening, &ignored);
        *missing = *addresses[i];
        if (!listening)
            return false;
    }
    return true;
}

static bool is_ready(const struct service *service, const struct readiness *last)
{
    const struct scenario_service *asked = &service->trial->scenario->scenario->service;
    struct address ignored;
    if (last->code < 200 || last->code >= 300)
        return false;
    bool has_second = asked->ready_is_second || asked->pprof_is_second;
    return !has_second || all_listen(service, &ignored);
}

static enum status not_ready(const struct service *service, const struct readiness *last,
                             struct err *err)
{
    const struct scenario_service *asked = &service->trial->scenario->scenario->service;
    double waited = (double)asked->start_timeout_ns / (double)NS_PER_SECOND;
    struct str tail = process_output_tail(service->trial->scratch, &service->process, 20);
    struct address missing = service->address;
    bool listening = false;
    if (last->code >= 200 && last->code < 300 && !all_listen(service, &missing)) {
        struct str text = address_text(&missing, service->trial->scratch);
        return err_set(err, STATUS_CHILD,
                       "GET %.*s answered %ld, but nobody listens on %.*s after %.3g s",
                       STR_ARGS(asked->ready), last->code, STR_ARGS(text), waited);
    }
    if (last->code) {
        /* What servers of HTTPS say to HTTP. */
        bool wants_tls = last->code == 400 && !service->ready.is_tls;
        return err_set(err, STATUS_CHILD, "GET %.*s still answered %ld after %.3g s; not ready%s",
                       STR_ARGS(asked->ready), last->code, waited,
                       wants_tls ? " (if the service speaks HTTPS, set service.tls)" : "");
    }
    enum status status =
        process_check_listener(&service->process, &service->ready, &listening, err);
    if (listening && status != STATUS_OK)
        return status;
    if (listening) {
        return err_set(err, STATUS_CHILD,
                       "listens, but gave no whole answer within %.3g s (last: %s)%s%.*s", waited,
                       last->silence.text, tail.len ? "\n" : "", STR_ARGS(tail));
    }
    struct str place = address_text(&service->ready, service->trial->scratch);
    return err_set(err, STATUS_CHILD, "did not listen on %.*s within %.3g s%s%.*s", STR_ARGS(place),
                   waited, tail.len ? "\n" : "", STR_ARGS(tail));
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
        if (has_certificate(service, &last.silence) &&
            ask_ready(&last, service, timeout_ns - waited_ns, err))
            return err->status;
        if (is_ready(service, &last))
            break;
        /* What no later answer can change. */
        if (last.silence.status == STATUS_INVALID) {
            *err = last.silence;
            return err->status;
        }
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
    if (process_check_listener(&service->process, &service->address, &listening, err))
        return err->status;
    /* A second listener that is not asked for may be missing. */
    const struct scenario_service *asked = &service->trial->scenario->scenario->service;
    bool has_second = asked->ready_is_second || asked->pprof_is_second;
    const struct address second = {.port = service->second_port};
    return has_second ? process_check_listener(&service->process, &second, &listening, err)
                      : STATUS_OK;
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
                 "%s: a port was taken before the service had it; trying others",
                 side_name(service->trial->key.side));
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
