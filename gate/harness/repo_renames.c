#include "gate/harness/repo_renames.h"

#include "gate/harness/repo_path.h"

/* A recording is JSON, which could not give other bytes back. */
static bool is_utf8(struct str text)
{
    uint32_t code = 0;
    while (text.len > 0) {
        size_t len = str_decode(text, &code);
        if (len == 0)
            return false;
        text = str_slice(text, len, text.len);
    }
    return true;
}

bool rename_is_told(struct str path)
{
    return str_ends_with(path, STR(".go")) && path_is_safe(path) && is_utf8(path);
}

static int order_renames(const void *a, const void *b)
{
    return str_compare(((const struct path_rename *)a)->from,
                       ((const struct path_rename *)b)->from);
}

void renames_sort(struct rename_list *list)
{
    if (list->len > 0)
        qsort(list->items, list->len, sizeof(*list->items), order_renames);
    if (list->len > REPO_RENAMES_MAX)
        list->len = REPO_RENAMES_MAX;
}
