#include "gate/compare/heap_rows.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/base/num.h"
#include "gate/compare/alone.h"
#include "gate/compare/culprits.h"
#include "gate/compare/details.h"
#include "gate/compare/moved.h"
#include "gate/compare/sampled_rows.h"
#include "gate/compare/validity.h"

/* Which column is which metric at which point, and at which levels it makes a row. */
struct column_row {
    enum column column;
    enum metric metric;
    enum point point;
    bool needs_points; /* only where the heap was read at warm and end */
    bool whole_only;   /* no rows for single functions, or for kinds */
};

static const struct column_row column_rows[] = {
    {COLUMN_ALLOC_SPACE, METRIC_ALLOC_SPACE, POINT_END, false, false},
    {COLUMN_ALLOC_OBJECTS, METRIC_ALLOC_OBJECTS, POINT_END, false, false},
    {COLUMN_WARM_SPACE, METRIC_INUSE_SPACE, POINT_WARM, true, true},
    {COLUMN_END_SPACE, METRIC_INUSE_SPACE, POINT_END, true, false},
    {COLUMN_WARM_OBJECTS, METRIC_INUSE_OBJECTS, POINT_WARM, true, true},
    {COLUMN_END_OBJECTS, METRIC_INUSE_OBJECTS, POINT_END, true, false},
    {COLUMN_GROWTH_SPACE, METRIC_HEAP_GROWTH, POINT_END, true, false},
};

struct row_maker {
    struct comparison *comparison;
    struct naming naming;
    const struct ledger *ledger;
    const struct ledger_row *whole;   /* the scenario's row */
    const struct ledger_row *unknown; /* the scenario's bytes of no known kind */
    const struct shifts *shifts;
    struct map shifts_to;    /* key -> index of the first shift to it */
    double *scratch[SIDES];  /* trial_max wide */
    double *zeros;           /* the values of a row of which nothing was seen */
    const bool *limits_kind; /* by kind: a rule judges it in single functions */
    struct sampling_rows sampling;
    bool has_points;
};

void comparison_row_add(struct comparison *comparison, struct arena *arena,
                        const struct comparison_row *row)
{
    assert(metric_is_exact(row->metric) || row->phase != PHASE_EXACT);
    /* Capacity is derived: a power of two, grown when the count reaches it. */
    size_t len = comparison->row_count;
    if ((len & (len - 1)) == 0) {
        size_t cap = len;
        comparison->rows =
            arena_grow(arena, comparison->rows, len, &cap, sizeof(*comparison->rows));
    }
    comparison->rows[comparison->row_count++] = *row;
}

static struct estimate estimate_row(const struct row_maker *maker, const struct ledger_row *row,
                                    enum column column)
{
    if (sampled_has(maker->ledger, column))
        return sampled_estimate(&maker->sampling, row, column);
    struct samples base =
        ledger_samples(maker->ledger, row, SIDE_BASE, column, maker->scratch[SIDE_BASE]);
    struct samples cand =
        ledger_samples(maker->ledger, row, SIDE_CAND, column, maker->scratch[SIDE_CAND]);
    struct estimate out = estimate_of(base, cand, ESTIMATE_DIFFERENCE);
    /* A plain file at rate 1 is exact: one reading is the value. */
    if (!maker->has_points && base.len == 1 && cand.len == 1)
        out.bounded = true;
    return out;
}

/* Of the line in the function that the row is about. */
static struct name_id site_file(const struct ledger_site *site)
{
    return site->is_charged ? site->fold.user_file : site->fold.file;
}

/* The line that explains the row, and the library's function where that allocated. */
static void place_function(struct comparison_row *out, const struct naming *naming,
                           const struct ledger_site *guilty)
{
    const struct fold_site *site = &guilty->fold;
    out->op = site->op;
    out->file = naming_file(naming, intern_text(naming->names, site_file(guilty)));
    out->line = guilty->is_charged ? site->user_line : site->line;
    if (guilty->is_charged)
        out->leaf = intern_text(naming->names, site->func);
}

