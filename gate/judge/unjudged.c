#include "gate/judge/unjudged.h"

bool unjudged_budgets_only(const struct judge_input *input, const struct comparison *comparison)
{
    return input->budgets || comparison->alone.len > 0;
}

bool unjudged_leaves_out(const struct judge_input *input, const struct comparison *comparison,
                         const struct rule *rule)
{
    return unjudged_budgets_only(input, comparison) && !rule_limits_value(rule);
}

static bool concerns(const struct judge_input *input, const struct comparison *comparison,
                     const struct rule *rule)
{
    struct str scenario = rule->selector.scenario;
    bool here = scenario.len == 0 || str_equal(scenario, comparison->scenario);
    return here && judge_runs(input, rule) && judge_applies(input, comparison, rule->metric) &&
           !policy_replaces(input->policy, rule, comparison->scenario);
}

static bool has_budget(const struct judge_input *input, const struct comparison *comparison)
{
    for (size_t i = 0; i < input->policy->rule_count; i++) {
        const struct rule *rule = &input->policy->rules[i];
        if (rule_limits_value(rule) && concerns(input, comparison, rule))
            return true;
    }
    return false;
}

void unjudged_list(struct judged_scenario *out, struct arena *arena,
                   const struct judge_input *input)
{
    const struct comparison *comparison = out->comparison;
    const struct policy *policy = input->policy;
    bool is_identical = comparison->record->identical;
    if (!unjudged_budgets_only(input, comparison) || comparison->invalid_count > 0 || is_identical)
        return;
    out->unjudged = ARENA_ARRAY(arena, const struct rule *, policy->rule_count + 1);
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (rule_limits_growth(rule) && concerns(input, comparison, rule))
            out->unjudged[out->unjudged_count++] = rule;
    }
    out->why_unjudged = comparison->alone.len > 0 ? STR("no baseline") : STR("not asked for");
}

/* One that a budget of the same row was judged of counts as well: half of it was not. */
static size_t count_written(const struct judged_scenario *scenario)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->unjudged_count; i++)
        count += !scenario->unjudged[i]->is_default;
    return count;
}

static void refuse(struct judged_scenario *out, struct arena *arena, struct str why)
{
    struct str_list refusals = {ARENA_ARRAY(arena, struct str, out->refusals.len + 1), 0};
    for (size_t i = 0; i < out->refusals.len; i++)
        refusals.items[refusals.len++] = out->refusals.items[i];
    refusals.items[refusals.len++] = why;
    out->refusals = refusals;
    out->needs_baseline = true;
    out->verdict = VERDICT_NONE;
}

void unjudged_settle(struct judged_scenario *out, struct arena *arena,
                     const struct judge_input *input)
{
    const struct comparison *comparison = out->comparison;
    bool is_new = str_equal(comparison->alone, STR(RECORD_ALONE_NEW));
    size_t written = count_written(out);
    if (!unjudged_budgets_only(input, comparison) || comparison->invalid_count > 0 ||
        comparison->record->identical || out->verdict == VERDICT_BLOCKED || out->refusals.len > 0 ||
        is_new)
        return;
    if (!has_budget(input, comparison)) {
        refuse(out, arena,
               STR("no `max:` rule of the policy speaks of this scenario, so nothing was judged; "
                   "write a budget, or compare with a baseline: memgate check BASE CAND"));
    } else if (!input->budgets && written > 0) {
        refuse(out, arena,
               str_format(arena,
                          "%zu rule%s of the policy need%s a baseline, and one side was recorded; "
                          "compare with one (memgate check BASE CAND), or judge `max:` rules alone "
                          "with --budgets",
                          written, written == 1 ? "" : "s", written == 1 ? "s" : ""));
    }
}
