#include "gate/harness/trial_duet.h"

#include "gate/base/clock.h"
#include "gate/harness/machine.h"
#include "gate/harness/service.h"
#include "gate/harness/trial_load.h"

#define POLL_NS (50 * NS_PER_MS)

/* A quantile of p99 needs its 100 requests, and twice that leaves one bad answer to bad luck. */
enum { WINDOW_REQUESTS = 200, WINDOWS_MIN = 4 };

struct duet {
    struct trial *trials; /* one of each side */
    struct service services[SIDES];
    uint64_t done_before;  /* requests of the warm-up */
    uint64_t next_poll_ns; /* of the processes, during a load */
};

uint32_t duet_windows(uint64_t count)
{
    uint64_t windows = count / WINDOW_REQUESTS;
    windows = windows < WINDOWS_MIN ? WINDOWS_MIN : windows;
    windows = windows < RECORDING_WINDOWS_MAX ? windows : RECORDING_WINDOWS_MAX;
    return (uint32_t)(windows < count ? windows : count);
}

static void poll_both(void *ctx)
{
    struct duet *duet = ctx;
    for (int side = 0; side < SIDES; side++)
        process_poll(&duet->services[side].process);
}

static bool tick(void *ctx, uint64_t done)
{
    struct duet *duet = ctx;
    const struct trial *trial = &duet->trials[SIDE_CAND];
    uint64_t now = clock_now_ns();
    trial_show_progress(trial, duet->done_before + done,
                        trial_load_warmup(trial) + trial_load_count(trial));
    if (now < duet->next_poll_ns)
        return true;
    duet->next_poll_ns = now + POLL_NS;
    poll_both(duet);
    return !process_interrupted() && !duet->services[SIDE_BASE].process.ended &&
           !duet->services[SIDE_CAND].process.ended;
}

static enum status name_side(enum side side, struct err *err)
{
    return err_wrap(err, "%s", side_name(side));
}

/* The side whose request failed, else the one that is dead, else nobody's in particular. */
static enum status explain(struct duet *duet, const struct load_result results[SIDES],
                           struct err *err)
{
    for (enum side side = 0; side < SIDES; side++) {
        struct service *service = &duet->services[side];
        process_poll(&service->process);
        if (!results[side].has_failed && !service->process.ended)
            continue;
        (void)service_explain(service, "during the load", err);
        return name_side(side, err);
    }
    return process_interrupted() ? process_interruption(err) : err->status;
}

static enum status run_load(struct load_result results[SIDES], struct duet *duet,
                            struct load_spec *spec, struct err *err)
{
    struct trial *trials = duet->trials;
    for (int side = 0; side < SIDES; side++) {
        spec->ports[side] = duet->services[side].port;
        spec->watch_fds[side] = duet->services[side].process.output_fd;
    }
    spec->lane_count = SIDES;
    spec->tick = tick;
    spec->tick_ctx = duet;
    spec->on_watch = poll_both;
    if (load_run(results, trials[SIDE_BASE].scratch, spec, err))
        return explain(duet, results, err);
    for (enum side side = 0; side < SIDES; side++) {
        if (trial_load_check_answers(&trials[side], spec, &results[side], err))
            return name_side(side, err);
    }
    return STATUS_OK;
}

static enum status warm_up(struct duet *duet, struct err *err)
{
    struct load_result results[SIDES] = {0};
    uint64_t count = trial_load_warmup(&duet->trials[SIDE_BASE]);
    for (int side = 0; side < SIDES; side++)
        duet->trials[side].record->warmup_count = count;
    if (count == 0)
        return STATUS_OK;
    struct load_spec spec = trial_load_spec(&duet->trials[SIDE_BASE], 0, count);
    if (run_load(results, duet, &spec, err))
        return err_wrap(err, "warm-up");
    duet->done_before = count;
    return STATUS_OK;
}

static void record_windows(const struct trial *trial, const struct load_spec *spec,
                           const struct load_result *result)
{
    struct record_trial *record = trial->record;
    record->windows = ARENA_ARRAY(trial->keep, struct record_window, spec->window_count);
    record->window_count = spec->window_count;
    for (uint32_t i = 0; i < spec->window_count; i++)
        record->windows[i].latency = histogram_encode(&result->windows[i], trial->keep);
}

static enum status measure_load(struct duet *duet, struct err *err)
{
    struct load_result results[SIDES] = {0};
    struct machine_times before;
    struct machine_times after;
    uint64_t cpu_ns[SIDES];
    uint64_t both_ns = 0;
    const struct trial *first = &duet->trials[SIDE_BASE];
    uint64_t count = trial_load_count(first);
    struct load_spec spec = trial_load_spec(first, first->record->warmup_count, count);
    spec.window_count = duet_windows(count);
    machine_times_read(&before);
    for (int side = 0; side < SIDES; side++)
        cpu_ns[side] = process_cpu_ns(&duet->services[side].process);
    if (run_load(results, duet, &spec, err))
        return err->status;
    for (int side = 0; side < SIDES; side++) {
        cpu_ns[side] = process_cpu_ns(&duet->services[side].process) - cpu_ns[side];
        both_ns += cpu_ns[side];
    }
    machine_times_read(&after);
    for (enum side side = 0; side < SIDES; side++) {
        const struct trial *trial = &duet->trials[side];
        trial->record->cpu_ns = cpu_ns[side];
        trial->record->noise = machine_noise(&before, &after, both_ns);
        if (trial_load_check_pace(trial, &spec, &results[side], err) ||
            trial_load_check_cpu(trial->record, err))
            return name_side(side, err);
        trial_load_record(trial, &spec, &results[side]);
        record_windows(trial, &spec, &results[side]);
    }
    return STATUS_OK;
}

static enum status start_both(struct duet *duet, struct err *err)
{
    for (enum side side = 0; side < SIDES; side++) {
        if (service_start(&duet->services[side], err))
            return name_side(side, err);
    }
    return STATUS_OK;
}

static enum status check_both(struct duet *duet, struct err *err)
{
    for (enum side side = 0; side < SIDES; side++) {
        if (service_check_alive(&duet->services[side], err))
            return name_side(side, err);
    }
    return STATUS_OK;
}

enum status trial_duet(struct trial trials[SIDES], struct err *err)
{
    struct duet duet = {.trials = trials};
    enum status status = STATUS_OK;
    for (int side = 0; side < SIDES; side++)
        duet.services[side].trial = &trials[side];
    const struct pinning *pinning = &trials[SIDE_BASE].harness->pinning;
    if (pinning_begin(pinning, err) || start_both(&duet, err) || warm_up(&duet, err) ||
        measure_load(&duet, err) || check_both(&duet, err))
        status = err->status;
    for (int side = 0; side < SIDES; side++)
        status = service_end(&duet.services[side], status, err);
    pinning_end(pinning);
    return status;
}
