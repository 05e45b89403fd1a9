#include "gate/report/phrase.h"

struct str_list phrase_unjudged(struct arena *arena, const struct judged_scenario *scenario)
{
    struct str_list out = {ARENA_ARRAY(arena, struct str, scenario->unjudged_count + 1), 0};
    for (size_t i = 0; i < scenario->unjudged_count; i++) {
        const struct rule *rule = scenario->unjudged[i];
        struct str origin =
            rule->is_default ? STR("default policy") : origin_text(arena, &rule->origin);
        out.items[out.len++] =
            str_format(arena, "%.*s: %.*s: not judged: %.*s", STR_ARGS(origin),
                       STR_ARGS(rule_describe(arena, rule)), STR_ARGS(scenario->why_unjudged));
    }
    return out;
}

bool phrase_needs_baseline(const struct judgement *judgement)
{
    size_t count = 0;
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->verdict == VERDICT_NONE && !scenario->needs_baseline)
            return false;
        count += scenario->needs_baseline;
    }
    return count > 0;
}

struct str phrase_budgets_only(struct arena *arena, const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->unjudged_count == 0)
            continue;
        bool is_all = judgement->scenario_count == 1;
        return str_format(arena, " (`max:` rules alone were judged%s: %.*s)",
                          is_all ? "" : " in part", STR_ARGS(scenario->why_unjudged));
    }
    return STR("");
}
