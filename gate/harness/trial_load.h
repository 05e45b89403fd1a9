#ifndef GATE_HARNESS_TRIAL_LOAD_H
#define GATE_HARNESS_TRIAL_LOAD_H

#include "gate/harness/load/load.h"
#include "gate/harness/trial.h"

/* Private to the harness: the load that a trial of the phase has, and what its result must be. */

/* Requests before the measured ones, and the measured ones. */
uint64_t trial_load_warmup(const struct trial *trial);
uint64_t trial_load_count(const struct trial *trial);
/* Without the services, the tick and what is watched. */
struct load_spec trial_load_spec(const struct trial *trial, uint64_t first_k, uint64_t count);
/* STATUS_CHILD when an answer was not expected. */
NODISCARD enum status trial_load_check_expected(const struct load_spec *spec,
                                                const struct load_result *result, struct err *err);
/* STATUS_CHILD when all were refusals: for a whole load, of which a part may hold nothing else. */
NODISCARD enum status trial_load_check_success(const struct trial *trial,
                                               const struct load_result *result, struct err *err);
/* Both. */
NODISCARD enum status trial_load_check_answers(const struct trial *trial,
                                               const struct load_spec *spec,
                                               const struct load_result *result, struct err *err);
/* STATUS_INVALID when the asked rate was not kept. */
NODISCARD enum status trial_load_check_pace(const struct trial *trial, const struct load_spec *spec,
                                            const struct load_result *result, struct err *err);
/* Puts the result into the trial's record. */
void trial_load_record(const struct trial *trial, const struct load_spec *spec,
                       const struct load_result *result);
/* STATUS_INVALID when the process did nothing while it is said to have answered. */
NODISCARD enum status trial_load_check_cpu(const struct record_trial *record, struct err *err);

#endif
