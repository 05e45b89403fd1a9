#include "gate/judge/power.h"

#include <math.h>

#include "gate/stats/alone.h"
#include "gate/stats/bounds.h"

/* In the unit of the row's change; 0 where there is none. */
static double limit_of(const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    if (!finding->is_budget || !finding->rule->max_share.set)
        return finding->limit;
    return row->cand_share > 0 ? finding->limit / row->cand_share * row->estimate.cand : 0;
}

void power_tell(struct finding *finding, const struct decide_scale *scale,
                const struct power_scope *scope)
{
    struct estimate estimate = decide_estimate(finding, scale);
    double limit = limit_of(finding);
    double more = 1;
    /* A value is as sure as its own interval, which pairs make no narrower. */
    if (finding->is_budget && finding->row->is_leveled)
        estimate = estimate_alone(&estimate);
    finding->limit_in_row = limit;
    finding->most_trials = scope->most_trials;
    finding->detectable = HUGE_VAL;
    finding->detectable_at_most = HUGE_VAL;
    if (finding->row->doubt.len || !estimate.bounded)
        return;
    if (finding->trials > 0 && scope->most_trials > finding->trials)
        more = (double)scope->most_trials / (double)finding->trials;
    finding->detectable = bounds_detectable(&estimate, finding->alpha);
    /* The family stays what it is, and each look has its own level. */
    double last_alpha = scope->last_alpha * finding->alpha / finding->look_alpha;
    finding->detectable_at_most = bounds_detectable_with(&estimate, last_alpha, more);
    if (limit > 0 && finding->detectable_at_most > limit) {
        finding->trials_needed =
            (double)finding->trials * bounds_more_needed(&estimate, last_alpha, limit);
    }
    bool is_asked = finding->verdict == FINDING_INCONCLUSIVE && !finding->is_settled;
    if (limit > 0 && finding->detectable <= limit) {
        finding->times_needed = 1;
    } else if (is_asked) {
        finding->times_needed =
            limit > 0 ? bounds_more_needed(&estimate, finding->alpha, limit) : HUGE_VAL;
    }
}

static bool is_noted(const struct judged_scenario *scenario, struct str note)
{
    for (size_t i = 0; i < scenario->notes.len; i++) {
        if (str_equal(scenario->notes.items[i], note))
            return true;
    }
    return false;
}

static bool is_worth_a_note(const struct finding *finding)
{
    bool is_fine = finding->verdict == FINDING_OK || finding->verdict == FINDING_IMPROVED;
    return is_fine && finding->rule->severity == SEVERITY_BLOCK && !finding->is_budget &&
           !row_is_of_function(finding->row) && finding->row->estimate.base > 0 &&
           finding->limit > 0 && finding->detectable_at_most > finding->limit &&
           isfinite(finding->detectable_at_most);
}

void power_note(struct judged_scenario *out, const struct power_scope *scope,
                const struct finding *finding)
{
    double base = finding->row->estimate.base;
    if (!is_worth_a_note(finding) || out->notes.len >= scope->notes_max)
        return;
    struct str origin = origin_text(scope->arena, &finding->rule->origin);
    struct str by = scope->most_trials
                        ? str_format(scope->arena, " by %zu trials a side", scope->most_trials)
                        : STR("");
    struct str note = str_format(
        scope->arena,
        "%.*s: its limit for %s, %+.2g %%, is below what can be told from none here%.*s, %+.2g %%",
        STR_ARGS(origin), metric_name(finding->rule->metric), 100 * finding->limit / base,
        STR_ARGS(by), 100 * finding->detectable_at_most / base);
    if (!is_noted(out, note))
        out->notes.items[out->notes.len++] = note;
}
