#include "gate/profile/trace_sums.h"

static void add(struct trace_sum *sum, uint64_t from_ns, uint64_t until_ns)
{
    uint64_t ns = until_ns - from_ns;
    sum->count++;
    sum->ns += ns;
    sum->max_ns = ns > sum->max_ns ? ns : sum->max_ns;
}

/* The cycle that had begun when the number of them was `count`; NULL: none within the trace. */
static struct trace_cycle *cycle_of(const struct trace_sums *sums, size_t count)
{
    return count > 0 ? &sums->cycles[count - 1] : NULL;
}

static struct trace_cycle *open_cycle(const struct trace_sums *sums)
{
    return sums->cycle == CYCLE_NONE ? NULL : cycle_of(sums, sums->cycle_count);
}

static void pause_assist(struct trace_goroutine *goroutine, uint64_t now_ns)
{
    struct trace_clocks *clocks = &goroutine->clocks;
    if (goroutine->is_assisting && clocks->assist_resumed_ns > 0)
        clocks->assist_running_ns += now_ns - clocks->assist_resumed_ns;
    clocks->assist_resumed_ns = 0;
}

static void begin_assist(const struct trace_sums *sums, struct trace_goroutine *goroutine,
                         uint64_t since_ns)
{
    struct trace_clocks *clocks = &goroutine->clocks;
    clocks->assist_ns = since_ns;
    clocks->assist_running_ns = 0;
    clocks->assist_is_over = false;
    clocks->assist_resumed_ns = goroutine->status == TRACE_GO_RUNNING ? since_ns : 0;
    clocks->assist_cycle = sums->cycle == CYCLE_NONE ? 0 : sums->cycle_count;
}

static void end_assist(const struct trace_sums *sums, struct trace_goroutine *goroutine,
                       uint64_t now_ns)
{
    struct trace_clocks *clocks = &goroutine->clocks;
    struct trace_cycle *cycle = cycle_of(sums, clocks->assist_cycle);
    if (clocks->assist_resumed_ns > 0)
        clocks->assist_running_ns += now_ns - clocks->assist_resumed_ns;
    clocks->assist_resumed_ns = 0;
    uint64_t running_ns = clocks->assist_running_ns;
    uint64_t ending_ns = clocks->assist_is_over ? running_ns : 0;
    add(&sums->totals->assists, clocks->assist_ns, now_ns);
    sums->totals->assist_running_ns += running_ns;
    sums->totals->assist_ending_ns += ending_ns;
    if (!cycle)
        return;
    cycle->assist_count++;
    cycle->assist_running_ns += running_ns;
    cycle->assist_ending_ns += ending_ns;
}

/* Adds what the goroutine did until now; it is in its next status from here on. */
static void leave(const struct trace_sums *sums, struct trace_goroutine *goroutine,
                  enum trace_go_status status, uint64_t now_ns)
{
    struct trace_clocks *clocks = &goroutine->clocks;
    struct trace_totals *totals = sums->totals;
    if (status == TRACE_GO_WAITING)
        add(&totals->waits[clocks->wait], clocks->since_ns, now_ns);
    if (status == TRACE_GO_SYSCALL)
        add(&totals->syscalls, clocks->since_ns, now_ns);
    /* Of one that was cut off nobody knows how long it was. */
    if (status == TRACE_GO_RUNNABLE && !clocks->is_cut)
        add(&totals->scheduling, clocks->since_ns, now_ns);
    if (status == TRACE_GO_RUNNING)
        pause_assist(goroutine, now_ns);
    clocks->since_ns = now_ns;
    clocks->is_cut = false;
}

static void resume(struct trace_goroutine *goroutine, uint64_t now_ns)
{
    if (goroutine->is_assisting && !goroutine->clocks.assist_is_over)
        goroutine->clocks.assist_resumed_ns = now_ns;
}

static void begin_status(struct trace_goroutine *goroutine, uint64_t since_ns, enum trace_wait wait)
{
    goroutine->clocks = (struct trace_clocks){.since_ns = since_ns, .wait = wait};
}

