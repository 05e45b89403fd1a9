#ifndef GATE_HARNESS_LOAD_PROTOCOL_H
#define GATE_HARNESS_LOAD_PROTOCOL_H

#include "gate/harness/load/connection.h"

/*
 * Private to load: how requests and answers lie in the bytes of a
 * connection. A protocol is a row of functions; lane.c knows no other
 * difference. Of an answer that is whole it tells lane_take_answer, of a
 * connection that can carry requests lane_connection_ready (lane.h).
 */
struct protocol {
    const char *alpn; /* RFC 7301 */
    /* The bytes flow: greets the peer, who may have to answer before the connection is ready. */
    enum status (*greet)(struct connection *connection, struct err *err);
    /* Puts the request together, then sends it. */
    enum status (*prepare)(struct connection *connection, struct exchange *exchange,
                           struct err *err);
    enum status (*submit)(struct connection *connection, struct exchange *exchange,
                          struct err *err);
    enum status (*feed)(struct connection *connection, struct bytes data, struct err *err);
    /* Nothing more comes: the peer's end (code 0) or an errno. */
    enum status (*lose)(struct connection *connection, int code, struct err *err);
    /* All that was to be sent is sent: more may go. NULL: nothing does. */
    enum status (*refill)(struct connection *connection, struct err *err);
    /* Says good-bye on a connection that carries nothing. NULL: there is no such word. */
    void (*finish)(struct connection *connection);
    /* The connection is gone: forgets what belonged to it. NULL: nothing did. */
    void (*close)(struct connection *connection);
};

/* HTTP/1.1 (RFC 9112): one request at a time, no pipelining. */
extern const struct protocol protocol_http1;
/* HTTP/2 (RFC 9113), over TLS or with prior knowledge; framing by nghttp2. */
extern const struct protocol protocol_http2;

#endif
