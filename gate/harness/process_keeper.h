#ifndef GATE_HARNESS_PROCESS_KEEPER_H
#define GATE_HARNESS_PROCESS_KEEPER_H

#include <sys/types.h>

#include "gate/base/base.h"

struct cgroup;
struct cpus;

/*
 * A keeper is a small process between memgate and a program it runs. It
 * is the subreaper of the program: whatever the program starts stays
 * below the keeper, however often it forks, calls setsid, clears its
 * environment or is started again. So "came from this program" means
 * "is below its keeper", also while other programs run beside it, and
 * "all of it is gone" means that waitpid says ECHILD in the keeper.
 * Process groups, sessions and marker variables can all be left by a
 * program that wants to; its place below the keeper cannot.
 *
 * When memgate dies, be it by SIGKILL, the keeper sees the end of its
 * socket and kills everything; when the keeper is killed, the program
 * gets SIGKILL by its parent-death signal and memgate, a subreaper too,
 * inherits the rest.
 *
 * In a process namespace of its own the keeper is the first process: when
 * it ends, the kernel ends all others. It removes the control group of the
 * program when nothing is left in it, so that this is done without memgate
 * too.
 */
enum keeper_word {
    KEEPER_STARTED,   /* to memgate: value is the program's pid */
    KEEPER_NO_DIR,    /* to memgate: value is errno of chdir */
    KEEPER_NO_CPUS,   /* to memgate: value is errno of sched_setaffinity */
    KEEPER_NO_GROUP,  /* to memgate: value is errno of entering the control group */
    KEEPER_NO_PROC,   /* to memgate: value is errno of mounting /proc in the namespace */
    KEEPER_NO_STDOUT, /* to memgate: value is errno of opening stdout_file */
    KEEPER_NO_EXEC,   /* to memgate: value is errno of fork or exec */
    KEEPER_ENDED,     /* to memgate: value as waitpid gives it, ns the CPU of all it waited for */
    KEEPER_GONE,      /* to memgate: nothing is left (value 0), or something cannot be killed */
    KEEPER_STOP,      /* to the keeper: TERM, ns of grace, KILL */
};

/* One packet of the socket between both. */
struct keeper_note {
    enum keeper_word word;
    int value;
    uint64_t ns;
};

struct keeper_start {
    const char *file; /* what is executed, argv[0] or where PATH has it */
    const char *const *argv;
    const char *const *env;
    const char *dir;
    const struct cpus *cpus;    /* of pinning.h: where the program may run; NULL: where we may */
    const struct cgroup *group; /* of cgroup.h: what the program is put into, or NULL */
    bool is_first;              /* of a process namespace: /proc is still the one of memgate's */
    const char *stdout_file;    /* absolute; NULL: stdout goes where stderr goes */
    int socket_fd;              /* SOCK_SEQPACKET, our end */
    int output_fd;              /* stdout and stderr of the program, or stderr alone */
};

/* How long the dead may take to go: a process in an uninterruptible wait never does. */
#define KEEPER_KILL_NS (10 * 1000000000ULL)

/* Called in a forked child; ends it. */
NORETURN void keeper_run(const struct keeper_start *start);

#endif
