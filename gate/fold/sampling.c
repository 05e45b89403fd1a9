#include "gate/fold/sampling.h"

#include <math.h>

double sampling_variance(double bytes, double object_bytes, double period)
{
    assert(object_bytes > 0);
    if (period <= 1)
        return 0;
    double missed = exp(-object_bytes / period); /* 1 - p */
    double seen = -expm1(-object_bytes / period);
    double samples = round(fabs(bytes) * seen / object_bytes);
    return samples * (object_bytes / seen) * (object_bytes / seen) * missed;
}

/* Other producers leave out the label, but objects of a sample are of one size there, too. */
static double object_size(const struct profile_sample *sample, int64_t objects, int64_t bytes)
{
    if (sample->object_bytes > 0)
        return (double)sample->object_bytes;
    return objects != 0 && bytes != 0 ? fabs((double)bytes / (double)objects) : 0;
}

static void add_pair(const struct sampling *sampling, double *variances,
                     const struct profile_sample *sample, const int64_t *values,
                     enum heap_metric objects)
{
    enum heap_metric space = (enum heap_metric)(objects + 1);
    double size = object_size(sample, values[objects], values[space]);
    if (size <= 0)
        return;
    double variance = sampling_variance((double)values[space], size, sampling->period);
    variances[space] += variance;
    variances[objects] += variance / size / size;
}

void sampling_add(struct sampling *sampling, uint32_t site, const struct profile_sample *sample,
                  const int64_t values[HEAP_METRICS])
{
    while (site > sampling->cap) {
        sampling->of_site = arena_grow(sampling->arena, sampling->of_site, sampling->cap,
                                       &sampling->cap, sizeof(*sampling->of_site));
    }
    add_pair(sampling, sampling->of_site[site - 1], sample, values, HEAP_ALLOC_OBJECTS);
    add_pair(sampling, sampling->of_site[site - 1], sample, values, HEAP_INUSE_OBJECTS);
}
