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

struct estimate estimate_of_waits(struct samples base, struct samples cand)
{
    struct estimate out = estimate_of(base, cand, ESTIMATE_LOG_WELCH);
    if (!out.bounded || out.by_logarithm)
        return out;
    struct interval a = interval_of(base);
    struct estimate apart = estimate_of_intervals(a, interval_of(cand), false);
    apart.base_count = out.base_count;
    apart.cand_count = out.cand_count;
    apart.effective = out.effective;
    apart.has_ratio = a.value > 0;
    if (apart.has_ratio) {
        apart.ratio = apart.delta / a.value;
        apart.ratio_low = apart.delta_low / a.value;
        apart.ratio_high = apart.delta_high / a.value;
    }
    return apart;
}
