#include "gate/compare/culprits.h"

#include <math.h>

#include "gate/compare/pair_name.h"

/* Two sites of equal code differ by the noise of exact counts only. */
#define TWIN_TOLERANCE 0.005

/* Sites of one function that changed; past it, which no person wrote, each counts whole. */
enum { CHOOSING_MAX = 256 };

/* Shares of the total growth below this are not worth a line. */
#define CULPRIT_SHARE_MIN 0.02

double ledger_mean(const struct ledger *ledger, const struct ledger_row *row, enum side side,
                   enum column column)
{
    const double *values = row->values + (size_t)side * ledger->trial_max * COLUMNS;
    bool is_weighted = ledger->period > 1 && column_is_per_request(column);
    double sum = 0;
    double all = 0;
    for (size_t t = 0; t < ledger->trial_count[side]; t++) {
        double weight = is_weighted ? ledger->request_counts[side][t] : 1;
        sum += weight * values[t * COLUMNS + column];
        all += weight;
    }
    return all > 0 ? sum / all : 0;
}

static double growth(const struct ledger *ledger, const struct ledger_row *row, enum column column)
{
    return ledger_mean(ledger, row, SIDE_CAND, column) -
           ledger_mean(ledger, row, SIDE_BASE, column);
}

/*
 * What a function allocates itself, and did not take over from another,
 * beyond the baseline. What moved is of all that it is charged with: as much
 * as libraries allocate more for it explains that first.
 */
static double own_growth(const struct ledger *ledger, const struct ledger_row *row,
                         enum column column)
{
    double own = row->flat[SIDE_CAND * COLUMNS + column] - row->flat[SIDE_BASE * COLUMNS + column];
    double charged = growth(ledger, row, column) - own;
    double moved = row->moved[column] - fmax(0, charged);
    return moved > 0 ? fmax(0, own - moved) : own;
}

/* Adds the sites of one side to the sums by kind. */
static void sum_kinds(double sums[ALLOC_KINDS], const struct ledger_row *row, enum side side,
                      enum column column, double sign)
{
    for (size_t i = 0; i < row->site_count[side]; i++)
        sums[row->sites[side][i].fold.kind] += sign * row->sites[side][i].mean[column];
}

static size_t largest_of(const double sums[ALLOC_KINDS])
{
    size_t best = 0;
    for (size_t kind = 1; kind < ALLOC_KINDS; kind++) {
        if (sums[kind] > sums[best])
            best = kind;
    }
    return best;
}

/* What grew most; where nothing grew, what shrank most; where nothing changed, what there is most of. */
static enum alloc_kind kind_that_grew(const struct ledger_row *row, enum column column)
{
    double grew[ALLOC_KINDS] = {0};
    double shrank[ALLOC_KINDS] = {0};
    double is_there[ALLOC_KINDS] = {0};
    const double *choices[] = {grew, shrank, is_there};
    sum_kinds(grew, row, SIDE_CAND, column, 1);
    sum_kinds(grew, row, SIDE_BASE, column, -1);
    sum_kinds(shrank, row, SIDE_BASE, column, 1);
    sum_kinds(shrank, row, SIDE_CAND, column, -1);
    sum_kinds(is_there, row, SIDE_CAND, column, 1);
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        size_t best = largest_of(choices[i]);
        if (choices[i][best] > 0)
            return (enum alloc_kind)best;
    }
    const struct ledger_site *any =
        row->site_count[SIDE_CAND] ? row->sites[SIDE_CAND] : row->sites[SIDE_BASE];
    return any->fold.kind;
}

/* A site of the kind in question. */
struct twin {
    const struct ledger_site *site;
    double value;
    double
        growth;   /* beyond its twin on the other side; nothing when equal, all of it without one */
    bool claimed; /* it has a twin */
};

struct twins {
    struct twin *items; /* by value, then in the order of the sites */
    size_t len;
};

static int order_twins(const void *left, const void *right)
{
    const struct twin *a = left;
    const struct twin *b = right;
    if (a->value < b->value || a->value > b->value)
        return a->value < b->value ? -1 : 1;
    return a->site < b->site ? -1 : a->site > b->site;
}

static struct twins twins_of(struct arena *arena, const struct ledger_row *row, enum side side,
                             enum column column, enum alloc_kind kind)
{
    struct twins out = {ARENA_ARRAY(arena, struct twin, row->site_count[side] + 1), 0};
    for (size_t i = 0; i < row->site_count[side]; i++) {
        const struct ledger_site *site = &row->sites[side][i];
        double value = site->mean[column];
        if (site->fold.kind == kind)
            out.items[out.len++] = (struct twin){site, value, value, false};
    }
    if (out.len)
        qsort(out.items, out.len, sizeof(*out.items), order_twins);
    return out;
}

