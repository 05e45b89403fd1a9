#include "gate/base/intern.h"

#include "gate/base/map.h"

/* With the hash beside the id, few names are looked at in vain, and none when the slots grow. */
static bool slot_has(const struct intern *intern, struct intern_slot slot, struct str name,
                     uint32_t hash)
{
    assert(slot.name > 0 && intern->names);
    return slot.hash == hash && str_equal(intern->names[slot.name - 1], name);
}

static struct intern_slot *slot_for(const struct intern *intern, struct str name, uint32_t hash)
{
    size_t at = hash & (intern->slot_count - 1);
    while (intern->slots[at].name != 0 && !slot_has(intern, intern->slots[at], name, hash))
        at = (at + 1) & (intern->slot_count - 1);
    return &intern->slots[at];
}

static void slot_move(struct intern *intern, struct intern_slot slot)
{
    size_t at = slot.hash & (intern->slot_count - 1);
    while (intern->slots[at].name != 0)
        at = (at + 1) & (intern->slot_count - 1);
    intern->slots[at] = slot;
}

static void slots_grow(struct intern *intern)
{
    struct intern old = *intern;
    intern->slot_count = old.slot_count ? old.slot_count * 2 : 256;
    intern->slots = memory_resize(NULL, intern->slot_count * sizeof(*intern->slots));
    memset(intern->slots, 0, intern->slot_count * sizeof(*intern->slots));
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i].name != 0)
            slot_move(intern, old.slots[i]);
    }
    free(old.slots);
}

void intern_init(struct intern *intern, struct arena *arena)
{
    *intern = (struct intern){.arena = arena};
    (void)intern_name(intern, (struct str){"", 0});
}

void intern_release(struct intern *intern)
{
    free(intern->slots);
    intern->slots = NULL;
    intern->slot_count = 0;
}

struct name_id intern_name(struct intern *intern, struct str name)
{
    if ((intern->len + 1) * 2 > intern->slot_count)
        slots_grow(intern);
    uint32_t hash = (uint32_t)hash_str(name);
    struct intern_slot *slot = slot_for(intern, name, hash);
    if (slot->name == 0) {
        assert(intern->len < UINT32_MAX - 1);
        ARENA_PUSH(intern->arena, intern->names, intern->len, intern->cap,
                   str_copy(intern->arena, name));
        *slot = (struct intern_slot){hash, (uint32_t)intern->len};
    }
    return (struct name_id){slot->name - 1};
}
