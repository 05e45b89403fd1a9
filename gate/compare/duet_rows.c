#include "gate/compare/duet_rows.h"

#include <math.h>

#include "gate/base/num.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/lateness.h"
#include "gate/compare/validity.h"
#include "gate/stats/histogram.h"
#include "gate/stats/slope.h"
#include "gate/stats/windows.h"

enum { LIVE_POINTS_MIN = 5 };

/* Of one pair nothing is known but its own difference. */
enum { PAIRS_MIN = 2 };

/* Of a window's quantile: no machine does that to one side alone, time after time. */
#define BURST_FACTOR 2.0

/* Below it lateness is part of any machine; of the value itself, half of it is most of what is seen. */
#define LATENESS_MIN_NS 1e6
#define LATENESS_SHARE  0.5

static const struct duet_row {
    enum metric metric;
    double quantile;
} duet_rows[] = {
    {METRIC_P50, 0.5},
    {METRIC_P90, 0.9},
    {METRIC_P99, 0.99},
};

static_assert((int)RECORDING_TRIALS_MAX <= (int)WINDOWS_PAIRS_MAX &&
                  (int)RECORDING_TRIALS_MAX * (int)RECORDING_WINDOWS_MAX <= (int)WINDOWS_MAX,
              "no recording has more");

/* One value per window, quantile and side. */
struct quantiles {
    double values[SIDES][ARRAY_LEN(duet_rows)][WINDOWS_MAX];
    size_t len;
    size_t lens[WINDOWS_PAIRS_MAX]; /* windows of each pair */
    size_t pairs;
};

static enum status read_window(struct quantiles *out, enum side side, size_t at,
                               const struct record_window *window, struct err *err)
{
    struct arena scratch;
    struct histogram latency;
    arena_init(&scratch);
    histogram_init(&latency, &scratch);
    enum status status = histogram_decode(&latency, &scratch, window->latency, err);
    if (status == STATUS_OK && latency.count == 0)
        status = err_set(err, STATUS_FORMAT, "no request in it");
    for (size_t i = 0; i < ARRAY_LEN(duet_rows) && status == STATUS_OK; i++)
        out->values[side][i][at] = (double)histogram_quantile(&latency, duet_rows[i].quantile);
    arena_release(&scratch);
    return status;
}

static enum status read_pair(struct quantiles *out, const struct record_trial *const trials[SIDES],
                             struct err *err)
{
    size_t windows = trials[SIDE_BASE]->window_count;
    if (windows == 0 || windows != trials[SIDE_CAND]->window_count) {
        return err_set(err, STATUS_FORMAT,
                       "duet trial %u: %zu windows of the baseline, %zu of the "
                       "candidate",
                       trials[SIDE_BASE]->number, windows, trials[SIDE_CAND]->window_count);
    }
    for (enum side side = 0; side < SIDES; side++) {
        for (size_t w = 0; w < windows; w++) {
            if (read_window(out, side, out->len + w, &trials[side]->windows[w], err)) {
                return err_wrap(err, "%s, duet trial %u, window %zu", side_name(side),
                                trials[side]->number, w + 1);
            }
        }
    }
    out->len += windows;
    out->lens[out->pairs++] = windows;
    return STATUS_OK;
}

/*
 * What a median of ratios does not show: bursts that hit few windows, and
 * growth that memgate's own lateness makes small. Both sides have the same
 * of it in their latency, request by request in random order: it makes no
 * difference between them, so that growth that is proven beside it stands.
 */
static struct str shadow_of(const struct record_scenario *record, struct arena *arena,
                            const struct windows *windows, double value_ns)
{
    struct burst_count bursts;
    double late_ns = (double)lateness_worst_ns(record, PHASE_DUET);
    if (windows_have_bursts(&bursts, windows, BURST_FACTOR)) {
        return str_format(arena,
                          "in %zu of %zu windows the candidate took more than %g times as long, "
                          "the other way round in %zu: look at latency/*.hgrm",
                          bursts.worse, windows->base.len, BURST_FACTOR, bursts.better);
    }
    struct str problem = lateness_problem(record, PHASE_DUET, arena);
    if (problem.len)
        return problem;
    /* Far apart, requests may be late by more than a short answer takes. */
    if (late_ns > LATENESS_MIN_NS && late_ns > LATENESS_SHARE * value_ns) {
        return str_format(arena,
                          "1 %% of the requests left up to %.1f ms late, since the machine was "
                          "busy: beside that a growth cannot be seen",
                          late_ns / 1e6);
    }
    return STR("");
}

