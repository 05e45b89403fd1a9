#include "gate/harness/trial_duet.h"

#include "gate/base/clock.h"
#include "gate/harness/login.h"
#include "gate/harness/machine.h"
#include "gate/harness/points.h"
#include "gate/harness/service.h"
#include "gate/harness/trial_load.h"

#define POLL_NS (50 * NS_PER_MS)

/* A quantile of p99 needs its 100 requests, and twice that leaves one bad answer to bad luck. */
enum { WINDOW_REQUESTS = 200 };

/* Between them the heap is read: Theil-Sen wants five points or more. */
enum { DUET_PARTS = 4 };

struct duet {
    struct trial *trials; /* one of each side */
    struct service services[SIDES];
    uint64_t done_before;  /* requests of the warm-up */
    uint64_t next_poll_ns; /* of the processes, during a load */
};

/* The same number in each part of the load. */
uint32_t duet_windows(uint64_t count)
{
    uint64_t in_part = count / DUET_PARTS / WINDOW_REQUESTS;
    uint64_t most = RECORDING_WINDOWS_MAX / DUET_PARTS;
    in_part = in_part < 1 ? 1 : in_part;
    return (uint32_t)(DUET_PARTS * (in_part < most ? in_part : most));
}

uint64_t duet_lead(uint64_t part_count, uint64_t connections)
{
    uint64_t most = part_count / 10;
    return 2 * connections < most ? 2 * connections : most;
}

/* At least one: a load that has no time left says so itself. */
uint64_t duet_rest_ns(uint64_t total_ns, uint64_t spent_ns)
{
    return total_ns > spent_ns ? total_ns - spent_ns : 1;
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
        spec->addresses[side] = duet->services[side].address;
        spec->watch_fds[side] = duet->services[side].process.output_fd;
        spec->captured[side] = trials[side].captured;
    }
    spec->lane_count = SIDES;
    spec->tick = tick;
    spec->tick_ctx = duet;
    spec->on_watch = poll_both;
    if (load_run(results, trials[SIDE_BASE].scratch, spec, err))
        return explain(duet, results, err);
    for (enum side side = 0; side < SIDES; side++) {
        if (trial_load_check_expected(spec, &results[side], err))
            return name_side(side, err);
    }
    return STATUS_OK;
}

static enum status warm_up(struct duet *duet, struct err *err)
{
    struct load_result *results =
        ARENA_ARRAY(duet->trials[SIDE_BASE].scratch, struct load_result, SIDES);
    uint64_t count = trial_load_warmup(&duet->trials[SIDE_BASE]);
    for (int side = 0; side < SIDES; side++)
        duet->trials[side].record->warmup_count = count;
    if (count == 0)
        return STATUS_OK;
    struct load_spec spec = trial_load_spec(&duet->trials[SIDE_BASE], 0, count);
    if (run_load(results, duet, &spec, err))
        return err_wrap(err, "warm-up");
    for (enum side side = 0; side < SIDES; side++) {
        if (trial_load_check_success(&duet->trials[side], &results[side], err))
            return err_wrap(err, "warm-up: %s", side_name(side));
    }
    duet->done_before = count;
    return STATUS_OK;
}

/* Neither side is always the one that is first. */
static enum side in_turn(const struct duet *duet, int i)
{
    bool is_odd = duet->trials[SIDE_BASE].key.number % 2 == 1;
    return is_odd == (i == 0) ? SIDE_BASE : SIDE_CAND;
}

/* A heap that could not be read is told as what became of the service, where that is known. */
static enum status explain_heap(struct service *service, struct err *err)
{
    struct err fate = {0};
    if (process_interrupted() || service_check_alive(service, &fate) == STATUS_OK)
        return service_explain(service, "while its heap was read", err);
    *err = fate;
    return err->status;
}

/* Before, between and after the parts of the load; heap that grows with the requests is a leak. */
static enum status read_live(struct duet *duet, uint64_t done, struct err *err)
{
    for (int i = 0; i < SIDES; i++) {
        enum side side = in_turn(duet, i);
        struct record_trial *record = duet->trials[side].record;
        struct record_live *live = &record->live[record->live_count++];
        live->request_count = done;
        if (points_read_live(live, &duet->trials[side], &duet->services[side].pprof, err)) {
            (void)explain_heap(&duet->services[side], err);
            return name_side(side, err);
        }
    }
    return STATUS_OK;
}

/* What is measured over all parts of the load. */
struct measured {
    struct load_spec spec; /* of the whole load */
    struct load_result results[SIDES];
    struct machine_times
        machine;       /* what passed; between the parts heap is read, which is no noise */
    uint64_t spent_ns; /* by the parts so far */
    uint64_t cpu_ns[SIDES];
};

static void add_part(struct duet *duet, struct measured *measured,
                     const struct load_result parts[SIDES], uint32_t windows)
{
    for (int side = 0; side < SIDES; side++) {
        const struct trial *trial = &duet->trials[side];
        struct record_trial *record = trial->record;
        load_result_add(&measured->results[side], &parts[side]);
        for (uint32_t i = 0; i < windows; i++) {
            record->windows[record->window_count++].latency =
                histogram_encode(&parts[side].windows[i], trial->keep);
        }
    }
}

