#include "gate/fold/order.h"

static int name_compare(const struct intern *names, struct name_id a, struct name_id b)
{
    return name_equal(a, b) ? 0 : str_compare(intern_text(names, a), intern_text(names, b));
}

static int number_compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* What tells sites of one place and kind apart. */
static int origin_compare(const struct intern *names, const struct fold_site *a,
                          const struct fold_site *b)
{
    int order = name_compare(names, a->chain, b->chain);
    if (order == 0)
        order = name_compare(names, a->entry, b->entry);
    if (order == 0)
        order = name_compare(names, a->type, b->type);
    return order ? order : number_compare((int64_t)a->how, (int64_t)b->how);
}

int site_compare(const struct intern *names, const struct fold_site *a, const struct fold_site *b)
{
    int order = name_compare(names, a->func, b->func);
    if (order == 0)
        order = name_compare(names, a->file, b->file);
    if (order == 0)
        order = number_compare(a->line, b->line);
    if (order == 0)
        order = number_compare((int64_t)a->kind, (int64_t)b->kind);
    if (order == 0)
        order = number_compare((int64_t)a->op, (int64_t)b->op);
    if (order == 0)
        order = name_compare(names, a->user, b->user);
    if (order == 0)
        order = name_compare(names, a->owner, b->owner);
    if (order == 0)
        order = name_compare(names, a->user_file, b->user_file);
    if (order == 0)
        order = number_compare(a->user_line, b->user_line);
    if (order == 0)
        order = name_compare(names, a->caller, b->caller);
    return order ? order : origin_compare(names, a, b);
}

int function_compare(const struct intern *names, const struct fold_function *a,
                     const struct fold_function *b)
{
    return name_compare(names, a->func, b->func);
}

static int site_order(const void *a, const void *b, void *names)
{
    return site_compare(names, a, b);
}

static int function_order(const void *a, const void *b, void *names)
{
    return function_compare(names, a, b);
}

/* qsort_r hands its context through as a plain pointer; it is only read here. */
static void *order_context(const struct intern *names)
{
    union {
        const struct intern *given;
        void *wanted;
    } context = {.given = names};
    return context.wanted;
}

static int name_order(const void *a, const void *b, void *names)
{
    return name_compare(names, *(const struct name_id *)a, *(const struct name_id *)b);
}

/* Places by name of the leaf: where the sites of each begin, in the order of the texts. */
static size_t *places_of(const struct fold_site *sites, size_t count, const struct intern *names,
                         struct arena *arena)
{
    size_t *places = ARENA_ARRAY(arena, size_t, names->len);
    struct name_id *funcs = ARENA_ARRAY(arena, struct name_id, names->len);
    size_t func_count = 0;
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        if (places[sites[i].func.v]++ == 0)
            funcs[func_count++] = sites[i].func;
    }
    qsort_r(funcs, func_count, sizeof(*funcs), name_order, order_context(names));
    for (size_t i = 0; i < func_count; i++) {
        size_t len = places[funcs[i].v];
        places[funcs[i].v] = place;
        place += len;
    }
    return places;
}

/*
 * By leaf first, and then those of each leaf: there are several of one leaf,
 * so that most of what a sort of all compares would be the same few texts.
 */
void sites_sort(struct fold_site *sites, size_t count, const struct intern *names)
{
    struct arena scratch;
    arena_init(&scratch);
    struct fold_site *placed = ARENA_ARRAY(&scratch, struct fold_site, count);
    size_t *places = places_of(sites, count, names, &scratch);
    for (size_t i = 0; i < count; i++)
        placed[places[sites[i].func.v]++] = sites[i];
    for (size_t from = 0, to = 0; from < count; from = to) {
        /* A place is that of the next leaf by now. */
        to = places[placed[from].func.v];
        if (to - from > 1)
            qsort_r(placed + from, to - from, sizeof(*placed), site_order, order_context(names));
    }
    if (count > 0)
        memcpy(sites, placed, count * sizeof(*sites));
    arena_release(&scratch);
}

void functions_sort(struct fold_function *functions, size_t count, const struct intern *names)
{
    if (count > 1)
        qsort_r(functions, count, sizeof(*functions), function_order, order_context(names));
}
