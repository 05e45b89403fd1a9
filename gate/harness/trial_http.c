#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/arrivals.h"
#include "gate/harness/cpu_profile.h"
#include "gate/harness/exec_trace.h"
#include "gate/harness/load_command.h"
#include "gate/harness/login.h"
#include "gate/harness/machine.h"
#include "gate/harness/memstats_poll.h"
#include "gate/harness/points.h"
#include "gate/harness/sampler.h"
#include "gate/harness/service.h"
#include "gate/harness/snapshots.h"
#include "gate/harness/trial_load.h"

#define POLL_NS (50 * NS_PER_MS)

struct http_trial {
    struct trial *trial;
    struct service service;
    struct sampler sampler;
    struct cpu_profile cpu_profile;
    struct memstats_poll memstats;
    struct exec_trace exec_trace;
    uint64_t traced_count;     /* requests of the load beside it, once it is known */
    struct arrivals arrivals;  /* of the measured load, where a tool sends it */
    uint64_t done_before;      /* requests of the trial's earlier loads */
    uint64_t next_poll_ns;     /* of the process, during a load */
    uint64_t loading_since_ns; /* of the warm-up and the load, for its limit of time */
    uint64_t load_since_ns;    /* of the one under way */
    bool is_too_slow;
    enum load_part part; /* of the load under way, or the next */
};

/* A load tool of the user sends what it sends, and does not say when. */
static bool sends_itself(const struct trial *trial)
{
    return trial->scenario->scenario->driver != DRIVER_COMMAND;
}

/*
 * Theil-Sen wants five points, and the exact phase has two. More of them
 * within its load would change what is counted there, so the load goes on
 * behind its end, by a quarter of it a part. Reading the heap six more times
 * is most of what that takes, and too much where a person waits.
 */
static uint64_t growth_part(const struct trial *trial)
{
    uint64_t count = trial_load_count(trial) / 4;
    if (trial->key.phase != PHASE_EXACT || trial->is_quick || !sends_itself(trial))
        return 0;
    return count > 0 ? count : 1;
}

static bool tick(void *ctx, uint64_t done)
{
    struct http_trial *http = ctx;
    uint64_t now = clock_now_ns();
    trial_show_progress(http->trial, http->done_before + done,
                        trial_load_warmup(http->trial) + trial_load_count(http->trial) +
                            RECORDING_GROWTH_MAX * growth_part(http->trial) + http->traced_count);
    sampler_tick(&http->sampler);
    memstats_poll_step(&http->memstats, now);
    arrivals_take(&http->arrivals);
    if (now < http->next_poll_ns)
        return true;
    http->next_poll_ns = now + POLL_NS;
    cpu_profile_step(&http->cpu_profile, done, now - http->load_since_ns);
    exec_trace_step(&http->exec_trace);
    process_poll(&http->service.process);
    http->is_too_slow = trial_is_too_slow(http->trial, now - http->loading_since_ns);
    return !process_interrupted() && !http->service.process.ended && !http->is_too_slow;
}

/* A service that logs must not wait for our next look: its pipe holds a few milliseconds' worth. */
static void take_output(void *ctx)
{
    struct http_trial *http = ctx;
    process_poll(&http->service.process);
}

/* A load that failed because the service died or crawled is told as that. */
static enum status explain_failure(struct http_trial *http, struct err *err)
{
    if (http->is_too_slow && !http->service.process.ended && !process_interrupted())
        return trial_give_up(http->trial, err);
    return service_explain(&http->service, "during the load", err);
}

static struct load_spec load_of(struct http_trial *http, uint64_t first_k, uint64_t count)
{
    struct load_spec spec = trial_load_spec(http->trial, first_k, count);
    http->done_before = first_k;
    spec.addresses[0] = http->service.address;
    spec.lane_count = 1;
    spec.captured[0] = http->trial->captured;
    spec.tick = tick;
    spec.tick_ctx = http;
    spec.on_watch = take_output;
    spec.watch_fds[0] = http->service.process.output_fd;
    return spec;
}

static enum status run_load(struct load_result *out, struct http_trial *http,
                            const struct load_spec *spec, struct err *err)
{
    enum status status = STATUS_OK;
    http->load_since_ns = clock_now_ns();
    if (sends_itself(http->trial)) {
        status = load_run(out, http->trial->scratch, spec, err);
    } else {
        status = load_command_run(out, http->trial, spec, http->part, err);
    }
    if (status != STATUS_OK)
        return explain_failure(http, err);
    return trial_load_check_answers(http->trial, spec, out, err);
}

