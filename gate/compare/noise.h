#ifndef GATE_COMPARE_NOISE_H
#define GATE_COMPARE_NOISE_H

#include "gate/compare/comparison.h"

/*
 * Says in a note what disturbed the trials whose time is judged (steady
 * and duet): the worst one of each cause, with its figure. What is less
 * than NOISE_SHARE_SAID of the machine is not worth a line.
 */
#define NOISE_SHARE_SAID 0.10

/*
 * Also the governor of the CPUs, where it lets the clock go down, and the
 * quota of service.limits, where it held a service back for more than a
 * hundredth of a trial.
 */
void noise_note(struct comparison *comparison, struct arena *arena);

/*
 * Why times of the steady trials, which ran one after the other, do not
 * compare: CPUs whose clock was governed otherwise. Empty where it was not,
 * or cannot be seen. Both sides of a duet have the same governor.
 */
struct str noise_governor_doubt(const struct record_scenario *record, struct arena *arena);

/* Puts that doubt on the rows about time that the steady trials gave, where none stands yet. */
void noise_doubt_times(struct comparison *comparison, struct arena *arena);

#endif
