#include "gate/compare/keys.h"

void keys_init(struct keys *keys, struct arena *arena, struct intern *names)
{
    *keys = (struct keys){.arena = arena, .names = names, .len = names->len};
    keys->of = ARENA_ARRAY(arena, struct name_id, keys->len);
    map_init(&keys->renamed);
}

void keys_release(struct keys *keys)
{
    map_release(&keys->renamed);
}

struct name_id keys_of(struct keys *keys, enum side side, struct name_id func)
{
    uint32_t renamed = 0;
    if (func.v == 0)
        return func;
    assert(func.v < keys->len);
    struct name_id *key = &keys->of[func.v];
    if (key->v == 0)
        *key = intern_name(keys->names, pair_key(keys->arena, intern_text(keys->names, func)));
    if (side == SIDE_BASE && map_find(&keys->renamed, key->v, &renamed))
        return (struct name_id){renamed};
    return *key;
}

void keys_rename(struct keys *keys, const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->len; i++)
        (void)map_insert(&keys->renamed, pairs->items[i].base.v, pairs->items[i].cand.v);
}
