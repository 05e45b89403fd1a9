#ifndef GATE_HARNESS_REPO_JAIL_H
#define GATE_HARNESS_REPO_JAIL_H

#include "gate/base/err.h"

/*
 * Runs work in a forked child with limits on memory, CPU, files and
 * time, and brings its message back. libgit2 1.5.1 can crash when
 * memory runs out; in a child that is an error, not our end. What the
 * child changes in memory is lost. A child that dies is STATUS_CHILD.
 */
NODISCARD enum status jail_run(enum status (*work)(void *ctx, struct err *err), void *ctx,
                               struct err *err);

#endif
