#ifndef GATE_FOLD_SYMBOLISE_H
#define GATE_FOLD_SYMBOLISE_H

#include "gate/binary/binary.h"
#include "gate/profile/profile.h"

/*
 * Puts a profile and the executable it is said to be of together:
 * locations without a name get that of the function whose code holds
 * them (no line, no inlined frames), and a profile without a mapping of
 * the program (Go's debug=1 text) gets the executable's own.
 *
 * STATUS_USAGE, because the wrong file was named, when the build ids
 * differ, when no address is in the executable's code, when more than a few
 * functions there have other names than the profile says, and for a
 * position-independent executable without a mapping. Where the names of
 * one location differ, it is taken out of its mapping: what is called there
 * is not of this profile.
 */
NODISCARD enum status symbolise(struct profile *profile, struct arena *arena,
                                const struct binary *binary, struct err *err);

#endif
