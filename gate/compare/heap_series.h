#ifndef GATE_COMPARE_HEAP_SERIES_H
#define GATE_COMPARE_HEAP_SERIES_H

#include "gate/compare/comparison.h"

/*
 * Fills comparison->heap: what gctrace and MemStats over the load of the
 * steady trials show at a moment and no total does (stats/changes.h): where
 * what collections found live, the heap in use or the number of allocations a
 * second takes another level, and where the heap passed its goal, so that the
 * collector was late. 2 % of the median are the least spread that is believed, of live
 * heap, which gctrace prints in MiB, one of them. has_heap is false where no
 * trial of either side was looked at.
 */
NODISCARD enum status heap_series_add(struct comparison *comparison, struct arena *arena,
                                      const struct comparison_source sources[SIDES],
                                      struct err *err);

#endif
