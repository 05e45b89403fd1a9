#include "gate/judge/judge.h"

#include "gate/judge/collapse.h"
#include "gate/judge/decide.h"
#include "gate/judge/family.h"
#include "gate/judge/power.h"
#include "gate/judge/stacks.h"
#include "gate/judge/unjudged.h"
#include "gate/judge/watch.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"no-verdict", "pass", "blocked", "inconclusive"};
    return names[verdict];
}

int verdict_exit_code(enum verdict verdict)
{
    static const int codes[] = {3, 0, 1, 4};
    return codes[verdict];
}

const char *finding_verdict_name(enum finding_verdict verdict)
{
    static const char *const names[] = {"regression",   "review",   "alert",
                                        "inconclusive", "improved", "ok"};
    return names[verdict];
}

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

/* Reviews do not decide the build. */
static bool is_open(const struct finding *finding)
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
    if (is_open(&finding) && !finding.is_settled)
        out->undecided[held->row->phase] = true;
    if (!is_listed(&finding) && !judging->input->list_all)
        return;
    finding.trials = trials_of(comparison, held->row->phase);
    decide_interval(&finding, finding.look_alpha);
    enum phase phase = held->row->phase;
    const struct power_scope scope = {judging->arena, judging->input->policy->rule_count + 1,
                                      judging->most_trials[phase], judging->last_alpha[phase]};
    power_tell(&finding, &scope);
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

static const struct comparison_row *compared_row(const struct finding *finding)
{
    return finding->own ? finding->own : finding->row;
}

static double badness(const struct finding *finding)
{
    const struct estimate *estimate = &finding->row->estimate;
    return finding->limit > 0 ? estimate->delta / finding->limit : estimate->delta;
}

/* Worst verdict first, then whole before part, then by how far over the limit; stable by row order. */
static int order_findings(const void *left, const void *right)
{
    const struct finding *a = left;
    const struct finding *b = right;
    if (a->verdict != b->verdict)
        return a->verdict < b->verdict ? -1 : 1;
    if (a->row->level != b->row->level)
        return a->row->level < b->row->level ? -1 : 1;
    double difference = badness(b) - badness(a);
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    const struct comparison_row *first = compared_row(a);
    const struct comparison_row *second = compared_row(b);
    return first < second ? -1 : first > second;
}

/* Metrics a scenario of this driver cannot have; rules on them have nothing to say there. */
static bool metric_applies(const struct comparison *comparison, enum metric metric, bool plain)
{
    if (plain)
        return metric == METRIC_ALLOC_SPACE || metric == METRIC_ALLOC_OBJECTS;
    static const bool only_http[METRICS] = {
        [METRIC_INUSE_SPACE] = true,   [METRIC_INUSE_OBJECTS] = true,
        [METRIC_HEAP_GROWTH] = true,   [METRIC_P50] = true,
        [METRIC_P90] = true,           [METRIC_P99] = true,
        [METRIC_GC_CYCLES] = true,     [METRIC_GC_PAUSE_P99] = true,
        [METRIC_GC_PER_MINUTE] = true, [METRIC_GC_CPU_SHARE] = true,
        [METRIC_GC_CPU] = true,        [METRIC_GC_ASSIST_SHARE] = true,
        [METRIC_HEAP_GOAL] = true,     [METRIC_PSS_P95] = true,
        [METRIC_THREADS_MAX] = true,   [METRIC_FDS_END] = true,
    };
    if (metric == METRIC_NS_PER_OP)
        return comparison->record->is_gotest;
    bool of_service = only_http[metric] || metric_profile(metric) > PROFILE_KIND_CPU;
    return !of_service || !comparison->record->is_gotest;
}

bool judge_applies(const struct judge_input *input, const struct comparison *comparison,
                   enum metric metric)
{
    return metric_applies(comparison, metric, input->plain);
}

static bool has_whole_row(const struct comparison *comparison, enum metric metric)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        bool whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
        if (whole && row->metric == metric)
            return true;
    }
    return false;
}

bool judge_runs(const struct judge_input *input, const struct rule *rule)
{
    return metric_is_exact(rule->metric) || (!input->quick && !input->plain);
}

/* A load tool without a result has no latency, which a note says; who writes a rule wants it. */
static bool is_waived(const struct comparison *comparison, const struct rule *rule)
{
    return rule->is_default && metric_is_latency(rule->metric) && comparison->has_no_latency;
}

