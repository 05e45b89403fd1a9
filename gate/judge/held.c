#include "gate/judge/held.h"

#include "gate/judge/collapse.h"
#include "gate/judge/decide.h"
#include "gate/judge/power.h"
#include "gate/judge/stacks.h"
#include "gate/judge/unjudged.h"

/* A rule held against a row, and the family that its claims are judged in. */
struct held {
    const struct rule *rule;
    const struct comparison_row *row;
    const struct comparison_row
        *called; /* stacks_row of it where those are judged too; else NULL */
    size_t family;
};

/* The scenario's own values of what its rows measure: what shares and floors are shares of. */
static void keep_scenario_values(double values[METRICS][POINTS],
                                 const struct comparison *comparison)
{
    memset(values, 0, sizeof(values[0]) * METRICS);
    for (size_t i = comparison->row_count; i > 0; i--) {
        const struct comparison_row *row = &comparison->rows[i - 1];
        if (row->level == ROW_SCENARIO)
            values[row->metric][row->point] = row->estimate.base;
    }
}

static bool is_listed(const struct finding *finding)
{
    bool whole = finding->row->level != ROW_FUNCTION && finding->row->level != ROW_FUNCTION_KIND;
    return whole || (finding->verdict != FINDING_OK && finding->verdict != FINDING_IMPROVED) ||
           !finding->rule->selector.each_function;
}

/* A toolchain's own changes are no one's regression until a person has looked. */
static void soften_for_toolchain(struct finding *finding, const struct judging *judging,
                                 const struct comparison *comparison)
{
    if (finding->verdict != FINDING_REGRESSION || !comparison->toolchain_changed ||
        judging->input->policy->toolchain_change != TOOLCHAIN_REVIEW)
        return;
    finding->verdict = FINDING_REVIEW;
    finding->reason = STR("the Go toolchain changed: block becomes review (toolchain_change)");
}

bool held_is_open(const struct finding *finding)
{
    return finding->verdict == FINDING_INCONCLUSIVE && finding->rule->severity == SEVERITY_BLOCK;
}

static struct decide_scale scale_of(const struct judging *judging,
                                    const struct comparison *comparison,
                                    const struct comparison_row *row)
{
    return (struct decide_scale){
        .budgets_only = unjudged_budgets_only(judging->input, comparison),
        .load_count = (double)comparison->record->load_count,
        .gone = row->level == ROW_SCENARIO ? judging->gone[row->metric][row->point] : 0,
        .scenario_value = judging->whole[row->metric][row->point],
    };
}

static struct decide_scale scale_in_family(const struct judging *judging,
                                           const struct comparison *comparison,
                                           const struct held *held)
{
    struct decide_scale scale = scale_of(judging, comparison, held->row);
    scale.alpha = judging->families.items[held->family].level;
    return scale;
}

/* With the figure, and what a reader can do about it. */
static void explain_doubt(struct finding *finding, const struct judging *judging)
{
    if (!finding->is_settled || finding->row->level == ROW_FUNCTION_KIND ||
        finding->row->doubt.len || finding->row->shadow.len)
        return;
    double share = comparison_unknown_share(finding->row);
    enum metric metric = finding->row->metric;
    bool counts = metric == METRIC_ALLOC_OBJECTS || metric == METRIC_INUSE_OBJECTS;
    finding->reason =
        str_format(judging->arena, "%.1f %% of the %s have no known kind, more than %.0f %%%s",
                   100 * share, counts ? "objects" : "bytes", 100 * COMPARISON_UNKNOWN_SHARE_MAX,
                   judging->input->plain ? "; --base-binary and --cand-binary tell the kinds" : "");
}

/* Worst first; only what both ways of looking at it call better is. */
static int order_verdicts(enum finding_verdict a, enum finding_verdict b)
{
    int first = a == FINDING_IMPROVED ? FINDING_OK + 1 : (int)a;
    int second = b == FINDING_IMPROVED ? FINDING_OK + 1 : (int)b;
    return first - second;
}

