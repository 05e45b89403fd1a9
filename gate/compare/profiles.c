#include "gate/compare/comparison.h"

#include <math.h>

#include "gate/compare/alone.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/snapshots.h"
#include "gate/compare/validity.h"

/* Plain profile files in place of the trials of a recording. */
struct plain {
    struct arena *arena;
    struct comparison *comparison;
    const struct comparison_profiles *sides;
    struct trial_fold *folds[SIDES];
};

/* A file with the side it stands on. */
struct plain_file {
    const struct comparison_profile *file;
    const struct fold *fold;
};

static struct plain_file file_at(const struct plain *plain, enum side side, size_t i)
{
    return (struct plain_file){&plain->sides[side].items[i], &plain->folds[side][i].alloc};
}

/* Go's heap?seconds=N sets a duration; a profile since the start of the process has none. */
static bool is_delta(const struct plain_file *at)
{
    return at->file->profile->duration_ns > 0;
}

static double seconds_of(const struct plain_file *at)
{
    return (double)at->file->profile->duration_ns / 1e9;
}

/* Go's runtime/pprof, and the legacy formats: bytes allocated between two samples. */
static bool counts_bytes(const struct profile *profile)
{
    return str_equal(profile->period_type.type, STR("space")) &&
           str_equal(profile->period_type.unit, STR("bytes"));
}

static void check_file(struct plain *plain, const struct plain_file *at)
{
    struct comparison *out = plain->comparison;
    struct str name = at->file->name;
    const struct fold *fold = at->fold;
    if (validity_is_off(fold->period)) {
        comparison_invalid(out, plain->arena,
                           "%.*s: heap profiling is off (period %lld); start the program without "
                           "GODEBUG=memprofilerate=0 and runtime.MemProfileRate = 0",
                           STR_ARGS(name), (long long)fold->period);
    } else if (!counts_bytes(at->file->profile)) {
        const struct profile_type *type = &at->file->profile->period_type;
        comparison_invalid(out, plain->arena,
                           "%.*s: its period is of \"%.*s\" in \"%.*s\", that of a heap profile is "
                           "of \"space\" in \"bytes\": nobody knows how it was sampled; give the "
                           "profile as Go wrote it",
                           STR_ARGS(name), STR_ARGS(type->type), STR_ARGS(type->unit));
    } else if (validity_is_negative(fold, HEAP_ALLOC_SPACE + 1)) {
        comparison_invalid(out, plain->arena,
                           "%.*s: heap profile has negative values, as a difference of two has "
                           "(pprof -base); give the two profiles themselves",
                           STR_ARGS(name));
    } else if (fold->total[HEAP_ALLOC_SPACE] + fold->excluded[HEAP_ALLOC_SPACE] <= 0) {
        comparison_invalid(out, plain->arena,
                           "%.*s: the heap profile is empty; take it after the load, when memory "
                           "was allocated",
                           STR_ARGS(name));
    }
}

static void check_period(struct plain *plain, const struct plain_file *first,
                         const struct plain_file *other)
{
    if (first->fold->period == other->fold->period)
        return;
    comparison_invalid(plain->comparison, plain->arena,
                       "profile periods differ: %.*s has %lld, %.*s has %lld; take all of them "
                       "with the same GODEBUG=memprofilerate",
                       STR_ARGS(first->file->name), (long long)first->fold->period,
                       STR_ARGS(other->file->name), (long long)other->fold->period);
}

static struct str span_of(struct arena *arena, const struct plain_file *at)
{
    if (!is_delta(at))
        return STR("counts since the start of its process");
    return str_format(arena, "is a difference over %.1f s", seconds_of(at));
}

/* Over other times the work is not the same, unless the requests say how much it was. */
static void check_span(struct plain *plain, const struct plain_file *first,
                       const struct plain_file *other)
{
    /* The handler's timer and its second profile take their time. */
    double slack = 0.25 + 0.05 * seconds_of(first);
    double gap = fabs(seconds_of(first) - seconds_of(other));
    bool is_alike =
        is_delta(first) == is_delta(other) && (other->file->request_count > 0 || gap <= slack);
    if (is_alike)
        return;
    struct str spans[] = {span_of(plain->arena, first), span_of(plain->arena, other)};
    comparison_invalid(plain->comparison, plain->arena,
                       "profiles do not cover the same: %.*s %.*s, %.*s %.*s; take all of them "
                       "alike%s",
                       STR_ARGS(first->file->name), STR_ARGS(spans[0]), STR_ARGS(other->file->name),
                       STR_ARGS(spans[1]),
                       is_delta(first) && is_delta(other)
                           ? ", or say with --requests how many requests each covers"
                           : "");
}

/*
 * A profile since the start of the process has the start-up in it, which
 * no request asked for: over other numbers of requests the same program has
 * another value per request.
 */
