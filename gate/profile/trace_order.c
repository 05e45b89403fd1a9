#include "gate/profile/trace_order.h"

#include "gate/profile/trace_state.h"

/*
 * An event that is not possible yet is tried again, and threads are sorted
 * for it, which looks at every one of them. Real traces need less than one
 * try in ten; a hostile one could ask for the square of its length.
 */
#define TRIES_MAX 200000000

struct trace_order {
    struct trace_states states;
    bool has_begun;
    uint64_t run; /* by its own count: numbers of generations are the file's */
    uint64_t begin_ns;
    uint64_t last_ns; /* of the last event, or start of a generation */
    uint64_t event_ns;
    uint64_t tries;
};

/* One generation under way: a heap of the threads by the time of their next event. */
struct frontier {
    struct arena arena; /* of the generation */
    struct trace_order *order;
    const struct trace_generation *generation;
    const struct trace_sink *sink;
    struct trace_thread_ref *heap;
    size_t len;
    size_t cap;
    uint64_t *samples; /* times of CPU samples, which are events as well */
    size_t sample_at;
};

struct trace_order *trace_order_create(struct arena *arena)
{
    struct trace_order *order = ARENA_NEW(arena, struct trace_order);
    trace_states_init(&order->states, arena);
    return order;
}

void trace_order_release(struct trace_order *order)
{
    trace_states_release(&order->states);
}

uint64_t trace_order_begin_ns(const struct trace_order *order)
{
    return order->begin_ns;
}

uint64_t trace_order_end_ns(const struct trace_order *order)
{
    return order->event_ns;
}

size_t trace_order_goroutines(const struct trace_order *order)
{
    return order->states.goroutine_count;
}

struct trace_goroutine *trace_order_goroutine(const struct trace_order *order, size_t i)
{
    return order->states.goroutines[i].it;
}

static uint64_t time_at(const struct frontier *frontier, size_t i)
{
    return frontier->heap[i].it->next.ns;
}

static void swap(struct frontier *frontier, size_t a, size_t b)
{
    struct trace_thread_ref held = frontier->heap[a];
    frontier->heap[a] = frontier->heap[b];
    frontier->heap[b] = held;
}

/*
 * The heap is the one of internal/trace/batchcursor.go, step by step: of
 * two events of one time it decides which comes first, and so which of them
 * is 1 ns later.
 */
static size_t sift_up(struct frontier *frontier, size_t i)
{
    while (i > 0 && time_at(frontier, (i - 1) / 2) > time_at(frontier, i)) {
        swap(frontier, (i - 1) / 2, i);
        i = (i - 1) / 2;
    }
    return i;
}

static size_t least_of(const struct frontier *frontier, size_t i)
{
    size_t least = i;
    for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < frontier->len; child++) {
        if (time_at(frontier, child) < time_at(frontier, least))
            least = child;
    }
    return least;
}

static void sift_down(struct frontier *frontier, size_t i)
{
    size_t least = 0;
    while (i < frontier->len && (least = least_of(frontier, i)) != i) {
        swap(frontier, i, least);
        i = least;
    }
}

static void update(struct frontier *frontier, size_t i)
{
    if (sift_up(frontier, i) == i)
        sift_down(frontier, i);
}

static void take_out(struct frontier *frontier, size_t i)
{
    while (i > 0) {
        swap(frontier, (i - 1) / 2, i);
        i = (i - 1) / 2;
    }
    swap(frontier, 0, frontier->len - 1);
    frontier->len--;
    sift_down(frontier, 0);
}

static enum status count_tries(struct trace_order *order, uint64_t tries, struct err *err)
{
    order->tries += tries;
    if (order->tries > TRIES_MAX)
        return err_set(err, STATUS_LIMIT, "its events are too far out of order");
    return STATUS_OK;
}

