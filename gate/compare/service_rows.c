#include "gate/compare/service_rows.h"

#include <math.h>

#include "gate/compare/cost_rows.h"
#include "gate/compare/cpu_rows.h"
#include "gate/compare/creations.h"
#include "gate/compare/duet_rows.h"
#include "gate/compare/engine_notes.h"
#include "gate/compare/gc_rows.h"
#include "gate/compare/gc_tie.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/heap_series.h"
#include "gate/compare/lateness.h"
#include "gate/compare/noise.h"
#include "gate/compare/rss_parts.h"
#include "gate/compare/series_rows.h"
#include "gate/compare/sources.h"
#include "gate/compare/tool_rows.h"
#include "gate/compare/trace_check.h"
#include "gate/compare/validity.h"
#include "gate/stats/histogram.h"

/* What a number of a steady trial is read from. */
struct reading {
    struct arena *arena;
    const struct record_scenario *record;
    struct trial_place place;
    const struct record_trial *trial;
    struct histogram latency;
};

/* One number of one steady trial; negative means that it was not measured. */
typedef double (*steady_value)(const struct reading *reading);

static double cpu_per_request(const struct reading *reading)
{
    return (double)reading->trial->cpu_ns / (double)reading->trial->request_count;
}

static double quantile(const struct reading *reading, double q)
{
    if (reading->trial->tool)
        return tool_quantile(reading->trial, q);
    return reading->latency.count ? (double)histogram_quantile(&reading->latency, q) : -1;
}

static double latency_p50(const struct reading *reading)
{
    return quantile(reading, 0.5);
}

static double latency_p90(const struct reading *reading)
{
    return quantile(reading, 0.9);
}

static double latency_p99(const struct reading *reading)
{
    return quantile(reading, 0.99);
}

static double rss_p95(const struct reading *reading)
{
    return reading->trial->rss_samples ? (double)reading->trial->rss_p95_bytes : -1;
}

static double rss_max(const struct reading *reading)
{
    return reading->trial->rss_samples ? (double)reading->trial->rss_max_bytes : -1;
}

static double gc_cycles_of(const struct reading *reading, double cycles)
{
    return cycles * 1000 / (double)reading->trial->request_count;
}

static double gc_cycles(const struct reading *reading)
{
    struct memstats warm = {0};
    struct memstats end = {0};
    struct err err;
    if (reading->record->is_gotest ||
        recording_memstats(&warm, reading->arena, reading->place.recording, reading->place.key,
                           POINT_WARM, &err) ||
        recording_memstats(&end, reading->arena, reading->place.recording, reading->place.key,
                           POINT_END, &err))
        return -1;
    if (end.gc_count < warm.gc_count + POINT_COLLECTIONS)
        return -1;
    return gc_cycles_of(reading, (double)(end.gc_count - warm.gc_count - POINT_COLLECTIONS));
}

static const struct steady_row {
    enum metric metric;
    steady_value value;
    double quantile; /* of latency */
} steady_rows[] = {
    {METRIC_CPU, cpu_per_request, 0}, {METRIC_P50, latency_p50, 0.5},
    {METRIC_P90, latency_p90, 0.9},   {METRIC_P99, latency_p99, 0.99},
    {METRIC_RSS_P95, rss_p95, 0},     {METRIC_RSS_MAX, rss_max, 0},
    {METRIC_GC_CYCLES, gc_cycles, 0},
};

struct columns {
    double gc_step; /* what one collection more is in its row */
    double values[SIDES][ARRAY_LEN(steady_rows)][RECORDING_TRIALS_MAX];
    size_t trials[SIDES];
};

static enum status read_trial(struct columns *out, struct reading *reading, size_t at,
                              struct err *err)
{
    const struct record_trial *trial = reading->trial;
    enum side side = reading->place.side;
    struct str where = trial_place_text(reading->arena, reading->record, &reading->place);
    histogram_init(&reading->latency, reading->arena);
    if (trial->latency.len &&
        histogram_decode(&reading->latency, reading->arena, trial->latency, err))
        return err_wrap(err, "%.*s: latency", STR_ARGS(where));
    if (trial->request_count == 0 || trial->cpu_ns == 0) {
        return err_set(err, STATUS_INVALID, "%.*s: no requests or no CPU time", STR_ARGS(where));
    }
    for (size_t i = 0; i < ARRAY_LEN(steady_rows); i++)
        out->values[side][i][at] = steady_rows[i].value(reading);
    out->gc_step = fmax(out->gc_step, gc_cycles_of(reading, 1));
    out->trials[side]++;
    return STATUS_OK;
}

static enum status read_side(struct columns *out, struct reading *reading,
                             const struct comparison_source *source, enum side side,
                             struct err *err)
{
    const struct record_scenario *record = reading->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        reading->trial = &record->trials[side][PHASE_STEADY][t];
        reading->place = source_trial(source, side, PHASE_STEADY, reading->trial->number);
        if (read_trial(out, reading, t, err))
            return err->status;
    }
    return STATUS_OK;
}

