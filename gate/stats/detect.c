#include "gate/stats/detect.h"

#include <math.h>

#include "gate/stats/criticals.h"
#include "gate/stats/sample.h"

/*
 * Two scatters X1 and X2, chi-squared of f1 and f2, are taken as rays: of all
 * of it, X1 + X2, which is chi-squared of f1 + f2, X1 has a part that is Beta
 * (f1 / 2, f2 / 2) and independent of it. Along a ray the threshold runs from
 * cell to cell in a straight line, over which the normal distribution has its
 * mean in closed form: few trials have thresholds of hundreds of standard
 * errors, between which points alone would jump.
 */
enum {
    PANEL_RAYS = 12,
    COARSE_PANELS = 1,
    COARSE_RAYS = COARSE_PANELS * PANEL_RAYS,
    COARSE_CELLS = 40,
    SHIFT_CELLS = 256, /* of one scatter */
    FINE_PANELS = 12,
    FINE_RAYS = FINE_PANELS * PANEL_RAYS,
    FINE_CELLS = 512
};

/* Positive half of the Gauss-Legendre rule on [-1, 1] (Abramowitz and Stegun, table 25.4). */
static const struct {
    double at;
    double weight;
} rule[PANEL_RAYS / 2] = {
    {0.12523340851146891, 0.24914704581340269}, {0.36783149899818018, 0.23349253653835461},
    {0.58731795428661748, 0.20316742672306573}, {0.76990267419430469, 0.16007832854334642},
    {0.90411725637047480, 0.10693932599531907}, {0.98156063424671924, 0.04717533638651141},
};

/* Beyond so many standard deviations of a spread nothing is left: less than 1e-8, or 1e-5. */
#define FAR_FINE   7.0
#define FAR_COARSE 5.5

/* Chi-squared by its degrees of freedom, from `value` to `value`. */
struct cells {
    size_t len;
    double value[FINE_CELLS + 1];
    double mass[FINE_CELLS];
};

/* In v = value^(1/4), the root of a spread, whose density is smooth at 0. */
static double density_at(double v, double df, double log_constant)
{
    return v > 0 ? exp(log_constant + (2 * df - 1) * log(v) - df * v * v * v * v / 2) : 0;
}

static void fill_cells(struct cells *out, double df, size_t len, double far)
{
    double log_constant = log(4) + df / 2 * log(df / 2) - lgamma(df / 2);
    double spread = far / sqrt(2 * df);
    double low = sqrt(fmax(0, 1 - spread));
    double step = (sqrt(1 + spread) - low) / (double)len;
    double before = density_at(low, df, log_constant);
    out->len = len;
    /* Not nothing, of which no part can be told. */
    out->value[0] = fmax(1e-12, low * low * low * low);
    for (size_t i = 0; i < len; i++) {
        double v = low + step * (double)(i + 1);
        double after = density_at(v, df, log_constant);
        double middle = density_at(v - step / 2, df, log_constant);
        out->value[i + 1] = v * v * v * v;
        out->mass[i] = (before + 4 * middle + after) * step / 6;
        before = after;
    }
}

/* The part of all that is the baseline's, as the square of a sine. */
struct rays {
    double low;
    double width; /* of a panel */
    double log_constant;
};

static struct rays rays_of(const struct detect_test *test, size_t panels)
{
    const double quarter_turn = 1.57079632679489661923;
    double base = test->base.df;
    double cand = test->cand.df;
    double middle = asin(sqrt(base / (base + cand)));
    double spread = FAR_FINE / 2 / sqrt((base + cand) / 2 + 1);
    double low = fmax(0, middle - spread);
    double high = fmin(quarter_turn, middle + spread);
    return (struct rays){low, (high - low) / (double)panels,
                         log(2) + lgamma((base + cand) / 2) - lgamma(base / 2) - lgamma(cand / 2)};
}

struct ray {
    double part;
    double weight;
};

static struct ray ray_at(const struct rays *rays, const struct detect_test *test, size_t i)
{
    size_t node = i % PANEL_RAYS;
    size_t panel = i / PANEL_RAYS;
    double sign = node % 2 ? 1 : -1;
    double middle = rays->low + rays->width * ((double)panel + 0.5);
    double angle = middle + sign * rule[node / 2].at * rays->width / 2;
    double log_density = rays->log_constant + (test->base.df - 1) * log(sin(angle)) +
                         (test->cand.df - 1) * log(cos(angle));
    return (struct ray){sin(angle) * sin(angle),
                        rule[node / 2].weight * rays->width / 2 * exp(log_density)};
}

