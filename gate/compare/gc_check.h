#ifndef GATE_COMPARE_GC_CHECK_H
#define GATE_COMPARE_GC_CHECK_H

#include "gate/compare/sources.h"

/*
 * Holds what gctrace printed of a steady trial against MemStats at the
 * points before and behind the load, which the runtime counts apart from
 * what it prints: each collection's number lies between the two counts,
 * there are no more of them than MemStats counted besides memgate's own, and
 * those that its ring of 256 pauses still has stopped the program for as long. gctrace cuts
 * each stop to two digits (0.199 ms is printed as 0.19), so sums may differ
 * by GC_CHECK_SHARE and GC_CHECK_NS a collection; over eight processes on Go
 * 1.26 gctrace's was 0.9 to 3.7 % below.
 *
 * *out: how they disagree, empty where they agree or the recording has no
 * gc.txt to look at.
 */
#define GC_CHECK_SHARE 0.2
#define GC_CHECK_NS    10000

NODISCARD enum status gc_check(struct str *out, struct arena *arena,
                               const struct trial_place *place, struct err *err);

#endif