static enum status run_part(struct duet *duet, struct measured *measured, struct load_spec *part,
                            struct err *err)
{
    struct load_result *results =
        ARENA_ARRAY(duet->trials[SIDE_BASE].scratch, struct load_result, SIDES);
    struct machine_times machine[2];
    uint64_t cpu_ns[SIDES];
    uint64_t start_ns = clock_now_ns();
    for (int side = 0; side < SIDES; side++)
        cpu_ns[side] = process_cpu_ns(&duet->services[side].process);
    machine_times_read(&machine[0]);
    if (run_load(results, duet, part, err))
        return err->status;
    machine_times_read(&machine[1]);
    machine_times_add(&measured->machine, &machine[0], &machine[1]);
    measured->spent_ns += clock_now_ns() - start_ns;
    for (int side = 0; side < SIDES; side++)
        measured->cpu_ns[side] += process_cpu_ns(&duet->services[side].process) - cpu_ns[side];
    add_part(duet, measured, results, part->window_count);
    duet->done_before += part->count;
    return STATUS_OK;
}

/* Part i of equal ones, up to a request. */
static uint64_t part_start(uint64_t count, uint32_t part)
{
    return count * part / DUET_PARTS;
}

static enum status run_parts(struct duet *duet, struct measured *measured, struct err *err)
{
    const struct load_spec *whole = &measured->spec;
    if (read_live(duet, 0, err))
        return err->status;
    for (uint32_t i = 0; i < DUET_PARTS; i++) {
        struct load_spec part = *whole;
        uint64_t start = part_start(whole->count, i);
        part.first_k += start;
        part.count = part_start(whole->count, i + 1) - start;
        part.lead_count = duet_lead(part.count, part.connections);
        part.window_count = whole->window_count / DUET_PARTS;
        part.total_timeout_ns = duet_rest_ns(whole->total_timeout_ns, measured->spent_ns);
        if (part.count > 0 && run_part(duet, measured, &part, err))
            return err->status;
        if (read_live(duet, start + part.count, err))
            return err->status;
    }
    return STATUS_OK;
}

static void init_results(struct duet *duet, struct measured *measured)
{
    for (int side = 0; side < SIDES; side++) {
        const struct trial *trial = &duet->trials[side];
        struct record_trial *record = trial->record;
        histogram_init(&measured->results[side].latency, trial->scratch);
        histogram_init(&measured->results[side].service, trial->scratch);
        histogram_init(&measured->results[side].lateness, trial->scratch);
        record->windows =
            ARENA_ARRAY(trial->keep, struct record_window, measured->spec.window_count);
        record->live = ARENA_ARRAY(trial->keep, struct record_live, DUET_PARTS + 1);
    }
}

static enum status measure_load(struct duet *duet, struct err *err)
{
    const struct trial *first = &duet->trials[SIDE_BASE];
    struct measured *measured = ARENA_NEW(first->scratch, struct measured);
    uint64_t count = trial_load_count(first);
    measured->spec = trial_load_spec(first, first->record->warmup_count, count);
    measured->spec.window_count = duet_windows(count);
    init_results(duet, measured);
    if (run_parts(duet, measured, err))
        return err->status;
    const struct machine_times none = {0};
    uint64_t both_ns = measured->cpu_ns[SIDE_BASE] + measured->cpu_ns[SIDE_CAND];
    for (enum side side = 0; side < SIDES; side++) {
        const struct trial *trial = &duet->trials[side];
        const struct load_result *result = &measured->results[side];
        trial->record->cpu_ns = measured->cpu_ns[side];
        trial->record->noise = machine_noise(&none, &measured->machine, both_ns);
        if (trial_load_check_success(trial, result, err) ||
            trial_load_check_pace(trial, &measured->spec, result, err) ||
            trial_load_check_cpu(trial->record, err))
            return name_side(side, err);
        trial_load_record(trial, &measured->spec, result);
    }
    return STATUS_OK;
}

static enum status start_both(struct duet *duet, struct err *err)
{
    for (int i = 0; i < SIDES; i++) {
        enum side side = in_turn(duet, i);
        if (service_start(&duet->services[side], err))
            return name_side(side, err);
    }
    return STATUS_OK;
}

/* Each side by itself: what one service gave out never reaches the other. */
static enum status log_in(struct duet *duet, struct err *err)
{
    for (enum side side = 0; side < SIDES; side++) {
        struct service *service = &duet->services[side];
        if (login_run(&duet->trials[side], &service->address, err) == STATUS_OK)
            continue;
        (void)service_explain(service, "during the login", err);
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
    if (pinning_begin(pinning, err) || start_both(&duet, err) || log_in(&duet, err) ||
        warm_up(&duet, err) || measure_load(&duet, err) || check_both(&duet, err))
        status = err->status;
    for (int side = 0; side < SIDES; side++)
        status = service_end(&duet.services[side], status, err);
    pinning_end(pinning);
    return status;
}