static bool has_zero(struct samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        if (samples.values[i] <= 0)
            return true;
    }
    return false;
}

/* Of several pairs; that one has no interval is told of every row alike. */
static struct str why_unbounded(struct arena *arena, const struct windows *windows,
                                const struct estimate *estimate)
{
    if (estimate->bounded || windows->pairs < 2)
        return STR("");
    if (has_zero(windows->base) || has_zero(windows->cand))
        return STR("in a window the requests took no time, which has no ratio to any other");
    return str_format(arena,
                      "%zu windows of %zu pairs of processes give no interval: it takes %d, and %d "
                      "a pair; raise load.count or trials.duet",
                      windows->base.len, windows->pairs, WINDOWS_MIN, WINDOWS_PER_PAIR_MIN);
}

/*
 * The heap is read between the parts of a duet, which collects it: of the
 * collections that the load would have caused each reading but the first puts
 * off one at most, and its cost is in no part. What share of the CPU time those
 * have at most, by the steady trials of the side where it is more; 0 where
 * nobody traced collections.
 */
enum { PUT_OFF_MAX = 3 };

static double put_off_share(const struct record_scenario *record)
{
    double worst = 0;
    for (enum side side = 0; side < SIDES; side++) {
        size_t count = record->trial_count[side][PHASE_STEADY];
        double sum = 0;
        for (size_t t = 0; t < count; t++) {
            const struct record_gc *gc = &record->trials[side][PHASE_STEADY][t].gc;
            double lost = gc->cycles > PUT_OFF_MAX ? (double)PUT_OFF_MAX / (double)gc->cycles : 1;
            sum += gc->is_traced ? lost * gc->cpu_share : 0;
        }
        worst = fmax(worst, num_ratio(sum, (double)count));
    }
    return worst;
}

/* More than this, and the steady trials tell the CPU time, whatever they vary by. */
#define PUT_OFF_SHARE 0.1

/* Two processes beside each other had the same machine, whatever it did: PAIRS_MIN of them or none. */
static enum status tell_cpu(struct comparison *comparison, struct arena *arena, struct err *err)
{
    double values[SIDES][RECORDING_TRIALS_MAX];
    const struct record_scenario *record = comparison->record;
    size_t pairs = record->trial_count[SIDE_BASE][PHASE_DUET];
    for (enum side side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < pairs; t++) {
            const struct record_trial *trial = &record->trials[side][PHASE_DUET][t];
            if (trial->cpu_ns == 0 || trial->request_count == 0) {
                return err_set(err, STATUS_INVALID, "%s, duet trial %u: no requests or no CPU time",
                               side_name(side), trial->number);
            }
            values[side][t] = (double)trial->cpu_ns / (double)trial->request_count;
        }
    }
    struct comparison_row row = {
        .metric = METRIC_CPU,
        .point = POINT_END,
        .level = ROW_SCENARIO,
        .phase = PHASE_DUET,
        .estimate = estimate_of_pairs((struct samples){values[SIDE_BASE], pairs},
                                      (struct samples){values[SIDE_CAND], pairs}),
    };
    double lost = put_off_share(record);
    if (lost > PUT_OFF_SHARE) {
        comparison_note(
            comparison, arena,
            "CPU time is that of the steady trials: up to %.0f %% of it are collections "
            "that the readings of the heap in the duet put off",
            100 * lost);
    } else if (pairs >= PAIRS_MIN) {
        comparison_row_add(comparison, arena, &row);
    }
    return STATUS_OK;
}

/* Bytes per 1000 requests of every pair. */
struct growths {
    double slopes[SIDES][RECORDING_TRIALS_MAX];
    double rises[SIDES][RECORDING_TRIALS_MAX]; /* from the first to the last point */
};

