#include "gate/report/phrase.h"

/* Of the first trial with more than the exact phase's one connection; NULL where nobody says. */
static const struct record_engine *engine_of(const struct record_scenario *record)
{
    for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
        for (enum side side = 0; side < SIDES; side++) {
            const struct record_trial *trial = record->trials[side][phase];
            if (record->trial_count[side][phase] > 0 && trial->engine.is_known)
                return &trial->engine;
        }
    }
    return NULL;
}

static bool has_tool(const struct record_scenario *record)
{
    for (int phase = 0; phase < PHASES; phase++) {
        if (record->trial_count[SIDE_CAND][phase] > 0)
            return record->trials[SIDE_CAND][phase]->tool != NULL;
    }
    return false;
}

static bool has_timed_trials(const struct record_scenario *record)
{
    return record->trial_count[SIDE_CAND][PHASE_STEADY] +
               record->trial_count[SIDE_CAND][PHASE_DUET] >
           0;
}

struct str phrase_transport(struct arena *arena, const struct record_scenario *record)
{
    const struct record_engine *engine = engine_of(record);
    const size_t *count = record->trial_count[SIDE_CAND];
    if (record->is_gotest || count[PHASE_EXACT] + count[PHASE_STEADY] + count[PHASE_DUET] == 0)
        return STR("");
    struct str name = record->transport.len ? record->transport : STR("transport not recorded");
    name = str_printable(arena, name);
    if (has_tool(record) || !has_timed_trials(record))
        return name;
    if (!engine)
        return str_format(arena, "%.*s; connections not recorded", STR_ARGS(name));
    const char *plural = engine->connections == 1 ? "" : "s";
    if (engine->streams <= 1) {
        return str_format(arena, "%.*s, %llu connection%s", STR_ARGS(name),
                          (unsigned long long)engine->connections, plural);
    }
    return str_format(arena, "%.*s, %llu connection%s of %llu requests at a time", STR_ARGS(name),
                      (unsigned long long)engine->connections, plural,
                      (unsigned long long)engine->streams);
}

struct engine_sums phrase_engine_sums(const struct record_scenario *record, enum side side)
{
    struct engine_sums sums = {0};
    for (int phase = 0; phase < PHASES; phase++) {
        for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
            const struct record_engine *engine = &record->trials[side][phase][t].engine;
            sums.is_known |= engine->is_known;
            sums.reconnects += engine->reconnects;
            sums.sent_again += engine->sent_again;
        }
    }
    return sums;
}

/* A side that nobody counted, as an older memgate did not, had no known number: not 0. */
static struct str count_text(struct arena *arena, bool is_known, uint64_t count)
{
    return is_known ? str_format(arena, "%llu", (unsigned long long)count) : STR("not recorded");
}

struct str phrase_again(struct arena *arena, const struct record_scenario *record)
{
    struct engine_sums base = phrase_engine_sums(record, SIDE_BASE);
    struct engine_sums cand = phrase_engine_sums(record, SIDE_CAND);
    if (base.reconnects + base.sent_again + cand.reconnects + cand.sent_again == 0)
        return STR("");
    return str_format(arena,
                      "connections opened again: baseline %.*s, candidate %.*s; requests sent "
                      "again: baseline %.*s, candidate %.*s (all trials)",
                      STR_ARGS(count_text(arena, base.is_known, base.reconnects)),
                      STR_ARGS(count_text(arena, cand.is_known, cand.reconnects)),
                      STR_ARGS(count_text(arena, base.is_known, base.sent_again)),
                      STR_ARGS(count_text(arena, cand.is_known, cand.sent_again)));
}
