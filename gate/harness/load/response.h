#ifndef GATE_HARNESS_LOAD_RESPONSE_H
#define GATE_HARNESS_LOAD_RESPONSE_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * An incremental HTTP/1.1 response reader (RFC 9112): feed it any
 * pieces, it keeps no body unless `keep` is set. Content-Length and chunked bodies, 1xx
 * answers skipped (at most 16), obsolete folding, conflicting lengths,
 * chunk sizes over the limit and answers without a length on a
 * keep-alive connection (unless the connection closes) are refused.
 */
enum {
    RESPONSE_HEAD_BYTES_MAX = 64 * 1024,
    RESPONSE_HEADERS_MAX = 256,
    RESPONSE_BODY_BYTES_MAX = 16 * 1024 * 1024,
};

struct response {
    int state; /* private to response.c, as are the fields below it in response.c's enum */
    uint16_t status;
    bool head_request; /* answers to HEAD have no body */
    bool keep_alive;
    bool chunked;
    bool until_close;
    uint64_t content_left;
    bool has_length;
    uint64_t body_bytes;
    uint32_t header_count;
    uint32_t interim_count;
    size_t head_bytes;
    size_t line_len;
    struct buf *keep; /* set after response_init: body bytes are added here; NULL: not kept */
    char line[8192];  /* the current header or chunk line */
};

void response_init(struct response *response, bool head_request);
/* Consumes all of `data` up to the end of the response; *used tells how much. */
NODISCARD enum status response_feed(struct response *response, struct bytes data, size_t *used,
                                    struct err *err);
bool response_done(const struct response *response);
/* The peer closed: completes an until-close body, else an error. */
NODISCARD enum status response_close(struct response *response, struct err *err);

#endif
