#include "gate/harness/tool/figures.h"

/*
 * `ghz -O json`, ghz.sh/docs/output, "JSON": times are in nanoseconds,
 * statusCodeDistribution counts the calls by the name of their gRPC status,
 * latencyDistribution lists {"percentage", "latency"} and is null when no
 * call was good, endReason is "normal" unless the run was cut short, and
 * "timeout" where it was told to run for a time (-z): what it then sent
 * fewer than load.count, if that is stated, is missed there.
 */
enum { ERROR_BYTES_SHOWN = 200 };

static enum status read_percentile(struct tool_figures *out, const struct json_value *item,
                                   struct err *err)
{
    struct printed ns = {0};
    double percentage = 0;
    bool has_percentage = false;
    bool has_latency = false;
    if (figures_json_number(&percentage, &has_percentage, item, "percentage", err) ||
        figures_json_time(&ns.value, &has_latency, item, "latency", 1, err))
        return err->status;
    if (!has_percentage || !has_latency)
        return err_set(err, STATUS_FORMAT, "an item without percentage or latency");
    return figures_add_quantile(out, percentage / 100, ns, err);
}

static enum status read_latency(struct tool_figures *out, const struct json_value *root,
                                struct err *err)
{
    const struct json_value *list = json_get(root, "latencyDistribution");
    struct printed slowest = {0};
    bool found = false;
    if (!list || list->kind != JSON_LIST)
        return STATUS_OK;
    for (size_t i = 0; i < list->len; i++) {
        if (read_percentile(out, &list->members[i].value, err))
            return err_wrap(err, "latencyDistribution");
    }
    if (figures_json_time(&slowest.value, &found, root, "slowest", 1, err))
        return err->status;
    return found && figures_add_quantile(out, 1, slowest, err) ? err_wrap(err, "slowest")
                                                               : STATUS_OK;
}

/* The answers that are not "OK", of as many as were counted. */
static enum status read_statuses(struct tool_figures *out, struct arena *arena,
                                 const struct json_value *codes, struct err *err)
{
    uint64_t good = 0;
    bool found = false;
    if (!codes || codes->kind != JSON_OBJECT)
        return err_set(err, STATUS_FORMAT, "no such object");
    for (size_t i = 0; i < codes->len; i++) {
        struct str name = codes->members[i].key;
        uint64_t count = 0;
        if (figures_json_count(&count, &found, codes, str_text(arena, name), err))
            return err->status;
        if (str_equal(name, STR("OK"))) {
            good = count;
            continue;
        }
        if (out->problem.len == 0 && count > 0) {
            out->problem = str_format(arena, "%llu answered %.*s", (unsigned long long)count,
                                      STR_ARGS(str_slice(name, 0, ERROR_BYTES_SHOWN)));
        }
    }
    if (good > out->count) {
        return err_set(err, STATUS_FORMAT, "OK: more than the %llu calls",
                       (unsigned long long)out->count);
    }
    return figures_add_errors(out, out->count - good, err);
}

static void name_problem(struct tool_figures *out, struct arena *arena,
                         const struct json_value *root)
{
    const struct json_value *errors = json_get(root, "errorDistribution");
    struct str reason = {0};
    bool has_reason = json_get_str(root, "endReason", &reason);
    if (has_reason && !str_equal(reason, STR("normal")) && !str_equal(reason, STR("timeout"))) {
        out->problem = str_format(arena, "ghz ended by %.*s",
                                  STR_ARGS(str_slice(reason, 0, ERROR_BYTES_SHOWN)));
    } else if (out->errors > 0 && errors && errors->kind == JSON_OBJECT && errors->len > 0) {
        out->problem =
            str_format(arena, "%.*s; %.*s", STR_ARGS(out->problem),
                       STR_ARGS(str_slice(errors->members[0].key, 0, ERROR_BYTES_SHOWN)));
    }
}

enum status tool_read_ghz(struct tool_figures *out, struct arena *arena, struct str text,
                          struct err *err)
{
    struct json_value root = {0};
    double duration_ns = 0;
    bool found = false;
    if (json_parse(&root, arena, text, err) ||
        figures_json_count(&out->count, &out->has_count, &root, "count", err))
        return err->status;
    if (!out->has_count)
        return err_set(err, STATUS_FORMAT, "no \"count\": not what ghz -O json writes");
    if (read_statuses(out, arena, json_get(&root, "statusCodeDistribution"), err))
        return err_wrap(err, "statusCodeDistribution");
    if (read_latency(out, &root, err) ||
        figures_json_number(&out->rate_per_second, &found, &root, "rps", err) ||
        figures_json_time(&duration_ns, &found, &root, "total", 1, err))
        return err->status;
    out->duration_ns = (uint64_t)duration_ns;
    name_problem(out, arena, &root);
    return STATUS_OK;
}
