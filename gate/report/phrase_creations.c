#include "gate/report/phrase.h"

enum { CREATIONS_SHOWN_MAX = 3 };

static bool counts_goroutines(const struct comparison_row *row)
{
    return (row->metric == METRIC_GOROUTINES || row->metric == METRIC_GOROUTINE_GROWTH) &&
           row->point == POINT_END;
}

bool phrase_is_created(const struct comparison_row *row, const struct creation *creation)
{
    if (!counts_goroutines(row) || creation->counts[SIDE_CAND] <= creation->counts[SIDE_BASE])
        return false;
    return row->level == ROW_SCENARIO || str_equal(row->key, creation->key);
}

static struct str phrase_creation(struct arena *arena, const struct creation *creation)
{
    const struct comparison_row counted = {.metric = METRIC_GOROUTINES};
    struct str place = phrase_place(arena, creation->file, creation->line);
    struct str func = phrase_name(arena, creation->func);
    struct str by = creation->by.len ? phrase_name(arena, creation->by) : STR("the runtime");
    struct str base = phrase_value(arena, &counted, creation->counts[SIDE_BASE]);
    struct str cand = phrase_value(arena, &counted, creation->counts[SIDE_CAND]);
    return str_format(arena, "%.*s created by %.*s%s%.*s: %.*s -> %.*s", STR_ARGS(func),
                      STR_ARGS(by), place.len ? " at " : "", STR_ARGS(place), STR_ARGS(base),
                      STR_ARGS(cand));
}

struct str_list phrase_creations(struct arena *arena, const struct comparison *comparison,
                                 const struct comparison_row *row)
{
    struct str_list out = {ARENA_ARRAY(arena, struct str, CREATIONS_SHOWN_MAX), 0};
    for (size_t i = 0; i < comparison->creation_count && out.len < CREATIONS_SHOWN_MAX; i++) {
        if (phrase_is_created(row, &comparison->creations[i]))
            out.items[out.len++] = phrase_creation(arena, &comparison->creations[i]);
    }
    return out;
}
