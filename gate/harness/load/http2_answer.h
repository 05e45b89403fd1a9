#ifndef GATE_HARNESS_LOAD_HTTP2_ANSWER_H
#define GATE_HARNESS_LOAD_HTTP2_ANSWER_H

#include "gate/harness/load/exchange.h"

/* Private to http2.c: takes an answer in as it comes, field by field and frame by frame. */

/* A field of the header, or of the trailer: `is_last` where the frame ends the stream. */
NODISCARD enum status http2_answer_field(struct exchange *exchange, struct str name,
                                         struct str value, bool is_last, struct err *err);
/* A part of the body. */
NODISCARD enum status http2_answer_body(struct exchange *exchange, struct bytes data,
                                        struct err *err);

#endif
