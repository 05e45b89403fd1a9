#include "gate/compare/signatures.h"

/* The functions of one side while their costs are summed. */
struct signature_list {
    struct keys *keys;
    enum side side;
    struct pair_function *items;
    double *largest; /* by item: bytes of the site that named its file and caller */
    size_t len;
    size_t cap;
    size_t largest_len;
    size_t largest_cap;
    struct map at_key;
};

/* What one fold adds: which columns of its sites, and how much of each. */
struct signature_part {
    const struct fold *fold;
    enum heap_metric objects;
    enum heap_metric space;
    double scale;
};

static uint32_t item_for(struct signature_list *list, struct name_id key)
{
    uint32_t at = (uint32_t)list->len;
    if (map_find(&list->at_key, key.v, &at))
        return at;
    struct pair_function fresh = {.key = key};
    (void)map_insert(&list->at_key, key.v, at);
    ARENA_PUSH(list->keys->arena, list->items, list->len, list->cap, fresh);
    ARENA_PUSH(list->keys->arena, list->largest, list->largest_len, list->largest_cap, 0.0);
    return at;
}

/* What one site tells of a function: of the leaf, or of the frame that a library is charged to. */
static void add_function(struct signature_list *list, const struct signature_part *part,
                         const struct fold_site *site, bool is_charged)
{
    struct name_id func = is_charged ? site->user : site->func;
    uint32_t at = item_for(list, keys_of(list->keys, list->side, func));
    struct pair_function *item = &list->items[at];
    double bytes = (double)site->value[part->space] * part->scale;
    item->bytes[site->kind] += bytes;
    item->objects[site->kind] += (double)site->value[part->objects] * part->scale;
    if (bytes <= list->largest[at])
        return;
    /* A library's function is known by who called it, the program's own by its caller. */
    bool is_library = !is_charged && site->user.v != 0 && !name_equal(site->user, site->func);
    list->largest[at] = bytes;
    item->file = is_charged ? site->user_file : site->file;
    item->caller = keys_of(list->keys, list->side, is_library ? site->user : site->caller);
}

/* As the ledger posts it: to the leaf, and to the program's own frame that called a library. */
static void add_site(struct signature_list *list, const struct signature_part *part,
                     const struct fold_site *site)
{
    struct name_id leaf = keys_of(list->keys, list->side, site->func);
    struct name_id user = keys_of(list->keys, list->side, site->user);
    add_function(list, part, site, false);
    if (user.v != 0 && !name_equal(leaf, user))
        add_function(list, part, site, true);
}

static void add_part(struct signature_list *list, struct signature_part part)
{
    for (size_t i = 0; i < part.fold->site_count; i++)
        add_site(list, &part, &part.fold->sites[i]);
}

static void list_side(struct signature_list *list, const struct ledger_side *from)
{
    map_init(&list->at_key);
    for (size_t t = 0; t < from->len; t++) {
        const struct trial_fold *trial = &from->trials[t];
        double scale = 1 / (trial->request_count * (double)from->len);
        add_part(list, (struct signature_part){&trial->alloc, HEAP_ALLOC_OBJECTS, HEAP_ALLOC_SPACE,
                                               scale});
        if (trial->has_points) {
            add_part(list, (struct signature_part){&trial->end, HEAP_INUSE_OBJECTS,
                                                   HEAP_INUSE_SPACE, scale});
        }
    }
    map_release(&list->at_key);
}

static void keys_collect(struct map *out, struct keys *keys, const struct signature_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        (void)map_insert(out, hash_str(intern_text(keys->names, list->items[i].key)), 0);
}

/* The packages of the functions that `known` lacks, by their hash; false when it lacks none. */
static bool missing_packages(struct map *out, const struct signature_list *list,
                             const struct map *known)
{
    uint32_t at = 0;
    for (size_t i = 0; i < list->len; i++) {
        struct str key = intern_text(list->keys->names, list->items[i].key);
        if (!map_find(known, hash_str(key), &at))
            (void)map_insert(out, hash_str(name_package(key)), 0);
    }
    return out->len > 0;
}

/*
 * The keys of an executable's functions in the packages that are asked
 * for, by their hash. A key begins with its package as pprof spells it,
 * and few packages miss anything: the others' keys are not worked out.
 */
static void executable_collect(struct map *out, const struct ledger_side *side,
                               const struct map *packages)
{
    struct arena scratch;
    uint32_t at = 0;
    arena_init(&scratch);
    for (size_t i = 0; i < side->function_count; i++) {
        if (map_find(packages, hash_str(name_package(side->functions[i])), &at))
            (void)map_insert(out, hash_str(pair_key(&scratch, side->functions[i])), 0);
    }
    arena_release(&scratch);
}

/* Only what the other side does not allocate in needs the long list of its executable. */
static void mark_staying(struct signature_list *list, const struct signature_list *other,
                         const struct ledger_side *other_side)
{
    struct map known;
    struct map packages;
    uint32_t at = 0;
    map_init(&known);
    map_init(&packages);
    keys_collect(&known, list->keys, other);
    if (other_side->has_functions && missing_packages(&packages, list, &known)) {
        executable_collect(&known, other_side, &packages);
        for (size_t i = 0; i < list->len; i++) {
            struct str key = intern_text(list->keys->names, list->items[i].key);
            list->items[i].stays = map_find(&known, hash_str(key), &at);
        }
    }
    map_release(&known);
    map_release(&packages);
}

static void staying_collect(struct map *out, const struct signature_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (list->items[i].stays)
            (void)map_insert(out, list->items[i].key.v, 0);
    }
}

void signatures_pair(struct pairs *out, struct map *staying, struct keys *keys,
                     const struct ledger_side sides[SIDES], const struct pair_hints *hints)
{
    struct signature_list lists[SIDES] = {{.keys = keys, .side = SIDE_BASE},
                                          {.keys = keys, .side = SIDE_CAND}};
    struct pair_side pair_sides[SIDES];
    for (int side = 0; side < SIDES; side++)
        list_side(&lists[side], &sides[side]);
    mark_staying(&lists[SIDE_BASE], &lists[SIDE_CAND], &sides[SIDE_CAND]);
    mark_staying(&lists[SIDE_CAND], &lists[SIDE_BASE], &sides[SIDE_BASE]);
    for (int side = 0; side < SIDES; side++) {
        staying_collect(staying, &lists[side]);
        pair_sides[side] =
            (struct pair_side){lists[side].items, lists[side].len, sides[side].module};
    }
    pair_functions(out, keys->arena, keys->names, &pair_sides[SIDE_BASE], &pair_sides[SIDE_CAND],
                   hints);
    keys_rename(keys, out);
}
