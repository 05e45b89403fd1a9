#include "gate/compare/movers.h"

enum { CONTEXT_HOPS = 2 };

/* A context that is kept is memory as well: four million of them are all. */
enum { CONTEXT_STEPS = 50 };

int context_order(const void *left, const void *right)
{
    const struct context *a = left;
    const struct context *b = right;
    if (a->key.v != b->key.v)
        return a->key.v < b->key.v ? -1 : 1;
    return 0;
}

static void add_context(struct movers *movers, struct contexts *out, struct name_id key,
                        unsigned sides)
{
    const struct context fresh = {.key = key, .sides = sides};
    if (key.v == 0 || sides == 0 || movers->steps >= MOVERS_STEPS_MAX)
        return;
    movers->steps += CONTEXT_STEPS;
    ARENA_PUSH(movers->ledger->arena, out->items, out->len, out->cap, fresh);
}

/* Sorts the contexts; of each key one is left, of all its sides. */
static void merge_contexts(struct contexts *contexts)
{
    size_t kept = 0;
    if (contexts->len)
        qsort(contexts->items, contexts->len, sizeof(*contexts->items), context_order);
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

static void add_site_contexts(struct movers *movers, struct mover *mover)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < mover->row->site_count[side]; i++) {
            struct name_id context = mover->row->sites[side][i].context;
            if (!name_equal(context, mover->row->key))
                add_context(movers, &mover->own, context, 1U << side);
        }
    }
    merge_contexts(&mover->own);
}

/* The callers of a caller that one side lacks, on the sides that both are called on. */
static void add_callers(struct movers *movers, struct contexts *out, const struct mover *mover,
                        const struct context *context)
{
    uint32_t at = 0;
    if (!map_find(&movers->by_key, context->key.v, &at))
        return;
    const struct mover *caller = &movers->items[at];
    if (caller->row->site_count[SIDE_BASE] > 0 && caller->row->site_count[SIDE_CAND] > 0)
        return;
    for (size_t i = 0; i < caller->own.len; i++) {
        const struct context *next = &caller->own.items[i];
        if (!name_equal(next->key, mover->row->key))
            add_context(movers, out, next->key, context->sides & next->sides);
    }
}

/*
 * A caller that one side lacks was made or removed by the same change: its
 * callers count too. Of a caller only its own contexts do, so that nothing
 * depends on who was widened first.
 */
static void widen_contexts(struct movers *movers, struct mover *mover)
{
    struct contexts last = mover->own;
    for (size_t i = 0; i < last.len; i++)
        add_context(movers, &mover->wide, last.items[i].key, last.items[i].sides);
    for (int hop = 0; hop < CONTEXT_HOPS; hop++) {
        struct contexts next = {0};
        for (size_t i = 0; i < last.len; i++)
            add_callers(movers, &next, mover, &last.items[i]);
        merge_contexts(&next);
        for (size_t i = 0; i < next.len; i++)
            add_context(movers, &mover->wide, next.items[i].key, next.items[i].sides);
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

static void movers_finish(struct movers *movers)
{
    const struct ledger *ledger = movers->ledger;
    struct map callers;
    map_init(&callers);
    for (size_t i = 0; i < ledger->caller_count; i++)
        (void)map_insert(&callers, ledger->callers[i].key.v, (uint32_t)i);
    for (size_t i = 0; i < movers->len; i++)
        contexts_finish(&movers->items[i], &callers);
    map_release(&callers);
}

void movers_collect(struct movers *movers, struct ledger *ledger)
{
    *movers = (struct movers){.ledger = ledger};
    map_init(&movers->by_key);
    movers->items = ARENA_ARRAY(ledger->arena, struct mover, ledger->len + 1);
    for (size_t i = 0; i < ledger->len; i++) {
        struct ledger_row *row = &ledger->rows[i];
        if (row->level != ROW_FUNCTION || row->key.v == 0)
            continue;
        struct mover *mover = &movers->items[movers->len++];
        mover->row = row;
        mover->name = intern_text(ledger->names, row->key);
        mover->is_library = row->own_site_count == 0;
        add_site_contexts(movers, mover);
    }
    if (movers->len)
        qsort(movers->items, movers->len, sizeof(*movers->items), order_movers);
    for (size_t i = 0; i < movers->len; i++)
        (void)map_insert(&movers->by_key, movers->items[i].row->key.v, (uint32_t)i);
    for (size_t i = 0; i < movers->len; i++)
        widen_contexts(movers, &movers->items[i]);
    movers_finish(movers);
}

bool mover_has_context(const struct mover *mover, struct name_id context, enum side side)
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

void movers_release(struct movers *movers)
{
    map_release(&movers->by_key);
}
