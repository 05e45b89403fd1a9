#include "gate/compare/moved.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/compare/culprits.h"
#include "gate/compare/movers.h"
#include "gate/stats/estimate.h"

/* Less of a function's value is the noise of exact counts. */
#define NOISE_RATIO 0.005
/* A byte a request less or more is nobody's refactoring, nor is it in objects of 16 bytes. */
#define NOISE_MIN         1.0
#define NOISE_MIN_OBJECTS (NOISE_MIN / 16)
/* Held at one moment, not per request: what idle connections keep comes and goes by as much. */
#define NOISE_MIN_HELD         1024.0
#define NOISE_MIN_HELD_OBJECTS (NOISE_MIN_HELD / 16)
/* Between functions that both sides have only an equal exchange is a move. */
#define EXCHANGE_TOLERANCE 0.02

/* An interval wider than this part of what moved does not tell an unchanged total. */
#define TOTAL_WIDTH_MAX 0.5

/* Columns whose functions are judged. */
static const enum column moved_columns[] = {
    COLUMN_ALLOC_SPACE,
    COLUMN_END_SPACE,
    COLUMN_ALLOC_OBJECTS,
    COLUMN_END_OBJECTS,
};

/* How far the total of a caller went in the column of the pass. */
struct total_change {
    double delta;
    double half; /* width of its interval */
    bool is_known;
};

/* What a mover won or lost in the pass in progress. */
struct change {
    struct mover *mover;
    double open;   /* not matched yet, never negative */
    bool is_whole; /* it had nothing before, or has nothing left */
};

struct changes {
    struct change *items; /* by name of the mover */
    size_t len;
};

struct moving {
    struct ledger *ledger;
    struct shifts *out;
    struct movers movers;
    struct map by_ends;   /* keys of a shift -> its index */
    enum column column;   /* of the pass in progress */
    enum alloc_kind kind; /* likewise */
    struct changes won;
    struct changes lost;
    struct total_change *totals; /* by caller of the ledger, of the column */
    double *scratch[SIDES];      /* trial_max wide */
};

static double kind_mean(const struct moving *moving, const struct mover *mover, enum side side)
{
    const struct ledger_row *row = ledger_kind_row(moving->ledger, mover->row, moving->kind);
    return row ? ledger_mean(moving->ledger, row, side, moving->column) : 0;
}

double moved_noise_min(enum column column)
{
    static const double least[COLUMNS] = {
        [COLUMN_ALLOC_SPACE] = NOISE_MIN,
        [COLUMN_ALLOC_OBJECTS] = NOISE_MIN_OBJECTS,
        [COLUMN_END_SPACE] = NOISE_MIN_HELD,
        [COLUMN_END_OBJECTS] = NOISE_MIN_HELD_OBJECTS,
    };
    return least[column];
}

double moved_noise(enum column column, double value)
{
    return fmax(moved_noise_min(column), NOISE_RATIO * value);
}

/* What the function won or lost in this kind and column, 0 below the noise. */
static double change_of(const struct moving *moving, const struct mover *mover)
{
    double base = kind_mean(moving, mover, SIDE_BASE);
    double cand = kind_mean(moving, mover, SIDE_CAND);
    double noise = moved_noise(moving->column, fmax(base, cand));
    return fabs(cand - base) < noise ? 0 : cand - base;
}

/* How much may have moved from the loser to the winner, going by who calls whom. */
typedef double (*relation)(const struct moving *moving, const struct change *won,
                           const struct change *lost);

/*
 * What a function won (or lost, negative) where the caller calls it; where
 * that does so through other functions alone, what all its callees did.
 */
static double change_under(const struct moving *moving, const struct mover *mover,
                           const struct mover *caller, enum side called_on)
{
    bool is_direct = false;
    double sum = 0;
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < mover->row->site_count[side]; i++) {
            const struct ledger_site *site = &mover->row->sites[side][i];
            if (!name_equal(site->context, caller->row->key))
                continue;
            is_direct = is_direct || side == (int)called_on;
            if (site->fold.kind == moving->kind)
                sum += (side == SIDE_CAND ? 1 : -1) * site->mean[moving->column];
        }
    }
    return is_direct ? sum : caller->called;
}

