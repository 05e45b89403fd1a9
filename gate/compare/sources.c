#include "gate/compare/sources.h"

#include <math.h>

#include "gate/compare/alone.h"
#include "gate/compare/tool_rows.h"
#include "gate/compare/validity.h"
#include "gate/recording/calibration.h"

static const struct record_scenario *record_of(const struct comparison_source *source)
{
    return &source->recording->scenarios[source->scenario];
}

static const struct record_program *program_of(const struct comparison_source *source)
{
    return &record_of(source)->programs[source->side];
}

struct trial_place source_trial(const struct comparison_source *source, enum side side,
                                enum phase phase, uint32_t number)
{
    struct trial_key key = {source->scenario, source->side, phase, number};
    return (struct trial_place){side, source->recording, key};
}

struct str trial_place_text(struct arena *arena, const struct record_scenario *record,
                            const struct trial_place *place)
{
    return str_format(arena, "%s, %s trial %u", alone_side_name(record, place->side),
                      phase_name(place->key.phase), (unsigned)place->key.number);
}

static void take_side(struct record_scenario *out, const struct comparison_source *source,
                      enum side side)
{
    const struct record_scenario *from = record_of(source);
    out->programs[side] = from->programs[source->side];
    for (int phase = 0; phase < PHASES; phase++) {
        out->trials[side][phase] = from->trials[source->side][phase];
        out->trial_count[side][phase] = from->trial_count[source->side][phase];
    }
}

/* A side of two, taken by itself, is there because somebody asked for it. */
static struct str alone_why(const struct record_scenario *record)
{
    return record->alone.len > 0 ? record->alone : STR(RECORD_ALONE_ASKED);
}

/* The two sides as if they had been recorded together. */
static struct record_scenario *record_both(struct arena *arena,
                                           const struct comparison_source sources[SIDES])
{
    struct record_scenario *out = ARENA_NEW(arena, struct record_scenario);
    out->name = record_of(&sources[SIDE_CAND])->name;
    out->is_gotest = record_of(&sources[SIDE_CAND])->is_gotest;
    out->load_count = record_of(&sources[SIDE_CAND])->load_count;
    out->transport = record_of(&sources[SIDE_CAND])->transport;
    if (alone_is(sources)) {
        out->alone = alone_why(record_of(&sources[SIDE_CAND]));
        out->limits = record_of(&sources[SIDE_CAND])->limits;
        out->failure = record_of(&sources[SIDE_CAND])->failure;
        out->identical = record_of(&sources[SIDE_CAND])->identical;
    }
    for (int side = 0; side < SIDES; side++)
        take_side(out, &sources[side], (enum side)side);
    return out;
}

/* A source that holds nothing to compare: its run failed, or found nothing to measure. */
static void check_complete(struct comparison *out, struct arena *arena,
                           const struct comparison_source sources[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        const struct record_scenario *record = record_of(&sources[side]);
        const char *name = side_name((enum side)side);
        if (record->failure.len) {
            comparison_invalid(out, arena, "%s recording: %.*s", name, STR_ARGS(record->failure));
        } else if (record->identical) {
            comparison_invalid(out, arena,
                               "%s recording: nothing was measured, its binaries were identical; "
                               "record it with --always-measure",
                               name);
        }
    }
}

/* What a tool that runs for a time sends is another number each time. */
static bool loads_agree(const struct comparison_source sources[SIDES])
{
    const struct record_trial *trials[SIDES] = {0};
    uint64_t counts[SIDES];
    for (int side = 0; side < SIDES; side++) {
        const struct record_scenario *record = record_of(&sources[side]);
        counts[side] = record->load_count;
        if (record->trial_count[sources[side].side][PHASE_EXACT] > 0)
            trials[side] = &record->trials[sources[side].side][PHASE_EXACT][0];
    }
    if (counts[SIDE_BASE] == counts[SIDE_CAND])
        return true;
    return trials[SIDE_BASE] && trials[SIDE_CAND] &&
           tool_counts_agree(trials[SIDE_BASE], trials[SIDE_CAND], (double)counts[SIDE_BASE],
                             (double)counts[SIDE_CAND]);
}

/* Of an older recording, which is silent, it is the only one that there was. */
static struct str transport_of(const struct comparison_source *source)
{
    const struct record_scenario *record = record_of(source);
    bool has_tool = record->trial_count[source->side][PHASE_EXACT] > 0 &&
                    record->trials[source->side][PHASE_EXACT][0].tool;
    if (record->transport.len > 0 || record->is_gotest || has_tool)
        return record->transport;
    return STR("HTTP/1.1 over TCP");
}

/* What serving a protocol allocates would be taken for the program's own. */
static void check_same_transport(struct comparison *out, struct arena *arena,
                                 const struct comparison_source sources[SIDES])
{
    struct str base = transport_of(&sources[SIDE_BASE]);
    struct str cand = transport_of(&sources[SIDE_CAND]);
    if (base.len == 0 || cand.len == 0 || str_equal(base, cand))
        return;
    comparison_invalid(out, arena,
                       "the load went over %.*s for the baseline, over %.*s for the candidate",
                       STR_ARGS(base), STR_ARGS(cand));
}

