#include "gate/stats/histogram.h"

#include <math.h>

#include "gate/base/buf.h"
#include "gate/base/num.h"

/* Below this, bucket and value are the same number. */
#define EXACT_LIMIT (2ULL << HISTOGRAM_SUB_BITS)

/*
 * A bucket's number is (shift << SUB_BITS) + mantissa, where the mantissa
 * keeps SUB_BITS + 1 leading bits of the value. The leading one makes the
 * rows of successive shifts meet without a gap.
 */
static uint32_t bucket_of(uint64_t value)
{
    if (value < EXACT_LIMIT)
        return (uint32_t)value;
    uint32_t top_bit = 63 - (uint32_t)__builtin_clzll(value);
    uint32_t shift = top_bit - HISTOGRAM_SUB_BITS;
    uint64_t bucket = ((uint64_t)shift << HISTOGRAM_SUB_BITS) + (value >> shift);
    return bucket < HISTOGRAM_BUCKETS ? (uint32_t)bucket : HISTOGRAM_BUCKETS - 1;
}

static uint64_t bucket_low(uint32_t bucket)
{
    if (bucket < EXACT_LIMIT)
        return bucket;
    uint32_t shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t mantissa = bucket - (shift << HISTOGRAM_SUB_BITS);
    return mantissa << shift;
}

static uint64_t bucket_high(uint32_t bucket)
{
    return bucket_low(bucket + 1) - 1;
}

void histogram_init(struct histogram *histogram, struct arena *arena)
{
    *histogram = (struct histogram){.counts = ARENA_ARRAY(arena, uint64_t, HISTOGRAM_BUCKETS)};
}

void histogram_record(struct histogram *histogram, uint64_t value_ns)
{
    histogram->counts[bucket_of(value_ns)]++;
    if (histogram->count == 0 || value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    if (value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
    histogram->count++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    if (into->count == 0 || from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    into->count += from->count;
}

void histogram_merge_shifted(struct histogram *into, const struct histogram *from, uint64_t by_ns)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t count = from->counts[i];
        if (count == 0)
            continue;
        histogram_record(into, bucket_high(i) + by_ns);
        into->counts[bucket_of(bucket_high(i) + by_ns)] += count - 1;
        into->count += count - 1;
    }
}

/*
 * ceil(quantile * count) in 1..count. Of 20 values 0.55 is the 11th, but
 * 0.55 * 20 is 11.000000000000002: the quantile loses its last bit first,
 * as HdrHistogram's getValueAtPercentile has it.
 */
static uint64_t rank_of(double quantile, uint64_t count)
{
    double rank = ceil(nextafter(quantile, 0) * (double)count);
    if (rank < 1)
        return 1;
    return rank < (double)count ? (uint64_t)rank : count;
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
    if (histogram->count == 0)
        return 0;
    uint64_t rank = rank_of(quantile, histogram->count);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen < rank)
            continue;
        uint64_t high = bucket_high(i);
        /* The last bucket also holds what is too large for any. */
        bool is_last = i == HISTOGRAM_BUCKETS - 1;
        return is_last || high > histogram->max_ns ? histogram->max_ns : high;
    }
    return histogram->max_ns;
}

struct str histogram_encode(const struct histogram *histogram, struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i]) {
            buf_printf(&buf, "%s%u:%llu", buf.len ? " " : "", i,
                       (unsigned long long)histogram->counts[i]);
        }
    }
    assert(!buf.overflow);
    return buf_take(&buf, arena);
}

/* "bucket:count", both plain decimals, the count positive. */
static bool parse_entry(struct str entry, uint32_t *bucket, uint64_t *count)
{
    uint64_t wide = 0;
    ptrdiff_t colon = str_find(entry, ':');
    if (colon < 0 || !num_parse_u64(&wide, str_slice(entry, 0, (size_t)colon)) ||
        !num_parse_u64(count, str_slice(entry, (size_t)colon + 1, entry.len)))
        return false;
    *bucket = wide < HISTOGRAM_BUCKETS ? (uint32_t)wide : HISTOGRAM_BUCKETS;
    return *bucket < HISTOGRAM_BUCKETS && *count > 0;
}

