#include "gate/compare/ledger.h"

#include "gate/base/map.h"
#include "gate/base/num.h"
#include "gate/compare/keys.h"
#include "gate/compare/signatures.h"
#include "gate/stats/slope.h"

/*
 * Rows are found by (level, key, kind); sites by their row and all that
 * makes a site of a fold unique. The tables live only while building.
 */
struct builder {
    struct ledger *ledger;
    struct keys keys;
    struct map rows;
    struct map sites;
    struct map callers;        /* key -> index */
    struct map staying;        /* keys, see signatures.h */
    struct str modules[SIDES]; /* of the programs */
};

static const enum column live_columns[RECORDING_GROWTH_MAX] = {
    COLUMN_LIVE1_SPACE, COLUMN_LIVE2_SPACE, COLUMN_LIVE3_SPACE};

static uint64_t row_code(enum row_level level, struct name_id key, enum alloc_kind kind)
{
    return (uint64_t)key.v << 16 | (uint64_t)level << 8 | (uint64_t)kind;
}

/* Zeroes for every side, trial and column. */
static double *cells_of(const struct ledger *ledger)
{
    return ARENA_ARRAY(ledger->arena, double, (size_t)SIDES * ledger->trial_max * COLUMNS);
}

static struct ledger_row *row_for(struct builder *builder, enum row_level level, struct name_id key,
                                  enum alloc_kind kind)
{
    struct ledger *ledger = builder->ledger;
    uint64_t code = row_code(level, key, kind);
    uint32_t at = 0;
    uint32_t ignored = 0;
    if (!map_find(&builder->rows, code, &at)) {
        struct ledger_row row = {
            .level = level,
            .key = key,
            .kind = kind,
            .values = cells_of(ledger),
            .variances = ledger->period > 1 ? cells_of(ledger) : NULL,
        };
        at = (uint32_t)ledger->len;
        row.function = at;
        row.stays = level == ROW_FUNCTION && map_find(&builder->staying, key.v, &ignored);
        row.flat = ARENA_ARRAY(ledger->arena, double, (size_t)SIDES *COLUMNS);
        if (level == ROW_FUNCTION)
            row.cum = cells_of(ledger);
        ARENA_PUSH(ledger->arena, ledger->rows, ledger->len, ledger->cap, row);
        (void)map_insert(&builder->rows, code, at);
    }
    return &ledger->rows[at];
}

static size_t cell_at(const struct ledger *ledger, enum side side, size_t trial)
{
    return ((size_t)side * ledger->trial_max + trial) * COLUMNS;
}

static double *cell(const struct ledger *ledger, const struct ledger_row *row, enum side side,
                    size_t trial)
{
    return row->values + cell_at(ledger, side, trial);
}

struct ledger_row ledger_cum(const struct ledger_row *function)
{
    return (struct ledger_row){
        .level = ROW_FUNCTION, .key = function->key, .values = function->cum};
}

uint64_t ledger_site_code(const struct fold_site *site)
{
    const uint64_t parts[] = {
        (uint64_t)site->func.v << 32 | site->file.v,
        (uint64_t)site->line,
        (uint64_t)site->user.v << 32 | site->user_file.v,
        (uint64_t)site->user_line,
        (uint64_t)site->owner.v << 32 | site->caller.v,
        (uint64_t)site->chain.v << 32 | site->entry.v,
        (uint64_t)site->type.v << 32 | (uint64_t)site->kind << 16 | (uint64_t)site->op << 8 |
            (uint64_t)site->how,
    };
    uint64_t code = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        code = hash_u64(code ^ parts[i]);
    return code;
}

static struct ledger_site *site_for(struct builder *builder, struct ledger_row *row, enum side side,
                                    const struct ledger_site *like)
{
    uint64_t code =
        hash_u64(ledger_site_code(&like->fold) ^ ((uint64_t)row->key.v << 1 | (uint64_t)side));
    uint32_t at = 0;
    if (!map_find(&builder->sites, code, &at)) {
        at = (uint32_t)row->site_count[side];
        ARENA_PUSH(builder->ledger->arena, row->sites[side], row->site_count[side],
                   row->site_cap[side], *like);
        (void)map_insert(&builder->sites, code, at);
    }
    return &row->sites[side][at];
}

/* What one site of one fold adds to which columns. */
struct posting {
    enum side side;
    size_t trial;
    enum column objects; /* COLUMNS: none */
    enum column space;
    enum heap_metric from_objects;
    enum heap_metric from_space;
    double scale;
};

