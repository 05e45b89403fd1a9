#include "gate/profile/trace_moves.h"

/* The status of one seen before, in this generation's beginning. */
static bool is_same_proc(const struct trace_proc *proc, enum trace_proc_status status)
{
    bool is_lost = status == TRACE_PROC_ABANDONED && proc->status == TRACE_PROC_SYSCALL;
    return proc->status == status || is_lost;
}

enum status move_proc_status(bool *done, struct move *move, struct err *err)
{
    uint64_t status = move->event->args[1];
    struct trace_proc *proc = trace_find_proc(move->states, move->event->args[0]);
    if (status < TRACE_PROC_RUNNING || status > TRACE_PROC_ABANDONED)
        return move_refuse(move, "no status of a processor", err);
    if (proc && !is_same_proc(proc, (enum trace_proc_status)status))
        return move_refuse(move, "the processor had another status", err);
    if (!proc) {
        if (move_add_proc(&proc, move->states, move->event->args[0], err))
            return err->status;
        proc->status = (enum trace_proc_status)status;
    }
    proc->generation = move->states->generation;
    proc->sequence = 0;
    if (status == TRACE_PROC_RUNNING || status == TRACE_PROC_SYSCALL)
        move->next_proc = proc;
    return move_plain(done, move, err);
}

enum status move_proc_start(bool *done, struct move *move, struct err *err)
{
    struct trace_proc *proc = trace_find_proc(move->states, move->event->args[0]);
    uint64_t sequence = move->event->args[1];
    if (!proc || proc->status != TRACE_PROC_IDLE || move->proc ||
        !move_follows(proc->generation, proc->sequence, move->states, sequence))
        return STATUS_OK;
    if (move_check(move, NEED_NONE, NEED_NOTHING, err))
        return err->status;
    proc->status = TRACE_PROC_RUNNING;
    proc->sequence = sequence;
    move->next_proc = proc;
    return move_plain(done, move, err);
}

enum status move_proc_stop(bool *done, struct move *move, struct err *err)
{
    if (move->proc->status != TRACE_PROC_RUNNING && move->proc->status != TRACE_PROC_SYSCALL)
        return move_refuse(move, "the processor is idle", err);
    move->proc->status = TRACE_PROC_IDLE;
    move->next_proc = NULL;
    return move_plain(done, move, err);
}

/* The thread whose processor it was has none from here on. */
static enum status take_proc(struct move *move, const struct trace_proc *proc, struct err *err)
{
    uint64_t id = move->event->args[2];
    struct trace_thread *from =
        id == move->thread->id ? move->thread : trace_find_thread(move->states, id);
    if (!from || from->proc != proc)
        return move_refuse(move, "the processor was not the thread's", err);
    from->proc = NULL;
    if (from == move->thread)
        move->next_proc = NULL;
    return STATUS_OK;
}

enum status move_proc_steal(bool *done, struct move *move, struct err *err)
{
    struct trace_proc *proc = trace_find_proc(move->states, move->event->args[0]);
    uint64_t sequence = move->event->args[1];
    if (!proc || (proc->status != TRACE_PROC_SYSCALL && proc->status != TRACE_PROC_ABANDONED) ||
        !move_follows(proc->generation, proc->sequence, move->states, sequence))
        return STATUS_OK;
    if (move_check(move, NEED_NOTHING, NEED_NOTHING, err))
        return err->status;
    bool is_lost = proc->status == TRACE_PROC_ABANDONED;
    proc->status = TRACE_PROC_IDLE;
    proc->sequence = sequence;
    if (!is_lost && take_proc(move, proc, err))
        return err->status;
    return move_plain(done, move, err);
}

enum status move_stop_begin(bool *done, struct move *move, struct err *err)
{
    if (move->goroutine->is_stopping)
        return move_refuse(move, "the goroutine stops the world already", err);
    move->goroutine->is_stopping = true;
    return move_plain(done, move, err);
}

