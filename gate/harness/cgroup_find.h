#ifndef GATE_HARNESS_CGROUP_FIND_H
#define GATE_HARNESS_CGROUP_FIND_H

#include "gate/harness/cgroup.h"

/* Private to cgroup: where the group of this process is, by /proc/self/cgroup and mountinfo. */

extern const char *const cgroup_controller_names[CGROUP_CONTROLLERS];

/* True when the words of the text (of subtree_control, of a mount's options) hold the name. */
bool cgroup_lists(struct str words, char separator, const char *name);

struct cgroup_mount {
    int version;    /* 1 or 2 */
    struct str top; /* where the hierarchy is mounted: nothing above can be seen */
    struct str own; /* the directory of our own group in it */
};

/*
 * Our own group in the hierarchy that has the controller. STATUS_INVALID
 * where none is mounted that we are in.
 */
NODISCARD enum status cgroup_find(struct cgroup_mount *out, struct arena *arena, struct str root,
                                  enum cgroup_controller controller, struct err *err);

#endif
