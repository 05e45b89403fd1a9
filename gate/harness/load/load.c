#include "gate/harness/load/load.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/load/connection.h"

enum { EVENTS_MAX = 64, INPUT_BYTES = 64 * 1024 };

#define CONNECT_TIMEOUT_NS (10 * NS_PER_SECOND)
#define FINISH_TIMEOUT_NS  (200 * NS_PER_MS)
#define TICK_NS            (10 * NS_PER_MS)
#define WAIT_NS_MAX        (40 * NS_PER_MS)

struct engine {
    const struct load_spec *spec;
    struct load_result *result;
    struct arena *arena;
    int epoll_fd;
    struct connection *connections;
    struct connection **idle; /* ring: first come, first served, so that none starves */
    size_t idle_at;
    size_t idle_len;
    uint64_t sent; /* requests handed out, also the next one's number after first_k */
    uint64_t start_ns;
    uint64_t last_send_ns;
    uint64_t tick_ns; /* when tick was called last */
    struct buf request;
    uint8_t *input;
    struct err *err;
};

static void idle_push(struct engine *engine, struct connection *connection)
{
    size_t at = (engine->idle_at + engine->idle_len++) % engine->spec->connections;
    engine->idle[at] = connection;
    connection->free_since_ns = clock_now_ns();
}

static struct connection *idle_pop(struct engine *engine)
{
    struct connection *connection = engine->idle[engine->idle_at];
    engine->idle_at = (engine->idle_at + 1) % engine->spec->connections;
    engine->idle_len--;
    return connection;
}

/* Takes one connection out of the middle: goes once around the ring. */
static void idle_remove(struct engine *engine, const struct connection *gone)
{
    for (size_t left = engine->idle_len; left > 0; left--) {
        struct connection *connection = idle_pop(engine);
        if (connection == gone)
            continue;
        size_t at = (engine->idle_at + engine->idle_len++) % engine->spec->connections;
        engine->idle[at] = connection;
    }
}

static bool is_paced(const struct engine *engine)
{
    return engine->spec->rate_per_second > 0;
}

/* When the next request should go out; a closed loop has no plan beyond "now". */
static uint64_t intended_ns(const struct engine *engine)
{
    if (!is_paced(engine))
        return 0;
    double offset = (double)engine->sent * (double)NS_PER_SECOND / engine->spec->rate_per_second;
    return engine->start_ns + (uint64_t)offset;
}

static enum status wrap_request(const struct connection *connection, struct err *err)
{
    return err_wrap(err, "%.*s %.*s (request %llu)", STR_ARGS(connection->line->method),
                    STR_ARGS(connection->line->path), (unsigned long long)connection->k);
}

static enum status open_connection(struct engine *engine, struct connection *connection)
{
    connection->deadline_ns = clock_now_ns() + CONNECT_TIMEOUT_NS;
    if (connection_open(connection, engine->epoll_fd, engine->spec->port, engine->err))
        return err_wrap(engine->err, "127.0.0.1:%u", engine->spec->port);
    return STATUS_OK;
}

static enum status reopen(struct engine *engine, struct connection *connection)
{
    engine->result->reconnects++;
    connection_close(connection);
    return open_connection(engine, connection);
}

/* Renders the connection's request into engine->request. */
static enum status prepare_request(struct engine *engine, struct connection *connection)
{
    connection->state = CONNECTION_BUSY;
    connection->has_answer_bytes = false;
    response_init(&connection->response, str_equal_text(connection->line->method, "HEAD"));
    buf_reset(&engine->request);
    requests_render(&engine->request, connection->line, connection->k, engine->spec->port);
    if (engine->request.overflow) {
        (void)err_set(engine->err, STATUS_LIMIT, "request is larger than %zu bytes",
                      engine->request.max);
        return wrap_request(connection, engine->err);
    }
    return STATUS_OK;
}

static enum status send_prepared(struct engine *engine, struct connection *connection)
{
    if (connection_send(connection, engine->epoll_fd, buf_view(&engine->request), engine->err))
        return wrap_request(connection, engine->err);
    return STATUS_OK;
}

