#include "gate/compare/moved.h"

#include <math.h>

#include "gate/base/map.h"
#include "gate/compare/culprits.h"

/* Less of a function's value is the noise of exact counts. */
#define NOISE_RATIO 0.005
/* A byte a request less or more is nobody's refactoring. */
#define NOISE_MIN 1.0
/* Between functions that both sides have only an equal exchange is a move. */
#define EXCHANGE_TOLERANCE 0.02

enum { CONTEXTS_MAX = 64, CONTEXT_HOPS = 2 };

/* More changed functions than that are two programs, not a refactoring. */
enum { MATCHES_MAX = 4000000 };

/* Columns whose functions are judged; in alloc_space and live bytes a move is listed too. */
static const struct moved_column {
    enum column column;
    bool listed;
} moved_columns[] = {
    {COLUMN_ALLOC_SPACE, true},
    {COLUMN_END_SPACE, false},
    {COLUMN_ALLOC_OBJECTS, false},
    {COLUMN_END_OBJECTS, false},
};

/* One function that may have won or lost. */
struct mover {
    struct ledger_row *row;
    struct str name;
    bool is_library; /* charged to the program's functions: moves only among its like */
    struct name_id contexts[CONTEXTS_MAX];
    size_t context_count;
};

struct moving {
    struct ledger *ledger;
    struct shifts *out;
    struct mover *movers; /* by name */
    size_t len;
    struct map by_key;    /* -> index of the mover */
    enum column column;   /* of the pass in progress */
    enum alloc_kind kind; /* likewise */
    double *open;         /* by mover: gain (> 0) or loss (< 0) that is not matched yet */
    bool listed;
};

static bool has_context(const struct mover *mover, struct name_id context)
{
    for (size_t i = 0; i < mover->context_count; i++) {
        if (name_equal(mover->contexts[i], context))
            return true;
    }
    return false;
}

static void add_context(struct mover *mover, struct name_id context)
{
    bool wanted = context.v != 0 && !name_equal(context, mover->row->key);
    if (wanted && mover->context_count < CONTEXTS_MAX && !has_context(mover, context))
        mover->contexts[mover->context_count++] = context;
}

static void add_site_contexts(struct mover *mover)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < mover->row->site_count[side]; i++)
            add_context(mover, mover->row->sites[side][i].context);
    }
}

/* A caller that one side lacks was made or removed by the same change: its callers count too. */
static void widen_contexts(struct moving *moving, struct mover *mover)
{
    size_t from = 0;
    for (int hop = 0; hop < CONTEXT_HOPS; hop++) {
        size_t to = mover->context_count;
        for (size_t i = from; i < to; i++) {
            uint32_t at = 0;
            if (!map_find(&moving->by_key, mover->contexts[i].v, &at))
                continue;
            const struct mover *caller = &moving->movers[at];
            bool both =
                caller->row->site_count[SIDE_BASE] > 0 && caller->row->site_count[SIDE_CAND] > 0;
            for (size_t c = 0; !both && c < caller->context_count; c++)
                add_context(mover, caller->contexts[c]);
        }
        from = to;
    }
}

static int order_movers(const void *left, const void *right)
{
    const struct mover *a = left;
    const struct mover *b = right;
    return str_compare(a->name, b->name);
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
        add_site_contexts(mover);
    }
    if (moving->len)
        qsort(moving->movers, moving->len, sizeof(*moving->movers), order_movers);
    for (size_t i = 0; i < moving->len; i++)
        (void)map_insert(&moving->by_key, moving->movers[i].row->key.v, (uint32_t)i);
    for (size_t i = 0; i < moving->len; i++)
        widen_contexts(moving, &moving->movers[i]);
}

static double kind_mean(const struct moving *moving, const struct mover *mover, enum side side)
{
    const struct ledger_row *row = ledger_kind_row(moving->ledger, mover->row, moving->kind);
    return row ? ledger_mean(moving->ledger, row, side, moving->column) : 0;
}

/* What the function won or lost in this kind and column, 0 below the noise. */
static double change_of(const struct moving *moving, const struct mover *mover)
{
    double base = kind_mean(moving, mover, SIDE_BASE);
    double cand = kind_mean(moving, mover, SIDE_CAND);
    double noise = fmax(NOISE_MIN, NOISE_RATIO * fmax(base, cand));
    return fabs(cand - base) < noise ? 0 : cand - base;
}

typedef bool (*relation)(const struct mover *winner, const struct mover *loser);

