#include "gate/harness/tool/figures.h"

#include "gate/base/num.h"

/*
 * The summary of k6, in both of its shapes: `--summary-export FILE`, where
 * a metric's values are its own members, and what handleSummary is given
 * and scripts write with JSON.stringify(data), where they are below
 * "values" and "state.testRunDurationMs" is beside "metrics".
 * grafana.com/docs/k6, "End of test", "Custom summary" and "Metrics": times
 * are in milliseconds; the rate http_req_failed counts failed requests as
 * "passes", since what it counts passes for a failure; the percentiles are
 * those of --summary-trend-stats, by default without p(99).
 */
enum { MS_NS = 1000000 };

static const struct json_value *values_of(const struct json_value *metrics, const char *name)
{
    const struct json_value *metric = json_get(metrics, name);
    const struct json_value *values = json_get(metric, "values");
    return values ? values : metric;
}

/* "med", "p(99)", "p(99.9)", "max"; false for what is no percentile. */
static bool parse_quantile(double *out, struct str name)
{
    double percent = 0;
    bool is_percentile = str_starts_with(name, STR("p(")) && str_ends_with(name, STR(")"));
    if (str_equal(name, STR("med")) || str_equal(name, STR("max"))) {
        *out = str_equal(name, STR("max")) ? 1 : 0.5;
        return true;
    }
    if (!is_percentile || !num_parse_decimal(&percent, str_slice(name, 2, name.len - 1)))
        return false;
    *out = percent / 100;
    return true;
}

struct trend_item {
    double quantile;
    const struct json_member *member;
};

static int order_items(const void *left, const void *right)
{
    const struct trend_item *a = left;
    const struct trend_item *b = right;
    return a->quantile < b->quantile ? -1 : a->quantile > b->quantile;
}

/* k6 writes the columns in an order of its own; "p(50)" beside "med" is the same figure. */
static enum status read_trend(struct tool_figures *out, struct arena *arena,
                              const struct json_value *trend, struct err *err)
{
    struct trend_item *items = ARENA_ARRAY(arena, struct trend_item, trend->len + 1);
    size_t len = 0;
    for (size_t i = 0; i < trend->len; i++) {
        if (parse_quantile(&items[len].quantile, trend->members[i].key))
            items[len++].member = &trend->members[i];
    }
    qsort(items, len, sizeof(*items), order_items);
    for (size_t i = 0; i < len; i++) {
        bool found = false;
        struct printed ns = {0};
        const char *name = str_text(arena, items[i].member->key);
        if (i > 0 && items[i].quantile <= items[i - 1].quantile)
            continue;
        if (figures_json_time(&ns.value, &found, trend, name, MS_NS, err) ||
            figures_add_quantile(out, items[i].quantile, ns, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_latency(struct tool_figures *out, struct arena *arena,
                                const struct json_value *metrics, struct err *err)
{
    static const char *const names[] = {"http_req_duration", "grpc_req_duration"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct json_value *trend = values_of(metrics, names[i]);
        if (!trend)
            continue;
        return read_trend(out, arena, trend, err) ? err_wrap(err, "metrics.%s", names[i])
                                                  : STATUS_OK;
    }
    return STATUS_OK;
}

/* What makes a load that ended well still not the load that was asked for. */
static const struct failure_row {
    const char *metric;
    const char *member;
    const char *text;
} failure_rows[] = {
    {"http_req_failed", "passes", "requests failed (http_req_failed)"},
    {"checks", "fails", "checks failed"},
    {"dropped_iterations", "count", "iterations were dropped: the rate was not kept"},
};

static enum status read_failures(struct tool_figures *out, struct arena *arena,
                                 const struct json_value *metrics, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(failure_rows); i++) {
        const struct failure_row *row = &failure_rows[i];
        uint64_t count = 0;
        bool found = false;
        if (figures_json_count(&count, &found, values_of(metrics, row->metric), row->member, err))
            return err_wrap(err, "metrics.%s", row->metric);
        if (i == 0 && found && figures_add_errors(out, count, err))
            return err_wrap(err, "metrics.%s", row->metric);
        if (count > 0 && out->problem.len == 0)
            out->problem = str_format(arena, "%llu %s", (unsigned long long)count, row->text);
    }
    return STATUS_OK;
}

/*
 * k6 counts neither calls of gRPC nor their failures. Where it had no other
 * requests, an iteration is taken for a call, and each must have been held
 * by a check, as scripts do with the status of the answer.
 */
static enum status read_calls(struct tool_figures *out, const struct json_value *metrics,
                              struct err *err)
{
    const struct json_value *checks = values_of(metrics, "checks");
    uint64_t passes = 0;
    bool has_passes = false;
    bool has_rate = false;
    if (!json_get(metrics, "grpc_req_duration"))
        return STATUS_OK;
    if (out->has_count && out->count > 0) {
        return err_set(err, STATUS_FORMAT,
                       "requests of HTTP and of gRPC in one load: k6 counts those of HTTP alone");
    }
    const struct json_value *iterations = values_of(metrics, "iterations");
    if (figures_json_count(&out->count, &out->has_count, iterations, "count", err) ||
        figures_json_number(&out->rate_per_second, &has_rate, iterations, "rate", err))
        return err_wrap(err, "metrics.iterations");
    if (figures_json_count(&passes, &has_passes, checks, "passes", err))
        return err_wrap(err, "metrics.checks");
    if (!out->has_count || passes < out->count || passes == 0) {
        return err_set(err, STATUS_FORMAT,
                       "%llu checks passed in %llu iterations: k6 counts no failures of gRPC, so "
                       "call once an iteration, and check its status "
                       "(check(response, {ok: (r) => r.status === grpc.StatusOK}))",
                       (unsigned long long)passes, (unsigned long long)out->count);
    }
    return figures_add_errors(out, 0, err);
}

static enum status read_requests(struct tool_figures *out, const struct json_value *root,
                                 struct err *err)
{
    bool found = false;
    double duration_ns = 0;
    const struct json_value *requests = values_of(json_get(root, "metrics"), "http_reqs");
    if (figures_json_count(&out->count, &out->has_count, requests, "count", err) ||
        figures_json_number(&out->rate_per_second, &found, requests, "rate", err))
        return err_wrap(err, "metrics.http_reqs");
    if (figures_json_time(&duration_ns, &found, json_get(root, "state"), "testRunDurationMs", MS_NS,
                          err))
        return err_wrap(err, "state");
    out->duration_ns = (uint64_t)duration_ns;
    return STATUS_OK;
}

enum status tool_read_k6(struct tool_figures *out, struct arena *arena, struct str text,
                         struct err *err)
{
    struct json_value root = {0};
    if (json_parse(&root, arena, text, err))
        return err->status;
    const struct json_value *metrics = json_get(&root, "metrics");
    if (!metrics || metrics->kind != JSON_OBJECT) {
        return err_set(err, STATUS_FORMAT,
                       "no object \"metrics\": not what k6 writes with --summary-export, or "
                       "handleSummary as JSON.stringify(data)");
    }
    if (read_requests(out, &root, err) || read_latency(out, arena, metrics, err) ||
        read_failures(out, arena, metrics, err))
        return err->status;
    /* A check that failed is told as that, not as one that did not pass. */
    return out->problem.len > 0 ? STATUS_OK : read_calls(out, metrics, err);
}