/* The amounts of one site in the columns of its posting, or their variances. */
struct amounts {
    double objects;
    double space;
};

/* What a site adds to the rows it belongs to. */
struct addition {
    struct amounts amounts;
    struct amounts variances;
};

static void add_amounts(double *columns, const struct posting *posting, struct amounts amounts,
                        double scale)
{
    if (posting->objects != COLUMNS)
        columns[posting->objects] += amounts.objects * scale;
    columns[posting->space] += amounts.space * scale;
}

/* To a row's value and, where it is the row's own, to what it allocated itself. */
static size_t post_row(struct builder *builder, const struct posting *posting,
                       const struct ledger_row *what, const struct addition *addition,
                       bool is_charged)
{
    struct ledger *ledger = builder->ledger;
    struct ledger_row *row = row_for(builder, what->level, what->key, what->kind);
    double share = 1.0 / (double)ledger->trial_count[posting->side];
    size_t at = cell_at(ledger, posting->side, posting->trial);
    add_amounts(row->values + at, posting, addition->amounts, 1);
    if (row->variances)
        add_amounts(row->variances + at, posting, addition->variances, 1);
    if (!is_charged) {
        double *flat = row->flat + (size_t)posting->side * COLUMNS;
        add_amounts(flat, posting, addition->amounts, share);
    }
    return (size_t)(row - ledger->rows);
}

/* To one function: its row, the row of the kind in it, and its sites. */
static void post_function(struct builder *builder, const struct posting *posting,
                          struct name_id key, const struct ledger_site *site,
                          const struct addition *addition)
{
    struct ledger *ledger = builder->ledger;
    const struct ledger_row whole = {.level = ROW_FUNCTION, .key = key};
    const struct ledger_row part = {
        .level = ROW_FUNCTION_KIND, .key = key, .kind = site->fold.kind};
    double share = 1.0 / (double)ledger->trial_count[posting->side];
    size_t function = post_row(builder, posting, &whole, addition, site->is_charged);
    size_t kind = post_row(builder, posting, &part, addition, site->is_charged);
    ledger->rows[kind].function = function;
    struct ledger_site *mean = site_for(builder, &ledger->rows[function], posting->side, site);
    add_amounts(mean->mean, posting, addition->amounts, share);
}

/* A framework calls whatever it is given: what the program's own functions call is their doing. */
static void add_caller(struct builder *builder, enum side side, struct name_id func,
                       struct name_id key)
{
    struct ledger *ledger = builder->ledger;
    uint32_t at = 0;
    if (key.v == 0 || map_find(&builder->callers, key.v, &at) ||
        !name_is_user(intern_text(ledger->names, func), builder->modules[side]))
        return;
    struct ledger_row row = {.key = key, .values = cells_of(ledger)};
    (void)map_insert(&builder->callers, key.v, (uint32_t)ledger->caller_count);
    ARENA_PUSH(ledger->arena, ledger->callers, ledger->caller_count, ledger->caller_cap, row);
}

static struct addition addition_of(const struct posting *posting, const struct fold_site *fold)
{
    struct addition out = {
        .amounts = {(double)fold->value[posting->from_objects] * posting->scale,
                    (double)fold->value[posting->from_space] * posting->scale},
    };
    double square = posting->scale * posting->scale;
    if (fold->variance) {
        out.variances = (struct amounts){fold->variance[posting->from_objects] * square,
                                         fold->variance[posting->from_space] * square};
    }
    return out;
}

/*
 * The leaf's function gets every site. A site of a library is charged to
 * the program's own frame that called it as well.
 */
static void post_site(struct builder *builder, const struct posting *posting,
                      const struct fold_site *fold)
{
    const struct ledger_row scenario = {.level = ROW_SCENARIO};
    const struct ledger_row kind = {.level = ROW_KIND, .kind = fold->kind};
    struct addition addition = addition_of(posting, fold);
    struct name_id leaf = keys_of(&builder->keys, posting->side, fold->func);
    struct name_id user = keys_of(&builder->keys, posting->side, fold->user);
    struct name_id caller = keys_of(&builder->keys, posting->side, fold->caller);
    bool is_library = user.v != 0 && !name_equal(leaf, user);
    struct ledger_site site = {.fold = *fold, .context = is_library ? user : caller};
    add_caller(builder, posting->side, fold->user, user);
    add_caller(builder, posting->side, fold->caller, caller);
    (void)post_row(builder, posting, &scenario, &addition, false);
    (void)post_row(builder, posting, &kind, &addition, false);
    post_function(builder, posting, leaf, &site, &addition);
    if (is_library) {
        site.is_charged = true;
        site.context = caller;
        post_function(builder, posting, user, &site, &addition);
    }
}

