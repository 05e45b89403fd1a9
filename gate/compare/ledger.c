#include "gate/compare/ledger.h"

#include "gate/base/map.h"

/*
 * Rows are found by (level, key, kind); sites by (row, raw function,
 * file, line, kind, user). Both tables live only while building.
 */
struct builder {
    struct ledger *ledger;
    struct map rows;
    struct map sites;
    struct name_id *key_of; /* pair key by raw name id, 0 = not computed */
    size_t key_len;
    struct map renamed; /* baseline key -> candidate key, from pairing */
};

static struct name_id key_of(struct builder *builder, enum side side, struct name_id func)
{
    struct ledger *ledger = builder->ledger;
    struct name_id key = builder->key_of[func.v];
    if (key.v == 0) {
        struct str text = pair_key(ledger->arena, intern_text(ledger->names, func));
        key = intern_name(ledger->names, text);
        builder->key_of[func.v] = key;
    }
    uint32_t moved_to = 0;
    if (side == SIDE_BASE && map_find(&builder->renamed, key.v, &moved_to))
        return (struct name_id){moved_to};
    return key;
}

static uint64_t row_code(enum row_level level, struct name_id key, enum alloc_kind kind)
{
    return (uint64_t)key.v << 16 | (uint64_t)level << 8 | (uint64_t)kind;
}

static struct ledger_row *row_for(struct builder *builder, enum row_level level, struct name_id key,
                                  enum alloc_kind kind)
{
    struct ledger *ledger = builder->ledger;
    uint64_t code = row_code(level, key, kind);
    uint32_t at = 0;
    if (!map_find(&builder->rows, code, &at)) {
        size_t cells = (size_t)SIDES * ledger->trial_max * COLUMNS;
        struct ledger_row row = {
            .level = level,
            .key = key,
            .kind = kind,
            .values = ARENA_ARRAY(ledger->arena, double, cells),
        };
        at = (uint32_t)ledger->len;
        row.function = at;
        if (level == ROW_FUNCTION)
            row.cum = ARENA_ARRAY(ledger->arena, double, (size_t)SIDES *COLUMNS);
        ARENA_PUSH(ledger->arena, ledger->rows, ledger->len, ledger->cap, row);
        (void)map_insert(&builder->rows, code, at);
    }
    return &ledger->rows[at];
}

static double *cell(const struct ledger *ledger, const struct ledger_row *row, enum side side,
                    size_t trial)
{
    return row->values + ((size_t)side * ledger->trial_max + trial) * COLUMNS;
}

static uint64_t site_code(const struct ledger_row *row, enum side side,
                          const struct fold_site *site)
{
    uint64_t code = hash_u64((uint64_t)row->key.v << 8 | (uint64_t)side << 4 | site->kind);
    code = hash_u64(code ^ ((uint64_t)site->func.v << 32 | site->file.v));
    code = hash_u64(code ^ (uint64_t)site->line);
    return hash_u64(code ^ ((uint64_t)site->user.v << 32 | (uint32_t)site->user_line));
}

static struct ledger_site *site_for(struct builder *builder, struct ledger_row *row, enum side side,
                                    const struct fold_site *site)
{
    uint64_t code = site_code(row, side, site);
    uint32_t at = 0;
    if (!map_find(&builder->sites, code, &at)) {
        struct ledger_site fresh = {
            .func = site->func,
            .user = site->user,
            .owner = site->owner,
            .file = site->file,
            .user_file = site->user_file,
            .line = site->line,
            .user_line = site->user_line,
            .kind = site->kind,
        };
        at = (uint32_t)row->site_count[side];
        ARENA_PUSH(builder->ledger->arena, row->sites[side], row->site_count[side],
                   row->site_cap[side], fresh);
        (void)map_insert(&builder->sites, code, at);
    }
    return &row->sites[side][at];
}

/* What one site of one fold adds to which columns. */
struct posting {
    enum side side;
    size_t trial;
    enum column objects;
    enum column space;
    enum heap_metric from_objects;
    enum heap_metric from_space;
    double scale;
};

