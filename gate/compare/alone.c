#include "gate/compare/alone.h"

#include "gate/stats/alone.h"

bool alone_is(const struct comparison_source sources[SIDES])
{
    const struct comparison_source *base = &sources[SIDE_BASE];
    const struct comparison_source *cand = &sources[SIDE_CAND];
    return base->recording == cand->recording && base->scenario == cand->scenario &&
           base->side == cand->side;
}

const char *alone_side_name(const struct record_scenario *record, enum side side)
{
    return side_name(record->alone.len > 0 ? SIDE_CAND : side);
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
    strip_record(comparison, arena);
}
