#ifndef GATE_CODEC_GZIP_H
#define GATE_CODEC_GZIP_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/* True when the bytes start like a gzip stream (RFC 1952: 1f 8b). */
bool gzip_is_packed(struct bytes data);

/*
 * Inflates a whole gzip file (members that follow each other included)
 * into the arena. More than max bytes of output is STATUS_LIMIT
 * ("inflates past 256 MiB"), a stream that ends early or has a wrong
 * checksum is STATUS_FORMAT with the byte offset. Memory grows with
 * what was inflated, never with a length field.
 */
NODISCARD enum status gzip_unpack(struct bytes *out, struct arena *arena, struct bytes packed,
                                  size_t max, struct err *err);

#endif