static void post_site(struct builder *builder, const struct posting *posting,
                      const struct fold_site *site)
{
    struct ledger *ledger = builder->ledger;
    struct name_id key = key_of(builder, posting->side, site->func);
    double objects = (double)site->value[posting->from_objects] * posting->scale;
    double space = (double)site->value[posting->from_space] * posting->scale;
    const struct {
        enum row_level level;
        struct name_id key;
        enum alloc_kind kind;
    } targets[] = {
        {ROW_SCENARIO, {0}, ALLOC_KIND_UNKNOWN},
        {ROW_KIND, {0}, site->kind},
        {ROW_FUNCTION, key, ALLOC_KIND_UNKNOWN},
        {ROW_FUNCTION_KIND, key, site->kind},
    };
    size_t function = 0;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct ledger_row *row =
            row_for(builder, targets[i].level, targets[i].key, targets[i].kind);
        if (targets[i].level == ROW_FUNCTION)
            function = row->function;
        if (targets[i].level == ROW_FUNCTION_KIND)
            row->function = function;
        double *values = cell(ledger, row, posting->side, posting->trial);
        values[posting->objects] += objects;
        values[posting->space] += space;
    }
    struct ledger_site *mean = site_for(builder, &ledger->rows[function], posting->side, site);
    double share = 1.0 / (double)ledger->trial_count[posting->side];
    mean->mean[posting->objects] += objects * share;
    mean->mean[posting->space] += space * share;
}

/* A function without a row allocates nothing itself at any time, and is not compared. */
static void post_cum(struct builder *builder, const struct posting *posting,
                     const struct fold_function *function)
{
    const struct ledger *ledger = builder->ledger;
    struct name_id key = key_of(builder, posting->side, function->func);
    uint32_t at = 0;
    if (!map_find(&builder->rows, row_code(ROW_FUNCTION, key, ALLOC_KIND_UNKNOWN), &at))
        return;
    double *cum = ledger->rows[at].cum + (size_t)posting->side * COLUMNS;
    double scale = posting->scale / (double)ledger->trial_count[posting->side];
    cum[posting->objects] += (double)function->cum[posting->from_objects] * scale;
    cum[posting->space] += (double)function->cum[posting->from_space] * scale;
}

static void post_sites(struct builder *builder, const struct posting *posting,
                       const struct fold *fold)
{
    for (size_t i = 0; i < fold->site_count; i++)
        post_site(builder, posting, &fold->sites[i]);
}

static void post_functions(struct builder *builder, const struct posting *posting,
                           const struct fold *fold)
{
    for (size_t i = 0; i < fold->function_count; i++)
        post_cum(builder, posting, &fold->functions[i]);
}

typedef void (*post_fold)(struct builder *builder, const struct posting *posting,
                          const struct fold *fold);

static void post_trial(struct builder *builder, enum side side, size_t trial,
                       const struct trial_fold *folds, post_fold post)
{
    const struct {
        const struct fold *fold;
        struct posting posting;
    } rows[] = {
        {&folds->alloc,
         {side, trial, COLUMN_ALLOC_OBJECTS, COLUMN_ALLOC_SPACE, HEAP_ALLOC_OBJECTS,
          HEAP_ALLOC_SPACE, 1 / folds->request_count}},
        {&folds->warm,
         {side, trial, COLUMN_WARM_OBJECTS, COLUMN_WARM_SPACE, HEAP_INUSE_OBJECTS, HEAP_INUSE_SPACE,
          1}},
        {&folds->end,
         {side, trial, COLUMN_END_OBJECTS, COLUMN_END_SPACE, HEAP_INUSE_OBJECTS, HEAP_INUSE_SPACE,
          1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        post(builder, &rows[i].posting, rows[i].fold);
}

static void post_sides(struct builder *builder, const struct ledger_side sides[SIDES],
                       post_fold post)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < sides[side].len; t++)
            post_trial(builder, (enum side)side, t, &sides[side].trials[t], post);
    }
}

/* Growth is a difference of two columns that are complete only now. */
static void fill_growth(struct ledger *ledger, const struct ledger_side sides[SIDES])
{
    for (size_t r = 0; r < ledger->len; r++) {
        struct ledger_row *row = &ledger->rows[r];
        for (int side = 0; side < SIDES; side++) {
            double requests = sides[side].len ? sides[side].trials[0].request_count : 1;
            for (size_t t = 0; t < sides[side].len; t++) {
                double *values = cell(ledger, row, (enum side)side, t);
                values[COLUMN_GROWTH_SPACE] =
                    (values[COLUMN_END_SPACE] - values[COLUMN_WARM_SPACE]) * 1000 /
                    sides[side].trials[t].request_count;
            }
            for (size_t s = 0; s < row->site_count[side]; s++) {
                double *mean = row->sites[side][s].mean;
                mean[COLUMN_GROWTH_SPACE] =
                    (mean[COLUMN_END_SPACE] - mean[COLUMN_WARM_SPACE]) * 1000 / requests;
            }
        }
    }
}

