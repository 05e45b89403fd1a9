#ifndef GATE_HARNESS_LOAD_CONNECTION_H
#define GATE_HARNESS_LOAD_CONNECTION_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/harness/address.h"
#include "gate/harness/load/exchange.h"
#include "gate/harness/load/response.h"
#include "gate/harness/load/stream.h"

/* Private to load: one connection that is kept open, and the requests it carries. */
enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_OPENING,  /* the socket connects */
    CONNECTION_SECURING, /* the stream greets: TLS */
    CONNECTION_GREETING, /* the protocol greets */
    CONNECTION_READY,
};

struct lane;
struct http2;

struct connection {
    struct lane *lane; /* whose events these are */
    struct stream stream;
    enum connection_state state;
    uint32_t watched;     /* events of epoll */
    uint64_t deadline_ns; /* until it is ready */
    bool is_reused;       /* an earlier request was answered on it */
    /* Of HTTP/1.1, about the request that is out. */
    bool had_ended;   /* the connection had, before it was sent */
    bool is_one_read; /* whoever begins to read it reads it whole */
    struct exchange *exchanges;
    struct exchange *free_exchanges;
    uint32_t sent_count;    /* of the exchanges: those that wait for an answer */
    uint32_t waiting_count; /* those that wait to be sent again */
    uint32_t upload_count;  /* those whose body the peer has not made room for yet */
    bool holds_requests;    /* the peer allows no more of them at a time */
    struct buf unsent;      /* what the socket had no room for */
    size_t unsent_at;
    struct response response; /* of HTTP/1.1 */
    struct http2 *http2;
};

/* Starts a non-blocking connect; registers the socket with the connection as data. */
NODISCARD enum status connection_open(struct connection *connection, int epoll_fd,
                                      const struct address *address, struct err *err);
/* The socket became writable while opening: looks whether it is connected. */
NODISCARD enum status connection_opened(struct connection *connection, struct err *err);
/* What epoll is to tell of: input always, output while something waits for it. */
NODISCARD enum status connection_watch(struct connection *connection, int epoll_fd,
                                       struct err *err);
/*
 * Sends what the socket takes, behind what waits already, and keeps the
 * rest for connection_flush. A peer that is gone is no error here: reading
 * tells it, after the answer that the peer may have left.
 */
NODISCARD enum status connection_send(struct connection *connection, int epoll_fd, struct str data,
                                      struct err *err);
NODISCARD enum status connection_flush(struct connection *connection, int epoll_fd,
                                       struct err *err);
/* True while part of what was to be sent is still here. */
bool connection_has_unsent(const struct connection *connection);
/* The peer's end is here, read or not. */
bool connection_has_ended(const struct connection *connection);
/*
 * Of a connection that ended with `code`, an errno or 0: the peer had read
 * all that was sent to it. Linux resets a connection that is closed over
 * bytes which nobody read, or that gets bytes after it was closed; without
 * a reset, for which this waits up to 20 ms, the process took them.
 */
bool connection_was_read(const struct connection *connection, int code);
/* Keeps the memory of `unsent`; safe to call twice. */
void connection_close(struct connection *connection);
/*
 * Tells the peer that nothing more comes and waits for its own end, so
 * that what it holds for the connection is gone before heap is read.
 */
void connection_finish(struct connection *connection, uint64_t until_ns);

#endif