enum status histogram_decode(struct histogram *out, struct arena *arena, struct str text,
                             struct err *err)
{
    struct histogram histogram;
    struct str entry = {0};
    uint32_t bucket = 0;
    uint64_t count = 0;
    size_t number = 0;
    histogram_init(&histogram, arena);
    if (text.len == 0)
        text = (struct str){0};
    for (uint32_t next = 0; str_split(&text, ' ', &entry); next = bucket + 1) {
        number++;
        if (!parse_entry(entry, &bucket, &count)) {
            return err_set(err, STATUS_FORMAT, "histogram: entry %zu is not \"bucket:count\"",
                           number);
        }
        if (bucket < next)
            return err_set(err, STATUS_FORMAT, "histogram: entry %zu is out of order", number);
        if (!num_add_u64(&histogram.count, histogram.count, count))
            return err_set(err, STATUS_FORMAT, "histogram: counts pass 2^64-1");
        histogram.counts[bucket] = count;
        if (number == 1)
            histogram.min_ns = bucket_low(bucket);
        histogram.max_ns = bucket_high(bucket);
    }
    *out = histogram;
    return STATUS_OK;
}

static uint64_t count_up_to(const struct histogram *histogram, uint64_t value_ns)
{
    uint64_t sum = 0;
    uint32_t last = bucket_of(value_ns);
    for (uint32_t i = 0; i <= last; i++)
        sum += histogram->counts[i];
    return sum;
}

static double ms(double ns)
{
    return ns / 1e6;
}

static void write_line(struct buf *out, const struct histogram *histogram, double quantile,
                       uint64_t value_ns)
{
    uint64_t count = count_up_to(histogram, value_ns);
    buf_printf(out, "%12.3f %14.12f %10llu", ms((double)value_ns), quantile,
               (unsigned long long)count);
    if (quantile < 1)
        buf_printf(out, " %14.2f", 1 / (1 - quantile));
    buf_byte(out, '\n');
}

static void write_summary(struct buf *out, const struct histogram *histogram)
{
    double sum = 0;
    double squares = 0;
    double count = (double)histogram->count;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double middle = ms(((double)bucket_low(i) + (double)bucket_high(i)) / 2);
        sum += (double)histogram->counts[i] * middle;
        squares += (double)histogram->counts[i] * middle * middle;
    }
    double mean = num_ratio(sum, count);
    double variance = num_ratio(squares, count) - mean * mean;
    buf_printf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean,
               variance > 0 ? sqrt(variance) : 0);
    buf_printf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", ms((double)histogram->max_ns),
               (unsigned long long)histogram->count);
    buf_printf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
               HISTOGRAM_BUCKETS >> HISTOGRAM_SUB_BITS, 1 << HISTOGRAM_SUB_BITS);
}

/* The least value first; five ticks, then as many over the half of the way to 100 % that is left. */
static double tick_quantile(unsigned tick)
{
    enum { TICKS = 5 };
    double left = ldexp(1, -(int)(tick / TICKS));
    return 1 - left * (1 - (double)(tick % TICKS) / (2 * TICKS));
}

void histogram_write_hgrm(struct buf *out, const struct histogram *histogram)
{
    uint64_t value_ns = 0;
    buf_text(out, "       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    for (unsigned tick = 0; histogram->count > 0 && value_ns < histogram->max_ns; tick++) {
        double quantile = tick_quantile(tick);
        value_ns = tick ? histogram_quantile(histogram, quantile) : histogram->min_ns;
        write_line(out, histogram, quantile, value_ns);
    }
    if (histogram->count > 0)
        write_line(out, histogram, 1, histogram->max_ns);
    write_summary(out, histogram);
}
