#include "gate/stats/overlap.h"

#include <math.h>

static int compare_spans(const void *a, const void *b)
{
    const struct span *left = a;
    const struct span *right = b;
    return (left->from > right->from) - (left->from < right->from);
}

size_t spans_merge(struct span *spans, size_t len)
{
    size_t kept = 0;
    if (len == 0)
        return 0;
    qsort(spans, len, sizeof(*spans), compare_spans);
    for (size_t i = 1; i < len; i++) {
        if (spans[i].from > spans[kept].until) {
            spans[++kept] = spans[i];
        } else if (spans[i].until > spans[kept].until) {
            spans[kept].until = spans[i].until;
        }
    }
    return kept + 1;
}

/* The windows are apart and in order: only the first that ends behind `from` can be met. */
static bool meets(struct span event, const struct span *windows, size_t count)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (windows[middle].until <= event.from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_moment = event.until == event.from;
    return low < count &&
           (windows[low].from < event.until || (is_moment && windows[low].from == event.from));
}

/* The part of an event behind the end of the run goes on at its beginning. */
static bool meets_shifted(struct span event, uint64_t shift, uint64_t time,
                          const struct span *windows, size_t count)
{
    uint64_t from = (event.from + shift) % time;
    uint64_t until = from + (event.until - event.from);
    if (until <= time)
        return meets((struct span){from, until}, windows, count);
    return meets((struct span){from, time}, windows, count) ||
           meets((struct span){0, until - time}, windows, count);
}

static struct span cut(struct span span, uint64_t time)
{
    return (struct span){span.from < time ? span.from : time,
                         span.until < time ? span.until : time};
}

/*
 * Multiples of the golden ratio lie evenly in the run whatever their number
 * (Weyl's sequence), and unlike equal parts of it never fall into step with
 * events at a fixed rate. 0 is no shift.
 */
static uint64_t shift_of(uint64_t time, size_t i)
{
    double turns = (double)i * 0.6180339887498949;
    return (uint64_t)((double)time * (turns - floor(turns)));
}

static uint64_t hits_of(const struct span *events, size_t event_count, const struct span *windows,
                        size_t window_count, uint64_t time, size_t i)
{
    uint64_t shift = shift_of(time, i);
    uint64_t hits = 0;
    for (size_t e = 0; e < event_count; e++) {
        if (events[e].from < time)
            hits += meets_shifted(cut(events[e], time), shift, time, windows, window_count);
    }
    return hits;
}

void overlap_add(struct overlap *overlap, const struct span *events, size_t event_count,
                 const struct span *windows, size_t window_count, uint64_t time)
{
    if (time == 0)
        return;
    for (size_t i = 0; i < window_count; i++) {
        struct span window = cut(windows[i], time);
        overlap->window_time += window.until - window.from;
    }
    overlap->time += time;
    for (size_t e = 0; e < event_count; e++)
        overlap->events += events[e].from < time;
    overlap->hits += hits_of(events, event_count, windows, window_count, time, 0);
    for (size_t i = 0; i < OVERLAP_SHIFTS; i++) {
        overlap->shifted_hits[i] +=
            hits_of(events, event_count, windows, window_count, time, i + 1);
    }
}

static double share(double part, uint64_t whole)
{
    return whole ? part / (double)whole : 0;
}

double overlap_share(const struct overlap *overlap)
{
    return share((double)overlap->hits, overlap->events);
}

double overlap_by_chance(const struct overlap *overlap)
{
    double sum = 0;
    for (size_t i = 0; i < OVERLAP_SHIFTS; i++)
        sum += (double)overlap->shifted_hits[i];
    return share(sum / OVERLAP_SHIFTS, overlap->events);
}

double overlap_time_share(const struct overlap *overlap)
{
    return share((double)overlap->window_time, overlap->time);
}

double overlap_p(const struct overlap *overlap)
{
    double count = 1;
    for (size_t i = 0; i < OVERLAP_SHIFTS; i++)
        count += overlap->shifted_hits[i] >= overlap->hits;
    return count / (OVERLAP_SHIFTS + 1);
}
