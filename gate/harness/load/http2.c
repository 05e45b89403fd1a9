#include <nghttp2/nghttp2.h>

#include "gate/harness/load/http2_answer.h"
#include "gate/harness/load/http2_fields.h"
#include "gate/harness/load/lane.h"
#include "gate/harness/load/protocol.h"

enum {
    /* As Go's own client: a body of usual size needs no word of ours while it comes. */
    STREAM_WINDOW_BYTES = 4 * 1024 * 1024,
    CONNECTION_WINDOW_BYTES = 1 << 30,
    SEND_BYTES = 64 * 1024, /* gathered for one write */
    RESENDS_MAX = 3,
    WHY_BYTES_MAX = 256,
};

struct http2 {
    struct connection *connection;
    nghttp2_session *session;
    bool has_settings;       /* of the peer */
    bool is_draining;        /* GOAWAY came */
    bool is_broken;          /* the peer broke the protocol, and was told so */
    struct err *err;         /* of the call under way: callbacks end it by it */
    enum status status;      /* what they set */
    char why[WHY_BYTES_MAX]; /* the last thing that nghttp2 did not like */
    struct http2_fields fields;
    nghttp2_nv *list; /* the same for nghttp2 */
    size_t list_cap;
};

static int stop(struct http2 *http2)
{
    http2->status = http2->err->status;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int stop_at(struct http2 *http2, const struct exchange *exchange)
{
    (void)exchange_wrap(exchange, http2->err);
    return stop(http2);
}

static struct exchange *exchange_of(nghttp2_session *session, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(session, stream);
}

static struct str str_of(const uint8_t *data, size_t len)
{
    return (struct str){(const char *)data, len};
}

/* NOLINTBEGIN(readability-non-const-parameter,readability-function-size): the types are nghttp2's. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *ctx)
{
    struct http2 *http2 = ctx;
    struct exchange *exchange = exchange_of(session, frame->hd.stream_id);
    (void)flags;
    if (!exchange)
        return 0;
    exchange->answer.has_bytes = true;
    bool is_last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (http2_answer_field(exchange, str_of(name, name_len), str_of(value, value_len), is_last,
                           http2->err))
        return stop_at(http2, exchange);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct http2 *http2 = ctx;
    struct exchange *exchange = exchange_of(session, stream);
    (void)flags;
    if (exchange && http2_answer_body(exchange, (struct bytes){data, len}, http2->err))
        return stop_at(http2, exchange);
    return 0;
}

/*
 * A peer that shuts down names the last stream it will answer; nghttp2
 * then closes those behind it as refused.
 */
static int take_goaway(struct http2 *http2, const nghttp2_goaway *goaway)
{
    http2->is_draining = true;
    lane_drain(http2->connection);
    if (goaway->error_code == NGHTTP2_NO_ERROR)
        return 0;
    (void)err_set(http2->err, STATUS_CHILD, "the service ended the connection (GOAWAY): %s %.*s",
                  nghttp2_http2_strerror(goaway->error_code), (int)goaway->opaque_data_len,
                  goaway->opaque_data_len ? (const char *)goaway->opaque_data : "");
    return stop(http2);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct http2 *http2 = ctx;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        return take_goaway(http2, &frame->goaway);
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
        http2->has_settings = true;
    bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    struct exchange *exchange = ends ? exchange_of(session, frame->hd.stream_id) : NULL;
    if (!exchange)
        return 0;
    exchange->has_end = true;
    /* The service did not want the rest of the request's body. */
    if (exchange->upload_at < exchange->upload.len &&
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_CANCEL) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int end_answer(struct http2 *http2, struct exchange *exchange)
{
    struct connection *connection = http2->connection;
    bool is_grpc = exchange->line->is_grpc && exchange->answer.status == 200;
    if (is_grpc && grpc_end(&exchange->answer.grpc, http2->err))
        return stop_at(http2, exchange);
    lane_take_answer(connection->lane, exchange);
    lane_end_exchange(connection, exchange, !http2->is_draining);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *ctx)
{
    struct http2 *http2 = ctx;
    struct exchange *exchange = exchange_of(session, stream);
    if (!exchange)
        return 0;
    http2->connection->upload_count -= exchange->upload_at < exchange->upload.len;
    if (exchange->has_end)
        return end_answer(http2, exchange);
    if (code == NGHTTP2_REFUSED_STREAM && exchange->resend_count < RESENDS_MAX) {
        lane_send_again(http2->connection, exchange);
        return 0;
    }
    (void)err_set(http2->err, STATUS_CHILD, "no complete answer: the stream was reset: %s%s%s%s",
                  nghttp2_http2_strerror(code), http2->why[0] ? " (" : "", http2->why,
                  http2->why[0] ? ")" : "");
    return stop_at(http2, exchange);
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *ctx)
{
    struct http2 *http2 = ctx;
    (void)session;
    (void)frame;
    if (!http2->why[0])
        (void)snprintf(http2->why, sizeof(http2->why), "%s", nghttp2_strerror(code));
    return 0;
}

/* nghttp2's own words on what it does not like, but for values of headers: they can be secrets. */
static int on_complaint(nghttp2_session *session, int code, const char *text, size_t len, void *ctx)
{
    struct http2 *http2 = ctx;
    (void)session;
    (void)code;
    const char *value = memmem(text, len, ", value: [", 10);
    size_t said = value ? (size_t)(value - text) : len;
    (void)snprintf(http2->why, sizeof(http2->why), "%.*s", (int)said, text);
    return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct http2 *http2 = ctx;
    (void)session;
    if (frame->hd.type != NGHTTP2_GOAWAY || frame->goaway.error_code == NGHTTP2_NO_ERROR)
        return 0;
    http2->is_broken = true;
    if (!http2->why[0]) {
        (void)snprintf(
            http2->why, sizeof(http2->why), "%s %.*s",
            nghttp2_http2_strerror(frame->goaway.error_code), (int)frame->goaway.opaque_data_len,
            frame->goaway.opaque_data_len ? (const char *)frame->goaway.opaque_data : "");
    }
    return 0;
}

static ssize_t read_upload(nghttp2_session *session, int32_t stream, uint8_t *out, size_t len,
                           uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct http2 *http2 = ctx;
    struct exchange *exchange = source->ptr;
    size_t left = exchange->upload.len - exchange->upload_at;
    size_t part = left < len ? left : len;
    (void)session;
    (void)stream;
    if (part)
        memcpy(out, exchange->upload.data + exchange->upload_at, part);
    exchange->upload_at += part;
    http2->connection->upload_count -= part == left;
    if (part == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)part;
}
/* NOLINTEND(readability-non-const-parameter,readability-function-size) */

static bool open_session(struct http2 *http2)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return false;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_complaint);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    int code = nghttp2_session_client_new(&http2->session, callbacks, http2);
    nghttp2_session_callbacks_del(callbacks);
    return code == 0;
}

