#ifndef GATE_JUDGE_DECIDE_H
#define GATE_JUDGE_DECIDE_H

#include "gate/judge/judge.h"

/* What limits of a rule refer to. */
struct decide_scale {
    double
        load_count; /* requests of the load: absolute limits on per-request rows count over them */
    double scenario_value; /* the whole scenario's baseline value of the row's metric and point */
};

/*
 * One rule against one row; fills verdict, limit and is_budget. Pure
 * arithmetic. Rules about kinds: with a share of bytes without a kind
 * above COMPARISON_UNKNOWN_SHARE_MAX nothing is kept, and what is broken
 * must be so even if all of the baseline's unknown bytes were of the kind.
 * In one function, unknown bytes that could not pass the limit of a growth
 * rule raise no doubt.
 */
void decide(struct finding *out, const struct rule *rule, const struct comparison_row *row,
            const struct decide_scale *scale);

#endif
