#include "gate/compare/gc_rows.h"

#include <math.h>

#include "gate/compare/gc_check.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/sources.h"
#include "gate/compare/validity.h"
#include "gate/stats/sample.h"
#include "gate/stats/share.h"

#define NS_PER_MINUTE 60e9

static double cycles_per_minute(const struct record_trial *trial)
{
    return (double)trial->gc.cycles * NS_PER_MINUTE / (double)trial->duration_ns;
}

static double cpu_share(const struct record_trial *trial)
{
    return trial->gc.cpu_share;
}

static double cpu_per_request(const struct record_trial *trial)
{
    return trial->gc.cpu_share * (double)trial->cpu_ns / (double)trial->request_count;
}

static double assist_share(const struct record_trial *trial)
{
    return trial->gc.assist_share;
}

static const struct gc_row {
    enum metric metric;
    enum estimate_method method;
    double (*value)(const struct record_trial *trial);
} gc_rows[] = {
    {METRIC_GC_PER_MINUTE, ESTIMATE_DIFFERENCE, cycles_per_minute},
    {METRIC_GC_CPU_SHARE, ESTIMATE_DIFFERENCE, cpu_share},
    {METRIC_GC_CPU, ESTIMATE_LOG_RATIO, cpu_per_request},
    {METRIC_GC_ASSIST_SHARE, ESTIMATE_DIFFERENCE, assist_share},
};

struct gc_side {
    double values[ARRAY_LEN(gc_rows)][RECORDING_TRIALS_MAX];
    double pauses[RECORDING_TRIALS_MAX];
    double goals[RECORDING_TRIALS_MAX];
    double step; /* cycles per minute that one cycle is, in the shortest trial */
    size_t len;
};

struct gc_reader {
    struct comparison *comparison;
    struct arena *arena;
    struct gc_side sides[SIDES];
    struct str doubt; /* why gctrace is not to be believed; empty where it is */
};

static struct str place_text(const struct gc_reader *reader, const struct trial_place *place)
{
    return trial_place_text(reader->arena, reader->comparison->record, place);
}

/* Where nobody asked for a trace nobody need be told; a rule that wants one still says so. */
static void refuse(struct gc_reader *reader, const struct trial_place *place, struct str why)
{
    struct comparison *comparison = reader->comparison;
    struct str where = place_text(reader, place);
    comparison->gc_refusal =
        str_format(reader->arena, "%.*s: %.*s", STR_ARGS(where),
                   STR_ARGS(why.len ? why : STR("the collector was not traced")));
    if (why.len) {
        comparison_note(comparison, reader->arena, "the collector is not compared: %.*s",
                        STR_ARGS(comparison->gc_refusal));
    }
}

static void refuse_pauses(struct gc_reader *reader, const struct trial_place *place,
                          const char *why)
{
    struct comparison *comparison = reader->comparison;
    struct str where = place_text(reader, place);
    if (comparison->gc_pause_refusal.len)
        return;
    comparison->gc_pause_refusal = str_format(reader->arena, "%.*s: %s", STR_ARGS(where), why);
    comparison_note(comparison, reader->arena, "pauses of the collector are not compared: %.*s",
                    STR_ARGS(comparison->gc_pause_refusal));
}

/* Not worth a note: a rule that wants it says so. */
static void read_goal(double *out, struct gc_reader *reader, const struct trial_place *place,
                      const struct record_gc *gc)
{
    struct comparison *comparison = reader->comparison;
    *out = (double)gc->goal_bytes;
    if (gc->goal_bytes > 0 || comparison->gc_goal_refusal.len)
        return;
    struct str where = place_text(reader, place);
    comparison->gc_goal_refusal =
        str_format(reader->arena, "%.*s: no collection ran during the load, or none had a goal",
                   STR_ARGS(where));
}

/*
 * From the ring of MemStats, where cycle N has place (N - 1) % 256. The
 * first behind the text of `warm` is that of its profile, the last that of
 * the text of `end`: memgate's. NULL, or why it cannot be had.
 */
