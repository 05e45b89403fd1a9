#ifndef GATE_HARNESS_TRIAL_SAMPLED_H
#define GATE_HARNESS_TRIAL_SAMPLED_H

#include "gate/harness/harness.h"

/*
 * Sets the rate and the requests of the scenario's exact phase by what
 * the trial of that phase, its side's last in the recording, shows, and
 * tells the log what they can detect (coarse.h). Nothing happens where
 * its profiles are of period 1. A period other than the scenario's rate is
 * the service's own, and only the requests can be chosen then; load tools
 * and benchmarks choose theirs themselves.
 */
NODISCARD enum status sampled_choose(struct harness *harness, struct harness_scenario *scenario,
                                     const struct recording *recording, struct trial_key key,
                                     struct err *err);

#endif
