#include "gate/compare/cpu_rows.h"

#include "gate/compare/alone.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/sources.h"
#include "gate/compare/validity.h"
#include "gate/fold/map_cpu.h"
#include "gate/stats/share.h"

/* What the steady trials of one side counted. */
struct cpu_side {
    struct runtime_table runtime; /* of the side's Go release */
    struct share_count map[RECORDING_TRIALS_MAX];
    struct share_count generic[RECORDING_TRIALS_MAX];
    double cpu_per_request[RECORDING_TRIALS_MAX];
    size_t len;
    uint64_t samples;
};

static enum status fold_trial(struct map_cpu *out, const struct trial_place *place,
                              const struct runtime_table *runtime, struct err *err)
{
    struct profile profile = {0};
    struct arena scratch;
    arena_init(&scratch);
    enum status status =
        recording_cpu_profile(&profile, &scratch, place->recording, place->key, err);
    if (status == STATUS_OK)
        status = map_cpu_fold(out, &profile, runtime, err);
    arena_release(&scratch);
    return status;
}

static void take_trial(struct cpu_side *out, const struct map_cpu *counts,
                       const struct record_trial *trial)
{
    double whole = (double)counts->samples;
    out->map[out->len] = (struct share_count){(double)counts->map_samples, whole};
    out->generic[out->len] = (struct share_count){(double)counts->generic_samples, whole};
    out->cpu_per_request[out->len] = (double)trial->cpu_ns / (double)trial->request_count;
    out->samples += (uint64_t)counts->samples;
    out->len++;
}

/* Where none was asked for nobody need be told; a rule that wants one still says so. */
static void refuse(struct comparison *comparison, struct arena *arena, struct str why, bool noted)
{
    comparison->profile_refusals[PROFILE_KIND_CPU] = str_copy(arena, why);
    if (noted)
        comparison_note(comparison, arena, "CPU profiles are not compared: %.*s", STR_ARGS(why));
}

/* A side that cannot be read to its end leaves its refusal set. */
static enum status read_side(struct cpu_side *out, struct comparison *comparison,
                             struct arena *arena, const struct comparison_source *source,
                             enum side side, struct err *err)
{
    const struct record_scenario *record = comparison->record;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        struct map_cpu counts = {0};
        enum status status = fold_trial(&counts, &place, &out->runtime, err);
        if (status == STATUS_NOT_FOUND || status == STATUS_CHILD) {
            struct str where = trial_place_text(arena, record, &place);
            struct str why = str_format(arena, "%.*s: %s", STR_ARGS(where), err->text);
            refuse(comparison, arena, why, status == STATUS_CHILD);
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return err_wrap(err, "%.*s", STR_ARGS(trial_place_text(arena, record, &place)));
        take_trial(out, &counts, trial);
    }
    if (out->samples == 0) {
        struct str why =
            str_format(arena, "%s: no CPU sample was taken; the load is too short or too light",
                       alone_side_name(record, side));
        refuse(comparison, arena, why, true);
    }
    return STATUS_OK;
}

static size_t profiled_trials(const struct comparison *comparison,
                              const struct comparison_source *source, enum side side,
                              const struct runtime_table *runtime)
{
    const struct record_scenario *record = comparison->record;
    size_t count = 0;
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        struct map_cpu counts = {0};
        struct err why = {0};
        count += fold_trial(&counts, &place, runtime, &why) == STATUS_OK;
    }
    return count;
}

/* A profile is taken beside the load and costs it time, which the other side did not pay. */
static void note_one_sided(struct comparison *comparison, struct arena *arena,
                           const struct comparison_source sources[SIDES],
                           const struct cpu_side sides[SIDES])
{
    size_t base =
        profiled_trials(comparison, &sources[SIDE_BASE], SIDE_BASE, &sides[SIDE_BASE].runtime);
    size_t cand =
        profiled_trials(comparison, &sources[SIDE_CAND], SIDE_CAND, &sides[SIDE_CAND].runtime);
    if (base == cand)
        return;
    comparison_note(comparison, arena,
                    "a CPU profile was taken in %zu steady trials of the baseline and in %zu of "
                    "the candidate: the load paid for it there, so CPU and latency are not quite "
                    "alike",
                    base, cand);
}

static struct interval time_of(const struct cpu_side *side)
{
    struct interval cpu = interval_of_positive((struct samples){side->cpu_per_request, side->len});
    return interval_product(cpu, share_interval(side->map, side->len));
}

static void add_row(struct comparison *comparison, struct arena *arena, enum metric metric,
                    const struct cpu_side *sides, struct estimate estimate)
{
    struct comparison_row row = {.metric = metric,
                                 .point = POINT_END,
                                 .level = ROW_SCENARIO,
                                 .phase = PHASE_STEADY,
                                 .estimate = estimate};
    for (int side = 0; side < SIDES; side++)
        row.samples[side] = sides[side].samples;
    row.estimate.base_count = (uint32_t)sides[SIDE_BASE].len;
    row.estimate.cand_count = (uint32_t)sides[SIDE_CAND].len;
    /* One process cannot show how much two of them differ. */
    row.estimate.bounded =
        row.estimate.bounded && sides[SIDE_BASE].len >= 2 && sides[SIDE_CAND].len >= 2;
    comparison_row_add(comparison, arena, &row);
}

static void add_rows(struct comparison *comparison, struct arena *arena,
                     const struct cpu_side sides[SIDES])
{
    const struct cpu_side *base = &sides[SIDE_BASE];
    const struct cpu_side *cand = &sides[SIDE_CAND];
    add_row(comparison, arena, METRIC_MAP_CPU_SHARE, sides,
            estimate_of_intervals(share_interval(base->map, base->len),
                                  share_interval(cand->map, cand->len), false));
    add_row(comparison, arena, METRIC_MAP_CPU, sides,
            estimate_of_intervals(time_of(base), time_of(cand), true));
    add_row(comparison, arena, METRIC_MAP_GENERIC_KEY_SHARE, sides,
            estimate_of_intervals(share_interval(base->generic, base->len),
                                  share_interval(cand->generic, cand->len), false));
}

enum status cpu_rows_add(struct comparison *comparison, struct arena *arena,
                         const struct comparison_source sources[SIDES], struct err *err)
{
    struct cpu_side *sides = ARENA_ARRAY(arena, struct cpu_side, SIDES);
    for (int side = 0; side < SIDES; side++) {
        struct str go_version = comparison->record->programs[side].go_version;
        if (runtime_table_open(&sides[side].runtime, arena, go_version, err))
            return err->status;
    }
    for (int side = 0; side < SIDES && comparison->profile_refusals[PROFILE_KIND_CPU].len == 0;
         side++) {
        if (read_side(&sides[side], comparison, arena, &sources[side], (enum side)side, err))
            return err->status;
    }
    if (comparison->profile_refusals[PROFILE_KIND_CPU].len == 0) {
        add_rows(comparison, arena, sides);
    } else {
        note_one_sided(comparison, arena, sources, sides);
    }
    return STATUS_OK;
}
