#include "gate/profile/trace_moves.h"

/* In a system call on another thread, all through the generation. */
static enum status bind_elsewhere(const struct move *move, uint64_t id,
                                  struct trace_goroutine *goroutine, struct err *err)
{
    struct trace_thread *thread = trace_find_thread(move->states, id);
    if (!thread && trace_states_thread(&thread, move->states, id, err))
        return err->status;
    if (!thread->is_known)
        thread->goroutine = goroutine;
    thread->is_known = true;
    return thread->goroutine == goroutine
               ? STATUS_OK
               : move_refuse(move, "another goroutine is in the thread's system call", err);
}

static enum status bind_syscall(struct move *move, struct trace_goroutine *goroutine,
                                struct err *err)
{
    uint64_t id = move->event->args[1];
    bool is_initial = move->states->generation == move->states->first_generation;
    if (id == TRACE_NO_THREAD)
        return move_refuse(move, "a system call on no thread", err);
    if (id != move->thread->id)
        return bind_elsewhere(move, id, goroutine, err);
    if (!is_initial && move->goroutine != goroutine)
        return move_refuse(move, "the goroutine was on another thread", err);
    move->next_goroutine = goroutine;
    return STATUS_OK;
}

enum status move_go_status(bool *done, struct move *move, struct err *err)
{
    uint64_t status = move->event->args[2];
    struct trace_goroutine *goroutine = trace_find_goroutine(move->states, move->event->args[0]);
    bool is_first = !goroutine;
    if (status < TRACE_GO_RUNNABLE || status > TRACE_GO_WAITING)
        return move_refuse(move, "no status of a goroutine", err);
    if (is_first && move->states->generation != move->states->first_generation)
        return move_refuse(move, "the goroutine was never created", err);
    /* It would have been in this status since before the trace, for a second time. */
    if (is_first && trace_has_ended(move->states, move->event->args[0]))
        return move_refuse(move, "the goroutine has ended", err);
    if (is_first && move_add_goroutine(&goroutine, move, move->event->args[0],
                                       (enum trace_go_status)status, err))
        return err->status;
    if (goroutine->status != (enum trace_go_status)status)
        return move_refuse(move, "the goroutine had another status", err);
    goroutine->generation = move->states->generation;
    goroutine->sequence = 0;
    if (status == TRACE_GO_RUNNING)
        move->next_goroutine = goroutine;
    if (status == TRACE_GO_SYSCALL && bind_syscall(move, goroutine, err))
        return err->status;
    move_give(move, goroutine)->is_first = is_first;
    *done = true;
    return STATUS_OK;
}

enum status move_go_create(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *made = NULL;
    bool waits = move->event->type == TRACE_GO_CREATE_BLOCKED;
    if (move->goroutine && move_check_running(move, err))
        return err->status;
    if (move_add_goroutine(&made, move, move->event->args[0],
                           waits ? TRACE_GO_WAITING : TRACE_GO_RUNNABLE, err))
        return err->status;
    (void)move_give(move, made);
    *done = true;
    return STATUS_OK;
}

enum status move_go_create_syscall(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *made = NULL;
    if (move_add_goroutine(&made, move, move->event->args[0], TRACE_GO_SYSCALL, err))
        return err->status;
    move->next_goroutine = made;
    (void)move_give(move, made);
    *done = true;
    return STATUS_OK;
}

enum status move_go_start(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *goroutine = trace_find_goroutine(move->states, move->event->args[0]);
    uint64_t sequence = move->event->args[1];
    if (!goroutine || goroutine->status != TRACE_GO_RUNNABLE ||
        !move_follows(goroutine->generation, goroutine->sequence, move->states, sequence))
        return STATUS_OK;
    if (move_check(move, NEED_ONE, NEED_NONE, err))
        return err->status;
    goroutine->status = TRACE_GO_RUNNING;
    goroutine->sequence = sequence;
    move->next_goroutine = goroutine;
    (void)move_give(move, goroutine);
    *done = true;
    return STATUS_OK;
}

/* It stops, waits or ends on its own thread. */
enum status move_go_leave(bool *done, struct move *move, struct err *err)
{
    static const enum trace_go_status next[TRACE_TYPES] = {
        [TRACE_GO_DESTROY] = TRACE_GO_DEAD,
        [TRACE_GO_STOP] = TRACE_GO_RUNNABLE,
        [TRACE_GO_BLOCK] = TRACE_GO_WAITING,
    };
    if (move_check_running(move, err))
        return err->status;
    move->goroutine->status = next[move->event->type];
    move->next_goroutine = NULL;
    return move_plain(done, move, err);
}