/* A function without a row allocates nothing itself at any time; as a caller it may have a total. */
static void post_cum(struct builder *builder, const struct posting *posting,
                     const struct fold_function *function)
{
    const struct ledger *ledger = builder->ledger;
    struct name_id key = keys_of(&builder->keys, posting->side, function->func);
    uint32_t at = 0;
    struct amounts amounts = {(double)function->cum[posting->from_objects] * posting->scale,
                              (double)function->cum[posting->from_space] * posting->scale};
    if (map_find(&builder->callers, key.v, &at)) {
        const struct ledger_row *caller = &ledger->callers[at];
        add_amounts(cell(ledger, caller, posting->side, posting->trial), posting, amounts, 1);
    }
    if (map_find(&builder->rows, row_code(ROW_FUNCTION, key, ALLOC_KIND_UNKNOWN), &at)) {
        const struct ledger_row cum = ledger_cum(&ledger->rows[at]);
        add_amounts(cell(ledger, &cum, posting->side, posting->trial), posting, amounts, 1);
    }
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
    for (size_t i = 0; i < folds->growth_count && builder->ledger->has_growth; i++) {
        const struct posting posting = {
            side, trial, COLUMNS, live_columns[i], HEAP_INUSE_OBJECTS, HEAP_INUSE_SPACE, 1};
        post(builder, &posting, &folds->growth[i]);
    }
}

static void post_sides(struct builder *builder, const struct ledger_side sides[SIDES],
                       post_fold post)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < sides[side].len; t++)
            post_trial(builder, (enum side)side, t, &sides[side].trials[t], post);
    }
}

enum { GROWTH_POINTS = 2 + RECORDING_GROWTH_MAX };

/* Growth follows from columns that are complete only now. */
static void fill_columns(double *columns, const struct trial_fold *trial, bool has_growth)
{
    double requests[GROWTH_POINTS] = {0, trial->request_count};
    double bytes[GROWTH_POINTS] = {columns[COLUMN_WARM_SPACE], columns[COLUMN_END_SPACE]};
    size_t len = 2;
    for (size_t i = 0; i < RECORDING_GROWTH_MAX && i < trial->growth_count && has_growth; i++) {
        requests[len] = trial->growth_requests[i];
        bytes[len++] = columns[live_columns[i]];
    }
    columns[COLUMN_GROWTH_SPACE] = slope_theil_sen(requests, bytes, len) * 1000;
    columns[COLUMN_RISE_SPACE] = num_ratio(bytes[len - 1] - bytes[0], requests[len - 1]) * 1000;
}

static void fill_side(struct ledger *ledger, struct ledger_row *row, enum side side,
                      const struct ledger_side *from)
{
    for (size_t t = 0; t < from->len; t++)
        fill_columns(cell(ledger, row, side, t), &from->trials[t], ledger->has_growth);
    if (from->len == 0)
        return;
    /* Means over the trials, which were all sent as many requests. */
    const struct trial_fold *first = &from->trials[0];
    fill_columns(row->flat + (size_t)side * COLUMNS, first, ledger->has_growth);
    for (size_t s = 0; s < row->site_count[side]; s++)
        fill_columns(row->sites[side][s].mean, first, ledger->has_growth);
}

static void fill_growth(struct ledger *ledger, const struct ledger_side sides[SIDES])
{
    for (size_t r = 0; r < ledger->len; r++) {
        for (enum side side = 0; side < SIDES; side++)
            fill_side(ledger, &ledger->rows[r], side, &sides[side]);
    }
}

static bool have_growth(const struct ledger_side sides[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < sides[side].len; t++) {
            if (sides[side].trials[t].growth_count == 0)
                return false;
        }
    }
    return true;
}

/* A site is a function's own unless some other function is charged with it as well. */
static void count_own_sites(struct builder *builder)
{
    for (size_t r = 0; r < builder->ledger->len; r++) {
        struct ledger_row *row = &builder->ledger->rows[r];
        for (int side = 0; side < SIDES; side++) {
            for (size_t s = 0; s < row->site_count[side]; s++) {
                const struct ledger_site *site = &row->sites[side][s];
                struct name_id user = keys_of(&builder->keys, (enum side)side, site->fold.user);
                row->own_site_count +=
                    site->is_charged || user.v == 0 || name_equal(user, row->key);
            }
        }
    }
}

