#include "gate/compare/cost_rows.h"

#include <math.h>

#include "gate/base/num.h"
#include "gate/compare/cost_table.h"
#include "gate/compare/heap_rows.h"
#include "gate/compare/pair_name.h"
#include "gate/compare/sources.h"
#include "gate/compare/validity.h"
#include "gate/stats/share.h"
#include "gate/stats/waits.h"

/* Growth of less than this share of the whole is nobody's. */
#define CULPRIT_SHARE_MIN 0.02

/* How the number of one trial follows from what was counted at its points. */
enum cost_reading { COST_SHARE, COST_PER_REQUEST, COST_AT_POINT, COST_GROWTH };

struct cost_metric {
    enum metric metric;
    enum cost_reading reading;
    enum point point;
    size_t column;
    bool whole_only; /* no rows of single functions */
};

struct cost_kind {
    const char *turned_on_by; /* what a service must call; NULL: it is always there */
    const struct cost_metric *metrics;
    size_t metric_count;
    struct cost_options options;
    enum profile_kind kind;
    bool has_warm;
};

static const struct cost_metric cpu_metrics[] = {
    {METRIC_CPU_PROFILE, COST_SHARE, POINT_END, 0, false},
};
static const struct cost_metric block_metrics[] = {
    {METRIC_BLOCK_DELAY, COST_PER_REQUEST, POINT_END, 1, false},
    {METRIC_BLOCK_CONTENTIONS, COST_PER_REQUEST, POINT_END, 0, false},
};
static const struct cost_metric mutex_metrics[] = {
    {METRIC_MUTEX_DELAY, COST_PER_REQUEST, POINT_END, 1, false},
    {METRIC_MUTEX_CONTENTIONS, COST_PER_REQUEST, POINT_END, 0, false},
};
static const struct cost_metric goroutine_metrics[] = {
    {METRIC_GOROUTINES, COST_AT_POINT, POINT_WARM, 0, true},
    {METRIC_GOROUTINES, COST_AT_POINT, POINT_END, 0, false},
    {METRIC_GOROUTINE_GROWTH, COST_GROWTH, POINT_END, 0, false},
};

static const struct cost_kind cost_kinds[] = {
    {.kind = PROFILE_KIND_CPU,
     .options = {.columns = {"samples", NULL}},
     .metrics = cpu_metrics,
     .metric_count = ARRAY_LEN(cpu_metrics)},
    {.kind = PROFILE_KIND_BLOCK,
     .options = {.columns = {"contentions", "delay"}},
     .has_warm = true,
     .turned_on_by = "runtime.SetBlockProfileRate",
     .metrics = block_metrics,
     .metric_count = ARRAY_LEN(block_metrics)},
    {.kind = PROFILE_KIND_MUTEX,
     .options = {.columns = {"contentions", "delay"}},
     .has_warm = true,
     .turned_on_by = "runtime.SetMutexProfileFraction",
     .metrics = mutex_metrics,
     .metric_count = ARRAY_LEN(mutex_metrics)},
    {.kind = PROFILE_KIND_GOROUTINE,
     .options = {.columns = {"goroutine", NULL}, .by_start = true},
     .has_warm = true,
     .metrics = goroutine_metrics,
     .metric_count = ARRAY_LEN(goroutine_metrics)},
};

/*
 * Whether an empty profile means that nothing waited: mutex profiles alone
 * can tell, and only where every wait is recorded. What is said of several
 * trials is the least of them.
 */
enum looked { LOOKED_NOT, LOOKED_UNKNOWN, LOOKED_PARTLY, LOOKED };

/* One kind of profile while its rows are made. */
struct cost_maker {
    struct comparison *comparison;
    struct arena *arena;
    struct intern *names;
    const struct cost_kind *kind;
    struct cost_side sides[SIDES];
    struct cost_table table;
    double *numbers[SIDES]; /* scratch, one per trial */
    struct share_count *shares;
    enum looked looked[SIDES]; /* of sides whose profile is empty */
    struct str doubt;
};

