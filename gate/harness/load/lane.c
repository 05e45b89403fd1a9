#include "gate/harness/load/lane.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/codec/sha256.h"

#define CONNECT_TIMEOUT_NS (10 * NS_PER_SECOND)

static void idle_push(struct lane *lane, struct connection *connection, uint64_t since_ns)
{
    size_t at = (lane->idle_at + lane->idle_len++) % lane->spec->connections;
    lane->idle[at] = connection;
    connection->free_since_ns = since_ns;
}

static struct connection *idle_pop(struct lane *lane)
{
    struct connection *connection = lane->idle[lane->idle_at];
    lane->idle_at = (lane->idle_at + 1) % lane->spec->connections;
    lane->idle_len--;
    return connection;
}

/* Takes one connection out of the middle: goes once around the ring. */
static void idle_remove(struct lane *lane, const struct connection *gone)
{
    for (size_t left = lane->idle_len; left > 0; left--) {
        struct connection *connection = idle_pop(lane);
        if (connection == gone)
            continue;
        size_t at = (lane->idle_at + lane->idle_len++) % lane->spec->connections;
        lane->idle[at] = connection;
    }
}

static bool is_paced(const struct lane *lane)
{
    return lane->spec->rate_per_second > 0;
}

/* The place of the lane's next request among those of all lanes with its number. */
static uint32_t turn_of(const struct lane *lane)
{
    uint64_t k = lane->spec->first_k + lane->sent;
    bool swapped = num_mix(num_mix(lane->spec->seed) + k) & 1;
    return lane->spec->lane_count == 2 && swapped ? 1 - lane->number : lane->number;
}

/* When the next request should go out; a closed loop has no plan beyond "now", and whose turn it is. */
static uint64_t intended_ns(const struct lane *lane)
{
    if (!is_paced(lane))
        return turn_of(lane);
    double slot = (double)lane->sent + (double)turn_of(lane) / (double)lane->spec->lane_count;
    return lane->start_ns + (uint64_t)(slot * (double)NS_PER_SECOND / lane->spec->rate_per_second);
}

uint64_t lane_leave_ns(const struct lane *lane, uint64_t due_ns)
{
    uint64_t batch_ns = is_paced(lane) ? lane->spec->batch_ns : 0;
    return batch_ns ? due_ns - (due_ns - lane->start_ns) % batch_ns : due_ns;
}

static enum status wrap_request(const struct connection *connection, struct err *err)
{
    return err_wrap(err, "%.*s %.*s (request %llu)", STR_ARGS(connection->line->method),
                    STR_ARGS(connection->line->path), (unsigned long long)connection->k);
}

static enum status open_connection(struct lane *lane, struct connection *connection,
                                   struct err *err)
{
    uint16_t port = lane->spec->ports[lane->number];
    connection->deadline_ns = clock_now_ns() + CONNECT_TIMEOUT_NS;
    if (connection_open(connection, lane->epoll_fd, port, err))
        return err_wrap(err, "127.0.0.1:%u", port);
    return STATUS_OK;
}

static enum status reopen(struct lane *lane, struct connection *connection, struct err *err)
{
    lane->result.reconnects++;
    connection_close(connection);
    return open_connection(lane, connection, err);
}

/* Renders the connection's request into lane->request. */
static enum status prepare_request(struct lane *lane, struct connection *connection,
                                   struct err *err)
{
    connection->state = CONNECTION_BUSY;
    connection->has_answer_bytes = false;
    response_init(&connection->response, str_equal_text(connection->line->method, "HEAD"));
    buf_reset(&lane->request);
    buf_reset(&connection->body);
    connection->response.keep = connection->line->expect_sha256.len ? &connection->body : NULL;
    requests_render(&lane->request, connection->line,
                    (struct request_values){lane->spec->seed, connection->k,
                                            lane->spec->captured[lane->number]},
                    lane->spec->ports[lane->number]);
    if (lane->request.overflow) {
        (void)err_set(err, STATUS_LIMIT, "request is larger than %zu bytes", lane->request.max);
        return wrap_request(connection, err);
    }
    return STATUS_OK;
}

static enum status send_prepared(struct lane *lane, struct connection *connection, struct err *err)
{
    if (connection_send(connection, lane->epoll_fd, buf_view(&lane->request), err))
        return wrap_request(connection, err);
    return STATUS_OK;
}

