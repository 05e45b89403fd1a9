#include "gate/fold/targets.h"

bool targets_offset(const struct profile *profile, const struct profile_location *location,
                    uint64_t *offset)
{
    if (location->mapping != 0 || profile->mapping_count == 0)
        return false;
    const struct profile_mapping *mapping = &profile->mappings[0];
    if (location->address < mapping->start || location->address >= mapping->limit)
        return false;
    uint64_t into = location->address - mapping->start;
    if (into > UINT64_MAX - mapping->offset)
        return false;
    *offset = mapping->offset + into;
    return true;
}

static int target_compare(const void *a, const void *b)
{
    const struct call_target *left = a;
    const struct call_target *right = b;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return str_compare(left->symbol, right->symbol);
}

void targets_sort(struct call_targets *targets)
{
    size_t kept = 0;
    if (targets->len > 1)
        qsort(targets->items, targets->len, sizeof(*targets->items), target_compare);
    for (size_t i = 0; i < targets->len; i++) {
        if (kept == 0 || targets->items[kept - 1].offset != targets->items[i].offset)
            targets->items[kept++] = targets->items[i];
    }
    targets->len = kept;
}

static const struct call_target *target_at(const struct call_target *items, size_t len,
                                           uint64_t offset)
{
    size_t from = 0;
    size_t to = len;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (items[middle].offset < offset) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < len && items[from].offset == offset ? &items[from] : NULL;
}

struct str targets_find(const struct call_targets *targets, uint64_t offset)
{
    const struct call_target *target = target_at(targets->items, targets->len, offset);
    return target ? target->symbol : (struct str){"", 0};
}

void targets_add(struct call_targets *targets, struct arena *arena, const struct binary *binary,
                 const struct profile *profile)
{
    struct arena scratch;
    arena_init(&scratch);
    bool *seen = ARENA_ARRAY(&scratch, bool, profile->location_count);
    /* In order between calls, so that many profiles of one side cost one entry per address. */
    targets_sort(targets);
    size_t known = targets->len;
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint64_t offset = 0;
        struct str symbol = {0};
        if (sample->location_count == 0 || seen[sample->locations[0]])
            continue;
        seen[sample->locations[0]] = true;
        if (targets_offset(profile, &profile->locations[sample->locations[0]], &offset) &&
            !target_at(targets->items, known, offset) &&
            binary_call_target(binary, offset, &symbol)) {
            struct call_target target = {offset, str_copy(arena, symbol)};
            ARENA_PUSH(arena, targets->items, targets->len, targets->cap, target);
        }
    }
    targets_sort(targets);
    arena_release(&scratch);
}
