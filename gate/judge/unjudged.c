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
    return rule_is_of_scenario(rule, comparison->scenario) && judge_runs(input, rule) &&
           judge_applies(input, comparison, rule->metric) &&
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

static void refuse(struct judged_scenario *out, struct arena *arena, struct str why_none,
                   struct str why)
{
    struct str_list refusals = {ARENA_ARRAY(arena, struct str, out->refusals.len + 1), 0};
    for (size_t i = 0; i < out->refusals.len; i++)
        refusals.items[refusals.len++] = out->refusals.items[i];
    refusals.items[refusals.len++] = why;
    out->refusals = refusals;
    out->why_none = why_none;
    out->verdict = VERDICT_NONE;
}

/* What a run can do about a baseline that does not build the scenario: another recording of it cannot. */
#define WHAT_IF_MISSING                                                                            \
    "give a scenario that is new a name that the baseline's policy, which must be readable, does " \
    "not have"

/* No rule is about the candidate itself. */
static void settle_without_budget(struct judged_scenario *out, struct arena *arena)
{
    struct str alone = out->comparison->alone;
    if (str_equal(alone, STR(RECORD_ALONE_NEW))) {
        out->nothing_judged = true;
    } else if (alone.len == 0) {
        refuse(out, arena, STR("no `max:` rule speaks of what was measured"),
               STR("no `max:` rule of the policy speaks of this scenario, and --budgets judges no "
                   "other; write a budget, or judge it without --budgets"));
    } else if (str_equal(alone, STR(RECORD_ALONE_MISSING))) {
        refuse(out, arena, STR("rules could not be judged without a baseline"),
               STR("no `max:` rule of the policy speaks of this scenario, so nothing was judged; "
                   "write a budget, or " WHAT_IF_MISSING));
    } else {
        refuse(out, arena, STR("rules could not be judged without a baseline"),
               STR("no `max:` rule of the policy speaks of this scenario, so nothing was judged; "
                   "write a budget, or compare with a baseline: memgate check BASE CAND"));
    }
}

static void settle_written(struct judged_scenario *out, struct arena *arena)
{
    size_t written = count_written(out);
    bool is_missing = str_equal(out->comparison->alone, STR(RECORD_ALONE_MISSING));
    if (written == 0 || str_equal(out->comparison->alone, STR(RECORD_ALONE_NEW)))
        return;
    refuse(out, arena, STR("rules could not be judged without a baseline"),
           str_format(arena, "%zu rule%s of the policy need%s a baseline, and %s", written,
                      written == 1 ? "" : "s", written == 1 ? "s" : "",
                      is_missing ? "its tree has not what the scenario builds; " WHAT_IF_MISSING
                                   ", or judge `max:` rules alone (memgate check DIR --budgets)"
                                 : "one side was recorded; compare with one (memgate check BASE "
                                   "CAND), or judge `max:` rules alone with --budgets"));
}

void unjudged_settle(struct judged_scenario *out, struct arena *arena,
                     const struct judge_input *input)
{
    const struct comparison *comparison = out->comparison;
    if (!unjudged_budgets_only(input, comparison) || comparison->invalid_count > 0 ||
        out->verdict == VERDICT_BLOCKED || out->refusals.len > 0)
        return;
    if (comparison->record->identical) {
        refuse(out, arena, STR("nothing was measured"),
               STR("both revisions build byte-identical binaries, so nothing was measured that a "
                   "`max:` rule could be held against; record with --always-measure"));
    } else if (!has_budget(input, comparison)) {
        settle_without_budget(out, arena);
    } else if (!input->budgets) {
        settle_written(out, arena);
    }
}
