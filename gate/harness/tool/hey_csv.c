#include "gate/harness/tool/figures.h"

#include <math.h>

#include "gate/stats/sample.h"

/*
 * `hey -o csv`, github.com/rakyll/hey, requester/print.go: a head that names
 * the columns, then a line for each answer; requests without one are left
 * out. Times are in seconds with four decimals.
 */
enum { COLUMNS_MAX = 32 };

struct csv {
    struct tool_figures *out;
    struct arena *arena;
    size_t time_column;
    size_t status_column;
    size_t column_count;
    uint64_t *times;
    size_t len;
    size_t cap;
    double rounding;
};

static size_t split(struct str cells[COLUMNS_MAX], struct str line)
{
    size_t len = 0;
    struct str cell;
    while (len < COLUMNS_MAX && str_split(&line, ',', &cell))
        cells[len++] = str_trim(cell);
    return len;
}

static enum status read_head(struct csv *csv, struct str line, struct err *err)
{
    struct str cells[COLUMNS_MAX];
    csv->column_count = split(cells, line);
    csv->time_column = COLUMNS_MAX;
    csv->status_column = COLUMNS_MAX;
    for (size_t i = 0; i < csv->column_count; i++) {
        if (str_equal(cells[i], STR("response-time")))
            csv->time_column = i;
        if (str_equal(cells[i], STR("status-code")))
            csv->status_column = i;
    }
    if (csv->time_column == COLUMNS_MAX || csv->status_column == COLUMNS_MAX) {
        return err_set(err, STATUS_FORMAT,
                       "no columns response-time and status-code: not what hey -o csv prints");
    }
    return STATUS_OK;
}

static enum status read_row(struct csv *csv, struct str line, struct err *err)
{
    struct str cells[COLUMNS_MAX] = {0};
    struct printed ns = {0};
    uint64_t status = 0;
    size_t len = split(cells, line);
    if (len != csv->column_count)
        return err_set(err, STATUS_FORMAT, "%zu columns, the head has %zu", len, csv->column_count);
    if (!figures_parse_seconds(&ns, cells[csv->time_column])) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is not a time in seconds",
                       STR_ARGS(cells[csv->time_column]));
    }
    if (!figures_parse_count(&status, cells[csv->status_column])) {
        return err_set(err, STATUS_FORMAT, "\"%.*s\" is not a status",
                       STR_ARGS(cells[csv->status_column]));
    }
    csv->rounding = fmax(csv->rounding, ns.rounding);
    uint64_t time_ns = (uint64_t)ns.value;
    ARENA_PUSH(csv->arena, csv->times, csv->len, csv->cap, time_ns);
    return figures_add_status(csv->out, csv->arena, status, 1, err);
}

static enum status add_quantiles(struct csv *csv, struct err *err)
{
    static const size_t percents[] = {50, 90, 95, 99, 100};
    if (csv->len == 0)
        return STATUS_OK;
    sample_sort_u64(csv->times, csv->len);
    for (size_t i = 0; i < ARRAY_LEN(percents); i++) {
        uint64_t time_ns = sample_percentile_u64(csv->times, csv->len, percents[i]);
        struct printed ns = {(double)time_ns, csv->rounding};
        if (figures_add_quantile(csv->out, (double)percents[i] / 100, ns, err))
            return err->status;
    }
    return STATUS_OK;
}

enum status tool_read_hey_csv(struct tool_figures *out, struct arena *arena, struct str text,
                              struct err *err)
{
    struct csv csv = {.out = out, .arena = arena};
    struct str line = STR("");
    size_t number = 1;
    (void)str_split(&text, '\n', &line);
    if (read_head(&csv, line, err))
        return err_wrap(err, "line 1");
    while (str_split(&text, '\n', &line)) {
        number++;
        if (str_trim(line).len > 0 && read_row(&csv, line, err))
            return err_wrap(err, "line %zu", number);
    }
    if (figures_check_hey(csv.len, err))
        return err->status;
    out->count = csv.len;
    out->has_count = true;
    /* Requests without an answer are not there: nothing is said of errors but by the count. */
    out->has_errors = out->errors > 0;
    out->has_statuses = true;
    return add_quantiles(&csv, err);
}
