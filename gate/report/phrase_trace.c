#include "gate/report/phrase.h"

static void write_ns(struct buf *out, double ns)
{
    unit_write(out, UNIT_NS, ns, false);
}

static void write_percent(struct buf *out, double part, double whole)
{
    unit_write_percent(out, whole > 0 ? part / whole : 0, false);
}

static void write_stops(struct buf *out, const struct trace_side *side)
{
    const struct trace_totals *totals = &side->totals;
    buf_printf(out, "the collector stopped the program %llu times for ",
               (unsigned long long)totals->gc_stops.count);
    write_ns(out, (double)totals->gc_stops.ns);
    buf_text(out, " (longest ");
    write_ns(out, (double)totals->gc_stops.max_ns);
    buf_text(out, ") and was at work ");
    write_percent(out, (double)totals->gc_active_ns, (double)side->window_ns);
    buf_printf(out, " of the time; %llu assists ran ", (unsigned long long)totals->assists.count);
    write_ns(out, (double)totals->assist_running_ns);
}

static void write_lost(struct buf *out, const struct trace_side *side)
{
    const struct trace_totals *totals = &side->totals;
    if (totals->lost_batches > 0) {
        buf_printf(out, "; cut short: %llu batches (%llu bytes) lost",
                   (unsigned long long)totals->lost_batches,
                   (unsigned long long)totals->lost_bytes);
    }
    if (side->refusal.len > 0)
        buf_printf(out, "; not of all trials: %.*s", STR_ARGS(side->refusal));
}

struct str phrase_trace(struct arena *arena, const struct trace_side *side)
{
    struct buf out;
    if (side->trial_count == 0) {
        struct str why = str_printable(arena, side->refusal);
        return str_format(arena, "not measured: %.*s", STR_ARGS(why));
    }
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    write_ns(&out, (double)side->window_ns);
    buf_printf(&out, " of %zu trial%s: ", side->trial_count, side->trial_count > 1 ? "s" : "");
    write_stops(&out, side);
    write_lost(&out, side);
    return buf_take(&out, arena);
}

/* More by the trace is what a busy machine does; less would be an error of one of them. */
static void write_apart(struct buf *out, size_t apart, const struct trace_side *side, bool is_more)
{
    buf_printf(out, ": they DIFFER by more than is explained in %zu of %zu collections%s", apart,
               side->matched_count,
               is_more ? " (in the trace a thread runs also while it waits for a CPU)" : "");
}

static void write_assists(struct buf *out, const struct trace_side *side)
{
    buf_text(out, "; assists ");
    write_ns(out, side->printed_assist_ns);
    buf_text(out, ", by the trace ");
    if (side->traced_assist_high_ns > side->traced_assist_low_ns) {
        write_ns(out, side->traced_assist_low_ns);
        buf_text(out, " to ");
    }
    write_ns(out, side->traced_assist_high_ns);
    bool is_more = side->traced_assist_low_ns > side->printed_assist_ns;
    if (trace_assists_are_apart(side))
        write_apart(out, side->assists_apart, side, is_more);
}

struct str phrase_trace_check(struct arena *arena, const struct trace_side *side)
{
    struct buf out;
    if (side->trial_count == 0)
        return STR("");
    if (side->matched_count == 0) {
        return str_format(arena,
                          "gctrace: nothing to hold against it: of %zu whole collections in the "
                          "trace no line came",
                          side->traced_count);
    }
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    buf_printf(&out, "gctrace of %zu of %zu whole collections: stops ", side->matched_count,
               side->traced_count);
    write_ns(&out, side->printed_stop_ns);
    buf_text(&out, ", by the trace ");
    write_ns(&out, side->traced_stop_ns);
    if (trace_stops_are_apart(side))
        write_apart(&out, side->stops_apart, side, side->traced_stop_ns > side->printed_stop_ns);
    write_assists(&out, side);
    return buf_take(&out, arena);
}

/* Those that a program causes itself; "earlier", and the runtime's own, say nothing of it. */
static const enum trace_wait shown_waits[] = {TRACE_WAIT_SYNC,   TRACE_WAIT_CHANNEL,
                                              TRACE_WAIT_SELECT, TRACE_WAIT_NETWORK,
                                              TRACE_WAIT_SLEEP,  TRACE_WAIT_COLLECTOR};

struct str phrase_trace_waits(struct arena *arena, const struct trace_side *side)
{
    const struct trace_totals *totals = &side->totals;
    struct buf out;
    if (side->trial_count == 0)
        return STR("");
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    buf_text(&out, "goroutines waited (summed)");
    for (size_t i = 0; i < ARRAY_LEN(shown_waits); i++) {
        const struct trace_sum *wait = &totals->waits[shown_waits[i]];
        buf_printf(&out, "%s %s ", i > 0 ? "," : "", trace_wait_name(shown_waits[i]));
        write_ns(&out, (double)wait->ns);
    }
    buf_text(&out, ", system calls ");
    write_ns(&out, (double)totals->syscalls.ns);
    buf_text(&out, "; for a processor ");
    write_ns(&out, (double)totals->scheduling.ns);
    buf_printf(&out, " in %llu times (longest ", (unsigned long long)totals->scheduling.count);
    write_ns(&out, (double)totals->scheduling.max_ns);
    buf_byte(&out, ')');
    return buf_take(&out, arena);
}
