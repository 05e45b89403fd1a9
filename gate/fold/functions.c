#include "gate/fold/functions.h"

#include "gate/fold/fold.h"

/* "type:.eq.main.key", "go:buildid"; with dots until Go 1.19: "type..eq.main.key", "go.buildid". */
static bool is_made_by_tools(struct str name, struct str package)
{
    return package.len == 0 || str_find(package, ':') >= 0 || str_equal(package, STR("go")) ||
           str_starts_with(name, STR("type.."));
}

static bool is_listed(struct str name)
{
    struct str package = name_package(name);
    return !is_made_by_tools(name, package) && !str_equal(package, STR("runtime")) &&
           !str_starts_with(package, STR("internal/")) &&
           !str_starts_with(package, STR("runtime/internal/")) && str_find(name, '\n') < 0;
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
