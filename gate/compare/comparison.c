#include "gate/compare/comparison.h"

#include "gate/base/num.h"
#include "gate/compare/alone.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/service_rows.h"
#include "gate/compare/sources.h"
#include "gate/compare/validity.h"

/* A side's program as fold wants it. */
static struct call_targets targets_of(struct arena *arena, const struct record_program *program)
{
    struct call_targets out = {ARENA_ARRAY(arena, struct call_target, program->target_count + 1),
                               program->target_count, program->target_count};
    for (size_t i = 0; i < program->target_count; i++) {
        const struct record_target *target = &program->targets[i];
        bool hidden = str_equal(target->how, STR(RECORD_TARGET_HIDDEN));
        out.items[i] = (struct call_target){
            .offset = target->offset,
            .symbol = target->symbol,
            .type = target->type,
            .how = hidden ? ALLOC_HOW_CHAIN : ALLOC_HOW_CALL,
        };
    }
    return out;
}

struct loader {
    struct arena *arena;
    const struct comparison_source *sources; /* by side */
    const struct record_scenario *record;
    struct intern *names;
    const struct pair_hints *hints;
    struct fold_options options[SIDES];
    struct trial_check *checks;
    size_t check_count;
    size_t check_cap;
};

static enum status fold_point(struct fold *out, struct loader *loader,
                              const struct trial_place *place, enum point point, struct err *err)
{
    struct profile profile = {0};
    struct arena scratch;
    arena_init(&scratch);
    enum status status =
        recording_profile(&profile, &scratch, place->recording, place->key, point, err);
    if (status == STATUS_OK) {
        status = fold_heap(out, loader->arena, loader->names, &profile,
                           &loader->options[place->side], err);
    }
    arena_release(&scratch);
    return status;
}

static enum status fold_growth(struct trial_fold *out, struct loader *loader,
                               const struct trial_place *place, uint32_t number, struct err *err)
{
    struct profile profile = {0};
    struct arena scratch;
    arena_init(&scratch);
    enum status status =
        recording_growth_profile(&profile, &scratch, place->recording, place->key, number, err);
    if (status == STATUS_OK) {
        status = fold_heap(&out->growth[number - 1], loader->arena, loader->names, &profile,
                           &loader->options[place->side], err);
    }
    arena_release(&scratch);
    return status;
}

/* What is live behind further parts of the load; older recordings have none. */
static enum status load_growth(struct trial_fold *out, struct loader *loader,
                               const struct trial_place *place, struct err *err)
{
    struct record_rows rows = {0};
    struct err none = {0};
    enum status status =
        recording_table(&rows, loader->arena, place->recording, place->key, TABLE_GROWTH, &none);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK) {
        *err = none;
        return status;
    }
    if (rows.len != RECORDING_GROWTH_MAX) {
        return err_set(err, STATUS_FORMAT, "growth.txt has %zu rows, not %d", rows.len,
                       RECORDING_GROWTH_MAX);
    }
    for (uint32_t i = 0; i < RECORDING_GROWTH_MAX; i++) {
        out->growth_requests[i] = (double)record_at(&rows, i, GROWTH_REQUESTS);
        if (fold_growth(out, loader, place, i + 1, err))
            return err->status;
    }
    out->growth_count = rows.len;
    return STATUS_OK;
}

/* TotalAlloc between warm and end. */
static enum status runtime_bytes(double *out, struct arena *arena, const struct trial_place *place,
                                 struct err *err)
{
    struct memstats warm = {0};
    struct memstats end = {0};
    if (recording_memstats(&warm, arena, place->recording, place->key, POINT_WARM, err) ||
        recording_memstats(&end, arena, place->recording, place->key, POINT_END, err))
        return err->status;
    *out = (double)end.total_alloc_bytes - (double)warm.total_alloc_bytes;
    return STATUS_OK;
}

static double benchmark_bytes(const struct record_trial *trial)
{
    double sum = 0;
    for (size_t i = 0; i < trial->benchmark_count; i++)
        sum += trial->benchmarks[i].bytes_per_op * (double)trial->benchmarks[i].iterations;
    return sum;
}

static enum status load_trial(struct trial_fold *out, struct loader *loader, enum side side,
                              const struct record_trial *trial, struct err *err)
{
    struct trial_place place =
        source_trial(&loader->sources[side], side, PHASE_EXACT, trial->number);
    struct trial_check check = {.side = side, .number = trial->number};
    out->request_count = (double)trial->request_count;
    if (fold_point(&out->end, loader, &place, POINT_END, err))
        return err->status;
    check.period = out->end.period;
    check.has_negative = validity_is_negative(&out->end, HEAP_METRICS);
    if (loader->record->is_gotest) {
        out->alloc = out->end;
        out->end = (struct fold){.period = check.period};
        check.benchmark_bytes = benchmark_bytes(trial);
    } else {
        check.has_runtime = true;
        if (fold_point(&out->warm, loader, &place, POINT_WARM, err) ||
            load_growth(out, loader, &place, err) ||
            runtime_bytes(&check.runtime_bytes, loader->arena, &place, err))
            return err->status;
        fold_subtract(&out->alloc, loader->arena, loader->names, &out->end, &out->warm);
        out->has_points = true;
        check.has_negative =
            check.has_negative || validity_is_negative(&out->alloc, HEAP_ALLOC_SPACE + 1);
    }
    check.kept_bytes = (double)out->alloc.total[HEAP_ALLOC_SPACE];
    check.profile_bytes =
        (double)(out->alloc.total[HEAP_ALLOC_SPACE] + out->alloc.excluded[HEAP_ALLOC_SPACE]);
    ARENA_PUSH(loader->arena, loader->checks, loader->check_count, loader->check_cap, check);
    return STATUS_OK;
}

