#ifndef GATE_HARNESS_CPU_PROFILE_H
#define GATE_HARNESS_CPU_PROFILE_H

#include "gate/harness/control.h"
#include "gate/harness/trial.h"

/*
 * The CPU profile of a steady trial, into cpu.pb.gz of its directory. One
 * that cannot be had (no such handler, another profiler at work) is no
 * failure of the trial: the reason goes to cpu.txt, and only a rule that
 * needs the figures makes it matter. The first reason of a scenario is said
 * and holds for its later trials of both sides, which ask no more: shares of
 * one side alone compare with nothing, and a handler that hangs would cost
 * every trial its time.
 */
struct cpu_profile {
    struct trial *trial;
    struct address address; /* of its profiles */
    uint64_t load_count;    /* requests of the load beside it */
    uint64_t seconds;       /* asked for; 0: not yet */
    uint64_t grace_ns;      /* that an answer may take behind its time, or behind the load */
    struct str path;        /* of the request */
    struct control_exchange *exchange; /* NULL: nothing is under way */
    struct control_reply reply;        /* once it is over */
    struct control_sent sent;          /* so far */
    struct err *why;                   /* STATUS_OK, or why there is no reply */
};

/* True for steady trials, unless the policy leaves cpu out. */
bool cpu_profile_is_wanted(const struct trial *trial);
/* The same, and no trial of the scenario has been refused one. */
bool cpu_profile_is_taken(const struct trial *trial);

/*
 * Whole seconds, as net/http/pprof takes them, that fit into the rest of a
 * load of which so much was done so far; at least 1, which may outlast it,
 * at most 60.
 */
uint64_t cpu_profile_seconds(uint64_t done, uint64_t count, uint64_t spent_ns);

/*
 * Asks a service for its profile beside the load: begin before it, step
 * within it (10 to 50 ms apart, never waits, does nothing on a zeroed
 * struct), finish behind it; a load that failed calls abandon. The service
 * is asked when a tenth of the load has shown its pace. A profile that
 * outlasts the load is ended: net/http answers with what it has, others are
 * waited for up to 10 s. Does nothing where none is wanted. Only an
 * interruption and a file that cannot be written are errors.
 */
void cpu_profile_begin(struct cpu_profile *out, struct trial *trial, const struct address *address,
                       uint64_t load_count);
void cpu_profile_step(struct cpu_profile *profile, uint64_t done, uint64_t spent_ns);
NODISCARD enum status cpu_profile_finish(struct cpu_profile *profile, struct err *err);
void cpu_profile_abandon(struct cpu_profile *profile);

/* Looks at the cpu.pb.gz that a test binary was told to write; what is none gives way to cpu.txt. */
NODISCARD enum status cpu_profile_check_file(struct trial *trial, struct err *err);

#endif
