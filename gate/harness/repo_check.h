#ifndef GATE_HARNESS_REPO_CHECK_H
#define GATE_HARNESS_REPO_CHECK_H

#include "gate/base/err.h"
#include "gate/base/map.h"
#include "gate/base/str.h"

/*
 * The look at a tree before anything of it is written. Errors are
 * STATUS_CHILD and name the path.
 */
struct tree_check {
    struct str label; /* of the revision, for messages */
    struct map seen;
    size_t entry_count;
    uint64_t total_bytes;
};

void tree_check_init(struct tree_check *check, struct str label);
void tree_check_release(struct tree_check *check);
/* One entry, file or directory; name is the last part of path. */
NODISCARD enum status tree_check_entry(struct tree_check *check, struct str path, struct str name,
                                       struct err *err);
NODISCARD enum status tree_check_size(struct tree_check *check, struct str path, uint64_t bytes,
                                      struct err *err);
/* STATUS_CHILD: "link" -> "/etc" leaves the tree. */
NODISCARD enum status tree_check_link(struct str path, struct str target, struct err *err);
/* The directory that is exported into: absolute and empty. */
NODISCARD enum status tree_check_target(struct str dir, struct err *err);

#endif
