#ifndef GATE_COMPARE_COST_ROWS_H
#define GATE_COMPARE_COST_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Adds the rows of single functions, and of the whole scenario, that come
 * of the steady trials' CPU, block, mutex and goroutine profiles; names
 * are shared with nobody. Per trial a row has
 *
 *   CPU        its share of the samples; with all trials of a side that
 *              share of the process's CPU time per request
 *   block,     time and number of waits between warm and end, per request
 *   mutex
 *   goroutine  how many there are at the point, and (end - warm) per 1000
 *              requests
 *
 * A kind that a trial of either side lacks has no rows and a reason in
 * profile_refusals, which is noted where the profile was asked for and
 * refused. Block and mutex profiles are empty in a service that did not
 * turn them on: without one sample on the candidate the row of the whole
 * scenario says so in its `doubt` and proves nothing.
 */
NODISCARD enum status cost_rows_add(struct comparison *comparison, struct arena *arena,
                                    const struct comparison_source sources[SIDES],
                                    const struct pair_hints *hints, struct err *err);

#endif