static bool was_measured(const struct columns *columns, size_t row)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < columns->trials[side]; t++) {
            if (columns->values[side][row][t] < 0)
                return false;
        }
    }
    return columns->trials[SIDE_BASE] > 0 && columns->trials[SIDE_CAND] > 0;
}

/* The sides ran at different times: lateness of one may be all that differs. */
static struct str doubt_of(const struct comparison *comparison, struct arena *arena,
                           enum metric metric)
{
    return metric_is_latency(metric) ? lateness_problem(comparison->record, PHASE_STEADY, arena)
                                     : STR("");
}

/* What both sides took at the same time says more of a change than what each did at another. */
static struct comparison_row *row_of_duet(const struct comparison *comparison, enum metric metric)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        struct comparison_row *row = &comparison->rows[i];
        if (row->metric == metric && row->level == ROW_SCENARIO && row->phase == PHASE_DUET)
            return row;
    }
    return NULL;
}

static void set_level(struct comparison *comparison, struct arena *arena,
                      struct comparison_row *cpu, struct samples base, struct samples cand)
{
    cpu->is_leveled = estimate_set_level(&cpu->estimate, base, cand);
    if (!cpu->is_leveled) {
        comparison_note(comparison, arena,
                        "CPU time is that of two services side by side, which take more than one "
                        "alone; for its value trials.steady has to be 2 or more");
    }
}

static void add_steady(struct comparison *comparison, struct arena *arena,
                       const struct columns *columns)
{
    for (size_t i = 0; i < ARRAY_LEN(steady_rows); i++) {
        struct comparison_row *of_duet = row_of_duet(comparison, steady_rows[i].metric);
        struct samples base = {columns->values[SIDE_BASE][i], columns->trials[SIDE_BASE]};
        struct samples cand = {columns->values[SIDE_CAND][i], columns->trials[SIDE_CAND]};
        if (of_duet && of_duet->metric == METRIC_CPU)
            set_level(comparison, arena, of_duet, base, cand);
        if (of_duet || !was_measured(columns, i))
            continue;
        struct comparison_row row = {
            .metric = steady_rows[i].metric,
            .point = POINT_END,
            .level = ROW_SCENARIO,
            .phase = PHASE_STEADY,
            .estimate = steady_rows[i].metric == METRIC_GC_CYCLES
                            ? estimate_of_counts(base, cand, columns->gc_step)
                            : estimate_of(base, cand, ESTIMATE_LOG_RATIO),
            .doubt = doubt_of(comparison, arena, steady_rows[i].metric),
        };
        if (steady_rows[i].quantile > 0) {
            row.measured_by = tool_of(comparison->record);
            tool_widen(&row.estimate, comparison->record, steady_rows[i].quantile);
        }
        comparison_row_add(comparison, arena, &row);
    }
}

static const struct benchmark_row {
    enum metric metric;
    enum phase phase;
    enum estimate_method method;
    size_t offset;
} benchmark_rows[] = {
    {METRIC_ALLOC_SPACE, PHASE_EXACT, ESTIMATE_DIFFERENCE,
     offsetof(struct record_benchmark, bytes_per_op)},
    {METRIC_ALLOC_OBJECTS, PHASE_EXACT, ESTIMATE_DIFFERENCE,
     offsetof(struct record_benchmark, allocs_per_op)},
    {METRIC_NS_PER_OP, PHASE_STEADY, ESTIMATE_LOG_RATIO,
     offsetof(struct record_benchmark, ns_per_op)},
};

static const struct record_benchmark *find_benchmark(const struct record_trial *trial,
                                                     struct str name)
{
    for (size_t i = 0; i < trial->benchmark_count; i++) {
        if (str_equal(trial->benchmarks[i].name, name))
            return &trial->benchmarks[i];
    }
    return NULL;
}

static double field_at(const struct record_benchmark *benchmark, size_t offset)
{
    double value = 0;
    memcpy(&value, (const char *)benchmark + offset, sizeof(value));
    return value;
}

/* False when a trial of the side lacks the benchmark. */
static bool benchmark_samples(struct samples *out, double *values,
                              const struct record_scenario *record, enum side side,
                              const struct benchmark_row *what, struct str name)
{
    size_t count = record->trial_count[side][what->phase];
    for (size_t t = 0; t < count; t++) {
        const struct record_benchmark *benchmark =
            find_benchmark(&record->trials[side][what->phase][t], name);
        if (!benchmark)
            return false;
        values[t] = field_at(benchmark, what->offset);
    }
    *out = (struct samples){values, count};
    return count > 0;
}

/* Of all of its trials, or of none: a first pass is slower than those behind it. */
static bool is_settled(const struct record_scenario *record, struct str name, bool *is_mixed)
{
    size_t settled = 0;
    size_t count = 0;
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++, count++) {
            const struct record_benchmark *benchmark =
                find_benchmark(&record->trials[side][PHASE_STEADY][t], name);
            settled += benchmark && benchmark->passes.count > 0;
        }
    }
    *is_mixed = settled > 0 && settled < count;
    return settled == count;
}

