#include "gate/profile/trace_state.h"

#include "gate/profile/trace_moves.h"

void trace_states_init(struct trace_states *states, struct arena *arena)
{
    *states = (struct trace_states){.arena = arena};
    map_init(&states->goroutine_ids);
    map_init(&states->proc_ids);
    map_init(&states->thread_ids);
}

void trace_states_release(struct trace_states *states)
{
    map_release(&states->goroutine_ids);
    map_release(&states->proc_ids);
    map_release(&states->thread_ids);
}

struct trace_thread *trace_find_thread(const struct trace_states *states, uint64_t id)
{
    uint32_t at = 0;
    return map_find(&states->thread_ids, id, &at) ? states->threads[at].it : NULL;
}

enum status trace_states_thread(struct trace_thread **out, struct trace_states *states, uint64_t id,
                                struct err *err)
{
    struct trace_thread *thread = trace_find_thread(states, id);
    if (!thread) {
        if (states->thread_count == TRACE_THREADS_MAX)
            return err_set(err, STATUS_LIMIT, "more than %d threads", TRACE_THREADS_MAX);
        (void)map_insert(&states->thread_ids, id, (uint32_t)states->thread_count);
        thread = ARENA_NEW(states->arena, struct trace_thread);
        thread->id = id;
        struct trace_thread_ref ref = {thread};
        ARENA_PUSH(states->arena, states->threads, states->thread_count, states->thread_cap, ref);
    }
    *out = thread;
    return STATUS_OK;
}

struct trace_proc *trace_find_proc(const struct trace_states *states, uint64_t id)
{
    uint32_t at = 0;
    return map_find(&states->proc_ids, id, &at) ? states->procs[at].it : NULL;
}

static struct trace_goroutine *find_any_goroutine(const struct trace_states *states, uint64_t id)
{
    uint32_t at = 0;
    return map_find(&states->goroutine_ids, id, &at) ? states->goroutines[at].it : NULL;
}

struct trace_goroutine *trace_find_goroutine(const struct trace_states *states, uint64_t id)
{
    struct trace_goroutine *goroutine = find_any_goroutine(states, id);
    return goroutine && goroutine->status != TRACE_GO_DEAD ? goroutine : NULL;
}

bool trace_has_ended(const struct trace_states *states, uint64_t id)
{
    struct trace_goroutine *goroutine = find_any_goroutine(states, id);
    return goroutine && goroutine->status == TRACE_GO_DEAD;
}

enum status move_refuse(const struct move *move, const char *why, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "an event of type %u contradicts those before it: %s",
                   (unsigned)move->event->type, why);
}

enum status move_add_goroutine(struct trace_goroutine **out, const struct move *move, uint64_t id,
                               enum trace_go_status status, struct err *err)
{
    struct trace_states *states = move->states;
    struct trace_goroutine *goroutine = find_any_goroutine(states, id);
    if (goroutine && goroutine->status != TRACE_GO_DEAD)
        return move_refuse(move, "the goroutine exists already", err);
    if (!goroutine) {
        if (states->goroutine_count == TRACE_GOROUTINES_MAX)
            return err_set(err, STATUS_LIMIT, "more than %d goroutines", TRACE_GOROUTINES_MAX);
        (void)map_insert(&states->goroutine_ids, id, (uint32_t)states->goroutine_count);
        goroutine = ARENA_NEW(states->arena, struct trace_goroutine);
        struct trace_goroutine_ref ref = {goroutine};
        ARENA_PUSH(states->arena, states->goroutines, states->goroutine_count,
                   states->goroutine_cap, ref);
    }
    *goroutine =
        (struct trace_goroutine){.id = id, .status = status, .generation = states->generation};
    *out = goroutine;
    return STATUS_OK;
}

