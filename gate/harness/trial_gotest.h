#ifndef GATE_HARNESS_TRIAL_GOTEST_H
#define GATE_HARNESS_TRIAL_GOTEST_H

#include "gate/harness/harness.h"

/*
 * Asks both test binaries for their benchmarks and sets what trials run
 * (scenario->bench) to those that both have: a change that adds or
 * removes one does not change the load. What is left out is said in the
 * log and in scenario->notes.
 *
 * STATUS_CHILD when no benchmark is in both. A binary that cannot list
 * its benchmarks, as when its TestMain fails, is no error: the policy's
 * expression stays, and the trials show what is wrong.
 */
NODISCARD enum status trial_gotest_select(const struct harness *harness,
                                          struct harness_scenario *scenario, struct err *err);

#endif
