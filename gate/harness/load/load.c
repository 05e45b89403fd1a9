#include "gate/harness/load/load.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/load/lane.h"
#include "gate/harness/load/prompt.h"

enum { EVENTS_MAX = 64 };

#define FINISH_TIMEOUT_NS (200 * NS_PER_MS)
#define TICK_NS           (10 * NS_PER_MS)
#define WAIT_NS_MAX       (40 * NS_PER_MS)
/* Answers and the output of services may lie so long; a pipe takes 64 KiB meanwhile. */
#define SLEEP_NS_MAX NS_PER_MS

static const struct protocol *const protocols[] = {
    [PROTOCOL_HTTP1] = &protocol_http1,
    [PROTOCOL_HTTP2] = &protocol_http2,
};

struct engine {
    const struct load_spec *spec;
    int epoll_fd;
    struct lane lanes[LOAD_LANES_MAX];
    uint64_t tick_ns; /* when tick was called last */
    struct err *err;
};

/* Notes whose error it is. */
static enum status fail(struct engine *engine, struct lane *lane)
{
    lane->result.has_failed = true;
    return engine->err->status;
}

static int wait_events(int epoll_fd, struct epoll_event *events, uint64_t timeout_ns)
{
    struct timespec timeout = {.tv_nsec = (long)timeout_ns};
    int count = epoll_pwait2(epoll_fd, events, EVENTS_MAX, &timeout, NULL);
    if (count >= 0 || errno != ENOSYS)
        return count;
    /* Linux before 5.11: an epoll descriptor can itself be waited for, in nanoseconds. */
    struct pollfd wait = {.fd = epoll_fd, .events = POLLIN};
    if (ppoll(&wait, 1, &timeout, NULL) < 0)
        return -1;
    return epoll_wait(epoll_fd, events, EVENTS_MAX, 0);
}

/* The only events without a connection are those of the watched descriptors. */
static enum status handle_event(struct engine *engine, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;
    if (!connection) {
        engine->spec->on_watch(engine->spec->tick_ctx);
        return STATUS_OK;
    }
    struct lane *lane = connection->lane;
    return lane_handle(lane, connection, event->events, engine->err) ? fail(engine, lane)
                                                                     : STATUS_OK;
}

/*
 * A closed loop of two lanes keeps them within one round of connections
 * of each other, so that both answer under the same circumstances.
 */
static uint64_t send_until(const struct engine *engine, uint32_t lane)
{
    if (engine->spec->rate_per_second > 0 || engine->spec->lane_count < 2)
        return engine->spec->count;
    const struct load_spec *spec = engine->spec;
    return engine->lanes[1 - lane].result.answered + (uint64_t)spec->connections * spec->streams;
}

/* The lane whose request is due first, NULL when none can send before an answer; *due_ns: when. */
static struct lane *next_lane(struct engine *engine, uint64_t *due_ns)
{
    struct lane *first = NULL;
    *due_ns = UINT64_MAX;
    for (uint32_t i = 0; i < engine->spec->lane_count; i++) {
        uint64_t lane_ns = lane_due_ns(&engine->lanes[i], send_until(engine, i));
        if (lane_ns >= *due_ns)
            continue;
        *due_ns = lane_ns;
        first = &engine->lanes[i];
    }
    return first;
}

/*
 * When the next request leaves, UINT64_MAX when none can before an
 * answer; *lane: whose. In the order in which they are due: neither within
 * a batch nor behind a delay of ours does one lane go first with all.
 */
static uint64_t next_leave_ns(struct engine *engine, struct lane **lane)
{
    uint64_t due_ns = 0;
    *lane = next_lane(engine, &due_ns);
    return *lane ? lane_leave_ns(*lane, due_ns) : UINT64_MAX;
}

static enum status send_due(struct engine *engine)
{
    struct lane *lane = NULL;
    while (next_leave_ns(engine, &lane) <= clock_now_ns()) {
        if (lane_send(lane, engine->err))
            return fail(engine, lane);
    }
    return STATUS_OK;
}

