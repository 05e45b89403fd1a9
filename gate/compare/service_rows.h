#ifndef GATE_COMPARE_SERVICE_ROWS_H
#define GATE_COMPARE_SERVICE_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Adds the rows of the steady phase (CPU and its profiles, latency, RSS, GC) unless it is
 * refused, and gotest's benchmarks.
 */
NODISCARD enum status service_rows_add(struct comparison *comparison, struct arena *arena,
                                       const struct comparison_source sources[SIDES],
                                       const struct pair_hints *hints, struct err *err);

#endif
