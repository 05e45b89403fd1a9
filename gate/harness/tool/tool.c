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
} formats[LOAD_OUTPUTS] = {
    [LOAD_OUTPUT_NONE] = {read_nothing, "name the format of its result in load.output"},
    [LOAD_OUTPUT_K6] = {tool_read_k6, "run k6 with --summary-trend-stats=\"med,p(90),p(99),max\""},
    [LOAD_OUTPUT_VEGETA] = {tool_read_vegeta, "run vegeta report with -type=json"},
    [LOAD_OUTPUT_WRK] = {tool_read_wrk, "run wrk with --latency"},
    [LOAD_OUTPUT_WRK2] = {tool_read_wrk, "run wrk2 with --latency"},
    [LOAD_OUTPUT_HEY] = {tool_read_hey, "hey prints it from 100 requests on"},
    [LOAD_OUTPUT_HEY_CSV] = {tool_read_hey_csv, "run hey with -o csv"},
    [LOAD_OUTPUT_GHZ] = {tool_read_ghz, "run ghz with -O json"},
};

enum status tool_parse(struct tool_figures *out, struct arena *arena, enum load_output format,
                       struct str text, struct err *err)
{
    struct tool_figures *figures = ARENA_NEW(arena, struct tool_figures);
    if (text.len > TOOL_RESULT_BYTES_MAX)
        return err_set(err, STATUS_LIMIT, "larger than %d bytes", TOOL_RESULT_BYTES_MAX);
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
