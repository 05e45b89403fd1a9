#include "gate/recording/trace.h"

#include "gate/recording/shape.h"

/* Sums of all trials stay numbers that JSON can hold. */
#define SUM_MAX (INT64_MAX / RECORDING_TRIALS_MAX)

#define RECORD trace_sum
static const struct field sum_fields[] = {
    {"count", FIELD_U64, AT(count), SUM_MAX, NULL, 0},
    {"ns", FIELD_U64, AT(ns), SUM_MAX, NULL, 0},
    {"max_ns", FIELD_U64, AT(max_ns), SUM_MAX, NULL, 0},
};
#undef RECORD
static const struct shape sum_shape = {.fields = sum_fields,
                                       .field_count = ARRAY_LEN(sum_fields),
                                       .size = sizeof(struct trace_sum),
                                       .is_tuple = true};

/* By trace_wait_name. */
static const struct field wait_fields[] = {
#define X(symbol, name)                                                                            \
    {name, FIELD_OBJECT, TRACE_WAIT_##symbol * sizeof(struct trace_sum), 0, &sum_shape, 0},
    TRACE_WAIT_MAP(X)
#undef X
};
static const struct shape waits_shape = SHAPE(struct trace_sum[TRACE_WAITS], wait_fields);

#define RECORD record_trace
static const struct field trace_fields[] = {
    {"is_read", FIELD_BOOL, AT(is_read), 0, NULL, 0},
    {"refusal", FIELD_STR, AT(refusal), 0, NULL, 0},
    {"bytes", FIELD_U64, AT(bytes), TRACE_BYTES_MAX, NULL, 0},
    {"version", FIELD_U32, AT(totals.version), UINT32_MAX, NULL, 0},
    {"from_ns", FIELD_U64, AT(totals.from_ns), SUM_MAX, NULL, 0},
    {"until_ns", FIELD_U64, AT(totals.until_ns), SUM_MAX, NULL, 0},
    {"events", FIELD_U64, AT(totals.event_count), SUM_MAX, NULL, 0},
    {"generations", FIELD_U64, AT(totals.generation_count), SUM_MAX, NULL, 0},
    {"lost_batches", FIELD_U64, AT(totals.lost_batches), SUM_MAX, NULL, 0},
    {"lost_bytes", FIELD_U64, AT(totals.lost_bytes), SUM_MAX, NULL, 0},
    {"gc_stops", FIELD_OBJECT, AT(totals.gc_stops), 0, &sum_shape, 0},
    {"start_stops", FIELD_OBJECT, AT(totals.start_stops), 0, &sum_shape, 0},
    {"other_stops", FIELD_OBJECT, AT(totals.other_stops), 0, &sum_shape, 0},
    {"gc_active_ns", FIELD_U64, AT(totals.gc_active_ns), SUM_MAX, NULL, 0},
    {"assists", FIELD_OBJECT, AT(totals.assists), 0, &sum_shape, 0},
    {"assist_running_ns", FIELD_U64, AT(totals.assist_running_ns), SUM_MAX, NULL, 0},
    {"assist_ending_ns", FIELD_U64, AT(totals.assist_ending_ns), SUM_MAX, NULL, 0},
    {"waits", FIELD_OBJECT, AT(totals.waits), 0, &waits_shape, 0},
    {"syscalls", FIELD_OBJECT, AT(totals.syscalls), 0, &sum_shape, 0},
    {"scheduling", FIELD_OBJECT, AT(totals.scheduling), 0, &sum_shape, 0},
};
#undef RECORD
static const struct shape trace_shape = SHAPE(struct record_trace, trace_fields);

static bool is_sum(const struct trace_sum *sum)
{
    return sum->max_ns <= sum->ns && (sum->count > 0 || sum->ns == 0);
}

static enum status check_sums(const struct record_trace *trace, enum status status, struct err *err)
{
    const struct trace_totals *totals = &trace->totals;
    const struct trace_sum *const sums[] = {&totals->gc_stops,    &totals->start_stops,
                                            &totals->other_stops, &totals->assists,
                                            &totals->syscalls,    &totals->scheduling};
    bool is_right = totals->from_ns <= totals->until_ns &&
                    totals->assist_ending_ns <= totals->assist_running_ns &&
                    totals->assist_running_ns <= totals->assists.ns &&
                    trace->is_read == (trace->refusal.len == 0);
    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        is_right = is_right && is_sum(sums[i]);
    for (size_t i = 0; i < TRACE_WAITS; i++)
        is_right = is_right && is_sum(&totals->waits[i]);
    return is_right ? STATUS_OK : err_set(err, status, "its sums contradict each other");
}

enum status trace_write(struct buf *buf, const struct record_trace *trace, struct err *err)
{
    if (check_sums(trace, STATUS_INVALID, err))
        return err->status;
    return shape_write(buf, &trace_shape, trace, err);
}

enum status trace_read(struct record_trace *out, struct arena *arena, struct str text,
                       struct err *err)
{
    struct record_trace trace = {0};
    if (shape_parse(&trace, arena, &trace_shape, text, err) ||
        check_sums(&trace, STATUS_FORMAT, err))
        return err->status;
    *out = trace;
    return STATUS_OK;
}
