#ifndef GATE_CLI_PLAIN_H
#define GATE_CLI_PLAIN_H

#include "gate/cli/session.h"

/*
 * Two plain heap profile files, of any pprof producer, as a session:
 * whole-profile sums, intervals from the profiles' own sampling, and
 * only the rules on allocation.
 */
NODISCARD enum status plain_compare(struct session *session, struct str base, struct str cand,
                                    struct err *err);
NODISCARD enum status plain_judge(struct session *session, struct str base, struct str cand,
                                  struct str policy_file, struct err *err);

#endif
