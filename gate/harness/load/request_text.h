#ifndef GATE_HARNESS_LOAD_REQUEST_TEXT_H
#define GATE_HARNESS_LOAD_REQUEST_TEXT_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * Text of a request with places that differ from request to request:
 *
 *   {k}              the request's number
 *   {seed}           load.seed
 *   {uuid}           a version 4 UUID (RFC 9562)
 *   {rand:LOW:HIGH}  a whole number from LOW to HIGH, both possible
 *   {{name}}         what a login line captured (capture.h): of each side its own
 *
 * All but the last are functions of the seed, the number and the place alone,
 * so both sides are sent the same. Any other text in braces stays as it
 * is: bodies are JSON.
 */
enum text_kind {
    PIECE_TEXT,
    PIECE_K,
    PIECE_SEED,
    PIECE_UUID,
    PIECE_RAND,
    PIECE_CAPTURE,
};

struct text_piece {
    enum text_kind kind;
    struct str text; /* PIECE_TEXT; PIECE_CAPTURE: with its braces */
    size_t slot;     /* PIECE_CAPTURE: among those of the file; capture_bind sets it */
    uint64_t low;    /* PIECE_RAND */
    uint64_t high;
};

struct request_text {
    struct text_piece *pieces;
    size_t len;
};

/* The request that a text is rendered for. */
struct request_values {
    uint64_t seed;
    uint64_t k;
    const struct str *captured; /* by slot; NULL where nothing is captured */
};

/* STATUS_POLICY for a {rand...} that is none. *out refers to the text. */
NODISCARD enum status request_text_parse(struct request_text *out, struct arena *arena,
                                         struct str text, struct err *err);
void request_text_render(struct buf *out, const struct request_text *what,
                         struct request_values values);
/* How many bytes request_text_render writes. */
size_t request_text_len(const struct request_text *what, struct request_values values);

#endif
