#include "gate/compare/cost_table.h"

#include "gate/base/map.h"
#include "gate/compare/keys.h"

/* Warm and end. */
enum { POINTS_KEPT = 2 };

/* sync.(*Mutex).Unlock is called by net/http a little, and by the program where it matters. */
#define OWN_SHARE_MIN 0.1

struct cost_builder {
    struct cost_table *table;
    struct arena *arena;
    const struct cost_side *sides;
    const struct comparison *comparison;
    struct keys keys;
    struct map at_key;
    double *largest; /* by function: of the site that named its file, of the side in question */
    size_t largest_len;
    size_t largest_cap;
};

static size_t cell(const struct cost_table *table, enum side side, size_t trial, enum point point)
{
    size_t at = (size_t)side * table->trial_max + trial;
    return (at * POINTS_KEPT + (point == POINT_END)) * COST_COLUMNS;
}

double cost_table_value(const struct cost_table *table, const struct cost_function *function,
                        enum side side, size_t trial, enum point point, size_t column)
{
    return function->values[cell(table, side, trial, point) + column];
}

bool cost_function_is_charged(const struct cost_function *function)
{
    return function->own_weight <= OWN_SHARE_MIN * function->weight;
}

static size_t function_for(struct cost_builder *builder, struct name_id key)
{
    struct cost_table *table = builder->table;
    uint32_t at = 0;
    if (map_find(&builder->at_key, key.v, &at))
        return at;
    size_t cells = (size_t)SIDES * table->trial_max * POINTS_KEPT * COST_COLUMNS;
    struct cost_function fresh = {.key = key, .values = ARENA_ARRAY(builder->arena, double, cells)};
    at = (uint32_t)table->len;
    (void)map_insert(&builder->at_key, key.v, at);
    ARENA_PUSH(builder->arena, table->items, table->len, table->cap, fresh);
    ARENA_PUSH(builder->arena, builder->largest, builder->largest_len, builder->largest_cap, -1.0);
    return at;
}

/* Where a value goes: one fold of one trial. */
struct cost_place {
    enum side side;
    size_t trial;
    enum point point;
};

/* The last column is what people ask for: time, not the number of times. */
static double weight_of(const int64_t *value)
{
    int64_t last = value[COST_COLUMNS - 1];
    return (double)(last > 0 ? last : value[0]);
}

static void add_values(struct cost_builder *builder, size_t at, const struct cost_place *place,
                       const int64_t *value)
{
    struct cost_table *table = builder->table;
    double *values = table->items[at].values + cell(table, place->side, place->trial, place->point);
    for (size_t i = 0; i < COST_COLUMNS; i++)
        values[i] += (double)value[i];
    table->items[at].weight += weight_of(value);
}

/* The candidate's line replaces the baseline's, whatever that spent. */
static void name_function(struct cost_builder *builder, size_t at, const struct cost_place *place,
                          struct name_id func, const struct cost_site *site)
{
    struct cost_function *function = &builder->table->items[at];
    bool first = function->func[place->side].v == 0;
    double weight = weight_of(site->value);
    if (first)
        function->func[place->side] = func;
    if (!first && weight <= builder->largest[at])
        return;
    builder->largest[at] = weight;
    function->file = name_equal(func, site->func) ? site->file : (struct name_id){0};
    function->line = function->file.v ? site->line : 0;
}

static void post_site(struct cost_builder *builder, const struct cost_place *place,
                      const struct cost_site *site)
{
    struct name_id charged = keys_of(&builder->keys, place->side, site->func);
    struct name_id leaf = keys_of(&builder->keys, place->side, site->leaf);
    if (charged.v) {
        size_t at = function_for(builder, charged);
        builder->table->items[at].own_weight += weight_of(site->value);
        add_values(builder, at, place, site->value);
        name_function(builder, at, place, site->func, site);
    }
    if (leaf.v && !name_equal(leaf, charged)) {
        size_t at = function_for(builder, leaf);
        add_values(builder, at, place, site->value);
        name_function(builder, at, place, site->leaf, site);
    }
}

static void post_fold(struct cost_builder *builder, const struct cost_place *place,
                      const struct costs *costs)
{
    add_values(builder, 0, place, costs->total);
    for (size_t i = 0; i < costs->len; i++)
        post_site(builder, place, &costs->sites[i]);
}

static void post_sides(struct cost_builder *builder)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < builder->sides[side].len; t++) {
            const struct cost_trial *trial = &builder->sides[side].trials[t];
            struct cost_place place = {(enum side)side, t, POINT_WARM};
            post_fold(builder, &place, &trial->warm);
            place.point = POINT_END;
            post_fold(builder, &place, &trial->end);
        }
    }
}

/* What pairing looks at, of one side: costs tell nothing, because they are what changes. */
struct cost_names {
    struct pair_function *items;
    size_t len;
    size_t cap;
    struct map seen;
};

static void list_name(struct cost_names *out, struct cost_builder *builder, struct name_id key,
                      struct name_id file)
{
    struct pair_function fresh = {.key = key, .file = file};
    if (key.v && map_insert(&out->seen, key.v, (uint32_t)out->len))
        ARENA_PUSH(builder->arena, out->items, out->len, out->cap, fresh);
}

