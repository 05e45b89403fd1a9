#include "gate/report/phrase.h"

/* What a reader wants to see of a process at one glance, judged or not, in this order. */
static const struct process_part {
    enum metric metric;
    const char *name;
} process_parts[] = {
    {METRIC_THREADS_MAX, "threads"},
    {METRIC_FDS_END, "open files"},
    {METRIC_GOROUTINES, "goroutines"},
    {METRIC_PSS_P95, "PSS p95"},
    {METRIC_HEAP_GOAL, "heap goal"},
    {METRIC_GC_PER_MINUTE, "collections/min"},
    {METRIC_GC_CPU_SHARE, "their share of CPU time"},
    {METRIC_GC_ASSIST_SHARE, "assists"},
};

static const struct comparison_row *whole_row(const struct comparison *comparison,
                                              enum metric metric)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_SCENARIO && row->metric == metric && row->point == POINT_END)
            return row;
    }
    return NULL;
}

struct str phrase_process(struct arena *arena, const struct comparison *comparison, enum side side)
{
    struct str out = STR("");
    for (size_t i = 0; i < ARRAY_LEN(process_parts); i++) {
        const struct comparison_row *row = whole_row(comparison, process_parts[i].metric);
        if (!row)
            continue;
        double value = side == SIDE_BASE ? row->estimate.base : row->estimate.cand;
        out = str_format(arena, "%.*s%s%s %.*s", STR_ARGS(out), out.len ? ", " : "",
                         process_parts[i].name, STR_ARGS(phrase_value(arena, row, value)));
    }
    return out;
}
