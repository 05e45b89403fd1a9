#ifndef GATE_CLI_LINT_POWER_H
#define GATE_CLI_LINT_POWER_H

#include "gate/cli/session.h"

/*
 * What the rules of a judged session (list_all) can see on the machine and
 * under the load of its recording: for each scenario that a rule met, the
 * change that all trials of the policy can tell from none, beside the
 * limit. A limit below it is told, with the trials it would take.
 */
void lint_power_write(struct buf *out, struct arena *arena, const struct session *session,
                      size_t rule);

#endif
