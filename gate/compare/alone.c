#include "gate/compare/alone.h"

#include "gate/stats/alone.h"

bool alone_is(const struct comparison_source sources[SIDES])
{
    const struct comparison_source *base = &sources[SIDE_BASE];
    const struct comparison_source *cand = &sources[SIDE_CAND];
    return base->recording == cand->recording && base->scenario == cand->scenario &&
           base->side == cand->side;
}

static void strip_row(struct comparison_row *row)
{
    row->is_alone = true;
    row->estimate = estimate_alone(&row->estimate);
    row->cum = estimate_alone(&row->cum);
    row->base_func = (struct str){"", 0};
    row->moved = 0;
    row->lost = 0;
    row->flat_base = 0;
    row->samples[SIDE_BASE] = 0;
    row->is_new = false;
    row->is_gone = false;
    row->source_count = 0;
    row->culprit_count = 0;
}

/* Where a message says which process it is about: at its start or in brackets. */
static bool find_side(size_t *out, struct str text, struct str side)
{
    for (size_t i = 0; i < text.len; i++) {
        bool can_stand_here = i == 0 || text.data[i - 1] == '(';
        if (can_stand_here && str_starts_with(str_slice(text, i, text.len), side)) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* Of two that are one the first is named, the baseline's. */
static void name_candidate(struct str *text, struct arena *arena)
{
    struct str side = STR("baseline");
    size_t at = 0;
    if (!find_side(&at, *text, side))
        return;
    struct str head = str_slice(*text, 0, at);
    struct str tail = str_slice(*text, at + side.len, text->len);
    *text = str_format(arena, "%.*scandidate%.*s", STR_ARGS(head), STR_ARGS(tail));
}

/* What both of the two said is said once. */
static size_t name_candidates(struct str *texts, size_t count, struct arena *arena)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_said = false;
        name_candidate(&texts[i], arena);
        for (size_t k = 0; k < kept; k++)
            is_said = is_said || str_equal(texts[k], texts[i]);
        if (!is_said)
            texts[kept++] = texts[i];
    }
    return kept;
}

static void name_in_refusals(struct comparison *comparison, struct arena *arena)
{
    struct str *const refusals[] = {
        &comparison->tie_refusal,    &comparison->steady_refusal,   &comparison->latency_refusal,
        &comparison->gc_refusal,     &comparison->gc_pause_refusal, &comparison->gc_goal_refusal,
        &comparison->series_refusal, &comparison->pss_refusal,
    };
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        name_candidate(refusals[i], arena);
    for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
        name_candidate(&comparison->profile_refusals[kind], arena);
    comparison->invalid_count =
        name_candidates(comparison->invalid, comparison->invalid_count, arena);
    comparison->note_count = name_candidates(comparison->notes, comparison->note_count, arena);
}

static void strip_record(struct comparison *comparison, struct arena *arena)
{
    struct record_scenario *record = ARENA_NEW(arena, struct record_scenario);
    *record = *comparison->record;
    record->programs[SIDE_BASE] = (struct record_program){0};
    for (enum phase phase = 0; phase < PHASES; phase++)
        record->trial_count[SIDE_BASE][phase] = 0;
    comparison->record = record;
}

void alone_strip(struct comparison *comparison, struct arena *arena)
{
    for (size_t i = 0; i < comparison->row_count; i++)
        strip_row(&comparison->rows[i]);
    comparison->moved_count = 0;
    comparison->paired_count = 0;
    comparison->toolchain_changed = false;
    name_in_refusals(comparison, arena);
    strip_record(comparison, arena);
}
