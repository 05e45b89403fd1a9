#include "gate/fold/functions.h"

#include "gate/base/name.h"

static bool is_listed(struct str name)
{
    return !name_is_toolchain(name) && str_find(name, '\n') < 0;
}

static int name_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

void functions_select(struct binary_names *names)
{
    size_t listed = 0;
    size_t kept = 0;
    for (size_t i = 0; i < names->len; i++) {
        if (is_listed(names->items[i]))
            names->items[listed++] = names->items[i];
    }
    if (listed > 1)
        qsort(names->items, listed, sizeof(*names->items), name_order);
    for (size_t i = 0; i < listed; i++) {
        if (kept == 0 || !str_equal(names->items[kept - 1], names->items[i]))
            names->items[kept++] = names->items[i];
    }
    names->len = kept;
}

enum status functions_of(struct binary_names *out, struct arena *arena, const struct binary *binary,
                         struct err *err)
{
    if (binary_functions(out, arena, binary, err))
        return err->status;
    functions_select(out);
    return STATUS_OK;
}
