#include "gate/fold/targets.h"

#include "gate/fold/fold.h"

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
    if (left->how != right->how)
        return left->how < right->how ? -1 : 1;
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

const struct call_target *targets_find(const struct call_targets *targets, uint64_t offset)
{
    return target_at(targets->items, targets->len, offset);
}

/* Targets of one profile while they are added. */
struct adding {
    struct call_targets *targets;
    struct arena *arena;
    const struct binary *binary;
    const struct profile *profile;
    size_t known; /* sorted ones in front, of profiles before */
    bool *seen;   /* by location */
};

/* A leaf that nothing is known of yet; false when there is no use in looking further. */
static bool leaf_is_wanted(const struct adding *adding, uint32_t location, uint64_t *offset)
{
    return !adding->seen[location] &&
           targets_offset(adding->profile, &adding->profile->locations[location], offset) &&
           !target_at(adding->targets->items, adding->known, *offset);
}

static void target_add(struct adding *adding, struct call_target target)
{
    struct call_targets *targets = adding->targets;
    target.symbol = str_copy(adding->arena, target.symbol);
    target.type = str_copy(adding->arena, target.type);
    ARENA_PUSH(adding->arena, targets->items, targets->len, targets->cap, target);
}

static void leaf_add(struct adding *adding, const struct profile_sample *sample)
{
    struct call_target target = {.type = {"", 0}, .how = ALLOC_HOW_CALL};
    if (!leaf_is_wanted(adding, sample->locations[0], &target.offset))
        return;
    adding->seen[sample->locations[0]] = true;
    if (!binary_call_target(adding->binary, target.offset, &target.symbol))
        return;
    (void)binary_call_type(adding->binary, target.offset, &target.type);
    target_add(adding, target);
}

/*
 * An entry that was inlined has its frame in the code of a function with
 * another name (runtime.makemap in reflect.makemap): that tells nothing.
 */
static void hidden_add(struct adding *adding, const struct profile_sample *sample)
{
    const struct profile *profile = adding->profile;
    struct call_target target = {.type = {"", 0}, .how = ALLOC_HOW_CHAIN};
    uint64_t offset = 0;
    if (sample->hidden_count == 0 ||
        !leaf_is_wanted(adding, sample->locations[0], &target.offset) ||
        !targets_offset(profile, &profile->locations[*(sample->locations - 1)], &offset) ||
        !binary_symbol_at(adding->binary, offset, &target.symbol) ||
        !name_is_runtime(target.symbol))
        return;
    adding->seen[sample->locations[0]] = true;
    target_add(adding, target);
}

typedef void add_sample(struct adding *adding, const struct profile_sample *sample);

static void samples_add(struct adding *adding, add_sample *add)
{
    struct arena scratch;
    arena_init(&scratch);
    adding->seen = ARENA_ARRAY(&scratch, bool, adding->profile->location_count);
    /* In order between calls, so that many profiles of one side cost one entry per address. */
    targets_sort(adding->targets);
    adding->known = adding->targets->len;
    for (size_t i = 0; i < adding->profile->sample_count; i++) {
        if (adding->profile->samples[i].location_count > 0)
            add(adding, &adding->profile->samples[i]);
    }
    targets_sort(adding->targets);
    arena_release(&scratch);
}

void targets_add(struct call_targets *targets, struct arena *arena, const struct binary *binary,
                 const struct profile *profile)
{
    struct adding adding = {
        .targets = targets, .arena = arena, .binary = binary, .profile = profile};
    samples_add(&adding, leaf_add);
}

void targets_add_text(struct call_targets *targets, struct arena *arena,
                      const struct binary *binary, const struct profile *text)
{
    struct adding adding = {.targets = targets, .arena = arena, .binary = binary, .profile = text};
    samples_add(&adding, hidden_add);
}
