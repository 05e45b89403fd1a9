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
    /* Not even one: objects are not of that size, and R X is the most that it can be. */
    if (samples < 1)
        return fabs(bytes) * period;
    return samples * (object_bytes / seen) * (object_bytes / seen) * missed;
}

/*
 * Go cuts objects to a whole number: of 1.9 objects 1 is left, at most
 * twice the size. Any other label than that was made up or changed.
 */
static bool is_size(double label, double each)
{
    return each <= 0 || (each > 0.99 * label && each < 2.01 * label);
}

/* Other producers leave out the label, but objects of a sample are of one size there, too. */
static double object_size(const struct profile_sample *sample, int64_t objects, int64_t bytes)
{
    double label = (double)sample->object_bytes;
    double each = objects != 0 && bytes != 0 ? fabs((double)bytes / (double)objects) : 0;
    return label > 0 && is_size(label, each) ? label : each;
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
