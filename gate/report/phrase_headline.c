#include "gate/report/phrase.h"

static struct str count_phrase(struct arena *arena, const struct judgement *judgement,
                               enum finding_verdict verdict, const char *one, const char *many)
{
    size_t count = 0;
    for (size_t i = 0; i < judgement->scenario_count; i++)
        count += phrase_count(&judgement->scenarios[i], verdict);
    if (count == 0)
        return STR("");
    return str_format(arena, ", %zu %s", count, count == 1 ? one : many);
}

/* "15.4 KiB/request, at most 12 KiB/request" */
static struct str alone_phrase(struct arena *arena, const struct finding *finding)
{
    const struct comparison_row *row = finding->row;
    struct str limit = phrase_limit(arena, finding);
    bool is_share = finding->rule->max_share.set && !finding->rule->max.set;
    struct str value = is_share ? phrase_share(arena, row->cand_share)
                                : phrase_value(arena, row, row->estimate.cand);
    return str_format(arena, "%.*s, %.*s", STR_ARGS(value), STR_ARGS(limit));
}

/* The first finding of the first blocked scenario: what a reader wants to know at once. */
static struct str worst_phrase(struct arena *arena, const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        const struct judged_scenario *scenario = &judgement->scenarios[i];
        if (scenario->verdict != VERDICT_BLOCKED)
            continue;
        const struct finding *worst = &scenario->findings[0];
        const struct comparison_row *row = phrase_culprit_row(scenario, worst);
        struct str much =
            worst->row->is_alone ? alone_phrase(arena, worst) : phrase_change(arena, worst->row);
        struct str what = str_format(arena, "%.*s %.*s", STR_ARGS(phrase_metric(arena, worst->row)),
                                     STR_ARGS(much));
        if (row->culprit_count == 0)
            return what;
        const struct culprit *culprit = &row->culprits[0];
        struct str name = phrase_name(arena, culprit->func);
        struct str place = phrase_place(arena, culprit->file, culprit->line);
        struct str most =
            str_format(arena, "%.*s, most of it in %.*s", STR_ARGS(what), STR_ARGS(name));
        struct str kind = phrase_row_kind(arena, row, culprit->kind, ALLOC_OP_NONE);
        if (place.len)
            most = str_format(arena, "%.*s at %.*s", STR_ARGS(most), STR_ARGS(place));
        if (kind.len == 0)
            return most;
        return str_format(arena, "%.*s (%.*s)", STR_ARGS(most), STR_ARGS(kind));
    }
    return STR("");
}

static bool all_identical(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->scenario_count; i++) {
        if (!judgement->scenarios[i].comparison->record->identical)
            return false;
    }
    return judgement->scenario_count > 0;
}

struct str phrase_headline(struct arena *arena, const struct judgement *judgement)
{
    struct str unsure = count_phrase(arena, judgement, FINDING_INCONCLUSIVE, "rule inconclusive",
                                     "rules inconclusive");
    struct str review = count_phrase(arena, judgement, FINDING_REVIEW, "to review", "to review");
    switch (judgement->verdict) {
    case VERDICT_BLOCKED:
        return str_format(arena, "BLOCKED: %.*s", STR_ARGS(worst_phrase(arena, judgement)));
    case VERDICT_NONE:
        if (phrase_why_none(judgement).len)
            return str_format(arena, "NO VERDICT: %.*s", STR_ARGS(phrase_why_none(judgement)));
        return STR("NO VERDICT: the measurement cannot be trusted");
    case VERDICT_INCONCLUSIVE:
        return str_format(arena, "INCONCLUSIVE at the trial budget%.*s%.*s", STR_ARGS(unsure),
                          STR_ARGS(review));
    case VERDICT_PASS:
        break;
    }
    if (phrase_is_all_new(judgement))
        return STR("NOTHING JUDGED: new, and no `max:` rule speaks of it");
    if (all_identical(judgement))
        return STR("PASS: both revisions build byte-identical binaries; nothing was measured");
    return str_format(arena, "PASS: no rule broken%.*s%.*s%s%.*s", STR_ARGS(review),
                      STR_ARGS(unsure), judgement->quick ? " (memory only: --quick)" : "",
                      STR_ARGS(phrase_budgets_only(arena, judgement)));
}