/* The functions of one side while their costs are summed. */
struct signature_list {
    struct pair_function *items;
    size_t len;
    size_t cap;
    struct map at_key;
};

static void add_signatures(struct signature_list *list, struct builder *builder, enum side side,
                           const struct fold *fold, enum heap_metric metric, double scale)
{
    for (size_t i = 0; i < fold->site_count; i++) {
        struct name_id key = key_of(builder, side, fold->sites[i].func);
        uint32_t at = (uint32_t)list->len;
        if (!map_find(&list->at_key, key.v, &at)) {
            struct pair_function fresh = {.key = key};
            (void)map_insert(&list->at_key, key.v, at);
            ARENA_PUSH(builder->ledger->arena, list->items, list->len, list->cap, fresh);
        }
        list->items[at].bytes[fold->sites[i].kind] += (double)fold->sites[i].value[metric] * scale;
    }
}

/*
 * What pairing looks at, averaged over the trials of one side: bytes of
 * each kind per request, and what was held at the end, by which functions
 * that only run at start-up are known.
 */
static struct pair_side signatures(struct builder *builder, enum side side,
                                   const struct ledger_side *from)
{
    struct signature_list list = {0};
    map_init(&list.at_key);
    for (size_t t = 0; t < from->len; t++) {
        const struct trial_fold *trial = &from->trials[t];
        double scale = 1 / (trial->request_count * (double)from->len);
        add_signatures(&list, builder, side, &trial->alloc, HEAP_ALLOC_SPACE, scale);
        if (trial->has_points)
            add_signatures(&list, builder, side, &trial->end, HEAP_INUSE_SPACE, scale);
    }
    map_release(&list.at_key);
    return (struct pair_side){list.items, list.len};
}

static void pair_sides(struct builder *builder, const struct ledger_side sides[SIDES])
{
    struct ledger *ledger = builder->ledger;
    struct pair_side base = signatures(builder, SIDE_BASE, &sides[SIDE_BASE]);
    struct pair_side cand = signatures(builder, SIDE_CAND, &sides[SIDE_CAND]);
    pair_functions(&ledger->pairs, ledger->arena, ledger->names, base, cand);
    for (size_t i = 0; i < ledger->pairs.len; i++) {
        (void)map_insert(&builder->renamed, ledger->pairs.items[i].base.v,
                         ledger->pairs.items[i].cand.v);
    }
}

void ledger_build(struct ledger *out, struct arena *arena, struct intern *names,
                  const struct ledger_side sides[SIDES])
{
    struct builder builder = {.ledger = out};
    *out = (struct ledger){.arena = arena, .names = names};
    for (int side = 0; side < SIDES; side++) {
        out->trial_count[side] = sides[side].len;
        if (sides[side].len > out->trial_max)
            out->trial_max = sides[side].len;
    }
    /* Keys are interned while building, so the table of keys spans the raw names of now. */
    builder.key_len = names->len;
    builder.key_of = ARENA_ARRAY(arena, struct name_id, builder.key_len);
    pair_sides(&builder, sides);
    (void)row_for(&builder, ROW_SCENARIO, (struct name_id){0}, ALLOC_KIND_UNKNOWN);
    post_sides(&builder, sides, post_sites);
    /* Second, because a function's row may come from the other side or a later trial. */
    post_sides(&builder, sides, post_functions);
    fill_growth(out, sides);
    map_release(&builder.rows);
    map_release(&builder.sites);
    map_release(&builder.renamed);
}

const struct ledger_row *ledger_function(const struct ledger *ledger, const struct ledger_row *row)
{
    return &ledger->rows[row->function];
}

struct samples ledger_samples(const struct ledger *ledger, const struct ledger_row *row,
                              enum side side, enum column column, double *out)
{
    for (size_t t = 0; t < ledger->trial_count[side]; t++)
        out[t] = cell(ledger, row, side, t)[column];
    return (struct samples){out, ledger->trial_count[side]};
}