static enum status fold_point(struct costs *out, const struct cost_maker *maker,
                              const struct trial_place *place, enum point point, struct err *err)
{
    struct profile profile = {0};
    struct arena scratch;
    struct cost_options options = maker->kind->options;
    enum profile_kind kind = maker->kind->kind;
    options.module = maker->comparison->record->programs[place->side].module;
    arena_init(&scratch);
    enum status status =
        kind == PROFILE_KIND_CPU
            ? recording_cpu_profile(&profile, &scratch, place->recording, place->key, err)
            : recording_snapshot(&profile, &scratch, place->recording, place->key,
                                 (struct snapshot){kind, point}, err);
    if (status == STATUS_OK)
        status = costs_fold(out, maker->arena, maker->names, &profile, &options, err);
    arena_release(&scratch);
    return status;
}

static enum status read_trial(struct cost_trial *out, const struct cost_maker *maker,
                              const struct trial_place *place, const struct record_trial *trial,
                              struct err *err)
{
    out->request_count = (double)trial->request_count;
    out->cpu_ns = (double)trial->cpu_ns;
    if (maker->kind->has_warm && fold_point(&out->warm, maker, place, POINT_WARM, err))
        return err->status;
    return fold_point(&out->end, maker, place, POINT_END, err);
}

static enum status look(enum looked *out, const struct cost_maker *maker,
                        const struct trial_place *place, struct err *err)
{
    uint64_t period = 0;
    *out = LOOKED_UNKNOWN;
    if (maker->kind->kind != PROFILE_KIND_MUTEX)
        return STATUS_OK;
    enum status status = recording_mutex_period(&period, place->recording, place->key, err);
    if (status == STATUS_OK)
        *out = period > 1 ? LOOKED_PARTLY : period == 1 ? LOOKED : LOOKED_NOT;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Where none was asked for nobody need be told; a rule that wants one still says so. */
static void refuse(struct cost_maker *maker, struct str why, bool noted)
{
    enum profile_kind kind = maker->kind->kind;
    maker->comparison->profile_refusals[kind] = why;
    if (noted) {
        comparison_note(maker->comparison, maker->arena, "%s profiles are not compared: %.*s",
                        profile_kind_spoken(kind), STR_ARGS(why));
    }
}

/* A side that cannot be read to its end leaves its refusal set. */
static enum status read_side(struct cost_maker *maker, const struct comparison_source *source,
                             enum side side, struct err *err)
{
    const struct record_scenario *record = maker->comparison->record;
    size_t count = record->trial_count[side][PHASE_STEADY];
    struct cost_trial *trials = ARENA_ARRAY(maker->arena, struct cost_trial, count);
    maker->sides[side] = (struct cost_side){trials, count, &record->programs[side]};
    maker->looked[side] = LOOKED;
    for (size_t t = 0; t < count; t++) {
        const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
        struct trial_place place = source_trial(source, side, PHASE_STEADY, trial->number);
        enum status status = read_trial(&trials[t], maker, &place, trial, err);
        if (status == STATUS_NOT_FOUND || status == STATUS_CHILD) {
            struct str where = trial_place_text(maker->arena, record, &place);
            struct str why = str_format(maker->arena, "%.*s: %s", STR_ARGS(where), err->text);
            refuse(maker, why, status == STATUS_CHILD);
            return STATUS_OK;
        }
        enum looked looked = LOOKED_UNKNOWN;
        if (status == STATUS_OK && trials[t].end.samples == 0)
            status = look(&looked, maker, &place, err);
        if (status != STATUS_OK)
            return err_wrap(err, "%.*s", STR_ARGS(trial_place_text(maker->arena, record, &place)));
        if (looked < maker->looked[side])
            maker->looked[side] = looked;
    }
    return STATUS_OK;
}

static bool is_refused(const struct cost_maker *maker)
{
    return maker->comparison->profile_refusals[maker->kind->kind].len > 0;
}

static bool is_empty(const struct cost_side *side)
{
    for (size_t t = 0; t < side->len; t++) {
        if (side->trials[t].end.samples > 0)
            return false;
    }
    return true;
}

/* Behind "the mutex profile is empty on both sides: ". */
static struct str why_empty(const struct cost_maker *maker, bool base)
{
    const char *call = maker->kind->turned_on_by;
    const char *kind = profile_kind_spoken(maker->kind->kind);
    if (maker->looked[SIDE_CAND] == LOOKED_PARTLY)
        return str_format(maker->arena, "it records only some of the waits (%s above 1)", call);
    if (maker->looked[SIDE_CAND] == LOOKED_NOT) {
        return str_format(maker->arena, "%s profiling is off, since the service %s %s", kind,
                          base ? "does not call" : "no longer calls", call);
    }
    return base
               ? str_format(maker->arena, "the service does not call %s, or nothing waited", call)
               : str_format(maker->arena, "it no longer calls %s, or nothing waits any more", call);
}

/* The candidate has a profile; all that is in it looks new. */
static void note_empty_base(struct cost_maker *maker)
{
    const char *name = profile_kind_spoken(maker->kind->kind);
    const char *call = maker->kind->turned_on_by;
    if (maker->looked[SIDE_BASE] == LOOKED)
        return;
    static const char *const whys[] = {
        [LOOKED_NOT] = "only the candidate calls",
        [LOOKED_UNKNOWN] = "nothing waited there, or only the candidate calls",
        [LOOKED_PARTLY] = "only some of its waits are recorded, by",
    };
    comparison_note(maker->comparison, maker->arena,
                    "the %s profile of the baseline is empty: %s %s", name,
                    whys[maker->looked[SIDE_BASE]], call);
}

/*
 * An empty profile may say that nobody waited, or that nobody looked. On
 * the candidate it could hide what a rule is there for; on the baseline
 * alone it makes all that the candidate has look new, which is said.
 */
static void doubt_empty(struct cost_maker *maker)
{
    bool base = is_empty(&maker->sides[SIDE_BASE]);
    bool cand = is_empty(&maker->sides[SIDE_CAND]);
    if (!maker->kind->turned_on_by)
        return;
    if (base && !cand)
        note_empty_base(maker);
    if (!cand || maker->looked[SIDE_CAND] == LOOKED)
        return;
    struct str why = why_empty(maker, base);
    const char *where = base ? "is empty on both sides" : "of the candidate is empty";
    if (maker->comparison->alone.len > 0)
        where = "is empty";
    maker->doubt = str_format(maker->arena, "the %s profile %s: %.*s",
                              profile_kind_spoken(maker->kind->kind), where, STR_ARGS(why));
    comparison_note(maker->comparison, maker->arena, "%.*s", STR_ARGS(maker->doubt));
}

static double number_of(const struct cost_maker *maker, const struct cost_function *function,
                        const struct cost_metric *what, enum side side, size_t trial)
{
    const struct cost_table *table = &maker->table;
    double requests = maker->sides[side].trials[trial].request_count;
    double end = cost_table_value(table, function, side, trial, POINT_END, what->column);
    double warm = cost_table_value(table, function, side, trial, POINT_WARM, what->column);
    if (what->reading == COST_AT_POINT)
        return what->point == POINT_WARM ? warm : end;
    double grown = end - warm;
    return what->reading == COST_GROWTH ? grown * 1000 / requests : grown / requests;
}

static struct samples samples_of(const struct cost_maker *maker,
                                 const struct cost_function *function,
                                 const struct cost_metric *what, enum side side)
{
    size_t count = maker->sides[side].len;
    for (size_t t = 0; t < count; t++)
        maker->numbers[side][t] = number_of(maker, function, what, side, t);
    return (struct samples){maker->numbers[side], count};
}

static struct interval cpu_interval(const struct cost_maker *maker,
                                    const struct cost_function *function, enum side side)
{
    const struct cost_side *trials = &maker->sides[side];
    for (size_t t = 0; t < trials->len; t++) {
        const struct cost_trial *trial = &trials->trials[t];
        double part = cost_table_value(&maker->table, function, side, t, POINT_END, 0);
        double whole = (double)trial->end.total[0] + (double)trial->end.excluded[0];
        maker->shares[t] = (struct share_count){part, whole};
        maker->numbers[side][t] = trial->cpu_ns / trial->request_count;
    }
    struct interval cpu = interval_of_positive((struct samples){maker->numbers[side], trials->len});
    return interval_product(cpu, share_interval(maker->shares, trials->len));
}

static struct estimate estimate_cpu(const struct cost_maker *maker,
                                    const struct cost_function *function)
{
    struct estimate out = estimate_of_intervals(cpu_interval(maker, function, SIDE_BASE),
                                                cpu_interval(maker, function, SIDE_CAND), true);
    out.base_count = (uint32_t)maker->sides[SIDE_BASE].len;
    out.cand_count = (uint32_t)maker->sides[SIDE_CAND].len;
    return out;
}

/* What one goroutine more is in the unit of the metric: with the fewest requests of a trial, most. */
static double step_of(const struct cost_maker *maker, const struct cost_metric *what)
{
    double step = 0;
    if (what->reading == COST_AT_POINT)
        return 1;
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < maker->sides[side].len; t++)
            step = fmax(step, 1000 / maker->sides[side].trials[t].request_count);
    }
    return step;
}

