#ifndef GATE_JUDGE_UNJUDGED_H
#define GATE_JUDGE_UNJUDGED_H

#include "gate/judge/judge.h"

/*
 * Rules that need a baseline, where there is none or nobody wants one.
 * Budgets (`max:`, `max_share:`) are about the candidate alone and are
 * judged; every other rule is listed, and no verdict passes for it:
 *
 * - one side was recorded: rules of the policy that could not be judged
 *   leave the scenario without a verdict, unless a budget is broken. The
 *   built-in ones, which nobody wrote down, do not, where the policy has a
 *   budget for the scenario;
 * - the baseline does not have the scenario (it is new), or budgets alone
 *   were asked for: the budgets decide. A new one without any passes, and
 *   is told as not judged: it must be possible to add one.
 *
 * Nothing passes by budgets that were asked for where nothing was measured.
 */

/* True where budgets are all that is judged. */
bool unjudged_budgets_only(const struct judge_input *input, const struct comparison *comparison);
/* True for a rule that has nothing to say then. */
bool unjudged_leaves_out(const struct judge_input *input, const struct comparison *comparison,
                         const struct rule *rule);
/* Fills unjudged and notes; after judge() made room for them. */
void unjudged_list(struct judged_scenario *out, struct arena *arena,
                   const struct judge_input *input);
/* Takes back a verdict that would pass for rules that were not judged. */
void unjudged_settle(struct judged_scenario *out, struct arena *arena,
                     const struct judge_input *input);

#endif
