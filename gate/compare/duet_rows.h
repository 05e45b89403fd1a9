#ifndef GATE_COMPARE_DUET_ROWS_H
#define GATE_COMPARE_DUET_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Latency, CPU time and leaks of the duet: for p50, p90 and p99 one row of
 * the whole scenario, from the windows of all pairs of processes
 * (estimate_of_windows), CPU time per request (estimate_of_pairs) and the
 * slope of the live heap over the requests (Theil-Sen in each process, Welch
 * between them) as the estimate of the scenario's heap growth, both from two
 * pairs on, as one has no interval; no CPU time where collections that the
 * duet puts off may be a tenth of it, which is noted. STATUS_FORMAT when a window cannot be read
 * or has no partner, STATUS_INVALID when a process took no CPU time.
 */
NODISCARD enum status duet_rows_add(struct comparison *comparison, struct arena *arena,
                                    struct err *err);

#endif