static enum status send_request(struct lane *lane, struct connection *connection, uint64_t due_ns,
                                struct err *err)
{
    const struct load_spec *spec = lane->spec;
    uint64_t k = spec->first_k + lane->sent;
    uint32_t line = requests_line(spec->requests, spec->seed, k);
    connection->k = k;
    connection->line = &spec->requests->lines[line];
    if (prepare_request(lane, connection, err))
        return err->status;
    uint64_t now = clock_now_ns();
    uint64_t possible_ns = connection->free_since_ns > due_ns ? connection->free_since_ns : due_ns;
    connection->from_ns = is_paced(lane) ? due_ns : now;
    connection->sent_ns = now;
    connection->deadline_ns = now + spec->request_timeout_ns;
    lane->last_send_ns = now;
    lane->sent++;
    if (is_paced(lane) && k >= spec->first_k + spec->lead_count)
        histogram_record(&lane->result.lateness, now > possible_ns ? now - possible_ns : 0);
    return send_prepared(lane, connection, err);
}

/* Needs us as soon as the kernel is ready for more: it is opening, or part of its request is here. */
static bool is_restless(const struct connection *connection)
{
    return connection->state == CONNECTION_OPENING || connection_has_unsent(connection);
}

enum status lane_send(struct lane *lane, struct err *err)
{
    struct connection *connection = idle_pop(lane);
    uint64_t due_ns = intended_ns(lane);
    uint64_t leave_ns = lane_leave_ns(lane, due_ns);
    lane->last_early_ns = due_ns - leave_ns;
    enum status status = send_request(lane, connection, leave_ns, err);
    lane->restless += is_restless(connection);
    return status;
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

static void record_latency(struct lane *lane, const struct connection *connection,
                           uint64_t arrival_ns)
{
    const struct load_spec *spec = lane->spec;
    uint64_t first_k = spec->first_k + spec->lead_count;
    if (connection->k < first_k)
        return;
    uint64_t latency_ns = arrival_ns - connection->from_ns;
    histogram_record(&lane->result.latency, latency_ns);
    histogram_record(&lane->result.service, arrival_ns - connection->sent_ns);
    if (spec->window_count) {
        uint64_t window =
            (connection->k - first_k) * spec->window_count / (spec->count - spec->lead_count);
        histogram_record(&lane->result.windows[window], latency_ns);
    }
}

/* Why the body is not the expected one; empty when it is. */
static struct str body_problem(struct arena *arena, const struct connection *connection)
{
    const struct request_line *line = connection->line;
    uint64_t bytes = connection->response.body_bytes;
    if (line->expects_bytes && bytes != line->expect_bytes) {
        return str_format(arena, " with %llu bytes, not %llu", (unsigned long long)bytes,
                          (unsigned long long)line->expect_bytes);
    }
    if (line->expect_sha256.len) {
        struct arena scratch;
        arena_init(&scratch);
        struct str hash = sha256_hex(&scratch, bytes_of_str(buf_view(&connection->body)));
        bool differs = !str_equal(hash, line->expect_sha256);
        arena_release(&scratch);
        return differs ? STR(" with another body than expect_sha256 says") : STR("");
    }
    return STR("");
}

static void count_answer(struct lane *lane, const struct connection *connection)
{
    struct load_result *result = &lane->result;
    const struct request_line *line = connection->line;
    uint64_t arrival_ns = lane->arrival.ns;
    /* No answer came before its request went out, whatever became of the wall clock meanwhile. */
    if (arrival_ns < connection->sent_ns)
        arrival_ns = connection->sent_ns;
    record_latency(lane, connection, arrival_ns);
    slowest_add(&result->slowest, connection->from_ns, arrival_ns);
    result->answered++;
    if (arrival_ns - lane->start_ns > result->duration_ns)
        result->duration_ns = arrival_ns - lane->start_ns;
    result->response_bytes += connection->response.body_bytes;
    bool expected = is_expected(line, connection->response.status);
    count_status(result, line, connection->response.status, expected);
    struct str problem = expected ? body_problem(lane->arena, connection) : STR("");
    if (expected && problem.len == 0)
        return;
    if (result->unexpected++ == 0) {
        result->first_problem =
            str_format(lane->arena, "%.*s %.*s answered %u%.*s", STR_ARGS(line->method),
                       STR_ARGS(line->path), connection->response.status, STR_ARGS(problem));
    }
}

static enum status end_answer(struct lane *lane, struct connection *connection, struct err *err)
{
    count_answer(lane, connection);
    if (!connection->response.keep_alive || connection_has_unsent(connection))
        return reopen(lane, connection, err);
    connection->state = CONNECTION_IDLE;
    connection->is_reused = true;
    idle_push(lane, connection, lane->arrival.ns);
    return STATUS_OK;
}

static enum status take_answer(struct lane *lane, struct connection *connection, size_t len,
                               struct err *err)
{
    size_t used = 0;
    struct bytes data = {lane->input, len};
    connection->has_answer_bytes = true;
    if (response_feed(&connection->response, data, &used, err))
        return wrap_request(connection, err);
    if (used < len) {
        (void)err_set(err, STATUS_CHILD, "%zu bytes after the end of the answer", len - used);
        return wrap_request(connection, err);
    }
    return response_done(&connection->response) ? end_answer(lane, connection, err) : STATUS_OK;
}

/* The request's own deadline holds on: a server that hangs up each time gains none. */
static enum status reopen_to_resend(struct lane *lane, struct connection *connection,
                                    struct err *err)
{
    uint64_t deadline_ns = connection->deadline_ns;
    if (reopen(lane, connection, err))
        return wrap_request(connection, err);
    connection->deadline_ns = deadline_ns;
    connection->has_request = true;
    return STATUS_OK;
}

/*
 * The peer is gone while a request is out. One that ends an idle
 * connection cannot know that the next request is on its way, so that
 * end alone says nothing about the request; a new connection's does.
 */
static enum status lose_answer(struct lane *lane, struct connection *connection, int code,
                               struct err *err)
{
    enum status status = STATUS_OK;
    bool is_end = code == 0 || code == ECONNRESET || code == EPIPE;
    if (is_end && connection->is_reused && !connection->has_answer_bytes)
        return reopen_to_resend(lane, connection, err);
    if (code) {
        status = err_set(err, STATUS_CHILD, "no complete answer: %s", strerror(code));
    } else {
        status = response_close(&connection->response, err);
    }
    return status ? wrap_request(connection, err) : end_answer(lane, connection, err);
}

/* Servers may end a connection that idles; bytes nobody asked for are another matter. */
static enum status lose_idle(struct lane *lane, struct connection *connection, ssize_t got,
                             struct err *err)
{
    if (got > 0) {
        return err_set(err, STATUS_CHILD, "%zd bytes on a connection without a request", got);
    }
    idle_remove(lane, connection);
    return reopen(lane, connection, err);
}

static enum status read_some(struct lane *lane, struct connection *connection, struct err *err)
{
    ssize_t got = stamp_recv(connection->fd, lane->input, LANE_INPUT_BYTES, &lane->arrival);
    int code = got < 0 ? errno : 0;
    if (code == EAGAIN || code == EINTR)
        return STATUS_OK;
    if (got <= 0)
        lane->arrival = (struct stamp){clock_now_ns(), false};
    if (connection->state == CONNECTION_IDLE)
        return lose_idle(lane, connection, got, err);
    if (got > 0)
        return take_answer(lane, connection, (size_t)got, err);
    return lose_answer(lane, connection, code, err);
}

static enum status handle_opening(struct lane *lane, struct connection *connection, struct err *err)
{
    if (connection_opened(connection, lane->epoll_fd, err))
        return err_wrap(err, "127.0.0.1:%u", lane->spec->ports[lane->number]);
    if (connection->has_request) {
        connection->has_request = false;
        return prepare_request(lane, connection, err) ? err->status
                                                      : send_prepared(lane, connection, err);
    }
    idle_push(lane, connection, clock_now_ns());
    return STATUS_OK;
}

static enum status handle(struct lane *lane, struct connection *connection, uint32_t events,
                          struct err *err)
{
    if (connection->state == CONNECTION_OPENING)
        return handle_opening(lane, connection, err);
    if ((events & EPOLLOUT) && connection_has_unsent(connection) &&
        connection_flush(connection, lane->epoll_fd, err))
        return wrap_request(connection, err);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        return read_some(lane, connection, err);
    return STATUS_OK;
}

enum status lane_handle(struct lane *lane, struct connection *connection, uint32_t events,
                        struct err *err)
{
    lane->restless -= is_restless(connection);
    enum status status = handle(lane, connection, events, err);
    lane->restless += is_restless(connection);
    return status;
}

bool lane_can_wait(const struct lane *lane)
{
    bool wants_connection = lane->sent < lane->spec->count && lane->idle_len == 0;
    return lane->arrival.is_kernel && lane->restless == 0 && !wants_connection;
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SECOND;
}

enum status lane_check_deadlines(const struct lane *lane, uint64_t now, struct err *err)
{
    const struct load_spec *spec = lane->spec;
    for (uint32_t i = 0; i < spec->connections; i++) {
        const struct connection *connection = &lane->connections[i];
        bool waits =
            connection->state == CONNECTION_OPENING || connection->state == CONNECTION_BUSY;
        if (!waits || now < connection->deadline_ns)
            continue;
        if (connection->state == CONNECTION_OPENING) {
            return err_set(err, STATUS_CHILD, "127.0.0.1:%u: connection not accepted",
                           spec->ports[lane->number]);
        }
        (void)err_set(err, STATUS_CHILD, "no complete answer within %.3g s",
                      seconds(spec->request_timeout_ns));
        return wrap_request(connection, err);
    }
    if (lane_is_done(lane) || now - lane->start_ns < spec->total_timeout_ns)
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "load not finished within %.3g s: %llu of %llu answered",
                   seconds(spec->total_timeout_ns), (unsigned long long)lane->result.answered,
                   (unsigned long long)spec->count);
}

