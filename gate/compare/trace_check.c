#include "gate/compare/trace_check.h"

#include <math.h>

#include "gate/compare/alone.h"
#include "gate/compare/sources.h"

/* A collection takes a millisecond at least. */
enum { NUMBERS_TRIED = 2 * TRACE_START_US / 1000 + 2 };

/* The rows of one steady trial. */
struct pair_rows {
    struct record_rows traced;
    struct record_rows printed;
};

static void add_sum(struct trace_sum *out, const struct trace_sum *sum)
{
    out->count += sum->count;
    out->ns += sum->ns;
    out->max_ns = sum->max_ns > out->max_ns ? sum->max_ns : out->max_ns;
}

static void add_totals(struct trace_totals *out, const struct trace_totals *totals)
{
    out->version = totals->version;
    out->event_count += totals->event_count;
    out->generation_count += totals->generation_count;
    out->lost_batches += totals->lost_batches;
    out->lost_bytes += totals->lost_bytes;
    out->gc_active_ns += totals->gc_active_ns;
    out->assist_running_ns += totals->assist_running_ns;
    out->assist_ending_ns += totals->assist_ending_ns;
    add_sum(&out->gc_stops, &totals->gc_stops);
    add_sum(&out->start_stops, &totals->start_stops);
    add_sum(&out->other_stops, &totals->other_stops);
    add_sum(&out->assists, &totals->assists);
    add_sum(&out->syscalls, &totals->syscalls);
    add_sum(&out->scheduling, &totals->scheduling);
    for (size_t i = 0; i < TRACE_WAITS; i++)
        add_sum(&out->waits[i], &totals->waits[i]);
}

static double traced_at(const struct pair_rows *rows, size_t i, enum traced_column column)
{
    return (double)record_at(&rows->traced, i, column);
}

static double printed_at(const struct pair_rows *rows, size_t i, enum cycle_column column)
{
    return (double)record_at(&rows->printed, i, column);
}

/* What a figure of gctrace can stand for at most. */
static double most_of(double printed_ns)
{
    return printed_ns * 1.1 + 1000;
}

static void compare_stops(struct trace_side *out, const struct pair_rows *rows, size_t traced,
                          size_t printed)
{
    double sweep = printed_at(rows, printed, CYCLE_SWEEP);
    double termination = printed_at(rows, printed, CYCLE_TERMINATION);
    double have =
        traced_at(rows, traced, TRACED_SWEEP) + traced_at(rows, traced, TRACED_TERMINATION);
    out->traced_stop_ns += have;
    out->printed_stop_ns += sweep + termination;
    if (have + TRACE_BEFORE_NS < sweep + termination ||
        have > most_of(sweep) + most_of(termination) + TRACE_BEHIND_NS)
        out->stops_apart++;
}

static void compare_assists(struct trace_side *out, const struct pair_rows *rows, size_t traced,
                            size_t printed)
{
    double want = printed_at(rows, printed, CYCLE_ASSIST);
    double most = traced_at(rows, traced, TRACED_ASSIST_RUNNING);
    double least = most - traced_at(rows, traced, TRACED_ASSIST_ENDING);
    double around = TRACE_ASSIST_NS * traced_at(rows, traced, TRACED_ASSISTS);
    out->traced_assist_low_ns += least;
    out->traced_assist_high_ns += most;
    out->printed_assist_ns += want;
    if (want > most + TRACE_BEFORE_NS || most_of(want) + around < least)
        out->assists_apart++;
}

/* The line of that number from *at on; false where it was torn. Numbers rise. */
static bool find_line(size_t *at, const struct pair_rows *rows, uint64_t number)
{
    while (*at < rows->printed.len && record_at(&rows->printed, *at, CYCLE_NUMBER) < number)
        (*at)++;
    return *at < rows->printed.len && record_at(&rows->printed, *at, CYCLE_NUMBER) == number;
}

static double distance_us(const struct pair_rows *rows, size_t traced, size_t printed)
{
    double middle = printed_at(rows, printed, CYCLE_FROM) + RECORDING_CYCLE_START_US / 2.0;
    return fmin(fabs(middle - traced_at(rows, traced, TRACED_FROM)), TRACE_START_US);
}

/* How far apart the starts are, a torn line as far as can be, if the first had that number. */
static double distance_of(const struct pair_rows *rows, uint64_t number)
{
    size_t at = 0;
    double sum = 0;
    for (size_t i = 0; i < rows->traced.len; i++)
        sum += find_line(&at, rows, number + i) ? distance_us(rows, i, at) : TRACE_START_US;
    return sum / (double)rows->traced.len;
}

/* The number of the first line that begins no earlier than TRACE_START_US before the trace's. */
static uint64_t earliest_number(const struct pair_rows *rows)
{
    double from_us = traced_at(rows, 0, TRACED_FROM) - TRACE_START_US;
    size_t at = 0;
    while (at + 1 < rows->printed.len && printed_at(rows, at, CYCLE_FROM) < from_us)
        at++;
    uint64_t number = record_at(&rows->printed, at, CYCLE_NUMBER);
    return number > 1 ? number - 1 : number;
}

