#ifndef GATE_JUDGE_DECIDE_H
#define GATE_JUDGE_DECIDE_H

#include "gate/judge/judge.h"

/* What limits of a rule refer to, and how sure a decision has to be. */
struct decide_scale {
    double
        load_count; /* requests of the load: absolute limits on per-request rows count over them */
    bool budgets_only; /* growth is not judged: there is no baseline, or nobody asks */
    /*
     * Of a whole scenario: the baseline's cost in functions that the
     * candidate's executable does not hold any more (collapse.h).
     */
    double gone;
    double scenario_value; /* the whole scenario's baseline value of the row's metric and point */
    /* Level at which a limit is called broken: what Holm left of the look's for the row's family. */
    double alpha;
};

/*
 * A limit is kept when its upper bound, one-sided 95 %, does not pass it.
 * A wrong "ok" lets a growth of just the limit through, once in 20 at each
 * look; it blocks nobody, and the surer it had to be, the more runs would
 * end undecided.
 */
#define DECIDE_OK_ALPHA 0.05

/*
 * One rule against one row: every limit of the rule is a claim of its own.
 * p is the chance of these numbers were the limit kept by a hair. `counts`
 * is false where the row cannot pass the limit whatever it does, its whole
 * value being too small: such claims are no part of a family, as they
 * could never be rejected. A row in doubt or without an interval has no
 * claims.
 */
struct decide_claim {
    double p;
    bool counts;
};

enum { DECIDE_CLAIMS_MAX = 3 };
size_t decide_claims(struct decide_claim out[DECIDE_CLAIMS_MAX], const struct rule *rule,
                     const struct comparison_row *row, const struct decide_scale *scale);

/*
 * Fills verdict, limit, is_budget and p. Pure
 * arithmetic. Rules about kinds: with a share of bytes without a kind
 * above COMPARISON_UNKNOWN_SHARE_MAX nothing is kept, and what is broken
 * must be so even if all of the baseline's unknown bytes were of the kind.
 * In one function, unknown bytes that could not pass the limit of a growth
 * rule raise no doubt.
 */
void decide(struct finding *out, const struct rule *rule, const struct comparison_row *row,
            const struct decide_scale *scale);

/*
 * The estimate of a decided finding as its limit was held against it: about
 * one in percent, which has the baseline's spread as well, it is wider.
 */
struct estimate decide_estimate(const struct finding *finding, const struct decide_scale *scale);

/* Growth up to this is never a finding, in the unit of the rule's rows; 0 without floors. */
double decide_floor(const struct rule *rule, const struct decide_scale *scale);

/*
 * The bounds that decided, of a decided finding: the lower one at the
 * level of the look, the upper one at that of "ok".
 */
void decide_interval(struct finding *out, double look_alpha);

#endif
