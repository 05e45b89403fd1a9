#include "gate/stats/holm.h"

#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double holm_level(double *p, size_t n, double alpha)
{
    size_t rejected = 0;
    if (n > 0)
        qsort(p, n, sizeof(*p), compare_doubles);
    while (rejected < n && p[rejected] <= alpha / (double)(n - rejected))
        rejected++;
    /* A rejected one is below its own, smaller level, the next one above this. */
    return rejected < n ? alpha / (double)(n - rejected) : alpha;
}
