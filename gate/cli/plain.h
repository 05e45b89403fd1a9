#ifndef GATE_CLI_PLAIN_H
#define GATE_CLI_PLAIN_H

#include "gate/cli/session.h"

/* What the command line names of one side. */
struct plain_side {
    struct str profile;
    struct str binary; /* the executable it was taken of; may be empty */
};

/*
 * Two plain heap profile files, of any pprof producer, as a session:
 * whole-profile sums, intervals from the profiles' own sampling, and
 * only the rules on allocation. With the executables all kinds are known,
 * and the program's own module; without, kinds are told by names alone.
 * One executable without the other is STATUS_USAGE.
 */
NODISCARD enum status plain_compare(struct session *session, const struct plain_side sides[SIDES],
                                    struct err *err);
NODISCARD enum status plain_judge(struct session *session, const struct plain_side sides[SIDES],
                                  struct str policy_file, struct err *err);

/* The options of `check` and `diff` that only make sense here, where the operands are others. */
NODISCARD enum status plain_refuse_binaries(const struct str binaries[SIDES], struct err *err);

#endif
