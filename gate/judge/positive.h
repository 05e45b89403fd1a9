#ifndef GATE_JUDGE_POSITIVE_H
#define GATE_JUDGE_POSITIVE_H

#include "gate/judge/judge.h"

/*
 * The positive control of one rule in one scenario: what must grow, and by
 * how much, for the rule to go red. A gate that cannot go red looks like
 * one that watches.
 */
enum positive_state {
    POSITIVE_AIMED,      /* the rest of the struct says at what */
    POSITIVE_ELSEWHERE,  /* the rule is about another scenario or driver */
    POSITIVE_REPLACED,   /* a default that rules of the policy replaced in this scenario */
    POSITIVE_LEFT_OUT,   /* this recording leaves it out on purpose: see why */
    POSITIVE_IMPOSSIBLE, /* nothing the candidate could do would break it: see why */
};

struct positive {
    enum positive_state state;
    const struct comparison_row *row; /* of zeros where the candidate has nothing of it yet */
    struct str func;                  /* that is to cost more, as profiles spell it */
    struct str file;                  /* of a line of it; may be empty */
    int64_t line;
    enum alloc_kind kind; /* of what it is to allocate; heap metrics */
    double limit;         /* as in struct finding */
    bool is_budget;
    bool limit_is_share; /* of the whole scenario */
    /*
     * In the row's unit: factor times the limit beyond the baseline, or
     * factor times the budget in all. Of a share, which ends at 1, as much
     * as comes nearer to it than the limit is.
     */
    double amount;
    struct str why; /* where it is not aimed at anything */
};

/* `judged` is what `input` gave for the scenario; everything lives in the arena. factor > 1. */
void positive_find(struct positive *out, struct arena *arena, const struct judge_input *input,
                   const struct judged_scenario *judged, const struct rule *rule, double factor);

/* What a broken rule of this severity gives. */
enum finding_verdict positive_broken(enum severity severity);

/*
 * The worst finding of the rule in the scenario, one about the function
 * first where a rule has many; NULL where all is well or nothing was judged.
 */
const struct finding *positive_finding(const struct judged_scenario *judged,
                                       const struct rule *rule, struct str func);

/* Why the scenario has no verdict; empty where nothing stands against one. */
struct str positive_why_none(const struct judged_scenario *judged);

/* True when the finding is about the function, or blames it. */
bool positive_names(const struct finding *finding, struct str func);

#endif
