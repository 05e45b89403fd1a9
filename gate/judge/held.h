#ifndef GATE_JUDGE_HELD_H
#define GATE_JUDGE_HELD_H

#include "gate/judge/family.h"

/*
 * Rules held against the rows of one scenario. All of them are held before
 * the first is decided, as a family's level is known only with all of its
 * claims.
 */
struct held;

/* One judgement under way. */
struct judging {
    struct arena *arena;
    const struct judge_input *input;
    size_t *met; /* by rule: subjects it was held against */
    /* Of the scenario being judged: */
    double whole[METRICS][POINTS];
    double gone[METRICS][POINTS];
    struct families families;
    struct held *held;
    size_t held_count;
    size_t held_cap;
    size_t look[PHASES];
    size_t most_trials[PHASES]; /* at the last look, and its level */
    double last_alpha[PHASES];
};

/*
 * Adds the scenario's findings in the order of its rows, and says which look
 * it is at, what is undecided and which limits cannot be told from none.
 */
void held_judge(struct judged_scenario *out, struct judging *judging);

/* Reviews do not decide the build. */
bool held_is_open(const struct finding *finding);

#endif