enum status move_add_proc(struct trace_proc **out, struct trace_states *states, uint64_t id,
                          struct err *err)
{
    if (states->proc_count == TRACE_THREADS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d processors", TRACE_THREADS_MAX);
    (void)map_insert(&states->proc_ids, id, (uint32_t)states->proc_count);
    struct trace_proc_ref ref = {ARENA_NEW(states->arena, struct trace_proc)};
    ARENA_PUSH(states->arena, states->procs, states->proc_count, states->proc_cap, ref);
    *out = ref.it;
    return STATUS_OK;
}

bool move_follows(uint64_t generation, uint64_t sequence, const struct trace_states *states,
                  uint64_t next)
{
    return generation == states->generation && next > 0 && next - 1 == sequence;
}

struct trace_event *move_give(const struct move *move, struct trace_goroutine *other)
{
    struct trace_states *states = move->states;
    assert(states->queue_len < TRACE_QUEUE);
    struct trace_event *event = &states->queue[states->queue_len++];
    *event = *move->event;
    event->goroutine = move->goroutine;
    event->other = other;
    return event;
}

/* Also that of a thread which nobody is. */
enum status move_check(const struct move *move, enum need proc, enum need goroutine,
                       struct err *err)
{
    if (move->thread->id == TRACE_NO_THREAD)
        return move_refuse(move, "it is of no thread", err);
    if ((proc == NEED_ONE && !move->proc) || (proc == NEED_NONE && move->proc))
        return move_refuse(move, "its thread has no processor, or one too many", err);
    if ((goroutine == NEED_ONE && !move->goroutine) || (goroutine == NEED_NONE && move->goroutine))
        return move_refuse(move, "its thread runs no goroutine, or one too many", err);
    return STATUS_OK;
}

enum status move_check_running(const struct move *move, struct err *err)
{
    if (!move->goroutine || move->goroutine->status != TRACE_GO_RUNNING)
        return move_refuse(move, "its goroutine does not run", err);
    return STATUS_OK;
}

enum status move_plain(bool *done, struct move *move, struct err *err)
{
    (void)err;
    (void)move_give(move, NULL);
    *done = true;
    return STATUS_OK;
}

/* Events of threads. Where `late` the move itself looks at what the thread has. */
static const struct type_row {
    enum status (*move)(bool *done, struct move *move, struct err *err);
    int8_t args; /* behind the time */
    bool late;
    uint8_t proc;
    uint8_t goroutine;
} type_rows[TRACE_TYPES] = {
    [TRACE_PROCS_CHANGE] = {move_plain, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_PROC_START] = {move_proc_start, 2, true, 0, 0},
    [TRACE_PROC_STOP] = {move_proc_stop, 0, false, NEED_ONE, NEED_NOTHING},
    [TRACE_PROC_STEAL] = {move_proc_steal, 3, true, 0, 0},
    [TRACE_PROC_STATUS] = {move_proc_status, 2, true, 0, 0},
    [TRACE_GO_CREATE] = {move_go_create, 3, false, NEED_ONE, NEED_NOTHING},
    [TRACE_GO_CREATE_SYSCALL] = {move_go_create_syscall, 1, false, NEED_NOTHING, NEED_NONE},
    [TRACE_GO_START] = {move_go_start, 2, true, 0, 0},
    [TRACE_GO_DESTROY] = {move_go_leave, 0, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_DESTROY_SYSCALL] = {move_go_destroy_syscall, 0, false, NEED_NOTHING, NEED_ONE},
    [TRACE_GO_STOP] = {move_go_leave, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_BLOCK] = {move_go_leave, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_UNBLOCK] = {move_go_unblock, 3, true, 0, 0},
    [TRACE_GO_SYSCALL_BEGIN] = {move_syscall_begin, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_SYSCALL_END] = {move_syscall_end, 0, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_SYSCALL_END_BLOCKED] = {move_syscall_end_blocked, 0, true, 0, 0},
    [TRACE_GO_STATUS] = {move_go_status, 3, true, 0, 0},
    [TRACE_STW_BEGIN] = {move_stop_begin, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_STW_END] = {move_stop_end, 0, false, NEED_ONE, NEED_ONE},
    [TRACE_GC_ACTIVE] = {move_gc_active, 1, true, 0, 0},
    [TRACE_GC_BEGIN] = {move_gc, 2, true, 0, 0},
    [TRACE_GC_END] = {move_gc, 1, true, 0, 0},
    [TRACE_SWEEP_ACTIVE] = {move_sweep_active, 1, true, 0, 0},
    [TRACE_SWEEP_BEGIN] = {move_sweep, 1, false, NEED_ONE, NEED_NOTHING},
    [TRACE_SWEEP_END] = {move_sweep, 2, false, NEED_ONE, NEED_NOTHING},
    [TRACE_ASSIST_ACTIVE] = {move_assist_active, 1, true, 0, 0},
    [TRACE_ASSIST_BEGIN] = {move_assist_begin, 1, false, NEED_ONE, NEED_ONE},
    [TRACE_ASSIST_END] = {move_assist_end, 0, false, NEED_ONE, NEED_ONE},
    [TRACE_HEAP_ALLOC] = {move_plain, 1, false, NEED_ONE, NEED_NOTHING},
    [TRACE_HEAP_GOAL] = {move_plain, 1, false, NEED_ONE, NEED_NOTHING},
    [TRACE_GO_LABEL] = {move_plain, 1, false, NEED_ONE, NEED_ONE},
    [TRACE_TASK_BEGIN] = {move_plain, 4, false, NEED_ONE, NEED_ONE},
    [TRACE_TASK_END] = {move_plain, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_REGION_BEGIN] = {move_plain, 3, false, NEED_ONE, NEED_ONE},
    [TRACE_REGION_END] = {move_plain, 3, false, NEED_ONE, NEED_ONE},
    [TRACE_USER_LOG] = {move_plain, 4, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_SWITCH] = {move_go_switch, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_SWITCH_DESTROY] = {move_go_switch, 2, false, NEED_ONE, NEED_ONE},
    [TRACE_GO_CREATE_BLOCKED] = {move_go_create, 3, false, NEED_ONE, NEED_NOTHING},
    [TRACE_GO_STATUS_STACK] = {move_go_status, 4, true, 0, 0},
    [TRACE_SPAN] = {move_plain, 3, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_SPAN_ALLOC] = {move_plain, 3, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_SPAN_FREE] = {move_plain, 1, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_HEAP_OBJECT] = {move_plain, 2, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_HEAP_OBJECT_ALLOC] = {move_plain, 2, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_HEAP_OBJECT_FREE] = {move_plain, 1, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_GOROUTINE_STACK] = {move_plain, 2, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_GOROUTINE_STACK_ALLOC] = {move_plain, 2, false, NEED_NOTHING, NEED_NOTHING},
    [TRACE_GOROUTINE_STACK_FREE] = {move_plain, 1, false, NEED_NOTHING, NEED_NOTHING},
};

int trace_args_of(uint8_t type)
{
    return type < TRACE_TYPES && type_rows[type].move ? type_rows[type].args : -1;
}

enum status trace_states_advance(bool *done, struct trace_states *states,
                                 struct trace_thread *thread, struct err *err)
{
    const struct type_row *row = &type_rows[thread->next.type];
    struct move move = {
        .states = states,
        .thread = thread,
        .event = &thread->next,
        .goroutine = thread->goroutine,
        .proc = thread->proc,
        .next_goroutine = thread->goroutine,
        .next_proc = thread->proc,
    };
    *done = false;
    thread->is_known = true;
    states->queue_len = 0;
    if (states->first_generation == 0)
        states->first_generation = states->generation;
    if (!row->late && move_check(&move, row->proc, row->goroutine, err))
        return err->status;
    if (row->move(done, &move, err))
        return err->status;
    if (*done && thread->id != TRACE_NO_THREAD) {
        thread->goroutine = move.next_goroutine;
        thread->proc = move.next_proc;
    }
    return STATUS_OK;
}
