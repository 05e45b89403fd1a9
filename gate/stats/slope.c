#include "gate/stats/slope.h"

#include "gate/stats/sample.h"

double slope_theil_sen(const double *x, const double *y, size_t n)
{
    double slopes[SLOPE_POINTS_MAX * (SLOPE_POINTS_MAX - 1) / 2];
    size_t len = 0;
    assert(n <= SLOPE_POINTS_MAX);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double run = x[j] - x[i];
            if (run < 0 || run > 0)
                slopes[len++] = (y[j] - y[i]) / run;
        }
    }
    return len ? sample_median(slopes, len) : 0;
}
