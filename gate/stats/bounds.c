#include "gate/stats/bounds.h"

#include <math.h>

#include "gate/stats/criticals.h"
#include "gate/stats/floor.h"
#include "gate/stats/sample.h"
#include "gate/stats/shift.h"

/* Whose interval is meant, and in which unit it stands off evenly. */
struct scale {
    double middle;
    double low; /* without slack */
    double high;
    double base; /* > 0: the unit is the logarithm of 1 + delta / base */
    double df;
    double reach;
    double slack;
};

static struct scale scale_of_change(const struct estimate *estimate)
{
    struct scale out = {
        .middle = estimate->delta,
        .low = fmin(estimate->delta, estimate->delta_low + estimate->slack),
        .high = fmax(estimate->delta, estimate->delta_high - estimate->slack),
        .df = estimate->df,
        .reach = estimate_reach(estimate->reach),
        .slack = estimate->slack,
    };
    if (estimate->has_rise)
        out.high = 2 * out.middle - out.low;
    /* A bound that was pushed below a change of -100 % has no logarithm. */
    if (estimate->by_logarithm && estimate->base > 0 && out.low > -estimate->base)
        out.base = estimate->base;
    return out;
}

static bool has_floor(const struct estimate *estimate)
{
    const struct estimate_floor *floor = &estimate->floor;
    bool has_logarithm = estimate->base > 0 && estimate->cand > 0;
    return floor_variance(floor, 1) > 0 && (!floor->is_ratio || has_logarithm);
}

/* The floor's interval about the change, of one standard error; `more` times the samples. */
static struct scale scale_of_floor(const struct estimate *estimate, double more)
{
    const struct estimate_floor *floor = &estimate->floor;
    double error = sqrt(floor_variance(floor, more));
    double base = floor->is_ratio ? estimate->base : 0;
    double middle = base > 0 ? log1p(estimate->delta / base) : estimate->delta;
    return (struct scale){
        .middle = estimate->delta,
        .low = base > 0 ? base * expm1(middle - error) : middle - error,
        .high = base > 0 ? base * expm1(middle + error) : middle + error,
        .base = base,
        .df = floor->df,
        .reach = 1,
        .slack = estimate->slack,
    };
}

/*
 * Straight on, though most such intervals are of logarithms: beyond the
 * level that is known that is too wide below, within it too wide above.
 */
static struct scale scale_of_cand(const struct estimate *estimate)
{
    struct scale out = {
        .middle = estimate->cand,
        .low = fmin(estimate->cand, estimate->cand_low + estimate->slack),
        .high = fmax(estimate->cand, estimate->cand_high - estimate->slack),
        .df = estimate->cand_df,
        .reach = estimate_reach(estimate->cand_reach),
        .slack = estimate->slack,
    };
    if (estimate->has_rise)
        out.high = 2 * out.middle - out.low;
    return out;
}

/* Numbers that are none prove nothing either way. */
static bool is_known(const struct estimate *estimate)
{
    return estimate->bounded && !isnan(estimate->delta) && !isnan(estimate->delta_low) &&
           !isnan(estimate->delta_high);
}

static bool is_cand_known(const struct estimate *estimate)
{
    return estimate->bounded && !isnan(estimate->cand) && !isnan(estimate->cand_low) &&
           !isnan(estimate->cand_high);
}

static double to_unit(const struct scale *scale, double delta)
{
    if (scale->base <= 0)
        return delta;
    return delta > -scale->base ? log1p(delta / scale->base) : -HUGE_VAL;
}

static double from_unit(const struct scale *scale, double value)
{
    return scale->base > 0 ? scale->base * expm1(value) : value;
}

/* P(T > t) of Student's or, with df 0, the normal distribution. */
static double upper_tail(double t, double df)
{
    if (isinf(t))
        return t > 0 ? 0 : 1;
    return df > 0 ? student_tail(t, df) : normal_tail(t);
}

/* Beyond `far` by so many standard errors; a value without spread is what it is. */
static double p_beyond(const struct scale *scale, double gap, double width)
{
    if (width <= 0)
        return gap > 0 ? 0 : 1;
    return upper_tail(gap / width * scale->reach, scale->df);
}

static double p_above(const struct scale *scale, double limit)
{
    double middle = to_unit(scale, scale->middle);
    double gap = middle - to_unit(scale, limit + scale->slack);
    double edge = gap >= 0 ? scale->low : scale->high;
    return p_beyond(scale, gap, fabs(middle - to_unit(scale, edge)));
}

