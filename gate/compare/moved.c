#include "gate/compare/moved.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/compare/culprits.h"
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

enum { CONTEXT_HOPS = 2 };

/*
 * Contexts and sites looked at in search of relations: seconds of work that only
 * two different programs need. What is not looked at did not move, which is noted.
 */
enum { STEPS_MAX = 200000000 };
/* A context that is kept is memory as well: four million of them are all. */
enum { CONTEXT_STEPS = 50 };

/* Columns whose functions are judged. */
static const enum column moved_columns[] = {
    COLUMN_ALLOC_SPACE,
    COLUMN_END_SPACE,
    COLUMN_ALLOC_OBJECTS,
    COLUMN_END_OBJECTS,
};

/* Who calls a function, and its total as a caller where the program's own: index + 1, or 0. */
struct context {
    struct name_id key;
    uint32_t caller;
    unsigned sides; /* bit by side on which it does */
};

struct contexts {
    struct context *items; /* in order of ids once they are sorted */
    size_t len;
    size_t cap;
};

/* How far the total of a caller went in the column of the pass. */
struct total_change {
    double delta;
    double half; /* width of its interval */
    bool is_known;
};

/* One function that may have won or lost. */
struct mover {
    struct ledger_row *row;
    struct str name;
    bool is_library;      /* charged to the program's functions: moves only among its like */
    struct contexts own;  /* of its own sites: no widening changes it */
    struct contexts wide; /* those, and callers of the ones that one side lacks */
    size_t work;          /* contexts and sites, all of which one relation may have to look at */
    double called; /* how far what it calls went in the column of the pass, less what moved */
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
    struct mover *movers; /* by name */
    size_t len;
    struct map by_key;    /* -> index of the mover */
    struct map by_ends;   /* keys of a shift -> its index */
    enum column column;   /* of the pass in progress */
    enum alloc_kind kind; /* likewise */
    struct changes won;
    struct changes lost;
    struct total_change *totals; /* by caller of the ledger, of the column */
    double *scratch[SIDES];      /* trial_max wide */
    size_t steps;
};

static int order_contexts(const void *left, const void *right)
{
    const struct context *a = left;
    const struct context *b = right;
    if (a->key.v != b->key.v)
        return a->key.v < b->key.v ? -1 : 1;
    return 0;
}

static void add_context(struct moving *moving, struct contexts *out, struct name_id key,
                        unsigned sides)
{
    const struct context fresh = {.key = key, .sides = sides};
    if (key.v == 0 || sides == 0 || moving->steps >= STEPS_MAX)
        return;
    moving->steps += CONTEXT_STEPS;
    ARENA_PUSH(moving->ledger->arena, out->items, out->len, out->cap, fresh);
}

/* Sorts the contexts; of each key one is left, of all its sides. */
static void merge_contexts(struct contexts *contexts)
{
    size_t kept = 0;
    if (contexts->len)
        qsort(contexts->items, contexts->len, sizeof(*contexts->items), order_contexts);
    for (size_t i = 0; i < contexts->len; i++) {
        const struct context context = contexts->items[i];
        if (kept > 0 && name_equal(contexts->items[kept - 1].key, context.key)) {
            contexts->items[kept - 1].sides |= context.sides;
        } else {
            contexts->items[kept++] = context;
        }
    }
    contexts->len = kept;
}

static void add_site_contexts(struct moving *moving, struct mover *mover)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < mover->row->site_count[side]; i++) {
            struct name_id context = mover->row->sites[side][i].context;
            if (!name_equal(context, mover->row->key))
                add_context(moving, &mover->own, context, 1U << side);
        }
    }
    merge_contexts(&mover->own);
}

/* The callers of a caller that one side lacks, on the sides that both are called on. */
static void add_callers(struct moving *moving, struct contexts *out, const struct mover *mover,
                        const struct context *context)
{
    uint32_t at = 0;
    if (!map_find(&moving->by_key, context->key.v, &at))
        return;
    const struct mover *caller = &moving->movers[at];
    if (caller->row->site_count[SIDE_BASE] > 0 && caller->row->site_count[SIDE_CAND] > 0)
        return;
    for (size_t i = 0; i < caller->own.len; i++) {
        const struct context *next = &caller->own.items[i];
        if (!name_equal(next->key, mover->row->key))
            add_context(moving, out, next->key, context->sides & next->sides);
    }
}

/*
 * A caller that one side lacks was made or removed by the same change: its
 * callers count too. Of a caller only its own contexts do, so that nothing
 * depends on who was widened first.
 */
static void widen_contexts(struct moving *moving, struct mover *mover)
{
    struct contexts last = mover->own;
    for (size_t i = 0; i < last.len; i++)
        add_context(moving, &mover->wide, last.items[i].key, last.items[i].sides);
    for (int hop = 0; hop < CONTEXT_HOPS; hop++) {
        struct contexts next = {0};
        for (size_t i = 0; i < last.len; i++)
            add_callers(moving, &next, mover, &last.items[i]);
        merge_contexts(&next);
        for (size_t i = 0; i < next.len; i++)
            add_context(moving, &mover->wide, next.items[i].key, next.items[i].sides);
        last = next;
    }
    merge_contexts(&mover->wide);
}