static void list_costs(struct cost_names *out, struct cost_builder *builder, enum side side,
                       const struct costs *costs)
{
    for (size_t i = 0; i < costs->len; i++) {
        const struct cost_site *site = &costs->sites[i];
        list_name(out, builder, keys_of(&builder->keys, side, site->func), site->file);
        list_name(out, builder, keys_of(&builder->keys, side, site->leaf), (struct name_id){0});
    }
}

static void list_side(struct cost_names *out, struct cost_builder *builder, enum side side)
{
    for (size_t t = 0; t < builder->sides[side].len; t++) {
        list_costs(out, builder, side, &builder->sides[side].trials[t].warm);
        list_costs(out, builder, side, &builder->sides[side].trials[t].end);
    }
}

/* The packages of what the other side lacks: a key begins with its package. */
static void missing_packages(struct map *out, const struct cost_builder *builder,
                             const struct cost_names *names, const struct cost_names *other)
{
    uint32_t at = 0;
    for (size_t i = 0; i < names->len; i++) {
        struct name_id key = names->items[i].key;
        struct str package = name_package(intern_text(builder->table->names, key));
        if (!map_find(&other->seen, key.v, &at))
            (void)map_insert(out, hash_str(package), 0);
    }
}

/* Keys of the executable's functions in the packages, by their hash. */
static void executable_collect(struct map *out, const struct record_program *program,
                               const struct map *packages)
{
    struct arena scratch;
    uint32_t at = 0;
    arena_init(&scratch);
    for (size_t i = 0; i < program->function_count; i++) {
        if (map_find(packages, hash_str(name_package(program->functions[i])), &at))
            (void)map_insert(out, hash_str(pair_key(&scratch, program->functions[i])), 0);
    }
    arena_release(&scratch);
}

/*
 * What the other side's executable has was not renamed, and what the heap
 * paired is used. The toolchain's functions are in no executable's list.
 */
static void mark_staying(struct cost_names *names, struct cost_builder *builder,
                         const struct cost_names *other, enum side side)
{
    const struct comparison *comparison = builder->comparison;
    struct map packages;
    struct map known;
    uint32_t at = 0;
    map_init(&packages);
    map_init(&known);
    missing_packages(&packages, builder, names, other);
    executable_collect(&known, builder->sides[1 - side].program, &packages);
    for (size_t i = 0; i < comparison->paired_count; i++)
        (void)map_insert(&known, hash_str(comparison->paired[i].cand), 0);
    for (size_t i = 0; i < names->len; i++) {
        struct str key = intern_text(builder->table->names, names->items[i].key);
        names->items[i].stays = name_is_toolchain(key) || map_find(&known, hash_str(key), &at);
    }
    map_release(&known);
    map_release(&packages);
}

static void pair_rest(struct cost_builder *builder, const struct pair_hints *hints)
{
    struct cost_names names[SIDES] = {0};
    struct pair_side halves[SIDES];
    struct pairs pairs = {0};
    for (int side = 0; side < SIDES; side++) {
        map_init(&names[side].seen);
        list_side(&names[side], builder, (enum side)side);
    }
    for (int side = 0; side < SIDES; side++) {
        mark_staying(&names[side], builder, &names[1 - side], (enum side)side);
        halves[side] = (struct pair_side){names[side].items, names[side].len,
                                          builder->sides[side].program->module};
    }
    pair_functions(&pairs, builder->arena, builder->table->names, &halves[SIDE_BASE],
                   &halves[SIDE_CAND], hints);
    keys_rename(&builder->keys, &pairs);
    for (int side = 0; side < SIDES; side++)
        map_release(&names[side].seen);
}

/* From now on the baseline's keys lead where the heap's rows went. */
static void take_pairs(struct cost_builder *builder)
{
    const struct comparison *comparison = builder->comparison;
    for (size_t i = 0; i < comparison->paired_count; i++) {
        struct name_id base = intern_name(builder->table->names, comparison->paired[i].base);
        struct name_id cand = intern_name(builder->table->names, comparison->paired[i].cand);
        (void)map_insert(&builder->keys.renamed, base.v, cand.v);
    }
}

void cost_table_build(struct cost_table *out, struct arena *arena, struct intern *names,
                      const struct cost_side sides[SIDES], const struct comparison *comparison,
                      const struct pair_hints *hints)
{
    struct cost_builder builder = {
        .table = out, .arena = arena, .sides = sides, .comparison = comparison};
    *out = (struct cost_table){.names = names};
    for (int side = 0; side < SIDES; side++) {
        if (sides[side].len > out->trial_max)
            out->trial_max = sides[side].len;
    }
    keys_init(&builder.keys, arena, names);
    map_init(&builder.at_key);
    take_pairs(&builder);
    pair_rest(&builder, hints);
    (void)function_for(&builder, (struct name_id){0});
    post_sides(&builder);
    map_release(&builder.at_key);
    keys_release(&builder.keys);
}