static enum status load_side(struct ledger_side *out, struct loader *loader, enum side side,
                             struct err *err)
{
    const struct record_scenario *record = loader->record;
    size_t count = record->trial_count[side][PHASE_EXACT];
    *out = ledger_side_of(&record->programs[side]);
    out->trials = ARENA_ARRAY(loader->arena, struct trial_fold, count + 1);
    for (size_t t = 0; t < count; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_EXACT][t];
        if (trial->request_count == 0) {
            return err_set(err, STATUS_INVALID, "%s, exact trial %u: no request was counted",
                           side_name(side), trial->number);
        }
        if (load_trial(&out->trials[t], loader, side, trial, err))
            return err_wrap(err, "%s", side_name(side));
        out->len++;
    }
    return STATUS_OK;
}

static void note_toolchain(struct comparison *out, struct arena *arena)
{
    struct str base = out->record->programs[SIDE_BASE].go_version;
    struct str cand = out->record->programs[SIDE_CAND].go_version;
    out->toolchain_changed = !str_equal(base, cand);
    if (out->toolchain_changed) {
        comparison_note(out, arena, "toolchain changed: baseline built by %.*s, candidate by %.*s",
                        STR_ARGS(base), STR_ARGS(cand));
    }
}

/* Adds the rows of all trials of both sides. */
static enum status compare_trials(struct comparison *out, struct loader *loader, struct err *err)
{
    struct ledger_side sides[SIDES] = {0};
    for (enum side side = comparison_first_side(out); side < SIDES; side++) {
        if (load_side(&sides[side], loader, side, err))
            return err->status;
    }
    if (out->alone.len > 0)
        sides[SIDE_BASE] = sides[SIDE_CAND];
    validity_check(out, loader->arena, loader->checks, loader->check_count);
    validity_check_load(out, loader->arena);
    heap_rows_add(out, loader->arena, loader->names, sides, loader->hints);
    return service_rows_add(out, loader->arena, loader->sources, loader->hints, err);
}

enum status comparison_of_sources(struct comparison *out, struct arena *arena,
                                  const struct comparison_source sources[SIDES],
                                  const struct pair_hints *hints, struct err *err)
{
    struct call_targets targets[SIDES];
    struct runtime_table runtime[SIDES];
    struct intern names;
    bool has_trials = sources_join(out, arena, sources);
    note_toolchain(out, arena);
    if (!has_trials) {
        if (out->alone.len > 0)
            alone_strip(out, arena);
        return STATUS_OK;
    }

    for (int side = 0; side < SIDES; side++) {
        if (runtime_table_open(&runtime[side], arena, out->record->programs[side].go_version, err))
            return err->status;
    }
    intern_init(&names, arena);
    struct pair_hints known = sources_hints(sources, hints);
    struct loader loader = {.arena = arena,
                            .sources = sources,
                            .record = out->record,
                            .names = &names,
                            .hints = &known};
    for (int side = 0; side < SIDES; side++) {
        targets[side] = targets_of(arena, &out->record->programs[side]);
        loader.options[side] = (struct fold_options){.runtime = &runtime[side],
                                                     .targets = &targets[side],
                                                     .module = out->record->programs[side].module,
                                                     .has_variances = true};
    }
    enum status status = compare_trials(out, &loader, err);
    intern_release(&names);
    if (status == STATUS_OK && out->alone.len > 0)
        alone_strip(out, arena);
    return status;
}

enum status comparison_of(struct comparison *out, struct arena *arena,
                          const struct recording *recording, size_t scenario,
                          const struct pair_hints *hints, struct err *err)
{
    enum side first = record_first_side(&recording->scenarios[scenario]);
    const struct comparison_source sources[SIDES] = {{recording, scenario, first},
                                                     {recording, scenario, SIDE_CAND}};
    return comparison_of_sources(out, arena, sources, hints, err);
}

struct str comparison_why_unmeasured(const struct comparison *comparison, enum metric metric)
{
    enum profile_kind kind = metric_profile(metric);
    if (kind != PROFILE_KIND_HEAP)
        return comparison->profile_refusals[kind];
    if (metric == METRIC_PSS_P95 && comparison->series_refusal.len == 0)
        return comparison->pss_refusal;
    if (metric_needs_series(metric))
        return comparison->series_refusal;
    if (metric == METRIC_HEAP_GOAL && comparison->gc_refusal.len == 0)
        return comparison->gc_goal_refusal;
    if (metric_is_latency(metric))
        return comparison->latency_refusal;
    if (metric == METRIC_GC_PAUSE_P99 && comparison->gc_refusal.len == 0)
        return comparison->gc_pause_refusal;
    return metric_needs_gctrace(metric) ? comparison->gc_refusal : (struct str){"", 0};
}

double comparison_unknown_share(const struct comparison_row *row)
{
    double base = num_ratio(row->unknown[SIDE_BASE], row->whole[SIDE_BASE]);
    double cand = num_ratio(row->unknown[SIDE_CAND], row->whole[SIDE_CAND]);
    return base > cand ? base : cand;
}
