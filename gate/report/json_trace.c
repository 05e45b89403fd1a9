#include "gate/report/json_trace.h"

static void write_sum(struct json_writer *json, const char *key, const struct trace_sum *sum)
{
    json_object(json, key);
    json_u64(json, "count", sum->count);
    json_u64(json, "ns", sum->ns);
    json_u64(json, "max_ns", sum->max_ns);
    json_object_end(json);
}

static void write_waits(struct json_writer *json, const struct trace_totals *totals)
{
    json_object(json, "waits");
    for (enum trace_wait wait = 0; wait < TRACE_WAITS; wait++)
        write_sum(json, trace_wait_name(wait), &totals->waits[wait]);
    json_object_end(json);
}

/* Sums of the same collections by both. */
static void write_check(struct json_writer *json, const struct trace_side *side)
{
    json_object(json, "gctrace");
    json_u64(json, "collections", side->traced_count);
    json_u64(json, "matched", side->matched_count);
    json_double(json, "stop_ns", side->printed_stop_ns);
    json_double(json, "traced_stop_ns", side->traced_stop_ns);
    json_double(json, "assist_ns", side->printed_assist_ns);
    json_double(json, "traced_assist_min_ns", side->traced_assist_low_ns);
    json_double(json, "traced_assist_max_ns", side->traced_assist_high_ns);
    json_u64(json, "stops_apart", side->stops_apart);
    json_u64(json, "assists_apart", side->assists_apart);
    json_bool(json, "stops_differ", trace_stops_are_apart(side));
    json_bool(json, "assists_differ", trace_assists_are_apart(side));
    json_object_end(json);
}

static void write_totals(struct json_writer *json, const struct trace_side *side)
{
    const struct trace_totals *totals = &side->totals;
    json_u64(json, "window_ns", side->window_ns);
    json_u64(json, "events", totals->event_count);
    json_u64(json, "lost_batches", totals->lost_batches);
    json_u64(json, "lost_bytes", totals->lost_bytes);
    write_sum(json, "gc_stops", &totals->gc_stops);
    write_sum(json, "start_stops", &totals->start_stops);
    write_sum(json, "other_stops", &totals->other_stops);
    json_u64(json, "gc_active_ns", totals->gc_active_ns);
    write_sum(json, "assists", &totals->assists);
    json_u64(json, "assist_running_ns", totals->assist_running_ns);
    json_u64(json, "assist_ending_ns", totals->assist_ending_ns);
    write_waits(json, totals);
    write_sum(json, "syscalls", &totals->syscalls);
    write_sum(json, "scheduling", &totals->scheduling);
    write_check(json, side);
}

static void write_side(struct json_writer *json, const char *key, const struct trace_side *side)
{
    json_object(json, key);
    json_u64(json, "trials", side->trial_count);
    json_str_or_null(json, "refusal", side->refusal);
    if (side->trial_count > 0)
        write_totals(json, side);
    json_object_end(json);
}

void json_trace_write(struct json_writer *json, const struct comparison *comparison)
{
    if (!comparison->traces) {
        json_null(json, "execution_trace");
        return;
    }
    json_object(json, "execution_trace");
    if (comparison->alone.len > 0) {
        json_null(json, "base");
    } else {
        write_side(json, "base", &comparison->traces[SIDE_BASE]);
    }
    write_side(json, "cand", &comparison->traces[SIDE_CAND]);
    json_object_end(json);
}
