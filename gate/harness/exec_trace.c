#include "gate/harness/exec_trace.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/recording/trace.h"

/* Stopping a trace takes the runtime a second at most; the rest is a slow service's. */
#define GRACE_NS (10 * NS_PER_SECOND)

static bool is_wanted(const struct trial *trial)
{
    return trial->key.phase == PHASE_STEADY && trial->scenario->scenario->trace;
}

bool exec_trace_is_under_way(const struct exec_trace *trace)
{
    return trace->exchange != NULL;
}

bool exec_trace_is_taken(const struct trial *trial)
{
    return is_wanted(trial) && trial->scenario->trace_refusal.len == 0;
}

uint64_t exec_trace_seconds(const struct record_trial *record)
{
    uint64_t seconds = record->duration_ns / NS_PER_SECOND;
    return num_max_u64(1, num_min_u64(seconds, EXEC_TRACE_SECONDS_MAX));
}

/* Half a second is for the trace to begin, and for a load that goes faster than before. */
uint64_t exec_trace_requests(const struct record_trial *record, uint64_t seconds)
{
    double load_seconds = (double)record->duration_ns / (double)NS_PER_SECOND;
    double pace = num_ratio((double)record->request_count, load_seconds);
    double count = pace * ((double)seconds + 0.5);
    return count > 1 ? (uint64_t)count : 1;
}

static uint64_t grace_of(const struct trial *trial)
{
    return num_min_u64(trial->scenario->scenario->service.profile_timeout_ns, GRACE_NS);
}

void exec_trace_begin(struct exec_trace *out, struct trial *trial, const struct address *address,
                      uint64_t seconds)
{
    struct arena *arena = trial->scratch;
    *out = (struct exec_trace){.trial = trial,
                               .address = *address,
                               .seconds = seconds,
                               .why = ARENA_NEW(arena, struct err)};
    out->path = trial_pprof_path(
        trial, arena, str_format(arena, "trace?seconds=%llu", (unsigned long long)seconds));
    /* A failure leaves no exchange, and the reason where it is recorded. */
    (void)!control_begin(&out->exchange, arena, &out->address, out->path,
                         seconds * NS_PER_SECOND + grace_of(trial), out->why);
}

static void take_reply(struct exec_trace *trace)
{
    struct control_exchange *exchange = trace->exchange;
    trace->exchange = NULL;
    (void)!control_end(&trace->reply, trace->trial->scratch, exchange, trace->why);
}

void exec_trace_step(struct exec_trace *trace)
{
    if (trace->exchange && control_step(trace->exchange))
        take_reply(trace);
}

void exec_trace_abandon(struct exec_trace *trace, const struct err *why)
{
    if (trace->exchange)
        take_reply(trace);
    *trace->why = *why;
    (void)err_wrap(trace->why, "the load failed under the trace");
}

enum status exec_trace_receive(struct exec_trace *trace, struct err *err)
{
    if (trace->exchange) {
        control_hang_up(trace->exchange);
        control_wait(trace->exchange, grace_of(trace->trial));
        take_reply(trace);
    }
    if (trace->why->status != STATUS_INTERRUPTED)
        return STATUS_OK;
    *err = *trace->why;
    return err->status;
}

/* Whether a recording can hold it: one that cannot is a broken trace, not a broken run. */
static enum status check_record(const struct record_trace *record, struct err *err)
{
    struct buf text;
    buf_init(&text, RECORDING_JSON_BYTES_MAX);
    enum status status = trace_write(&text, record, err);
    buf_release(&text);
    return status;
}

