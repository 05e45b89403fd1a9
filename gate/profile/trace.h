#ifndef GATE_PROFILE_TRACE_H
#define GATE_PROFILE_TRACE_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * What a Go execution trace (runtime/trace, net/http/pprof's "trace") says
 * of stops, of the collector and of waiting. Format: version 2, which Go
 * 1.22 and later write ("go 1.22 trace", 1.23, 1.25 and 1.26; Go 1.24 writes
 * 1.23, Go 1.27 writes 1.26), as the Go source has it in
 * internal/trace/tracev2 and internal/trace/version. Its parts are read in
 * trace_file.h, put in order in trace_order.h and summed in trace_sums.h.
 *
 * Times are nanoseconds of the clock that the program used: on Linux
 * CLOCK_MONOTONIC in steps of 64 ns (runtime/trace: nanotime() /
 * traceTimeDiv), which is memgate's own. Events that would have the same
 * time as the one before are 1 ns later, as golang.org/x/exp/trace has it,
 * so that sums agree with that reader to the nanosecond.
 */
enum {
    TRACE_BYTES_MAX = 64 * 1024 * 1024,
    TRACE_BATCHES_MAX = 1000000, /* of one generation; a batch holds up to 64 KiB */
    TRACE_STRINGS_MAX = 1000000, /* likewise */
    TRACE_SAMPLES_MAX = 4000000, /* of the CPU profile, likewise */
    TRACE_GOROUTINES_MAX = 2000000,
    TRACE_THREADS_MAX = 100000, /* ten times what the runtime allows; and processors */
    TRACE_CYCLES_MAX = 100000,
};
/* So that sums over goroutines stay far from the end of their numbers. */
#define TRACE_SPAN_NS_MAX 60000000000ULL

/* Why a goroutine waits: what the runtime says (runtime/traceruntime.go), in groups. */
#define TRACE_WAIT_MAP(X)                                                                          \
    X(SYNC, "sync")       /* mutexes, wait groups, conditions */                                   \
    X(CHANNEL, "channel") /* sends and receives */                                                 \
    X(SELECT, "select")                                                                            \
    X(NETWORK, "network") /* whatever the poller waits for */                                      \
    X(SLEEP, "sleep")                                                                              \
    X(COLLECTOR, "collector") /* assists out of work, the collector's own goroutines */            \
    X(RUNTIME, "runtime")     /* the runtime's own goroutines, and those that it preempted */      \
    X(OTHER, "other")         /* every other reason, coroutines, none given */                     \
    X(EARLIER, "earlier")     /* it waited already when the trace began: nobody says for what */

enum trace_wait {
#define X(symbol, name) TRACE_WAIT_##symbol,
    TRACE_WAIT_MAP(X)
#undef X
        TRACE_WAITS
};

const char *trace_wait_name(enum trace_wait wait); /* "sync" */

struct trace_sum {
    uint64_t count;
    uint64_t ns;
    uint64_t max_ns; /* the longest of them */
};

/* A collection that began and ended within the trace. */
struct trace_cycle {
    uint64_t from_ns;  /* it was asked for */
    uint64_t until_ns; /* its last stop was over */
    uint64_t sweep_ns; /* the stop for sweep termination */
    uint64_t termination_ns;
    uint64_t assist_running_ns; /* of assists that began within it, as below */
    uint64_t assist_ending_ns;
    uint64_t assist_count;
};

/*
 * Everything within the window, from the first batch to the last event.
 * What goes on at its ends counts as far as it lies within; a wait for a
 * processor counts only whole. Waiting is summed over goroutines: ten that
 * wait for a second waited 10 s.
 */
struct trace_totals {
    uint32_t version; /* 22 for "go 1.22 trace" */
    uint64_t from_ns;
    uint64_t until_ns;
    uint64_t event_count; /* as golang.org/x/exp/trace counts them, Sync left out */
    uint64_t generation_count;
    uint64_t lost_batches; /* of a generation that the file holds in part, with which it ends */
    uint64_t lost_bytes;
    struct trace_sum gc_stops;    /* for sweep and mark termination */
    struct trace_sum start_stops; /* for the trace itself */
    struct trace_sum other_stops; /* runtime.ReadMemStats and others */
    uint64_t gc_active_ns;        /* a collection was under way, concurrent marking included */
    struct trace_sum assists;     /* waiting included */
    /*
     * Of them while the goroutine ran, until it stopped the world itself, and
     * of that the part of those that did. gctrace counts the marking alone: an
     * assist that finds nothing left to mark goes on to end the collection,
     * waits for every processor first, and no event tells one from the other.
     */
    uint64_t assist_running_ns;
    uint64_t assist_ending_ns;
    struct trace_sum waits[TRACE_WAITS];
    struct trace_sum syscalls;
    struct trace_sum scheduling; /* able to run, until it ran */
    struct trace_cycle *cycles;  /* in the arena */
    size_t cycle_count;
};

/*
 * STATUS_FORMAT: no trace, one of Go before 1.22, of a version that is not
 * known, or one that contradicts itself; STATUS_LIMIT: beyond what is named
 * above. A file that is cut short gives what its whole generations say, and
 * STATUS_FORMAT where it holds none. A hostile
 * file with as many goroutines, CPU samples and batches as are allowed took
 * 600 MiB.
 */
NODISCARD enum status trace_decode(struct trace_totals *out, struct arena *arena, struct bytes data,
                                   struct err *err);

#endif