static void check_same_load(struct comparison *out, struct arena *arena,
                            const struct comparison_source sources[SIDES])
{
    static const char *const drivers[] = {"a service", "benchmarks"};
    const struct record_scenario *base = record_of(&sources[SIDE_BASE]);
    const struct record_scenario *cand = record_of(&sources[SIDE_CAND]);
    struct str base_arch = program_of(&sources[SIDE_BASE])->arch;
    struct str cand_arch = program_of(&sources[SIDE_CAND])->arch;
    if (base->is_gotest != cand->is_gotest) {
        comparison_invalid(out, arena, "scenarios differ: baseline measured %s, candidate %s",
                           drivers[base->is_gotest], drivers[cand->is_gotest]);
    }
    if (!loads_agree(sources)) {
        comparison_invalid(out, arena, "load counts differ: baseline %llu requests, candidate %llu",
                           (unsigned long long)base->load_count,
                           (unsigned long long)cand->load_count);
    }
    if (!str_equal(base_arch, cand_arch)) {
        comparison_invalid(out, arena,
                           "architectures differ: baseline built for %.*s, candidate for %.*s",
                           STR_ARGS(base_arch), STR_ARGS(cand_arch));
    }
}

static bool have_same_limits(const struct record_limits *a, const struct record_limits *b)
{
    bool same_cpus = a->cpus <= b->cpus && a->cpus >= b->cpus;
    return same_cpus && a->memory_bytes == b->memory_bytes && str_equal(a->cpuset, b->cpuset);
}

/* A service with less of something is slower, and its collector runs at other times. */
static void check_bounds(struct comparison *out, struct arena *arena,
                         const struct comparison_source sources[SIDES])
{
    const struct record_isolation *base = &sources[SIDE_BASE].recording->environment.isolation;
    const struct record_isolation *cand = &sources[SIDE_CAND].recording->environment.isolation;
    if (!have_same_limits(&record_of(&sources[SIDE_BASE])->limits,
                          &record_of(&sources[SIDE_CAND])->limits))
        comparison_refuse_steady(out, arena, "service.limits were not the same for both sides");
    if (base->network != cand->network || base->process != cand->process) {
        comparison_refuse_steady(out, arena, "--isolate was given for the %s alone",
                                 side_name(base->network ? SIDE_BASE : SIDE_CAND));
    }
}

static struct str quota_text(struct arena *arena, double cpus)
{
    return cpus > 0 ? str_format(arena, "%.3g CPUs", cpus) : STR("none");
}

/* The same CPUs under another quota are another machine. Older recordings do not say. */
static void check_quotas(struct comparison *out, struct arena *arena,
                         const struct record_environment *base,
                         const struct record_environment *cand)
{
    double base_cpus = environment_quota_cpus(base);
    double cand_cpus = environment_quota_cpus(cand);
    if (base->quota.is_known != cand->quota.is_known) {
        comparison_note(out, arena,
                        "the %s recording does not say which CPU quota it ran under: whether both "
                        "had the same is not known",
                        side_name(base->quota.is_known ? SIDE_CAND : SIDE_BASE));
        return;
    }
    /* As the kernel has it, in millionths. */
    if (fabs(base_cpus - cand_cpus) < 1e-6)
        return;
    comparison_refuse_steady(out, arena,
                             "machines differ: the CPU quota was %.*s for the baseline, %.*s for "
                             "the candidate",
                             STR_ARGS(quota_text(arena, base_cpus)),
                             STR_ARGS(quota_text(arena, cand_cpus)));
}

static void check_machines(struct comparison *out, struct arena *arena,
                           const struct comparison_source sources[SIDES])
{
    const struct record_environment *base = &sources[SIDE_BASE].recording->environment;
    const struct record_environment *cand = &sources[SIDE_CAND].recording->environment;
    if (base->pinned != cand->pinned) {
        comparison_refuse_steady(out, arena,
                                 "pinning differs: the load had a CPU of its own only for the %s",
                                 side_name(base->pinned ? SIDE_BASE : SIDE_CAND));
    }
    check_bounds(out, arena, sources);
    check_quotas(out, arena, base, cand);
    if (str_equal(base->cpu_model, cand->cpu_model) && base->cpu_count == cand->cpu_count)
        return;
    comparison_refuse_steady(out, arena,
                             "machines differ: baseline ran on %llu CPUs of \"%.*s\", candidate "
                             "on %llu of \"%.*s\"",
                             (unsigned long long)base->cpu_count, STR_ARGS(base->cpu_model),
                             (unsigned long long)cand->cpu_count, STR_ARGS(cand->cpu_model));
}

