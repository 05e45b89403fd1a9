#include "tests/bench/errors/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/stats/counts.h"
#include "gate/stats/windows.h"

double draw_uniform(struct draw *draw)
{
    draw->state += 0x9e3779b97f4a7c15ULL;
    uint64_t z = draw->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller; the second one is thrown away. */
double draw_normal(struct draw *draw)
{
    double radius = sqrt(-2 * log(draw_uniform(draw)));
    return radius * cos(6.283185307179586 * draw_uniform(draw));
}

double draw_count(struct draw *draw, double mean)
{
    const double large = 200;
    if (mean > large)
        return fmax(0, round(mean + sqrt(mean) * draw_normal(draw)));
    double count = 0;
    double at = -log(draw_uniform(draw));
    while (at < mean) {
        at -= log(draw_uniform(draw));
        count++;
    }
    return count;
}

/* A number that both sides have in every trial. */
struct series {
    double values[SIDES][WORLD_TRIALS_MAX];
    double sample; /* what one of a sampled profile stands for; 0: it was not sampled */
};

struct p99 {
    double values[SIDES][WORLD_TRIALS_MAX * WORLD_WINDOWS];
};

struct trials {
    struct series totals[METRICS];
    struct series warm;
    struct series functions[WORLD_FUNCTIONS_MAX];
    struct p99 p99;
};

static void draw_series(struct series *out, struct draw *draw, double value, double growth,
                        double spread)
{
    for (int side = 0; side < SIDES; side++) {
        double middle = side == SIDE_BASE ? value : value * (1 + growth);
        for (size_t t = 0; t < WORLD_TRIALS_MAX; t++)
            out->values[side][t] = middle * exp(spread * draw_normal(draw));
    }
}

/* What a profile says of them that sees one piece in so many bytes. */
static void sample_series(struct series *out, struct draw *draw, double sample)
{
    out->sample = sample;
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < WORLD_TRIALS_MAX; t++)
            out->values[side][t] = sample * draw_count(draw, out->values[side][t] / sample);
    }
}

static void draw_jumps(struct series *out, struct draw *draw, double value)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < WORLD_TRIALS_MAX; t++)
            out->values[side][t] = value * (draw_uniform(draw) < 0.5 ? 1 : 1.1);
    }
}

/* 85 of 100 functions are constant, 10 vary by 0.3 % or so, 5 by 3 %. */
static double spread_of(struct draw *draw)
{
    double which = draw_uniform(draw);
    if (which < 0.85)
        return 5e-5;
    return (which < 0.95 ? 0.003 : 0.03) * exp(0.7 * draw_normal(draw));
}

/* The second per cent of the largest, the tenth of a per cent of the hundredth. */
static double size_of(size_t function)
{
    return 10000 / pow((double)function + 1, 1.1);
}

static void draw_functions(struct trials *out, const struct world *world, struct draw *draw)
{
    for (size_t f = 0; f < world->functions; f++) {
        double growth = f == 0 ? world->named_growth : world->function_growth;
        bool jumps = f > 0 && draw_uniform(draw) < world->jumping_share;
        double spread = f == 0 ? 5e-5 : spread_of(draw);
        if (jumps) {
            draw_jumps(&out->functions[f], draw, size_of(f));
        } else {
            draw_series(&out->functions[f], draw, size_of(f), growth, spread);
        }
        out->functions[f].sample = 0;
        if (world->samples > 0)
            sample_series(&out->functions[f], draw, size_of(0) / world->samples);
    }
}

/*
 * Seconds disturb both sides alike; the ratio of a window has a spread of
 * 0.25 of its own, and that of a pair of processes another: on a busy
 * machine means of 12 pairs had a standard deviation of 0.19 where windows
 * alone make 0.12, on a calmer one no more than those.
 */
