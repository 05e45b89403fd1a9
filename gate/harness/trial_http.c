#include "gate/base/clock.h"
#include "gate/harness/cpu_profile.h"
#include "gate/harness/machine.h"
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
    uint64_t done_before;  /* requests of the trial's earlier loads */
    uint64_t next_poll_ns; /* of the process, during a load */
    uint64_t loading_since_ns;
    double warm_per_second; /* of the warm-up; 0: there was none */
    bool is_too_slow;
};

static bool tick(void *ctx, uint64_t done)
{
    struct http_trial *http = ctx;
    uint64_t now = clock_now_ns();
    trial_show_progress(http->trial, http->done_before + done,
                        trial_load_warmup(http->trial) + trial_load_count(http->trial));
    sampler_tick(&http->sampler);
    if (now < http->next_poll_ns)
        return true;
    http->next_poll_ns = now + POLL_NS;
    cpu_profile_step(&http->cpu_profile);
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
    return service_explain(&http->service, err);
}

static struct load_spec load_of(struct http_trial *http, uint64_t first_k, uint64_t count)
{
    struct load_spec spec = trial_load_spec(http->trial, first_k, count);
    http->done_before = first_k;
    spec.ports[0] = http->service.port;
    spec.lane_count = 1;
    spec.tick = tick;
    spec.tick_ctx = http;
    spec.on_watch = take_output;
    spec.watch_fds[0] = http->service.process.output_fd;
    return spec;
}

static enum status run_load(struct load_result *out, struct http_trial *http,
                            const struct load_spec *spec, struct err *err)
{
    if (load_run(out, http->trial->scratch, spec, err))
        return explain_failure(http, err);
    return trial_load_check_answers(http->trial, spec, out, err);
}

static enum status warm_up(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct load_result result = {0};
    uint64_t count = trial_load_warmup(trial);
    http->loading_since_ns = clock_now_ns();
    trial->record->warmup_count = count;
    if (count == 0)
        return STATUS_OK;
    struct load_spec spec = load_of(http, 0, count);
    if (run_load(&result, http, &spec, err))
        return err_wrap(err, "warm-up");
    http->warm_per_second = result.achieved_per_second;
    return STATUS_OK;
}

/*
 * How long the load lasts at least. The profile begins with the first
 * tick and takes Go 0.1 to 0.2 s to stop; a closed loop is faster than
 * its warm-up was.
 */
static double profiled_seconds(const struct http_trial *http, const struct load_spec *spec)
{
    double count = (double)spec->count;
    if (spec->rate_per_second > 0)
        return count / spec->rate_per_second - 0.3;
    return http->warm_per_second > 0 ? 0.8 * count / http->warm_per_second : 0;
}

/* The load with the CPU profile beside it. */
static enum status run_profiled(struct load_result *out, struct http_trial *http,
                                const struct load_spec *spec, struct err *err)
{
    cpu_profile_begin(&http->cpu_profile, http->trial, http->service.port,
                      profiled_seconds(http, spec));
    enum status status = run_load(out, http, spec, err);
    if (status != STATUS_OK)
        cpu_profile_abandon(&http->cpu_profile);
    return status;
}

static enum status measure_load(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    struct record_trial *record = trial->record;
    struct load_result result = {0};
    struct load_spec spec = load_of(http, record->warmup_count, trial_load_count(trial));
    sampler_init(&http->sampler, trial->scratch, &http->service.process);
    uint64_t cpu_ns = process_cpu_ns(&http->service.process);
    struct machine_times before;
    struct machine_times after;
    machine_times_read(&before);
    if (run_profiled(&result, http, &spec, err))
        return err->status;
    record->cpu_ns = process_cpu_ns(&http->service.process) - cpu_ns;
    machine_times_read(&after);
    record->noise = machine_noise(&before, &after, record->cpu_ns);
    sampler_take(&http->sampler);
    sampler_summarize(&http->sampler, record);
    if (cpu_profile_finish(&http->cpu_profile, err) ||
        trial_load_check_pace(trial, &spec, &result, err))
        return err->status;
    trial_load_record(trial, &spec, &result);
    return trial_load_check_cpu(record, err);
}

static enum status measure(struct http_trial *http, struct err *err)
{
    struct trial *trial = http->trial;
    /* RSS of the warm-up is sampled too, into a list that nobody reads. */
    sampler_init(&http->sampler, trial->scratch, &http->service.process);
    if (service_start(&http->service, err) ||
        points_read(trial, http->service.port, POINT_READY, err) || warm_up(http, err) ||
        points_read(trial, http->service.port, POINT_WARM, err) ||
        snapshots_read_goroutines(trial, http->service.port, POINT_WARM, err) ||
        snapshots_read_waits(trial, http->service.port, POINT_WARM, err) ||
        measure_load(http, err) || service_check_listener(&http->service, err) ||
        snapshots_read_waits(trial, http->service.port, POINT_END, err) ||
        points_read(trial, http->service.port, POINT_END, err) ||
        snapshots_read_goroutines(trial, http->service.port, POINT_END, err) ||
        service_check_alive(&http->service, err))
        return err->status;
    return STATUS_OK;
}

enum status trial_http(struct trial *trial, struct err *err)
{
    struct http_trial http = {.trial = trial, .service = {.trial = trial}};
    enum status status = measure(&http, err);
    return service_end(&http.service, status, err);
}
