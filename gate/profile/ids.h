#ifndef GATE_PROFILE_IDS_H
#define GATE_PROFILE_IDS_H

#include "gate/base/err.h"
#include "gate/base/map.h"

/*
 * The ids of one table of a profile to indexes. Any 64-bit id is legal,
 * so a seeded map holds them. Producers number from 1 without gaps,
 * and a sample looks up every frame: ids up to the number of entries
 * are kept in an array besides, whose size is that number, never an id.
 */
struct ids {
    const char *what; /* "location", for messages */
    uint32_t *dense;  /* [id - 1] is index + 1, or 0 */
    size_t dense_len;
    struct map sparse;
};

void ids_init(struct ids *ids, const char *what, struct arena *arena, size_t entry_count);
void ids_release(struct ids *ids);
/* Id 0 and an id that is there already are STATUS_FORMAT. */
NODISCARD enum status ids_add(struct ids *ids, uint64_t id, uint32_t index, struct err *err);

NODISCARD static inline bool ids_find(const struct ids *ids, uint64_t id, uint32_t *index)
{
    /* Id 0 wraps to the largest number, which is in no array. */
    if (id - 1 >= ids->dense_len)
        return map_find(&ids->sparse, id, index);
    *index = ids->dense[id - 1] - 1;
    return ids->dense[id - 1] != 0;
}

#endif