/* The loser calls the winner: something was taken out of it, at most what came back in its stacks. */
static double extracted(const struct moving *moving, const struct change *won,
                        const struct change *lost)
{
    const struct mover *caller = lost->mover;
    if (!mover_has_context(won->mover, caller->row->key, SIDE_CAND))
        return 0;
    return fmin(change_under(moving, won->mover, caller, SIDE_CAND), caller->called);
}

/* The winner called the loser: something was written out in it, at most what its callees lost. */
static double absorbed(const struct moving *moving, const struct change *won,
                       const struct change *lost)
{
    const struct mover *caller = won->mover;
    if (!mover_has_context(lost->mover, caller->row->key, SIDE_BASE))
        return 0;
    return fmin(-change_under(moving, lost->mover, caller, SIDE_BASE), -caller->called);
}

static bool is_unchanged(const struct total_change *total, double amount)
{
    return total->is_known && total->half <= TOTAL_WIDTH_MAX * amount &&
           fabs(total->delta) <= total->half + EXCHANGE_TOLERANCE * amount;
}

/* The other side's program knows nothing of the function. */
static bool is_only_on(const struct ledger_row *row, enum side side)
{
    enum side other = side == SIDE_CAND ? SIDE_BASE : SIDE_CAND;
    return row->site_count[other] == 0 && !row->stays;
}

static double siblings(const struct moving *moving, const struct change *won,
                       const struct change *lost)
{
    const struct mover *winner = won->mover;
    const struct mover *loser = lost->mover;
    double amount = fmin(won->open, lost->open);
    bool is_replaced = is_only_on(winner->row, SIDE_CAND) && is_only_on(loser->row, SIDE_BASE);
    size_t w = 0;
    size_t l = 0;
    while (w < winner->wide.len && l < loser->wide.len) {
        int order = context_order(&winner->wide.items[w], &loser->wide.items[l]);
        uint32_t caller = winner->wide.items[w].caller;
        bool is_common = order == 0 && (winner->wide.items[w].sides & 1U << SIDE_CAND) != 0 &&
                         (loser->wide.items[l].sides & 1U << SIDE_BASE) != 0;
        if (is_common && caller > 0 &&
            (is_replaced || is_unchanged(&moving->totals[caller - 1], amount)))
            return amount;
        w += order <= 0;
        l += order >= 0;
    }
    return 0;
}

static bool may_move(const struct change *won, const struct change *lost)
{
    double larger = fmax(won->open, lost->open);
    bool exchanged = fabs(won->open - lost->open) <= EXCHANGE_TOLERANCE * larger;
    return won->mover->is_library == lost->mover->is_library &&
           (won->is_whole || lost->is_whole || exchanged);
}

static struct shift *shift_for(struct moving *moving, const struct change *won,
                               const struct change *lost)
{
    struct shifts *out = moving->out;
    struct shift fresh = {
        .from = lost->mover->row,
        .to = won->mover->row,
        .from_name = lost->mover->name,
        .to_name = won->mover->name,
    };
    uint64_t ends = (uint64_t)fresh.from->key.v << 32 | fresh.to->key.v;
    uint32_t at = (uint32_t)out->len;
    if (!map_find(&moving->by_ends, ends, &at)) {
        (void)map_insert(&moving->by_ends, ends, at);
        ARENA_PUSH(moving->ledger->arena, out->items, out->len, out->cap, fresh);
    }
    return &out->items[at];
}

static void add_moved(const struct moving *moving, const struct change *change, double amount)
{
    struct ledger_row *row = change->mover->row;
    const struct ledger_row *kind = ledger_kind_row(moving->ledger, row, moving->kind);
    row->moved[moving->column] += amount;
    moving->ledger->rows[kind - moving->ledger->rows].moved[moving->column] += amount;
}

static void match(struct moving *moving, struct change *won, struct change *lost, relation related)
{
    double amount = fmin(fmin(won->open, lost->open), related(moving, won, lost));
    if (amount < moved_noise_min(moving->column))
        return;
    struct shift *shift = shift_for(moving, won, lost);
    won->open -= amount;
    lost->open -= amount;
    add_moved(moving, won, amount);
    add_moved(moving, lost, -amount);
    shift->amounts[moving->column] += amount;
    if (related == extracted)
        lost->mover->called -= amount;
    if (related == absorbed)
        won->mover->called += amount;
}