static const char *ring_pause(double *out, const struct memstats *warm, const struct memstats *end)
{
    uint64_t pauses[MEMSTATS_PAUSES];
    size_t len = 0;
    if (end->gc_count < warm->gc_count || end->pause_count < MEMSTATS_PAUSES)
        return "MemStats does not hold its pauses";
    if (end->gc_count - warm->gc_count > MEMSTATS_PAUSES) {
        return "lines of gctrace were lost, and there were more collections than the 256 whose "
               "pauses MemStats keeps";
    }
    /* The numbers are the service's: their difference is bounded above, they themselves are not. */
    for (uint64_t i = POINT_COLLECTIONS; i < end->gc_count - warm->gc_count; i++)
        pauses[len++] = end->pause_ns[(warm->gc_count + i - 1) % MEMSTATS_PAUSES];
    if (len == 0)
        return "lines of gctrace were lost, and MemStats knows of no collection";
    sample_sort_u64(pauses, len);
    *out = (double)sample_percentile_u64(pauses, len, 99);
    return NULL;
}

static enum status read_ring(double *out, struct gc_reader *reader, const struct trial_place *place,
                             struct err *err)
{
    struct memstats warm = {0};
    struct memstats end = {0};
    struct arena scratch;
    arena_init(&scratch);
    enum status status =
        recording_memstats(&warm, &scratch, place->recording, place->key, POINT_WARM, err);
    if (status == STATUS_OK)
        status = recording_memstats(&end, &scratch, place->recording, place->key, POINT_END, err);
    const char *why = status == STATUS_OK ? ring_pause(out, &warm, &end) : NULL;
    if (why)
        refuse_pauses(reader, place, why);
    arena_release(&scratch);
    return status;
}

static void note_lost(struct gc_reader *reader, const struct trial_place *place,
                      const struct record_gc *gc)
{
    struct str where = place_text(reader, place);
    comparison_note(reader->comparison, reader->arena,
                    "%.*s: other output tore %llu of %llu lines of gctrace; the collector's CPU "
                    "time is that of the others, for all",
                    STR_ARGS(where), (unsigned long long)gc->lost, (unsigned long long)gc->cycles);
}

static enum status read_pause(double *out, struct gc_reader *reader,
                              const struct trial_place *place, const struct record_gc *gc,
                              struct err *err)
{
    *out = (double)gc->pause_p99_ns;
    if (gc->cycles == 0)
        refuse_pauses(reader, place, "no collection ran during the load");
    if (gc->lost == 0)
        return STATUS_OK;
    note_lost(reader, place, gc);
    return read_ring(out, reader, place, err);
}

/* Told once; every number of the collector is in doubt then. */
static enum status check_trial(struct gc_reader *reader, const struct trial_place *place,
                               struct err *err)
{
    struct str problem = STR("");
    if (reader->doubt.len > 0)
        return STATUS_OK;
    if (gc_check(&problem, reader->arena, place, err))
        return err->status;
    if (problem.len == 0)
        return STATUS_OK;
    struct str where = place_text(reader, place);
    reader->doubt = str_format(reader->arena, "%.*s: %.*s", STR_ARGS(where), STR_ARGS(problem));
    comparison_note(reader->comparison, reader->arena, "the collector's figures are in doubt: %.*s",
                    STR_ARGS(reader->doubt));
    return STATUS_OK;
}

static enum status read_trial(struct gc_reader *reader, const struct trial_place *place,
                              const struct record_trial *trial, struct err *err)
{
    struct gc_side *side = &reader->sides[place->side];
    if (!trial->gc.is_traced) {
        refuse(reader, place, trial->gc.refusal);
        return STATUS_OK;
    }
    if (trial->duration_ns == 0 || trial->gc.lost > trial->gc.cycles) {
        return err_set(err, STATUS_INVALID,
                       "%.*s: the load took no time, or more collections were lost than there were",
                       STR_ARGS(place_text(reader, place)));
    }
    if (check_trial(reader, place, err))
        return err->status;
    side->step = fmax(side->step, NS_PER_MINUTE / (double)trial->duration_ns);
    for (size_t i = 0; i < ARRAY_LEN(gc_rows); i++)
        side->values[i][side->len] = gc_rows[i].value(trial);
    read_goal(&side->goals[side->len], reader, place, &trial->gc);
    return read_pause(&side->pauses[side->len++], reader, place, &trial->gc, err);
}