/* The other way round, but that exactly the limit is allowed. */
static double p_below(const struct scale *scale, double limit)
{
    double middle = to_unit(scale, scale->middle);
    double gap = to_unit(scale, limit - scale->slack) - middle;
    double edge = gap >= 0 ? scale->high : scale->low;
    double width = fabs(middle - to_unit(scale, edge));
    if (width <= 0)
        return gap >= 0 ? 0 : 1;
    return p_beyond(scale, gap, width);
}

static double bound_of(const struct scale *scale, double alpha, int direction)
{
    double middle = to_unit(scale, scale->middle);
    double edge = direction < 0 ? scale->low : scale->high;
    double width = fabs(middle - to_unit(scale, edge));
    double standard_errors = width > 0 ? critical_value(alpha, scale->df) : 0;
    double value = middle + direction * width / scale->reach * standard_errors;
    return from_unit(scale, value) + direction * scale->slack;
}

double bounds_p_above(const struct estimate *estimate, double delta)
{
    if (!is_known(estimate))
        return 1;
    const struct scale scale = scale_of_change(estimate);
    double own = p_above(&scale, delta);
    if (!has_floor(estimate))
        return own;
    const struct scale floor = scale_of_floor(estimate, 1);
    return fmax(own, p_above(&floor, delta));
}

double bounds_p_below(const struct estimate *estimate, double delta)
{
    if (!is_known(estimate) || (estimate->has_rise && delta < estimate->rise))
        return 1;
    const struct scale scale = scale_of_change(estimate);
    double own = p_below(&scale, delta);
    if (!has_floor(estimate))
        return own;
    const struct scale floor = scale_of_floor(estimate, 1);
    return fmax(own, p_below(&floor, delta));
}

double bounds_p_cand_above(const struct estimate *estimate, double value)
{
    const struct scale scale = scale_of_cand(estimate);
    return is_cand_known(estimate) ? p_above(&scale, value) : 1;
}

double bounds_p_cand_below(const struct estimate *estimate, double value)
{
    const struct scale scale = scale_of_cand(estimate);
    if (!is_cand_known(estimate) || (estimate->has_rise && value < estimate->cand_rise))
        return 1;
    return p_below(&scale, value);
}

static double own_bound(const struct estimate *estimate, double alpha, int direction)
{
    const struct scale scale = scale_of_change(estimate);
    double bound = bound_of(&scale, alpha, direction);
    /* What a profile samples is not below nothing. */
    return estimate->method == ESTIMATE_SAMPLED ? fmax(bound, -estimate->base) : bound;
}

static double floor_bound(const struct estimate *estimate, double alpha, int direction)
{
    const struct scale scale = scale_of_floor(estimate, 1);
    return bound_of(&scale, alpha, direction);
}

static double bound_of_change(const struct estimate *estimate, double alpha, int direction)
{
    assert(alpha > 0 && alpha <= 0.5);
    if (!estimate->bounded)
        return direction * HUGE_VAL;
    double own = own_bound(estimate, alpha, direction);
    if (!has_floor(estimate))
        return own;
    double floor = floor_bound(estimate, alpha, direction);
    return direction < 0 ? fmin(own, floor) : fmax(own, floor);
}

static bool is_floored(const struct estimate *estimate, double alpha, int direction)
{
    assert(alpha > 0 && alpha <= 0.5);
    return estimate->bounded && has_floor(estimate) &&
           direction * (floor_bound(estimate, alpha, direction) -
                        own_bound(estimate, alpha, direction)) >
               0;
}

bool bounds_low_is_floored(const struct estimate *estimate, double alpha)
{
    return is_floored(estimate, alpha, -1);
}

bool bounds_high_is_floored(const struct estimate *estimate, double alpha)
{
    return is_floored(estimate, alpha, 1) &&
           !(estimate->has_rise && floor_bound(estimate, alpha, 1) < estimate->rise);
}

double bounds_low(const struct estimate *estimate, double alpha)
{
    return bound_of_change(estimate, alpha, -1);
}

double bounds_high(const struct estimate *estimate, double alpha)
{
    double bound = bound_of_change(estimate, alpha, 1);
    return estimate->has_rise ? fmax(bound, estimate->rise) : bound;
}

double bounds_cand_low(const struct estimate *estimate, double alpha)
{
    const struct scale scale = scale_of_cand(estimate);
    double bound = bound_of(&scale, alpha, -1);
    /* Straight on is below nothing where the interval itself is not. */
    return estimate->cand_low >= 0 ? fmax(0, bound) : bound;
}

