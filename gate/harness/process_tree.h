#ifndef GATE_HARNESS_PROCESS_TREE_H
#define GATE_HARNESS_PROCESS_TREE_H

#include <sys/types.h>

#include "gate/base/base.h"

/*
 * What /proc says about processes. Everything here is a snapshot of
 * something that moves: callers look again instead of trusting one.
 */
enum { TREE_PIDS_MAX = 4096 };

struct tree {
    pid_t pids[TREE_PIDS_MAX];
    size_t len;
};

/* The fields of /proc/PID/stat that the harness needs. */
struct tree_stat {
    pid_t parent;
    uint64_t own_ns;    /* CPU, in steps of a clock tick */
    uint64_t reaped_ns; /* CPU of children it waited for, likewise */
    uint64_t threads;
    uint64_t started_ticks;
};

/* What everything below a process has and used. */
struct tree_usage {
    uint64_t rss_bytes;
    uint64_t
        pss_bytes; /* shared pages by the number of their users; 0: not asked for, not allowed */
    uint64_t cpu_ns;
    uint64_t threads;
    uint64_t fds; /* open files, 0 where we may not look */
};

/* False when the process is gone. */
bool tree_read_stat(struct tree_stat *out, pid_t pid);
/*
 * All descendants of root, not root itself, zombies included; parents
 * stand before their children. At most TREE_PIDS_MAX.
 */
void tree_below(struct tree *out, pid_t root);
/* CPU of the living below root, and of what they and root have waited for. */
uint64_t tree_cpu_ns(pid_t root);
/* Resident bytes of everything below root. */
uint64_t tree_rss_bytes(pid_t root);
/*
 * All of it at one look at each process. The kernel walks every page for
 * pss_bytes, which holds up the process: not more than once a second.
 */
void tree_usage_read(struct tree_usage *out, pid_t root, bool with_pss);
/* What everything below root has read by read(2) and its like, of whatever; recv(2) is none. */
struct tree_reads {
    uint64_t calls; /* syscr of /proc/PID/io (proc(5)), also those that found nothing */
    uint64_t bytes; /* rchar */
};
/* False when we may not look, or the kernel does not count. */
bool tree_reads_read(struct tree_reads *out, pid_t root);
/* The most that any one process below root has ever held. */
uint64_t tree_peak_rss_bytes(pid_t root);
/* Sends to everything below root; returns how many there were. */
size_t tree_signal(pid_t root, int number);
/* The first process of the tree that holds the socket, 0 when none does. */
pid_t tree_find_socket(const struct tree *tree, uint64_t inode);
/* Any process of the machine that holds the socket, 0 when we may not see it. */
pid_t tree_find_socket_anywhere(uint64_t inode);

#endif