/* The worse of what the function does itself and, where it left work to others, what they do. */
static struct finding decide_held(const struct held *held, const struct decide_scale *scale)
{
    struct finding own;
    struct finding called;
    decide(&own, held->rule, held->row, scale);
    if (!held->called)
        return own;
    decide(&called, held->rule, held->called, scale);
    called.own = held->row;
    stacks_doubt(&called);
    return order_verdicts(called.verdict, own.verdict) < 0 ? called : own;
}

static void tell_family(struct finding *finding, const struct judging *judging,
                        const struct held *held)
{
    const struct family *family = &judging->families.items[held->family];
    finding->family = family_group_name(family->group);
    /* One that no other could have been taken for is alone. */
    finding->family_size = family->len > 0 ? family->len : 1;
    finding->alpha = family->level;
    finding->look = judging->look[held->row->phase];
    finding->look_alpha = family->look_alpha;
}

/* Trials that both sides have, or the one that there is. */
static size_t trials_of(const struct comparison *comparison, enum phase phase)
{
    const struct record_scenario *record = comparison->record;
    size_t base = record->trial_count[SIDE_BASE][phase];
    size_t cand = record->trial_count[SIDE_CAND][phase];
    return base < cand && comparison->alone.len == 0 ? base : cand;
}

static uint64_t requests_of(const struct comparison *comparison, enum phase phase)
{
    const struct record_scenario *record = comparison->record;
    const struct record_trial *trials = record->trials[SIDE_CAND][phase];
    bool is_known = trials && record->trial_count[SIDE_CAND][phase] > 0 && !record->is_gotest;
    return is_known ? trials[0].request_count : 0;
}

/* Sure enough alone, not among as many others: else the interval would contradict the verdict. */
static void explain_family(struct finding *finding, const struct judging *judging)
{
    if (finding->verdict != FINDING_INCONCLUSIVE || finding->reason.len ||
        finding->p > finding->look_alpha)
        return;
    finding->reason =
        str_format(judging->arena, "sure enough alone, not as one of %zu judged together (p %.2g)",
                   finding->family_size, finding->p);
}

static void explain_collapse(struct finding *finding, const struct judging *judging)
{
    if (!finding->is_collapse)
        return;
    bool is_written = finding->rule->max_decrease.set;
    finding->reason =
        str_format(judging->arena, "fell by more than %.3g %%%s: was the same work done?",
                   100 * collapse_allowed(finding->rule), is_written ? " (max_decrease)" : "");
}

/* Which trials would tell: a budget on a value whose change others are surer of needs its own. */
static void mark_undecided(struct judged_scenario *out, const struct finding *finding)
{
    out->undecided[finding->row->phase] = true;
    if (finding->is_budget && finding->row->is_leveled)
        out->undecided[PHASE_STEADY] = true;
}

static void judge_held(struct judged_scenario *out, struct judging *judging,
                       const struct held *held)
{
    const struct comparison *comparison = out->comparison;
    struct decide_scale scale = scale_in_family(judging, comparison, held);
    struct finding finding = decide_held(held, &scale);
    tell_family(&finding, judging, held);
    explain_family(&finding, judging);
    explain_doubt(&finding, judging);
    explain_collapse(&finding, judging);
    soften_for_toolchain(&finding, judging, comparison);
    judging->met[held->rule - judging->input->policy->rules]++;
    out->judged_count++;
    if (held_is_open(&finding) && !finding.is_settled)
        mark_undecided(out, &finding);
    if (!is_listed(&finding) && !judging->input->list_all)
        return;
    finding.trials = trials_of(comparison, held->row->phase);
    finding.requests = requests_of(comparison, held->row->phase);
    decide_interval(&finding, finding.look_alpha);
    enum phase phase = held->row->phase;
    const struct power_scope scope = {judging->arena, judging->input->policy->rule_count + 1,
                                      judging->most_trials[phase], judging->last_alpha[phase]};
    power_tell(&finding, &scale, &scope);
    power_note(out, &scope, &finding);
    ARENA_PUSH(judging->arena, out->findings, out->finding_count, out->finding_cap, finding);
}