static bool submit_settings(nghttp2_session *session)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RESPONSE_HEAD_BYTES_MAX},
    };
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings)) ==
               0 &&
           nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                 CONNECTION_WINDOW_BYTES) == 0;
}

static enum status wrap_lane(const struct connection *connection, struct err *err)
{
    return err_wrap(err, "%.*s", STR_ARGS(connection->lane->name));
}

/* Moves what the session has to say into lane->request, as much as one write may have. */
static enum status gather(struct connection *connection, struct err *err)
{
    struct buf *out = &connection->lane->request;
    nghttp2_session *session = connection->http2->session;
    const uint8_t *data = NULL;
    ssize_t len = 1;
    connection->http2->err = err;
    buf_reset(out);
    while (out->len < SEND_BYTES && (len = nghttp2_session_mem_send(session, &data)) > 0)
        buf_append(out, data, (size_t)len);
    connection->holds_requests = nghttp2_session_get_outbound_queue_size(session) > 0;
    if (len >= 0)
        return STATUS_OK;
    /* A stream that we reset is closed by sending so. */
    if (connection->http2->status)
        return connection->http2->status;
    (void)err_set(err, STATUS_CHILD, "HTTP/2: %s", nghttp2_strerror((int)len));
    return wrap_lane(connection, err);
}

