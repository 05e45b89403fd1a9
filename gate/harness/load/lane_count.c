#include "gate/harness/load/lane.h"

static void count_status(struct load_result *result, const struct exchange *exchange,
                         bool is_expected)
{
    const struct request_line *line = exchange->line;
    uint16_t status = exchange->answer.status;
    if (line->expect_len == 0 && status < LOAD_STATUS_MAX)
        result->unlisted[status]++;
    result->successes += is_expected && (line->expect_len > 0 || status < 300);
}

static void record_latency(struct lane *lane, const struct exchange *exchange, uint64_t arrival_ns)
{
    const struct load_spec *spec = lane->spec;
    uint64_t first_k = spec->first_k + spec->lead_count;
    if (exchange->k < first_k)
        return;
    uint64_t latency_ns = arrival_ns - exchange->from_ns;
    histogram_record(&lane->result.latency, latency_ns);
    histogram_record(&lane->result.service, arrival_ns - exchange->sent_ns);
    if (spec->window_count) {
        uint64_t window =
            (exchange->k - first_k) * spec->window_count / (spec->count - spec->lead_count);
        histogram_record(&lane->result.windows[window], latency_ns);
    }
}

void lane_take_answer(struct lane *lane, const struct exchange *exchange)
{
    struct load_result *result = &lane->result;
    const struct request_line *line = exchange->line;
    uint64_t arrival_ns = lane->arrival.ns;
    /* No answer came before its request went out, whatever became of the wall clock meanwhile. */
    if (arrival_ns < exchange->sent_ns)
        arrival_ns = exchange->sent_ns;
    record_latency(lane, exchange, arrival_ns);
    slowest_add(&result->slowest, exchange->from_ns, arrival_ns);
    result->answered++;
    if (arrival_ns - lane->start_ns > result->duration_ns)
        result->duration_ns = arrival_ns - lane->start_ns;
    result->response_bytes += exchange->answer.body_bytes;
    bool is_expected = exchange_has_expected_status(exchange);
    count_status(result, exchange, is_expected);
    struct str problem = exchange_problem(exchange, lane->arena);
    if (problem.len && result->unexpected++ == 0) {
        result->first_problem = str_format(lane->arena, "%.*s %.*s%.*s", STR_ARGS(line->method),
                                           STR_ARGS(line->path), STR_ARGS(problem));
    }
}