/* Where the function is on the side that the guilty line is not of. */
static void place_other(struct comparison_row *out, const struct naming *naming,
                        const struct ledger_row *function, const struct ledger_site *guilty)
{
    for (int side = 0; side < SIDES; side++) {
        if (function->site_count[side] == 0)
            continue;
        struct name_id file = site_file(&function->sites[side][0]);
        if (!name_equal(file, site_file(guilty)))
            out->other_file = naming_file(naming, intern_text(naming->names, file));
    }
}

/* What the candidate calls the function counts, wherever the guilty line is. */
static const struct ledger_site *naming_site(const struct ledger_row *function,
                                             const struct ledger_site *guilty)
{
    for (size_t i = 0; i < function->site_count[SIDE_CAND]; i++) {
        if (&function->sites[SIDE_CAND][i] == guilty)
            return guilty;
    }
    return function->site_count[SIDE_CAND] > 0 ? function->sites[SIDE_CAND] : guilty;
}

static void name_function(struct comparison_row *out, const struct row_maker *maker,
                          const struct ledger_row *row, enum column column)
{
    const struct naming *naming = &maker->naming;
    const struct ledger_row *function = ledger_function(maker->ledger, row);
    enum alloc_kind kind = row->kind;
    const struct ledger_site *site = row->level == ROW_FUNCTION
                                         ? guilty_site(function, column, &kind)
                                         : guilty_site_of(function, column, kind);
    /* Nothing of the kind was seen: what has no kind may be it. */
    if (!site)
        site = guilty_site_of(function, column, ALLOC_KIND_UNKNOWN);
    out->kind = kind;
    out->key = intern_text(naming->names, row->key);
    out->func = intern_text(naming->names, ledger_site_function(naming_site(function, site)));
    out->normal = name_normal(out->key, naming->arena);
    out->package = name_package(out->func);
    out->is_charged = function->own_site_count == 0;
    place_function(out, naming, site);
    place_other(out, naming, function, site);
    if (function->site_count[SIDE_BASE] > 0) {
        struct name_id raw = ledger_site_function(&function->sites[SIDE_BASE][0]);
        struct str base = intern_text(naming->names, raw);
        /* Most are spelled alike; keys tell those whose closures or type arguments differ alone. */
        if (!str_equal(base, out->func) &&
            !str_equal(pair_key(naming->arena, base), pair_key(naming->arena, out->func)))
            out->base_func = base;
    }
}

/* How the function is spelled; the candidate's spelling comes first. */
static struct str spelling_of(const struct row_maker *maker, const struct ledger_row *function)
{
    enum side side = function->site_count[SIDE_CAND] > 0 ? SIDE_CAND : SIDE_BASE;
    return intern_text(maker->naming.names, ledger_site_function(&function->sites[side][0]));
}

static int order_sources(const void *left, const void *right)
{
    const struct moved_source *a = left;
    const struct moved_source *b = right;
    if (a->amount < b->amount || a->amount > b->amount)
        return a->amount > b->amount ? -1 : 1;
    return str_compare(a->key, b->key);
}

static void find_sources(struct comparison_row *out, const struct row_maker *maker,
                         const struct ledger_row *function, enum column column)
{
    const struct shifts *shifts = maker->shifts;
    uint32_t first = 0;
    if (!map_find(&maker->shifts_to, function->key.v, &first))
        return;
    size_t end = first;
    while (end < shifts->len && shifts->items[end].to == function)
        end++;
    out->sources = ARENA_ARRAY(maker->naming.arena, struct moved_source, end - first);
    for (size_t i = first; i < end; i++) {
        const struct shift *shift = &shifts->items[i];
        out->sources[out->source_count++] = (struct moved_source){
            .key = shift->from_name,
            .func = spelling_of(maker, shift->from),
            .amount = shift->amounts[column],
        };
    }
    qsort(out->sources, out->source_count, sizeof(*out->sources), order_sources);
}

/* What has no kind in the scenario, or in the function that a row is about. */
static void find_unknown(struct comparison_row *out, const struct row_maker *maker,
                         const struct ledger_row *row, enum column column)
{
    const struct ledger *ledger = maker->ledger;
    const struct ledger_row *unknown = maker->unknown;
    const struct ledger_row *whole = maker->whole;
    if (row->level == ROW_FUNCTION || row->level == ROW_FUNCTION_KIND) {
        unknown = ledger_kind_row(ledger, row, ALLOC_KIND_UNKNOWN);
        whole = ledger_function(ledger, row);
    }
    for (int side = 0; side < SIDES; side++) {
        out->whole[side] = ledger_mean(ledger, whole, (enum side)side, column);
        if (unknown)
            out->unknown[side] = ledger_mean(ledger, unknown, (enum side)side, column);
    }
}

