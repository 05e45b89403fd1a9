#ifndef GATE_COMPARE_ALONE_H
#define GATE_COMPARE_ALONE_H

#include "gate/compare/comparison.h"

/*
 * A candidate without a baseline is compared with itself, so that it goes
 * the way of every other, and what comes of the second side is taken off
 * again: rows become estimates of the candidate alone (stats/alone.h), and
 * nothing is new, gone, paired or moved. `alone` of the joined record says so
 * to whoever writes a text meanwhile.
 */

/* True for sources that are one side of one recording. */
bool alone_is(const struct comparison_source sources[SIDES]);
/*
 * side_name as texts about the joined record are to say it: both of two that
 * are one are the candidate, and nothing speaks of a baseline.
 */
const char *alone_side_name(const struct record_scenario *record, enum side side);
/* Call once all rows are there. `comparison->alone` says why there is no baseline. */
void alone_strip(struct comparison *comparison, struct arena *arena);

#endif
