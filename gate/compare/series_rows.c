#include "gate/compare/series_rows.h"

#include "gate/compare/heap_rows.h"
#include "gate/compare/sources.h"
#include "gate/stats/sample.h"

/* Of what was looked at in a column, in the order of time; len > 0. */
typedef double (*series_value)(uint64_t *values, size_t len);

static double p95(uint64_t *values, size_t len)
{
    sample_sort_u64(values, len);
    return (double)sample_percentile_u64(values, len, 95);
}

static double largest(uint64_t *values, size_t len)
{
    sample_sort_u64(values, len);
    return (double)values[len - 1];
}

static double last(uint64_t *values, size_t len)
{
    return (double)values[len - 1];
}

static const struct series_row {
    enum metric metric;
    bool is_count;
    enum series_column column;
    series_value value;
} series_rows[] = {
    {METRIC_PSS_P95, false, SERIES_PSS, p95},
    {METRIC_THREADS_MAX, true, SERIES_THREADS, largest},
    {METRIC_FDS_END, true, SERIES_FDS, last},
};

struct series_reader {
    struct comparison *comparison;
    struct arena *arena;
    double values[SIDES][ARRAY_LEN(series_rows)][RECORDING_TRIALS_MAX];
    size_t trials[SIDES];
    bool is_missing[ARRAY_LEN(series_rows)];
};

static struct str where_text(const struct series_reader *reader, const struct trial_place *place,
                             const char *why)
{
    struct str where = trial_place_text(reader->arena, reader->comparison->record, place);
    return str_format(reader->arena, "%.*s: %s", STR_ARGS(where), why);
}

/* PSS of a process that grew too large for it would be that of its youth. */
static bool is_cut_short(const struct record_rows *series, enum series_column column)
{
    for (size_t i = 0; column == SERIES_PSS && i < series->len; i++) {
        if (record_at(series, i, SERIES_RSS) > RECORDING_PSS_RSS_BYTES_MAX)
            return true;
    }
    return false;
}

/* False where nothing in the column was looked at, or not to the end. */
static bool read_value(double *out, const struct record_rows *series, const struct series_row *what,
                       uint64_t *scratch)
{
    size_t len = 0;
    for (size_t i = 0; i < series->len; i++) {
        uint64_t value = record_at(series, i, what->column);
        if (value != RECORD_NONE)
            scratch[len++] = value;
    }
    if (len == 0 || is_cut_short(series, what->column))
        return false;
    *out = what->value(scratch, len);
    return true;
}

static void refuse_column(struct series_reader *reader, const struct trial_place *place, size_t row)
{
    struct comparison *comparison = reader->comparison;
    bool is_pss = series_rows[row].column == SERIES_PSS;
    struct str *refusal = is_pss ? &comparison->pss_refusal : &comparison->series_refusal;
    reader->is_missing[row] = true;
    if (refusal->len > 0)
        return;
    const char *why = is_pss ? "its PSS was not looked at: not allowed, or too large for it"
                             : "its threads and open files were not looked at";
    *refusal = where_text(reader, place, why);
}

static enum status read_trial(struct series_reader *reader, const struct trial_place *place,
                              struct err *err)
{
    struct record_rows series = {0};
    struct arena scratch;
    size_t at = reader->trials[place->side]++;
    arena_init(&scratch);
    enum status status =
        recording_table(&series, &scratch, place->recording, place->key, TABLE_SERIES, err);
    uint64_t *column = ARENA_ARRAY(&scratch, uint64_t, series.len + 1);
    for (size_t i = 0; i < ARRAY_LEN(series_rows) && status == STATUS_OK; i++) {
        if (!read_value(&reader->values[place->side][i][at], &series, &series_rows[i], column))
            refuse_column(reader, place, i);
    }
    arena_release(&scratch);
    if (status != STATUS_NOT_FOUND)
        return status;
    reader->comparison->series_refusal =
        where_text(reader, place, "no samples of the process were recorded");
    return STATUS_OK;
}

static enum status read_side(struct series_reader *reader, const struct comparison_source *source,
                             enum side side, struct err *err)
{
    const struct record_scenario *record = reader->comparison->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        uint32_t number = record->trials[side][PHASE_STEADY][t].number;
        struct trial_place place = source_trial(source, side, PHASE_STEADY, number);
        if (read_trial(reader, &place, err))
            return err->status;
    }
    return STATUS_OK;
}

static void add_rows(struct series_reader *reader)
{
    for (size_t i = 0; i < ARRAY_LEN(series_rows); i++) {
        if (reader->is_missing[i])
            continue;
        struct samples base = {reader->values[SIDE_BASE][i], reader->trials[SIDE_BASE]};
        struct samples cand = {reader->values[SIDE_CAND][i], reader->trials[SIDE_CAND]};
        struct comparison_row row = {
            .metric = series_rows[i].metric,
            .point = POINT_END,
            .level = ROW_SCENARIO,
            .phase = PHASE_STEADY,
            .estimate = series_rows[i].is_count ? estimate_of_counts(base, cand, 1)
                                                : estimate_of(base, cand, ESTIMATE_LOG_RATIO),
        };
        comparison_row_add(reader->comparison, reader->arena, &row);
    }
}

enum status series_rows_add(struct comparison *comparison, struct arena *arena,
                            const struct comparison_source sources[SIDES], struct err *err)
{
    struct series_reader *reader = ARENA_NEW(arena, struct series_reader);
    *reader = (struct series_reader){.comparison = comparison, .arena = arena};
    for (enum side side = 0; side < SIDES; side++) {
        if (read_side(reader, &sources[side], side, err))
            return err->status;
    }
    if (comparison->series_refusal.len == 0)
        add_rows(reader);
    return STATUS_OK;
}
