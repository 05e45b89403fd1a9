#include "gate/profile/trace.h"

#include "gate/profile/trace_sums.h"

static const char *const wait_names[TRACE_WAITS] = {
#define X(symbol, name) name,
    TRACE_WAIT_MAP(X)
#undef X
};

const char *trace_wait_name(enum trace_wait wait)
{
    return wait_names[wait];
}

/* One generation's tables are released before the next one is read. */
static enum status run_generation(struct trace_order *order, struct trace_file *file,
                                  const struct trace_sink *sink, struct err *err)
{
    struct arena scratch;
    struct trace_generation generation = {0};
    arena_init(&scratch);
    enum status status = trace_file_next(&generation, &scratch, file, err);
    if (status == STATUS_OK && trace_order_run(order, &generation, sink, err))
        status = err_wrap(err, "generation %llu", (unsigned long long)generation.number);
    trace_generation_release(&generation);
    arena_release(&scratch);
    return status;
}

static enum status run_all(struct trace_totals *totals, struct trace_order *order,
                           struct trace_file *file, const struct trace_sink *sink, struct err *err)
{
    enum status status = STATUS_OK;
    while ((status = run_generation(order, file, sink, err)) == STATUS_OK)
        totals->generation_count++;
    if (status != STATUS_NOT_FOUND)
        return status;
    if (totals->generation_count == 0)
        return err_set(err, STATUS_FORMAT, "it holds no whole generation: cut short, or empty");
    return STATUS_OK;
}

enum status trace_decode(struct trace_totals *out, struct arena *arena, struct bytes data,
                         struct err *err)
{
    struct arena scratch;
    struct trace_file file = {0};
    struct trace_totals totals = {0};
    if (trace_file_open(&file, data, err))
        return err->status;
    arena_init(&scratch);
    totals.version = file.version;
    struct trace_order *order = trace_order_create(&scratch);
    struct trace_sums sums = {.arena = arena, .order = order, .totals = &totals};
    struct trace_sink sink = {trace_sums_take, &sums};
    enum status status = run_all(&totals, order, &file, &sink, err);
    if (status == STATUS_OK &&
        trace_order_end_ns(order) > trace_order_begin_ns(order) + TRACE_SPAN_NS_MAX)
        status = err_set(err, STATUS_LIMIT, "a trace of more than a minute");
    if (status == STATUS_OK) {
        trace_sums_finish(&sums);
        totals.lost_batches = file.lost_batches;
        totals.lost_bytes = file.lost_bytes;
        *out = totals;
    }
    trace_order_release(order);
    arena_release(&scratch);
    return status;
}
