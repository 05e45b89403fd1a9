#ifndef GATE_JUDGE_JUDGE_H
#define GATE_JUDGE_JUDGE_H

#include "gate/judge/watch.h"

/*
 * Rules held against rows. A verdict starts as "none" and becomes a pass
 * only when every rule of the policy was judged on complete data.
 */
enum verdict { VERDICT_NONE, VERDICT_PASS, VERDICT_BLOCKED, VERDICT_INCONCLUSIVE };

const char *verdict_name(
    enum verdict verdict);                   /* "no-verdict", "pass", "blocked", "inconclusive" */
int verdict_exit_code(enum verdict verdict); /* 3, 0, 1, 4 */

enum finding_verdict {
    FINDING_REGRESSION, /* a block rule is broken */
    FINDING_REVIEW,     /* a review rule is broken, or a value collapsed */
    FINDING_ALERT,      /* an alert rule is broken */
    FINDING_INCONCLUSIVE,
    FINDING_IMPROVED, /* fell by more than the rule would let it grow */
    FINDING_OK,
};

const char *finding_verdict_name(enum finding_verdict verdict);

struct finding {
    enum finding_verdict verdict;
    const struct rule *rule;
    const struct comparison_row *row;
    /*
     * The row as compared where `row` is what the function's stacks allocate
     * in place of what it does itself (stacks.h); else NULL.
     */
    const struct comparison_row *own;
    /*
     * The growth in the row's unit that breaks the rule: the largest of
     * its absolute limit, percentage of the baseline and floors. For
     * `max` and `max_share` rules the limit itself (is_budget).
     */
    double limit;
    bool is_budget;
    /*
     * The bounds that decide, of the change and, for a budget where it has
     * an interval of its own, of the candidate's value: the lower one at
     * the level of the look, the upper one at DECIDE_OK_ALPHA, each
     * one-sided. What moved is not taken off.
     */
    bool has_interval;
    double low;
    double high;
    bool has_cand_interval;
    double cand_low;
    double cand_high;
    double p;           /* chance of these numbers were the limit kept; 1 in doubt */
    const char *family; /* family.h: "total", "named", "functions" */
    size_t family_size; /* claims that were judged together */
    double alpha;       /* level at which the limit is called broken, by Holm over them */
    size_t look;        /* from 1; looks.h */
    double look_alpha;
    /*
     * The smallest change that the row can tell from none at this level,
     * 9 times of 10 (bounds.h), in the row's unit: growth breaks the rule
     * as surely when it is so much above the limit. With the baseline's
     * spread where the limit is in percent of it. HUGE_VAL: not known.
     */
    double detectable;
    /* The same at the last look, after all the trials that the policy allows (trials.max). */
    double detectable_at_most;
    size_t most_trials; /* a side, that those are; 0 for plain files */
    double
        limit_in_row; /* the limit in that unit, for a share of the whole too; 0 where there is none */
    /*
     * How many times as many samples (trials of the phase; of a sampled
     * profile: requests) make that the limit; 1: it is below now. 0 where
     * nobody asked, HUGE_VAL where no number would do.
     */
    double times_needed;
    /* Trials a side that make detectable_at_most the limit; 0: it is below, HUGE_VAL: no number. */
    double trials_needed;
    size_t trials;     /* a side, of the row's phase */
    uint64_t requests; /* of a trial of them; 0: not known, or of benchmarks */
    bool is_collapse;  /* review for its fall: collapse.h */
    bool is_settled;   /* inconclusive for a reason that no further trial can remove */
    struct str reason; /* empty where the numbers say it all */
};

/* A rule about each function of the program judges each byte once: where it was charged to. */
static inline bool judged_elsewhere(const struct rule *rule, const struct comparison_row *row)
{
    const struct selector *selector = &rule->selector;
    bool is_each = selector->each_function && selector->package.len == 0 && selector->file.len == 0;
    return row->is_charged && is_each;
}

struct judged_scenario {
    const struct comparison *comparison;
    struct watch watch; /* the rules' functions in it */
    enum verdict verdict;
    /*
     * Why rules cannot be judged on valid numbers: a metric that nobody
     * measured, a function that vanished. Empty when complete; else there
     * are no findings and no verdict, unless a regression is proven.
     */
    struct str_list refusals;
    /* Rules that need a baseline, where budgets alone are judged, and why that is. */
    const struct rule **unjudged;
    size_t unjudged_count;
    struct str why_unjudged;
    /* In a few words, where that or a lack of rules is why there is no verdict; else empty. */
    struct str why_none;
    /* It is new, and no rule speaks of it: VERDICT_PASS, so that it can be merged at all. */
    bool nothing_judged;
    /* Block rules whose limit is below what even all allowed trials could show, one each. */
    struct str_list notes;
    /* Everything but the "ok" of single functions, worst first. */
    struct finding *findings;
    size_t finding_count;
    size_t finding_cap;
    size_t judged_count;      /* rule x subject decisions, the unlisted ones included */
    bool undecided[PHASES];   /* a block rule of this phase needs more trials */
    size_t next_look[PHASES]; /* trials a side that those would make; what there are at the last */
};

struct judgement {
    enum verdict verdict;
    struct judged_scenario *scenarios;
    size_t scenario_count;
    size_t rule_count;   /* rules of the policy that this run can judge */
    size_t judged_rules; /* those that met at least one subject, or had nothing to meet */
    bool quick;
};

struct judge_input {
    const struct policy *policy;
    const struct comparison *comparisons;
    size_t comparison_count;
    bool quick;    /* rules on the steady phase are left out, on purpose */
    bool list_all; /* findings also hold every "ok" of single functions */
    bool plain;    /* profile files: only rules on allocation apply */
    bool budgets;  /* growth is left out, on purpose: unjudged.h */
};

/* False for rules that this run leaves out on purpose (quick, plain). */
bool judge_runs(const struct judge_input *input, const struct rule *rule);
/* False for a metric that a scenario of this driver cannot have: rules on it say nothing there. */
bool judge_applies(const struct judge_input *input, const struct comparison *comparison,
                   enum metric metric);

/*
 * STATUS_POLICY when a rule that names a function, package or file
 * matches nothing on either side: a gate that watches nothing must not
 * look green.
 */
NODISCARD enum status judge(struct judgement *out, struct arena *arena,
                            const struct judge_input *input, struct err *err);

#endif