/* The loser calls the winner: something was taken out of it. */
static bool extracted(const struct mover *winner, const struct mover *loser)
{
    return has_context(winner, loser->row->key);
}

/* The winner called the loser: something was written out in it. */
static bool absorbed(const struct mover *winner, const struct mover *loser)
{
    return has_context(loser, winner->row->key);
}

static bool siblings(const struct mover *winner, const struct mover *loser)
{
    for (size_t i = 0; i < winner->context_count; i++) {
        if (has_context(loser, winner->contexts[i]))
            return true;
    }
    return false;
}

static bool may_move(const struct moving *moving, size_t winner, size_t loser)
{
    const struct mover *to = &moving->movers[winner];
    const struct mover *from = &moving->movers[loser];
    double gain = moving->open[winner];
    double loss = -moving->open[loser];
    bool is_new = ledger_mean(moving->ledger, to->row, SIDE_BASE, moving->column) <= 0;
    bool is_gone = ledger_mean(moving->ledger, from->row, SIDE_CAND, moving->column) <= 0;
    bool exchanged = fabs(gain - loss) <= EXCHANGE_TOLERANCE * fmax(gain, loss);
    return to->is_library == from->is_library && (is_new || is_gone || exchanged);
}

static void list_shift(struct moving *moving, size_t winner, size_t loser, double bytes)
{
    struct shifts *out = moving->out;
    struct name_id from = moving->movers[loser].row->key;
    struct name_id to = moving->movers[winner].row->key;
    for (size_t i = 0; i < out->len; i++) {
        if (name_equal(out->items[i].from, from) && name_equal(out->items[i].to, to)) {
            out->items[i].bytes += bytes;
            return;
        }
    }
    struct shift fresh = {from, to, bytes};
    ARENA_PUSH(moving->ledger->arena, out->items, out->len, out->cap, fresh);
}

static void add_moved(const struct moving *moving, size_t at, double amount)
{
    struct ledger_row *row = moving->movers[at].row;
    const struct ledger_row *kind = ledger_kind_row(moving->ledger, row, moving->kind);
    row->moved[moving->column] += amount;
    moving->ledger->rows[kind - moving->ledger->rows].moved[moving->column] += amount;
}

static void match(struct moving *moving, size_t winner, size_t loser)
{
    double amount = fmin(moving->open[winner], -moving->open[loser]);
    moving->open[winner] -= amount;
    moving->open[loser] += amount;
    add_moved(moving, winner, amount);
    add_moved(moving, loser, -amount);
    if (moving->listed)
        list_shift(moving, winner, loser, amount);
}

static void match_all(struct moving *moving, relation related)
{
    for (size_t w = 0; w < moving->len; w++) {
        for (size_t l = 0; l < moving->len && moving->open[w] > 0; l++) {
            if (moving->open[l] < 0 && related(&moving->movers[w], &moving->movers[l]) &&
                may_move(moving, w, l))
                match(moving, w, l);
        }
    }
}

/* False when nothing was won or nothing was lost, or too much of both. */
static bool open_changes(struct moving *moving)
{
    size_t gains = 0;
    size_t losses = 0;
    for (size_t i = 0; i < moving->len; i++) {
        moving->open[i] = change_of(moving, &moving->movers[i]);
        gains += moving->open[i] > 0;
        losses += moving->open[i] < 0;
    }
    return gains > 0 && losses > 0 && losses <= MATCHES_MAX / gains;
}

void moved_find(struct shifts *out, struct ledger *ledger)
{
    /* Closest first: who calls whom says more than who shares a caller. */
    static const relation relations[] = {extracted, absorbed, siblings};
    struct moving moving = {.ledger = ledger, .out = out};
    *out = (struct shifts){0};
    map_init(&moving.by_key);
    movers_collect(&moving);
    moving.open = ARENA_ARRAY(ledger->arena, double, moving.len + 1);
    for (size_t c = 0; c < ARRAY_LEN(moved_columns); c++) {
        for (size_t kind = 0; kind < ALLOC_KINDS; kind++) {
            moving.column = moved_columns[c].column;
            moving.listed = moved_columns[c].listed;
            moving.kind = (enum alloc_kind)kind;
            if (!open_changes(&moving))
                continue;
            for (size_t r = 0; r < ARRAY_LEN(relations); r++)
                match_all(&moving, relations[r]);
        }
    }
    map_release(&moving.by_key);
}