static int order_movers(const void *left, const void *right)
{
    const struct mover *a = left;
    const struct mover *b = right;
    return str_compare(a->name, b->name);
}

/* Finds the contexts that have a total. */
static void contexts_finish(struct mover *mover, const struct map *callers)
{
    for (size_t i = 0; i < mover->wide.len; i++) {
        struct context *context = &mover->wide.items[i];
        if (map_find(callers, context->key.v, &context->caller))
            context->caller++;
    }
    mover->work =
        mover->wide.len + mover->row->site_count[SIDE_BASE] + mover->row->site_count[SIDE_CAND];
}

static void movers_finish(struct moving *moving)
{
    const struct ledger *ledger = moving->ledger;
    struct map callers;
    map_init(&callers);
    for (size_t i = 0; i < ledger->caller_count; i++)
        (void)map_insert(&callers, ledger->callers[i].key.v, (uint32_t)i);
    for (size_t i = 0; i < moving->len; i++)
        contexts_finish(&moving->movers[i], &callers);
    map_release(&callers);
}

static void movers_collect(struct moving *moving)
{
    struct ledger *ledger = moving->ledger;
    moving->movers = ARENA_ARRAY(ledger->arena, struct mover, ledger->len + 1);
    for (size_t i = 0; i < ledger->len; i++) {
        struct ledger_row *row = &ledger->rows[i];
        if (row->level != ROW_FUNCTION || row->key.v == 0)
            continue;
        struct mover *mover = &moving->movers[moving->len++];
        mover->row = row;
        mover->name = intern_text(ledger->names, row->key);
        mover->is_library = row->own_site_count == 0;
        add_site_contexts(moving, mover);
    }
    if (moving->len)
        qsort(moving->movers, moving->len, sizeof(*moving->movers), order_movers);
    for (size_t i = 0; i < moving->len; i++)
        (void)map_insert(&moving->by_key, moving->movers[i].row->key.v, (uint32_t)i);
    for (size_t i = 0; i < moving->len; i++)
        widen_contexts(moving, &moving->movers[i]);
    movers_finish(moving);
}

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

static bool has_context(const struct mover *mover, struct name_id context, enum side side)
{
    size_t low = 0;
    size_t high = mover->wide.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mover->wide.items[middle].key.v < context.v) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < mover->wide.len && name_equal(mover->wide.items[low].key, context) &&
           (mover->wide.items[low].sides & 1U << side) != 0;
}

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
    if (!has_context(won->mover, caller->row->key, SIDE_CAND))
        return 0;
    return fmin(change_under(moving, won->mover, caller, SIDE_CAND), caller->called);
}

/* The winner called the loser: something was written out in it, at most what its callees lost. */
static double absorbed(const struct moving *moving, const struct change *won,
                       const struct change *lost)
{
    const struct mover *caller = won->mover;
    if (!has_context(lost->mover, caller->row->key, SIDE_BASE))
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
        int order = order_contexts(&winner->wide.items[w], &loser->wide.items[l]);
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
    for (size_t l = 0; l < moving->lost.len && won->open > 0 && moving->steps < STEPS_MAX; l++) {
        struct change *lost = &moving->lost.items[l];
        moving->steps++;
        if (lost->open <= 0 || !may_move(won, lost))
            continue;
        moving->steps += won->mover->work + lost->mover->work;
        match(moving, won, lost, related);
    }
}

/* Who won and who lost in the pass; false when nobody did one of the two. */
static bool find_changes(struct moving *moving)
{
    moving->won.len = 0;
    moving->lost.len = 0;
    for (size_t i = 0; i < moving->len; i++) {
        struct mover *mover = &moving->movers[i];
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
    for (size_t i = 0; i < moving->len; i++) {
        struct mover *mover = &moving->movers[i];
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
    map_init(&moving.by_key);
    map_init(&moving.by_ends);
    movers_collect(&moving);
    moving.won.items = ARENA_ARRAY(ledger->arena, struct change, moving.len + 1);
    moving.lost.items = ARENA_ARRAY(ledger->arena, struct change, moving.len + 1);
    for (size_t c = 0; c < ARRAY_LEN(moved_columns); c++) {
        moving.column = moved_columns[c];
        find_totals(&moving);
        for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
            moving.kind = (enum alloc_kind)kind;
            if (find_changes(&moving))
                match_all(&moving);
        }
    }
    out->is_cut = moving.steps >= STEPS_MAX;
    map_release(&moving.by_key);
    map_release(&moving.by_ends);
    if (out->len)
        qsort(out->items, out->len, sizeof(*out->items), order_shifts);
}
