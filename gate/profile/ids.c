#include "gate/profile/ids.h"

void ids_init(struct ids *ids, const char *what, struct arena *arena, size_t entry_count)
{
    *ids = (struct ids){.what = what, .dense_len = entry_count};
    ids->dense = ARENA_ARRAY(arena, uint32_t, entry_count);
    map_init(&ids->sparse);
}

void ids_release(struct ids *ids)
{
    map_release(&ids->sparse);
}

static bool insert(struct ids *ids, uint64_t id, uint32_t index)
{
    if (id - 1 >= ids->dense_len)
        return map_insert(&ids->sparse, id, index);
    if (ids->dense[id - 1] != 0)
        return false;
    ids->dense[id - 1] = index + 1;
    return true;
}

enum status ids_add(struct ids *ids, uint64_t id, uint32_t index, struct err *err)
{
    if (id == 0)
        return err_set(err, STATUS_FORMAT, "%s id 0 is reserved", ids->what);
    if (!insert(ids, id, index)) {
        return err_set(err, STATUS_FORMAT, "%s id %llu is defined twice", ids->what,
                       (unsigned long long)id);
    }
    return STATUS_OK;
}
