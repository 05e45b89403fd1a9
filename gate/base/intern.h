#ifndef GATE_BASE_INTERN_H
#define GATE_BASE_INTERN_H

#include "gate/base/str.h"

/* A name that was interned; ids of one table compare instead of texts. */
struct name_id {
    uint32_t v;
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
    uint32_t *slots;
    size_t slot_count;
};

void intern_init(struct intern *intern, struct arena *arena);
void intern_release(struct intern *intern); /* the slots; names stay in the arena */
struct name_id intern_name(struct intern *intern, struct str name);
struct str intern_text(const struct intern *intern, struct name_id id);
bool name_equal(struct name_id a, struct name_id b);

#endif
