#ifndef GATE_CLI_NOISE_H
#define GATE_CLI_NOISE_H

#include "gate/cli/run.h"

/* The folder of calibrations beside the policy, and the word for none. */
#define NOISE_FOLDER "memgate.noise"
#define NOISE_NONE   "none"

/* Of a policy "services/orders/memgate.yaml": "services/orders/memgate.noise". */
struct str noise_folder(struct arena *arena, struct str policy_file);

/*
 * Finds the calibration of this class of machines and puts it into the
 * recording: of --noise FILE, else memgate.noise/CLASS.json beside the
 * policy and from the same revision, so that a change cannot widen the
 * noise that it is held against; a FILE in the repository likewise. One
 * that is not there is no error: the recording says so, with the classes
 * that there are. One that cannot be read is STATUS_POLICY. After the
 * harness was opened.
 */
NODISCARD enum status noise_find(struct run *run, struct err *err);

#endif
