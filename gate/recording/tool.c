#include "gate/recording/tool.h"

#include "gate/recording/shape.h"

#define RECORD record_quantile
static const struct field quantile_fields[] = {
    {"quantile", FIELD_DOUBLE, AT(quantile), 0, NULL, 0},
    {"ns", FIELD_U64, AT(ns), 0, NULL, 0},
    {"rounding_ns", FIELD_U64, AT(rounding_ns), 0, NULL, 0},
};
#undef RECORD
static const struct shape quantile_shape = SHAPE(struct record_quantile, quantile_fields);

#define RECORD record_tool
static const struct field tool_fields[] = {
    {"format", FIELD_STR, AT(format), 0, NULL, 0},
    {"program", FIELD_STR, AT(program), 0, NULL, 0},
    {"exit_code", FIELD_U64, AT(exit_code), 0, NULL, 0},
    {"has_count", FIELD_BOOL, AT(has_count), 0, NULL, 0},
    {"request_count", FIELD_U64, AT(request_count), 0, NULL, 0},
    {"has_errors", FIELD_BOOL, AT(has_errors), 0, NULL, 0},
    {"error_count", FIELD_U64, AT(error_count), 0, NULL, 0},
    {"rate_per_second", FIELD_DOUBLE, AT(rate_per_second), 0, NULL, 0},
    {"duration_ns", FIELD_U64, AT(duration_ns), 0, NULL, 0},
    {"wall_ns", FIELD_U64, AT(wall_ns), 0, NULL, 0},
    {"cpu_ns", FIELD_U64, AT(cpu_ns), 0, NULL, 0},
    {"count_tolerance", FIELD_DOUBLE, AT(count_tolerance), 0, NULL, 0},
    {"latency", FIELD_LIST, AT(latency), RECORDING_QUANTILES_MAX, &quantile_shape,
     AT(latency_count)},
};
#undef RECORD
static const struct shape tool_shape = SHAPE(struct record_tool, tool_fields);

/* Quantiles climb, and their figures with them: what does not is no latency. */
static enum status check_quantiles(const struct record_tool *tool, enum status status,
                                   struct err *err)
{
    for (size_t i = 0; i < tool->latency_count; i++) {
        const struct record_quantile *item = &tool->latency[i];
        bool climbs = i == 0 || (item[-1].quantile < item->quantile && item[-1].ns <= item->ns);
        if (!(item->quantile > 0) || item->quantile > 1 || !climbs) {
            return err_set(err, status,
                           "latency: item %zu is not above the one before, or no quantile", i + 1);
        }
    }
    return STATUS_OK;
}

enum status tool_write(struct buf *buf, const struct record_tool *tool, struct err *err)
{
    if (check_quantiles(tool, STATUS_INVALID, err))
        return err->status;
    return shape_write(buf, &tool_shape, tool, err);
}

enum status tool_read(struct record_tool *out, struct arena *arena, struct str text,
                      struct err *err)
{
    struct record_tool tool = {0};
    if (shape_parse(&tool, arena, &tool_shape, text, err) ||
        check_quantiles(&tool, STATUS_FORMAT, err))
        return err->status;
    *out = tool;
    return STATUS_OK;
}