/* The number that the trace's first collection has by gctrace; 0: none fits. */
static uint64_t first_number(const struct pair_rows *rows)
{
    uint64_t best = 0;
    double least = TRACE_START_US;
    if (rows->traced.len == 0 || rows->printed.len == 0)
        return 0;
    uint64_t earliest = earliest_number(rows);
    for (uint64_t number = earliest; number < earliest + NUMBERS_TRIED; number++) {
        double distance = distance_of(rows, number);
        if (distance < least) {
            least = distance;
            best = number;
        }
    }
    return best;
}

/* A trace holds all collections of its time, and so whole ones without a gap. */
static void compare_rows(struct trace_side *out, const struct pair_rows *rows)
{
    uint64_t first = first_number(rows);
    size_t at = 0;
    out->traced_count += rows->traced.len;
    for (size_t i = 0; first > 0 && i < rows->traced.len; i++) {
        if (!find_line(&at, rows, first + i))
            continue;
        compare_stops(out, rows, i, at);
        compare_assists(out, rows, i, at);
        out->matched_count++;
    }
}

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

static enum status read_rows(struct pair_rows *out, struct arena *arena,
                             const struct trial_place *place, struct err *err)
{
    if (recording_table(&out->traced, arena, place->recording, place->key, TABLE_TRACED, err) ||
        recording_table(&out->printed, arena, place->recording, place->key, TABLE_GCTRACE, err))
        return err->status;
    for (size_t i = 0; i < out->traced.len; i++) {
        if (record_at(&out->traced, i, TRACED_ASSIST_ENDING) >
            record_at(&out->traced, i, TRACED_ASSIST_RUNNING)) {
            return err_set(err, STATUS_FORMAT, "trace-gc.txt has more of a part than of the whole");
        }
    }
    if (has_gaps(&out->traced, TRACED_COLUMNS) || has_gaps(&out->printed, CYCLE_GOAL)) {
        return err_set(err, STATUS_FORMAT,
                       "trace-gc.txt or trace-gctrace.txt has \"-\" for a time");
    }
    return STATUS_OK;
}

/* trace.json says that the tables are there. */
static enum status read_trace(struct trace_side *out, const struct trial_place *place,
                              const struct record_trace *trace, struct err *err)
{
    struct arena scratch;
    struct pair_rows rows = {0};
    arena_init(&scratch);
    enum status status = read_rows(&rows, &scratch, place, err);
    if (status == STATUS_OK) {
        out->trial_count++;
        out->window_ns += trace->totals.until_ns - trace->totals.from_ns;
        add_totals(&out->totals, &trace->totals);
        compare_rows(out, &rows);
    } else if (status == STATUS_NOT_FOUND) {
        status = err_set(err, STATUS_FORMAT, "steady trial %u has trace.json, but not its tables",
                         (unsigned)place->key.number);
    }
    arena_release(&scratch);
    return status;
}

static void refuse(struct trace_side *out, struct arena *arena, const struct trial_place *place,
                   struct str why)
{
    if (out->refusal.len == 0) {
        out->refusal =
            str_format(arena, "steady trial %u: %.*s", (unsigned)place->key.number, STR_ARGS(why));
    }
}

static enum status read_side(struct trace_side *out, struct arena *arena,
                             const struct comparison *comparison,
                             const struct comparison_source *source, enum side side,
                             struct err *err)
{
    const struct record_scenario *record = comparison->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        if (!trial->trace) {
            refuse(out, arena, &place, STR("not asked for"));
        } else if (!trial->trace->is_read) {
            refuse(out, arena, &place, trial->trace->refusal);
        } else if (read_trace(out, &place, trial->trace, err)) {
            return err->status;
        }
    }
    return STATUS_OK;
}

static bool was_asked(const struct record_scenario *record)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
            if (record->trials[side][PHASE_STEADY][t].trace)
                return true;
        }
    }
    return false;
}

bool trace_stops_are_apart(const struct trace_side *side)
{
    return 2 * side->stops_apart > side->matched_count;
}

bool trace_assists_are_apart(const struct trace_side *side)
{
    return 2 * side->assists_apart > side->matched_count;
}

enum status trace_check_add(struct comparison *comparison, struct arena *arena,
                            const struct comparison_source sources[SIDES], struct err *err)
{
    if (!was_asked(comparison->record))
        return STATUS_OK;
    struct trace_side *traces = ARENA_ARRAY(arena, struct trace_side, SIDES);
    for (enum side side = 0; side < SIDES; side++) {
        if (read_side(&traces[side], arena, comparison, &sources[side], side, err))
            return err_wrap(err, "%s", alone_side_name(comparison->record, side));
    }
    comparison->traces = traces;
    return STATUS_OK;
}