/* A kind of which nothing was seen is shown as that only where something may have been missed. */
static bool may_be_missed(const struct comparison_row *row)
{
    if (row->level == ROW_KIND)
        return row->unknown[SIDE_BASE] + row->unknown[SIDE_CAND] > 0;
    return row->level == ROW_FUNCTION_KIND &&
           comparison_unknown_share(row) > COMPARISON_UNKNOWN_SHARE_MAX;
}

/*
 * How far a row fell, 0 below the noise, which in a sampled profile is the
 * spread of the sampling.
 */
static double fall_of(const struct row_maker *maker, const struct ledger_row *row,
                      enum column column)
{
    double base = ledger_mean(maker->ledger, row, SIDE_BASE, column);
    double cand = ledger_mean(maker->ledger, row, SIDE_CAND, column);
    double noise = moved_noise(column, fmax(base, cand));
    if (sampled_has(maker->ledger, column) && cand < base) {
        struct estimate estimate = estimate_row(maker, row, column);
        noise = fmax(noise, estimate.delta_high - estimate.delta);
    }
    return base - cand < noise ? 0 : base - cand;
}

/* What the function's stacks allocate, and what it did itself before. */
static void find_stacks(struct comparison_row *out, const struct row_maker *maker,
                        const struct ledger_row *row, enum column column)
{
    const struct ledger_row *function = ledger_function(maker->ledger, row);
    const struct ledger_row cum = ledger_cum(function);
    out->cum = estimate_row(maker, &cum, column);
    out->cum_share =
        num_ratio(out->cum.cand, ledger_mean(maker->ledger, maker->whole, SIDE_CAND, column));
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        const struct ledger_row *part =
            ledger_kind_row(maker->ledger, function, (enum alloc_kind)kind);
        bool is_part = row->level == ROW_FUNCTION || row->kind == kind;
        if (part && is_part)
            out->lost += fall_of(maker, part, column);
    }
}

/* True when it rose at all. */
static bool widen_to_rise(struct estimate *growth, const struct row_maker *maker,
                          const struct ledger_row *row)
{
    const struct estimate rise = estimate_row(maker, row, COLUMN_RISE_SPACE);
    estimate_widen_to_rise(growth, &rise);
    return rise.base > 0 || rise.cand > 0;
}

static void make_row(const struct row_maker *maker, const struct ledger_row *row,
                     const struct column_row *what)
{
    struct comparison_row out = {
        .metric = what->metric,
        .point = what->point,
        .level = row->level,
        .kind = row->kind,
        .estimate = estimate_row(maker, row, what->column),
        .is_per_profile = maker->comparison->is_per_profile,
    };
    bool is_function = row_is_of_function(&out);
    bool empty = out.estimate.base <= 0 && out.estimate.cand <= 0;
    if (what->column == COLUMN_GROWTH_SPACE && maker->ledger->has_growth)
        empty = !widen_to_rise(&out.estimate, maker, row) && empty;
    if (sampled_has(maker->ledger, what->column))
        sampled_counts(out.samples, &maker->sampling, row, what->column);
    find_unknown(&out, maker, row, what->column);
    if (empty && row->level != ROW_SCENARIO && !may_be_missed(&out))
        return;
    /* What does not grow may be there all the same. */
    bool allocates = metric_has_kinds(what->metric);
    out.is_new = allocates && out.estimate.base <= 0 && out.estimate.cand > 0;
    out.is_gone = allocates && out.estimate.cand <= 0 && out.estimate.base > 0;
    out.cand_share = num_ratio(out.estimate.cand,
                               ledger_mean(maker->ledger, maker->whole, SIDE_CAND, what->column));
    out.moved = row->moved[what->column];
    if (row->level == ROW_FUNCTION) {
        out.flat_base = row->flat[SIDE_BASE * COLUMNS + what->column];
        out.flat_cand = row->flat[SIDE_CAND * COLUMNS + what->column];
    }
    if (is_function && allocates)
        find_stacks(&out, maker, row, what->column);
    if (is_function) {
        name_function(&out, maker, row, what->column);
        find_sources(&out, maker, ledger_function(maker->ledger, row), what->column);
    } else {
        culprits_find(&out, &maker->naming, maker->ledger, row, what->column);
    }
    comparison_row_add(maker->comparison, maker->naming.arena, &out);
}

