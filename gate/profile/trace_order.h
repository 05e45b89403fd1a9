#ifndef GATE_PROFILE_TRACE_ORDER_H
#define GATE_PROFILE_TRACE_ORDER_H

#include "gate/profile/trace_file.h"

/*
 * Puts the events of all threads of a trace into the one order in which they
 * can have happened. Times alone do not give it: clocks have steps, and
 * threads write down what they did a little later. So the states of
 * goroutines, processors and threads are followed, and an event waits until
 * it is possible; goroutines and processors have counters for that. The
 * rules are those of Go's own reader (internal/trace/order.go and reader.go).
 */
enum { TRACE_ARGS = 5, TRACE_QUEUE = 3 };

#define TRACE_NO_GOROUTINE UINT64_MAX

/* internal/trace/tracev2/events.go, GoStatus. */
enum trace_go_status {
    TRACE_GO_RUNNABLE = 1,
    TRACE_GO_RUNNING,
    TRACE_GO_SYSCALL,
    TRACE_GO_WAITING,
    TRACE_GO_DEAD, /* ours: ids are not used again, states are kept */
};

/* What the sums keep of a goroutine. */
struct trace_clocks {
    uint64_t since_ns; /* in its status */
    bool is_cut;       /* it was in it when the trace began */
    enum trace_wait wait;
    enum trace_stop stop;
    uint64_t stop_ns;           /* when it stopped the world */
    uint64_t assist_ns;         /* when its assist began */
    uint64_t assist_resumed_ns; /* when it went on running within it */
    uint64_t assist_running_ns; /* before that */
    bool assist_is_over;        /* it went on to stop the world */
    size_t assist_cycle;        /* number of cycles that had begun by then */
};

struct trace_goroutine {
    uint64_t id;
    enum trace_go_status status;
    uint64_t generation; /* of the counter */
    uint64_t sequence;
    bool is_stopping; /* the world, or trying to */
    bool is_assisting;
    bool has_assisted;          /* or does */
    struct trace_clocks clocks; /* not touched here */
};

/* One event in its place. */
struct trace_event {
    enum trace_type type;
    uint64_t ns;
    uint64_t args[TRACE_ARGS];         /* behind the time, as in events.go */
    struct trace_goroutine *goroutine; /* that the thread ran before; NULL: none */
    struct trace_goroutine *other;     /* that it is about, where that is another */
    bool is_first;                     /* of a status: nothing was known before */
};

struct trace_order;

/* Called for each event, in order. */
struct trace_sink {
    enum status (*take)(void *ctx, const struct trace_event *event,
                        const struct trace_generation *generation, struct err *err);
    void *ctx;
};

struct trace_order *trace_order_create(struct arena *arena);
void trace_order_release(struct trace_order *order);

/*
 * All events of one whole generation, in the order of generations.
 * STATUS_FORMAT: contradictions; STATUS_LIMIT: as trace_decode.
 */
NODISCARD enum status trace_order_run(struct trace_order *order,
                                      const struct trace_generation *generation,
                                      const struct trace_sink *sink, struct err *err);

/* When the first generation began; valid once one was run, or while it is. */
uint64_t trace_order_begin_ns(const struct trace_order *order);
/* Of the last event so far. */
uint64_t trace_order_end_ns(const struct trace_order *order);
size_t trace_order_goroutines(const struct trace_order *order);
struct trace_goroutine *trace_order_goroutine(const struct trace_order *order, size_t i);

#endif
