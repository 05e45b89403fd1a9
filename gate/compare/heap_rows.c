#include "gate/compare/heap_rows.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/base/num.h"
#include "gate/compare/culprits.h"

/* Which column is which metric at which point, and at which levels it makes a row. */
struct column_row {
    enum column column;
    enum metric metric;
    enum point point;
    bool needs_points; /* only where the heap was read at warm and end */
    bool whole_only;   /* no rows for single functions */
};

static const struct column_row column_rows[] = {
    {COLUMN_ALLOC_SPACE, METRIC_ALLOC_SPACE, POINT_END, false, false},
    {COLUMN_ALLOC_OBJECTS, METRIC_ALLOC_OBJECTS, POINT_END, false, false},
    {COLUMN_WARM_SPACE, METRIC_INUSE_SPACE, POINT_WARM, true, true},
    {COLUMN_END_SPACE, METRIC_INUSE_SPACE, POINT_END, true, false},
    {COLUMN_WARM_OBJECTS, METRIC_INUSE_OBJECTS, POINT_WARM, true, true},
    {COLUMN_END_OBJECTS, METRIC_INUSE_OBJECTS, POINT_END, true, false},
    {COLUMN_GROWTH_SPACE, METRIC_HEAP_GROWTH, POINT_END, true, true},
};

struct row_maker {
    struct comparison *comparison;
    struct naming naming;
    const struct ledger *ledger;
    const struct ledger_row *whole; /* the scenario's row */
    double *scratch[SIDES];         /* trial_max wide */
    int64_t period;
    bool has_points;
};

void comparison_row_add(struct comparison *comparison, struct arena *arena,
                        const struct comparison_row *row)
{
    /* Capacity is derived: a power of two, grown when the count reaches it. */
    size_t len = comparison->row_count;
    if ((len & (len - 1)) == 0) {
        size_t cap = len;
        comparison->rows =
            arena_grow(arena, comparison->rows, len, &cap, sizeof(*comparison->rows));
    }
    comparison->rows[comparison->row_count++] = *row;
}

/*
 * A sampled profile carries its own error: each object of size s is
 * sampled with p = 1 - exp(-s/R), and R * X bounds the variance of a sum
 * X of bytes from above for every s (it is exact for s << R). For objects
 * of mean size s it is R / s a piece.
 */
static void widen_for_sampling(struct estimate *estimate, double variance_per_unit)
{
    double variance = variance_per_unit * (fabs(estimate->base) + fabs(estimate->cand));
    double half = 2.575829303548901 * sqrt(variance); /* standard normal, two-sided 99 % */
    estimate->delta_low = estimate->delta - half;
    estimate->delta_high = estimate->delta + half;
    if (estimate->has_ratio) {
        estimate->ratio_low = estimate->delta_low / estimate->base;
        estimate->ratio_high = estimate->delta_high / estimate->base;
    }
    estimate->bounded = true;
}

static bool counts_objects(enum column column)
{
    return column == COLUMN_ALLOC_OBJECTS || column == COLUMN_WARM_OBJECTS ||
           column == COLUMN_END_OBJECTS;
}

/* Bytes a piece over both sides; a column of objects stands before its column of bytes. */
static double object_size(const struct row_maker *maker, const struct ledger_row *row,
                          enum column objects)
{
    double count = 0;
    double bytes = 0;
    for (int side = 0; side < SIDES; side++) {
        count += ledger_mean(maker->ledger, row, (enum side)side, objects);
        bytes += ledger_mean(maker->ledger, row, (enum side)side, (enum column)(objects + 1));
    }
    return count > 0 && bytes > count ? bytes / count : 1;
}

static struct estimate estimate_row(const struct row_maker *maker, const struct ledger_row *row,
                                    enum column column)
{
    struct samples base =
        ledger_samples(maker->ledger, row, SIDE_BASE, column, maker->scratch[SIDE_BASE]);
    struct samples cand =
        ledger_samples(maker->ledger, row, SIDE_CAND, column, maker->scratch[SIDE_CAND]);
    struct estimate out = estimate_of(base, cand, ESTIMATE_DIFFERENCE);
    bool single = !maker->has_points && base.len == 1 && cand.len == 1;
    if (out.bounded || !single)
        return out;
    /* A plain file at rate 1 is exact: one reading is the value. */
    out.bounded = true;
    if (maker->period > 1) {
        double size = counts_objects(column) ? object_size(maker, row, column) : 1;
        widen_for_sampling(&out, (double)maker->period / size);
    }
    return out;
}

