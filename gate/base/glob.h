#ifndef GATE_BASE_GLOB_H
#define GATE_BASE_GLOB_H

#include "gate/base/str.h"

/*
 * Selectors of a policy: the exact name, or a pattern where `*` stands
 * for any run of bytes, and a trailing `/...` for the package itself and
 * everything below it (as the go command means it). Linear in
 * pattern + text for one star, never exponential; no regular
 * expressions, since a policy may come from a stranger.
 *
 * A star inside "(*T)" is the method's receiver, not a wildcard: names
 * of Go methods can be pasted as they are.
 */
bool glob_match(struct str pattern, struct str text);
/* True when the selector may match more than its own text. */
bool glob_is_pattern(struct str selector);

#endif