/* Which of its times counts. */
static struct benchmark_row time_row(struct comparison *comparison, struct arena *arena,
                                     struct benchmark_row what, struct str name)
{
    bool is_mixed = false;
    if (what.metric != METRIC_NS_PER_OP)
        return what;
    if (is_settled(comparison->record, name, &is_mixed))
        what.offset = offsetof(struct record_benchmark, passes.ns_per_op);
    if (is_mixed) {
        comparison_note(comparison, arena,
                        "%.*s: its time is that of the first pass, as not every trial made more; a "
                        "cold start is in it",
                        STR_ARGS(name));
    }
    return what;
}

static void add_benchmark(struct comparison *comparison, struct arena *arena, struct str name)
{
    double values[SIDES][RECORDING_TRIALS_MAX];
    struct samples samples[SIDES];
    const struct record_scenario *record = comparison->record;
    for (size_t i = 0; i < ARRAY_LEN(benchmark_rows); i++) {
        const struct benchmark_row *what = &benchmark_rows[i];
        bool refused = what->phase == PHASE_STEADY && comparison->steady_refusal.len > 0;
        if (refused || record->trial_count[SIDE_CAND][what->phase] == 0)
            continue;
        const struct benchmark_row timed = time_row(comparison, arena, *what, name);
        what = &timed;
        if (!benchmark_samples(&samples[SIDE_BASE], values[SIDE_BASE], record, SIDE_BASE, what,
                               name) ||
            !benchmark_samples(&samples[SIDE_CAND], values[SIDE_CAND], record, SIDE_CAND, what,
                               name)) {
            comparison_note(comparison, arena, "%.*s exists on one side only and is not judged",
                            STR_ARGS(name));
            return;
        }
        struct str package = record->programs[SIDE_CAND].package;
        struct comparison_row row = {
            .metric = what->metric,
            .point = POINT_END,
            .level = ROW_BENCHMARK,
            .phase = what->phase,
            .func = str_format(arena, "%.*s.%.*s", STR_ARGS(package), STR_ARGS(name)),
            .package = package,
            .estimate = estimate_of(samples[SIDE_BASE], samples[SIDE_CAND], what->method),
        };
        row.normal = row.func;
        comparison_row_add(comparison, arena, &row);
    }
}

/* Benchmarks of the first exact trials of both sides, each name once. */
static void add_benchmarks(struct comparison *comparison, struct arena *arena)
{
    const struct record_scenario *record = comparison->record;
    for (int side = 0; side < SIDES; side++) {
        const struct record_trial *trial = record->trials[side][PHASE_EXACT];
        for (size_t i = 0; i < trial->benchmark_count; i++) {
            struct str name = trial->benchmarks[i].name;
            bool seen =
                side == SIDE_CAND && find_benchmark(record->trials[SIDE_BASE][PHASE_EXACT], name);
            if (!seen)
                add_benchmark(comparison, arena, name);
        }
    }
}

static enum status add_steady_rows(struct comparison *comparison, struct arena *arena,
                                   const struct comparison_source sources[SIDES],
                                   const struct pair_hints *hints, struct err *err)
{
    struct reading reading = {.arena = arena, .record = comparison->record};
    struct columns *columns = ARENA_NEW(arena, struct columns);
    for (int side = 0; side < SIDES; side++) {
        if (read_side(columns, &reading, &sources[side], (enum side)side, err))
            return err->status;
    }
    add_steady(comparison, arena, columns);
    comparison->has_steady = columns->trials[SIDE_BASE] > 0 && columns->trials[SIDE_CAND] > 0;
    if (!comparison->has_steady)
        return STATUS_OK;
    if (!comparison->record->is_gotest && (gc_rows_add(comparison, arena, sources, err) ||
                                           gc_tie_add(comparison, arena, sources, err) ||
                                           trace_check_add(comparison, arena, sources, err) ||
                                           heap_series_add(comparison, arena, sources, err) ||
                                           series_rows_add(comparison, arena, sources, err) ||
                                           rss_parts_add(comparison, sources, err)))
        return err->status;
    if (cpu_rows_add(comparison, arena, sources, err))
        return err->status;
    if (!comparison->record->is_gotest && creations_add(comparison, arena, sources, err))
        return err->status;
    return cost_rows_add(comparison, arena, sources, hints, err);
}

enum status service_rows_add(struct comparison *comparison, struct arena *arena,
                             const struct comparison_source sources[SIDES],
                             const struct pair_hints *hints, struct err *err)
{
    const struct record_scenario *record = comparison->record;
    noise_note(comparison, arena);
    engine_note(comparison, arena, sources);
    tool_note(comparison, arena);
    if (comparison->steady_refusal.len == 0 &&
        (duet_rows_add(comparison, arena, err) ||
         add_steady_rows(comparison, arena, sources, hints, err)))
        return err->status;
    if (record->is_gotest && record->trial_count[SIDE_BASE][PHASE_EXACT] > 0 &&
        record->trial_count[SIDE_CAND][PHASE_EXACT] > 0)
        add_benchmarks(comparison, arena);
    noise_doubt_times(comparison, arena);
    return STATUS_OK;
}
