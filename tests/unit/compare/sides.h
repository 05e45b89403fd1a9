#ifndef TESTS_UNIT_COMPARE_SIDES_H
#define TESTS_UNIT_COMPARE_SIDES_H

/* Two sides of a comparison, written down site by site. */
#include "tests/support/check.h"

#include "gate/compare/heap_rows.h"

enum { SITES_MAX = 80 };

/* One allocation site, written down; objects are bytes / 8. */
struct site_text {
    const char *func;
    int64_t line;
    enum alloc_kind kind;
    int64_t bytes;
    const char *user;
    const char *caller;
};

#define SITE(function, at, what, amount, from)                                                     \
    {.func = function, .line = at, .kind = what, .bytes = amount, .user = from}
/* The same with the caller of the user frame. */
#define SITE_BY(function, at, what, amount, from, by)                                              \
    {.func = function, .line = at, .kind = what, .bytes = amount, .user = from, .caller = by}

struct fixture {
    struct arena arena;
    struct intern names;
    struct record_scenario record;
    struct comparison comparison;
    struct trial_fold folds[SIDES];
};

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    intern_init(&fixture->names, &fixture->arena);
    fixture->record.programs[SIDE_CAND].module = STR("m.io/a");
    fixture->comparison.record = &fixture->record;
}

static inline void fixture_release(struct fixture *fixture)
{
    intern_release(&fixture->names);
    arena_release(&fixture->arena);
}

static inline struct name_id name_of(struct fixture *fixture, const char *text)
{
    return intern_name(&fixture->names, str_from(text ? text : ""));
}

/* Adds the bytes of a stack to each of its functions, once. */
static inline void add_cum(struct fixture *fixture, struct fold *fold, const struct site_text *text)
{
    const char *const stack[] = {text->func, text->user, text->caller};
    for (size_t i = 0; i < ARRAY_LEN(stack); i++) {
        struct name_id func = name_of(fixture, stack[i]);
        size_t at = 0;
        if (func.v == 0 || (i > 0 && name_equal(func, name_of(fixture, stack[i - 1]))))
            continue;
        while (at < fold->function_count && !name_equal(fold->functions[at].func, func))
            at++;
        fold->functions[at].func = func;
        fold->functions[at].cum[HEAP_ALLOC_SPACE] += text->bytes;
        fold->functions[at].cum[HEAP_ALLOC_OBJECTS] += text->bytes / 8;
        if (at == fold->function_count)
            fold->function_count++;
    }
}

/* Of objects of 8 bytes, far below the period: each sample stands for `period` bytes. */
static inline double *small_object_variance(struct fixture *fixture, int64_t bytes, int64_t period)
{
    double *out = ARENA_ARRAY(&fixture->arena, double, HEAP_METRICS);
    out[HEAP_ALLOC_SPACE] = period > 1 ? (double)bytes * (double)period : 0;
    out[HEAP_ALLOC_OBJECTS] = out[HEAP_ALLOC_SPACE] / 64;
    return out;
}

static inline struct fold fold_of(struct fixture *fixture, const struct site_text *texts,
                                  int64_t period)
{
    struct fold out = {
        .period = period,
        .sites = ARENA_ARRAY(&fixture->arena, struct fold_site, SITES_MAX),
        .functions = ARENA_ARRAY(&fixture->arena, struct fold_function, (size_t)3 * SITES_MAX)};
    for (; out.site_count < SITES_MAX && texts[out.site_count].func; out.site_count++) {
        const struct site_text *text = &texts[out.site_count];
        struct fold_site *site = &out.sites[out.site_count];
        site->func = name_of(fixture, text->func);
        site->user = name_of(fixture, text->user);
        site->caller = name_of(fixture, text->caller);
        site->owner = site->user;
        site->file = name_of(fixture, "m.io/a/f.go");
        site->line = text->line;
        site->kind = text->kind;
        site->value[HEAP_ALLOC_OBJECTS] = text->bytes / 8;
        site->value[HEAP_ALLOC_SPACE] = text->bytes;
        site->variance = small_object_variance(fixture, text->bytes, period);
        add_cum(fixture, &out, text);
    }
    return out;
}

static const struct pair_hints no_hints;

static inline struct ledger_side side_of(struct trial_fold *trials, size_t len)
{
    return (struct ledger_side){.trials = trials, .len = len, .module = STR("m.io/a")};
}

/* One trial a side of one request, as two plain files are; the module is "m.io/a". */
static inline void compare_hinted(struct fixture *fixture, const struct site_text *base,
                                  const struct site_text *cand, int64_t period,
                                  const struct pair_hints *hints)
{
    fixture->folds[SIDE_BASE] =
        (struct trial_fold){.alloc = fold_of(fixture, base, period), .request_count = 1};
    fixture->folds[SIDE_CAND] =
        (struct trial_fold){.alloc = fold_of(fixture, cand, period), .request_count = 1};
    struct ledger_side sides[SIDES] = {side_of(&fixture->folds[SIDE_BASE], 1),
                                       side_of(&fixture->folds[SIDE_CAND], 1)};
    heap_rows_add(&fixture->comparison, &fixture->arena, &fixture->names, sides, hints);
}

static inline void compare(struct fixture *fixture, const struct site_text *base,
                           const struct site_text *cand, int64_t period)
{
    compare_hinted(fixture, base, cand, period, &no_hints);
}

/* The only alloc_space row of a level and function; fails when there is none or a second. */
static inline const struct comparison_row *row_of(const struct fixture *fixture,
                                                  enum row_level level, const char *func)
{
    static const struct comparison_row nothing;
    const struct comparison_row *found = NULL;
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        const struct comparison_row *row = &fixture->comparison.rows[i];
        bool named = level == ROW_SCENARIO || str_equal(row->func, str_from(func));
        if (row->metric != METRIC_ALLOC_SPACE || row->level != level || !named)
            continue;
        assert_null(found);
        found = row;
    }
    assert_non_null(found);
    /* The compiler does not know that the assertion ends the test. */
    return found ? found : &nothing;
}

#endif
