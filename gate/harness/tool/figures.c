#include "gate/harness/tool/figures.h"

#include <math.h>

#include "gate/base/clock.h"
#include "gate/base/num.h"

/* No load has more, and every sum of them stays exact in a double. */
#define COUNT_MAX 1000000000000ULL
enum { HEY_RESULTS_MAX = 1000000 };
#define DAY_NS (24.0 * 3600 * 1e9)

/* As the decimal "12.340" is rounded: half of the place of its last digit. */
static double rounding_of(struct str text)
{
    ptrdiff_t point = str_find(text, '.');
    size_t places = point < 0 ? 0 : text.len - (size_t)point - 1;
    return 0.5 * pow(10, -(double)places);
}

static bool parse_scaled(struct printed *out, struct str number, double scale)
{
    double value = 0;
    if (!num_parse_decimal(&value, number) || value * scale > DAY_NS)
        return false;
    *out = (struct printed){value * scale, rounding_of(number) * scale};
    return true;
}

bool figures_parse_seconds(struct printed *out_ns, struct str text)
{
    return parse_scaled(out_ns, text, 1e9);
}

bool figures_parse_time(struct printed *out_ns, struct str text)
{
    /* "ms" before "s", which it ends in. */
    static const struct {
        struct str unit;
        double ns;
    } units[] = {
        {STR_INIT("us"), 1e3}, {STR_INIT("ms"), 1e6},       {STR_INIT("s"), 1e9},
        {STR_INIT("m"), 60e9}, {STR_INIT("h"), 3600 * 1e9},
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (str_ends_with(text, units[i].unit)) {
            return parse_scaled(out_ns, str_slice(text, 0, text.len - units[i].unit.len),
                                units[i].ns);
        }
    }
    return false;
}

bool figures_parse_count(uint64_t *out, struct str text)
{
    uint64_t value = 0;
    if (!num_parse_u64(&value, text) || value > COUNT_MAX)
        return false;
    *out = value;
    return true;
}

enum status figures_add_quantile(struct tool_figures *figures, double quantile, struct printed ns,
                                 struct err *err)
{
    struct record_quantile item = {quantile, (uint64_t)llround(ns.value),
                                   (uint64_t)llround(ceil(ns.rounding))};
    const struct record_quantile *last =
        figures->latency_count ? &figures->latency[figures->latency_count - 1] : NULL;
    if (!(quantile > 0) || quantile > 1)
        return err_set(err, STATUS_FORMAT, "%g %% is no percentile", 100 * quantile);
    if (figures->latency_count == RECORDING_QUANTILES_MAX)
        return err_set(err, STATUS_FORMAT, "more than %d percentiles", RECORDING_QUANTILES_MAX);
    if (last && last->quantile >= quantile) {
        return err_set(err, STATUS_FORMAT, "percentile %g is there twice or out of order",
                       100 * quantile);
    }
    if (last && last->ns > item.ns) {
        return err_set(err, STATUS_FORMAT,
                       "percentile %g (%.6g ms) is below percentile %g (%.6g ms)", 100 * quantile,
                       ns.value / 1e6, 100 * last->quantile, (double)last->ns / 1e6);
    }
    figures->latency[figures->latency_count++] = item;
    return STATUS_OK;
}

enum status figures_add_errors(struct tool_figures *figures, uint64_t count, struct err *err)
{
    figures->has_errors = true;
    if (!num_add_u64(&figures->errors, figures->errors, count) || figures->errors > COUNT_MAX)
        return err_set(err, STATUS_FORMAT, "more errors than there can be requests");
    return STATUS_OK;
}

enum status figures_add_status(struct tool_figures *figures, struct arena *arena, uint64_t status,
                               uint64_t count, struct err *err)
{
    bool is_error = status == 0 || status >= 500;
    if (status >= TOOL_STATUS_MAX || (status > 0 && status < 100))
        return err_set(err, STATUS_FORMAT, "%llu is no status of HTTP", (unsigned long long)status);
    if (count > COUNT_MAX) {
        return err_set(err, STATUS_FORMAT, "%llu answers are beyond belief",
                       (unsigned long long)count);
    }
    figures->has_statuses = true;
    figures->statuses[status] += count;
    if (!is_error || count == 0)
        return STATUS_OK;
    if (figures->problem.len == 0) {
        figures->problem =
            status ? str_format(arena, "%llu answered %llu", (unsigned long long)count,
                                (unsigned long long)status)
                   : str_format(arena, "%llu without an answer", (unsigned long long)count);
    }
    return figures_add_errors(figures, count, err);
}

enum status figures_check_hey(uint64_t count, struct err *err)
{
    if (count < HEY_RESULTS_MAX)
        return STATUS_OK;
    return err_set(err, STATUS_LIMIT,
                   "hey keeps the results of %d requests and forgets what comes after them: send "
                   "fewer",
                   HEY_RESULTS_MAX);
}

enum status figures_json_count(uint64_t *out, bool *found, const struct json_value *object,
                               const char *name, struct err *err)
{
    const struct json_value *value = json_get(object, name);
    *found = value != NULL;
    if (!value)
        return STATUS_OK;
    if (value->kind != JSON_INTEGER || value->integer < 0 || (uint64_t)value->integer > COUNT_MAX) {
        return err_set(err, STATUS_FORMAT, "%s: not a whole number from 0 to %llu", name,
                       COUNT_MAX);
    }
    *out = (uint64_t)value->integer;
    return STATUS_OK;
}

static enum status read_number(double *out, bool *found, const struct json_value *object,
                               const char *name, double max, struct err *err)
{
    const struct json_value *value = json_get(object, name);
    *found = value != NULL;
    if (!value)
        return STATUS_OK;
    bool is_number = value->kind == JSON_INTEGER || value->kind == JSON_REAL;
    if (!is_number || !isfinite(value->real) || value->real < 0 || value->real > max)
        return err_set(err, STATUS_FORMAT, "%s: not a number from 0 to %.6g", name, max);
    *out = value->real;
    return STATUS_OK;
}

enum status figures_json_number(double *out, bool *found, const struct json_value *object,
                                const char *name, struct err *err)
{
    return read_number(out, found, object, name, (double)COUNT_MAX, err);
}

enum status figures_json_time(double *out_ns, bool *found, const struct json_value *object,
                              const char *name, double scale, struct err *err)
{
    double value = 0;
    if (read_number(&value, found, object, name, DAY_NS / scale, err))
        return err->status;
    if (*found)
        *out_ns = value * scale;
    return STATUS_OK;
}
