#ifndef GATE_FOLD_SAMPLING_H
#define GATE_FOLD_SAMPLING_H

#include "gate/fold/fold.h"

/*
 * The error that sampling puts into a heap profile, known from the profile
 * itself. With a period of R bytes Go samples an object of s bytes with
 * p = 1 - exp(-s/R) and writes n samples as n s / p bytes and n / p
 * objects (runtime/pprof, scaleHeapSample). n is a Poisson count, thinned:
 *
 *   variance of the bytes = s^2 n (1 - p) / p^2
 *
 * and that of the objects without s^2. n is found by reading the bytes
 * backwards and rounding, since what is written was cut to whole bytes.
 * Where that finds none of bytes that are there, the size is not theirs:
 * the variance is R times the bytes then, the most for objects of any size.
 * A label "bytes" that bytes / objects contradict is not believed either.
 */
double sampling_variance(double bytes, double object_bytes, double period);

/* Variances of sites while a profile is folded. Zeroed but for the arena: nothing is kept. */
struct sampling {
    struct arena *arena; /* the variances live here */
    double period;
    double (*of_site)[HEAP_METRICS]; /* by site id - 1 */
    size_t cap;
};

/* Adds what a sample says to the site it belongs to (id from sites_at). */
void sampling_add(struct sampling *sampling, uint32_t site, const struct profile_sample *sample,
                  const int64_t values[HEAP_METRICS]);

#endif