/*
 * The kinds that a function has no row of, where some of its bytes have
 * no kind. Only those that somebody asks for: a profile without
 * executables has no kinds at all, and functions by the hundred thousand.
 */
static void make_missed_kinds(const struct row_maker *maker, const struct ledger_row *function,
                              const struct column_row *what)
{
    const struct ledger *ledger = maker->ledger;
    if (!ledger_kind_row(ledger, function, ALLOC_KIND_UNKNOWN))
        return;
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
        struct ledger_row nothing = {
            .level = ROW_FUNCTION_KIND,
            .key = function->key,
            .kind = (enum alloc_kind)kind,
            .values = maker->zeros,
            .function = function->function,
        };
        if (maker->limits_kind[kind] && !ledger_kind_row(ledger, function, (enum alloc_kind)kind))
            make_row(maker, &nothing, what);
    }
}

/* Growth has rows of functions, not of their kinds. */
static bool has_level(const struct column_row *what, enum row_level level)
{
    if (level == ROW_SCENARIO)
        return true;
    return !what->whole_only && (level == ROW_FUNCTION || metric_has_kinds(what->metric));
}

static void make_rows(const struct row_maker *maker)
{
    for (size_t c = 0; c < ARRAY_LEN(column_rows); c++) {
        const struct column_row *what = &column_rows[c];
        if (what->needs_points && !maker->has_points)
            continue;
        for (size_t r = 0; r < maker->ledger->len; r++) {
            const struct ledger_row *row = &maker->ledger->rows[r];
            if (!has_level(what, row->level))
                continue;
            make_row(maker, row, what);
            if (row->level == ROW_FUNCTION && metric_has_kinds(what->metric))
                make_missed_kinds(maker, row, what);
        }
    }
}

static int order_moved(const void *left, const void *right)
{
    const struct moved *a = left;
    const struct moved *b = right;
    if (a->bytes < b->bytes || a->bytes > b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    int order = str_compare(a->from, b->from);
    return order ? order : str_compare(a->to, b->to);
}

/* A new spelling of the whole module, or of type parameters, moves nothing. */
static bool is_move(enum pair_step step)
{
    return step != PAIR_STEP_MODULE && step != PAIR_STEP_GENERIC;
}

/* Lists what moved between two functions: what they allocate, else what they hold. */
static void add_moved(struct comparison *comparison, struct str from, struct str to,
                      const double amounts[COLUMNS])
{
    bool allocated = amounts[COLUMN_ALLOC_SPACE] > 0;
    enum column column = allocated ? COLUMN_ALLOC_SPACE : COLUMN_END_SPACE;
    double bytes = amounts[column];
    enum metric metric = allocated ? METRIC_ALLOC_SPACE : METRIC_INUSE_SPACE;
    if (bytes >= moved_noise_min(column))
        comparison->moved[comparison->moved_count++] = (struct moved){from, to, bytes, metric};
}

/* A pair moved what both sides have: beyond that it grew or shrank. */
static void add_pair_moved(struct comparison *comparison, const struct ledger *ledger,
                           const struct ledger_row *row, struct str from, struct str to)
{
    static const enum column columns[] = {COLUMN_ALLOC_SPACE, COLUMN_END_SPACE};
    double amounts[COLUMNS] = {0};
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        amounts[columns[i]] = fmin(ledger_mean(ledger, row, SIDE_BASE, columns[i]),
                                   ledger_mean(ledger, row, SIDE_CAND, columns[i]));
    }
    add_moved(comparison, from, to, amounts);
}

/* From keys to their FUNCTION rows. */
static void index_functions(struct map *out, const struct ledger *ledger)
{
    map_init(out);
    for (size_t i = 0; i < ledger->len; i++) {
        if (ledger->rows[i].level == ROW_FUNCTION)
            (void)map_insert(out, ledger->rows[i].key.v, (uint32_t)i);
    }
}

