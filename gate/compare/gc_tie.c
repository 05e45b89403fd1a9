#include "gate/compare/gc_tie.h"

#include "gate/compare/sources.h"

#define NS_PER_US 1000

/* One steady trial. */
struct tie_trial {
    struct record_rows slow;
    struct record_rows cycles;
    uint64_t duration_us;
};

static struct span span_of(uint64_t from, uint64_t until)
{
    return (struct span){from, until > from ? until : from};
}

static struct span *slow_spans(struct arena *arena, const struct record_rows *slow)
{
    struct span *spans = ARENA_ARRAY(arena, struct span, slow->len + 1);
    for (size_t i = 0; i < slow->len; i++)
        spans[i] = span_of(record_at(slow, i, SLOW_FROM), record_at(slow, i, SLOW_UNTIL));
    return spans;
}

static struct span *cycle_spans(size_t *len, struct arena *arena, const struct record_rows *cycles)
{
    struct span *spans = ARENA_ARRAY(arena, struct span, cycles->len + 1);
    for (size_t i = 0; i < cycles->len; i++)
        spans[i] = span_of(record_at(cycles, i, CYCLE_FROM), record_at(cycles, i, CYCLE_UNTIL));
    *len = spans_merge(spans, cycles->len);
    return spans;
}

static uint64_t us_of(const struct record_rows *cycles, size_t i, enum cycle_column column)
{
    return record_at(cycles, i, column) / NS_PER_US;
}

/*
 * A cycle begins with a stop and ends with one. Both are much shorter than
 * what is known of the moments (RECORDING_CYCLE_START_US), and are taken to
 * be anywhere within that.
 */
static struct span *stop_spans(size_t *len, struct arena *arena, const struct record_rows *cycles)
{
    struct span *spans = ARENA_ARRAY(arena, struct span, 2 * cycles->len + 1);
    for (size_t i = 0; i < cycles->len; i++) {
        uint64_t from = record_at(cycles, i, CYCLE_FROM);
        uint64_t until = record_at(cycles, i, CYCLE_UNTIL);
        uint64_t sweep = us_of(cycles, i, CYCLE_SWEEP);
        uint64_t begun = from + RECORDING_CYCLE_START_US + sweep;
        uint64_t marked = from + sweep + us_of(cycles, i, CYCLE_MARK);
        spans[2 * i] = span_of(from, begun < until ? begun : until);
        spans[2 * i + 1] = span_of(marked < until ? marked : until, until);
    }
    *len = spans_merge(spans, 2 * cycles->len);
    return spans;
}

static void add_trial(struct tie_side *out, const struct tie_trial *trial)
{
    struct arena scratch;
    size_t len = 0;
    arena_init(&scratch);
    const struct span *events = slow_spans(&scratch, &trial->slow);
    const struct span *windows = cycle_spans(&len, &scratch, &trial->cycles);
    overlap_add(&out->cycles, events, trial->slow.len, windows, len, trial->duration_us);
    windows = stop_spans(&len, &scratch, &trial->cycles);
    overlap_add(&out->stops, events, trial->slow.len, windows, len, trial->duration_us);
    arena_release(&scratch);
}

/* Absent rows are what their cells are: nobody writes "-" into these tables but for the goal. */
static bool has_gaps(const struct record_rows *rows, size_t columns)
{
    for (size_t i = 0; i < rows->len; i++) {
        for (size_t column = 0; column < columns; column++) {
            if (record_at(rows, i, column) == RECORD_NONE)
                return true;
        }
    }
    return false;
}

static enum status read_trial(struct tie_side *out, const struct trial_place *place,
                              const struct record_trial *record, struct err *err)
{
    struct arena scratch;
    struct tie_trial trial = {.duration_us = record->duration_ns / NS_PER_US};
    arena_init(&scratch);
    enum status status =
        recording_table(&trial.slow, &scratch, place->recording, place->key, TABLE_SLOW, err);
    if (status == STATUS_OK) {
        status = recording_table(&trial.cycles, &scratch, place->recording, place->key,
                                 TABLE_CYCLES, err);
    }
    if (status == STATUS_OK &&
        (has_gaps(&trial.slow, SLOW_COLUMNS) || has_gaps(&trial.cycles, CYCLE_GOAL)))
        status = err_set(err, STATUS_FORMAT, "slow.txt or gc.txt has \"-\" for a time");
    if (status == STATUS_OK) {
        add_trial(out, &trial);
        out->cycle_count += trial.cycles.len;
        out->lost_count += record->gc.lost;
    }
    arena_release(&scratch);
    return status;
}

/* Where the trace is missing the reason is that of the collector's rows; older recordings have no times. */
static struct str why_missing(const struct record_scenario *record, struct arena *arena,
                              const struct record_trial *trial, const struct trial_place *place)
{
    struct str why = trial->gc.refusal;
    if (trial->gc.is_traced || why.len == 0)
        why = STR("the times of its slowest requests and collections were not recorded");
    struct str where = trial_place_text(arena, record, place);
    return str_format(arena, "%.*s: %.*s", STR_ARGS(where), STR_ARGS(why));
}

static enum status read_side(struct comparison *comparison, struct arena *arena,
                             const struct comparison_source *source, enum side side,
                             struct err *err)
{
    const struct record_scenario *record = comparison->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        enum status status = read_trial(&comparison->tie[side], &place, trial, err);
        if (status == STATUS_NOT_FOUND) {
            comparison->tie_refusal = why_missing(record, arena, trial, &place);
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

enum status gc_tie_add(struct comparison *comparison, struct arena *arena,
                       const struct comparison_source sources[SIDES], struct err *err)
{
    comparison->tie = ARENA_ARRAY(arena, struct tie_side, SIDES);
    for (enum side side = 0; side < SIDES && comparison->tie_refusal.len == 0; side++) {
        if (read_side(comparison, arena, &sources[side], side, err))
            return err->status;
    }
    comparison->has_tie = comparison->tie_refusal.len == 0;
    return STATUS_OK;
}
