#include "gate/stats/slope.h"

#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

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
    if (len == 0)
        return 0;
    qsort(slopes, len, sizeof(*slopes), compare_doubles);
    return len % 2 ? slopes[len / 2] : (slopes[len / 2 - 1] + slopes[len / 2]) / 2;
}