/* A request that waited for a connection goes out before the next event is looked at. */
static enum status handle_events(struct engine *engine, uint64_t timeout_ns, bool is_loading)
{
    struct epoll_event events[EVENTS_MAX];
    int count = wait_events(engine->epoll_fd, events, timeout_ns);
    if (count < 0 && errno != EINTR)
        return err_set(engine->err, STATUS_IO, "epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (handle_event(engine, &events[i]) || (is_loading && send_due(engine)))
            return engine->err->status;
    }
    return STATUS_OK;
}

/* By the lane that is behind. */
static uint64_t answered(const struct engine *engine)
{
    uint64_t least = engine->lanes[0].result.answered;
    for (uint32_t i = 1; i < engine->spec->lane_count; i++) {
        uint64_t count = engine->lanes[i].result.answered;
        least = count < least ? count : least;
    }
    return least;
}

static enum status tick(struct engine *engine)
{
    uint64_t now = clock_now_ns();
    const struct load_spec *spec = engine->spec;
    if (now - engine->tick_ns < TICK_NS)
        return STATUS_OK;
    engine->tick_ns = now;
    if (spec->tick && !spec->tick(spec->tick_ctx, answered(engine)))
        return err_set(engine->err, STATUS_CHILD, "load stopped");
    for (uint32_t i = 0; i < spec->lane_count; i++) {
        if (lane_check_deadlines(&engine->lanes[i], now, engine->err))
            return fail(engine, &engine->lanes[i]);
    }
    return STATUS_OK;
}

/* Until the next request leaves, if it could go out then. */
static uint64_t wait_ns(struct engine *engine)
{
    struct lane *lane = NULL;
    uint64_t leave_ns = next_leave_ns(engine, &lane);
    uint64_t now = clock_now_ns();
    if (leave_ns <= now)
        return 0;
    return leave_ns - now < WAIT_NS_MAX ? leave_ns - now : WAIT_NS_MAX;
}

/* True once `test` holds for every lane. */
static bool all_lanes(const struct engine *engine, bool (*test)(const struct lane *lane))
{
    for (uint32_t i = 0; i < engine->spec->lane_count; i++) {
        if (!test(&engine->lanes[i]))
            return false;
    }
    return true;
}

/* All connections stand before the clock starts: connecting is not part of any latency. */
static enum status open_all(struct engine *engine, struct arena *scratch)
{
    for (uint32_t i = 0; i < engine->spec->lane_count; i++) {
        if (lane_open(&engine->lanes[i], scratch, engine->err))
            return fail(engine, &engine->lanes[i]);
    }
    while (!all_lanes(engine, lane_is_ready)) {
        if (handle_events(engine, WAIT_NS_MAX, false) || tick(engine))
            return engine->err->status;
    }
    return STATUS_OK;
}

/*
 * Being woken costs more than all else that a request does, and answers
 * bear the time of their arrival: where the next request is near, they
 * wait until we are awake for it.
 */
static enum status rest(struct engine *engine)
{
    uint64_t ns = wait_ns(engine);
    if (ns == 0 || ns > SLEEP_NS_MAX || !all_lanes(engine, lane_can_wait))
        return handle_events(engine, ns, true);
    clock_sleep_ns(ns);
    return send_due(engine) ? engine->err->status : handle_events(engine, 0, true);
}

/* Up to the last answer; saying good-bye is no part of it. */
static void count_time(struct engine *engine, uint64_t start_ns, uint64_t start_cpu_ns)
{
    uint64_t cpu_ns = clock_thread_cpu_ns() - start_cpu_ns;
    uint64_t wall_ns = clock_now_ns() - start_ns;
    for (uint32_t i = 0; i < engine->spec->lane_count; i++) {
        engine->lanes[i].result.cpu_ns = cpu_ns;
        engine->lanes[i].result.wall_ns = wall_ns;
    }
}

static enum status drive(struct engine *engine)
{
    uint64_t cpu_ns = clock_thread_cpu_ns();
    uint64_t now = clock_now_ns();
    for (uint32_t i = 0; i < engine->spec->lane_count; i++)
        lane_start(&engine->lanes[i], now);
    while (!all_lanes(engine, lane_is_done)) {
        if (send_due(engine) || rest(engine) || tick(engine))
            return engine->err->status;
    }
    count_time(engine, now, cpu_ns);
    uint64_t until_ns = clock_now_ns() + FINISH_TIMEOUT_NS;
    for (uint32_t i = 0; i < engine->spec->lane_count; i++)
        lane_finish(&engine->lanes[i], until_ns);
    return STATUS_OK;
}

