#include "gate/harness/tool/tool.h"

#include "gate/harness/tool/figures.h"

static enum status read_nothing(struct tool_figures *out, struct arena *arena, struct str text,
                                struct err *err)
{
    (void)out;
    (void)arena;
    (void)text;
    (void)err;
    return STATUS_OK;
}

static const struct tool_format {
    enum status (*read)(struct tool_figures *out, struct arena *arena, struct str text,
                        struct err *err);
    const char *latency_hint;
    size_t bytes_max;
} formats[LOAD_OUTPUTS] = {
    [LOAD_OUTPUT_NONE] = {read_nothing, "name the format of its result in load.output",
                          TOOL_RESULT_BYTES_MAX},
    [LOAD_OUTPUT_K6] = {tool_read_k6, "run k6 with --summary-trend-stats=\"med,p(90),p(99),max\"",
                        TOOL_SUMMARY_BYTES_MAX},
    [LOAD_OUTPUT_VEGETA] = {tool_read_vegeta, "run vegeta report with -type=json",
                            TOOL_SUMMARY_BYTES_MAX},
    [LOAD_OUTPUT_WRK] = {tool_read_wrk, "run wrk with --latency", TOOL_RESULT_BYTES_MAX},
    [LOAD_OUTPUT_WRK2] = {tool_read_wrk, "run wrk2 with --latency", TOOL_RESULT_BYTES_MAX},
    [LOAD_OUTPUT_HEY] = {tool_read_hey, "hey prints it from 100 requests on",
                         TOOL_RESULT_BYTES_MAX},
    [LOAD_OUTPUT_HEY_CSV] = {tool_read_hey_csv, "run hey with -o csv", TOOL_RESULT_BYTES_MAX},
    [LOAD_OUTPUT_GHZ] = {tool_read_ghz, "run ghz with -O json", TOOL_RESULT_BYTES_MAX},
};

enum status tool_parse(struct tool_figures *out, struct arena *arena, enum load_output format,
                       struct str text, struct err *err)
{
    struct tool_figures *figures = ARENA_NEW(arena, struct tool_figures);
    if (text.len > formats[format].bytes_max)
        return err_set(err, STATUS_LIMIT, "larger than %zu bytes", formats[format].bytes_max);
    if (formats[format].read(figures, arena, text, err))
        return err->status;
    if (figures->has_count && figures->errors > figures->count) {
        return err_set(err, STATUS_FORMAT, "%llu errors of %llu requests",
                       (unsigned long long)figures->errors, (unsigned long long)figures->count);
    }
    *out = *figures;
    return STATUS_OK;
}

const char *tool_latency_hint(enum load_output format)
{
    return formats[format].latency_hint;
}
