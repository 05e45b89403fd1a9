#include "gate/judge/judge.h"

#include "gate/judge/held.h"
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
        if (rule_is_of_scenario(rule, comparison->scenario) && judge_runs(input, rule) &&
            !is_waived(comparison, rule) && !unjudged_leaves_out(input, comparison, rule) &&
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
        undecided |= held_is_open(finding);
    }
    if (undecided && policy->on_inconclusive == INCONCLUSIVE_BLOCK)
        return VERDICT_INCONCLUSIVE;
    return VERDICT_PASS;
}

static void judge_rows(struct judged_scenario *out, struct judging *judging)
{
    held_judge(out, judging);
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
        bool here = rule_is_of_scenario(rule, comparison->scenario);
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

static bool is_listed_unjudged(const struct judged_scenario *scenario, const struct rule *rule)
{
    for (size_t i = 0; i < scenario->unjudged_count; i++) {
        if (scenario->unjudged[i] == rule)
            return true;
    }
    return false;
}

/* It was told as not judged in each scenario that it is about; one that has a baseline can miss it. */
static bool is_left_out(const struct judgement *judgement, const struct rule *rule)
{
    bool any = false;
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (!rule_is_of_scenario(rule, scenario->comparison->scenario))
            continue;
        if (!is_listed_unjudged(scenario, rule))
            return false;
        any = true;
    }
    return any;
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
        if (!met && !rule_limits_value(rule) && is_left_out(out, rule)) {
            out->rule_count += !rule->is_default && !input->budgets;
            continue;
        }
        if (!met && measured && names_subject(rule) && !is_known(out, rule))
            return refuse_rule(rule, err);
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
