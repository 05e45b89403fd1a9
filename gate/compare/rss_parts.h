#ifndef GATE_COMPARE_RSS_PARTS_H
#define GATE_COMPARE_RSS_PARTS_H

#include "gate/compare/comparison.h"

/*
 * Explains the resident memory at the point `end` of both sides, means
 * over the steady trials: fills comparison->rss and has_rss. Does nothing
 * where a trial has no resident memory of that point (benchmarks, the
 * process was gone).
 */
NODISCARD enum status rss_parts_add(struct comparison *comparison,
                                    const struct comparison_source sources[SIDES], struct err *err);

#endif
