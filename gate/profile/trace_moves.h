#ifndef GATE_PROFILE_TRACE_MOVES_H
#define GATE_PROFILE_TRACE_MOVES_H

#include "gate/profile/trace_state.h"

/*
 * Private to trace_state.c, trace_moves_go.c and trace_moves_proc.c: what an
 * event does to the states (internal/trace/order.go has one function for
 * each, of much the same name). A move leaves *done false, and the states
 * alone, where the event is not possible yet.
 */

/* What a thread must have, or must not, for an event of it. */
enum need { NEED_NOTHING, NEED_ONE, NEED_NONE };

/* One event on its way: what its thread has, and what it will have. */
struct move {
    struct trace_states *states;
    struct trace_thread *thread; /* TRACE_NO_THREAD has nothing, and keeps nothing */
    const struct trace_event *event;
    struct trace_goroutine *goroutine;
    struct trace_proc *proc;
    struct trace_goroutine *next_goroutine;
    struct trace_proc *next_proc;
};

struct trace_thread *trace_find_thread(const struct trace_states *states, uint64_t id);
struct trace_proc *trace_find_proc(const struct trace_states *states, uint64_t id);
/* NULL for those that ended. */
struct trace_goroutine *trace_find_goroutine(const struct trace_states *states, uint64_t id);
bool trace_has_ended(const struct trace_states *states, uint64_t id);

/* The move can never be. */
enum status move_refuse(const struct move *move, const char *why, struct err *err);
/* The new goroutine; one of the same id must have ended. */
NODISCARD enum status move_add_goroutine(struct trace_goroutine **out, const struct move *move,
                                         uint64_t id, enum trace_go_status status, struct err *err);
NODISCARD enum status move_add_proc(struct trace_proc **out, struct trace_states *states,
                                    uint64_t id, struct err *err);
/* Whether `next` is the number behind `sequence` of that generation. */
bool move_follows(uint64_t generation, uint64_t sequence, const struct trace_states *states,
                  uint64_t next);
/* Gives the event, or one of several that it stands for. */
struct trace_event *move_give(const struct move *move, struct trace_goroutine *other);
/* What the thread has; refused where it is none. */
NODISCARD enum status move_check(const struct move *move, enum need proc, enum need goroutine,
                                 struct err *err);
NODISCARD enum status move_check_running(const struct move *move, struct err *err);

enum status move_plain(bool *done, struct move *move, struct err *err);
enum status move_proc_status(bool *done, struct move *move, struct err *err);
enum status move_proc_start(bool *done, struct move *move, struct err *err);
enum status move_proc_stop(bool *done, struct move *move, struct err *err);
enum status move_proc_steal(bool *done, struct move *move, struct err *err);
enum status move_stop_begin(bool *done, struct move *move, struct err *err);
enum status move_stop_end(bool *done, struct move *move, struct err *err);
enum status move_assist_begin(bool *done, struct move *move, struct err *err);
enum status move_assist_end(bool *done, struct move *move, struct err *err);
enum status move_assist_active(bool *done, struct move *move, struct err *err);
enum status move_sweep_active(bool *done, struct move *move, struct err *err);
enum status move_sweep(bool *done, struct move *move, struct err *err);
enum status move_gc_active(bool *done, struct move *move, struct err *err);
enum status move_gc(bool *done, struct move *move, struct err *err);
enum status move_go_status(bool *done, struct move *move, struct err *err);
enum status move_go_create(bool *done, struct move *move, struct err *err);
enum status move_go_create_syscall(bool *done, struct move *move, struct err *err);
enum status move_go_start(bool *done, struct move *move, struct err *err);
enum status move_go_leave(bool *done, struct move *move, struct err *err);
enum status move_go_destroy_syscall(bool *done, struct move *move, struct err *err);
enum status move_go_unblock(bool *done, struct move *move, struct err *err);
enum status move_go_switch(bool *done, struct move *move, struct err *err);
enum status move_syscall_begin(bool *done, struct move *move, struct err *err);
enum status move_syscall_end(bool *done, struct move *move, struct err *err);
enum status move_syscall_end_blocked(bool *done, struct move *move, struct err *err);

#endif
