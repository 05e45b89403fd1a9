#ifndef GATE_HARNESS_CGROUP_QUOTA_H
#define GATE_HARNESS_CGROUP_QUOTA_H

#include "gate/base/arena.h"
#include "gate/recording/recording.h"

/*
 * How many CPUs' time the control group of this process may use: the least
 * of its own quota and of those of the groups above, as far as they can be
 * seen, which in a container ends at its own. cpu.max of version 2
 * (Documentation/admin-guide/cgroup-v2.rst), cpu.cfs_quota_us and
 * cpu.cfs_period_us of version 1 (Documentation/scheduler/sched-bwc.rst).
 * Not known where the group cannot be found. `root` stands before /proc and
 * /sys: "" but in tests.
 */
void cgroup_quota_read(struct record_quota *out, struct arena *arena, struct str root);

#endif
