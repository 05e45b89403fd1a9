#include "gate/compare/service_rows.h"

#include "gate/compare/heap_rows.h"
#include "gate/compare/validity.h"
#include "gate/stats/histogram.h"

struct source {
    struct arena *arena;
    const struct recording *recording;
    const struct record_scenario *record;
    struct trial_key key;
    const struct record_trial *trial;
    struct histogram latency;
};

/* One number of one steady trial; negative means that it was not measured. */
typedef double (*steady_value)(const struct source *source);

static double cpu_per_request(const struct source *source)
{
    return (double)source->trial->cpu_ns / (double)source->trial->request_count;
}

static double quantile(const struct source *source, double q)
{
    return source->latency.count ? (double)histogram_quantile(&source->latency, q) : -1;
}

static double latency_p50(const struct source *source)
{
    return quantile(source, 0.5);
}

static double latency_p90(const struct source *source)
{
    return quantile(source, 0.9);
}

static double latency_p99(const struct source *source)
{
    return quantile(source, 0.99);
}

static double rss_p95(const struct source *source)
{
    return source->trial->rss_samples ? (double)source->trial->rss_p95_bytes : -1;
}

static double rss_max(const struct source *source)
{
    return source->trial->rss_samples ? (double)source->trial->rss_max_bytes : -1;
}

/* Forced collections are ours (heap?gc=1) and do not count. */
static double gc_cycles(const struct source *source)
{
    struct memstats warm = {0};
    struct memstats end = {0};
    struct err err;
    if (source->record->is_gotest ||
        recording_memstats(&warm, source->arena, source->recording, source->key, POINT_WARM,
                           &err) ||
        recording_memstats(&end, source->arena, source->recording, source->key, POINT_END, &err))
        return -1;
    double cycles = (double)(end.gc_count - end.forced_gc_count) -
                    (double)(warm.gc_count - warm.forced_gc_count);
    return cycles * 1000 / (double)source->trial->request_count;
}

static const struct steady_row {
    enum metric metric;
    enum estimate_method method;
    steady_value value;
} steady_rows[] = {
    {METRIC_CPU, ESTIMATE_LOG_RATIO, cpu_per_request},
    {METRIC_P50, ESTIMATE_LOG_RATIO, latency_p50},
    {METRIC_P90, ESTIMATE_LOG_RATIO, latency_p90},
    {METRIC_P99, ESTIMATE_LOG_RATIO, latency_p99},
    {METRIC_RSS_P95, ESTIMATE_LOG_RATIO, rss_p95},
    {METRIC_RSS_MAX, ESTIMATE_LOG_RATIO, rss_max},
    {METRIC_GC_CYCLES, ESTIMATE_DIFFERENCE, gc_cycles},
};

struct columns {
    double values[SIDES][ARRAY_LEN(steady_rows)][RECORDING_TRIALS_MAX];
    size_t trials[SIDES];
};

static enum status read_side(struct columns *out, struct source *source, enum side side,
                             struct err *err)
{
    const struct record_scenario *record = source->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        source->trial = &record->trials[side][PHASE_STEADY][t];
        source->key =
            (struct trial_key){source->key.scenario, side, PHASE_STEADY, source->trial->number};
        histogram_init(&source->latency, source->arena);
        if (source->trial->latency.len &&
            histogram_decode(&source->latency, source->arena, source->trial->latency, err))
            return err_wrap(err, "%s, steady trial %u: latency", side_name(side),
                            source->trial->number);
        if (source->trial->request_count == 0 || source->trial->cpu_ns == 0)
            return err_set(err, STATUS_INVALID, "%s, steady trial %u: no requests or no CPU time",
                           side_name(side), source->trial->number);
        for (size_t i = 0; i < ARRAY_LEN(steady_rows); i++)
            out->values[side][i][t] = steady_rows[i].value(source);
        out->trials[side]++;
    }
    return STATUS_OK;
}

static bool was_measured(const struct columns *columns, size_t row)
{
    for (int side = 0; side < SIDES; side++)
        for (size_t t = 0; t < columns->trials[side]; t++)
            if (columns->values[side][row][t] < 0)
                return false;
    return columns->trials[SIDE_BASE] > 0 && columns->trials[SIDE_CAND] > 0;
}

static void add_steady(struct comparison *comparison, struct arena *arena,
                       const struct columns *columns)
{
    for (size_t i = 0; i < ARRAY_LEN(steady_rows); i++) {
        if (!was_measured(columns, i))
            continue;
        struct samples base = {columns->values[SIDE_BASE][i], columns->trials[SIDE_BASE]};
        struct samples cand = {columns->values[SIDE_CAND][i], columns->trials[SIDE_CAND]};
        struct comparison_row row = {
            .metric = steady_rows[i].metric,
            .point = POINT_END,
            .level = ROW_SCENARIO,
            .estimate = estimate_of(base, cand, steady_rows[i].method),
        };
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
    for (size_t i = 0; i < trial->benchmark_count; i++)
        if (str_equal(trial->benchmarks[i].name, name))
            return &trial->benchmarks[i];
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

static void add_benchmark(struct comparison *comparison, struct arena *arena, struct str name)
{
    double values[SIDES][RECORDING_TRIALS_MAX];
    struct samples samples[SIDES];
    const struct record_scenario *record = comparison->record;
    for (size_t i = 0; i < ARRAY_LEN(benchmark_rows); i++) {
        const struct benchmark_row *what = &benchmark_rows[i];
        if (record->trial_count[SIDE_CAND][what->phase] == 0)
            continue;
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

enum status service_rows_add(struct comparison *comparison, struct arena *arena,
                             const struct recording *recording, size_t scenario, struct err *err)
{
    const struct record_scenario *record = comparison->record;
    struct source source = {.arena = arena, .recording = recording, .record = record};
    source.key.scenario = scenario;
    struct columns *columns = ARENA_NEW(arena, struct columns);
    for (int side = 0; side < SIDES; side++)
        if (read_side(columns, &source, (enum side)side, err))
            return err->status;
    add_steady(comparison, arena, columns);
    comparison->has_steady = columns->trials[SIDE_BASE] > 0 && columns->trials[SIDE_CAND] > 0;
    if (record->is_gotest && record->trial_count[SIDE_BASE][PHASE_EXACT] > 0 &&
        record->trial_count[SIDE_CAND][PHASE_EXACT] > 0)
        add_benchmarks(comparison, arena);
    return STATUS_OK;
}
