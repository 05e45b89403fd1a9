#include "gate/stats/floor.h"

#include <math.h>

#include "gate/stats/tails.h"

static bool has_logarithm(const struct estimate *estimate)
{
    return estimate->base > 0 && estimate->cand > 0;
}

/* What the variance of a difference of two means is multiplied by. */
static double parts_of(const struct estimate *estimate)
{
    return 1 / (double)estimate->base_count + 1 / (double)estimate->cand_count;
}

/* The distance of the lower bound, which no rise has pushed away; the slack is no spread. */
static double half_width(const struct estimate *estimate, bool is_ratio)
{
    double low = estimate->delta_low + estimate->slack;
    if (!is_ratio)
        return estimate->delta - low;
    if (!estimate->by_logarithm)
        return (estimate->delta - low) / estimate->base;
    return log(estimate->cand / estimate->base) - log1p(low / estimate->base);
}

/* Of processes that ran side by side the pair is the unit. */
static double df_of(const struct estimate *estimate)
{
    double sum = (double)estimate->base_count + (double)estimate->cand_count;
    bool is_paired = estimate->method == ESTIMATE_WINDOWS || estimate->method == ESTIMATE_PAIRS;
    return fmax(1, is_paired ? estimate->df : sum - 2);
}

bool floor_read(struct reading *out, const struct estimate *estimate, bool is_ratio)
{
    if (!estimate->bounded || !estimate->base_count || !estimate->cand_count ||
        (is_ratio && !has_logarithm(estimate)))
        return false;
    double half = fmax(0, half_width(estimate, is_ratio));
    double parts = parts_of(estimate);
    *out = (struct reading){
        .change = is_ratio ? log(estimate->cand / estimate->base) : estimate->delta,
        .trial = half / estimate_reach(estimate->reach) / sqrt(parts),
        .trial_df = df_of(estimate),
        .trials = 2 / parts,
    };
    return isfinite(out->change) && isfinite(out->trial);
}

struct spread floor_pool(const struct reading *readings, size_t count, bool is_ratio)
{
    struct spread out = {.is_ratio = is_ratio, .runs = count};
    double changes = 0;
    double within = 0;
    double parts = 0;
    assert(count > 0);
    for (size_t i = 0; i < count; i++) {
        changes += readings[i].change * readings[i].change;
        within += readings[i].trial * readings[i].trial * readings[i].trial_df;
        out.trial_df += readings[i].trial_df;
        parts += 1 / readings[i].trials;
    }
    out.run = sqrt(changes / (double)count);
    out.trial = sqrt(within / out.trial_df);
    out.trials = (double)count / parts;
    return out;
}

/* P(F > f) with d1 and d2 degrees of freedom (Abramowitz and Stegun 26.6.2). */
static double f_tail(double f, double d1, double d2)
{
    return incomplete_beta(d2 / 2, d1 / 2, d2 / (d2 + d1 * f));
}

/* The runs differ by more than their trials explain. */
static struct estimate_floor with_runs(double run, double here, double there,
                                       const struct spread *spread)
{
    return (struct estimate_floor){
        .run_variance = run,
        .trial_variance = here,
        .within = there,
        .df = (double)spread->runs,
    };
}

/* Both are readings of one variance; > 0 is `there`. */
static struct estimate_floor pooled(double run, double here, double there,
                                    const struct spread *spread)
{
    double runs = (double)spread->runs;
    double df = runs + spread->trial_df;
    double mean = (runs * run + spread->trial_df * there) / df;
    return (struct estimate_floor){
        .run_variance = mean,
        .trial_variance = mean * here / there,
        .within = mean,
        .df = df,
    };
}

/* What fewer trials than calibration had add to its runs; more take nothing off. */
double floor_variance(const struct estimate_floor *floor, double more)
{
    return floor->run_variance + fmax(0, floor->trial_variance / more - floor->within);
}

void floor_set(struct estimate *out, const struct spread *spread)
{
    out->floor = (struct estimate_floor){0};
    if (!spread->runs || !(spread->trials > 0) || !(spread->trial_df >= 1) || !out->base_count ||
        !out->cand_count || (spread->is_ratio && !has_logarithm(out)))
        return;
    double trial = spread->trial * spread->trial;
    double run = spread->run * spread->run;
    double here = trial * parts_of(out);
    double there = trial * 2 / spread->trials;
    bool is_more = run > there && (there <= 0 || f_tail(run / there, (double)spread->runs,
                                                        spread->trial_df) < FLOOR_POOL_P);
    if (is_more) {
        out->floor = with_runs(run, here, there, spread);
    } else if (there > 0) {
        out->floor = pooled(run, here, there, spread);
    }
    out->floor.is_ratio = spread->is_ratio;
}