uint64_t lane_due_ns(const struct lane *lane, uint64_t until)
{
    uint64_t end = until < lane->spec->count ? until : lane->spec->count;
    return lane->idle_len && lane->sent < end ? intended_ns(lane) : UINT64_MAX;
}

bool lane_is_ready(const struct lane *lane)
{
    return lane->idle_len == lane->spec->connections;
}

bool lane_is_done(const struct lane *lane)
{
    return lane->result.answered == lane->spec->count;
}

void lane_start(struct lane *lane, uint64_t now)
{
    lane->start_ns = now;
}

static void init_buffers(struct connection *connection)
{
    buf_init(&connection->unsent, BUF_TEXT_BYTES_MAX);
    buf_init(&connection->body, RESPONSE_BODY_BYTES_MAX);
}

enum status lane_open(struct lane *lane, struct arena *scratch, struct err *err)
{
    const struct load_spec *spec = lane->spec;
    struct load_result *result = &lane->result;
    histogram_init(&result->latency, lane->arena);
    histogram_init(&result->service, lane->arena);
    histogram_init(&result->lateness, lane->arena);
    slowest_init(&result->slowest, lane->arena, spec->slowest_count);
    result->windows = ARENA_ARRAY(lane->arena, struct histogram, spec->window_count + 1);
    for (uint32_t i = 0; i < spec->window_count; i++)
        histogram_init(&result->windows[i], lane->arena);
    buf_init(&lane->request, BUF_TEXT_BYTES_MAX);
    lane->connections = ARENA_ARRAY(scratch, struct connection, spec->connections);
    lane->idle = ARENA_ARRAY(scratch, struct connection *, spec->connections);
    lane->start_ns = clock_now_ns();
    for (uint32_t i = 0; i < spec->connections; i++)
        init_buffers(&lane->connections[i]);
    for (uint32_t i = 0; i < spec->connections; i++) {
        lane->connections[i].lane = lane;
        if (open_connection(lane, &lane->connections[i], err))
            return err->status;
        lane->restless++;
    }
    return STATUS_OK;
}

void lane_close(struct lane *lane)
{
    for (uint32_t i = 0; lane->connections && i < lane->spec->connections; i++) {
        connection_close(&lane->connections[i]);
        buf_release(&lane->connections[i].unsent);
        buf_release(&lane->connections[i].body);
    }
    buf_release(&lane->request);
}

/*
 * At a fixed rate the pace of sending counts, not that the last answers
 * took their time: n requests span n intervals from the first.
 */
static double achieved_rate(const struct lane *lane)
{
    const struct load_spec *spec = lane->spec;
    if (!is_paced(lane))
        return num_ratio((double)lane->result.answered, seconds(lane->result.duration_ns));
    uint64_t last_ns = lane->last_send_ns + lane->last_early_ns;
    double span = seconds(last_ns - lane->start_ns) + 1 / spec->rate_per_second;
    return num_ratio((double)lane->sent, span);
}

void lane_finish(struct lane *lane, uint64_t until_ns)
{
    lane->result.achieved_per_second = achieved_rate(lane);
    for (uint32_t i = 0; i < lane->spec->connections; i++)
        connection_finish(&lane->connections[i], until_ns);
}
