#ifndef GATE_COMPARE_CPU_ROWS_H
#define GATE_COMPARE_CPU_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Adds the rows that come of CPU profiles: the shares of map operations,
 * pooled over the trials of a side, and the CPU time per request that
 * they stand for. When a trial of the steady phase has no profile, or a
 * side no sample, there are no such rows and the refusal of the kind says
 * why; a note tells when one side was profiled more often than the other.
 */
NODISCARD enum status cpu_rows_add(struct comparison *comparison, struct arena *arena,
                                   const struct comparison_source sources[SIDES], struct err *err);

#endif