static void draw_windows(struct p99 *out, struct draw *draw, const struct world *world)
{
    double growth = world->p99_growth;
    for (size_t t = 0; t < WORLD_TRIALS_MAX; t++) {
        double of_pair = world->pair_spread * draw_normal(draw);
        for (size_t w = 0; w < WORLD_WINDOWS; w++) {
            double second = 5e6 * exp(0.6 * draw_normal(draw));
            double ratio = of_pair + 0.25 * draw_normal(draw);
            out->values[SIDE_BASE][t * WORLD_WINDOWS + w] = second;
            out->values[SIDE_CAND][t * WORLD_WINDOWS + w] = second * (1 + growth) * exp(ratio);
        }
    }
}

static const struct {
    enum metric metric;
    enum estimate_method method;
    enum phase phase;
    double value;
    double spread;
} total_rows[] = {
    {METRIC_ALLOC_SPACE, ESTIMATE_DIFFERENCE, PHASE_EXACT, 65640, 5e-5},
    {METRIC_ALLOC_OBJECTS, ESTIMATE_DIFFERENCE, PHASE_EXACT, 952, 7e-5},
    {METRIC_INUSE_SPACE, ESTIMATE_DIFFERENCE, PHASE_EXACT, 15e6, 1e-3},
    {METRIC_HEAP_GROWTH, ESTIMATE_DIFFERENCE, PHASE_DUET, 2e4, 0.3},
    {METRIC_CPU, ESTIMATE_PAIRS, PHASE_DUET, 3e5, 0.03},
    {METRIC_RSS_P95, ESTIMATE_LOG_RATIO, PHASE_STEADY, 45e6, 0.03},
};

static void draw_trials(struct trials *out, const struct world *world, struct draw *draw)
{
    for (size_t i = 0; i < ARRAY_LEN(total_rows); i++) {
        enum metric metric = total_rows[i].metric;
        double growth = metric == METRIC_ALLOC_SPACE ? world->total_growth
                        : metric == METRIC_CPU       ? world->cpu_growth
                                                     : 0;
        draw_series(&out->totals[metric], draw, total_rows[i].value, growth, total_rows[i].spread);
    }
    draw_series(&out->warm, draw, 14e6, 0, 1e-3);
    draw_functions(out, world, draw);
    draw_windows(&out->p99, draw, world);
}

static struct estimate estimate_series(const struct series *series, size_t count,
                                       enum estimate_method method)
{
    struct samples base = {series->values[SIDE_BASE], count};
    struct samples cand = {series->values[SIDE_CAND], count};
    return method == ESTIMATE_PAIRS ? estimate_of_pairs(base, cand)
                                    : estimate_of(base, cand, method);
}

static struct sampled_samples readings_of(struct sampled *out, const struct series *series,
                                          enum side side, size_t count)
{
    for (size_t t = 0; t < count; t++) {
        double value = series->values[side][t];
        out[t] = (struct sampled){value, value * series->sample, 1};
    }
    return (struct sampled_samples){out, count};
}

static struct estimate estimate_function(const struct series *series, size_t count)
{
    struct sampled readings[SIDES][WORLD_TRIALS_MAX];
    if (series->sample <= 0)
        return estimate_series(series, count, ESTIMATE_DIFFERENCE);
    return estimate_of_sampled(readings_of(readings[SIDE_BASE], series, SIDE_BASE, count),
                               readings_of(readings[SIDE_CAND], series, SIDE_CAND, count),
                               series->sample, ESTIMATE_CONFIDENCE);
}

static struct estimate estimate_p99(const struct p99 *p99, size_t pairs)
{
    size_t lens[WORLD_TRIALS_MAX];
    for (size_t p = 0; p < pairs; p++)
        lens[p] = WORLD_WINDOWS;
    const struct windows windows = {{p99->values[SIDE_BASE], pairs * WORLD_WINDOWS},
                                    {p99->values[SIDE_CAND], pairs * WORLD_WINDOWS},
                                    lens,
                                    pairs};
    return estimate_of_windows(&windows);
}

/* Names that live as long as the program. */
static const char *function_name(size_t function)
{
    static char names[WORLD_FUNCTIONS_MAX][40];
    (void)snprintf(names[function], sizeof(names[function]), "example.com/app.f%zu", function);
    return names[function];
}

static void fill_row(struct comparison_row *out, enum metric metric, enum row_level level,
                     enum phase phase, struct estimate estimate)
{
    *out = (struct comparison_row){
        .metric = metric, .point = POINT_END, .level = level, .phase = phase, .estimate = estimate};
}