static struct estimate estimate_one(const struct cost_maker *maker,
                                    const struct cost_function *function,
                                    const struct cost_metric *what)
{
    if (what->reading == COST_SHARE)
        return estimate_cpu(maker, function);
    struct samples base = samples_of(maker, function, what, SIDE_BASE);
    struct samples cand = samples_of(maker, function, what, SIDE_CAND);
    return what->reading == COST_PER_REQUEST ? estimate_of_waits(base, cand)
                                             : estimate_of_counts(base, cand, step_of(maker, what));
}

static void name_row(struct comparison_row *out, const struct cost_maker *maker,
                     const struct cost_function *function)
{
    struct name_id base = function->func[SIDE_BASE];
    struct name_id cand = function->func[SIDE_CAND];
    struct str base_name = intern_text(maker->names, base);
    struct str module = maker->comparison->record->programs[SIDE_CAND].module;
    struct str file = intern_text(maker->names, function->file);
    struct str own = name_module_file(file, module);
    out->func = cand.v ? intern_text(maker->names, cand) : base_name;
    out->key = intern_text(maker->names, function->key);
    out->normal = name_normal(out->key, maker->arena);
    out->package = name_package(out->func);
    out->file = own.len ? own : file;
    out->line = function->line;
    out->is_charged = cost_function_is_charged(function);
    if (base.v && cand.v &&
        !str_equal(pair_key(maker->arena, base_name), pair_key(maker->arena, out->func)))
        out->base_func = base_name;
}

