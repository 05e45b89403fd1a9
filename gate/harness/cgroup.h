#ifndef GATE_HARNESS_CGROUP_H
#define GATE_HARNESS_CGROUP_H

#include "gate/base/err.h"
#include "gate/base/str.h"
#include "gate/policy/policy.h"

/*
 * Control groups (cgroups(7); Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/ of Linux) that hold a service and all it starts to
 * service.limits. A controller is taken from the hierarchy of version 1
 * that has it, else from version 2. A limit that is asked for and cannot
 * be had is an error with the next step, never left out.
 */
enum cgroup_controller { CGROUP_MEMORY, CGROUP_CPU, CGROUP_CPUSET, CGROUP_CONTROLLERS };

/* Which controllers the limits need. */
struct cgroup_needs {
    bool controllers[CGROUP_CONTROLLERS];
};

void cgroup_needs_add(struct cgroup_needs *needs, const struct scenario_limits *limits);
bool cgroup_needs_any(const struct cgroup_needs *needs);

/* Where groups are made: for each controller a version and a directory. */
struct cgroup_place {
    int version; /* 1 or 2; 0: not needed */
    struct str dir;
};

/*
 * Version 2 gives controllers to groups without processes of their own. So
 * where memgate is alone in its group, it moves below it for the time of
 * the run; where others share the group, groups are made beside it, if that
 * is allowed.
 */
struct cgroups {
    struct cgroup_place places[CGROUP_CONTROLLERS];
    struct str own;         /* version 2: the group we moved out of; empty: we stayed */
    struct str refuge;      /* and where we are meanwhile */
    struct str switched;    /* the group whose subtree_control was changed; empty: none */
    struct cgroup_needs on; /* the controllers that were switched on there */
};

/*
 * Finds places for all that is needed. `root` stands before /proc and
 * /sys: "" but in tests. STATUS_INVALID with the reason and what to do.
 */
NODISCARD enum status cgroups_open(struct cgroups *out, struct arena *arena, struct str root,
                                   const struct cgroup_needs *needs, struct err *err);
/* Undoes what open did. Safe on a zeroed struct, and twice. */
void cgroups_close(struct cgroups *cgroups);

enum { CGROUP_PATH_BYTES_MAX = 1024 };

/*
 * The group of one process: a directory for each controller that it needs,
 * empty for others; two can be the same. Holds no pointers: forks use it.
 */
struct cgroup {
    char dirs[CGROUP_CONTROLLERS][CGROUP_PATH_BYTES_MAX];
    int versions[CGROUP_CONTROLLERS];
    uint64_t memory_bytes; /* the limit */
};

/* Makes a group and sets the limits, each read back. On failure nothing is left behind. */
NODISCARD enum status cgroup_make(struct cgroup *out, const struct cgroups *cgroups,
                                  const struct scenario_limits *limits, struct err *err);
/* Sets the limits of a controller in a directory that is there. */
NODISCARD enum status cgroup_set(const struct cgroup_place *place,
                                 enum cgroup_controller controller,
                                 const struct scenario_limits *limits, struct err *err);
/* Puts the calling process, and what it starts from then on, into the group. False: see errno. */
bool cgroup_enter(const struct cgroup *group);
/* True when the kernel has killed a process of the group for its memory limit. */
bool cgroup_was_out_of_memory(const struct cgroup *group);
/* The limit of memory as people read it: "512 MiB". */
struct str cgroup_memory_text(struct arena *arena, uint64_t limit_bytes);
/* How long the quota has held the group back. */
uint64_t cgroup_throttled_ns(const struct cgroup *group);
/*
 * Removes the group, and groups that a service made in it. Its processes
 * must be gone; the kernel may take a moment to notice, which is waited
 * for. False when something is left. Safe on a zeroed struct, and twice.
 */
bool cgroup_remove(const struct cgroup *group);

#endif