static void make_rows(struct comparison *comparison, const struct trials *trials,
                      const struct world *world, const size_t counts[PHASES])
{
    struct comparison_row *rows = comparison->rows;
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(total_rows); i++) {
        enum phase phase = total_rows[i].phase;
        const struct series *series = &trials->totals[total_rows[i].metric];
        fill_row(&rows[len++], total_rows[i].metric, ROW_SCENARIO, phase,
                 estimate_series(series, counts[phase], total_rows[i].method));
    }
    fill_row(&rows[len], METRIC_INUSE_SPACE, ROW_SCENARIO, PHASE_EXACT,
             estimate_series(&trials->warm, counts[PHASE_EXACT], ESTIMATE_DIFFERENCE));
    rows[len++].point = POINT_WARM;
    fill_row(&rows[len++], METRIC_P99, ROW_SCENARIO, PHASE_DUET,
             estimate_p99(&trials->p99, counts[PHASE_DUET]));
    for (size_t f = 0; f < world->functions; f++) {
        struct comparison_row *row = &rows[len++];
        const struct series *series = &trials->functions[f];
        fill_row(row, METRIC_ALLOC_SPACE, ROW_FUNCTION, PHASE_EXACT,
                 estimate_function(series, counts[PHASE_EXACT]));
        row->func = str_from(function_name(f));
        row->key = row->func;
        row->normal = row->func;
        row->package = STR("example.com/app");
    }
    comparison->row_count = len;
}

static void judge_once(struct judged_scenario *out, struct arena *arena,
                       const struct policy *policy, const struct comparison *comparison)
{
    struct judgement judgement;
    struct err err;
    struct judge_input input = {.policy = policy, .comparisons = comparison, .comparison_count = 1};
    if (judge(&judgement, arena, &input, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    *out = judgement.scenarios[0];
}

static void take_outcome(struct outcome *out, const struct judged_scenario *judged)
{
    for (size_t i = 0; i < judged->finding_count; i++) {
        const struct finding *finding = &judged->findings[i];
        if (finding->verdict != FINDING_REGRESSION)
            continue;
        out->blocked = true;
        out->by_total = out->by_total || !row_is_of_function(finding->row);
        bool named = row_is_of_function(finding->row) && finding->rule->selector.func_key.len > 0;
        out->by_named = out->by_named || named;
        out->by_function = out->by_function || (row_is_of_function(finding->row) && !named);
    }
}

/* As `memgate run` does: planned trials, then more up to the next look for what is open. */
void world_run(struct outcome *out, const struct world *world, const struct policy *policy,
               struct draw *draw)
{
    static struct trials trials;
    size_t counts[PHASES] = {policy->trials.exact, policy->trials.steady, policy->trials.duet};
    struct record_scenario record = {.load_count = 6000};
    struct comparison comparison = {.scenario = STR("s"), .record = &record, .has_steady = true};
    bool more = true;
    *out = (struct outcome){0};
    draw_trials(&trials, world, draw);
    while (more) {
        struct judged_scenario judged;
        struct arena arena;
        arena_init(&arena);
        comparison.rows = ARENA_ARRAY(&arena, struct comparison_row, WORLD_FUNCTIONS_MAX + 16);
        make_rows(&comparison, &trials, world, counts);
        for (int phase = 0; phase < PHASES; phase++) {
            record.trial_count[SIDE_BASE][phase] = counts[phase];
            record.trial_count[SIDE_CAND][phase] = counts[phase];
        }
        judge_once(&judged, &arena, policy, &comparison);
        take_outcome(out, &judged);
        more = false;
        out->undecided = false;
        for (int phase = 0; phase < PHASES; phase++) {
            if (!judged.undecided[phase])
                continue;
            out->undecided = true;
            more = more || judged.next_look[phase] > counts[phase];
            counts[phase] = judged.next_look[phase];
        }
        more = more && !out->blocked;
        arena_release(&arena);
    }
    out->trials = counts[PHASE_EXACT];
    out->pairs = counts[PHASE_DUET];
}