static void check_requests(struct plain *plain, const struct plain_file *first,
                           const struct plain_file *other)
{
    double counts[] = {first->file->request_count, other->file->request_count};
    if (is_delta(first) || is_delta(other) || fabs(counts[0] - counts[1]) < 0.5)
        return;
    comparison_invalid(plain->comparison, plain->arena,
                       "profiles that count since the start of their process cover other numbers "
                       "of requests: %.*s %.0f, %.*s %.0f; the start-up in them would count as "
                       "more per request where there are fewer; send as many to each, or take "
                       "differences with heap?seconds=N",
                       STR_ARGS(first->file->name), counts[0], STR_ARGS(other->file->name),
                       counts[1]);
}

/* One complaint of each kind says what is wrong; a thousand files would say it a thousand times. */
static void check_files(struct plain *plain)
{
    typedef void (*pair_check)(struct plain *plain, const struct plain_file *first,
                               const struct plain_file *other);
    static const pair_check pair_checks[] = {check_period, check_span, check_requests};
    struct plain_file first = file_at(plain, comparison_first_side(plain->comparison), 0);
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < plain->sides[side].len; i++) {
            struct plain_file other = file_at(plain, (enum side)side, i);
            check_file(plain, &other);
        }
    }
    for (size_t c = 0; c < ARRAY_LEN(pair_checks); c++) {
        size_t said = plain->comparison->invalid_count;
        for (int side = 0; side < SIDES; side++) {
            for (size_t i = 0; i < plain->sides[side].len; i++) {
                struct plain_file other = file_at(plain, (enum side)side, i);
                if (plain->comparison->invalid_count == said)
                    pair_checks[c](plain, &first, &other);
            }
        }
    }
}

static void refuse_snapshots(struct plain *plain, const struct comparison_profile *earlier,
                             const struct comparison_profile *later)
{
    comparison_invalid(plain->comparison, plain->arena,
                       "%.*s holds all that %.*s does: they are snapshots of one process, which "
                       "count from its start and are no independent evidence; give the last, and "
                       "more profiles of other processes",
                       STR_ARGS(later->name), STR_ARGS(earlier->name));
}

/* One pair is enough to say it. */
static void check_snapshots(struct plain *plain, const struct comparison_profiles *side)
{
    struct heap_snapshot *snapshots = ARENA_ARRAY(plain->arena, struct heap_snapshot, side->len);
    for (size_t i = 0; i < side->len; i++) {
        const struct comparison_profile *item = &side->items[i];
        if (item->profile->duration_ns > 0)
            continue;
        snapshots[i] = heap_snapshot_of(plain->arena, item->profile);
        for (size_t k = 0; k < i; k++) {
            bool is_later = heap_snapshot_continues(&snapshots[i], &snapshots[k]);
            if (!is_later && !heap_snapshot_continues(&snapshots[k], &snapshots[i]))
                continue;
            refuse_snapshots(plain, is_later ? &side->items[k] : item,
                             is_later ? item : &side->items[k]);
            return;
        }
    }
}

/* "objects/count space/bytes": what a profile has in place of what is wanted. */
static struct str types_text(struct arena *arena, const struct profile *profile)
{
    struct str out = STR("no sample types");
    for (size_t i = 0; i < profile->type_count; i++) {
        const struct profile_type *type = &profile->types[i];
        out = str_format(arena, "%.*s%s%.*s/%.*s", i ? (int)out.len : 0, out.data, i ? " " : "",
                         STR_ARGS(type->type), STR_ARGS(type->unit));
    }
    return out;
}

static enum status refuse_type(struct arena *arena, const struct comparison_profile *file,
                               struct err *err)
{
    struct str types = types_text(arena, file->profile);
    return err_set(
        err, STATUS_FORMAT,
        "%.*s is not a heap profile of allocations: it has %.*s, not alloc_objects/count "
        "alloc_space/bytes inuse_objects/count inuse_space/bytes; take it from "
        "/debug/pprof/heap or allocs, or with go test -memprofile",
        STR_ARGS(file->name), STR_ARGS(types));
}

static enum status check_types(struct arena *arena, const struct comparison_profile *file,
                               struct err *err)
{
    static const char *const wanted[][2] = {{"alloc_objects", "count"},
                                            {"alloc_space", "bytes"},
                                            {"inuse_objects", "count"},
                                            {"inuse_space", "bytes"}};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        int at = profile_type_index(file->profile, wanted[i][0]);
        if (at < 0 || !str_equal_text(file->profile->types[at].unit, wanted[i][1]))
            return refuse_type(arena, file, err);
    }
    return STATUS_OK;
}

static enum status fold_file(struct trial_fold *out, struct plain *plain, struct intern *names,
                             const struct comparison_profiles *side,
                             const struct comparison_profile *file, struct err *err)
{
    struct runtime_table runtime = {0};
    struct fold fold = {0};
    struct fold_options options = {.runtime = &runtime,
                                   .targets = side->targets,
                                   .module = side->program.module,
                                   .has_variances = true};
    if (check_types(plain->arena, file, err))
        return err->status;
    if (runtime_table_open(&runtime, plain->arena, side->program.go_version, err) ||
        fold_heap(&fold, plain->arena, names, file->profile, &options, err))
        return err_wrap(err, "%.*s", STR_ARGS(file->name));
    *out = (struct trial_fold){
        .alloc = fold,
        .end = fold,
        .request_count = plain->comparison->is_per_profile ? 1 : file->request_count,
    };
    return STATUS_OK;
}