static enum trace_wait wait_of(const struct trace_generation *generation, uint64_t id)
{
    const struct trace_string *string = trace_string_find(generation, id);
    return string ? string->wait : TRACE_WAIT_OTHER;
}

static enum trace_stop stop_of(const struct trace_generation *generation, uint64_t id)
{
    const struct trace_string *string = trace_string_find(generation, id);
    return string ? string->stop : TRACE_STOP_OTHER;
}

/* An assist that found nothing left ends the collection itself, which is none of its work. */
static void begin_stop(const struct trace_event *event, const struct trace_generation *generation)
{
    struct trace_clocks *clocks = &event->goroutine->clocks;
    pause_assist(event->goroutine, event->ns);
    clocks->assist_is_over = true;
    clocks->stop_ns = event->ns;
    clocks->stop = stop_of(generation, event->args[0]);
}

static void add_stop(const struct trace_sums *sums, const struct trace_clocks *clocks,
                     uint64_t now_ns)
{
    struct trace_totals *totals = sums->totals;
    struct trace_sum *const all[] = {
        [TRACE_STOP_SWEEP] = &totals->gc_stops,
        [TRACE_STOP_MARK] = &totals->gc_stops,
        [TRACE_STOP_START] = &totals->start_stops,
        [TRACE_STOP_OTHER] = &totals->other_stops,
    };
    add(all[clocks->stop], clocks->stop_ns, now_ns);
}

/* A cycle is over with the stop in which marking ended, which the runtime may try more than once. */
static void end_stop(struct trace_sums *sums, const struct trace_clocks *clocks, uint64_t now_ns)
{
    struct trace_cycle *cycle = open_cycle(sums);
    uint64_t ns = now_ns - clocks->stop_ns;
    add_stop(sums, clocks, now_ns);
    if (!cycle)
        return;
    if (clocks->stop == TRACE_STOP_SWEEP)
        cycle->sweep_ns += ns;
    if (clocks->stop != TRACE_STOP_MARK)
        return;
    cycle->termination_ns += ns;
    if (sums->cycle == CYCLE_STOPS) {
        cycle->until_ns = now_ns;
        sums->cycle = CYCLE_NONE;
    }
}

