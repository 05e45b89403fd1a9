#include "gate/harness/load/lane.h"

#include <errno.h>
#include <sys/epoll.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"
#include "gate/harness/load/tls.h"

#define CONNECT_TIMEOUT_NS (10 * NS_PER_SECOND)

static void idle_put(struct lane *lane, struct lane_slot slot)
{
    assert(lane->idle_len < lane->idle_cap);
    size_t at = (lane->idle_at + lane->idle_len++) % lane->idle_cap;
    lane->idle[at] = slot;
}

static void idle_push(struct connection *connection, uint64_t since_ns)
{
    idle_put(connection->lane, (struct lane_slot){connection, since_ns});
}

static struct lane_slot idle_pop(struct lane *lane)
{
    struct lane_slot slot = lane->idle[lane->idle_at];
    lane->idle_at = (lane->idle_at + 1) % lane->idle_cap;
    lane->idle_len--;
    return slot;
}

/*
 * Spreads `count` slots of a connection evenly among those of the others:
 * requests go to the connections in turn, not to all streams of one first.
 */
static void idle_spread(struct connection *connection, uint32_t count)
{
    struct lane *lane = connection->lane;
    uint64_t since_ns = clock_now_ns();
    size_t others = count > 1 ? lane->idle_len : 0;
    uint32_t put = 0;
    for (size_t i = 1; i <= others; i++) {
        idle_put(lane, idle_pop(lane));
        for (; put < i * count / others; put++)
            idle_push(connection, since_ns);
    }
    for (; put < count; put++)
        idle_push(connection, since_ns);
}