static void claim(struct twin *base, struct twin *cand, double growth)
{
    base->claimed = true;
    cand->claimed = true;
    cand->growth = growth;
}

/* Pairs off equal sites of both sides, each once. */
static void claim_equals(struct twins *base, struct twins *cand)
{
    size_t i = 0;
    size_t j = 0;
    while (i < base->len && j < cand->len) {
        struct twin *a = &base->items[i];
        struct twin *b = &cand->items[j];
        double tolerance = TWIN_TOLERANCE * fmax(fabs(a->value), fabs(b->value));
        bool equal = fabs(a->value - b->value) <= tolerance;
        if (equal)
            claim(a, b, 0);
        i += equal || a->value < b->value;
        j += equal || a->value > b->value;
    }
}

/* All of the row's own function are alike, as closures are renumbered; a library's have a name. */
static bool are_alike(const struct ledger_site *a, const struct ledger_site *b)
{
    return a->is_charged == b->is_charged &&
           (!a->is_charged || name_equal(a->fold.func, b->fold.func));
}

static struct twin *nearest(const struct twins *others, const struct twin *to)
{
    struct twin *best = NULL;
    for (size_t i = 0; i < others->len; i++) {
        struct twin *one = &others->items[i];
        if (one->claimed || !are_alike(one->site, to->site))
            continue;
        if (!best || fabs(one->value - to->value) < fabs(best->value - to->value))
            best = one;
    }
    return best;
}

static size_t count_unclaimed(const struct twins *twins)
{
    size_t count = 0;
    for (size_t i = 0; i < twins->len; i++)
        count += !twins->items[i].claimed;
    return count;
}

/* Pairs off those that are each other's nearest; true when there were any. */
static bool claim_mutual(struct twins *base, struct twins *cand)
{
    bool any = false;
    for (size_t i = 0; i < base->len; i++) {
        struct twin *one = &base->items[i];
        struct twin *other = one->claimed ? NULL : nearest(cand, one);
        if (!other || nearest(base, other) != one)
            continue;
        claim(one, other, other->value - one->value);
        any = true;
    }
    return any;
}

/* What is left is what changed, or varies from run to run. The nearest pair of all is mutual. */
static void claim_nearest(struct twins *base, struct twins *cand)
{
    if (count_unclaimed(base) > CHOOSING_MAX || count_unclaimed(cand) > CHOOSING_MAX)
        return;
    while (claim_mutual(base, cand))
        continue;
}

static double sum_of(const struct twins *twins)
{
    double sum = 0;
    for (size_t i = 0; i < twins->len; i++)
        sum += twins->items[i].value;
    return sum;
}

static bool is_guiltier(const struct twin *one, const struct twin *best, double direction)
{
    double more = direction * (one->growth - best->growth);
    return more > 0 || (more >= 0 && one->value > best->value);
}

/* What grew most, or shrank most where the sum of all did; then the larger, then the first. */
static const struct twin *guilty_twin(const struct twins *twins, double direction)
{
    const struct twin *best = NULL;
    for (size_t i = 0; i < twins->len; i++) {
        if (!best || is_guiltier(&twins->items[i], best, direction))
            best = &twins->items[i];
    }
    return best;
}

/* What the baseline alone has shrank by all of it; the rest is told by the candidate's line. */
static void lose(struct twins *base)
{
    for (size_t i = 0; i < base->len; i++)
        base->items[i].growth = base->items[i].claimed ? 0 : -base->items[i].value;
}

const struct ledger_site *guilty_site(const struct ledger_row *row, enum column column,
                                      enum alloc_kind *out_kind)
{
    *out_kind = kind_that_grew(row, column);
    return guilty_site_of(row, column, *out_kind);
}

const struct ledger_site *guilty_site_of(const struct ledger_row *row, enum column column,
                                         enum alloc_kind kind)
{
    struct arena scratch;
    arena_init(&scratch);
    struct twins base = twins_of(&scratch, row, SIDE_BASE, column, kind);
    struct twins cand = twins_of(&scratch, row, SIDE_CAND, column, kind);
    claim_equals(&base, &cand);
    claim_nearest(&base, &cand);
    lose(&base);
    double direction = sum_of(&cand) >= sum_of(&base) ? 1 : -1;
    const struct twin *guilty = guilty_twin(&cand, direction);
    const struct twin *lost = guilty_twin(&base, -1);
    if (lost && (!guilty || (direction < 0 && lost->growth < guilty->growth)))
        guilty = lost;
    const struct ledger_site *site = guilty ? guilty->site : NULL;
    arena_release(&scratch);
    return site;
}