/* By insertion, which keeps the order of what has one time; a sorted heap is one still. */
static enum status sort(struct frontier *frontier, struct err *err)
{
    if (count_tries(frontier->order, frontier->len, err))
        return err->status;
    for (size_t i = 1; i < frontier->len; i++) {
        size_t at = i;
        for (; at > 0 && time_at(frontier, at - 1) > time_at(frontier, at); at--)
            swap(frontier, at - 1, at);
        if (count_tries(frontier->order, i - at, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status no_time(struct err *err)
{
    return err_set(err, STATUS_FORMAT, "a time that no clock shows");
}

/* The numbers of one event; the time is the distance from the one before. */
static enum status read_event(struct trace_thread *thread,
                              const struct trace_generation *generation, struct err *err)
{
    const struct trace_batch *batch = &thread->mine[thread->mine_at];
    struct wire wire = wire_open(batch->data);
    uint64_t ticks = 0;
    uint64_t ns = 0;
    wire.at += thread->data_at;
    uint8_t type = *wire.at++;
    int args = trace_args_of(type);
    if (args < 0)
        return err_set(err, STATUS_FORMAT, "an event of type %u in a batch of a thread", type);
    thread->next = (struct trace_event){.type = (enum trace_type)type};
    if (wire_varint(&wire, &ticks, err))
        return err->status;
    for (int i = 0; i < args; i++) {
        if (wire_varint(&wire, &thread->next.args[i], err))
            return err->status;
    }
    if (!trace_ns_of(&ns, generation, ticks) || ns + thread->last_ns > INT64_MAX / 2)
        return no_time(err);
    thread->last_ns += ns;
    thread->next.ns = thread->last_ns;
    thread->data_at = (size_t)(wire.at - wire.start);
    return STATUS_OK;
}

/* *found is false behind the last one of the generation. */
static enum status next_event(bool *found, struct trace_thread *thread,
                              const struct trace_generation *generation, struct err *err)
{
    while (thread->mine_at < thread->mine_count &&
           thread->mine[thread->mine_at].data.len == thread->data_at) {
        thread->mine_at++;
        thread->data_at = 0;
        thread->last_ns = 0;
    }
    *found = thread->mine_at < thread->mine_count;
    if (!*found)
        return STATUS_OK;
    if (thread->last_ns == 0 &&
        !trace_ns_of(&thread->last_ns, generation, thread->mine[thread->mine_at].ticks))
        return no_time(err);
    if (read_event(thread, generation, err))
        return err_wrap(err, "thread %lld", (long long)thread->id);
    return STATUS_OK;
}

static void begin_thread(struct trace_thread *thread, uint64_t run)
{
    thread->run = run;
    thread->mine = NULL;
    thread->mine_count = 0;
    thread->mine_cap = 0;
    thread->mine_at = 0;
    thread->data_at = 0;
    thread->last_ns = 0;
}

/* The heap holds every thread of the generation, in the order of their first batches. */
static enum status group(struct frontier *frontier, struct err *err)
{
    const struct trace_generation *generation = frontier->generation;
    for (size_t i = 0; i < generation->batch_count; i++) {
        const struct trace_batch *batch = &generation->batches[i];
        struct trace_thread *thread = NULL;
        if (trace_states_thread(&thread, &frontier->order->states, batch->thread, err))
            return err->status;
        if (thread->run != frontier->order->run) {
            begin_thread(thread, frontier->order->run);
            struct trace_thread_ref ref = {thread};
            ARENA_PUSH(&frontier->arena, frontier->heap, frontier->len, frontier->cap, ref);
        }
        ARENA_PUSH(&frontier->arena, thread->mine, thread->mine_count, thread->mine_cap, *batch);
    }
    return STATUS_OK;
}

static enum status fill(struct frontier *frontier, struct err *err)
{
    size_t count = frontier->len;
    bool found = false;
    frontier->len = 0;
    for (size_t i = 0; i < count; i++) {
        struct trace_thread *thread = frontier->heap[i].it;
        if (next_event(&found, thread, frontier->generation, err))
            return err->status;
        if (found) {
            frontier->heap[frontier->len++].it = thread;
            (void)sift_up(frontier, frontier->len - 1);
        }
    }
    return STATUS_OK;
}

static int compare_times(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static enum status sort_samples(struct frontier *frontier, struct err *err)
{
    const struct trace_generation *generation = frontier->generation;
    size_t count = generation->sample_count;
    frontier->samples = ARENA_ARRAY(&frontier->arena, uint64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!trace_ns_of(&frontier->samples[i], generation, generation->samples[i]))
            return no_time(err);
    }
    qsort(frontier->samples, count, sizeof(*frontier->samples), compare_times);
    return STATUS_OK;
}

/* No two at one time. */
static uint64_t place(struct trace_order *order, uint64_t ns)
{
    order->last_ns = ns > order->last_ns ? ns : order->last_ns + 1;
    return order->last_ns;
}

static enum status hand_on(struct frontier *frontier, struct trace_event *event, struct err *err)
{
    event->ns = place(frontier->order, event->ns);
    frontier->order->event_ns = event->ns;
    return frontier->sink->take(frontier->sink->ctx, event, frontier->generation, err);
}

static enum status try_advance(bool *done, struct frontier *frontier, size_t i, struct err *err)
{
    struct trace_thread *thread = frontier->heap[i].it;
    bool found = false;
    if (count_tries(frontier->order, 1, err) ||
        trace_states_advance(done, &frontier->order->states, thread, err))
        return err->status;
    if (!*done)
        return STATUS_OK;
    if (next_event(&found, thread, frontier->generation, err))
        return err->status;
    if (found) {
        update(frontier, i);
    } else {
        take_out(frontier, i);
    }
    return STATUS_OK;
}

/* The earliest event that is possible. */
static enum status advance(struct frontier *frontier, struct err *err)
{
    bool done = false;
    if (try_advance(&done, frontier, 0, err))
        return err->status;
    if (!done && sort(frontier, err))
        return err->status;
    for (size_t i = 1; !done && i < frontier->len; i++) {
        if (try_advance(&done, frontier, i, err))
            return err->status;
    }
    if (!done)
        return err_set(err, STATUS_FORMAT, "none of its next events is possible");
    return STATUS_OK;
}

static bool is_sample_next(const struct frontier *frontier)
{
    if (frontier->sample_at == frontier->generation->sample_count)
        return false;
    return frontier->len == 0 || frontier->samples[frontier->sample_at] < time_at(frontier, 0);
}

static enum status run_step(struct frontier *frontier, struct err *err)
{
    struct trace_states *states = &frontier->order->states;
    if (is_sample_next(frontier)) {
        struct trace_event sample = {.type = TRACE_CPU_SAMPLE};
        sample.ns = frontier->samples[frontier->sample_at++];
        return hand_on(frontier, &sample, err);
    }
    if (advance(frontier, err))
        return err->status;
    for (size_t i = 0; i < states->queue_len; i++) {
        if (hand_on(frontier, &states->queue[i], err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status begin(struct trace_order *order, const struct trace_generation *generation,
                         struct err *err)
{
    uint64_t ns = 0;
    if (!trace_ns_of(&ns, generation, generation->first_ticks))
        return no_time(err);
    ns = place(order, ns);
    if (!order->has_begun)
        order->begin_ns = ns;
    order->has_begun = true;
    order->run++;
    order->states.generation = generation->number;
    return STATUS_OK;
}

enum status trace_order_run(struct trace_order *order, const struct trace_generation *generation,
                            const struct trace_sink *sink, struct err *err)
{
    struct frontier frontier = {.order = order, .generation = generation, .sink = sink};
    arena_init(&frontier.arena);
    if (!begin(order, generation, err) && !group(&frontier, err) && !fill(&frontier, err) &&
        !sort_samples(&frontier, err)) {
        enum status status = STATUS_OK;
        while (status == STATUS_OK &&
               (frontier.len > 0 || frontier.sample_at < generation->sample_count))
            status = run_step(&frontier, err);
        arena_release(&frontier.arena);
        return status;
    }
    arena_release(&frontier.arena);
    return err->status;
}
