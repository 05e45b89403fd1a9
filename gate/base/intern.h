#ifndef GATE_BASE_INTERN_H
#define GATE_BASE_INTERN_H

#include "gate/base/str.h"

/* A name that was interned; ids of one table compare instead of texts. */
struct name_id {
    uint32_t v;
};

struct intern_slot {
    uint32_t hash; /* the low half of the name's */
    uint32_t name; /* id + 1; 0: free */
};

/*
 * Names to dense ids 0, 1, 2 ... in order of first appearance. Both
 * sides of a comparison share one table, so the join is on integers.
 * Id 0 is always the empty name.
 */
struct intern {
    struct arena *arena; /* borrowed; the names' bytes are copied into it */
    struct str *names;
    size_t len;
    size_t cap;
    struct intern_slot *slots;
    size_t slot_count;
};

void intern_init(struct intern *intern, struct arena *arena);
void intern_release(struct intern *intern); /* the slots; names stay in the arena */
struct name_id intern_name(struct intern *intern, struct str name);

/* These two are asked many times for each line of a stack, so they are here. */
static inline struct str intern_text(const struct intern *intern, struct name_id id)
{
    assert(id.v < intern->len);
    return intern->names[id.v];
}

static inline bool name_equal(struct name_id a, struct name_id b)
{
    return a.v == b.v;
}

#endif