struct levels {
    struct criticals asked;
    struct criticals interval; /* APART: of the sides' intervals */
    double reaches_squared[2]; /* their own */
    double normal_squared;     /* that of the normal distribution */
};

/* What the trials show: the variance, and the inverse of its degrees of freedom. */
struct seen {
    double variance;
    double inverse;
};

static struct seen seen_of(double variance, double base, double cand,
                           const struct detect_test *test)
{
    double parts = base * base / test->base.df + cand * cand / test->cand.df;
    return (struct seen){variance, parts / variance / variance};
}

static struct seen welch_seen(const struct detect_test *test, double base, double cand)
{
    double a = fmax(test->base.part * base, test->base.least);
    double b = fmax(test->cand.part * cand, test->cand.least);
    return seen_of(test->fixed + a + b, a, b, test);
}

/* sampled_dispersion and the excess of each side, of counts.h. */
static struct seen sampled_seen(const struct detect_test *test, double base, double cand)
{
    const double prior = 6;
    double a = test->base.part * base;
    double b = test->cand.part * cand;
    double freedom = test->base.df + test->cand.df;
    double squares = test->base.df * a / test->base.least + test->cand.df * b / test->cand.least;
    double dispersion = fmax(1, (prior + squares) / (prior + freedom));
    a = fmax(a - test->base.least, 0);
    b = fmax(b - test->cand.least, 0);
    return seen_of(dispersion * (test->base.least + test->cand.least) + a + b, a, b, test);
}

/* One-sided, of an interval of 99 %. */
#define INTERVAL_TAIL 0.005

/* Squares of two quantiles by their own degrees of freedom add up (Newcombe's, Zou and Donner's). */
static double apart_reach(const struct detect_test *test, double base, double cand,
                          const struct levels *levels)
{
    return sqrt(levels->reaches_squared[0] * base + levels->reaches_squared[1] * cand +
                levels->normal_squared * test->fixed);
}

static void set_reaches(struct levels *out, const struct detect_test *test)
{
    double base = critical_value(INTERVAL_TAIL, test->base.df);
    double cand = critical_value(INTERVAL_TAIL, test->cand.df);
    double normal = normal_upper_quantile(INTERVAL_TAIL);
    out->reaches_squared[0] = base * base;
    out->reaches_squared[1] = cand * cand;
    out->normal_squared = normal * normal;
}

double detect_apart_reach(const struct detect_test *test)
{
    struct levels levels = {0};
    set_reaches(&levels, test);
    return apart_reach(test, test->base.part, test->cand.part, &levels);
}

/* By so many degrees of freedom: of the test, or where sides are apart in parts of the interval. */
struct critical {
    double inverse;
    double value;
};

static void set_critical(struct critical *out, const struct detect_test *test,
                         const struct levels *levels, double inverse)
{
    /* Along a ray they mostly stay, but for rounding. */
    if (fabs(inverse - out->inverse) < 1e-12)
        return;
    out->inverse = inverse;
    out->value = criticals_at(&levels->asked, inverse);
    if (test->kind == DETECT_APART)
        out->value /= criticals_at(&levels->interval, inverse);
}

/* What a change must be above, in true standard errors, where all of the scatter is so much. */
static double threshold_of(const struct detect_test *test, const struct levels *levels,
                           struct critical *critical, double part, double all)
{
    double df = test->base.df + test->cand.df;
    double x = all * part * df / test->base.df;
    double y = all * (1 - part) * df / test->cand.df;
    const struct seen seen =
        test->kind == DETECT_SAMPLED ? sampled_seen(test, x, y) : welch_seen(test, x, y);
    set_critical(critical, test, levels, seen.inverse);
    if (test->kind != DETECT_APART)
        return critical->value * sqrt(seen.variance);
    /* Another level goes straight on from their interval, by the degrees of freedom of both. */
    return critical->value * apart_reach(test, test->base.part * x, test->cand.part * y, levels);
}

static void fill_ray(double *at, const struct detect_test *test, const struct levels *levels,
                     double part, const struct cells *cells)
{
    struct critical critical = {-1, 0};
    for (size_t i = 0; i <= cells->len; i++)
        at[i] = threshold_of(test, levels, &critical, part, cells->value[i]);
}

