#include "gate/stats/alone.h"

#include <math.h>

#include "gate/stats/sample.h"

/* By how much the own interval is wider than that of the difference of two such sides. */
static double widening(const struct estimate *twice, double own_reach)
{
    return own_reach / (estimate_reach(twice->reach) * sqrt(2));
}

static void stand_off(struct estimate *out, const struct estimate *twice, double factor)
{
    double below = -(twice->delta_low + twice->slack);
    if (twice->by_logarithm && twice->base > 0) {
        double half = -log1p(fmax(-below / twice->base, -1)) * factor;
        out->cand_low = twice->cand * exp(-half) - twice->slack;
        out->cand_high = twice->cand * exp(half) + twice->slack;
    } else {
        out->cand_low = twice->cand - below * factor - twice->slack;
        out->cand_high = twice->cand + below * factor + twice->slack;
    }
}

/* The same in the logarithm or not: the interval of a mean. */
static void add_own_interval(struct estimate *out, const struct estimate *twice)
{
    double factor = 1;
    out->cand_df = twice->df / 2;
    out->cand_reach = 0;
    if (out->cand_df > 0) {
        out->cand_reach = student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, out->cand_df);
        factor = widening(twice, out->cand_reach);
    }
    stand_off(out, twice, factor);
    if (twice->has_rise) {
        /* Of equal sides the rise of the difference is its spread alone. */
        out->cand_rise = twice->cand_rise + (factor - 1) * twice->rise;
        out->cand_high = fmax(out->cand_high, out->cand_rise);
    }
    out->has_cand_interval = true;
    out->effective = twice->cand_count;
}

struct estimate estimate_alone(const struct estimate *twice)
{
    struct estimate out = *twice;
    /* Pairs of windows scatter by nothing against themselves: only an interval of their own counts. */
    bool is_paired = twice->method == ESTIMATE_WINDOWS && !twice->has_cand_interval;
    out.bounded = twice->bounded && !is_paired;
    /* A rise comes with a copy of the difference's bounds. */
    if (out.bounded && (!twice->has_cand_interval || twice->has_rise))
        add_own_interval(&out, twice);
    out.base = 0;
    out.base_count = 0;
    out.delta = 0;
    out.delta_low = out.bounded ? out.cand_low - out.cand : 0;
    out.delta_high = out.bounded ? out.cand_high - out.cand : 0;
    out.has_ratio = false;
    out.ratio = 0;
    out.ratio_low = 0;
    out.ratio_high = 0;
    out.by_logarithm = false;
    out.base_part_low = 0;
    out.base_part_high = 0;
    out.df = out.cand_df;
    out.reach = out.cand_reach;
    out.rise = out.has_rise ? out.cand_rise - out.cand : 0;
    return out;
}
