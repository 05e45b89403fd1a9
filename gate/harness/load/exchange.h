#ifndef GATE_HARNESS_LOAD_EXCHANGE_H
#define GATE_HARNESS_LOAD_EXCHANGE_H

#include "gate/base/buf.h"
#include "gate/harness/load/grpc.h"
#include "gate/harness/load/requests.h"

/*
 * Private to load: one request and what came back for it, whatever
 * protocol carried it.
 */
struct answer {
    uint16_t status;
    uint64_t body_bytes; /* of gRPC: of the message */
    bool has_bytes;      /* something of it has come */
    uint32_t header_count;
    size_t head_bytes;
    bool keeps_body;
    struct buf body;         /* where it is kept */
    struct grpc_reader grpc; /* of a gRPC line */
};

struct exchange {
    struct exchange *next_free;
    bool
        is_sent; /* between its sending and its answer; else it is free, or waits to be sent again */
    bool waits;  /* to be sent again, since the peer never looked at it */
    uint32_t resend_count;
    uint64_t k;
    const struct request_line *line;
    uint64_t from_ns; /* where its latency starts */
    uint64_t sent_ns; /* when it left, for the first time */
    uint64_t deadline_ns;
    struct answer answer;
    /* Of HTTP/2. */
    struct buf upload; /* the body on its way */
    size_t upload_at;
    bool has_end; /* of the answer */
};

/* For another request, or the same once more. */
void exchange_reset(struct exchange *exchange);
/* The answer's status is one that its line lists or allows. */
bool exchange_has_expected_status(const struct exchange *exchange);
/* Why the answer is not what its line expects: " answered 500", " answered 200 with 3 bytes, not 4";
 * empty when it is. */
struct str exchange_problem(const struct exchange *exchange, struct arena *arena);
/* "GET /x", "gRPC /shop.Orders/Create". */
enum status exchange_wrap(const struct exchange *exchange, struct err *err);

#endif
