#include "gate/stats/windows.h"

#include <math.h>
#include <string.h>

#include "gate/stats/sample.h"

/* P(Bin(n, 1/2) <= k) = I_1/2(n - k, k + 1), DLMF 8.17.5. */
static double half_binomial_cdf(size_t n, size_t k)
{
    return incomplete_beta((double)(n - k), (double)k + 1, 0.5);
}

double windows_p(size_t n, size_t above)
{
    assert(above <= n);
    /* P(Bin(n, 1/2) >= above) = P(Bin(n, 1/2) <= n - above). */
    return above == 0 ? 1 : half_binomial_cdf(n, n - above);
}

int windows_cut(size_t n, double confidence)
{
    double each_end = (1 - confidence) / 2;
    int cut = -1;
    for (size_t k = 0; 2 * k + 1 < n && half_binomial_cdf(n, k) <= each_end; k++)
        cut = (int)k;
    return cut;
}

/* False when a value has no logarithm. */
static bool take_logs(double *ratios, double *middles, struct samples base, struct samples cand)
{
    for (size_t i = 0; i < base.len; i++) {
        if (!(base.values[i] > 0) || !(cand.values[i] > 0))
            return false;
        ratios[i] = log(cand.values[i]) - log(base.values[i]);
        middles[i] = (log(cand.values[i]) + log(base.values[i])) / 2;
    }
    return true;
}

struct estimate estimate_of_windows(struct samples base, struct samples cand, size_t pairs,
                                    double *ratios)
{
    struct estimate out = {.base_count = (uint32_t)base.len,
                           .cand_count = (uint32_t)cand.len,
                           .method = ESTIMATE_WINDOWS,
                           .by_logarithm = true,
                           .effective = (double)base.len};
    double sorted[WINDOWS_MAX];
    double middles[WINDOWS_MAX];
    size_t n = base.len;
    assert(base.len == cand.len && n <= WINDOWS_MAX);
    if (n == 0 || !take_logs(sorted, middles, base, cand))
        return out;
    double shift = sample_median(sorted, n);
    double middle = sample_median(middles, n);
    int cut = windows_cut(n, ESTIMATE_CONFIDENCE);
    out.bounded = cut >= 0 && pairs >= 2;
    out.base = exp(middle - shift / 2);
    out.cand = exp(middle + shift / 2);
    out.delta = out.cand - out.base;
    out.has_ratio = true;
    out.ratio = expm1(shift);
    out.ratio_low = out.bounded ? expm1(sorted[cut]) : out.ratio;
    out.ratio_high = out.bounded ? expm1(sorted[n - 1 - (size_t)cut]) : out.ratio;
    out.delta_low = out.base * out.ratio_low;
    out.delta_high = out.base * out.ratio_high;
    out.log_ratios = ratios;
    if (ratios)
        memcpy(ratios, sorted, n * sizeof(*ratios));
    return out;
}

bool windows_have_bursts(struct burst_count *out, struct samples base, struct samples cand,
                         double factor)
{
    struct burst_count count = {0};
    for (size_t i = 0; i < base.len; i++) {
        count.worse += cand.values[i] > factor * base.values[i];
        count.better += base.values[i] > factor * cand.values[i];
    }
    *out = count;
    size_t n = count.worse + count.better;
    /* P(Bin(n, 1/2) >= worse) = P(Bin(n, 1/2) <= better). */
    return n > 0 && count.worse > count.better &&
           half_binomial_cdf(n, count.better) < (1 - ESTIMATE_CONFIDENCE) / 2;
}