/* The id may come again: of a callback from C, which ends in its system call. */
enum status move_go_destroy_syscall(bool *done, struct move *move, struct err *err)
{
    if (move->goroutine->status != TRACE_GO_SYSCALL)
        return move_refuse(move, "its goroutine is in no system call", err);
    move->goroutine->status = TRACE_GO_DEAD;
    move->next_goroutine = NULL;
    if (move->proc) {
        if (move->proc->status != TRACE_PROC_SYSCALL)
            return move_refuse(move, "its processor is in no system call", err);
        move->proc->status = TRACE_PROC_ABANDONED;
        move->next_proc = NULL;
        move_give(move, NULL)->type = TRACE_PROC_STEAL;
    }
    return move_plain(done, move, err);
}

enum status move_go_unblock(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *goroutine = trace_find_goroutine(move->states, move->event->args[0]);
    uint64_t sequence = move->event->args[1];
    (void)err;
    if (!goroutine || goroutine->status != TRACE_GO_WAITING ||
        !move_follows(goroutine->generation, goroutine->sequence, move->states, sequence))
        return STATUS_OK;
    goroutine->status = TRACE_GO_RUNNABLE;
    goroutine->sequence = sequence;
    (void)move_give(move, goroutine);
    *done = true;
    return STATUS_OK;
}

/* Three in one: the next is unblocked, this one waits or ends, the next runs. */
enum status move_go_switch(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *next = trace_find_goroutine(move->states, move->event->args[0]);
    uint64_t sequence = move->event->args[1];
    bool ends = move->event->type == TRACE_GO_SWITCH_DESTROY;
    if (move_check_running(move, err))
        return err->status;
    if (!next || next->status != TRACE_GO_WAITING ||
        !move_follows(next->generation, next->sequence, move->states, sequence))
        return STATUS_OK;
    move->goroutine->status = ends ? TRACE_GO_DEAD : TRACE_GO_WAITING;
    next->status = TRACE_GO_RUNNING;
    next->sequence = sequence;
    move->next_goroutine = next;
    move_give(move, next)->type = TRACE_GO_UNBLOCK;
    struct trace_event *left = move_give(move, NULL);
    left->type = ends ? TRACE_GO_DESTROY : TRACE_GO_BLOCK;
    left->args[0] = 0; /* no reason */
    struct trace_event *start = move_give(move, next);
    start->type = TRACE_GO_START;
    start->goroutine = NULL;
    *done = true;
    return STATUS_OK;
}

enum status move_syscall_begin(bool *done, struct move *move, struct err *err)
{
    uint64_t sequence = move->event->args[0];
    if (move_check_running(move, err))
        return err->status;
    if (!move_follows(move->proc->generation, move->proc->sequence, move->states, sequence))
        return move_refuse(move, "its processor's counter is another", err);
    move->goroutine->status = TRACE_GO_SYSCALL;
    move->proc->status = TRACE_PROC_SYSCALL;
    move->proc->sequence = sequence;
    return move_plain(done, move, err);
}

enum status move_syscall_end(bool *done, struct move *move, struct err *err)
{
    if (move->goroutine->status != TRACE_GO_SYSCALL || move->proc->status != TRACE_PROC_SYSCALL)
        return move_refuse(move, "there was no system call", err);
    move->goroutine->status = TRACE_GO_RUNNING;
    move->proc->status = TRACE_PROC_RUNNING;
    return move_plain(done, move, err);
}

/* Not before its processor is taken from it, which another thread writes down. */
enum status move_syscall_end_blocked(bool *done, struct move *move, struct err *err)
{
    if (move->proc && move->proc->status == TRACE_PROC_SYSCALL)
        return STATUS_OK;
    if (move_check(move, NEED_NOTHING, NEED_ONE, err))
        return err->status;
    if (move->goroutine->status != TRACE_GO_SYSCALL)
        return move_refuse(move, "there was no system call", err);
    move->goroutine->status = TRACE_GO_RUNNABLE;
    move->next_goroutine = NULL;
    return move_plain(done, move, err);
}