/* Takes the claims of a rule on a row into their family. */
static void hold(struct judging *judging, const struct comparison *comparison,
                 const struct comparison_row *row, const struct rule *rule)
{
    struct decide_claim claims[DECIDE_CLAIMS_MAX];
    struct decide_scale scale = scale_of(judging, comparison, row);
    struct held held = {rule, row, NULL, families_find(&judging->families, rule, row)};
    size_t count = decide_claims(claims, rule, row, &scale);
    families_add(&judging->families, held.family, claims, count);
    if (stacks_judge(rule, row)) {
        struct comparison_row *called = ARENA_ARRAY(judging->arena, struct comparison_row, 1);
        *called = stacks_row(row);
        held.called = called;
        count = decide_claims(claims, rule, called, &scale);
        families_add(&judging->families, held.family, claims, count);
    }
    ARENA_PUSH(judging->arena, judging->held, judging->held_count, judging->held_cap, held);
}

static void hold_row(struct judging *judging, const struct judged_scenario *scenario,
                     const struct comparison_row *row)
{
    const struct rule *winners[POLICY_WINNERS_MAX];
    const struct policy *policy = judging->input->policy;
    const struct subject *subject = &scenario->watch.subjects[row - scenario->comparison->rows];
    const struct ignore_row *ignored = NULL;
    size_t count = policy_rules_for(policy, row->metric, subject, winners, &ignored);
    for (size_t i = 0; i < count; i++) {
        if (!judged_elsewhere(winners[i], row) &&
            !unjudged_leaves_out(judging->input, scenario->comparison, winners[i]))
            hold(judging, scenario->comparison, row, winners[i]);
    }
}

/* The scenario's row of a metric whose numbers prove nothing, or NULL. */
static const struct comparison_row *doubted_row(const struct comparison *comparison,
                                                enum metric metric)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_SCENARIO && row->metric == metric && row->doubt.len)
            return row;
    }
    return NULL;
}

/* A profile that may not have been on has no rows of functions: what names some meets its whole. */
static void hold_doubted(struct judging *judging, const struct judged_scenario *scenario)
{
    const struct policy *policy = judging->input->policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (!rule_is_of_scenario(rule, scenario->comparison->scenario) ||
            !selector_names_functions(&rule->selector) || !judge_runs(judging->input, rule) ||
            unjudged_leaves_out(judging->input, scenario->comparison, rule))
            continue;
        const struct comparison_row *row = doubted_row(scenario->comparison, rule->metric);
        if (row)
            hold(judging, scenario->comparison, row, rule);
    }
}

/* Which look this is: by the plan of the policy and what was recorded. Plain files have one. */
static void find_looks(struct judged_scenario *out, struct judging *judging)
{
    const struct trial_plan *plan = &judging->input->policy->trials;
    const uint32_t planned[PHASES] = {
        [PHASE_EXACT] = plan->exact, [PHASE_STEADY] = plan->steady, [PHASE_DUET] = plan->duet};
    double alpha[PHASES];
    for (enum phase phase = 0; phase < PHASES; phase++) {
        uint32_t most = judging->input->plain ? planned[phase] : plan->max;
        struct looks looks = looks_plan(planned[phase], most);
        size_t count = trials_of(out->comparison, phase);
        alpha[phase] = looks_alpha(&looks, count);
        judging->look[phase] = looks_number(&looks, count);
        judging->most_trials[phase] = judging->input->plain ? 0 : looks.trials[looks.len - 1];
        judging->last_alpha[phase] = looks.alpha[looks.len - 1];
        out->next_look[phase] = looks_next(&looks, count);
    }
    size_t rule_count = judging->input->policy->rule_count;
    out->notes = (struct str_list){ARENA_ARRAY(judging->arena, struct str, rule_count + 2), 0};
    families_init(&judging->families, judging->arena, alpha);
    judging->held_count = 0;
}

void held_judge(struct judged_scenario *out, struct judging *judging)
{
    find_looks(out, judging);
    keep_scenario_values(judging->whole, out->comparison);
    collapse_gone(judging->gone, judging->arena, out->comparison);
    for (size_t i = 0; i < out->comparison->row_count; i++)
        hold_row(judging, out, &out->comparison->rows[i]);
    hold_doubted(judging, out);
    families_close(&judging->families);
    for (size_t i = 0; i < judging->held_count; i++)
        judge_held(out, judging, &judging->held[i]);
}
