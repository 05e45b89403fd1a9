#ifndef GATE_CODEC_HEX_H
#define GATE_CODEC_HEX_H

#include "gate/base/str.h"

/* Base 16 of RFC 4648, section 8, digits of either case, nothing between; false for anything else. */
NODISCARD bool hex_decode(struct str *out, struct arena *arena, struct str text);

#endif
