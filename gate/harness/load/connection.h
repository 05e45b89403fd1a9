#ifndef GATE_HARNESS_LOAD_CONNECTION_H
#define GATE_HARNESS_LOAD_CONNECTION_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/harness/load/requests.h"
#include "gate/harness/load/response.h"

/* Private to load: one keep-alive connection and the request it carries. */
enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_OPENING,
    CONNECTION_IDLE,
    CONNECTION_BUSY,
};

struct lane;

struct connection {
    struct lane *lane; /* whose events these are */
    int fd;            /* valid unless closed */
    enum connection_state state;
    uint64_t deadline_ns;   /* opening and busy */
    uint64_t free_since_ns; /* idle */
    uint64_t from_ns;       /* where the latency of the request starts */
    uint64_t sent_ns;       /* when the request left, for the first time */
    bool is_reused;         /* an earlier request was answered on it */
    bool has_request;       /* opening: to send again the request that the last one lost */
    bool has_answer_bytes;  /* busy: the answer has begun */
    uint64_t k;
    const struct request_line *line;
    struct buf unsent; /* rest of a request the socket had no room for */
    size_t unsent_at;
    struct response response;
    struct buf body; /* of the answer, where its hash is expected */
};

/* Starts a non-blocking connect to 127.0.0.1; registers the socket with the connection as data. */
NODISCARD enum status connection_open(struct connection *connection, int epoll_fd, uint16_t port,
                                      struct err *err);
/* The socket became writable while opening: looks whether it is connected. */
NODISCARD enum status connection_opened(struct connection *connection, int epoll_fd,
                                        struct err *err);
/*
 * Sends what the socket takes and keeps the rest for connection_flush. A
 * peer that is gone is no error here: reading tells it, after the answer
 * that the peer may have left.
 */
NODISCARD enum status connection_send(struct connection *connection, int epoll_fd,
                                      struct str request, struct err *err);
NODISCARD enum status connection_flush(struct connection *connection, int epoll_fd,
                                       struct err *err);
/* True while part of the request is still here. */
bool connection_has_unsent(const struct connection *connection);
/* Keeps the memory of `unsent`; safe to call twice. */
void connection_close(struct connection *connection);
/*
 * Tells the peer that nothing more comes and waits for its own end, so
 * that what it holds for the connection is gone before heap is read.
 */
void connection_finish(struct connection *connection, uint64_t until_ns);

#endif
