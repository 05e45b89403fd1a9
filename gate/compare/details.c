#include "gate/compare/details.h"

#include "gate/base/map.h"

/* Every site once: in the row of the leaf. */
static bool is_leaf_site(const struct ledger_row *row, const struct ledger_site *site)
{
    return row->level == ROW_FUNCTION && !site->is_charged;
}

/* While details are collected: see add_unlisted for the key of `unlisted`. */
struct collecting {
    struct comparison *comparison;
    const struct naming *naming;
    struct map unlisted;
    struct map paired; /* candidate's key -> index in comparison->paired */
};

static void add_unlisted(struct collecting *collecting, const struct ledger_site *site,
                         enum side side)
{
    struct comparison *comparison = collecting->comparison;
    /* Of the runtime's own stacks it is not the entry that is unknown. */
    bool is_runtime = site->fold.how == ALLOC_HOW_NAME;
    struct name_id name = is_runtime ? site->fold.func : site->fold.entry;
    uint64_t code = (uint64_t)name.v << 1 | is_runtime;
    uint32_t at = (uint32_t)comparison->unlisted_count;
    if (!map_find(&collecting->unlisted, code, &at)) {
        (void)map_insert(&collecting->unlisted, code, at);
        struct unlisted_entry *fresh = &comparison->unlisted[comparison->unlisted_count++];
        fresh->entry = intern_text(collecting->naming->names, name);
        fresh->is_runtime = is_runtime;
    }
    comparison->unlisted[at].bytes[side] += site->mean[COLUMN_ALLOC_SPACE];
}

static void sum_site(struct collecting *collecting, const struct ledger_site *site, enum side side)
{
    struct comparison *comparison = collecting->comparison;
    double bytes = site->mean[COLUMN_ALLOC_SPACE];
    struct kind_share *share = &comparison->kinds[site->fold.kind];
    share->bytes[side] += bytes;
    share->op_bytes[site->fold.op][side] += bytes;
    comparison->how_bytes[site->fold.how][side] += bytes;
    if (site->fold.kind == ALLOC_KIND_OTHER && bytes > 0)
        add_unlisted(collecting, site, side);
}

static int order_unlisted(const void *left, const void *right)
{
    const struct unlisted_entry *a = left;
    const struct unlisted_entry *b = right;
    double difference =
        b->bytes[SIDE_BASE] + b->bytes[SIDE_CAND] - a->bytes[SIDE_BASE] - a->bytes[SIDE_CAND];
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    return str_compare(a->entry, b->entry);
}

/* Names that are not there are the empty string. */
static struct str name_text(const struct naming *naming, struct name_id id)
{
    return intern_text(naming->names, id);
}

static struct str place_text(const struct naming *naming, struct name_id file, int64_t line)
{
    struct str path = naming_file(naming, intern_text(naming->names, file));
    if (path.len == 0)
        return path;
    return str_format(naming->arena, "%.*s:%lld", STR_ARGS(path), (long long)line);
}

static struct detail_site site_detail(const struct naming *naming, const struct ledger_site *site)
{
    const struct fold_site *fold = &site->fold;
    bool is_own = name_equal(fold->user, fold->func);
    struct name_id none = {0};
    return (struct detail_site){
        .is_charged = site->is_charged,
        .leaf = name_text(naming, fold->func),
        .place = place_text(naming, fold->file, fold->line),
        .user = name_text(naming, is_own ? none : fold->user),
        .user_place = place_text(naming, is_own ? none : fold->user_file, fold->user_line),
        .caller = name_text(naming, fold->caller),
        .chain = name_text(naming, fold->chain),
        .entry = name_text(naming, fold->entry),
        .type = name_text(naming, fold->type),
        .kind = fold->kind,
        .op = fold->op,
        .how = fold->how,
    };
}

/* Equal sites of both sides are one. */
static void add_site(struct detail *out, struct map *at_code, const struct naming *naming,
                     const struct ledger_site *site, enum side side)
{
    uint64_t code = ledger_site_code(&site->fold);
    uint32_t at = (uint32_t)out->site_count;
    if (!map_find(at_code, code, &at)) {
        (void)map_insert(at_code, code, at);
        out->sites[out->site_count++] = site_detail(naming, site);
    }
    out->sites[at].bytes[side] += site->mean[COLUMN_ALLOC_SPACE];
    out->sites[at].held[side] += site->mean[COLUMN_END_SPACE];
}

