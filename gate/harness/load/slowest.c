#include "gate/harness/load/slowest.h"

void slowest_init(struct slowest *slowest, struct arena *arena, size_t max)
{
    *slowest =
        (struct slowest){.items = ARENA_ARRAY(arena, struct slow_request, max + 1), .max = max};
}

static uint64_t length(const struct slow_request *request)
{
    return request->until_ns - request->from_ns;
}

static void swap(struct slow_request *a, struct slow_request *b)
{
    struct slow_request kept = *a;
    *a = *b;
    *b = kept;
}

static void rise(struct slowest *slowest, size_t at)
{
    struct slow_request *items = slowest->items;
    for (; at > 0 && length(&items[at]) < length(&items[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&items[at], &items[(at - 1) / 2]);
}

static void sink(struct slowest *slowest)
{
    struct slow_request *items = slowest->items;
    size_t at = 0;
    for (size_t child = 1; child < slowest->len; child = 2 * at + 1) {
        if (child + 1 < slowest->len && length(&items[child + 1]) < length(&items[child]))
            child++;
        if (length(&items[at]) <= length(&items[child]))
            return;
        swap(&items[at], &items[child]);
        at = child;
    }
}

void slowest_add(struct slowest *slowest, uint64_t from_ns, uint64_t until_ns)
{
    struct slow_request request = {from_ns, until_ns};
    if (slowest->len < slowest->max) {
        slowest->items[slowest->len++] = request;
        rise(slowest, slowest->len - 1);
    } else if (slowest->max > 0 && length(&request) > length(&slowest->items[0])) {
        slowest->items[0] = request;
        sink(slowest);
    }
}

static int compare_ends(const void *a, const void *b)
{
    const struct slow_request *left = a;
    const struct slow_request *right = b;
    if (left->until_ns != right->until_ns)
        return left->until_ns < right->until_ns ? -1 : 1;
    return (left->from_ns > right->from_ns) - (left->from_ns < right->from_ns);
}

void slowest_sort(struct slowest *slowest)
{
    if (slowest->len > 0)
        qsort(slowest->items, slowest->len, sizeof(*slowest->items), compare_ends);
    slowest->max = 0;
}
