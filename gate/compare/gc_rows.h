#ifndef GATE_COMPARE_GC_ROWS_H
#define GATE_COMPARE_GC_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Adds the rows of the collector (gc_pause_p99, gc_cycles_per_minute,
 * gc_cpu_share, gc_cpu_per_request, gc_assist_share, heap_goal): one number
 * of each steady trial, the process is the unit. The goal is that of the last
 * collection of the load, which a process without one does not have. Where a trial was not traced there is none and
 * gc_refusal says why. Pauses are absent, with gc_pause_refusal, where a
 * trial had no collection; where lines of its trace were lost they come
 * from MemStats, which keeps the last 256 and is not used beyond that. Where
 * gctrace and MemStats disagree (gc_check.h) all rows have a doubt.
 */
NODISCARD enum status gc_rows_add(struct comparison *comparison, struct arena *arena,
                                  const struct comparison_source sources[SIDES], struct err *err);

#endif