static double site_sum(const struct detail_site *site)
{
    return site->bytes[SIDE_BASE] + site->bytes[SIDE_CAND];
}

static double site_held(const struct detail_site *site)
{
    return site->held[SIDE_BASE] + site->held[SIDE_CAND];
}

static int order_sites(const void *left, const void *right)
{
    const struct detail_site *a = left;
    const struct detail_site *b = right;
    if (site_sum(a) < site_sum(b) || site_sum(a) > site_sum(b))
        return site_sum(a) > site_sum(b) ? -1 : 1;
    if (site_held(a) < site_held(b) || site_held(a) > site_held(b))
        return site_held(a) > site_held(b) ? -1 : 1;
    int order = str_compare(a->leaf, b->leaf);
    return order ? order : str_compare(a->place, b->place);
}

static struct str site_function(const struct naming *naming, const struct ledger_row *row,
                                enum side side)
{
    if (row->site_count[side] == 0)
        return (struct str){"", 0};
    return name_text(naming, ledger_site_function(&row->sites[side][0]));
}

static void add_detail(const struct collecting *collecting, const struct ledger_row *row)
{
    struct comparison *comparison = collecting->comparison;
    const struct naming *naming = collecting->naming;
    struct detail *out = &comparison->details[comparison->detail_count++];
    size_t most = row->site_count[SIDE_BASE] + row->site_count[SIDE_CAND];
    struct map at_code;
    uint32_t at = 0;
    map_init(&at_code);
    out->key = name_text(naming, row->key);
    out->base_func = site_function(naming, row, SIDE_BASE);
    out->func = site_function(naming, row, SIDE_CAND);
    if (out->func.len == 0)
        out->func = out->base_func;
    out->is_user = name_is_user(out->func, naming->module);
    if (map_find(&collecting->paired, row->key.v, &at))
        out->paired = &comparison->paired[at];
    out->sites = ARENA_ARRAY(naming->arena, struct detail_site, most + 1);
    for (int side = 0; side < SIDES; side++) {
        out->is_there[side] = row->site_count[side] > 0;
        for (size_t i = 0; i < row->site_count[side]; i++)
            add_site(out, &at_code, naming, &row->sites[side][i], (enum side)side);
    }
    map_release(&at_code);
    if (out->site_count)
        qsort(out->sites, out->site_count, sizeof(*out->sites), order_sites);
}

static int order_details(const void *left, const void *right)
{
    const struct detail *a = left;
    const struct detail *b = right;
    return str_compare(a->key, b->key);
}

static void sum_sites(struct collecting *collecting, const struct ledger_row *row)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < row->site_count[side]; i++) {
            if (is_leaf_site(row, &row->sites[side][i]))
                sum_site(collecting, &row->sites[side][i], (enum side)side);
        }
    }
}

static size_t site_total(const struct ledger *ledger)
{
    size_t total = 0;
    for (size_t i = 0; i < ledger->len; i++)
        total += ledger->rows[i].site_count[SIDE_BASE] + ledger->rows[i].site_count[SIDE_CAND];
    return total;
}

void details_add(struct comparison *comparison, const struct naming *naming,
                 const struct ledger *ledger)
{
    struct collecting collecting = {.comparison = comparison, .naming = naming};
    comparison->unlisted =
        ARENA_ARRAY(naming->arena, struct unlisted_entry, site_total(ledger) + 1);
    comparison->details = ARENA_ARRAY(naming->arena, struct detail, ledger->len + 1);
    map_init(&collecting.unlisted);
    map_init(&collecting.paired);
    for (size_t i = 0; i < ledger->pairs.len; i++)
        (void)map_insert(&collecting.paired, ledger->pairs.items[i].cand.v, (uint32_t)i);
    for (size_t i = 0; i < ledger->len; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        if (row->level != ROW_FUNCTION)
            continue;
        sum_sites(&collecting, row);
        add_detail(&collecting, row);
    }
    map_release(&collecting.unlisted);
    map_release(&collecting.paired);
    if (comparison->unlisted_count) {
        qsort(comparison->unlisted, comparison->unlisted_count, sizeof(*comparison->unlisted),
              order_unlisted);
    }
    if (comparison->detail_count) {
        qsort(comparison->details, comparison->detail_count, sizeof(*comparison->details),
              order_details);
    }
}