/* How often, and how much more often a little further up. */
struct found {
    double share;
    double slope;
};

/* The integral of the normal distribution's; and itself. */
struct normal {
    double integral;
    double below;
};

static struct normal normal_at(double z)
{
    const double peak = 0.3989422804014327;
    const double far = 6.5;
    if (fabs(z) > far)
        return z > 0 ? (struct normal){z, 1} : (struct normal){0, 0};
    double below = normal_tail(-z);
    return (struct normal){z * below + peak * exp(-z * z / 2), below};
}

/* Of one threshold, so far below the change. */
static struct found found_at(double z)
{
    const double peak = 0.3989422804014327;
    return (struct found){normal_tail(-z), peak * exp(-z * z / 2)};
}

/* From one threshold to the next. */
static struct found found_between(double low, double high, struct normal at_low,
                                  struct normal at_high, double shift)
{
    double gap = high - low;
    /* Too near for a difference of two integrals. */
    if (fabs(gap) < 1e-5)
        return found_at(shift - (low + high) / 2);
    return (struct found){(at_low.integral - at_high.integral) / gap,
                          (at_low.below - at_high.below) / gap};
}

static void add_found(struct found *out, const double *at, const struct cells *cells, double weight,
                      double shift)
{
    struct normal before = normal_at(shift - at[0]);
    struct found sum = {0, 0};
    for (size_t i = 0; i < cells->len; i++) {
        struct normal after = normal_at(shift - at[i + 1]);
        struct found one = found_between(at[i], at[i + 1], before, after, shift);
        sum.share += cells->mass[i] * one.share;
        sum.slope += cells->mass[i] * one.slope;
        before = after;
    }
    out->share += weight * sum.share;
    out->slope += weight * sum.slope;
}

/* Where one scatter is no more than its least the threshold is one, beyond another. */
struct student {
    struct cells cells;
    double at[FINE_CELLS + 1];
    double least; /* of the cells' values, up to which it is `floored` */
    double floored;
    double at_least; /* beyond */
};

static void fill_student(struct student *out, const struct detect_test *test, double alpha,
                         size_t cells)
{
    double critical = critical_value(alpha, test->base.df);
    double floored = test->floored_df > 0 ? critical_value(alpha, test->floored_df) : critical;
    fill_cells(&out->cells, test->base.df, cells, FAR_FINE);
    out->least = test->base.least / test->base.part;
    out->floored = floored * sqrt(test->base.least);
    out->at_least = critical * sqrt(test->base.least);
    for (size_t i = 0; i <= cells; i++)
        out->at[i] = critical * sqrt(test->base.part * out->cells.value[i]);
}

/* Of a cell what lies up to the least, in v. */
static double floored_part(double low, double high, double least)
{
    if (least <= low || least >= high)
        return least >= high;
    double start = sqrt(sqrt(low));
    return (sqrt(sqrt(least)) - start) / (sqrt(sqrt(high)) - start);
}

static struct found student_found(const struct student *student, double shift)
{
    struct found out = {0, 0};
    const struct cells *cells = &student->cells;
    const struct found floored = found_at(shift - student->floored);
    struct normal before = normal_at(shift - student->at[0]);
    for (size_t i = 0; i < cells->len; i++) {
        double part = floored_part(cells->value[i], cells->value[i + 1], student->least);
        double low = part > 0 ? student->at_least : student->at[i];
        double high = student->at[i + 1];
        struct normal at_low = part > 0 ? normal_at(shift - low) : before;
        struct normal at_high = normal_at(shift - high);
        struct found one = {0, 0};
        if (part < 1)
            one = found_between(low, high, at_low, at_high, shift);
        before = at_high;
        out.share += cells->mass[i] * (part * floored.share + (1 - part) * one.share);
        out.slope += cells->mass[i] * (part * floored.slope + (1 - part) * one.slope);
    }
    return out;
}

static struct levels levels_of(const struct detect_test *test, double alpha, int points)
{
    const double many = 1e9;
    bool is_open = test->kind == DETECT_SAMPLED || test->fixed > 0;
    double df_min = fmin(test->base.df, test->cand.df);
    double df_max = is_open ? many : test->base.df + test->cand.df;
    struct levels out = {.asked = criticals_find(alpha, df_min, df_max, points)};
    if (test->kind == DETECT_APART) {
        out.interval = criticals_find(INTERVAL_TAIL, df_min, df_max, points);
        set_reaches(&out, test);
    }
    return out;
}