static enum status read_side(struct gc_reader *reader, const struct comparison_source *source,
                             enum side side, struct err *err)
{
    const struct record_scenario *record = reader->comparison->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        if (read_trial(reader, &place, trial, err))
            return err->status;
        if (reader->comparison->gc_refusal.len)
            return STATUS_OK;
    }
    return STATUS_OK;
}

static bool are_positive(struct samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        if (samples.values[i] <= 0)
            return false;
    }
    return true;
}

/* Budgets are held against the candidate alone; zeros have no logarithm and keep the difference. */
static void add_cand_interval(struct estimate *estimate, struct samples cand)
{
    if (!estimate->bounded || !are_positive(cand))
        return;
    struct interval interval = interval_of_positive(cand);
    estimate->has_cand_interval = isfinite(interval.high);
    estimate->cand_df = interval.df;
    estimate->cand_reach = interval_reach(&interval);
    estimate->cand_low = interval.low;
    estimate->cand_high = interval.high;
}

/*
 * Cycles are counted whole, as those per 1,000 requests are: of one fixed
 * load every process can have 7, and 8 after a change of nothing that matters.
 */
static struct estimate estimate_row(const struct gc_row *what, struct samples base,
                                    struct samples cand, double step)
{
    if (what->metric == METRIC_GC_PER_MINUTE && step > 0)
        return estimate_of_counts(base, cand, step);
    struct estimate out = estimate_of(base, cand, what->method);
    add_cand_interval(&out, cand);
    /* From 10 % to 15 % would be both +5 and +50 %. */
    if (metric_unit(what->metric) == UNIT_RATIO)
        out.has_ratio = false;
    return out;
}

static void add_row(const struct gc_reader *reader, const struct gc_row *what,
                    const double *const values[SIDES])
{
    const struct gc_side *sides = reader->sides;
    struct comparison_row row = {
        .metric = what->metric,
        .point = POINT_END,
        .level = ROW_SCENARIO,
        .phase = PHASE_STEADY,
        .doubt = reader->doubt,
        .estimate = estimate_row(what, (struct samples){values[SIDE_BASE], sides[SIDE_BASE].len},
                                 (struct samples){values[SIDE_CAND], sides[SIDE_CAND].len},
                                 fmax(sides[SIDE_BASE].step, sides[SIDE_CAND].step)),
    };
    comparison_row_add(reader->comparison, reader->arena, &row);
}

static void add_rows(const struct gc_reader *reader)
{
    static const struct gc_row pause_row = {METRIC_GC_PAUSE_P99, ESTIMATE_LOG_RATIO, NULL};
    static const struct gc_row goal_row = {METRIC_HEAP_GOAL, ESTIMATE_LOG_RATIO, NULL};
    const struct gc_side *base = &reader->sides[SIDE_BASE];
    const struct gc_side *cand = &reader->sides[SIDE_CAND];
    for (size_t i = 0; i < ARRAY_LEN(gc_rows); i++)
        add_row(reader, &gc_rows[i], (const double *[SIDES]){base->values[i], cand->values[i]});
    if (reader->comparison->gc_pause_refusal.len == 0)
        add_row(reader, &pause_row, (const double *[SIDES]){base->pauses, cand->pauses});
    if (reader->comparison->gc_goal_refusal.len == 0)
        add_row(reader, &goal_row, (const double *[SIDES]){base->goals, cand->goals});
}

enum status gc_rows_add(struct comparison *comparison, struct arena *arena,
                        const struct comparison_source sources[SIDES], struct err *err)
{
    struct gc_reader *reader = ARENA_NEW(arena, struct gc_reader);
    *reader = (struct gc_reader){.comparison = comparison, .arena = arena};
    for (int side = 0; side < SIDES && comparison->gc_refusal.len == 0; side++) {
        if (read_side(reader, &sources[side], (enum side)side, err))
            return err->status;
    }
    if (comparison->gc_refusal.len == 0)
        add_rows(reader);
    return STATUS_OK;
}
