#include "gate/compare/heap_series.h"

#include <math.h>

#include "gate/compare/sources.h"
#include "gate/compare/validity.h"
#include "gate/stats/changes.h"
#include "gate/stats/sample.h"

/* Of the median: what no change of level is smaller than. */
#define SPREAD_SHARE_MIN 0.02

/* What gctrace prints whole numbers of. */
#define BYTES_PER_MIB 1048576.0

#define MS_PER_SECOND 1000.0
#define US_PER_MS     1000.0

struct heap_reader {
    struct comparison *comparison;
    struct arena *arena;
    struct heap_side *side; /* the one that is read */
    size_t cap;
    uint32_t trial;
};

/* A series of one trial, thinned out to what can be looked through. */
struct series {
    double *values;
    double *ms; /* where each value begins */
    size_t len;
};

static double number(const struct record_rows *rows, size_t row, enum memstats_column column)
{
    return (double)record_at(rows, row, column);
}

static struct series series_of(struct arena *arena, size_t len)
{
    return (struct series){ARENA_ARRAY(arena, double, len + 1), ARENA_ARRAY(arena, double, len + 1),
                           0};
}

static void push(struct series *series, double ms, double value)
{
    series->ms[series->len] = ms;
    series->values[series->len++] = value;
}

/* Neighbours become their mean. */
static void thin_out(struct series *series)
{
    size_t group = (series->len + CHANGES_VALUES_MAX - 1) / CHANGES_VALUES_MAX;
    size_t kept = 0;
    for (size_t i = 0; group > 1 && i < series->len; i += group) {
        size_t count = i + group <= series->len ? group : series->len - i;
        series->ms[kept] = series->ms[i];
        series->values[kept++] = sample_mean(series->values + i, count);
    }
    series->len = group > 1 ? kept : series->len;
}

static void add_mark(struct heap_reader *reader, struct heap_mark mark)
{
    mark.trial = reader->trial;
    ARENA_PUSH(reader->arena, reader->side->marks, reader->side->mark_count, reader->cap, mark);
}

static void mark_changes(struct heap_reader *reader, struct series *series, enum heap_what what,
                         double spread_min)
{
    struct change changes[CHANGES_VALUES_MAX / CHANGES_PART_MIN + 1];
    thin_out(series);
    double *sorted = ARENA_ARRAY(reader->arena, double, series->len + 1);
    if (series->len == 0)
        return;
    memcpy(sorted, series->values, series->len * sizeof(*sorted));
    double least = fmax(spread_min, SPREAD_SHARE_MIN * sample_median(sorted, series->len));
    size_t count = changes_find(changes, series->values, series->len, least);
    for (size_t i = 0; i < count; i++) {
        add_mark(reader, (struct heap_mark){.what = what,
                                            .ms = series->ms[changes[i].at],
                                            .before = changes[i].before,
                                            .after = changes[i].after});
    }
}

static void mark_live(struct heap_reader *reader, const struct record_rows *cycles)
{
    struct series series = series_of(reader->arena, cycles->len);
    for (size_t i = 0; i < cycles->len; i++) {
        push(&series, (double)record_at(cycles, i, CYCLE_UNTIL) / US_PER_MS,
             (double)record_at(cycles, i, CYCLE_LIVE));
    }
    mark_changes(reader, &series, HEAP_LIVE, BYTES_PER_MIB);
}

static void mark_inuse(struct heap_reader *reader, const struct record_rows *rows)
{
    struct series series = series_of(reader->arena, rows->len);
    for (size_t i = 0; i < rows->len; i++)
        push(&series, number(rows, i, MEMSTATS_MS), number(rows, i, MEMSTATS_HEAP_INUSE));
    mark_changes(reader, &series, HEAP_INUSE, 0);
}

/* Between a row and the one before, where both differ and time went on. */
static void mark_mallocs(struct heap_reader *reader, const struct record_rows *rows)
{
    struct series series = series_of(reader->arena, rows->len);
    for (size_t i = 1; i < rows->len; i++) {
        double ms = number(rows, i, MEMSTATS_MS) - number(rows, i - 1, MEMSTATS_MS);
        double count = number(rows, i, MEMSTATS_MALLOCS) - number(rows, i - 1, MEMSTATS_MALLOCS);
        if (ms > 0 && count >= 0)
            push(&series, number(rows, i - 1, MEMSTATS_MS), count * MS_PER_SECOND / ms);
    }
    mark_changes(reader, &series, HEAP_MALLOCS, 0);
}