static enum status log_in(struct http_trial *http, struct err *err)
{
    if (login_run(http->trial, &http->service.address, err))
        return service_explain(&http->service, "during the login", err);
    return STATUS_OK;
}

static enum status warm_up(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct load_result result = {0};
    uint64_t count = trial_load_warmup(trial);
    http->loading_since_ns = clock_now_ns();
    trial->record->warmup_count = count;
    if (count == 0 && !load_command_has_warmup(trial))
        return STATUS_OK;
    struct load_spec spec = load_of(http, 0, count);
    http->part = LOAD_PART_WARMUP;
    if (run_load(&result, http, &spec, err))
        return err_wrap(err, "warm-up");
    trial->record->warmup_count = result.answered;
    return STATUS_OK;
}

static enum status write_table(const struct http_trial *http, enum record_table table,
                               const struct record_rows *rows, struct err *err)
{
    const struct trial *trial = http->trial;
    struct str file = recording_table_file(trial->scratch, trial->dir, table);
    return recording_table_write(file, table, rows->values, rows->len, err);
}

/* The slowest hundredth, which is what p99 is about. */
static uint32_t slowest_of(const struct trial *trial)
{
    uint64_t count = (trial_load_count(trial) + 99) / 100;
    if (trial->key.phase != PHASE_STEADY)
        return 0;
    return count < RECORDING_SLOW_MAX ? (uint32_t)count : RECORDING_SLOW_MAX;
}

static uint64_t us_since(uint64_t ns, uint64_t origin_ns)
{
    return ns > origin_ns ? (ns - origin_ns) / NS_PER_US : 0;
}

static enum status write_slowest(const struct http_trial *http, struct slowest *slowest,
                                 struct err *err)
{
    struct arena *arena = http->trial->scratch;
    if (!sends_itself(http->trial))
        return io_remove_tree(recording_table_file(arena, http->trial->dir, TABLE_SLOW), err);
    struct record_rows rows = {.len = slowest->len, .columns = SLOW_COLUMNS};
    uint64_t origin_ns = http->sampler.started_ns;
    rows.values = ARENA_ARRAY(arena, uint64_t, (rows.len + 1) * rows.columns);
    slowest_sort(slowest);
    for (size_t i = 0; i < rows.len; i++) {
        uint64_t *row = rows.values + i * rows.columns;
        row[SLOW_FROM] = us_since(slowest->items[i].from_ns, origin_ns);
        row[SLOW_UNTIL] = us_since(slowest->items[i].until_ns, origin_ns);
    }
    return write_table(http, TABLE_SLOW, &rows, err);
}

static enum status write_memstats(const struct http_trial *http, struct err *err)
{
    const struct trial *trial = http->trial;
    struct record_rows rows = memstats_poll_rows(&http->memstats);
    struct str file = recording_table_file(trial->scratch, trial->dir, TABLE_MEMSTATS);
    trial->record->polls = http->memstats.polls;
    if (rows.len == 0)
        return io_remove_tree(file, err);
    return write_table(http, TABLE_MEMSTATS, &rows, err);
}

/* What was printed until now is taken first: it belongs to what came before. */
static void bound_gctrace(struct http_trial *http, void (*bound)(struct gctrace *trace))
{
    process_poll(&http->service.process);
    bound(&http->service.gctrace);
}

static enum status write_series(const struct http_trial *http, struct slowest *slowest,
                                struct err *err)
{
    const struct trial *trial = http->trial;
    if (trial->key.phase != PHASE_STEADY)
        return STATUS_OK;
    if (write_slowest(http, slowest, err) || write_memstats(http, err))
        return err->status;
    return sampler_write(&http->sampler,
                         recording_table_file(trial->scratch, trial->dir, TABLE_SERIES), err);
}

/* After the point behind the load, whose forced collections tell where the load's end. */
static enum status record_gc(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    if (trial->key.phase != PHASE_STEADY)
        return STATUS_OK;
    process_poll(&http->service.process);
    gctrace_summarize(&http->service.gctrace, trial->keep, trial->record->cpu_ns,
                      &trial->record->gc);
    /* Those of an earlier run of the trial are none of this one. */
    if (!trial->record->gc.is_traced)
        return io_remove_tree(recording_table_file(trial->scratch, trial->dir, TABLE_CYCLES), err);
    struct record_rows rows =
        gctrace_rows(&http->service.gctrace, trial->scratch, http->sampler.started_ns);
    return write_table(http, TABLE_CYCLES, &rows, err);
}

