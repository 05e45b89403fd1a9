#include "gate/report/phrase.h"

struct str_list phrase_invalid(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    size_t most = comparison->invalid_count + scenario->refusals.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->invalid_count; i++)
        out.items[out.len++] = comparison->invalid[i];
    for (size_t i = 0; i < scenario->refusals.len; i++)
        out.items[out.len++] = scenario->refusals.items[i];
    return out;
}

static bool any_contains(const struct str_list *texts, struct str part)
{
    for (size_t i = 0; i < texts->len; i++) {
        if (str_contains(texts->items[i], part))
            return true;
    }
    return false;
}

/* Said as the reason of no verdict already. */
static bool is_told(struct str note, const struct str_list *invalid, struct str refusal)
{
    return refusal.len > 0 && str_contains(note, refusal) && any_contains(invalid, refusal);
}

struct str_list phrase_notes(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    struct str_list invalid = phrase_invalid(arena, scenario);
    size_t most = comparison->note_count + scenario->notes.len;
    struct str_list out = {ARENA_ARRAY(arena, struct str, most + 1), 0};
    for (size_t i = 0; i < comparison->note_count; i++) {
        struct str note = comparison->notes[i];
        bool told = is_told(note, &invalid, comparison->steady_refusal);
        for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
            told = told || is_told(note, &invalid, comparison->profile_refusals[kind]);
        if (!told)
            out.items[out.len++] = note;
    }
    for (size_t i = 0; i < scenario->notes.len; i++)
        out.items[out.len++] = scenario->notes.items[i];
    return out;
}
