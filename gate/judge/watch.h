#ifndef GATE_JUDGE_WATCH_H
#define GATE_JUDGE_WATCH_H

#include "gate/judge/judge.h"

/*
 * Whether the functions that rules name are still there. A function is
 * there when it allocates, or when the executable holds it.
 */

/* What a rule is asked about when it is held against a row. */
struct subject watch_subject(struct arena *arena, const struct policy *policy,
                             const struct comparison *comparison, const struct comparison_row *row);

/* True when a function that the rule names is there on either side. */
bool watch_knows(struct arena *arena, const struct judge_input *input, const struct rule *rule);

/*
 * Functions that a rule names by one exact name, that the baseline has,
 * and that are gone from the candidate without another in their place:
 * one sentence each into `out`, which has room for one more. Where the policy names a successor that
 * the candidate has, it took their place.
 */
void watch_vanished(struct str_list *out, struct arena *arena, const struct policy *policy,
                    const struct comparison *comparison);

#endif