/* The first rule whose metric should have been measured and was not; NULL when all were. */
static const struct rule *unmeasured(const struct judging *judging,
                                     const struct comparison *comparison)
{
    const struct judge_input *input = judging->input;
    for (size_t i = 0; i < input->policy->rule_count; i++) {
        const struct rule *rule = &input->policy->rules[i];
        bool elsewhere = rule->selector.scenario.len &&
                         !str_equal(rule->selector.scenario, comparison->scenario);
        if (!elsewhere && judge_runs(input, rule) && !is_waived(comparison, rule) &&
            !unjudged_leaves_out(input, comparison, rule) &&
            metric_applies(comparison, rule->metric, input->plain) &&
            !has_whole_row(comparison, rule->metric))
            return rule;
    }
    return NULL;
}

static enum verdict verdict_of(const struct judged_scenario *scenario, const struct policy *policy)
{
    bool undecided = false;
    for (size_t i = 0; i < scenario->finding_count; i++) {
        const struct finding *finding = &scenario->findings[i];
        if (finding->verdict == FINDING_REGRESSION)
            return VERDICT_BLOCKED;
        undecided |= is_open(finding);
    }
    if (undecided && policy->on_inconclusive == INCONCLUSIVE_BLOCK)
        return VERDICT_INCONCLUSIVE;
    return VERDICT_PASS;
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
        bool here = rule->selector.scenario.len == 0 ||
                    str_equal(rule->selector.scenario, scenario->comparison->scenario);
        if (!here || !selector_names_functions(&rule->selector) ||
            !judge_runs(judging->input, rule) ||
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

static void judge_rows(struct judged_scenario *out, struct judging *judging)
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
    if (out->finding_count)
        qsort(out->findings, out->finding_count, sizeof(*out->findings), order_findings);
    out->verdict = verdict_of(out, judging->input->policy);
}

/* Where a rule lacks its number or its function, nothing counts but a regression that is proven. */
static void judge_incomplete(struct judged_scenario *out, struct judging *judging)
{
    const struct judged_scenario unjudged = *out;
    size_t rule_count = judging->input->policy->rule_count;
    size_t *met = ARENA_ARRAY(judging->arena, size_t, rule_count + 1);
    memcpy(met, judging->met, rule_count * sizeof(*met));
    judge_rows(out, judging);
    if (out->verdict == VERDICT_BLOCKED)
        return;
    *out = unjudged;
    memcpy(judging->met, met, rule_count * sizeof(*met));
}

static void judge_scenario(struct judged_scenario *out, struct judging *judging)
{
    const struct comparison *comparison = out->comparison;
    out->verdict = VERDICT_NONE;
    if (comparison->invalid_count > 0)
        return;
    if (comparison->record->identical) {
        out->verdict = VERDICT_PASS;
    } else if (out->refusals.len > 0) {
        judge_incomplete(out, judging);
    } else {
        judge_rows(out, judging);
    }
    unjudged_settle(out, judging->arena, judging->input);
}

static bool names_subject(const struct rule *rule)
{
    const struct selector *selector = &rule->selector;
    return (selector->func.len && !selector->each_function) || selector->package.len ||
           selector->file.len;
}

/* True when a scenario of this run has the rule's metric; `valid` asks for one that was measured. */
static bool concerns_run(const struct judge_input *input, const struct rule *rule, bool valid)
{
    for (size_t i = 0; i < input->comparison_count; i++) {
        const struct comparison *comparison = &input->comparisons[i];
        bool here = !rule->selector.scenario.len ||
                    str_equal(rule->selector.scenario, comparison->scenario);
        bool measured = comparison->row_count > 0 && comparison->invalid_count == 0;
        if (here && (measured || !valid) && metric_applies(comparison, rule->metric, input->plain))
            return true;
    }
    return false;
}

static bool is_known(const struct judgement *judgement, const struct rule *rule)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        if (watch_knows(&judgement->scenarios[i].watch, rule))
            return true;
    }
    return false;
}

