#ifndef GATE_JUDGE_POWER_H
#define GATE_JUDGE_POWER_H

#include "gate/judge/decide.h"

/* What all trials that may be run would be, for a finding's phase. */
struct power_scope {
    struct arena *arena;
    size_t notes_max;   /* room in judged_scenario.notes */
    size_t most_trials; /* a side, at the last look; 0 for plain files, which have no trials */
    double last_alpha;  /* its level */
};

/*
 * Fills detectable, detectable_at_most and times_needed of a decided finding,
 * which has its level; `scale` is what it was decided by.
 */
void power_tell(struct finding *finding, const struct decide_scale *scale,
                const struct power_scope *scope);

/*
 * Notes a block rule whose limit drowns in the noise even after all
 * trials, although all is fine now. What is undecided says so itself.
 */
void power_note(struct judged_scenario *out, const struct power_scope *scope,
                const struct finding *finding);

#endif