static double plane_power(const struct detect_test *test, double alpha, double shift,
                          size_t cell_count)
{
    struct cells cells;
    double at[FINE_CELLS + 1];
    struct found out = {0, 0};
    const struct levels levels = levels_of(test, alpha, CRITICALS_FINE);
    const struct rays rays = rays_of(test, FINE_PANELS);
    fill_cells(&cells, test->base.df + test->cand.df, cell_count, FAR_FINE);
    for (size_t i = 0; i < FINE_RAYS; i++) {
        const struct ray ray = ray_at(&rays, test, i);
        fill_ray(at, test, &levels, ray.part, &cells);
        add_found(&out, at, &cells, ray.weight, shift);
    }
    return out.share;
}

static double power_by(const struct detect_test *test, double alpha, double shift, size_t cells)
{
    if (test->kind != DETECT_STUDENT)
        return plane_power(test, alpha, shift, cells);
    struct student student;
    fill_student(&student, test, alpha, cells);
    return student_found(&student, shift).share;
}

double detect_power(const struct detect_test *test, double alpha, double shift)
{
    assert(alpha > 0 && alpha <= 0.5 && test->base.df >= 1);
    /* Straight lines are off by the square of a cell: Richardson takes that out. */
    double fine = power_by(test, alpha, shift, FINE_CELLS);
    return fine + (fine - power_by(test, alpha, shift, FINE_CELLS / 2)) / 3;
}

/* All that does not change with the shift. */
struct plane {
    struct cells cells;
    double weight[COARSE_RAYS];
    double at[COARSE_RAYS][COARSE_CELLS + 1];
};

static void fill_plane(struct plane *out, const struct detect_test *test, double alpha)
{
    const struct levels levels = levels_of(test, alpha, CRITICALS_COARSE);
    const struct rays rays = rays_of(test, COARSE_PANELS);
    fill_cells(&out->cells, test->base.df + test->cand.df, COARSE_CELLS, FAR_COARSE);
    for (size_t i = 0; i < COARSE_RAYS; i++) {
        const struct ray ray = ray_at(&rays, test, i);
        out->weight[i] = ray.weight;
        fill_ray(out->at[i], test, &levels, ray.part, &out->cells);
    }
}

static struct found plane_found(const struct plane *plane, double shift)
{
    struct found out = {0, 0};
    for (size_t i = 0; i < COARSE_RAYS; i++)
        add_found(&out, plane->at[i], &plane->cells, plane->weight[i], shift);
    return out;
}

/* Newton's steps, within bounds that close in. */
struct search {
    double low;
    double high;
    double shift;
};

static bool search_step(struct search *search, struct found found, double power)
{
    double gap = found.share - power;
    double shift = search->shift;
    *(gap < 0 ? &search->low : &search->high) = shift;
    /* Far out the slope is nothing, and a step by it is none. */
    double most = 1 + fabs(shift) / 2;
    double step = found.slope > 0 ? fmax(-most, fmin(most, -gap / found.slope)) : most;
    double next = shift + (gap < 0 ? fabs(step) : -fabs(step));
    if (next <= search->low || next >= search->high)
        next = (search->low + search->high) / 2;
    search->shift = next;
    /* The step from here leaves its square. */
    return fabs(gap) > 1e-4;
}

enum { ROUNDS_MAX = 60 };

static double plane_shift(const struct detect_test *test, double alpha, double power)
{
    struct plane plane;
    fill_plane(&plane, test, alpha);
    struct search search = {-HUGE_VAL, HUGE_VAL,
                            2 + critical_value(alpha, test->base.df + test->cand.df)};
    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (!search_step(&search, plane_found(&plane, search.shift), power))
            break;
    }
    return search.shift;
}

double detect_shift(const struct detect_test *test, double alpha, double power)
{
    assert(alpha > 0 && alpha <= 0.5 && test->base.df >= 1);
    if (test->kind != DETECT_STUDENT)
        return plane_shift(test, alpha, power);
    struct student student;
    fill_student(&student, test, alpha, SHIFT_CELLS);
    struct search search = {-HUGE_VAL, HUGE_VAL, 2 + critical_value(alpha, test->base.df)};
    for (int i = 0; i < ROUNDS_MAX; i++) {
        if (!search_step(&search, student_found(&student, search.shift), power))
            break;
    }
    return search.shift;
}
