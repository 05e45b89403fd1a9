#ifndef GATE_HARNESS_LOAD_STREAM_H
#define GATE_HARNESS_LOAD_STREAM_H

#include "gate/base/err.h"
#include "gate/base/str.h"
#include "gate/harness/load/stamp.h"

/*
 * Private to load: the bytes of one connection, over a plain socket or
 * over TLS. Nothing here ever waits.
 */
struct stream;

struct stream_kind {
    /* Goes on with what comes before the first byte; *done: it is over. NULL: nothing does. */
    enum status (*greet)(struct stream *stream, bool *done, struct err *err);
    /* Bytes read, 0 at the end of the stream, or -errno; -EAGAIN when there are none yet. */
    ptrdiff_t (*read)(struct stream *stream, uint8_t *data, size_t len);
    /* Bytes taken, or -errno. A full socket takes none; a dead one takes all: reading tells it. */
    ptrdiff_t (*write)(struct stream *stream, struct str data);
    /* Bytes wait here that the socket does not know of any more. NULL: never. */
    bool (*has_more)(const struct stream *stream);
    /* Says that nothing more comes. NULL: closing the socket's half says it. */
    void (*finish)(struct stream *stream);
    void (*close)(struct stream *stream);                /* not the socket. NULL: nothing to do */
    const char *(*explain)(const struct stream *stream); /* why -EPROTO. NULL: there is none */
};

struct stream {
    const struct stream_kind *kind;
    int fd;
    void *session;        /* of TLS */
    struct stamp arrival; /* of what was read from the socket last */
    bool wants_output;    /* the last step was stopped by a full socket */
};

extern const struct stream_kind stream_plain;

/* What `code`, an errno of read or write, means. */
const char *stream_explain(const struct stream *stream, int code);

#endif
