#include "gate/base/intern.h"

#include "gate/base/map.h"

/* A slot holds id + 1; 0 is free. */
static size_t slot_for(const struct intern *intern, struct str name)
{
    size_t at = hash_str(name) & (intern->slot_count - 1);
    while (intern->slots[at] != 0 && !str_equal(intern->names[intern->slots[at] - 1], name))
        at = (at + 1) & (intern->slot_count - 1);
    return at;
}

static void slots_grow(struct intern *intern)
{
    intern->slot_count = intern->slot_count ? intern->slot_count * 2 : 256;
    free(intern->slots);
    intern->slots = memory_resize(NULL, intern->slot_count * sizeof(*intern->slots));
    memset(intern->slots, 0, intern->slot_count * sizeof(*intern->slots));
    for (size_t i = 0; i < intern->len; i++)
        intern->slots[slot_for(intern, intern->names[i])] = (uint32_t)i + 1;
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
    size_t at = slot_for(intern, name);
    if (intern->slots[at] == 0) {
        assert(intern->len < UINT32_MAX - 1);
        ARENA_PUSH(intern->arena, intern->names, intern->len, intern->cap,
                   str_copy(intern->arena, name));
        intern->slots[at] = (uint32_t)intern->len;
    }
    return (struct name_id){intern->slots[at] - 1};
}

struct str intern_text(const struct intern *intern, struct name_id id)
{
    assert(id.v < intern->len);
    return intern->names[id.v];
}

bool name_equal(struct name_id a, struct name_id b)
{
    return a.v == b.v;
}