static void match_one(struct moving *moving, struct change *won, relation related)
{
    for (size_t l = 0;
         l < moving->lost.len && won->open > 0 && moving->movers.steps < MOVERS_STEPS_MAX; l++) {
        struct change *lost = &moving->lost.items[l];
        moving->movers.steps++;
        if (lost->open <= 0 || !may_move(won, lost))
            continue;
        moving->movers.steps += won->mover->work + lost->mover->work;
        match(moving, won, lost, related);
    }
}

/* Who won and who lost in the pass; false when nobody did one of the two. */
static bool find_changes(struct moving *moving)
{
    moving->won.len = 0;
    moving->lost.len = 0;
    for (size_t i = 0; i < moving->movers.len; i++) {
        struct mover *mover = &moving->movers.items[i];
        double change = change_of(moving, mover);
        enum side other = change > 0 ? SIDE_BASE : SIDE_CAND;
        struct changes *list = change > 0 ? &moving->won : &moving->lost;
        if (fabs(change) <= 0)
            continue;
        bool is_whole = ledger_mean(moving->ledger, mover->row, other, moving->column) <= 0;
        list->items[list->len++] = (struct change){mover, fabs(change), is_whole};
    }
    return moving->won.len > 0 && moving->lost.len > 0;
}

static void match_all(struct moving *moving)
{
    /* Closest first: who calls whom says more than who shares a caller. */
    static const relation relations[] = {extracted, absorbed, siblings};
    for (size_t r = 0; r < ARRAY_LEN(relations); r++) {
        for (size_t w = 0; w < moving->won.len; w++)
            match_one(moving, &moving->won.items[w], relations[r]);
    }
}

static double delta_of(const struct moving *moving, const struct ledger_row *row)
{
    return ledger_mean(moving->ledger, row, SIDE_CAND, moving->column) -
           ledger_mean(moving->ledger, row, SIDE_BASE, moving->column);
}

/* How the totals of the callers, and what each function calls, went in the column. */
static void find_totals(struct moving *moving)
{
    const struct ledger *ledger = moving->ledger;
    for (size_t i = 0; i < ledger->caller_count; i++) {
        const struct ledger_row *caller = &ledger->callers[i];
        struct samples base =
            ledger_samples(ledger, caller, SIDE_BASE, moving->column, moving->scratch[SIDE_BASE]);
        struct samples cand =
            ledger_samples(ledger, caller, SIDE_CAND, moving->column, moving->scratch[SIDE_CAND]);
        struct estimate estimate = estimate_of(base, cand, ESTIMATE_DIFFERENCE);
        moving->totals[i] = (struct total_change){
            .delta = estimate.delta,
            .half = estimate.delta_high - estimate.delta,
            .is_known = estimate.base > 0 && estimate.cand > 0,
        };
    }
    for (size_t i = 0; i < moving->movers.len; i++) {
        struct mover *mover = &moving->movers.items[i];
        const struct ledger_row cum = ledger_cum(mover->row);
        mover->called = delta_of(moving, &cum) - delta_of(moving, mover->row);
    }
}

static int order_shifts(const void *left, const void *right)
{
    const struct shift *a = left;
    const struct shift *b = right;
    int order = str_compare(a->to_name, b->to_name);
    return order ? order : str_compare(a->from_name, b->from_name);
}

void moved_find(struct shifts *out, struct ledger *ledger)
{
    struct moving moving = {
        .ledger = ledger,
        .out = out,
        .totals = ARENA_ARRAY(ledger->arena, struct total_change, ledger->caller_count + 1),
        .scratch = {ARENA_ARRAY(ledger->arena, double, ledger->trial_max),
                    ARENA_ARRAY(ledger->arena, double, ledger->trial_max)},
    };
    *out = (struct shifts){0};
    map_init(&moving.by_ends);
    movers_collect(&moving.movers, ledger);
    moving.won.items = ARENA_ARRAY(ledger->arena, struct change, moving.movers.len + 1);
    moving.lost.items = ARENA_ARRAY(ledger->arena, struct change, moving.movers.len + 1);
    for (size_t c = 0; c < ARRAY_LEN(moved_columns); c++) {
        moving.column = moved_columns[c];
        find_totals(&moving);
        for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
            moving.kind = (enum alloc_kind)kind;
            if (find_changes(&moving))
                match_all(&moving);
        }
    }
    out->is_cut = moving.movers.steps >= MOVERS_STEPS_MAX;
    movers_release(&moving.movers);
    map_release(&moving.by_ends);
    if (out->len)
        qsort(out->items, out->len, sizeof(*out->items), order_shifts);
}
