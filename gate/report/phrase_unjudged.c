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

struct str phrase_why_none(const struct judgement *judgement)
{
    struct str out = {"", 0};
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->verdict != VERDICT_NONE)
            continue;
        if (scenario->why_none.len == 0)
            return scenario->why_none;
        bool differs = out.len > 0 && !str_equal(out, scenario->why_none);
        out = differs ? STR("rules could not be judged") : scenario->why_none;
    }
    return out;
}

static size_t count_nothing_judged(const struct judgement *judgement)
{
    size_t count = 0;
    for (size_t i = 0; i < judgement->scenario_count; i++)
        count += judgement->scenarios[i].nothing_judged;
    return count;
}

bool phrase_is_all_new(const struct judgement *judgement)
{
    size_t count = count_nothing_judged(judgement);
    return count > 0 && count == judgement->scenario_count;
}

const char *phrase_scenario_verdict(const struct judged_scenario *scenario)
{
    return scenario->nothing_judged ? "nothing was judged: new" : verdict_name(scenario->verdict);
}

static struct str new_phrase(struct arena *arena, const struct judgement *judgement)
{
    size_t count = count_nothing_judged(judgement);
    if (count == 0)
        return STR("");
    return str_format(arena, " (nothing was judged of %zu scenario%s: new)", count,
                      count == 1 ? "" : "s");
}

struct str phrase_budgets_only(struct arena *arena, const struct judgement *judgement)
{
    struct str added = new_phrase(arena, judgement);
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->unjudged_count == 0 || scenario->nothing_judged)
            continue;
        bool is_all = judgement->scenario_count == 1;
        return str_format(arena, " (`max:` rules alone were judged%s: %.*s)%.*s",
                          is_all ? "" : " in part", STR_ARGS(scenario->why_unjudged),
                          STR_ARGS(added));
    }
    return added;
}