static enum status send_request(struct engine *engine, struct connection *connection,
                                uint64_t due_ns)
{
    const struct load_spec *spec = engine->spec;
    uint64_t k = spec->first_k + engine->sent;
    uint32_t line = requests_line(spec->requests, spec->seed, k);
    connection->k = k;
    connection->line = &spec->requests->lines[line];
    if (prepare_request(engine, connection))
        return engine->err->status;
    uint64_t now = clock_now_ns();
    uint64_t possible_ns = connection->free_since_ns > due_ns ? connection->free_since_ns : due_ns;
    connection->from_ns = is_paced(engine) ? due_ns : now;
    connection->deadline_ns = now + spec->request_timeout_ns;
    engine->last_send_ns = now;
    engine->sent++;
    if (is_paced(engine))
        histogram_record(&engine->result->lateness, now > possible_ns ? now - possible_ns : 0);
    return send_prepared(engine, connection);
}

static enum status send_due(struct engine *engine)
{
    while (engine->idle_len && engine->sent < engine->spec->count) {
        uint64_t due_ns = intended_ns(engine);
        if (due_ns > clock_now_ns())
            break;
        if (send_request(engine, idle_pop(engine), due_ns))
            return engine->err->status;
    }
    return STATUS_OK;
}

/*
 * A line that says nothing takes whatever is no server error: which
 * answers those were is compared between the sides later.
 */
static bool is_expected(const struct request_line *line, uint16_t status)
{
    if (line->expect_len == 0)
        return status < 500;
    for (size_t i = 0; i < line->expect_len; i++) {
        if (line->expect[i] == status)
            return true;
    }
    return false;
}

