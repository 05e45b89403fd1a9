#ifndef GATE_JUDGE_COLLAPSE_H
#define GATE_JUDGE_COLLAPSE_H

#include "gate/judge/decide.h"

/*
 * A value that fell by too much to be believed: the candidate did probably
 * not do the same work. Not so where the code that cost it is gone: what
 * the program no longer holds it cannot have left undone.
 */

/*
 * By metric and point: the baseline's value of functions that its own
 * executable holds and the candidate's does not. A function that merely
 * does not allocate any more is no such, nor is one of which nobody knows:
 * where a side's functions were not recorded, all is 0. Each byte counts
 * once, with the program's own function that it is charged to.
 */
void collapse_gone(double out[METRICS][POINTS], struct arena *arena,
                   const struct comparison *comparison);

/*
 * True when the upper bound (99 %) of a judged row's change is a fall by
 * more than the rule's max_decrease (policy.h: of whole scenarios and
 * benchmarks there is always one), by more than its floors, and with what is
 * gone put back it still is. Where max_decrease is not written, only what is
 * an improvement by the rule's own limit.
 */
bool collapse_is(const struct finding *finding, const struct comparison_row *row,
                 const struct decide_scale *scale);
/* The fall that the rule of such a finding allows, 0..1. */
double collapse_allowed(const struct rule *rule);

#endif
