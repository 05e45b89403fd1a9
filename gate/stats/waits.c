#include "gate/stats/waits.h"

#include <math.h>

#include "gate/stats/sample.h"
#include "gate/stats/share.h"

static bool all_positive(struct samples samples)
{
    for (size_t i = 0; i < samples.len; i++) {
        if (samples.values[i] <= 0)
            return false;
    }
    return true;
}

/* Student's interval, of logarithms where there are any; not below 0. */
static struct interval interval_of(struct samples samples)
{
    if (all_positive(samples))
        return interval_of_positive(samples);
    double n = (double)samples.len;
    double mean = sample_mean(samples.values, samples.len);
    double half = student_quantile(0.5 + ESTIMATE_CONFIDENCE / 2, n - 1) *
                  sqrt(sample_variance(samples.values, samples.len) / n);
    return (struct interval){mean, fmax(0, mean - half), mean + half, n - 1};
}

/* The bounds that both ways leave; the point estimate is the first one's and stays inside. */
static struct estimate within(struct estimate a, struct estimate b)
{
    struct estimate out = a;
    out.delta_low = fmin(a.delta, fmax(a.delta_low, b.delta_low));
    out.delta_high = fmax(a.delta, fmin(a.delta_high, b.delta_high));
    out.ratio_low = a.has_ratio ? out.delta_low / a.base : 0;
    out.ratio_high = a.has_ratio ? out.delta_high / a.base : 0;
    return out;
}

struct estimate estimate_of_waits(struct samples base, struct samples cand)
{
    struct estimate out = within(estimate_of(base, cand, ESTIMATE_LOG_WELCH),
                                 estimate_of(base, cand, ESTIMATE_DIFFERENCE));
    if (!out.bounded)
        return out;
    struct interval a = interval_of(base);
    struct interval b = interval_of(cand);
    if (a.high >= b.low && b.high >= a.low)
        return out;
    struct estimate apart = estimate_of_intervals(a, b, false);
    apart.base_count = out.base_count;
    apart.cand_count = out.cand_count;
    apart.has_ratio = a.value > 0;
    if (apart.has_ratio) {
        apart.ratio = apart.delta / a.value;
        apart.ratio_low = apart.delta_low / a.value;
        apart.ratio_high = apart.delta_high / a.value;
    }
    return apart;
}
