#ifndef GATE_HARNESS_LOAD_GRPC_H
#define GATE_HARNESS_LOAD_GRPC_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * Private to load: a unary answer of gRPC over HTTP/2, as its protocol
 * description says (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md): a body of
 * messages, each behind a byte "compressed" and four bytes of length, and
 * the outcome in the trailers, `grpc-status` and `grpc-message`. An answer
 * without a message may have its trailers for headers.
 */
enum { GRPC_PREFIX_BYTES = 5, GRPC_STATUSES = 17, GRPC_REASON_BYTES_MAX = 200 };

struct grpc_reader {
    uint8_t prefix[GRPC_PREFIX_BYTES];
    size_t prefix_len;
    uint64_t left; /* of the message */
    uint32_t message_count;
    bool is_grpc; /* by its content-type */
    bool has_status;
    uint32_t status;
    char reason[GRPC_REASON_BYTES_MAX]; /* grpc-message, cut and NUL-terminated */
};

void grpc_reader_init(struct grpc_reader *reader);
/* A header of the answer, not of an interim one; names are in lower case. */
NODISCARD enum status grpc_read_header(struct grpc_reader *reader, struct str name,
                                       struct str value, struct err *err);
/* A header of the block that ends the answer: the outcome is taken from nowhere else. */
NODISCARD enum status grpc_read_trailer(struct grpc_reader *reader, struct str name,
                                        struct str value, struct err *err);
/*
 * Bytes of the body, in pieces of any size: those of the message are added
 * to *message_bytes, and to `keep` unless it is NULL. We ask for no
 * compression, so a compressed message is an error.
 */
NODISCARD enum status grpc_feed(struct grpc_reader *reader, struct bytes data, struct buf *keep,
                                uint64_t *message_bytes, struct err *err);
/* The answer is over: it has gRPC's content-type and a status, and with the status 0 one whole message. */
NODISCARD enum status grpc_end(const struct grpc_reader *reader, struct err *err);

/* What stands before a message of so many bytes. */
void grpc_write_prefix(struct buf *out, uint32_t message_bytes);
/* "UNAVAILABLE"; "unknown" beyond those that are defined. */
const char *grpc_status_name(uint32_t status);

#endif
