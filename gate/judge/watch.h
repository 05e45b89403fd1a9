#ifndef GATE_JUDGE_WATCH_H
#define GATE_JUDGE_WATCH_H

#include "gate/compare/comparison.h"
#include "gate/policy/policy.h"

/*
 * Whether the functions that rules name are still there. A function is
 * there when it allocates, or when the executable holds it.
 */
enum presence {
    PRESENCE_GONE,
    PRESENCE_UNKNOWN, /* it does not allocate, and no list of functions could have it */
    PRESENCE_THERE,
};

/* The functions of one comparison as a policy's rules see them. Lives in the arena. */
struct watch {
    const struct policy *policy;
    const struct comparison *comparison;
    struct subject *subjects;       /* by row: what a rule is asked about */
    enum presence *presence[SIDES]; /* by rule: of the functions that it names */
};

void watch_init(struct watch *out, struct arena *arena, const struct policy *policy,
                const struct comparison *comparison);

/* True when a function that the rule names is there on either side. */
bool watch_knows(const struct watch *watch, const struct rule *rule);

/*
 * A function of the candidate's executable that the rule names, the first
 * in its list; empty when there is none, or no list.
 */
struct str watch_example(const struct watch *watch, struct arena *arena, const struct rule *rule);

/*
 * Functions that a rule names by one exact name, that the baseline has,
 * and that are gone from the candidate, or may be, without another in
 * their place: one sentence each into `out`, which has room for one
 * more. Where the policy names a successor that the candidate has, it
 * took their place.
 */
void watch_vanished(struct str_list *out, struct arena *arena, const struct watch *watch);

#endif
