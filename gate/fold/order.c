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

void sites_sort(struct fold_site *sites, size_t count, const struct intern *names)
{
    if (count > 1)
        qsort_r(sites, count, sizeof(*sites), site_order, order_context(names));
}

void functions_sort(struct fold_function *functions, size_t count, const struct intern *names)
{
    if (count > 1)
        qsort_r(functions, count, sizeof(*functions), function_order, order_context(names));
}