/* The load with the CPU profile beside it. */
static enum status run_profiled(struct load_result *out, struct http_trial *http,
                                const struct load_spec *spec, struct err *err)
{
    cpu_profile_begin(&http->cpu_profile, http->trial, &http->service.pprof,
                      load_command_steps(http->trial, spec));
    memstats_poll_begin(&http->memstats, http->trial, &http->service.pprof,
                        http->sampler.started_ns);
    enum status status = run_load(out, http, spec, err);
    memstats_poll_end(&http->memstats);
    if (status != STATUS_OK)
        cpu_profile_abandon(&http->cpu_profile);
    return status;
}

static enum status watch_arrivals(struct http_trial *http, struct err *err)
{
    if (sends_itself(http->trial))
        return STATUS_OK;
    bool has_socket = http->trial->scenario->scenario->service.has_socket;
    return arrivals_begin(&http->arrivals, http->trial->scratch, &http->service.process,
                          has_socket ? ARRIVALS_BY_READS : ARRIVALS_BY_SEGMENTS, err);
}

/* What a tool says of its load counts when as much has reached the service. */
static enum status check_arrivals(struct http_trial *http, const struct load_result *result,
                                  struct err *err)
{
    const struct control_sent *profile = &http->cpu_profile.sent;
    const struct control_sent *polls = &http->memstats.sent;
    const struct arrivals_want want = {
        .requests = result->answered,
        .is_shared = http->trial->scenario->scenario->load.packets == LOAD_PACKETS_SHARED,
        .own = {profile->requests + polls->requests, profile->bytes + polls->bytes},
    };
    if (sends_itself(http->trial))
        return STATUS_OK;
    enum status status = arrivals_check(&http->arrivals, &want, err);
    arrivals_end(&http->arrivals);
    return status;
}

static enum status measure_load(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct record_trial *record = trial->record;
    struct load_result result = {0};
    struct load_spec spec = load_of(http, record->warmup_count, trial_load_count(trial));
    spec.slowest_count = slowest_of(trial);
    sampler_init(&http->sampler, trial->scratch, &http->service.process);
    uint64_t cpu_ns = process_cpu_ns(&http->service.process);
    struct machine_times before;
    struct machine_times after;
    http->part = LOAD_PART_MEASURED;
    if (watch_arrivals(http, err))
        return err->status;
    machine_times_read(&before);
    bound_gctrace(http, gctrace_begin);
    if (run_profiled(&result, http, &spec, err))
        return err->status;
    record->cpu_ns = process_cpu_ns(&http->service.process) - cpu_ns;
    bound_gctrace(http, gctrace_end);
    machine_times_read(&after);
    record->noise =
        machine_noise(&before, &after, record->cpu_ns + (record->tool ? record->tool->cpu_ns : 0));
    sampler_take(&http->sampler);
    sampler_summarize(&http->sampler, record);
    if (write_series(http, &result.slowest, err))
        return err->status;
    if (cpu_profile_finish(&http->cpu_profile, err) || check_arrivals(http, &result, err) ||
        trial_load_check_pace(trial, &spec, &result, err))
        return err->status;
    trial_load_record(trial, &spec, &result);
    return trial_load_check_cpu(record, err);
}

static enum status read_heap(struct http_trial *http, enum point point, struct err *err)
{
    if (points_read(http->trial, &http->service.pprof, point, err))
        return service_explain(&http->service, "while its heap was read", err);
    return STATUS_OK;
}

static enum status read_waits(struct http_trial *http, enum point point, struct err *err)
{
    if (snapshots_read_waits(http->trial, &http->service.pprof, point, err))
        return service_explain(&http->service, "while its waits were read", err);
    return STATUS_OK;
}

static enum status read_goroutines(struct http_trial *http, enum point point, struct err *err)
{
    if (snapshots_read_goroutines(http->trial, &http->service.pprof, point, err))
        return service_explain(&http->service, "while its goroutines were read", err);
    return STATUS_OK;
}

/* The waits right before the load: what waits during the heap's collections is none of it. */
static enum status read_warm(struct http_trial *http, struct err *err)
{
    if (read_heap(http, POINT_WARM, err) || read_goroutines(http, POINT_WARM, err))
        return err->status;
    return read_waits(http, POINT_WARM, err);
}

/*
 * The resident bytes first: the collection of the text's reading leaves
 * them where they are, but the one of the profile's lets the runtime give
 * back within a second what the load needed.
 */