/* Sends until nothing is left or the socket is full. */
static enum status pump(struct connection *connection, struct err *err)
{
    const struct lane *lane = connection->lane;
    do {
        if (connection_has_unsent(connection))
            return STATUS_OK;
        if (gather(connection, err))
            return err->status;
        if (lane->request.len &&
            connection_send(connection, lane->epoll_fd, buf_view(&lane->request), err))
            return err->status;
    } while (lane->request.len >= SEND_BYTES);
    return STATUS_OK;
}

static void close_session(struct connection *connection)
{
    struct http2 *http2 = connection->http2;
    if (!http2)
        return;
    nghttp2_session_del(http2->session);
    http2_fields_release(&http2->fields);
    free(http2->list);
    free(http2);
    connection->http2 = NULL;
    connection->upload_count = 0;
    connection->holds_requests = false;
}

static enum status greet(struct connection *connection, struct err *err)
{
    struct http2 *http2 = memory_resize(NULL, sizeof(*http2));
    *http2 = (struct http2){.connection = connection, .err = err};
    connection->http2 = http2;
    if (!open_session(http2) || !submit_settings(http2->session))
        return err_set(err, STATUS_IO, "cannot start HTTP/2");
    return pump(connection, err);
}

static enum status prepare(struct connection *connection, struct exchange *exchange,
                           struct err *err)
{
    struct lane *lane = connection->lane;
    struct request_values values = {lane->spec->seed, exchange->k,
                                    lane->spec->captured[lane->number]};
    exchange->upload_at = 0;
    exchange->has_end = false;
    return http2_fields_render(&connection->http2->fields, &lane->request, exchange, values, err);
}

/* nghttp2 copies the bytes, but its struct holds no const. */
static nghttp2_nv *list_fields(struct http2 *http2)
{
    const struct http2_fields *fields = &http2->fields;
    if (http2->list_cap < fields->len) {
        http2->list_cap = fields->cap;
        http2->list = memory_resize(http2->list, http2->list_cap * sizeof(nghttp2_nv));
    }
    for (size_t i = 0; i < fields->len; i++) {
        const struct http2_field *field = &fields->items[i];
        nghttp2_nv *nv = &http2->list[i];
        *nv = (nghttp2_nv){.namelen = field->name.len, .valuelen = field->value.len};
        memcpy((void *)&nv->name, (const void *)&field->name.data, sizeof(nv->name));
        memcpy((void *)&nv->value, (const void *)&field->value.data, sizeof(nv->value));
    }
    return http2->list;
}

static enum status submit(struct connection *connection, struct exchange *exchange, struct err *err)
{
    struct http2 *http2 = connection->http2;
    nghttp2_data_provider body = {.source.ptr = exchange, .read_callback = read_upload};
    const struct lane *lane = connection->lane;
    http2_fields_list(&http2->fields, &connection->lane->request, exchange, lane->authority,
                      lane->tls ? STR("https") : STR("http"));
    int32_t stream =
        nghttp2_submit_request(http2->session, NULL, list_fields(http2), http2->fields.len,
                               exchange->upload.len ? &body : NULL, exchange);
    /* Stream numbers end at 2^31: no load here is as long as that. */
    if (stream < 0)
        return err_set(err, STATUS_CHILD, "HTTP/2: %s", nghttp2_strerror(stream));
    connection->upload_count += exchange->upload.len > 0;
    return pump(connection, err);
}

