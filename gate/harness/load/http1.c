#include <errno.h>

#include "gate/base/clock.h"
#include "gate/harness/load/lane.h"
#include "gate/harness/load/protocol.h"

/*
 * How long after the send an idle end can still cross it: on one machine
 * that is the time until the service's process, whose timer has gone off,
 * is given a CPU, and until we are.
 */
#define CROSSING_NS_MAX (100 * NS_PER_MS)

/* What net/http of Go reads at once: the size of its bufio.Reader. */
enum { ONE_READ_BYTES = 4096 };

static enum status greet(struct connection *connection, struct err *err)
{
    return lane_connection_ready(connection, 1, err);
}

/* Renders the request into lane->request. */
static enum status prepare(struct connection *connection, struct exchange *exchange,
                           struct err *err)
{
    struct lane *lane = connection->lane;
    struct response *response = &connection->response;
    response_init(response, str_equal_text(exchange->line->method, "HEAD"));
    response->keep = exchange->answer.keeps_body ? &exchange->answer.body : NULL;
    buf_reset(&lane->request);
    requests_render(
        &lane->request, exchange->line,
        (struct request_values){lane->spec->seed, exchange->k, lane->spec->captured[lane->number]},
        lane->authority);
    if (!lane->request.overflow)
        return STATUS_OK;
    return err_set(err, STATUS_LIMIT, "request is larger than %zu bytes", lane->request.max);
}

static enum status submit(struct connection *connection, struct exchange *exchange, struct err *err)
{
    struct lane *lane = connection->lane;
    (void)exchange;
    connection->is_one_read =
        connection->stream.kind == &stream_plain && lane->request.len <= ONE_READ_BYTES;
    connection->had_ended = connection->is_reused && connection_has_ended(connection);
    return connection_send(connection, lane->epoll_fd, buf_view(&lane->request), err);
}

/* The one request that is out, NULL when none is. */
static struct exchange *current(const struct connection *connection)
{
    return connection->sent_count ? &connection->exchanges[0] : NULL;
}

static enum status end_answer(struct connection *connection, struct exchange *exchange,
                              struct err *err)
{
    const struct response *response = &connection->response;
    bool is_kept = response->keep_alive && !connection_has_unsent(connection);
    exchange->answer.status = response->status;
    exchange->answer.body_bytes = response->body_bytes;
    lane_take_answer(connection->lane, exchange);
    lane_end_exchange(connection, exchange, is_kept);
    return is_kept ? STATUS_OK : lane_reopen(connection, err);
}

static enum status feed(struct connection *connection, struct bytes data, struct err *err)
{
    struct exchange *exchange = current(connection);
    size_t used = 0;
    /* Servers may end a connection that idles; bytes nobody asked for are another matter. */
    if (!exchange) {
        return err_set(err, STATUS_CHILD, "%zu bytes on a connection without a request", data.len);
    }
    exchange->answer.has_bytes = true;
    if (response_feed(&connection->response, data, &used, err))
        return exchange_wrap(exchange, err);
    if (used < data.len) {
        (void)err_set(err, STATUS_CHILD, "%zu bytes after the end of the answer", data.len - used);
        return exchange_wrap(exchange, err);
    }
    return response_done(&connection->response) ? end_answer(connection, exchange, err) : STATUS_OK;
}

/*
 * So many ends may cross requests: rare by nature, so that more are no
 * accident. A request that is one read was surely not seen where it met a
 * reset, and a service whose time-out is just the time between two requests
 * ends many so: 3 of 709 were seen on two busy CPUs. A larger one may have
 * been given up in the middle.
 */
static uint64_t crossings_max(const struct connection *connection)
{
    uint64_t count = connection->lane->spec->count;
    return 1 + count / (connection->is_one_read ? 20 : 1000);
}

/*
 * The end came without a byte of an answer, on a connection that was used
 * before. A service that ends an idle connection never saw the request; one
 * that gives up in its handler has read it, and no second try may hide that.
 */
static enum status check_dropped(struct connection *connection, const struct exchange *exchange,
                                 int code, struct err *err)
{
    struct lane *lane = connection->lane;
    if (connection->had_ended)
        return STATUS_OK;
    uint64_t dropped = ++lane->result.resends;
    bool is_late = lane->arrival.ns > exchange->sent_ns + CROSSING_NS_MAX;
    if (!connection_was_read(connection, code) && !is_late && dropped <= crossings_max(connection))
        return STATUS_OK;
    return err_set(err, STATUS_CHILD,
                   "%llu request%s dropped: the service ended the connection without an answer",
                   (unsigned long long)dropped, dropped == 1 ? " was" : "s were");
}

static enum status resend(struct connection *connection, struct exchange *exchange, int code,
                          struct err *err)
{
    if (check_dropped(connection, exchange, code, err))
        return exchange_wrap(exchange, err);
    lane_send_again(connection, exchange);
    return lane_reopen(connection, err) ? exchange_wrap(exchange, err) : STATUS_OK;
}

/*
 * The peer is gone while a request is out. One that ends an idle
 * connection cannot know that the next request is on its way, so that
 * end alone says nothing about the request; a new connection's does.
 */
static enum status lose_answer(struct connection *connection, struct exchange *exchange, int code,
                               struct err *err)
{
    enum status status = STATUS_OK;
    bool is_end = code == 0 || code == ECONNRESET || code == EPIPE;
    if (is_end && connection->is_reused && !exchange->answer.has_bytes)
        return resend(connection, exchange, code, err);
    if (code) {
        status = err_set(err, STATUS_CHILD, "no complete answer: %s",
                         stream_explain(&connection->stream, code));
    } else {
        status = response_close(&connection->response, err);
    }
    return status ? exchange_wrap(exchange, err) : end_answer(connection, exchange, err);
}

static enum status lose(struct connection *connection, int code, struct err *err)
{
    struct exchange *exchange = current(connection);
    if (exchange)
        return lose_answer(connection, exchange, code, err);
    lane_drain(connection);
    return lane_reopen(connection, err);
}

const struct protocol protocol_http1 = {
    .alpn = "http/1.1",
    .greet = greet,
    .prepare = prepare,
    .submit = submit,
    .feed = feed,
    .lose = lose,
};
