#ifndef GATE_CODEC_SHA256_H
#define GATE_CODEC_SHA256_H

#include "gate/base/str.h"

/* Lower-case hexadecimal SHA-256 (FIPS 180-4) of the bytes: 64 characters in the arena. */
struct str sha256_hex(struct arena *arena, struct bytes data);

#endif
