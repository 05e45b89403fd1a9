#ifndef GATE_HARNESS_EXEC_TRACE_H
#define GATE_HARNESS_EXEC_TRACE_H

#include "gate/harness/control.h"
#include "gate/harness/trial.h"

/*
 * The execution trace of a steady trial, where its scenario asks for one:
 * trace?seconds=N of the service's pprof beside some more of the load, into
 * trace.out, what it says into trace.json and two tables (recording/table.h). One
 * that cannot be had or read is no failure of the trial: nothing is judged by
 * it. The reason is recorded, said once, and holds for the scenario's later
 * trials of both sides, as with the CPU profile.
 */
struct exec_trace {
    struct trial *trial; /* NULL: none is under way */
    struct address address;
    uint64_t seconds;
    struct str path;
    struct control_exchange *exchange; /* NULL: nothing is under way */
    struct control_reply reply;
    struct err *why; /* STATUS_OK, or why there is no reply */
};

/* True for steady trials of a scenario that asks, and none of it has been refused one. */
bool exec_trace_is_taken(const struct trial *trial);
/* As long as the measured load was, in whole seconds from 1 to EXEC_TRACE_SECONDS_MAX. */
enum { EXEC_TRACE_SECONDS_MAX = 3 };
uint64_t exec_trace_seconds(const struct record_trial *record);
/* Requests that take a little longer than that at the pace of the measured load. */
uint64_t exec_trace_requests(const struct record_trial *record, uint64_t seconds);

/*
 * Begin right before the load, which nobody needs where no trace is under way
 * then; step within it (as cpu_profile_step), receive behind it, which ends a
 * trace that outlasts the load, abandon where it failed: `why` is the reason
 * that is recorded. Only an interruption is an error.
 */
void exec_trace_begin(struct exec_trace *out, struct trial *trial, const struct address *address,
                      uint64_t seconds);
bool exec_trace_is_under_way(const struct exec_trace *trace);
void exec_trace_step(struct exec_trace *trace);
NODISCARD enum status exec_trace_receive(struct exec_trace *trace, struct err *err);
void exec_trace_abandon(struct exec_trace *trace, const struct err *why);

/*
 * Writes what was received, or why nothing was, with the collections that
 * gctrace printed meanwhile; times count from origin_ns. Removes what an
 * earlier run of the trial left. Does nothing more where nobody asked.
 */
NODISCARD enum status exec_trace_record(struct exec_trace *trace, struct trial *trial,
                                        const struct record_rows *cycles, uint64_t origin_ns,
                                        struct err *err);

#endif