static enum status refuse_rule(const struct rule *rule, struct err *err)
{
    const struct selector *selector = &rule->selector;
    struct str name = selector->func.len ? selector->func : selector->package;
    if (name.len == 0)
        name = selector->file;
    return err_set(err, STATUS_POLICY,
                   "%.*s:%u:%u: rule \"%.*s\" matched no function in baseline or candidate; "
                   "correct the name or remove the rule",
                   STR_ARGS(rule->origin.file), rule->origin.line, rule->origin.column,
                   STR_ARGS(name));
}

/* It was told as not judged; nothing here met it. */
static bool is_left_out(const struct judgement *judgement, const struct rule *rule)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        for (size_t k = 0; k < scenario->unjudged_count; k++) {
            if (scenario->unjudged[k] == rule)
                return true;
        }
    }
    return false;
}

/*
 * Counts the rules that this run can judge and those that were, and
 * refuses one that watches nothing. A kind, or a function that exists,
 * of which no byte was seen was judged: it is zero.
 */
static enum status count_rules(struct judgement *out, const struct judging *judging,
                               struct err *err)
{
    const struct judge_input *input = judging->input;
    for (size_t i = 0; i < input->policy->rule_count; i++) {
        const struct rule *rule = &input->policy->rules[i];
        if (!judge_runs(input, rule) || !concerns_run(input, rule, false))
            continue;
        bool met = judging->met[i] > 0;
        bool measured = concerns_run(input, rule, true);
        if (!met && measured && names_subject(rule) && !is_known(out, rule))
            return refuse_rule(rule, err);
        if (!met && !rule_limits_value(rule) && is_left_out(out, rule)) {
            out->rule_count += !rule->is_default && !input->budgets;
            continue;
        }
        bool is_zero = !met && measured && (names_subject(rule) || rule->selector.kinds.len > 0);
        /* A default that a rule of the policy replaced everywhere is not a rule of this run. */
        if (!met && !is_zero && measured && rule->is_default)
            continue;
        out->rule_count++;
        out->judged_rules += met || is_zero;
    }
    return STATUS_OK;
}

static bool any_scenario(const struct judgement *judgement, enum verdict verdict)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        if (judgement->scenarios[i].verdict == verdict)
            return true;
    }
    return false;
}

/* A proven regression beats a missing measurement, which beats everything softer. */
static enum verdict overall(const struct judgement *judgement)
{
    static const enum verdict order[] = {VERDICT_BLOCKED, VERDICT_NONE, VERDICT_INCONCLUSIVE,
                                         VERDICT_PASS};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (any_scenario(judgement, order[i]))
            return order[i];
    }
    return VERDICT_NONE;
}

/* A rule without its number, or without its function, makes the scenario void, not the rule. */
static void find_refusals(struct judged_scenario *out, const struct judging *judging)
{
    const struct comparison *comparison = out->comparison;
    if (comparison->record->identical || comparison->invalid_count > 0)
        return;
    watch_vanished(&out->refusals, judging->arena, &out->watch);
    const struct rule *rule = unmeasured(judging, comparison);
    if (!rule)
        return;
    struct str origin = origin_text(judging->arena, &rule->origin);
    struct str why = comparison_why_unmeasured(comparison, rule->metric);
    out->refusals.items[out->refusals.len++] =
        str_format(judging->arena, "%s was not measured, but %.*s limits it%s%.*s",
                   metric_name(rule->metric), STR_ARGS(origin), why.len ? ": " : "", STR_ARGS(why));
}

enum status judge(struct judgement *out, struct arena *arena, const struct judge_input *input,
                  struct err *err)
{
    struct judging judging = {.arena = arena,
                              .input = input,
                              .met = ARENA_ARRAY(arena, size_t, input->policy->rule_count + 1)};
    *out = (struct judgement){.quick = input->quick};
    out->scenarios = ARENA_ARRAY(arena, struct judged_scenario, input->comparison_count + 1);
    out->scenario_count = input->comparison_count;
    for (size_t i = 0; i < input->comparison_count; i++) {
        struct judged_scenario *scenario = &out->scenarios[i];
        scenario->comparison = &input->comparisons[i];
        watch_init(&scenario->watch, arena, input->policy, scenario->comparison);
        unjudged_list(scenario, arena, input);
        find_refusals(scenario, &judging);
        judge_scenario(scenario, &judging);
    }
    if (count_rules(out, &judging, err))
        return err->status;
    out->verdict = overall(out);
    return STATUS_OK;
}
