#ifndef GATE_FOLD_SITES_H
#define GATE_FOLD_SITES_H

#include "gate/base/map.h"
#include "gate/fold/fold.h"

/* Sites that are unique by everything but their values, in order of first appearance. */
struct sites {
    struct arena *arena; /* borrowed */
    struct fold_site *items;
    size_t len;
    size_t cap;
    int64_t (*values)[HEAP_METRICS]; /* by site; close together, they are what is touched most */
    size_t values_cap;
    uint32_t *next; /* by site: id of the next one with the same hash; ids are index + 1 */
    size_t next_len;
    size_t next_cap;
    struct map by_hash; /* -> id of the first one */
};

void sites_init(struct sites *sites, struct arena *arena);
void sites_release(struct sites *sites); /* the map; the items stay in the arena */
/* The id of the site with the key's fields, made with zero values when new. */
uint32_t sites_at(struct sites *sites, const struct fold_site *key);
/* All of them with their values, into room for `len`. */
void sites_collect(const struct sites *sites, struct fold_site *out);

#endif
