#ifndef GATE_HARNESS_CGROUP_FILE_H
#define GATE_HARNESS_CGROUP_FILE_H

#include "gate/harness/cgroup.h"

/*
 * Private to cgroup: the small files of a control group. Nothing here is
 * in an arena: forks use it.
 */
enum { CGROUP_TEXT_BYTES_MAX = 4096 };

/* The end of every message about what cannot be had. */
#define CGROUP_WHAT_TO_DO                                                                          \
    "; run memgate as root, or where a part of the tree is delegated to it (systemd-run --user "   \
    "--scope -p Delegate=yes memgate run), in a container with a writable /sys/fs/cgroup; or "     \
    "leave service.limits out"

struct cgroup_path {
    char text[CGROUP_PATH_BYTES_MAX + 64];
};

struct cgroup_text {
    char text[CGROUP_TEXT_BYTES_MAX];
};

const char *cgroup_file_path(struct cgroup_path *out, struct str dir, const char *name);
/* False: see errno. */
bool cgroup_file_write(struct str dir, const char *name, const char *value);
/* Without blanks around it; empty where it cannot be read. */
struct str cgroup_file_read(struct cgroup_text *out, struct str dir, const char *name);
/* STATUS_INVALID by errno. */
enum status cgroup_file_refuse(struct str dir, const char *name, struct err *err);

#endif