static void count_status(struct load_result *result, const struct request_line *line,
                         uint16_t status, bool expected)
{
    if (line->expect_len == 0 && status < LOAD_STATUS_MAX)
        result->unlisted[status]++;
    result->successes += expected && (line->expect_len > 0 || status < 300);
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

static void count_answer(struct engine *engine, const struct connection *connection)
{
    struct load_result *result = engine->result;
    const struct request_line *line = connection->line;
    uint64_t now = clock_now_ns();
    histogram_record(&result->latency, now - connection->from_ns);
    result->answered++;
    result->duration_ns = now - engine->start_ns;
    result->response_bytes += connection->response.body_bytes;
    bool expected = is_expected(line, connection->response.status);
    count_status(result, line, connection->response.status, expected);
    if (expected)
        return;
    if (result->unexpected++ == 0) {
        result->first_problem =
            str_format(engine->arena, "%.*s %.*s answered %u", STR_ARGS(line->method),
                       STR_ARGS(line->path), connection->response.status);
    }
}

static enum status end_answer(struct engine *engine, struct connection *connection)
{
    count_answer(engine, connection);
    if (!connection->response.keep_alive || connection_has_unsent(connection)) {
        if (reopen(engine, connection))
            return engine->err->status;
        return send_due(engine);
    }
    connection->state = CONNECTION_IDLE;
    connection->is_reused = true;
    idle_push(engine, connection);
    return send_due(engine);
}

static enum status take_answer(struct engine *engine, struct connection *connection, size_t len)
{
    size_t used = 0;
    struct bytes data = {engine->input, len};
    connection->has_answer_bytes = true;
    if (response_feed(&connection->response, data, &used, engine->err))
        return wrap_request(connection, engine->err);
    if (used < len) {
        (void)err_set(engine->err, STATUS_CHILD, "%zu bytes after the end of the answer",
                      len - used);
        return wrap_request(connection, engine->err);
    }
    return response_done(&connection->response) ? end_answer(engine, connection) : STATUS_OK;
}

/* The request's own deadline holds on: a server that hangs up each time gains none. */
static enum status reopen_to_resend(struct engine *engine, struct connection *connection)
{
    uint64_t deadline_ns = connection->deadline_ns;
    if (reopen(engine, connection))
        return wrap_request(connection, engine->err);
    connection->deadline_ns = deadline_ns;
    connection->has_request = true;
    return STATUS_OK;
}

/*
 * The peer is gone while a request is out. One that ends an idle
 * connection cannot know that the next request is on its way, so that
 * end alone says nothing about the request; a new connection's does.
 */
static enum status lose_answer(struct engine *engine, struct connection *connection, int code)
{
    enum status status = STATUS_OK;
    bool is_end = code == 0 || code == ECONNRESET || code == EPIPE;
    if (is_end && connection->is_reused && !connection->has_answer_bytes)
        return reopen_to_resend(engine, connection);
    if (code) {
        status = err_set(engine->err, STATUS_CHILD, "no complete answer: %s", strerror(code));
    } else {
        status = response_close(&connection->response, engine->err);
    }
    return status ? wrap_request(connection, engine->err) : end_answer(engine, connection);
}

/* Servers may end a connection that idles; bytes nobody asked for are another matter. */
static enum status lose_idle(struct engine *engine, struct connection *connection, ssize_t got)
{
    if (got > 0) {
        return err_set(engine->err, STATUS_CHILD, "%zd bytes on a connection without a request",
                       got);
    }
    idle_remove(engine, connection);
    return reopen(engine, connection);
}

static enum status read_some(struct engine *engine, struct connection *connection)
{
    ssize_t got = recv(connection->fd, engine->input, INPUT_BYTES, 0);
    int code = got < 0 ? errno : 0;
    if (code == EAGAIN || code == EINTR)
        return STATUS_OK;
    if (connection->state == CONNECTION_IDLE)
        return lose_idle(engine, connection, got);
    if (got > 0)
        return take_answer(engine, connection, (size_t)got);
    return lose_answer(engine, connection, code);
}

static enum status handle_opening(struct engine *engine, struct connection *connection)
{
    if (connection_opened(connection, engine->epoll_fd, engine->err))
        return err_wrap(engine->err, "127.0.0.1:%u", engine->spec->port);
    if (connection->has_request) {
        connection->has_request = false;
        return prepare_request(engine, connection) ? engine->err->status
                                                   : send_prepared(engine, connection);
    }
    idle_push(engine, connection);
    return STATUS_OK;
}

static enum status handle_event(struct engine *engine, const struct epoll_event *event)
{
    struct connection *connection = event->data.ptr;
    if (!connection) {
        engine->spec->on_watch(engine->spec->tick_ctx);
        return STATUS_OK;
    }
    if (connection->state == CONNECTION_OPENING)
        return handle_opening(engine, connection);
    if ((event->events & EPOLLOUT) && connection_has_unsent(connection) &&
        connection_flush(connection, engine->epoll_fd, engine->err))
        return wrap_request(connection, engine->err);
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        return read_some(engine, connection);
    return STATUS_OK;
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

static enum status handle_events(struct engine *engine, uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int count = wait_events(engine->epoll_fd, events, timeout_ns);
    if (count < 0 && errno != EINTR)
        return err_set(engine->err, STATUS_IO, "epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (handle_event(engine, &events[i]))
            return engine->err->status;
    }
    return STATUS_OK;
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SECOND;
}

static enum status check_deadlines(struct engine *engine, uint64_t now)
{
    const struct load_spec *spec = engine->spec;
    for (uint32_t i = 0; i < spec->connections; i++) {
        struct connection *connection = &engine->connections[i];
        bool waits =
            connection->state == CONNECTION_OPENING || connection->state == CONNECTION_BUSY;
        if (!waits || now < connection->deadline_ns)
            continue;
        if (connection->state == CONNECTION_OPENING) {
            return err_set(engine->err, STATUS_CHILD, "127.0.0.1:%u: connection not accepted",
                           spec->port);
        }
        (void)err_set(engine->err, STATUS_CHILD, "no complete answer within %.3g s",
                      seconds(spec->request_timeout_ns));
        return wrap_request(connection, engine->err);
    }
    if (now - engine->start_ns < spec->total_timeout_ns)
        return STATUS_OK;
    return err_set(engine->err, STATUS_CHILD,
                   "load not finished within %.3g s: %llu of %llu answered",
                   seconds(spec->total_timeout_ns), (unsigned long long)engine->result->answered,
                   (unsigned long long)spec->count);
}

static enum status tick(struct engine *engine)
{
    uint64_t now = clock_now_ns();
    if (now - engine->tick_ns < TICK_NS)
        return STATUS_OK;
    engine->tick_ns = now;
    if (engine->spec->tick && !engine->spec->tick(engine->spec->tick_ctx, engine->result->answered))
        return err_set(engine->err, STATUS_CHILD, "load stopped");
    return check_deadlines(engine, now);
}

/* Until the next request is due, if it could go out then. */
static uint64_t wait_ns(const struct engine *engine)
{
    if (!engine->idle_len || engine->sent == engine->spec->count)
        return WAIT_NS_MAX;
    uint64_t due_ns = intended_ns(engine);
    uint64_t now = clock_now_ns();
    if (due_ns <= now)
        return 0;
    return due_ns - now < WAIT_NS_MAX ? due_ns - now : WAIT_NS_MAX;
}

/* All connections stand before the clock starts: connecting is not part of any latency. */
static enum status open_all(struct engine *engine)
{
    engine->start_ns = clock_now_ns();
    for (uint32_t i = 0; i < engine->spec->connections; i++) {
        buf_init(&engine->connections[i].unsent, BUF_TEXT_BYTES_MAX);
        if (open_connection(engine, &engine->connections[i]))
            return engine->err->status;
    }
    while (engine->idle_len < engine->spec->connections) {
        if (handle_events(engine, WAIT_NS_MAX) || tick(engine))
            return engine->err->status;
    }
    return STATUS_OK;
}

static enum status drive(struct engine *engine)
{
    engine->start_ns = clock_now_ns();
    while (engine->result->answered < engine->spec->count) {
        if (send_due(engine) || handle_events(engine, wait_ns(engine)) || tick(engine))
            return engine->err->status;
    }
    return STATUS_OK;
}

static void finish_all(struct engine *engine)
{
    uint64_t until_ns = clock_now_ns() + FINISH_TIMEOUT_NS;
    for (uint32_t i = 0; i < engine->spec->connections; i++)
        connection_finish(&engine->connections[i], until_ns);
}

/*
 * At a fixed rate the pace of sending counts, not that the last answers
 * took their time: n requests span n intervals from the first.
 */
static double achieved_rate(const struct engine *engine)
{
    const struct load_spec *spec = engine->spec;
    if (!is_paced(engine))
        return num_ratio((double)engine->result->answered, seconds(engine->result->duration_ns));
    double span = seconds(engine->last_send_ns - engine->start_ns) + 1 / spec->rate_per_second;
    return num_ratio((double)engine->sent, span);
}

/* The only event without a connection. */
static enum status start_watch(const struct engine *engine)
{
    const struct load_spec *spec = engine->spec;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (!spec->on_watch || spec->watch_fd < 0)
        return STATUS_OK;
    if (epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, spec->watch_fd, &event) != 0)
        return err_set(engine->err, STATUS_IO, "epoll_ctl: %s", strerror(errno));
    return STATUS_OK;
}

static enum status run(struct engine *engine)
{
    enum status status = start_watch(engine);
    if (status == STATUS_OK)
        status = open_all(engine);
    if (status == STATUS_OK)
        status = drive(engine);
    if (status == STATUS_OK) {
        engine->result->achieved_per_second = achieved_rate(engine);
        finish_all(engine);
    }
    for (uint32_t i = 0; i < engine->spec->connections; i++) {
        connection_close(&engine->connections[i]);
        buf_release(&engine->connections[i].unsent);
    }
    return status;
}

enum status load_run(struct load_result *out, struct arena *arena, const struct load_spec *spec,
                     struct err *err)
{
    struct arena scratch;
    struct load_result result = {0};
    assert(spec->connections > 0 && spec->count > 0);
    histogram_init(&result.latency, arena);
    histogram_init(&result.lateness, arena);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return err_set(err, STATUS_IO, "epoll: %s", strerror(errno));
    arena_init(&scratch);
    struct engine engine = {
        .spec = spec,
        .result = &result,
        .arena = arena,
        .epoll_fd = epoll_fd,
        .connections = ARENA_ARRAY(&scratch, struct connection, spec->connections),
        .idle = ARENA_ARRAY(&scratch, struct connection *, spec->connections),
        .input = ARENA_ARRAY(&scratch, uint8_t, INPUT_BYTES),
        .err = err,
    };
    buf_init(&engine.request, BUF_TEXT_BYTES_MAX);
    /* The default slack of 50 us would be most of the lateness; children must not inherit ours. */
    int slack_ns = prctl(PR_GET_TIMERSLACK);
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    enum status status = run(&engine);
    if (slack_ns > 0)
        (void)prctl(PR_SET_TIMERSLACK, (unsigned long)slack_ns);
    buf_release(&engine.request);
    arena_release(&scratch);
    (void)close(epoll_fd);
    if (status == STATUS_OK)
        *out = result;
    return status;
}