static enum status fold_side(struct ledger_side *out, struct plain *plain, struct intern *names,
                             enum side side, struct err *err)
{
    const struct comparison_profiles *from = &plain->sides[side];
    *out = ledger_side_of(&from->program);
    out->trials = ARENA_ARRAY(plain->arena, struct trial_fold, from->len);
    plain->folds[side] = out->trials;
    for (; out->len < from->len; out->len++) {
        if (fold_file(&out->trials[out->len], plain, names, from, &from->items[out->len], err))
            return err->status;
    }
    return STATUS_OK;
}

static bool knows_requests(const struct comparison_profiles sides[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < sides[side].len; i++) {
            if (!(sides[side].items[i].request_count > 0))
                return false;
        }
    }
    return true;
}

/* Limits over the whole load ("8MiB") are of as many requests as a profile of the candidate has. */
static uint64_t load_of(const struct comparison_profiles *side)
{
    double sum = 0;
    for (size_t i = 0; i < side->len; i++)
        sum += side->items[i].request_count;
    return (uint64_t)(sum / (double)side->len);
}

static void note_files(const struct plain *plain)
{
    size_t counts[SIDES] = {plain->sides[SIDE_BASE].len, plain->sides[SIDE_CAND].len};
    bool is_alone = plain->comparison->alone.len > 0;
    bool is_exact = plain->folds[SIDE_CAND][0].alloc.period == 1;
    if (!is_alone && is_exact && (counts[SIDE_BASE] == 1) != (counts[SIDE_CAND] == 1)) {
        comparison_note(plain->comparison, plain->arena,
                        "at period 1 one profile of a side and several of the other give no "
                        "interval: give one of each side, or two or more of each");
    }
    if (is_alone && counts[SIDE_CAND] > 1) {
        comparison_note(plain->comparison, plain->arena, "values are means over %zu profiles",
                        counts[SIDE_CAND]);
    } else if (counts[SIDE_BASE] > 1 || counts[SIDE_CAND] > 1) {
        comparison_note(plain->comparison, plain->arena,
                        "values are means over the profiles: %zu of the baseline, %zu of the "
                        "candidate",
                        counts[SIDE_BASE], counts[SIDE_CAND]);
    }
    if (plain->comparison->is_per_profile) {
        comparison_note(plain->comparison, plain->arena,
                        "values are of whole profiles%s; --requests gives values per request",
                        is_alone ? "" : ", taken to be of the same work");
    }
}

enum status comparison_of_profiles(struct comparison *out, struct arena *arena,
                                   const struct comparison_profiles sides[SIDES],
                                   const struct pair_hints *hints, struct err *err)
{
    struct ledger_side ledger_sides[SIDES];
    struct intern names;
    struct plain plain = {.arena = arena, .comparison = out, .sides = sides};
    struct record_scenario *record = ARENA_NEW(arena, struct record_scenario);
    enum status status = STATUS_OK;
    *out = (struct comparison){
        .scenario = STR("profiles"), .record = record, .is_per_profile = !knows_requests(sides)};
    if (!out->is_per_profile)
        record->load_count = load_of(&sides[SIDE_CAND]);
    if (sides[SIDE_BASE].len == 0)
        record->alone = out->alone = STR(RECORD_ALONE_ASKED);
    enum side first = comparison_first_side(out);
    intern_init(&names, arena);
    for (enum side side = first; side < SIDES && status == STATUS_OK; side++) {
        record->programs[side] = sides[side].program;
        status = fold_side(&ledger_sides[side], &plain, &names, side, err);
        if (status)
            (void)err_wrap(err, "%s", side_name(side));
    }
    ledger_sides[SIDE_BASE] = ledger_sides[first];
    if (status == STATUS_OK) {
        check_files(&plain);
        for (int side = 0; side < SIDES; side++)
            check_snapshots(&plain, &sides[side]);
        note_files(&plain);
        heap_rows_add(out, arena, &names, ledger_sides, hints);
        if (out->alone.len > 0)
            alone_strip(out, arena);
    }
    intern_release(&names);
    return status;
}

enum unit comparison_unit(const struct comparison *comparison, enum metric metric)
{
    return comparison_row_unit(
        &(struct comparison_row){.metric = metric, .is_per_profile = comparison->is_per_profile});
}

enum unit comparison_row_unit(const struct comparison_row *row)
{
    enum unit unit = metric_unit(row->metric);
    if (!row->is_per_profile)
        return unit;
    if (unit == UNIT_BYTES_PER_REQUEST)
        return UNIT_BYTES;
    return unit == UNIT_COUNT_PER_REQUEST ? UNIT_COUNT : unit;
}
