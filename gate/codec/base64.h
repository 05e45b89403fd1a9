#ifndef GATE_CODEC_BASE64_H
#define GATE_CODEC_BASE64_H

#include "gate/base/str.h"

/* Base64 of RFC 4648, section 4, padded, without line breaks; false for anything else. */
NODISCARD bool base64_decode(struct str *out, struct arena *arena, struct str text);

#endif