struct str naming_file(const struct naming *naming, struct str file)
{
    struct str own = name_module_file(file, naming->module);
    return own.len ? own : file;
}

/* Growths this close are one size; they are listed by name so that noise does not order them. */
#define TIE_TOLERANCE 0.01

struct ranked {
    const struct ledger_row *row;
    struct str name;
    double delta;
};

static bool speaks_of(const struct ledger_row *part, const struct ledger_row *whole)
{
    if (whole->level == ROW_KIND)
        return part->level == ROW_FUNCTION_KIND && part->kind == whole->kind;
    return part->level == ROW_FUNCTION;
}

static bool comes_before(const struct ranked *a, const struct ranked *b)
{
    if (fabs(a->delta - b->delta) > TIE_TOLERANCE * fmax(a->delta, b->delta))
        return a->delta > b->delta;
    return str_compare(a->name, b->name) < 0;
}

/* Keeps the list sorted, the largest growth first. */
static void rank(struct ranked *list, size_t *len, struct ranked item)
{
    size_t at = *len;
    while (at > 0 && comes_before(&item, &list[at - 1]))
        at--;
    if (at >= CULPRITS_MAX)
        return;
    if (*len < CULPRITS_MAX)
        (*len)++;
    for (size_t i = *len - 1; i > at; i--)
        list[i] = list[i - 1];
    list[at] = item;
}

/* The frame that a reader of the diff knows: the module's own, else the first that is no library. */
static struct str via_of(const struct naming *naming, const struct fold_site *site)
{
    struct str func = intern_text(naming->names, site->func);
    if (name_is_user(func, naming->module))
        return (struct str){"", 0};
    struct name_id via = site->user.v ? site->user : site->owner;
    if (name_is_std(func) && site->owner.v)
        via = site->owner;
    return name_equal(via, site->func) ? (struct str){"", 0} : intern_text(naming->names, via);
}

/* A culprit is named by what it allocates itself: what it is charged with has its own culprit. */
static struct ledger_row without_charges(struct arena *arena, const struct ledger_row *row)
{
    struct ledger_row out = *row;
    for (int side = 0; side < SIDES; side++) {
        out.sites[side] = ARENA_ARRAY(arena, struct ledger_site, row->site_count[side] + 1);
        out.site_count[side] = 0;
        for (size_t i = 0; i < row->site_count[side]; i++) {
            if (!row->sites[side][i].is_charged)
                out.sites[side][out.site_count[side]++] = row->sites[side][i];
        }
    }
    return out;
}

static struct culprit culprit_of(const struct naming *naming, const struct ledger *ledger,
                                 const struct ranked *ranked, enum column column)
{
    struct ledger_row function =
        without_charges(naming->arena, ledger_function(ledger, ranked->row));
    enum alloc_kind kind = ranked->row->kind;
    const struct ledger_site *guilty = ranked->row->level == ROW_FUNCTION
                                           ? guilty_site(&function, column, &kind)
                                           : guilty_site_of(&function, column, kind);
    const struct fold_site *site = &guilty->fold;
    struct str func = intern_text(naming->names, site->func);
    return (struct culprit){
        .func = func,
        .short_name = name_short(func, naming->arena),
        .via = via_of(naming, site),
        .file = naming_file(naming, intern_text(naming->names, site->file)),
        .line = site->line,
        .kind = kind,
        .op = site->op,
        .delta = ranked->delta,
    };
}

void culprits_find(struct comparison_row *out, const struct naming *naming,
                   const struct ledger *ledger, const struct ledger_row *row, enum column column)
{
    struct ranked list[CULPRITS_MAX];
    size_t len = 0;
    double total = growth(ledger, row, column);
    for (size_t i = 0; i < ledger->len; i++) {
        const struct ledger_row *one = &ledger->rows[i];
        double delta = speaks_of(one, row) ? own_growth(ledger, one, column) : 0;
        if (delta > 0 && delta >= total * CULPRIT_SHARE_MIN)
            rank(list, &len, (struct ranked){one, intern_text(naming->names, one->key), delta});
    }
    out->culprits = ARENA_ARRAY(naming->arena, struct culprit, len + 1);
    out->culprit_count = len;
    for (size_t i = 0; i < len; i++)
        out->culprits[i] = culprit_of(naming, ledger, &list[i], column);
}