double bounds_cand_high(const struct estimate *estimate, double alpha)
{
    const struct scale scale = scale_of_cand(estimate);
    double bound = bound_of(&scale, alpha, 1);
    return estimate->has_rise ? fmax(bound, estimate->cand_rise) : bound;
}

/* One standard error, in the unit of the scale. */
static double error_of(const struct scale *scale)
{
    return (to_unit(scale, scale->middle) - to_unit(scale, scale->low)) / scale->reach;
}

static double detectable(const struct estimate *estimate, double alpha, double more)
{
    const struct scale scale = scale_of_change(estimate);
    double error = error_of(&scale) / sqrt(more);
    double shift = error > 0 ? shift_detectable(estimate, alpha, more) * error : 0;
    double own = from_unit(&scale, shift) + scale.slack;
    if (!has_floor(estimate))
        return own;
    const struct scale floor = scale_of_floor(estimate, more);
    shift = shift_by_df(alpha, floor.df) * error_of(&floor);
    return fmax(own, from_unit(&floor, shift) + floor.slack);
}

double bounds_detectable_with(const struct estimate *estimate, double alpha, double more)
{
    return estimate->bounded && alpha > 0 ? detectable(estimate, alpha, more) : HUGE_VAL;
}

double bounds_detectable(const struct estimate *estimate, double alpha)
{
    return bounds_detectable_with(estimate, alpha, 1);
}

/* Where what is detected comes down to the change, between two logarithms of `more`. */
struct crossing {
    double low;
    double high;
    double at_low; /* > 0: log of how many times the change is detected there */
    double at_high;
    int moved; /* the end that was the last to: 1 `low`, -1 `high`; 0 at first */
};

static double log_beyond(const struct estimate *estimate, double alpha, double change,
                         double log_more)
{
    double beyond = detectable(estimate, alpha, exp(log_more)) - estimate->slack;
    return log(beyond / (change - estimate->slack));
}

/*
 * Regula falsi, of which the end that stays twice counts half (the Illinois
 * algorithm: Dowell and Jarratt 1971, BIT 11, 168). An end may be infinite.
 */
static void crossing_move(struct crossing *crossing, double at, double beyond)
{
    bool is_above = !(beyond <= 0);
    int moved = is_above ? 1 : -1;
    if (moved == crossing->moved)
        *(is_above ? &crossing->at_high : &crossing->at_low) /= 2;
    *(is_above ? &crossing->low : &crossing->high) = at;
    *(is_above ? &crossing->at_low : &crossing->at_high) = beyond;
    crossing->moved = moved;
}

static double crossing_next(const struct crossing *crossing)
{
    double width = crossing->high - crossing->low;
    double at = crossing->low + width * crossing->at_low / (crossing->at_low - crossing->at_high);
    return at > crossing->low && at < crossing->high ? at : crossing->low + width / 2;
}

/* As near as matters to who plans trials. */
#define MORE_NEAR 0.005
/* Above 1 in print as well: it is too large as it is. */
#define MORE_LEAST 1.001

double bounds_more_needed(const struct estimate *estimate, double alpha, double change)
{
    enum { ROUNDS_MAX = 60 };
    const double most = log(BOUNDS_MORE_MAX);
    assert(change > 0);
    if (!estimate->bounded || alpha <= 0 || estimate->slack >= change)
        return HUGE_VAL;
    struct crossing crossing = {.at_low = log_beyond(estimate, alpha, change, 0)};
    if (crossing.at_low <= 0)
        return 1;
    /* It falls with the root, or faster where degrees of freedom are few; but a floor may stay. */
    double at = fmin(most, 2 * crossing.at_low + MORE_NEAR);
    double beyond = log_beyond(estimate, alpha, change, at);
    if (!(beyond <= 0)) {
        at = most;
        beyond = log_beyond(estimate, alpha, change, at);
    }
    if (!(beyond <= 0))
        return HUGE_VAL;
    crossing.high = at;
    crossing.at_high = beyond;
    /* Back by the root: that is it where many are needed, and otherwise too far. */
    double back = at + 2 * beyond;
    for (int i = 0; i < ROUNDS_MAX && !(fabs(beyond) <= MORE_NEAR); i++) {
        at = i == 0 && back > 0 ? back : crossing_next(&crossing);
        beyond = log_beyond(estimate, alpha, change, at);
        crossing_move(&crossing, at, beyond);
    }
    return fmax(MORE_LEAST, exp(at));
}
