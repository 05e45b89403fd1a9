#ifndef GATE_HARNESS_TRIAL_DUET_H
#define GATE_HARNESS_TRIAL_DUET_H

#include "gate/harness/trial.h"

/*
 * Private to the harness: one process of each side, alive at the same
 * time under the same load, for latency alone. What disturbs the machine
 * disturbs both, which is what makes their p99 comparable: measured one
 * after the other, two windows of the same binary differ by more than
 * 15 % in a third of all cases. Errors name the side.
 */
NODISCARD enum status trial_duet(struct trial trials[SIDES], struct err *err);

/* What is left of the time that all parts of a load may take together; 1 when nothing is. */
uint64_t duet_rest_ns(uint64_t total_ns, uint64_t spent_ns);

/*
 * How many requests of a part are not measured: two for each connection,
 * which are new in each part and stand behind a forced collection, but
 * at most a tenth of the part.
 */
uint64_t duet_lead(uint64_t part_count, uint64_t connections);

/* How many windows a load of so many requests is cut into. */
uint32_t duet_windows(uint64_t count);

#endif
