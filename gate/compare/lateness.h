#ifndef GATE_COMPARE_LATENESS_H
#define GATE_COMPARE_LATENESS_H

#include "gate/recording/recording.h"

/*
 * Requests at a fixed rate that memgate itself sent late: every latency
 * holds the delay as well. A phase's latency is void when the p99 of the
 * delay, in the trial where it is largest, is more than a tenth of the time
 * between two requests or of 1 ms, whichever is larger. A closed loop has
 * no time to be late against.
 */
#define LATENESS_SHARE_MAX 0.1
#define LATENESS_SPAN_NS   1e6

/* Why the latency of the phase cannot be relied on, with the figures; empty when it can. */
struct str lateness_problem(const struct record_scenario *record, enum phase phase,
                            struct arena *arena);
/* The largest p99 of the delay in the phase's trials. */
uint64_t lateness_worst_ns(const struct record_scenario *record, enum phase phase);

#endif
