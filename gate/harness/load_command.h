#ifndef GATE_HARNESS_LOAD_COMMAND_H
#define GATE_HARNESS_LOAD_COMMAND_H

#include "gate/harness/load/load.h"
#include "gate/harness/trial.h"

/*
 * Private to the harness: a load that a tool of the user sends (load.driver:
 * command) in place of load_run. memgate starts it beside the service, in
 * the exported tree of the policy's revision, waits for its end with all
 * that load_run does meanwhile (tick, what is watched), and reads its result.
 */
enum load_part { LOAD_PART_WARMUP, LOAD_PART_MEASURED };

/* There is something to run before the measured load, even where nobody says how many requests. */
bool load_command_has_warmup(const struct trial *trial);
/*
 * The steps that spec->tick counts a load in: its requests, or where a
 * command has no stated number of them a number that stands for the whole.
 * A tool tells nothing before its end, so that its steps are time, by what
 * the last load of the phase took.
 */
uint64_t load_command_steps(const struct trial *trial, const struct load_spec *spec);

/*
 * *out has what the tool says: answered, unexpected and successes, the
 * statuses where it tells them, its rate; no histogram. Its wall time is the
 * duration. Of the measured part the trial's record gets its tool, and its
 * directory the result.
 *
 * STATUS_CHILD: it could not be started, exited with another code than 0,
 * ran into load.timeout, left processes behind, or requests failed.
 * STATUS_FORMAT and STATUS_LIMIT: its result cannot be read. STATUS_INVALID:
 * it did not send what was stated, or nobody knows how many requests there
 * were. Whatever it started is dead when this returns.
 */
NODISCARD enum status load_command_run(struct load_result *out, struct trial *trial,
                                       const struct load_spec *spec, enum load_part part,
                                       struct err *err);

#endif
