#ifndef GATE_HARNESS_LOAD_HTTP2_FIELDS_H
#define GATE_HARNESS_LOAD_HTTP2_FIELDS_H

#include "gate/harness/load/exchange.h"

/* Private to load: a request as the fields and the body of HTTP/2 (RFC 9113, section 8.3). */
struct http2_field {
    struct str name; /* in lower case */
    struct str value;
};

struct http2_fields {
    struct http2_field *items;
    size_t len;
    size_t cap;
    size_t path_len; /* of the text: the path, then the header's lines */
    char length[24]; /* content-length */
};

/* Renders path and header into the text, the body into exchange->upload, behind its prefix for gRPC. */
NODISCARD enum status http2_fields_render(struct http2_fields *fields, struct buf *text,
                                          struct exchange *exchange, struct request_values values,
                                          struct err *err);
/*
 * What was rendered, as a list that refers to the text: pseudo-header
 * fields, the line's own, then content-length, or what a call of gRPC needs
 * (te, content-type unless it is there). Names are made lower case in place;
 * fields that speak of a connection of HTTP/1.1 are left out, as section
 * 8.2.2 wants it: a browser's recording may have them.
 */
void http2_fields_list(struct http2_fields *fields, struct buf *text,
                       const struct exchange *exchange, struct str authority, struct str scheme);
void http2_fields_release(struct http2_fields *fields);

#endif
