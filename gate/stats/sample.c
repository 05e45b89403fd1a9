#include "gate/stats/sample.h"

#include <math.h>
#include <stdlib.h>

double sample_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n ? sum / (double)n : 0;
}

double sample_variance(const double *values, size_t n)
{
    double mean = sample_mean(values, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return n > 1 ? sum / (double)(n - 1) : 0;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double sample_median(double *values, size_t n)
{
    assert(n > 0);
    qsort(values, n, sizeof(*values), compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void sample_sort_u64(uint64_t *values, size_t n)
{
    if (n)
        qsort(values, n, sizeof(*values), compare_u64);
}

uint64_t sample_percentile_u64(const uint64_t *values, size_t n, size_t percent)
{
    assert(n > 0 && percent > 0 && percent <= 100);
    return values[(n * percent + 99) / 100 - 1];
}

/* Upper-tail probability for t >= 0. */
static double far_tail(double t, double df)
{
    return incomplete_beta(df / 2, 0.5, df / (df + t * t)) / 2;
}

double student_tail(double t, double df)
{
    assert(df > 0);
    return t < 0 ? 1 - far_tail(t, df) : far_tail(t, df);
}

double student_cdf(double t, double df)
{
    return student_tail(-t, df);
}

double normal_tail(double z)
{
    return erfc(z / sqrt(2)) / 2;
}

static double density_of(double t, double df)
{
    double constant = lgamma((df + 1) / 2) - lgamma(df / 2) - log(df * acos(-1)) / 2;
    return exp(constant - (df + 1) / 2 * log1p(t * t / df));
}

/*
 * The t > 0 that leaves `tail` above it: bisection until Newton's steps
 * are sure to converge, then as many of those as change anything.
 */
static double upper_quantile(double tail, double df)
{
    enum { NEWTON_STEPS_MAX = 8 };
    double low = 0;
    double high = 1;
    while (far_tail(high, df) > tail) {
        low = high;
        high *= 2;
    }
    while (high - low > 0.02 * high) {
        double middle = low + (high - low) / 2;
        *(far_tail(middle, df) > tail ? &low : &high) = middle;
    }
    double t = low + (high - low) / 2;
    double step = t;
    for (int i = 0; i < NEWTON_STEPS_MAX && fabs(step) > 1e-15 * t; i++) {
        step = (far_tail(t, df) - tail) / density_of(t, df);
        t += step;
    }
    return t;
}

double student_quantile(double p, double df)
{
    assert(p > 0 && p < 1 && df > 0);
    return p < 0.5 ? -upper_quantile(p, df) : upper_quantile(1 - p, df);
}