/* Samples of the program on a side, which say what the shares are worth. */
static void count_samples(struct comparison_row *out, const struct cost_maker *maker)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < maker->sides[side].len; t++)
            out->samples[side] += (uint64_t)maker->sides[side].trials[t].end.total[0];
    }
}

static void add_culprit(struct comparison_row *whole, const struct cost_maker *maker,
                        const struct comparison_row *row)
{
    size_t at = whole->culprit_count < CULPRITS_MAX ? whole->culprit_count++ : CULPRITS_MAX;
    for (; at > 0 && whole->culprits[at - 1].delta < row->estimate.delta; at--) {
        if (at < CULPRITS_MAX)
            whole->culprits[at] = whole->culprits[at - 1];
    }
    if (at == CULPRITS_MAX)
        return;
    whole->culprits[at] = (struct culprit){
        .func = row->func,
        .short_name = name_short(row->func, maker->arena),
        .file = row->file,
        .line = row->line,
        .delta = row->estimate.delta,
    };
}

static void make_function(struct comparison_row *whole, const struct cost_maker *maker,
                          const struct cost_function *function, const struct cost_metric *what)
{
    struct comparison_row row = {
        .metric = what->metric,
        .point = what->point,
        .level = ROW_FUNCTION,
        .phase = PHASE_STEADY,
        .estimate = estimate_one(maker, function, what),
    };
    double base = row.estimate.base;
    double cand = row.estimate.cand;
    if (base <= 0 && cand <= 0)
        return;
    name_row(&row, maker, function);
    row.is_new = base <= 0;
    row.is_gone = cand <= 0;
    row.cand_share = num_ratio(cand, whole->estimate.cand);
    if (what->reading == COST_SHARE)
        count_samples(&row, maker);
    if (!row.is_charged && row.estimate.delta > 0 &&
        row.estimate.delta >= CULPRIT_SHARE_MIN * whole->estimate.delta)
        add_culprit(whole, maker, &row);
    if (!what->whole_only)
        comparison_row_add(maker->comparison, maker->arena, &row);
}

