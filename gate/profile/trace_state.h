#ifndef GATE_PROFILE_TRACE_STATE_H
#define GATE_PROFILE_TRACE_STATE_H

#include "gate/profile/trace_order.h"

/* Private to trace_order.c, trace_state.c and trace_moves_*.c: what threads, processors and goroutines do. */

/* internal/trace/tracev2/events.go, ProcStatus. */
enum trace_proc_status {
    TRACE_PROC_RUNNING = 1,
    TRACE_PROC_IDLE,
    TRACE_PROC_SYSCALL,
    TRACE_PROC_ABANDONED, /* in a system call, and the thread is no longer known */
};

struct trace_proc {
    enum trace_proc_status status;
    uint64_t generation;
    uint64_t sequence;
    bool is_sweeping;
};

/* A thread, and its place in the batches of the generation under way. */
struct trace_thread {
    uint64_t id;
    bool is_known; /* an event of it, or about it, was looked at */
    struct trace_goroutine *goroutine;
    struct trace_proc *proc;
    uint64_t run;             /* the last one of trace_order_run in which it had a batch */
    struct trace_batch *mine; /* its batches in it */
    size_t mine_count;
    size_t mine_cap;
    size_t mine_at;
    size_t data_at;
    uint64_t last_ns; /* 0: of no event of the batch yet */
    struct trace_event next;
};

enum trace_collector { COLLECTOR_UNKNOWN, COLLECTOR_IDLE, COLLECTOR_RUNNING };

struct trace_goroutine_ref {
    struct trace_goroutine *it;
};
struct trace_proc_ref {
    struct trace_proc *it;
};
struct trace_thread_ref {
    struct trace_thread *it;
};

/* States stay where they are: threads, events and the heap point to them. */
struct trace_states {
    struct arena *arena;
    struct map goroutine_ids;
    struct trace_goroutine_ref *goroutines;
    size_t goroutine_count;
    size_t goroutine_cap;
    struct map proc_ids;
    struct trace_proc_ref *procs;
    size_t proc_count;
    size_t proc_cap;
    struct map thread_ids;
    struct trace_thread_ref *threads;
    size_t thread_count;
    size_t thread_cap;
    uint64_t first_generation;
    uint64_t generation; /* under way */
    enum trace_collector collector;
    uint64_t collector_sequence;
    struct trace_event queue[TRACE_QUEUE]; /* what the last step gave */
    size_t queue_len;
};

void trace_states_init(struct trace_states *states, struct arena *arena);
void trace_states_release(struct trace_states *states);
/* The thread's state, made where it is new. */
NODISCARD enum status trace_states_thread(struct trace_thread **out, struct trace_states *states,
                                          uint64_t id, struct err *err);

/* Number of arguments behind the time; -1: no event of a thread. */
int trace_args_of(uint8_t type);

/*
 * Tries thread->next. When it is possible *done is true, the states are those
 * behind it, and `queue` holds it, or what it stands for. STATUS_FORMAT when
 * it can never be.
 */
NODISCARD enum status trace_states_advance(bool *done, struct trace_states *states,
                                           struct trace_thread *thread, struct err *err);

#endif
