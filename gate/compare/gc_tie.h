#ifndef GATE_COMPARE_GC_TIE_H
#define GATE_COMPARE_GC_TIE_H

#include "gate/compare/comparison.h"

/*
 * Ties the tail of the latency to the collector: how many of the slowest
 * hundredth of each steady trial's requests were under way while a
 * collection ran, or while one stopped the program, and how many would have
 * been by chance (stats/overlap.h). Fills comparison->tie and has_tie; where
 * a trial has no times of requests or of collections there is none, and
 * tie_refusal says why. It is of the steady trials, in which a side is alone
 * on the machine, also where p99 is the duet's: a collection of one side
 * slows the requests of the other there.
 */
NODISCARD enum status gc_tie_add(struct comparison *comparison, struct arena *arena,
                                 const struct comparison_source sources[SIDES], struct err *err);

#endif