static void name_function(struct comparison_row *out, const struct row_maker *maker,
                          const struct ledger_row *row, enum column column)
{
    const struct naming *naming = &maker->naming;
    const struct ledger_row *function = ledger_function(maker->ledger, row);
    const struct ledger_site *site = guilty_site(function, column, &out->kind);
    if (row->level == ROW_FUNCTION_KIND)
        out->kind = row->kind;
    out->func = intern_text(naming->names, site->func);
    out->normal = name_normal(out->func, naming->arena);
    out->package = name_package(out->func);
    out->file = naming_file(naming, intern_text(naming->names, site->file));
    out->line = site->line;
    if (function->site_count[SIDE_BASE] > 0) {
        struct str base = intern_text(naming->names, function->sites[SIDE_BASE][0].func);
        if (!str_equal(pair_key(naming->arena, base), pair_key(naming->arena, out->func)))
            out->base_func = base;
    }
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
    };
    bool empty = out.estimate.base <= 0 && out.estimate.cand <= 0;
    if (empty && row->level != ROW_SCENARIO)
        return;
    out.is_new = out.estimate.base <= 0 && out.estimate.cand > 0;
    out.is_gone = out.estimate.cand <= 0 && out.estimate.base > 0;
    out.cand_share = num_ratio(out.estimate.cand,
                               ledger_mean(maker->ledger, maker->whole, SIDE_CAND, what->column));
    if (row->cum) {
        out.cum_base = row->cum[SIDE_BASE * COLUMNS + what->column];
        out.cum_cand = row->cum[SIDE_CAND * COLUMNS + what->column];
    }
    if (row->level == ROW_FUNCTION || row->level == ROW_FUNCTION_KIND) {
        name_function(&out, maker, row, what->column);
    } else {
        culprits_find(&out, &maker->naming, maker->ledger, row, what->column);
    }
    comparison_row_add(maker->comparison, maker->naming.arena, &out);
}

static void make_rows(const struct row_maker *maker)
{
    for (size_t c = 0; c < ARRAY_LEN(column_rows); c++) {
        const struct column_row *what = &column_rows[c];
        if (what->needs_points && !maker->has_points)
            continue;
        for (size_t r = 0; r < maker->ledger->len; r++) {
            const struct ledger_row *row = &maker->ledger->rows[r];
            if (row->level == ROW_SCENARIO || !what->whole_only)
                make_row(maker, row, what);
        }
    }
}

static void list_moved(struct comparison *comparison, const struct row_maker *maker)
{
    const struct ledger *ledger = maker->ledger;
    struct map pair_of; /* by the candidate's key */
    map_init(&pair_of);
    for (size_t p = 0; p < ledger->pairs.len; p++)
        (void)map_insert(&pair_of, ledger->pairs.items[p].cand.v, (uint32_t)p);
    comparison->moved = ARENA_ARRAY(maker->naming.arena, struct moved, ledger->pairs.len + 1);
    for (size_t i = 0; i < ledger->len; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        uint32_t p = 0;
        if (row->level != ROW_FUNCTION || !map_find(&pair_of, row->key.v, &p))
            continue;
        comparison->moved[comparison->moved_count++] = (struct moved){
            .from = intern_text(ledger->names, ledger->pairs.items[p].base),
            .to = intern_text(ledger->names, row->key),
            .bytes = ledger_mean(ledger, row, SIDE_CAND, COLUMN_ALLOC_SPACE),
        };
    }
    map_release(&pair_of);
}

static void sum_kinds(struct comparison *comparison, const struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->len; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        for (int side = 0; row->level == ROW_KIND && side < SIDES; side++) {
            comparison->kinds[row->kind].bytes[side] =
                ledger_mean(ledger, row, (enum side)side, COLUMN_ALLOC_SPACE);
        }
    }
}

void heap_rows_add(struct comparison *comparison, struct arena *arena, struct intern *names,
                   const struct ledger_side sides[SIDES])
{
    struct ledger ledger;
    if (sides[SIDE_BASE].len == 0 || sides[SIDE_CAND].len == 0)
        return;
    ledger_build(&ledger, arena, names, sides);
    struct row_maker maker = {
        .comparison = comparison,
        .naming = {arena, names, comparison->record->programs[SIDE_CAND].module},
        .ledger = &ledger,
        .whole = &ledger.rows[0],
        .scratch = {ARENA_ARRAY(arena, double, ledger.trial_max),
                    ARENA_ARRAY(arena, double, ledger.trial_max)},
        .period = sides[SIDE_BASE].trials[0].alloc.period,
        .has_points = sides[SIDE_BASE].trials[0].has_points,
    };
    make_rows(&maker);
    list_moved(comparison, &maker);
    sum_kinds(comparison, &ledger);
}