/* Of one process; false with too few points for a slope. */
static bool read_growth(struct growths *out, enum side side, size_t pair,
                        const struct record_trial *trial)
{
    double requests[RECORDING_LIVE_MAX];
    double bytes[RECORDING_LIVE_MAX];
    if (trial->live_count < LIVE_POINTS_MIN)
        return false;
    for (size_t i = 0; i < trial->live_count; i++) {
        requests[i] = (double)trial->live[i].request_count;
        bytes[i] = (double)trial->live[i].bytes;
    }
    size_t last = trial->live_count - 1;
    double span = requests[last] - requests[0];
    out->slopes[side][pair] = 1000 * slope_theil_sen(requests, bytes, trial->live_count);
    out->rises[side][pair] = span > 0 ? 1000 * (bytes[last] - bytes[0]) / span : 0;
    return true;
}

static struct estimate difference_of(double values[SIDES][RECORDING_TRIALS_MAX], size_t pairs)
{
    return estimate_of((struct samples){values[SIDE_BASE], pairs},
                       (struct samples){values[SIDE_CAND], pairs}, ESTIMATE_DIFFERENCE);
}

static struct comparison_row *growth_row(struct comparison *comparison, struct arena *arena)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        struct comparison_row *row = &comparison->rows[i];
        if (row->metric == METRIC_HEAP_GROWTH && row->level == ROW_SCENARIO)
            return row;
    }
    struct comparison_row added = {.metric = METRIC_HEAP_GROWTH,
                                   .point = POINT_END,
                                   .level = ROW_SCENARIO,
                                   .phase = PHASE_DUET};
    comparison_row_add(comparison, arena, &added);
    return &comparison->rows[comparison->row_count - 1];
}

/*
 * The exact phase tells growth from few requests; here it is a slope over
 * many. Where the plan has two pairs or more, which one has no interval
 * without, this is the scenario's growth whatever the exact phase shows: to
 * take the one that shows more would be to look twice at one level. The row
 * keeps the culprits that only the exact phase can name. As there, growth in
 * steps shows in the whole rise where a slope has none of it.
 */
static void tell_growth(struct comparison *comparison, struct arena *arena)
{
    struct growths growths;
    const struct record_scenario *record = comparison->record;
    size_t pairs = record->trial_count[SIDE_BASE][PHASE_DUET];
    for (enum side side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < pairs; t++) {
            if (!read_growth(&growths, side, t, &record->trials[side][PHASE_DUET][t]))
                return;
        }
    }
    if (pairs < PAIRS_MIN)
        return;
    struct comparison_row *row = growth_row(comparison, arena);
    const struct estimate rise = difference_of(growths.rises, pairs);
    row->phase = PHASE_DUET;
    row->estimate = difference_of(growths.slopes, pairs);
    estimate_widen_to_rise(&row->estimate, &rise);
}

enum status duet_rows_add(struct comparison *comparison, struct arena *arena, struct err *err)
{
    const struct record_scenario *record = comparison->record;
    size_t pairs = record->trial_count[SIDE_BASE][PHASE_DUET];
    if (pairs != record->trial_count[SIDE_CAND][PHASE_DUET])
        return err_set(err, STATUS_FORMAT, "the duet has trials of one side without the other's");
    if (pairs == 0)
        return STATUS_OK;
    struct quantiles *quantiles = ARENA_NEW(arena, struct quantiles);
    for (size_t t = 0; t < pairs; t++) {
        const struct record_trial *const trials[SIDES] = {
            &record->trials[SIDE_BASE][PHASE_DUET][t], &record->trials[SIDE_CAND][PHASE_DUET][t]};
        if (read_pair(quantiles, trials, err))
            return err->status;
    }
    for (size_t i = 0; i < ARRAY_LEN(duet_rows); i++) {
        const struct windows windows = {{quantiles->values[SIDE_BASE][i], quantiles->len},
                                        {quantiles->values[SIDE_CAND][i], quantiles->len},
                                        quantiles->lens,
                                        quantiles->pairs};
        struct estimate estimate = estimate_of_windows(&windows);
        struct comparison_row row = {
            .metric = duet_rows[i].metric,
            .point = POINT_END,
            .level = ROW_SCENARIO,
            .phase = PHASE_DUET,
            .estimate = estimate,
            .shadow = shadow_of(record, arena, &windows, estimate.base),
            .unbounded = why_unbounded(arena, &windows, &estimate),
        };
        comparison_row_add(comparison, arena, &row);
    }
    tell_growth(comparison, arena);
    return tell_cpu(comparison, arena, err);
}