/* What a server without HTTP/2 answers to its first bytes. */
static enum status check_first(const struct connection *connection, struct bytes data,
                               struct err *err)
{
    if (connection->state != CONNECTION_GREETING ||
        !str_starts_with(str_of_bytes(data), STR("HTTP/1.")))
        return STATUS_OK;
    (void)err_set(err, STATUS_INVALID,
                  "the service answers in HTTP/1.1 where HTTP/2 was spoken to it; set "
                  "load.protocol: http1, or have it speak HTTP/2 without TLS (h2c)");
    return wrap_lane(connection, err);
}

static enum status explain_broken(const struct connection *connection, struct err *err)
{
    const struct http2 *http2 = connection->http2;
    (void)err_set(err, STATUS_CHILD, "the service breaks HTTP/2: %s", http2->why);
    return wrap_lane(connection, err);
}

/* A service that greets so would greet the next connection no better, without an end. */
static enum status refuse_turned_away(const struct connection *connection, struct err *err)
{
    (void)err_set(err, STATUS_CHILD,
                  "the service turns connections away as they open (GOAWAY before any request)");
    return wrap_lane(connection, err);
}

/* What the frames just read have changed for the connection as a whole. */
static enum status go_on(struct connection *connection, struct err *err)
{
    struct http2 *http2 = connection->http2;
    uint32_t most = nghttp2_session_get_remote_settings(http2->session,
                                                        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    uint32_t streams = connection->lane->spec->streams;
    if (http2->is_draining && connection->state != CONNECTION_READY)
        return refuse_turned_away(connection, err);
    if (http2->is_draining)
        return connection->sent_count ? STATUS_OK : lane_reopen(connection, err);
    if (connection->state == CONNECTION_READY) {
        lane_take_width(connection->lane, most);
        return lane_resend(connection, err);
    }
    if (!http2->has_settings)
        return STATUS_OK;
    if (most == 0) {
        (void)err_set(err, STATUS_CHILD,
                      "the service allows no requests (SETTINGS_MAX_CONCURRENT_STREAMS 0)");
        return wrap_lane(connection, err);
    }
    return lane_connection_ready(connection, most < streams ? most : streams, err);
}

static enum status feed(struct connection *connection, struct bytes data, struct err *err)
{
    struct http2 *http2 = connection->http2;
    http2->err = err;
    http2->status = STATUS_OK;
    if (check_first(connection, data, err))
        return err->status;
    ssize_t used = nghttp2_session_mem_recv(http2->session, data.data, data.len);
    if (http2->status)
        return http2->status;
    if (used < 0) {
        if (!http2->why[0])
            (void)snprintf(http2->why, sizeof(http2->why), "%s", nghttp2_strerror((int)used));
        return explain_broken(connection, err);
    }
    if (pump(connection, err))
        return err->status;
    if (http2->status)
        return http2->status;
    return http2->is_broken ? explain_broken(connection, err) : go_on(connection, err);
}

static enum status lose(struct connection *connection, int code, struct err *err)
{
    if (connection->state == CONNECTION_GREETING) {
        (void)err_set(err, STATUS_CHILD,
                      "connection closed before any SETTINGS of HTTP/2 came; does the service "
                      "speak HTTP/2 here? else set load.protocol: http1");
        return wrap_lane(connection, err);
    }
    for (uint32_t i = 0; connection->sent_count && i < connection->lane->spec->streams; i++) {
        const struct exchange *exchange = &connection->exchanges[i];
        if (!exchange->is_sent)
            continue;
        (void)err_set(err, STATUS_CHILD, "no complete answer: %s",
                      code ? stream_explain(&connection->stream, code) : "connection closed");
        return exchange_wrap(exchange, err);
    }
    lane_drain(connection);
    return lane_reopen(connection, err);
}

static void finish(struct connection *connection)
{
    struct err ignored = {0};
    (void)nghttp2_session_terminate_session(connection->http2->session, NGHTTP2_NO_ERROR);
    (void)!pump(connection, &ignored);
}

const struct protocol protocol_http2 = {
    .alpn = "h2",
    .greet = greet,
    .prepare = prepare,
    .submit = submit,
    .feed = feed,
    .lose = lose,
    .refill = pump,
    .finish = finish,
    .close = close_session,
};