/* What is measured, and how, is a matter of the version. Not every recording says its own. */
static void note_versions(struct comparison *out, struct arena *arena,
                          const struct comparison_source sources[SIDES])
{
    struct str base = sources[SIDE_BASE].recording->environment.memgate_version;
    struct str cand = sources[SIDE_CAND].recording->environment.memgate_version;
    if (base.len == 0 || cand.len == 0 || str_equal(base, cand))
        return;
    comparison_note(out, arena,
                    "the baseline was recorded by memgate %.*s, the candidate by %.*s: what the "
                    "two measure may differ; record both with one",
                    STR_ARGS(base), STR_ARGS(cand));
}

/* Two recordings each had a partner of their own: side by side were none of these. */
static void drop_duet(struct comparison *out, struct arena *arena)
{
    struct record_scenario *record = ARENA_NEW(arena, struct record_scenario);
    *record = *out->record;
    if (out->alone.len == 0 && record->trial_count[SIDE_BASE][PHASE_DUET] &&
        record->trial_count[SIDE_CAND][PHASE_DUET]) {
        comparison_note(
            out, arena,
            "latency and CPU time are those of the steady trials: the two recordings' own duets were "
            "not with each other");
    }
    for (int side = 0; side < SIDES; side++)
        record->trial_count[side][PHASE_DUET] = 0;
    out->record = record;
}

static void check_steady_recorded(struct comparison *out, struct arena *arena)
{
    size_t base = out->record->trial_count[SIDE_BASE][PHASE_STEADY];
    size_t cand = out->record->trial_count[SIDE_CAND][PHASE_STEADY];
    if ((base == 0) != (cand == 0)) {
        comparison_refuse_steady(out, arena, "%s: no steady trial was recorded",
                                 side_name(base == 0 ? SIDE_BASE : SIDE_CAND));
    }
}

/* What the harness noted when it recorded; two recordings may say the same. */
static void take_notes(struct comparison *out, struct arena *arena,
                       const struct comparison_source sources[SIDES])
{
    struct str base = record_of(&sources[SIDE_BASE])->notes;
    struct str cand = record_of(&sources[SIDE_CAND])->notes;
    if (base.len)
        comparison_note(out, arena, "%.*s", STR_ARGS(base));
    if (cand.len && !str_equal(base, cand))
        comparison_note(out, arena, "%.*s", STR_ARGS(cand));
}

bool sources_join(struct comparison *out, struct arena *arena,
                  const struct comparison_source sources[SIDES])
{
    const struct record_scenario *base = record_of(&sources[SIDE_BASE]);
    const struct record_scenario *cand = record_of(&sources[SIDE_CAND]);
    *out = (struct comparison){.scenario = cand->name, .record = cand};
    if (alone_is(sources)) {
        out->record = record_both(arena, sources);
        out->alone = out->record->alone;
        drop_duet(out, arena);
        if (str_equal(out->alone, STR(RECORD_ALONE_NEW))) {
            comparison_note(out, arena,
                            "new: no baseline; `max:` rules judge it, and others once it is part "
                            "of the baseline");
        }
        if (str_equal(out->alone, STR(RECORD_ALONE_MISSING))) {
            comparison_note(
                out, arena,
                "no baseline: its tree has not what this scenario builds, and yet it is "
                "not taken for new, since the baseline's policy has it or could not be "
                "read");
        }
    }
    if (base != cand) {
        out->record = record_both(arena, sources);
        check_complete(out, arena, sources);
        check_same_load(out, arena, sources);
        check_same_transport(out, arena, sources);
        check_machines(out, arena, sources);
        note_versions(out, arena, sources);
        drop_duet(out, arena);
    } else if (cand->failure.len > 0) {
        comparison_invalid(out, arena, "%.*s", STR_ARGS(cand->failure));
    }
    check_steady_recorded(out, arena);
    take_notes(out, arena, sources);
    return base->is_gotest == cand->is_gotest && !base->failure.len && !cand->failure.len &&
           !base->identical && !cand->identical;
}

struct pair_hints sources_hints(const struct comparison_source sources[SIDES],
                                const struct pair_hints *hints)
{
    struct pair_hints out = *hints;
    const struct recording *recording = sources[SIDE_CAND].recording;
    if (sources[SIDE_BASE].recording == recording && sources[SIDE_BASE].side == SIDE_BASE &&
        sources[SIDE_CAND].side == SIDE_CAND) {
        out.renames = recording->renames;
        out.rename_count = recording->rename_count;
    }
    return out;
}

void comparison_of_lone(struct comparison *out, struct arena *arena,
                        const struct comparison_source *source, enum side side)
{
    struct record_scenario *record = ARENA_NEW(arena, struct record_scenario);
    record->name = record_of(source)->name;
    record->is_gotest = record_of(source)->is_gotest;
    record->load_count = record_of(source)->load_count;
    record->transport = record_of(source)->transport;
    take_side(record, source, side);
    *out = (struct comparison){.scenario = record->name, .record = record};
    comparison_invalid(
        out, arena, "the %s recording alone holds this scenario: nothing to compare%s",
        side_name(side),
        side == SIDE_CAND ? "; nor is it new, since the policy in the baseline recording has it "
                            "or cannot be read: record the baseline with it"
                          : "; record the candidate with it");
}