static enum status start_watch(const struct engine *engine)
{
    const struct load_spec *spec = engine->spec;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    for (uint32_t i = 0; spec->on_watch && i < spec->lane_count; i++) {
        if (spec->watch_fds[i] >= 0 &&
            epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, spec->watch_fds[i], &event) != 0)
            return err_set(engine->err, STATUS_IO, "epoll_ctl: %s", strerror(errno));
    }
    return STATUS_OK;
}

static enum status run(struct engine *engine, struct arena *scratch)
{
    if (start_watch(engine) || open_all(engine, scratch) || drive(engine))
        return engine->err->status;
    return STATUS_OK;
}

static void init_lanes(struct engine *engine, struct arena *arena, struct arena *scratch)
{
    uint8_t *input = ARENA_ARRAY(scratch, uint8_t, LANE_INPUT_BYTES);
    for (uint32_t i = 0; i < engine->spec->lane_count; i++) {
        engine->lanes[i] = (struct lane){
            .spec = engine->spec,
            .protocol = protocols[engine->spec->protocol],
            .arena = arena,
            .number = i,
            .epoll_fd = engine->epoll_fd,
            .input = input,
        };
    }
}

enum status load_run(struct load_result out[], struct arena *arena, const struct load_spec *spec,
                     struct err *err)
{
    struct arena scratch;
    struct engine engine = {.spec = spec, .err = err};
    struct prompt prompt;
    assert(spec->connections > 0 && spec->lead_count < spec->count);
    assert(spec->lane_count > 0 && spec->lane_count <= LOAD_LANES_MAX);
    engine.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine.epoll_fd < 0)
        return err_set(err, STATUS_IO, "epoll: %s", strerror(errno));
    arena_init(&scratch);
    init_lanes(&engine, arena, &scratch);
    prompt_begin(&prompt, spec->rate_per_second > 0);
    enum status status = run(&engine, &scratch);
    prompt_end(&prompt);
    for (uint32_t i = 0; i < spec->lane_count; i++) {
        lane_close(&engine.lanes[i]);
        out[i] = engine.lanes[i].result;
    }
    arena_release(&scratch);
    (void)close(engine.epoll_fd);
    return status;
}

void load_result_add(struct load_result *into, const struct load_result *part)
{
    double seconds = num_ratio((double)into->answered, into->achieved_per_second) +
                     num_ratio((double)part->answered, part->achieved_per_second);
    into->answered += part->answered;
    into->achieved_per_second = num_ratio((double)into->answered, seconds);
    if (into->unexpected == 0)
        into->first_problem = part->first_problem;
    into->unexpected += part->unexpected;
    into->successes += part->successes;
    for (size_t status = 0; status < LOAD_STATUS_MAX; status++)
        into->unlisted[status] += part->unlisted[status];
    histogram_merge(&into->latency, &part->latency);
    histogram_merge(&into->service, &part->service);
    histogram_merge(&into->lateness, &part->lateness);
    into->duration_ns += part->duration_ns;
    into->response_bytes += part->response_bytes;
    into->reconnects += part->reconnects;
    into->resends += part->resends;
    into->sent_again += part->sent_again;
    into->cpu_ns += part->cpu_ns;
    into->wall_ns += part->wall_ns;
    if (into->streams_allowed == 0 || part->streams_allowed < into->streams_allowed)
        into->streams_allowed = part->streams_allowed;
}

struct str load_statuses(const struct load_result *result, struct arena *arena)
{
    struct str out = STR("");
    for (unsigned status = 0; status < LOAD_STATUS_MAX; status++) {
        if (result->unlisted[status] == 0)
            continue;
        out = str_format(arena, "%.*s%s%u:%llu", STR_ARGS(out), out.len ? " " : "", status,
                         (unsigned long long)result->unlisted[status]);
    }
    return out;
}