static enum status begin_cycle(struct trace_sums *sums, uint64_t now_ns, struct err *err)
{
    struct trace_cycle cycle = {.from_ns = now_ns};
    if (sums->cycle_count == TRACE_CYCLES_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d collections", TRACE_CYCLES_MAX);
    ARENA_PUSH(sums->arena, sums->cycles, sums->cycle_count, sums->cycle_cap, cycle);
    sums->cycle = CYCLE_MARKS;
    sums->is_active = true;
    sums->active_ns = now_ns;
    return STATUS_OK;
}

static void end_active(struct trace_sums *sums, uint64_t now_ns)
{
    if (sums->is_active)
        sums->totals->gc_active_ns += now_ns - sums->active_ns;
    sums->is_active = false;
    if (sums->cycle == CYCLE_MARKS)
        sums->cycle = CYCLE_STOPS;
}

static void block(const struct trace_sums *sums, const struct trace_event *event,
                  const struct trace_generation *generation)
{
    leave(sums, event->goroutine, TRACE_GO_RUNNING, event->ns);
    event->goroutine->clocks.wait = wait_of(generation, event->args[0]);
}

static void start(const struct trace_sums *sums, const struct trace_event *event)
{
    leave(sums, event->other, TRACE_GO_RUNNABLE, event->ns);
    resume(event->other, event->ns);
}

/* It goes on running, or waits for its turn. */
static void end_syscall(const struct trace_sums *sums, const struct trace_event *event)
{
    leave(sums, event->goroutine, TRACE_GO_SYSCALL, event->ns);
    if (event->type == TRACE_GO_SYSCALL_END)
        resume(event->goroutine, event->ns);
}

static void take_status(const struct trace_sums *sums, const struct trace_event *event)
{
    if (!event->is_first)
        return;
    begin_status(event->other, trace_order_begin_ns(sums->order), TRACE_WAIT_EARLIER);
    event->other->clocks.is_cut = true;
}

static void take_goroutine(const struct trace_sums *sums, const struct trace_event *event,
                           const struct trace_generation *generation)
{
    switch (event->type) {
    case TRACE_GO_STATUS:
    case TRACE_GO_STATUS_STACK:
        take_status(sums, event);
        break;
    case TRACE_GO_CREATE:
    case TRACE_GO_CREATE_BLOCKED:
    case TRACE_GO_CREATE_SYSCALL:
        begin_status(event->other, event->ns, TRACE_WAIT_OTHER);
        break;
    case TRACE_GO_START:
        start(sums, event);
        break;
    case TRACE_GO_BLOCK:
        block(sums, event, generation);
        break;
    case TRACE_GO_UNBLOCK:
        leave(sums, event->other, TRACE_GO_WAITING, event->ns);
        break;
    case TRACE_GO_STOP:
    case TRACE_GO_DESTROY:
    case TRACE_GO_SYSCALL_BEGIN:
        leave(sums, event->goroutine, TRACE_GO_RUNNING, event->ns);
        break;
    case TRACE_GO_SYSCALL_END:
    case TRACE_GO_SYSCALL_END_BLOCKED:
    case TRACE_GO_DESTROY_SYSCALL:
        end_syscall(sums, event);
        break;
    default:
        break;
    }
}

static enum status take_collector(struct trace_sums *sums, const struct trace_event *event,
                                  const struct trace_generation *generation, struct err *err)
{
    uint64_t begin_ns = trace_order_begin_ns(sums->order);
    switch (event->type) {
    case TRACE_STW_BEGIN:
        begin_stop(event, generation);
        break;
    case TRACE_STW_END:
        end_stop(sums, &event->goroutine->clocks, event->ns);
        break;
    case TRACE_GC_ACTIVE:
        sums->active_ns = event->is_first ? begin_ns : sums->active_ns;
        sums->is_active = true;
        break;
    case TRACE_GC_BEGIN:
        return begin_cycle(sums, event->ns, err);
    case TRACE_GC_END:
        end_active(sums, event->ns);
        break;
    case TRACE_ASSIST_ACTIVE:
        if (event->is_first)
            begin_assist(sums, event->other, begin_ns);
        break;
    case TRACE_ASSIST_BEGIN:
        begin_assist(sums, event->goroutine, event->ns);
        break;
    case TRACE_ASSIST_END:
        end_assist(sums, event->goroutine, event->ns);
        break;
    default:
        break;
    }
    return STATUS_OK;
}

enum status trace_sums_take(void *ctx, const struct trace_event *event,
                            const struct trace_generation *generation, struct err *err)
{
    struct trace_sums *sums = ctx;
    sums->totals->event_count++;
    take_goroutine(sums, event, generation);
    return take_collector(sums, event, generation, err);
}

static void finish_goroutine(const struct trace_sums *sums, struct trace_goroutine *goroutine,
                             uint64_t end_ns)
{
    if (goroutine->status == TRACE_GO_DEAD)
        return;
    if (goroutine->is_stopping)
        add_stop(sums, &goroutine->clocks, end_ns);
    if (goroutine->is_assisting)
        end_assist(sums, goroutine, end_ns);
    if (goroutine->status != TRACE_GO_RUNNABLE)
        leave(sums, goroutine, goroutine->status, end_ns);
}

/* Those that ended within the trace. */
static void keep_cycles(struct trace_sums *sums)
{
    struct trace_totals *totals = sums->totals;
    totals->cycles = sums->cycles;
    for (size_t i = 0; i < sums->cycle_count; i++) {
        if (sums->cycles[i].until_ns > 0)
            totals->cycles[totals->cycle_count++] = sums->cycles[i];
    }
}

void trace_sums_finish(struct trace_sums *sums)
{
    uint64_t end_ns = trace_order_end_ns(sums->order);
    for (size_t i = 0; i < trace_order_goroutines(sums->order); i++)
        finish_goroutine(sums, trace_order_goroutine(sums->order, i), end_ns);
    end_active(sums, end_ns);
    keep_cycles(sums);
    sums->totals->from_ns = trace_order_begin_ns(sums->order);
    sums->totals->until_ns = end_ns;
}
