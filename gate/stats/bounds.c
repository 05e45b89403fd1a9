#include "gate/stats/bounds.h"

#include <math.h>

#include "gate/stats/floor.h"
#include "gate/stats/sample.h"

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

static double upper_point(double alpha, double df)
{
    return df > 0 ? student_quantile(1 - alpha, df) : normal_upper_quantile(alpha);
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
    double standard_errors = width > 0 ? upper_point(alpha, scale->df) : 0;
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

/* Where one of Simpson's steps ends, in v = sqrt(u): smooth at 0 for every df >= 1. */
struct power_curve {
    double shift;
    double critical;
    double df;
    double log_constant;
};

/*
 * u = sqrt(chi^2 / df) has the density, up to its constant,
 * u^(df - 1) exp(-df u^2 / 2); power is the mean of P(Z > critical u - shift).
 */
static double power_term(const struct power_curve *curve, double v)
{
    double u = v * v;
    if (v <= 0)
        return 0;
    double log_density = (2 * curve->df - 1) * log(v) - curve->df * u * u / 2;
    return exp(curve->log_constant + log_density) * normal_tail(curve->critical * u - curve->shift);
}

static double power_in_steps(double shift, double critical, double df, int steps)
{
    if (df <= 0)
        return normal_tail(critical - shift);
    assert(df >= 1);
    /* Nine standard deviations of u from its mean nothing is left. */
    double spread = 9 / sqrt(2 * df);
    double start = sqrt(fmax(0, 1 - spread));
    double step = (sqrt(1 + spread) - start) / steps;
    const struct power_curve curve = {
        .shift = shift,
        .critical = critical,
        .df = df,
        .log_constant = log(4) + df / 2 * log(df / 2) - lgamma(df / 2),
    };
    double sum = power_term(&curve, start);
    for (int i = 1; i < steps; i++)
        sum += (i % 2 ? 4 : 2) * power_term(&curve, start + step * i);
    return (sum + power_term(&curve, start + step * steps)) * step / 3;
}

double bounds_power(double shift, double critical, double df)
{
    return power_in_steps(shift, critical, df, 512);
}

/*
 * The shift in standard errors that is found with BOUNDS_POWER, to a part
 * in ten thousand or so: nobody knows a spread better. False position with
 * the Illinois correction, as power is nearly a straight line there.
 */
static double shift_needed(double alpha, double df)
{
    enum { STEPS = 128, ROUNDS_MAX = 40 };
    double critical = upper_point(alpha, df);
    if (df <= 0)
        return critical + normal_upper_quantile(1 - BOUNDS_POWER);
    double low = critical;
    double high = critical + 3;
    double lack = power_in_steps(low, critical, df, STEPS) - BOUNDS_POWER;
    double excess = power_in_steps(high, critical, df, STEPS) - BOUNDS_POWER;
    while (excess < 0) {
        low = high;
        lack = excess;
        high *= 1.5;
        excess = power_in_steps(high, critical, df, STEPS) - BOUNDS_POWER;
    }
    for (int i = 0; i < ROUNDS_MAX && high - low > 1e-5 * high; i++) {
        double middle = high - excess * (high - low) / (excess - lack);
        double gap = power_in_steps(middle, critical, df, STEPS) - BOUNDS_POWER;
        if (fabs(gap) < 1e-6)
            return middle;
        bool is_below = gap < 0;
        *(is_below ? &low : &high) = middle;
        *(is_below ? &lack : &excess) = gap;
        *(is_below ? &excess : &lack) /= 2;
    }
    return high;
}

/* In the unit of the scale, with `more` times the samples. */
static double detectable_shift(const struct scale *scale, double alpha, double more)
{
    double width = to_unit(scale, scale->middle) - to_unit(scale, scale->low);
    /* Processes less one a side are what df counts. */
    double df = scale->df > 0 ? fmax(1, scale->df * more) : 0;
    return width > 0 ? shift_needed(alpha, df) * width / scale->reach / sqrt(more) : 0;
}

static double detectable(const struct estimate *estimate, double alpha, double more)
{
    struct scale scale = scale_of_change(estimate);
    double own = from_unit(&scale, detectable_shift(&scale, alpha, more)) + scale.slack;
    if (!has_floor(estimate))
        return own;
    const struct scale floor = scale_of_floor(estimate, more);
    return fmax(own, from_unit(&floor, detectable_shift(&floor, alpha, 1)) + floor.slack);
}

double bounds_detectable_with(const struct estimate *estimate, double alpha, double more)
{
    return estimate->bounded && alpha > 0 ? detectable(estimate, alpha, more) : HUGE_VAL;
}

double bounds_detectable(const struct estimate *estimate, double alpha)
{
    return bounds_detectable_with(estimate, alpha, 1);
}

double bounds_more_needed(const struct estimate *estimate, double alpha, double change)
{
    enum { ROUNDS_MAX = 12 };
    double more = 1;
    assert(change > 0);
    if (!estimate->bounded || alpha <= 0 || estimate->slack >= change)
        return HUGE_VAL;
    /* Behind a floor that does not fall it would never come to an end. */
    if (has_floor(estimate) && detectable(estimate, alpha, BOUNDS_MORE_MAX) > change)
        return HUGE_VAL;
    /* It falls with the square root, and a little faster where few degrees of freedom become more. */
    for (int i = 0; i < ROUNDS_MAX; i++) {
        double beyond = detectable(estimate, alpha, more) - estimate->slack;
        double factor = beyond / (change - estimate->slack);
        if (i == 0 && factor <= 1)
            return 1;
        /* Not less than any more at all: it is too large as it is. */
        double next = fmax(1.01, more * factor * factor);
        if (!(next <= BOUNDS_MORE_MAX))
            return HUGE_VAL;
        if (fabs(next - more) < 1e-2 * more)
            return next;
        more = next;
    }
    return more;
}
