#ifndef GATE_COMPARE_SERIES_ROWS_H
#define GATE_COMPARE_SERIES_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Adds the rows that come of the samples of the process and all it started
 * beside the load of each steady trial: pss_p95 (nearest rank), threads_max
 * and open_fds_end, the last count of open files. Where a trial has no
 * samples there are none, and series_refusal says why; where it was not
 * allowed to look at PSS, or the process is too large for it, pss_refusal.
 */
NODISCARD enum status series_rows_add(struct comparison *comparison, struct arena *arena,
                                      const struct comparison_source sources[SIDES],
                                      struct err *err);

#endif
