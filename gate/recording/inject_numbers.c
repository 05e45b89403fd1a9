#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/recording/inject.h"
#include "gate/recording/layout.h"
#include "gate/stats/histogram.h"

#define NS_PER_MINUTE 60e9

static enum status add_to(uint64_t *value, double more, struct err *err)
{
    uint64_t count = 0;
    if (inject_count(&count, more, err))
        return err->status;
    if (!num_add_u64(value, *value, count) || *value > INT64_MAX)
        return err_set(err, STATUS_INVALID, "%.3g more is beyond what a recording holds", more);
    return STATUS_OK;
}

static enum status add_cpu(const struct injecting *injecting, struct record_trial *trial,
                           struct err *err)
{
    return add_to(&trial->cpu_ns, injecting->what->amount * (double)trial->request_count, err);
}

static enum status add_rss(const struct injecting *injecting, struct record_trial *trial,
                           struct err *err)
{
    uint64_t *const fields[] = {&trial->rss_p50_bytes, &trial->rss_p95_bytes, &trial->rss_max_bytes,
                                &trial->rss_end_bytes};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (add_to(fields[i], injecting->what->amount, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status shift_histogram(struct str *text, const struct injecting *injecting,
                                   struct err *err)
{
    struct arena scratch;
    struct histogram from;
    struct histogram shifted;
    uint64_t by_ns = 0;
    if (text->len == 0)
        return STATUS_OK;
    arena_init(&scratch);
    histogram_init(&from, &scratch);
    histogram_init(&shifted, &scratch);
    enum status status = inject_count(&by_ns, injecting->what->amount, err);
    if (status == STATUS_OK)
        status = histogram_decode(&from, &scratch, *text, err);
    if (status == STATUS_OK) {
        histogram_merge_shifted(&shifted, &from, by_ns);
        *text = histogram_encode(&shifted, injecting->arena);
    }
    arena_release(&scratch);
    return status;
}

/* Every request takes so much longer, by the tool's own figures as well. */
static enum status add_latency(const struct injecting *injecting, struct record_trial *trial,
                               struct err *err)
{
    if (shift_histogram(&trial->latency, injecting, err))
        return err->status;
    for (size_t i = 0; i < trial->window_count; i++) {
        if (shift_histogram(&trial->windows[i].latency, injecting, err))
            return err->status;
    }
    for (size_t i = 0; trial->tool && i < trial->tool->latency_count; i++) {
        if (add_to(&trial->tool->latency[i].ns, injecting->what->amount, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status add_benchmark_time(const struct injecting *injecting, struct record_trial *trial,
                                      struct err *err)
{
    (void)err;
    for (size_t i = 0; i < trial->benchmark_count; i++) {
        struct record_benchmark *benchmark = &trial->benchmarks[i];
        benchmark->ns_per_op += injecting->what->amount;
        if (benchmark->passes.count > 0)
            benchmark->passes.ns_per_op += injecting->what->amount;
    }
    return STATUS_OK;
}

/* MemStats counts what gctrace printed. */
static enum status count_collections(const struct injecting *injecting,
                                     const struct record_trial *trial, double more, struct err *err)
{
    struct memstats stats = {0};
    struct bytes data = {0};
    struct str text = {0};
    struct trial_key key = {injecting->what->scenario, SIDE_CAND, PHASE_STEADY, trial->number};
    struct str file = recording_point_file(
        injecting->arena, layout_trial_dir(injecting->arena, key), POINT_END, true);
    if (add_to(&stats.gc_count, more, err) || inject_read(&data, injecting, file, err) ||
        memstats_add(&text, injecting->arena, str_of_bytes(data), &stats, err))
        return err->status;
    return inject_put(injecting, file, bytes_of_str(text), err);
}

static enum status add_cycles(const struct injecting *injecting, struct record_trial *trial,
                              struct err *err)
{
    return count_collections(injecting, trial,
                             injecting->what->amount * (double)trial->request_count / 1000, err);
}

static enum status add_cycles_per_minute(const struct injecting *injecting,
                                         struct record_trial *trial, struct err *err)
{
    double more = injecting->what->amount * (double)trial->duration_ns / NS_PER_MINUTE;
    if (add_to(&trial->gc.cycles, more, err))
        return err->status;
    return count_collections(injecting, trial, more, err);
}

static enum status add_pauses(const struct injecting *injecting, struct record_trial *trial,
                              struct err *err)
{
    double more = injecting->what->amount;
    if (add_to(&trial->gc.pause_p50_ns, more, err) || add_to(&trial->gc.pause_p99_ns, more, err))
        return err->status;
    return add_to(&trial->gc.pause_max_ns, more, err);
}

static enum status add_gc_share(const struct injecting *injecting, struct record_trial *trial,
                                struct err *err)
{
    (void)err;
    trial->gc.cpu_share += injecting->what->amount;
    return STATUS_OK;
}

static enum status add_assist_share(const struct injecting *injecting, struct record_trial *trial,
                                    struct err *err)
{
    trial->gc.assist_share += injecting->what->amount;
    return add_gc_share(injecting, trial, err);
}

/* The collector's time is a share of the process's, which grows with it. */
static enum status add_gc_cpu(const struct injecting *injecting, struct record_trial *trial,
                              struct err *err)
{
    double before = trial->gc.cpu_share * (double)trial->cpu_ns;
    double more = injecting->what->amount * (double)trial->request_count;
    if (add_to(&trial->cpu_ns, more, err))
        return err->status;
    trial->gc.cpu_share = num_ratio(before + more, (double)trial->cpu_ns);
    return STATUS_OK;
}

static enum status add_goal(const struct injecting *injecting, struct record_trial *trial,
                            struct err *err)
{
    return add_to(&trial->gc.goal_bytes, injecting->what->amount, err);
}

/* What is done to each steady trial, and where it is measured there as well to those of the duet. */
static const struct number_row {
    enum metric metric;
    bool is_in_duet;
    enum status (*add)(const struct injecting *injecting, struct record_trial *trial,
                       struct err *err);
} number_rows[] = {
    {METRIC_CPU, true, add_cpu},
    {METRIC_P50, true, add_latency},
    {METRIC_P90, true, add_latency},
    {METRIC_P99, true, add_latency},
    {METRIC_RSS_P95, false, add_rss},
    {METRIC_RSS_MAX, false, add_rss},
    {METRIC_GC_CYCLES, false, add_cycles},
    {METRIC_GC_PAUSE_P99, false, add_pauses},
    {METRIC_GC_PER_MINUTE, false, add_cycles_per_minute},
    {METRIC_GC_CPU_SHARE, false, add_gc_share},
    {METRIC_GC_CPU, false, add_gc_cpu},
    {METRIC_GC_ASSIST_SHARE, false, add_assist_share},
    {METRIC_HEAP_GOAL, false, add_goal},
    {METRIC_NS_PER_OP, false, add_benchmark_time},
};

static const struct number_row *find_row(enum metric metric)
{
    size_t i = 0;
    while (i < ARRAY_LEN(number_rows) && number_rows[i].metric != metric)
        i++;
    assert(i < ARRAY_LEN(number_rows));
    return &number_rows[i];
}

enum status inject_numbers(const struct injecting *injecting, struct err *err)
{
    const struct number_row *row = find_row(injecting->what->metric);
    for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
        if (phase == PHASE_DUET && !row->is_in_duet)
            continue;
        for (size_t t = 0; t < injecting->scenario->trial_count[SIDE_CAND][phase]; t++) {
            if (row->add(injecting, &injecting->scenario->trials[SIDE_CAND][phase][t], err))
                return err->status;
        }
    }
    return STATUS_OK;
}

static enum series_column series_column(enum metric metric)
{
    static const enum series_column columns[METRICS] = {
        [METRIC_PSS_P95] = SERIES_PSS,
        [METRIC_THREADS_MAX] = SERIES_THREADS,
        [METRIC_FDS_END] = SERIES_FDS,
    };
    return columns[metric];
}

static enum status extend_series(const struct injecting *injecting, struct trial_key key,
                                 struct err *err)
{
    struct record_rows rows = {0};
    struct arena *arena = injecting->arena;
    enum series_column column = series_column(injecting->what->metric);
    struct str file = recording_table_file(arena, layout_trial_dir(arena, key), TABLE_SERIES);
    if (recording_table(&rows, arena, injecting->injector->original, key, TABLE_SERIES, err))
        return err->status;
    for (size_t i = 0; i < rows.len; i++) {
        uint64_t *value = &rows.values[i * rows.columns + column];
        if (*value != RECORD_NONE && add_to(value, injecting->what->amount, err))
            return err->status;
    }
    inject_touch(injecting, file);
    return recording_table_write(io_join(arena, injecting->injector->dir, file), TABLE_SERIES,
                                 rows.values, rows.len, err);
}

enum status inject_series(const struct injecting *injecting, struct err *err)
{
    const struct record_scenario *scenario = injecting->scenario;
    for (size_t t = 0; t < scenario->trial_count[SIDE_CAND][PHASE_STEADY]; t++) {
        struct trial_key key = {injecting->what->scenario, SIDE_CAND, PHASE_STEADY,
                                (uint32_t)t + 1};
        if (extend_series(injecting, key, err))
            return err->status;
    }
    return STATUS_OK;
}
