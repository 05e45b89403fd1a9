#ifndef GATE_HARNESS_REPO_OVERLAY_H
#define GATE_HARNESS_REPO_OVERLAY_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Brings one path of `to`, an exported tree, to what it is in `from`, a
 * work tree: overlay_remove takes it away when it is no file or link
 * there any more, overlay_copy copies a file (mode included) or a link
 * that stays in the tree. All removals come before the first copy, so
 * that a file can become a directory and the other way round.
 */
NODISCARD enum status overlay_remove(struct str to, struct str from, struct str path,
                                     struct err *err);
NODISCARD enum status overlay_copy(struct str to, struct str from, struct str path,
                                   struct err *err);

/* A regular file of the work tree itself; STATUS_NOT_FOUND for a link, or behind one. */
NODISCARD enum status overlay_read(struct bytes *out, struct arena *arena, struct str from,
                                   struct str path, struct err *err);

#endif
