#include "gate/harness/trial_load.h"

#include "gate/base/clock.h"
#include "gate/base/num.h"

#define LATENESS_VOID_NS (50 * NS_PER_MS)
#define LATENESS_SAID_NS NS_PER_MS

/* Rate 1 makes a service up to 25 times slower; a closed loop ends by then or never. */
#define CLOSED_LOAD_NS (900 * NS_PER_SECOND)

/* Below this share of the asked rate the two sides did not get the same load. */
#define DELIVERED_RATIO_MIN 0.98

uint64_t trial_load_warmup(const struct trial *trial)
{
    uint64_t count = trial->scenario->scenario->load.warmup;
    if (trial->scenario->scenario->driver == DRIVER_COMMAND)
        return count;
    return trial->key.phase == PHASE_EXACT ? num_min_u64(count, trial->scenario->exact_count)
                                           : count;
}

uint64_t trial_load_count(const struct trial *trial)
{
    return trial->key.phase == PHASE_EXACT ? trial->scenario->exact_count
                                           : trial->scenario->scenario->load.count;
}

/*
 * The exact phase counts, so it sends one request after the other: two
 * that race for a cache entry would allocate once more in one process
 * than in the next.
 */
static uint32_t connections_of(const struct trial *trial)
{
    bool exact = trial->key.phase == PHASE_EXACT;
    return exact ? 1 : (uint32_t)trial->scenario->scenario->load.connections;
}

static uint32_t streams_of(const struct trial *trial)
{
    bool exact = trial->key.phase == PHASE_EXACT;
    return exact ? 1 : (uint32_t)trial->scenario->scenario->load.streams;
}

struct load_spec trial_load_spec(const struct trial *trial, uint64_t first_k, uint64_t count)
{
    const struct scenario_load *load = &trial->scenario->scenario->load;
    double rate = trial->key.phase == PHASE_EXACT ? 0 : load->rate_per_second;
    double span = rate > 0 ? (double)count / rate : 0;
    return (struct load_spec){
        .requests = trial->scenario->requests,
        .seed = load->seed,
        .first_k = first_k,
        .count = count,
        .rate_per_second = rate,
        .batch_ns = rate > 0 ? load->batch_ns : 0,
        .protocol = load->protocol,
        .connections = connections_of(trial),
        .streams = streams_of(trial),
        .request_timeout_ns = load->request_timeout_ns,
        .total_timeout_ns =
            rate > 0 ? (uint64_t)(2 * span * (double)NS_PER_SECOND) + load->request_timeout_ns
                     : CLOSED_LOAD_NS,
    };
}

enum status trial_load_check_expected(const struct load_spec *spec,
                                      const struct load_result *result, struct err *err)
{
    if (result->unexpected) {
        return err_set(err, STATUS_CHILD,
                       "%llu of %llu requests failed (first: %.*s); nothing is judged",
                       (unsigned long long)result->unexpected, (unsigned long long)spec->count,
                       STR_ARGS(result->first_problem));
    }
    return STATUS_OK;
}

enum status trial_load_check_success(const struct trial *trial, const struct load_result *result,
                                     struct err *err)
{
    /* A service that refuses everything does nothing worth measuring. */
    if (result->successes == 0) {
        return err_set(
            err, STATUS_CHILD,
            "no request succeeded (%.*s); list the statuses in `expect` if that is right",
            STR_ARGS(load_statuses(result, trial->scratch)));
    }
    return STATUS_OK;
}

enum status trial_load_check_answers(const struct trial *trial, const struct load_spec *spec,
                                     const struct load_result *result, struct err *err)
{
    if (trial_load_check_expected(spec, result, err))
        return err->status;
    return trial_load_check_success(trial, result, err);
}

enum status trial_load_check_pace(const struct trial *trial, const struct load_spec *spec,
                                  const struct load_result *result, struct err *err)
{
    double asked = spec->rate_per_second;
    uint64_t late_ns = histogram_quantile(&result->lateness, 0.99);
    double late_ms = (double)late_ns / (double)NS_PER_MS;
    if (asked <= 0)
        return STATUS_OK;
    if (result->achieved_per_second < DELIVERED_RATIO_MIN * asked) {
        return err_set(err, STATUS_INVALID,
                       "only %.1f of %.1f requests per second were delivered; lower load.rate or "
                       "raise load.connections",
                       result->achieved_per_second, asked);
    }
    if (late_ns > LATENESS_VOID_NS) {
        return err_set(err, STATUS_INVALID,
                       "1 %% of the requests left more than %.0f ms late: this machine is too busy "
                       "to measure latency at %.1f requests per second",
                       late_ms, asked);
    }
    if (late_ns > LATENESS_SAID_NS && late_ms > 100 / asked) {
        log_line(trial->harness->spec.log,
                 "%s: 1 %% of the requests left more than %.1f ms late (%.1f ms apart)",
                 side_name(trial->key.side), late_ms, 1000 / asked);
    }
    return STATUS_OK;
}

/* A tool says nothing of these. */
static struct record_engine engine_of(const struct load_spec *spec,
                                      const struct load_result *result)
{
    return (struct record_engine){
        .is_known = true,
        .connections = spec->connections,
        .streams = spec->streams,
        .streams_allowed = result->streams_allowed,
        .reconnects = result->reconnects,
        .sent_again = result->sent_again,
        .cpu_ns = result->cpu_ns,
        .wall_ns = result->wall_ns,
    };
}

void trial_load_record(const struct trial *trial, const struct load_spec *spec,
                       const struct load_result *result)
{
    struct record_trial *out = trial->record;
    out->request_count = result->answered;
    out->rate_per_second = spec->rate_per_second;
    out->achieved_per_second = result->achieved_per_second;
    out->lateness_p99_ns = histogram_quantile(&result->lateness, 0.99);
    out->clocks = (struct record_clocks){
        .is_known = spec->rate_per_second > 0,
        .batch_ns = spec->batch_ns,
        .intended_p99_ns = histogram_quantile(&result->latency, 0.99),
        .actual_p99_ns = histogram_quantile(&result->service, 0.99),
        .lateness_p50_ns = histogram_quantile(&result->lateness, 0.5),
        .lateness_max_ns = result->lateness.max_ns,
    };
    if (!out->tool)
        out->engine = engine_of(spec, result);
    out->duration_ns = result->duration_ns;
    out->response_bytes = result->response_bytes;
    out->latency = histogram_encode(&result->latency, trial->keep);
    out->statuses = load_statuses(result, trial->keep);
}

enum status trial_load_check_cpu(const struct record_trial *record, struct err *err)
{
    if (record->cpu_ns == 0) {
        return err_set(err, STATUS_INVALID,
                       "used no CPU time during the load: something else answered");
    }
    return STATUS_OK;
}
