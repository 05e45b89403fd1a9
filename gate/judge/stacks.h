#ifndef GATE_JUDGE_STACKS_H
#define GATE_JUDGE_STACKS_H

#include "gate/judge/judge.h"

/*
 * Work taken out of a function that a rule names: whatever does it now,
 * a helper, a wrapper's helper, one that was there and has other callers
 * too, what it costs in the function's stacks counts for the function and
 * nobody else's does.
 */

/* True for a rule with one exact name where the function lost something of its own. */
bool stacks_judge(const struct rule *rule, const struct comparison_row *row);

/*
 * The row with what its callees allocate more than before (or less) added
 * to the candidate. Nothing moved in it: what went from the function to a
 * callee is in its stacks still.
 */
struct comparison_row stacks_row(const struct comparison_row *row);

/* Of stacks no kinds are known: what breaks a rule about kinds there is inconclusive. */
void stacks_doubt(struct finding *finding);

#endif
