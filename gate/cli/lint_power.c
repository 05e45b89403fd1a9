#include "gate/cli/lint_power.h"

#include <math.h>

#include "gate/codec/escape.h"
#include "gate/report/phrase.h"

/* Of one rule in one scenario. */
struct sight {
    size_t met;                  /* subjects that it was held against */
    size_t too_tight;            /* of them: with a limit below what can be told from none */
    size_t unknown;              /* without an interval, or in doubt */
    const struct finding *worst; /* by how far what can be told is above its limit */
};

static double tightness(const struct finding *finding)
{
    return finding->limit_in_row > 0 ? finding->detectable_at_most / finding->limit_in_row
                                     : HUGE_VAL;
}

static struct sight look(const struct judged_scenario *scenario, const struct rule *rule)
{
    struct sight out = {0};
    for (size_t i = 0; i < scenario->finding_count; i++) {
        const struct finding *finding = &scenario->findings[i];
        if (finding->rule != rule)
            continue;
        out.met++;
        if (!isfinite(finding->detectable_at_most)) {
            out.unknown++;
            continue;
        }
        out.too_tight += finding->detectable_at_most > finding->limit_in_row;
        if (!out.worst || tightness(finding) > tightness(out.worst))
            out.worst = finding;
    }
    return out;
}

static void write_worst(struct buf *out, struct arena *arena, const struct sight *sight)
{
    const struct finding *worst = sight->worst;
    size_t trials = worst->most_trials;
    struct str least = phrase_growth(arena, worst, worst->detectable_at_most);
    struct str limit =
        worst->is_budget ? phrase_limit(arena, worst) : phrase_growth(arena, worst, worst->limit);
    if (sight->met > 1) {
        buf_printf(out, "%zu subjects, worst %.*s: ", sight->met,
                   STR_ARGS(phrase_subject(arena, worst->row)));
    }
    buf_printf(out, "%.*s can be told from none by %zu trials a side, limit %.*s", STR_ARGS(least),
               trials, STR_ARGS(limit));
    if (sight->too_tight == 0)
        return;
    buf_text(out, "\n             LIMIT TOO LOW");
    if (sight->met > 1)
        buf_printf(out, " for %zu of them", sight->too_tight);
    buf_text(out, ": it drowns in the noise; ");
    double needed = ceil(worst->trials_needed);
    if (needed < 1000) {
        buf_printf(out, "about %.0f trials a side%.*s would show it", needed,
                   STR_ARGS(phrase_requests(arena, worst, needed)));
    } else {
        buf_text(out, "raise it, or give the rule a floor");
    }
}

static void write_sight(struct buf *out, struct arena *arena,
                        const struct judged_scenario *scenario, const struct sight *sight)
{
    buf_text(out, "           in ");
    escape_text(out, scenario->comparison->scenario);
    buf_text(out, ": ");
    if (sight->met == 0) {
        buf_text(out, scenario->comparison->invalid_count ? "no valid measurement"
                                                          : "met nothing in this recording");
    } else if (!sight->worst) {
        buf_text(out, "no interval in this recording");
    } else {
        write_worst(out, arena, sight);
    }
    buf_byte(out, '\n');
}

void lint_power_write(struct buf *out, struct arena *arena, const struct session *session,
                      size_t rule_index)
{
    const struct rule *rule = &session->policy.rules[rule_index];
    for (size_t i = 0; i < session->judgement.scenario_count; i++) {
        const struct judged_scenario *scenario = &session->judgement.scenarios[i];
        struct sight sight = look(scenario, rule);
        if (rule_is_of_scenario(rule, scenario->comparison->scenario))
            write_sight(out, arena, scenario, &sight);
    }
}