/* The whole scenario's row stands before those of its functions, but is known behind them. */
static void make_metric(const struct cost_maker *maker, const struct cost_metric *what)
{
    struct comparison *comparison = maker->comparison;
    size_t at = comparison->row_count;
    struct comparison_row whole = {
        .metric = what->metric,
        .point = what->point,
        .level = ROW_SCENARIO,
        .phase = PHASE_STEADY,
        .estimate = estimate_one(maker, &maker->table.items[0], what),
        .culprits = ARENA_ARRAY(maker->arena, struct culprit, CULPRITS_MAX),
        .doubt = maker->doubt,
    };
    if (what->reading == COST_SHARE)
        count_samples(&whole, maker);
    comparison_row_add(comparison, maker->arena, &whole);
    for (size_t i = 1; i < maker->table.len && maker->doubt.len == 0; i++)
        make_function(&whole, maker, &maker->table.items[i], what);
    comparison->rows[at] = whole;
}

static void make_rows(struct cost_maker *maker, const struct pair_hints *hints)
{
    size_t most = RECORDING_TRIALS_MAX;
    cost_table_build(&maker->table, maker->arena, maker->names, maker->sides, maker->comparison,
                     hints);
    maker->numbers[SIDE_BASE] = ARENA_ARRAY(maker->arena, double, most);
    maker->numbers[SIDE_CAND] = ARENA_ARRAY(maker->arena, double, most);
    maker->shares = ARENA_ARRAY(maker->arena, struct share_count, most);
    doubt_empty(maker);
    for (size_t i = 0; i < maker->kind->metric_count; i++)
        make_metric(maker, &maker->kind->metrics[i]);
}

static enum status add_kind(struct comparison *comparison, struct arena *arena,
                            const struct cost_kind *kind,
                            const struct comparison_source sources[SIDES],
                            const struct pair_hints *hints, struct err *err)
{
    struct intern names;
    struct cost_maker maker = {
        .comparison = comparison, .arena = arena, .names = &names, .kind = kind};
    enum status status = STATUS_OK;
    intern_init(&names, arena);
    for (int side = 0; side < SIDES && status == STATUS_OK && !is_refused(&maker); side++)
        status = read_side(&maker, &sources[side], (enum side)side, err);
    if (status == STATUS_OK && !is_refused(&maker))
        make_rows(&maker, hints);
    intern_release(&names);
    return status;
}

enum status cost_rows_add(struct comparison *comparison, struct arena *arena,
                          const struct comparison_source sources[SIDES],
                          const struct pair_hints *hints, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(cost_kinds); i++) {
        bool is_of_services = cost_kinds[i].kind != PROFILE_KIND_CPU;
        if (is_of_services && comparison->record->is_gotest)
            continue;
        if (add_kind(comparison, arena, &cost_kinds[i], sources, hints, err))
            return err->status;
    }
    return STATUS_OK;
}