enum status move_stop_end(bool *done, struct move *move, struct err *err)
{
    if (!move->goroutine->is_stopping)
        return move_refuse(move, "the goroutine did not stop the world", err);
    move->goroutine->is_stopping = false;
    return move_plain(done, move, err);
}

enum status move_assist_begin(bool *done, struct move *move, struct err *err)
{
    if (move->goroutine->is_assisting)
        return move_refuse(move, "the goroutine assists already", err);
    move->goroutine->is_assisting = true;
    move->goroutine->has_assisted = true;
    return move_plain(done, move, err);
}

enum status move_assist_end(bool *done, struct move *move, struct err *err)
{
    if (!move->goroutine->is_assisting)
        return move_refuse(move, "the goroutine did not assist", err);
    move->goroutine->is_assisting = false;
    return move_plain(done, move, err);
}

/*
 * Said at the start of a generation; in the first one nothing was known
 * before. An assist that is over did not begin before the trace once more.
 */
enum status move_assist_active(bool *done, struct move *move, struct err *err)
{
    struct trace_goroutine *goroutine = trace_find_goroutine(move->states, move->event->args[0]);
    bool is_initial = move->states->generation == move->states->first_generation;
    if (!goroutine || (is_initial ? goroutine->has_assisted : !goroutine->is_assisting))
        return move_refuse(move, "the goroutine is unknown, or assists already, or does not", err);
    goroutine->is_assisting = true;
    goroutine->has_assisted = true;
    move_give(move, goroutine)->is_first = is_initial;
    *done = true;
    return STATUS_OK;
}

enum status move_sweep_active(bool *done, struct move *move, struct err *err)
{
    struct trace_proc *proc = trace_find_proc(move->states, move->event->args[0]);
    bool is_initial = move->states->generation == move->states->first_generation;
    if (!proc || proc->is_sweeping == is_initial)
        return move_refuse(move, "the processor is unknown, or sweeps already, or does not", err);
    proc->is_sweeping = true;
    return move_plain(done, move, err);
}

enum status move_sweep(bool *done, struct move *move, struct err *err)
{
    bool begins = move->event->type == TRACE_SWEEP_BEGIN;
    if (move->proc->is_sweeping == begins)
        return move_refuse(move, "the processor sweeps already, or does not", err);
    move->proc->is_sweeping = begins;
    return move_plain(done, move, err);
}

enum status move_gc_active(bool *done, struct move *move, struct err *err)
{
    struct trace_states *states = move->states;
    bool is_initial = states->generation == states->first_generation;
    uint64_t sequence = move->event->args[0];
    if (is_initial && states->collector != COLLECTOR_UNKNOWN)
        return move_refuse(move, "more is known of the collector already", err);
    if (!is_initial && (sequence == 0 || sequence - 1 != states->collector_sequence))
        return STATUS_OK;
    if (!is_initial && states->collector != COLLECTOR_RUNNING)
        return move_refuse(move, "no collection is under way", err);
    if (!is_initial && move_check(move, NEED_ONE, NEED_ONE, err))
        return err->status;
    states->collector = COLLECTOR_RUNNING;
    states->collector_sequence = sequence;
    move_give(move, NULL)->is_first = is_initial;
    *done = true;
    return STATUS_OK;
}

enum status move_gc(bool *done, struct move *move, struct err *err)
{
    struct trace_states *states = move->states;
    bool begins = move->event->type == TRACE_GC_BEGIN;
    uint64_t sequence = move->event->args[0];
    bool is_known = states->collector != COLLECTOR_UNKNOWN;
    if ((is_known || !begins) && (sequence == 0 || sequence - 1 != states->collector_sequence))
        return STATUS_OK;
    if ((!is_known && !begins) || (is_known && begins == (states->collector == COLLECTOR_RUNNING)))
        return move_refuse(move, "a collection is under way, or none is", err);
    if (is_known && move_check(move, NEED_ONE, NEED_ONE, err))
        return err->status;
    states->collector = begins ? COLLECTOR_RUNNING : COLLECTOR_IDLE;
    states->collector_sequence = sequence;
    return move_plain(done, move, err);
}
