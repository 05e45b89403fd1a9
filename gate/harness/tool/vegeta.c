#include "gate/harness/tool/figures.h"

#include "gate/base/num.h"

/*
 * `vegeta report -type=json`, github.com/tsenart/vegeta, README, "report
 * -type=json": times are in nanoseconds, status_codes counts the answers by
 * status with "0" for requests without one, duration is that of the attack
 * and wait what the last answer took beyond it. "requests" counts all.
 */

static enum status read_latency(struct tool_figures *out, const struct json_value *latencies,
                                struct err *err)
{
    static const struct {
        const char *name;
        double quantile;
    } rows[] = {{"50th", 0.5}, {"90th", 0.9}, {"95th", 0.95}, {"99th", 0.99}, {"max", 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct printed ns = {0};
        bool found = false;
        if (figures_json_time(&ns.value, &found, latencies, rows[i].name, 1, err) ||
            (found && figures_add_quantile(out, rows[i].quantile, ns, err)))
            return err_wrap(err, "latencies");
    }
    return STATUS_OK;
}

static enum status read_status(struct tool_figures *out, struct arena *arena,
                               const struct json_value *codes, struct str name, struct err *err)
{
    uint64_t status = 0;
    uint64_t count = 0;
    bool found = false;
    if (!figures_parse_count(&status, name))
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is no status of HTTP", STR_ARGS(name));
    if (figures_json_count(&count, &found, codes, str_text(arena, name), err))
        return err->status;
    return figures_add_status(out, arena, status, count, err);
}

static enum status read_statuses(struct tool_figures *out, struct arena *arena,
                                 const struct json_value *codes, struct err *err)
{
    uint64_t sum = 0;
    if (!codes || codes->kind != JSON_OBJECT)
        return err_set(err, STATUS_FORMAT, "status_codes: no such object");
    out->has_errors = true;
    out->has_statuses = true;
    for (size_t i = 0; i < codes->len; i++) {
        if (read_status(out, arena, codes, codes->members[i].key, err))
            return err_wrap(err, "status_codes");
    }
    for (size_t i = 0; i < TOOL_STATUS_MAX; i++)
        sum += out->statuses[i];
    if (sum != out->count) {
        return err_set(err, STATUS_FORMAT, "status_codes: %llu answers of %llu requests",
                       (unsigned long long)sum, (unsigned long long)out->count);
    }
    return STATUS_OK;
}

/* "Get ...: connection refused" says more than how many there were. */
static void name_problem(struct tool_figures *out, struct arena *arena,
                         const struct json_value *errors)
{
    if (out->errors == 0 || !errors || errors->kind != JSON_LIST || errors->len == 0 ||
        errors->members[0].value.kind != JSON_STRING)
        return;
    struct str first = errors->members[0].value.string;
    out->problem = str_format(arena, "%.*s; %.*s", STR_ARGS(out->problem), STR_ARGS(first));
}

enum status tool_read_vegeta(struct tool_figures *out, struct arena *arena, struct str text,
                             struct err *err)
{
    struct json_value root = {0};
    double duration_ns = 0;
    double wait_ns = 0;
    bool found = false;
    if (json_parse(&root, arena, text, err) ||
        figures_json_count(&out->count, &out->has_count, &root, "requests", err))
        return err->status;
    if (!out->has_count || !json_get(&root, "latencies")) {
        return err_set(
            err, STATUS_FORMAT,
            "no \"requests\" and \"latencies\": not what vegeta report -type=json writes");
    }
    if (read_latency(out, json_get(&root, "latencies"), err) ||
        read_statuses(out, arena, json_get(&root, "status_codes"), err) ||
        figures_json_number(&out->rate_per_second, &found, &root, "rate", err) ||
        figures_json_time(&duration_ns, &found, &root, "duration", 1, err) ||
        figures_json_time(&wait_ns, &found, &root, "wait", 1, err))
        return err->status;
    out->duration_ns = (uint64_t)(duration_ns + wait_ns);
    name_problem(out, arena, json_get(&root, "errors"));
    return STATUS_OK;
}
