#ifndef GATE_PROFILE_TRACE_SUMS_H
#define GATE_PROFILE_TRACE_SUMS_H

#include "gate/profile/trace_order.h"

/* Sums what the events of a trace say, one after the other, into trace_totals. */
struct trace_sums {
    struct arena *arena; /* of the cycles */
    const struct trace_order *order;
    struct trace_totals *totals;
    bool is_active; /* the collector */
    uint64_t active_ns;
    struct trace_cycle *cycles; /* that began within the trace, also those that did not end in it */
    size_t cycle_count;
    size_t cycle_cap;
    enum { CYCLE_NONE, CYCLE_MARKS, CYCLE_STOPS } cycle; /* of the last one */
};

/* A sink (ctx is the struct trace_sums). */
NODISCARD enum status trace_sums_take(void *ctx, const struct trace_event *event,
                                      const struct trace_generation *generation, struct err *err);
/* What still goes on ends with the trace. */
void trace_sums_finish(struct trace_sums *sums);

#endif