static void list_moved(struct comparison *comparison, struct arena *arena,
                       const struct ledger *ledger, const struct shifts *shifts)
{
    const struct pairs *pairs = &ledger->pairs;
    struct map rows;
    index_functions(&rows, ledger);
    comparison->paired = ARENA_ARRAY(arena, struct paired, pairs->len + 1);
    comparison->moved = ARENA_ARRAY(arena, struct moved, pairs->len + shifts->len + 1);
    for (size_t i = 0; i < pairs->len; i++) {
        const struct pair *pair = &pairs->items[i];
        struct str from = intern_text(ledger->names, pair->base);
        struct str to = intern_text(ledger->names, pair->cand);
        uint32_t at = 0;
        comparison->paired[comparison->paired_count++] = (struct paired){from, to, pair->step};
        if (is_move(pair->step) && map_find(&rows, pair->cand.v, &at))
            add_pair_moved(comparison, ledger, &ledger->rows[at], from, to);
    }
    map_release(&rows);
    for (size_t i = 0; i < shifts->len; i++) {
        const struct shift *shift = &shifts->items[i];
        add_moved(comparison, shift->from_name, shift->to_name, shift->amounts);
    }
    if (comparison->moved_count)
        qsort(comparison->moved, comparison->moved_count, sizeof(struct moved), order_moved);
}

/* Names that differ are taken for a rename unless the other side still has the function. */
static void note_pairs(struct comparison *comparison, struct arena *arena,
                       const struct ledger_side sides[SIDES])
{
    size_t guessed = 0;
    for (size_t i = 0; i < comparison->paired_count; i++)
        guessed += comparison->paired[i].step != PAIR_STEP_POLICY;
    for (int side = 0; side < SIDES && guessed > 0; side++) {
        if (sides[side].has_functions)
            continue;
        comparison_note(comparison, arena,
                        "functions taken for renamed: %zu, but the functions of the %s's "
                        "executable are not known: one that is still there and allocates nothing "
                        "may be among them",
                        guessed, alone_side_name(comparison->record, (enum side)side));
    }
}

void heap_rows_add(struct comparison *comparison, struct arena *arena, struct intern *names,
                   const struct ledger_side sides[SIDES], const struct pair_hints *hints)
{
    struct ledger ledger;
    struct shifts shifts;
    if (sides[SIDE_BASE].len == 0 || sides[SIDE_CAND].len == 0)
        return;
    ledger_build(&ledger, arena, names, sides, hints);
    moved_find(&shifts, &ledger);
    struct row_maker maker = {
        .comparison = comparison,
        .naming = {arena, names, comparison->record->programs[SIDE_CAND].module},
        .ledger = &ledger,
        .whole = &ledger.rows[0],
        .unknown = &ledger.rows[1 + ALLOC_KIND_UNKNOWN],
        .scratch = {ARENA_ARRAY(arena, double, ledger.trial_max),
                    ARENA_ARRAY(arena, double, ledger.trial_max)},
        .zeros = ARENA_ARRAY(arena, double, SIDES *ledger.trial_max *COLUMNS),
        .shifts = &shifts,
        .limits_kind = hints->limits_kind,
        .sampling = sampled_rows(&ledger, &ledger.rows[0]),
        .has_points = sides[SIDE_BASE].trials[0].has_points,
    };
    map_init(&maker.shifts_to);
    /* Equal keys are neighbours, and the map keeps the first of them. */
    for (size_t i = 0; i < shifts.len; i++)
        (void)map_insert(&maker.shifts_to, shifts.items[i].to->key.v, (uint32_t)i);
    make_rows(&maker);
    sampled_note(comparison, &maker.sampling);
    map_release(&maker.shifts_to);
    list_moved(comparison, arena, &ledger, &shifts);
    note_pairs(comparison, arena, sides);
    if (shifts.is_cut) {
        comparison_note(comparison, arena,
                        "the search for moved cost ended early, the programs differ by too much: "
                        "growth of single functions may be cost that moved");
    }
    details_add(comparison, &maker.naming, &ledger);
}
