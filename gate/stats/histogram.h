#ifndef GATE_STATS_HISTOGRAM_H
#define GATE_STATS_HISTOGRAM_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * Log-linear histogram of durations in nanoseconds: values below 2^11
 * are exact, larger ones fall into buckets of 1/1024 relative width, so
 * every value keeps 3 significant digits from 1 ns to over an hour.
 * Merging adds counts; quantiles are the upper edge of the bucket that
 * holds the rank ceil(q * count) (the nearest-rank definition).
 */
enum {
    HISTOGRAM_SUB_BITS = 10,
    HISTOGRAM_BUCKETS = (44 - HISTOGRAM_SUB_BITS) << HISTOGRAM_SUB_BITS
};

struct histogram {
    uint64_t *counts; /* HISTOGRAM_BUCKETS, in the arena given at init */
    uint64_t count;
    uint64_t max_ns; /* exact */
    uint64_t min_ns; /* exact; 0 when empty */
};

void histogram_init(struct histogram *histogram, struct arena *arena);
void histogram_record(struct histogram *histogram, uint64_t value_ns);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* Adds the durations of `from`, each longer by so much: up to 0.1 % more, as buckets are that wide. */
void histogram_merge_shifted(struct histogram *into, const struct histogram *from, uint64_t by_ns);
/* 0 when empty; quantile in (0, 1]; never above max_ns. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);
/*
 * Sparse text form "bucket:count bucket:count ..." in ascending order,
 * and back. The text keeps buckets only: after decoding, min_ns and
 * max_ns are the edges of the outermost buckets (within 0.1 %).
 */
struct str histogram_encode(const struct histogram *histogram, struct arena *arena);
NODISCARD enum status histogram_decode(struct histogram *out, struct arena *arena, struct str text,
                                       struct err *err);

/*
 * The distribution as HdrHistogram writes it (".hgrm"): lines of value in
 * milliseconds, percentile, how many values are up to it, and
 * 1/(1-percentile), five to each halving of the distance to 100 %; then
 * mean, standard deviation, maximum and count. Values are the upper edges
 * of their buckets; mean and deviation are of their middles.
 */
struct buf;
void histogram_write_hgrm(struct buf *out, const struct histogram *histogram);

#endif
