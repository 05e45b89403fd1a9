#ifndef GATE_HARNESS_PROCESS_H
#define GATE_HARNESS_PROCESS_H

#include <sys/types.h>

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/harness/address.h"
#include "gate/harness/process_tree.h"
#include "gate/policy/policy.h"

/*
 * Child processes and everything they start: what daemonises stays
 * below a keeper process of ours (process_keeper.h) and dies with the
 * rest.
 */
enum {
    PROCESS_OUTPUT_HEAD_BYTES_MAX = 1024 * 1024,
    PROCESS_OUTPUT_TAIL_BYTES_MAX = 1024 * 1024,
    PROCESS_ENV_MAX = 1024,
    PROCESS_LIVE_MAX = 16,
};

/* Installed once by cli: subreaper, SIGINT/SIGTERM/SIGHUP handlers, not dumpable, SIGPIPE off. */
void process_setup(void);
/* The signal that asked us to stop, 0 when none did. Checked by every wait of the harness. */
int process_interrupted(void);
/* STATUS_INTERRUPTED, naming the signal. */
enum status process_interruption(struct err *err);
/*
 * Dies by the signal that interrupted us, as the shell and CI expect, once
 * all is put away; returns where none did.
 */
void process_die(void);

struct cgroup;
struct cpus;

struct process_spec {
    const char *const *argv; /* NULL-terminated; argv[0] is a path, or a name looked up in PATH */
    const char *const *env;  /* NULL-terminated "NAME=value"; nothing is inherited */
    struct str dir;          /* working directory */
    /* Absolute path of a file for stdout alone, created or emptied; empty: stdout is as stderr. */
    struct str stdout_file;
    const struct cpus *cpus;    /* of pinning.h: where it may run; NULL: where we may */
    const struct cgroup *group; /* what it is put into; outlives the process; NULL: none */
    /*
     * A process namespace of its own, with a /proc that shows nothing else:
     * the keeper is its first process, and what is in it ends with that.
     */
    bool apart;
    /* Sees everything that is printed as it is read, also what is not kept; may be NULL. */
    void (*on_output)(void *ctx, const char *data, size_t len);
    void *output_ctx;
};

/* stdout and stderr together: head and tail are kept, the middle is counted and dropped. */
struct process_output {
    struct buf head;
    char *tail; /* ring of PROCESS_OUTPUT_TAIL_BYTES_MAX */
    size_t tail_len;
    size_t tail_at;
    uint64_t dropped_bytes;
    void (*on_output)(void *ctx, const char *data, size_t len); /* of the spec */
    void *ctx;
};

/* A zeroed struct is a process that was never started. Used by one thread at a time. */
struct process {
    pid_t pid; /* 0 when not running */
    int output_fd;
    int exit_status; /* of waitpid, once it ended */
    bool ended;
    bool stopped;             /* process_end ended it, not the program itself */
    uint64_t oom_limit_bytes; /* of memory, which the kernel has ended it or a child for; or 0 */
    bool has_survivors;       /* process_end could not kill all of it within its bound */
    uint64_t started_ns;
    uint64_t ended_ns;
    struct process_output output;

    /* Of process.c alone. */
    pid_t keeper; /* parent of the program and all its descendants; process_keeper.h */
    int keeper_fd;
    const struct cgroup *group;
    uint64_t reaped_cpu_ns; /* by the keeper, when the program had ended */
};

NODISCARD enum status process_start(struct process *process, const struct process_spec *spec,
                                    struct err *err);
/* Reads what is there without blocking and notices the end; call it at least every 100 ms. */
void process_poll(struct process *process);
/* process_poll for each process that was started and not ended: for waits that know none of them. */
void process_poll_all(void);
/* Waits for the end at most timeout_ns; STATUS_CHILD on timeout, INTERRUPTED on a signal. */
NODISCARD enum status process_wait(struct process *process, uint64_t timeout_ns, struct err *err);
/*
 * Sleeps until the process ends or prints, or `other_fd` (-1: none) has
 * something or is at its end, at most so long. For waits that look after
 * two processes.
 */
enum process_sleep { PROCESS_SLEEP_DONE, PROCESS_SLEEP_OTHER, PROCESS_SLEEP_OTHER_ENDED };
enum process_sleep process_sleep(const struct process *process, int other_fd, uint64_t most_ns);
/*
 * Ends the process and all its descendants: SIGTERM, grace_ns, SIGKILL
 * in rounds until /proc shows no child of ours that came from it, or
 * for 20 s at most: has_survivors tells that something is left.
 * Safe to call twice and on a process that ended. Releases everything
 * but the output.
 */
void process_end(struct process *process, uint64_t grace_ns);
void process_release(struct process *process);
/* "exited with status 2 after 0.4 s" / "was killed by signal 9 (out of memory?)". */
struct str process_fate(struct arena *arena, const struct process *process);
/* Head, a line that counts what was dropped, tail. */
struct str process_output_text(struct arena *arena, const struct process *process);
/* The last lines, each behind "| ", for error messages; without those of gctrace. */
struct str process_output_tail(struct arena *arena, const struct process *process, size_t lines);

/* CPU nanoseconds used so far by the process and its living and reaped descendants. */
uint64_t process_cpu_ns(const struct process *process);
/* Resident bytes of the process and its descendants; 0 when it is gone. */
uint64_t process_rss_bytes(const struct process *process);
/* All zero when it is gone; see tree_usage_read. */
void process_usage(struct tree_usage *out, const struct process *process, bool with_pss);
/*
 * The most that one of them has held since it was executed, as the
 * kernel noted it; 0 when all are gone. The ru_maxrss of a child that
 * has ended would be as large as memgate was when it forked.
 */
uint64_t process_peak_rss_bytes(const struct process *process);
/* False when nothing is told of them, or it is gone; see tree_reads_read. */
bool process_reads(struct tree_reads *out, const struct process *process);
/* True when the process or one of its descendants has it open; the inode is as in /proc/PID/fd. */
bool process_holds_socket(const struct process *process, uint64_t inode);
/* A TCP port on 127.0.0.1 that nobody listens on. */
NODISCARD enum status process_free_port(uint16_t *out, struct err *err);
/*
 * STATUS_OK when exactly one socket listens on the address and a process
 * of our tree holds it: "port 4711 is held by pid 12, not by the
 * candidate". *listening tells whether anybody listens at all.
 */
NODISCARD enum status process_check_listener(const struct process *process,
                                             const struct address *address, bool *listening,
                                             struct err *err);

#endif