/* Goes once around the ring. */
void lane_drain(struct connection *connection)
{
    struct lane *lane = connection->lane;
    for (size_t left = lane->idle_len; left > 0; left--) {
        struct lane_slot slot = idle_pop(lane);
        if (slot.connection != connection)
            idle_put(lane, slot);
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

static const struct address *address_of(const struct lane *lane)
{
    return &lane->spec->addresses[lane->number];
}

static enum status open_connection(struct connection *connection, struct err *err)
{
    struct lane *lane = connection->lane;
    connection->deadline_ns = clock_now_ns() + CONNECT_TIMEOUT_NS;
    if (connection_open(connection, lane->epoll_fd, address_of(lane), err))
        return err_wrap(err, "%.*s", STR_ARGS(lane->name));
    return STATUS_OK;
}

static void close_connection(struct connection *connection)
{
    struct lane *lane = connection->lane;
    lane->ready_count -= connection->state == CONNECTION_READY;
    connection_close(connection);
    if (lane->protocol->close)
        lane->protocol->close(connection);
}

enum status lane_reopen(struct connection *connection, struct err *err)
{
    assert(connection->sent_count == 0);
    connection->lane->result.reconnects++;
    close_connection(connection);
    return open_connection(connection, err);
}

static struct exchange *take_exchange(struct connection *connection)
{
    struct exchange *exchange = connection->free_exchanges;
    assert(exchange);
    connection->free_exchanges = exchange->next_free;
    exchange->waits = false;
    exchange->resend_count = 0;
    return exchange;
}

static enum status prepare(struct connection *connection, struct exchange *exchange,
                           struct err *err)
{
    exchange_reset(exchange);
    exchange->is_sent = true;
    connection->sent_count++;
    if (connection->lane->protocol->prepare(connection, exchange, err))
        return exchange_wrap(exchange, err);
    return STATUS_OK;
}

static enum status submit(struct connection *connection, struct exchange *exchange, struct err *err)
{
    if (connection->lane->protocol->submit(connection, exchange, err))
        return exchange_wrap(exchange, err);
    return STATUS_OK;
}

static enum status send_request(struct lane *lane, struct lane_slot slot, uint64_t due_ns,
                                struct err *err)
{
    const struct load_spec *spec = lane->spec;
    struct exchange *exchange = take_exchange(slot.connection);
    exchange->k = spec->first_k + lane->sent;
    exchange->line = &spec->requests->lines[requests_line(spec->requests, spec->seed, exchange->k)];
    if (prepare(slot.connection, exchange, err))
        return err->status;
    uint64_t now = clock_now_ns();
    uint64_t possible_ns = slot.free_since_ns > due_ns ? slot.free_since_ns : due_ns;
    exchange->from_ns = is_paced(lane) ? due_ns : now;
    exchange->sent_ns = now;
    exchange->deadline_ns = now + spec->request_timeout_ns;
    lane->last_send_ns = now;
    lane->sent++;
    if (is_paced(lane) && exchange->k >= spec->first_k + spec->lead_count)
        histogram_record(&lane->result.lateness, now > possible_ns ? now - possible_ns : 0);
    return submit(slot.connection, exchange, err);
}

/* Needs us as soon as the kernel is ready for more: it is opening, or part of a request is here. */
static bool is_restless(const struct connection *connection)
{
    return connection->state != CONNECTION_READY || connection_has_unsent(connection) ||
           connection->stream.wants_output || connection->waiting_count ||
           connection->upload_count || connection->holds_requests;
}

enum status lane_send(struct lane *lane, struct err *err)
{
    uint64_t due_ns = intended_ns(lane);
    uint64_t leave_ns = lane_leave_ns(lane, due_ns);
    struct lane_slot slot = idle_pop(lane);
    lane->last_early_ns = due_ns - leave_ns;
    lane->restless -= is_restless(slot.connection);
    enum status status = send_request(lane, slot, leave_ns, err);
    lane->restless += is_restless(slot.connection);
    return status;
}

void lane_send_again(struct connection *connection, struct exchange *exchange)
{
    assert(exchange->is_sent);
    exchange->is_sent = false;
    exchange->waits = true;
    exchange->resend_count++;
    connection->lane->result.sent_again++;
    connection->sent_count--;
    connection->waiting_count++;
}

enum status lane_resend(struct connection *connection, struct err *err)
{
    uint32_t per_connection = connection->lane->spec->streams;
    for (uint32_t i = 0; connection->waiting_count && i < per_connection; i++) {
        struct exchange *exchange = &connection->exchanges[i];
        if (!exchange->waits)
            continue;
        exchange->waits = false;
        connection->waiting_count--;
        if (prepare(connection, exchange, err) || submit(connection, exchange, err))
            return err->status;
    }
    return STATUS_OK;
}

/* None for a while is a pause, which shows as latency, and no width. */
void lane_take_width(struct lane *lane, uint32_t slots)
{
    if (slots > 0 && slots < lane->result.streams_allowed)
        lane->result.streams_allowed = slots;
}

enum status lane_connection_ready(struct connection *connection, uint32_t slots, struct err *err)
{
    assert(connection->state != CONNECTION_READY && slots > 0);
    connection->state = CONNECTION_READY;
    connection->lane->ready_count++;
    lane_take_width(connection->lane, slots);
    /* Those that wait have slots of their own, even where the peer allows fewer now. */
    uint32_t waiting = connection->waiting_count;
    if (lane_resend(connection, err))
        return err->status;
    if (waiting < slots)
        idle_spread(connection, slots - waiting);
    return STATUS_OK;
}

void lane_end_exchange(struct connection *connection, struct exchange *exchange, bool has_slot)
{
    assert(exchange->is_sent);
    exchange->is_sent = false;
    exchange->next_free = connection->free_exchanges;
    connection->free_exchanges = exchange;
    connection->sent_count--;
    connection->is_reused = true;
    if (has_slot)
        idle_push(connection, connection->lane->arrival.ns);
}

static enum status read_some(struct connection *connection, struct err *err)
{
    struct lane *lane = connection->lane;
    struct stream *stream = &connection->stream;
    const struct protocol *protocol = lane->protocol;
    do {
        ptrdiff_t got = stream->kind->read(stream, lane->input, LANE_INPUT_BYTES);
        if (got == -EAGAIN)
            return connection_watch(connection, lane->epoll_fd, err);
        lane->arrival = got > 0 ? stream->arrival : (struct stamp){clock_now_ns(), false};
        if (got <= 0)
            return protocol->lose(connection, (int)-got, err);
        if (protocol->feed(connection, (struct bytes){lane->input, (size_t)got}, err))
            return err->status;
        /* An answer can be the last of its connection, which then begins anew. */
    } while (connection->state >= CONNECTION_GREETING && stream->kind->has_more &&
             stream->kind->has_more(stream));
    return STATUS_OK;
}

static enum status handle_opening(struct connection *connection, struct err *err)
{
    struct lane *lane = connection->lane;
    if (connection_opened(connection, err) ||
        (lane->tls && tls_stream_open(&connection->stream, lane->tls, err)))
        return err_wrap(err, "%.*s", STR_ARGS(lane->name));
    connection->state = CONNECTION_SECURING;
    return STATUS_OK;
}

/* Once the stream has greeted, the protocol does. */
static enum status handle_securing(struct connection *connection, struct err *err)
{
    struct lane *lane = connection->lane;
    struct stream *stream = &connection->stream;
    bool done = true;
    if (stream->kind->greet && stream->kind->greet(stream, &done, err))
        return err_wrap(err, "%.*s", STR_ARGS(lane->name));
    if (connection_watch(connection, lane->epoll_fd, err))
        return err->status;
    if (!done)
        return STATUS_OK;
    connection->state = CONNECTION_GREETING;
    if (lane->protocol->greet(connection, err))
        return err->status;
    /* The peer's first words may have come with the end of the handshake. */
    bool has_more = stream->kind->has_more && stream->kind->has_more(stream);
    return has_more ? read_some(connection, err) : STATUS_OK;
}

static enum status flush(struct connection *connection, struct err *err)
{
    struct lane *lane = connection->lane;
    if (connection_has_unsent(connection) && connection_flush(connection, lane->epoll_fd, err))
        return err->status;
    if (lane->protocol->refill && !connection_has_unsent(connection))
        return lane->protocol->refill(connection, err);
    return STATUS_OK;
}

static enum status handle(struct connection *connection, uint32_t events, struct err *err)
{
    if (connection->state == CONNECTION_OPENING && handle_opening(connection, err))
        return err->status;
    if (connection->state == CONNECTION_SECURING)
        return handle_securing(connection, err);
    bool reads = connection->stream.wants_output || events & (EPOLLIN | EPOLLHUP | EPOLLERR);
    if ((events & EPOLLOUT) && flush(connection, err))
        return err->status;
    return reads ? read_some(connection, err) : STATUS_OK;
}

enum status lane_handle(struct lane *lane, struct connection *connection, uint32_t events,
                        struct err *err)
{
    lane->restless -= is_restless(connection);
    enum status status = handle(connection, events, err);
    lane->restless += is_restless(connection);
    return status;
}

bool lane_can_wait(const struct lane *lane)
{
    bool wants_connection = lane->sent < lane->spec->count && lane->idle_len == 0;
    bool has_own_stamps = lane->arrival.is_kernel && lane->spec->streams == 1;
    return has_own_stamps && lane->restless == 0 && !wants_connection;
}

uint64_t lane_due_ns(const struct lane *lane, uint64_t until)
{
    uint64_t end = until < lane->spec->count ? until : lane->spec->count;
    return lane->idle_len && lane->sent < end ? intended_ns(lane) : UINT64_MAX;
}

bool lane_is_ready(const struct lane *lane)
{
    return lane->ready_count == lane->spec->connections;
}

bool lane_is_done(const struct lane *lane)
{
    return lane->result.answered == lane->spec->count;
}

void lane_start(struct lane *lane, uint64_t now)
{
    lane->start_ns = now;
}

static void init_connection(struct connection *connection, struct lane *lane, struct arena *scratch)
{
    uint32_t count = lane->spec->streams;
    connection->lane = lane;
    connection->exchanges = ARENA_ARRAY(scratch, struct exchange, count);
    for (uint32_t i = count; i > 0; i--) {
        struct exchange *exchange = &connection->exchanges[i - 1];
        buf_init(&exchange->answer.body, RESPONSE_BODY_BYTES_MAX);
        buf_init(&exchange->upload, BUF_TEXT_BYTES_MAX);
        exchange->next_free = connection->free_exchanges;
        connection->free_exchanges = exchange;
    }
    buf_init(&connection->unsent, BUF_TEXT_BYTES_MAX);
}

static void release_connection(struct connection *connection)
{
    close_connection(connection);
    for (uint32_t i = 0; i < connection->lane->spec->streams; i++) {
        buf_release(&connection->exchanges[i].answer.body);
        buf_release(&connection->exchanges[i].upload);
    }
    buf_release(&connection->unsent);
}

static void init_result(struct lane *lane)
{
    const struct load_spec *spec = lane->spec;
    struct load_result *result = &lane->result;
    histogram_init(&result->latency, lane->arena);
    histogram_init(&result->service, lane->arena);
    histogram_init(&result->lateness, lane->arena);
    slowest_init(&result->slowest, lane->arena, spec->slowest_count);
    result->streams_allowed = spec->streams;
    result->windows = ARENA_ARRAY(lane->arena, struct histogram, spec->window_count + 1);
    for (uint32_t i = 0; i < spec->window_count; i++)
        histogram_init(&result->windows[i], lane->arena);
}

static enum status start_connections(struct lane *lane, struct arena *scratch, struct err *err)
{
    uint32_t count = lane->spec->connections;
    lane->connections = ARENA_ARRAY(scratch, struct connection, count);
    for (uint32_t i = 0; i < count; i++)
        init_connection(&lane->connections[i], lane, scratch);
    for (uint32_t i = 0; i < count; i++) {
        if (open_connection(&lane->connections[i], err))
            return err->status;
        lane->restless++;
    }
    return STATUS_OK;
}

enum status lane_open(struct lane *lane, struct arena *scratch, struct err *err)
{
    const struct load_spec *spec = lane->spec;
    const struct address *address = address_of(lane);
    assert(spec->streams > 0);
    init_result(lane);
    buf_init(&lane->request, BUF_TEXT_BYTES_MAX);
    lane->idle_cap = (size_t)spec->connections * spec->streams;
    lane->idle = ARENA_ARRAY(scratch, struct lane_slot, lane->idle_cap);
    lane->name = address_text(address, scratch);
    lane->authority = address_authority(address, scratch);
    lane->start_ns = clock_now_ns();
    if (address->is_tls && tls_client_open(&lane->tls, address, lane->protocol->alpn, err))
        return err_wrap(err, "%.*s", STR_ARGS(lane->name));
    return start_connections(lane, scratch, err);
}

void lane_close(struct lane *lane)
{
    for (uint32_t i = 0; lane->connections && i < lane->spec->connections; i++)
        release_connection(&lane->connections[i]);
    tls_client_close(lane->tls);
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
        return num_ratio((double)lane->result.answered, clock_seconds(lane->result.duration_ns));
    uint64_t last_ns = lane->last_send_ns + lane->last_early_ns;
    double span = clock_seconds(last_ns - lane->start_ns) + 1 / spec->rate_per_second;
    return num_ratio((double)lane->sent, span);
}

void lane_finish(struct lane *lane, uint64_t until_ns)
{
    lane->result.achieved_per_second = achieved_rate(lane);
    for (uint32_t i = 0; i < lane->spec->connections; i++) {
        struct connection *connection = &lane->connections[i];
        if (connection->state != CONNECTION_READY)
            continue;
        if (lane->protocol->finish)
            lane->protocol->finish(connection);
        connection_finish(connection, until_ns);
    }
}
