#include "gate/fold/sites.h"

void sites_init(struct sites *sites, struct arena *arena)
{
    *sites = (struct sites){.arena = arena};
    map_init(&sites->by_hash);
}

void sites_release(struct sites *sites)
{
    map_release(&sites->by_hash);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static uint64_t site_hash(const struct fold_site *site)
{
    const uint64_t words[] = {
        pair(site->func.v, site->owner.v),
        pair(site->user.v, site->file.v),
        (uint64_t)site->line,
        pair(site->user_file.v, (uint32_t)site->kind),
        pair(site->entry.v, site->caller.v),
        pair(site->type.v, site->chain.v),
        (uint64_t)site->user_line,
    };
    return hash_words(words, ARRAY_LEN(words));
}

static bool site_same(const struct fold_site *a, const struct fold_site *b)
{
    return name_equal(a->func, b->func) && name_equal(a->owner, b->owner) &&
           name_equal(a->user, b->user) && name_equal(a->file, b->file) && a->line == b->line &&
           name_equal(a->user_file, b->user_file) && a->user_line == b->user_line &&
           a->kind == b->kind && a->op == b->op && a->how == b->how &&
           name_equal(a->entry, b->entry) && name_equal(a->type, b->type) &&
           name_equal(a->chain, b->chain) && name_equal(a->caller, b->caller);
}

static uint32_t site_add(struct sites *sites, const struct fold_site *key, uint32_t next)
{
    assert(sites->len < UINT32_MAX);
    ARENA_PUSH(sites->arena, sites->items, sites->len, sites->cap, *key);
    if (sites->len > sites->values_cap) {
        sites->values = arena_grow(sites->arena, sites->values, sites->values_cap,
                                   &sites->values_cap, sizeof(*sites->values));
    }
    ARENA_PUSH(sites->arena, sites->next, sites->next_len, sites->next_cap, next);
    return (uint32_t)sites->len;
}

uint32_t sites_at(struct sites *sites, const struct fold_site *key)
{
    uint64_t hash = site_hash(key);
    uint32_t first = 0;
    if (!map_find(&sites->by_hash, hash, &first)) {
        uint32_t id = site_add(sites, key, 0);
        (void)map_insert(&sites->by_hash, hash, id);
        return id;
    }
    for (uint32_t id = first; id != 0; id = sites->next[id - 1]) {
        if (site_same(&sites->items[id - 1], key))
            return id;
    }
    uint32_t id = site_add(sites, key, sites->next[first - 1]);
    sites->next[first - 1] = id;
    return id;
}

void sites_collect(const struct sites *sites, struct fold_site *out)
{
    for (size_t i = 0; i < sites->len; i++) {
        out[i] = sites->items[i];
        memcpy(out[i].value, sites->values[i], sizeof(out[i].value));
    }
}
