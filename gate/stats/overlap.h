#ifndef GATE_STATS_OVERLAP_H
#define GATE_STATS_OVERLAP_H

#include "gate/base/base.h"

/*
 * Whether events (slow requests) fall into windows (collections) more often
 * than chance would have it. Both are spans of one run of time.
 *
 * Chance is what the same events would meet had they begun at another
 * moment: all of them are shifted by the same part of the run, around its
 * end, OVERLAP_SHIFTS times, by parts that lie evenly. Long events meet more windows
 * wherever they are, and events that come in bursts meet the same one
 * together; a shift keeps lengths and bursts as they are, which neither the
 * share of time in windows nor a binomial test would. It asks nothing of
 * distributions and draws nothing, so the same spans give the same answer.
 */
enum { OVERLAP_SHIFTS = 999 };

/* From `from` to before `until`; an empty one is the moment `from`. */
struct span {
    uint64_t from;
    uint64_t until;
};

/* Sorts the spans and makes one of those that touch; returns how many are left. */
size_t spans_merge(struct span *spans, size_t len);

/* Of all runs so far; zeroed at the start. */
struct overlap {
    uint64_t events;
    uint64_t hits; /* of the events: meet a window */
    uint64_t shifted_hits[OVERLAP_SHIFTS];
    uint64_t window_time;
    uint64_t time;
};

/*
 * Adds a run of `time`, where all spans begin; what lies behind it is cut
 * off. The windows come from spans_merge.
 */
void overlap_add(struct overlap *overlap, const struct span *events, size_t event_count,
                 const struct span *windows, size_t window_count, uint64_t time);

double overlap_share(const struct overlap *overlap);      /* of the events; 0 without any */
double overlap_by_chance(const struct overlap *overlap);  /* the mean share of the shifts */
double overlap_time_share(const struct overlap *overlap); /* of the time, in windows */
/* Share of all shifts, the one by nothing included, with as many hits or more. */
double overlap_p(const struct overlap *overlap);

#endif