/* The collector begins before the goal and ends at it, if nothing allocates faster than it marks. */
static void mark_goal(struct heap_reader *reader, const struct record_rows *rows)
{
    bool was_over = false;
    for (size_t i = 0; i < rows->len; i++) {
        double heap = number(rows, i, MEMSTATS_HEAP_ALLOC);
        double goal = number(rows, i, MEMSTATS_NEXT_GC);
        bool is_over = goal > 0 && heap > goal;
        if (is_over && !was_over) {
            add_mark(reader, (struct heap_mark){.what = HEAP_OVER_GOAL,
                                                .ms = number(rows, i, MEMSTATS_MS),
                                                .before = goal,
                                                .after = heap});
        }
        was_over = is_over;
    }
}

static bool has_gaps(const struct record_rows *rows)
{
    for (size_t i = 0; i < rows->len; i++) {
        for (size_t column = 0; column < MEMSTATS_PAUSE; column++) {
            if (record_at(rows, i, column) == RECORD_NONE)
                return true;
        }
    }
    return false;
}

/* In one row's time ran more collections than MemStats keeps pauses of; the first row has none. */
static size_t lost_rows(const struct record_rows *rows)
{
    size_t count = 0;
    for (size_t i = 1; i < rows->len; i++)
        count += record_at(rows, i, MEMSTATS_PAUSE) == RECORD_NONE;
    return count;
}

/* A table that the trial may lack; out->columns is 0 then. */
static enum status read_table(struct record_rows *out, const struct heap_reader *reader,
                              const struct trial_place *place, enum record_table table,
                              struct err *err)
{
    enum status status =
        recording_table(out, reader->arena, place->recording, place->key, table, err);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_trial(struct heap_reader *reader, const struct trial_place *place,
                              struct err *err)
{
    struct record_rows rows = {0};
    struct record_rows cycles = {0};
    if (read_table(&cycles, reader, place, TABLE_CYCLES, err) ||
        read_table(&rows, reader, place, TABLE_MEMSTATS, err))
        return err->status;
    if (has_gaps(&rows))
        return err_set(err, STATUS_FORMAT, "memstats.txt has \"-\" for a number");
    reader->trial = place->key.number;
    reader->comparison->has_heap |= cycles.columns > 0 || rows.len > 0;
    mark_live(reader, &cycles);
    reader->side->samples += rows.len;
    reader->side->pauses_lost += lost_rows(&rows);
    mark_inuse(reader, &rows);
    mark_mallocs(reader, &rows);
    mark_goal(reader, &rows);
    return STATUS_OK;
}

static void count_polls(struct comparison *comparison, struct arena *arena, enum side side)
{
    const struct record_scenario *record = comparison->record;
    struct heap_side *heap = &comparison->heap[side];
    uint64_t asked = 0;
    size_t given_up = 0;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_polls *polls = &record->trials[side][PHASE_STEADY][t].polls;
        heap->has_polls |= polls->is_known;
        asked += polls->asked;
        heap->polls_lost += polls->lost;
        given_up += polls->is_given_up;
    }
    if (heap->polls_lost == 0)
        return;
    struct str end = STR("");
    if (given_up > 0) {
        end = str_format(arena, ", and in %zu trial%s it was asked no more", given_up,
                         given_up == 1 ? "" : "s");
    }
    comparison_note(comparison, arena,
                    "the %s left %zu of %llu polls of MemStats without an answer%.*s: what its "
                    "heap did within the load is known in part",
                    side_name(side), heap->polls_lost, (unsigned long long)asked, STR_ARGS(end));
}

enum status heap_series_add(struct comparison *comparison, struct arena *arena,
                            const struct comparison_source sources[SIDES], struct err *err)
{
    const struct record_scenario *record = comparison->record;
    for (enum side side = comparison_first_side(comparison); side < SIDES; side++) {
        struct heap_reader reader = {
            .comparison = comparison, .arena = arena, .side = &comparison->heap[side]};
        for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
            uint32_t number = record->trials[side][PHASE_STEADY][t].number;
            struct trial_place place = source_trial(&sources[side], side, PHASE_STEADY, number);
            if (read_trial(&reader, &place, err))
                return err->status;
        }
        count_polls(comparison, arena, side);
    }
    return STATUS_OK;
}