/* Times count from origin_ns. */
static enum status decode(struct record_trace *out, const struct exec_trace *trace,
                          uint64_t origin_ns, struct err *err)
{
    struct record_trace record = {.is_read = true, .bytes = trace->reply.body.len};
    struct trace_totals *totals = &record.totals;
    if (trace->why->status != STATUS_OK) {
        *err = *trace->why;
        return err->status;
    }
    if (control_check_profile(&trace->reply, trace->trial->scratch, trace->path, err))
        return err->status;
    if (trace_decode(totals, trace->trial->scratch, trace->reply.body, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(trace->path));
    totals->from_ns = num_less_u64(totals->from_ns, origin_ns);
    totals->until_ns = num_less_u64(totals->until_ns, origin_ns);
    if (check_record(&record, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(trace->path));
    *out = record;
    return STATUS_OK;
}

static uint64_t us_since(uint64_t ns, uint64_t origin_ns)
{
    return num_less_u64(ns, origin_ns) / NS_PER_US;
}

static enum status write_cycles(const struct trial *trial, const struct trace_totals *totals,
                                uint64_t origin_ns, struct err *err)
{
    size_t len = totals->cycle_count;
    uint64_t *values = ARENA_ARRAY(trial->scratch, uint64_t, (len + 1) * TRACED_COLUMNS);
    for (size_t i = 0; i < len; i++) {
        const struct trace_cycle *cycle = &totals->cycles[i];
        uint64_t *row = values + i * TRACED_COLUMNS;
        row[TRACED_FROM] = us_since(cycle->from_ns, origin_ns);
        row[TRACED_UNTIL] = us_since(cycle->until_ns, origin_ns);
        row[TRACED_SWEEP] = cycle->sweep_ns;
        row[TRACED_TERMINATION] = cycle->termination_ns;
        row[TRACED_ASSIST_RUNNING] = cycle->assist_running_ns;
        row[TRACED_ASSIST_ENDING] = cycle->assist_ending_ns;
        row[TRACED_ASSISTS] = cycle->assist_count;
    }
    return recording_table_write(recording_table_file(trial->scratch, trial->dir, TABLE_TRACED),
                                 TABLE_TRACED, values, len, err);
}

static enum status write_trace(const struct exec_trace *trace, struct record_trace *out,
                               const struct record_rows *cycles, uint64_t origin_ns,
                               struct err *err)
{
    const struct trial *trial = trace->trial;
    struct arena *arena = trial->scratch;
    if (write_cycles(trial, &out->totals, origin_ns, err) ||
        recording_table_write(recording_table_file(arena, trial->dir, TABLE_GCTRACE), TABLE_GCTRACE,
                              cycles->values, cycles->len, err))
        return err->status;
    out->totals.cycles = NULL;
    out->totals.cycle_count = 0;
    return io_write_file(recording_trace_file(arena, trial->dir), trace->reply.body, err);
}

/* Said once for the scenario. */
static void refuse(struct trial *trial, struct record_trace *out, struct str why)
{
    const char *side = side_name(trial->key.side);
    out->refusal = str_copy(trial->keep, str_slice(why, 0, RECORDING_REFUSAL_BYTES_MAX - 1));
    log_line(trial->harness->spec.log,
             "%s: no execution trace: %.*s; later trials of %.*s take none, on either side", side,
             STR_ARGS(why), STR_ARGS(trial->scenario->scenario->name));
    trial->scenario->trace_refusal =
        str_format(trial->keep, "none was asked for after that of %s trial %u was refused: %.*s",
                   side, (unsigned)trial->key.number, STR_ARGS(out->refusal));
}

static enum status remove_old(const struct trial *trial, struct err *err)
{
    struct arena *arena = trial->scratch;
    const struct str files[] = {
        recording_trace_file(arena, trial->dir),
        recording_table_file(arena, trial->dir, TABLE_TRACED),
        recording_table_file(arena, trial->dir, TABLE_GCTRACE),
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (io_remove_tree(files[i], err))
            return err->status;
    }
    return STATUS_OK;
}

enum status exec_trace_record(struct exec_trace *trace, struct trial *trial,
                              const struct record_rows *cycles, uint64_t origin_ns, struct err *err)
{
    struct err why = {0};
    if (trial->key.phase == PHASE_STEADY && remove_old(trial, err))
        return err->status;
    if (!is_wanted(trial))
        return STATUS_OK;
    struct record_trace *out = ARENA_NEW(trial->keep, struct record_trace);
    trial->record->trace = out;
    if (!trace->trial) {
        out->refusal = trial->scenario->trace_refusal;
        return STATUS_OK;
    }
    if (decode(out, trace, origin_ns, &why) == STATUS_OK)
        return write_trace(trace, out, cycles, origin_ns, err);
    refuse(trial, out, str_from(why.text));
    return STATUS_OK;
}