static enum status read_end(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    trial->record->rss_end_bytes = process_rss_bytes(&http->service.process);
    if (read_waits(http, POINT_END, err) || read_heap(http, POINT_END, err))
        return err->status;
    return read_goroutines(http, POINT_END, err);
}

/* A load that took half of its limit of time is not gone on with: two points must do. */
static bool has_time(const struct http_trial *http)
{
    uint64_t spent_ns = clock_now_ns() - http->loading_since_ns;
    return spent_ns < http->trial->scenario->exact_limit_ns / 2;
}

static enum status measure_growth(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    uint64_t part = growth_part(trial);
    uint64_t done = trial_load_count(trial);
    uint64_t requests[RECORDING_GROWTH_MAX];
    struct record_rows rows = {requests, 0, GROWTH_COLUMNS};
    if (part == 0 || !has_time(http))
        return STATUS_OK;
    while (rows.len < RECORDING_GROWTH_MAX) {
        struct load_result result = {0};
        struct load_spec spec = load_of(http, trial->record->warmup_count + done, part);
        if (run_load(&result, http, &spec, err))
            return err_wrap(err, "behind the load, for its growth");
        done += part;
        requests[rows.len++] = done;
        if (points_read_growth(trial, &http->service.pprof, (uint32_t)rows.len, err))
            return service_explain(&http->service, "while its heap was read", err);
    }
    return write_table(http, TABLE_GROWTH, &rows, err);
}

static enum status run_traced(struct http_trial *http, uint64_t seconds, struct err *err)
{
    struct trial *trial = http->trial;
    struct load_result result = {0};
    http->traced_count = exec_trace_requests(trial->record, seconds);
    struct load_spec spec =
        load_of(http, trial->record->warmup_count + trial_load_count(trial), http->traced_count);
    exec_trace_begin(&http->exec_trace, trial, &http->service.pprof, seconds);
    if (!exec_trace_is_under_way(&http->exec_trace))
        return exec_trace_receive(&http->exec_trace, err);
    struct err *why = ARENA_NEW(trial->scratch, struct err);
    if (run_load(&result, http, &spec, why) == STATUS_OK)
        return exec_trace_receive(&http->exec_trace, err);
    exec_trace_abandon(&http->exec_trace, why);
    /* All that is judged is measured: a service that is too slow under its trace has no trace. */
    if (why->status != STATUS_INTERRUPTED && !http->service.process.ended)
        return STATUS_OK;
    *err = *why;
    return err_wrap(err, "behind the load, for its trace");
}

/*
 * A trace makes whatever it watches slower, and whatever is judged of a steady
 * trial is measured by now: so the load goes on behind its end. How long a
 * quota held the service back is of the whole trial, this load included.
 */
static enum status measure_trace(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct record_rows cycles = {.columns = CYCLE_COLUMNS};
    if (exec_trace_is_taken(trial)) {
        http->cpu_profile = (struct cpu_profile){0};
        gctrace_forget(&http->service.gctrace);
        bound_gctrace(http, gctrace_begin);
        if (run_traced(http, exec_trace_seconds(trial->record), err))
            return err->status;
        bound_gctrace(http, gctrace_end);
        cycles = gctrace_rows(&http->service.gctrace, trial->scratch, http->sampler.started_ns);
    }
    return exec_trace_record(&http->exec_trace, trial, &cycles, http->sampler.started_ns, err);
}

static enum status measure(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    /* RSS of the warm-up is sampled too, into a list that nobody reads. */
    sampler_init(&http->sampler, trial->scratch, &http->service.process);
    if (service_start(&http->service, err) || read_heap(http, POINT_READY, err) ||
        log_in(http, err) || warm_up(http, err) || read_warm(http, err) ||
        measure_load(http, err) || service_check_alive(&http->service, err) ||
        read_end(http, err) || measure_growth(http, err) ||
        service_check_alive(&http->service, err) || record_gc(http, err) ||
        measure_trace(http, err))
        return err->status;
    return service_check_alive(&http->service, err);
}

enum status trial_http(struct trial *trial, struct err *err)
{
    struct http_trial http = {.trial = trial, .service = {.trial = trial}};
    const struct pinning *pinning = &trial->harness->pinning;
    enum status status = pinning_begin(pinning, err);
    if (status == STATUS_OK)
        status = measure(&http, err);
    arrivals_end(&http.arrivals);
    status = service_end(&http.service, status, err);
    pinning_end(pinning);
    return status;
}
