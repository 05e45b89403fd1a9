#include "gate/compare/engine_notes.h"

#include "gate/base/num.h"
#include "gate/compare/alone.h"
#include "gate/compare/validity.h"

/* More of one CPU than this takes a second thread; the figure itself is right to a hundredth. */
#define ONE_THREAD_SHARE_MAX 1.05

struct place {
    const struct record_trial *trial;
    enum side side;
    enum phase phase;
};

/* 0 where it is not known. */
static double engine_share(const struct record_trial *trial)
{
    return num_ratio((double)trial->engine.cpu_ns, (double)trial->engine.wall_ns);
}

static double tool_share(const struct record_trial *trial)
{
    return trial->tool ? num_ratio((double)trial->tool->cpu_ns, (double)trial->tool->wall_ns) : 0;
}

/* Its trial is NULL where all are 0. */
static struct place worst_of(const struct record_scenario *record,
                             double (*share)(const struct record_trial *trial))
{
    struct place worst = {0};
    double most = 0;
    for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
        for (enum side side = 0; side < SIDES; side++) {
            for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
                const struct record_trial *trial = &record->trials[side][phase][t];
                if (share(trial) <= most)
                    continue;
                most = share(trial);
                worst = (struct place){trial, side, phase};
            }
        }
    }
    return worst;
}

static void note_busy_engine(struct comparison *comparison, struct arena *arena)
{
    struct place worst = worst_of(comparison->record, engine_share);
    if (!worst.trial || engine_share(worst.trial) < ENGINE_SHARE_SAID)
        return;
    bool is_paced = worst.trial->rate_per_second > 0;
    comparison_note(comparison, arena,
                    "memgate itself was near its limit: sending the load took up to %.0f %% of one "
                    "CPU (%s, %s trial %u), so that latency is in part its own; %s",
                    100 * engine_share(worst.trial),
                    alone_side_name(comparison->record, worst.side), phase_name(worst.phase),
                    (unsigned)worst.trial->number,
                    is_paced ? "lower load.rate, or set load.batch"
                             : "set load.rate, below what the service can take");
}

/* On a CPU of its own where the load is pinned, else on them all; and within the group's quota. */
static double tool_cpus(const struct record_environment *environment)
{
    bool is_one = environment->pinned || environment->cpu_count == 0;
    double cpus = is_one ? 1 : (double)environment->cpu_count;
    double quota = environment->quota.cpus;
    return quota > 0 && quota < cpus ? quota : cpus;
}

/* How many threads a tool runs is its own matter: one that fills one CPU may have no more. */
static void note_busy_tool(struct comparison *comparison, struct arena *arena,
                           const struct comparison_source sources[SIDES])
{
    struct place worst = worst_of(comparison->record, tool_share);
    if (!worst.trial)
        return;
    double share = tool_share(worst.trial);
    const struct record_environment *environment = &sources[worst.side].recording->environment;
    double cpus = tool_cpus(environment);
    const char *meaning = NULL;
    if (share >= TOOL_SHARE_SAID * cpus) {
        meaning = "it was near its limit, and latency is in part its own; have it send less";
    } else if (share >= TOOL_SHARE_SAID && share <= ONE_THREAD_SHARE_MAX) {
        meaning = "if it sends from one thread, it was near its limit, and latency is in part its "
                  "own; have it send less, or from more threads";
    }
    if (!meaning)
        return;
    comparison_note(comparison, arena,
                    "the load tool used %.2f of the %.3g CPU%s that it may %s (%s, %s trial %u): "
                    "%s",
                    share, cpus, cpus > 1 ? "s" : "",
                    environment->quota.is_known ? "have" : "run on",
                    alone_side_name(comparison->record, worst.side), phase_name(worst.phase),
                    (unsigned)worst.trial->number, meaning);
}

/* What connections of a side could carry in a phase, by their worst trial; 0: not known. */
static struct record_engine least_of(const struct record_scenario *record, enum side side,
                                     enum phase phase)
{
    struct record_engine least = {0};
    for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
        const struct record_engine *engine = &record->trials[side][phase][t].engine;
        if (engine->is_known &&
            (!least.is_known || engine->streams_allowed < least.streams_allowed))
            least = *engine;
    }
    return least;
}

/* One note for the first phase that has something to say: the others were served alike. */
static bool note_streams(struct comparison *comparison, struct arena *arena, enum phase phase)
{
    const struct record_scenario *record = comparison->record;
    struct record_engine base = least_of(record, SIDE_BASE, phase);
    struct record_engine cand = least_of(record, SIDE_CAND, phase);
    if (!base.is_known || !cand.is_known ||
        (base.streams_allowed >= base.streams && cand.streams_allowed >= cand.streams))
        return false;
    if (comparison->alone.len > 0) {
        comparison_note(comparison, arena,
                        "of load.streams %llu a connection carried %llu requests at a time, since "
                        "the service allows no more",
                        (unsigned long long)cand.streams, (unsigned long long)cand.streams_allowed);
        return true;
    }
    bool is_closed = record->trials[SIDE_CAND][phase][0].rate_per_second <= 0;
    bool differ = base.streams_allowed != cand.streams_allowed;
    comparison_note(comparison, arena,
                    "of load.streams %llu a connection carried %llu requests at a time for the "
                    "baseline, %llu for the candidate, since the service allows no more%s",
                    (unsigned long long)cand.streams, (unsigned long long)base.streams_allowed,
                    (unsigned long long)cand.streams_allowed,
                    is_closed && differ ? ": in a closed loop the two had another load" : "");
    return true;
}

static bool is_silent(const struct record_scenario *record, enum side side, enum phase phase)
{
    const struct record_trial *trial = record->trials[side][phase];
    return record->trial_count[side][phase] > 0 && !trial->tool && !trial->engine.is_known;
}

static bool says_nothing(const struct record_scenario *record, enum side side)
{
    return !record->is_gotest &&
           (is_silent(record, side, PHASE_STEADY) || is_silent(record, side, PHASE_DUET));
}

/* Where neither side says it, an older memgate took both. */
static void note_unknown(struct comparison *comparison, struct arena *arena)
{
    bool base = says_nothing(comparison->record, SIDE_BASE);
    bool cand = says_nothing(comparison->record, SIDE_CAND);
    if (base == cand)
        return;
    comparison_note(comparison, arena,
                    "connections and streams of the %s's load were not recorded: whether both "
                    "sides had the same is not known",
                    side_name(base ? SIDE_BASE : SIDE_CAND));
}

void engine_note(struct comparison *comparison, struct arena *arena,
                 const struct comparison_source sources[SIDES])
{
    note_unknown(comparison, arena);
    if (!note_streams(comparison, arena, PHASE_STEADY))
        (void)note_streams(comparison, arena, PHASE_DUET);
    note_busy_engine(comparison, arena);
    note_busy_tool(comparison, arena, sources);
}