static void take_trials(struct ledger *ledger, const struct ledger_side sides[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        double *counts = ARENA_ARRAY(ledger->arena, double, sides[side].len + 1);
        for (size_t t = 0; t < sides[side].len; t++)
            counts[t] = sides[side].trials[t].request_count;
        ledger->request_counts[side] = counts;
    }
    if (sides[SIDE_BASE].len > 0)
        ledger->period = sides[SIDE_BASE].trials[0].alloc.period;
}

static void index_kind_rows(struct ledger *ledger)
{
    ledger->kind_rows = ARENA_ARRAY(ledger->arena, uint32_t, ledger->len *ALLOC_KINDS);
    for (size_t i = 0; i < ledger->len; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        if (row->level == ROW_FUNCTION_KIND)
            ledger->kind_rows[row->function * ALLOC_KINDS + row->kind] = (uint32_t)i + 1;
    }
}

struct ledger_side ledger_side_of(const struct record_program *program)
{
    return (struct ledger_side){
        .module = program->module,
        .functions = program->functions,
        .function_count = program->function_count,
        .has_functions = program->has_functions,
    };
}

void ledger_build(struct ledger *out, struct arena *arena, struct intern *names,
                  const struct ledger_side sides[SIDES], const struct pair_hints *hints)
{
    struct builder builder = {.ledger = out};
    *out = (struct ledger){.arena = arena, .names = names};
    for (int side = 0; side < SIDES; side++) {
        builder.modules[side] = sides[side].module;
        out->trial_count[side] = sides[side].len;
        if (sides[side].len > out->trial_max)
            out->trial_max = sides[side].len;
    }
    out->has_growth = have_growth(sides);
    take_trials(out, sides);
    keys_init(&builder.keys, arena, names);
    map_init(&builder.staying);
    signatures_pair(&out->pairs, &builder.staying, &builder.keys, sides, hints);
    (void)row_for(&builder, ROW_SCENARIO, (struct name_id){0}, ALLOC_KIND_UNKNOWN);
    /* A rule about a kind of which nothing was seen must find a row all the same. */
    for (size_t kind = 0; kind < ALLOC_KINDS; kind++)
        (void)row_for(&builder, ROW_KIND, (struct name_id){0}, (enum alloc_kind)kind);
    post_sides(&builder, sides, post_sites);
    /* Second, because a function's row may come from the other side or a later trial. */
    post_sides(&builder, sides, post_functions);
    fill_growth(out, sides);
    count_own_sites(&builder);
    index_kind_rows(out);
    map_release(&builder.rows);
    map_release(&builder.sites);
    map_release(&builder.callers);
    map_release(&builder.staying);
    keys_release(&builder.keys);
}

const struct ledger_row *ledger_function(const struct ledger *ledger, const struct ledger_row *row)
{
    return &ledger->rows[row->function];
}

struct name_id ledger_site_function(const struct ledger_site *site)
{
    return site->is_charged ? site->fold.user : site->fold.func;
}

const struct ledger_row *ledger_kind_row(const struct ledger *ledger, const struct ledger_row *row,
                                         enum alloc_kind kind)
{
    uint32_t at = ledger->kind_rows[row->function * ALLOC_KINDS + kind];
    return at ? &ledger->rows[at - 1] : NULL;
}

struct samples ledger_samples(const struct ledger *ledger, const struct ledger_row *row,
                              enum side side, enum column column, double *out)
{
    for (size_t t = 0; t < ledger->trial_count[side]; t++)
        out[t] = cell(ledger, row, side, t)[column];
    return (struct samples){out, ledger->trial_count[side]};
}

bool column_is_per_request(enum column column)
{
    return column == COLUMN_ALLOC_OBJECTS || column == COLUMN_ALLOC_SPACE;
}

struct sampled_samples ledger_sampled(const struct ledger *ledger, const struct ledger_row *row,
                                      enum side side, enum column column, double bound,
                                      struct sampled *out)
{
    for (size_t t = 0; t < ledger->trial_count[side]; t++) {
        size_t at = cell_at(ledger, side, t) + column;
        double value = row->values[at];
        double exposure = column_is_per_request(column) ? ledger->request_counts[side][t] : 1;
        out[t] = (struct sampled){
            .value = value,
            .variance = row->variances ? row->variances[at] : value * bound / exposure,
            .exposure = exposure,
        };
    }
    return (struct sampled_samples){out, ledger->trial_count[side]};
}
