#ifndef GATE_HARNESS_SNAPSHOTS_H
#define GATE_HARNESS_SNAPSHOTS_H

#include "gate/harness/address.h"
#include "gate/harness/trial.h"

/*
 * The block, mutex and goroutine profiles of a steady trial at its warm
 * and end points, those that the policy lists. Block and mutex count from
 * the start of the process, so the load is the difference of two. One
 * that cannot be had is no failure of the trial: the reason goes to
 * mutex.txt and to the log, once, and neither the other point nor later
 * trials of the scenario, on either side, ask for it: half of a comparison
 * is none, and a handler that hangs would cost every trial its time.
 *
 * A mutex profile that is empty at `end` is asked for as text as well,
 * whose "sampling period" tells whether anybody looked; it goes to
 * mutex-period.txt. Block profiles do not say.
 */
bool snapshot_is_wanted(const struct trial *trial, enum profile_kind kind);

/*
 * What waited: read right before and right behind the load, so that the
 * forced collections of the heap's points stay outside.
 */
NODISCARD enum status snapshots_read_waits(struct trial *trial, const struct address *address,
                                           enum point point, struct err *err);
/*
 * The goroutines: read behind the heap, by when those of the load's
 * connections have ended.
 */
NODISCARD enum status snapshots_read_goroutines(struct trial *trial, const struct address *address,
                                                enum point point, struct err *err);

#endif
