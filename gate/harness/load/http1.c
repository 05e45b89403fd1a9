#include <errno.h>

#include "gate/harness/load/lane.h"
#include "gate/harness/load/protocol.h"

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
 * The peer is gone while a request is out. One that ends an idle
 * connection cannot know that the next request is on its way, so that
 * end alone says nothing about the request; a new connection's does.
 */
static enum status lose_answer(struct connection *connection, struct exchange *exchange, int code,
                               struct err *err)
{
    enum status status = STATUS_OK;
    bool is_end = code == 0 || code == ECONNRESET || code == EPIPE;
    if (is_end && connection->is_reused && !exchange->answer.has_bytes) {
        lane_send_again(connection, exchange);
        return lane_reopen(connection, err) ? exchange_wrap(exchange, err) : STATUS_OK;
    }
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
