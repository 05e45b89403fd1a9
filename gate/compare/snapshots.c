#include "gate/compare/snapshots.h"

#include <stdlib.h>

/* FNV-1a over words. */
static uint64_t mixed(uint64_t hash, uint64_t word)
{
    for (int i = 0; i < 8; i++) {
        hash ^= word >> (8 * i) & 0xff;
        hash *= 0x100000001b3U;
    }
    return hash;
}

static uint64_t key_of(const struct profile *profile, const struct profile_sample *sample)
{
    uint64_t hash = mixed(0xcbf29ce484222325U, (uint64_t)sample->object_bytes);
    for (uint32_t i = 0; i < sample->location_count; i++)
        hash = mixed(hash, profile->locations[sample->locations[i]].address);
    return hash;
}

static int by_key(const void *a, const void *b)
{
    uint64_t first = ((const struct heap_site *)a)->key;
    uint64_t second = ((const struct heap_site *)b)->key;
    return (first > second) - (first < second);
}

/* A stack may stand in several samples, by the labels they have. */
static void join_equal(struct heap_snapshot *snapshot)
{
    size_t len = 0;
    for (size_t i = 0; i < snapshot->len; i++) {
        struct heap_site site = snapshot->sites[i];
        if (len > 0 && snapshot->sites[len - 1].key == site.key) {
            snapshot->sites[len - 1].objects += site.objects;
            snapshot->sites[len - 1].bytes += site.bytes;
        } else {
            snapshot->sites[len++] = site;
        }
    }
    snapshot->len = len;
}

struct heap_snapshot heap_snapshot_of(struct arena *arena, const struct profile *profile)
{
    struct heap_snapshot out = {.period = profile->period};
    int objects_at = profile_type_index(profile, "alloc_objects");
    int bytes_at = profile_type_index(profile, "alloc_space");
    assert(objects_at >= 0 && bytes_at >= 0);
    out.sites = ARENA_ARRAY(arena, struct heap_site, profile->sample_count);
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        if (sample->values[objects_at] == 0)
            continue;
        out.sites[out.len++] = (struct heap_site){
            key_of(profile, sample), sample->values[objects_at], sample->values[bytes_at]};
        out.objects += sample->values[objects_at];
    }
    if (out.len > 0)
        qsort(out.sites, out.len, sizeof(*out.sites), by_key);
    join_equal(&out);
    return out;
}

/* Objects near the period and above it are sampled nearly each time: processes agree on them. */
static bool is_evidence(const struct heap_site *earlier, const struct heap_site *later,
                        int64_t period)
{
    if (period <= 1)
        return later->objects > earlier->objects;
    return earlier->bytes / earlier->objects < period / 4;
}

bool heap_snapshot_continues(const struct heap_snapshot *later, const struct heap_snapshot *earlier)
{
    size_t at = 0;
    size_t evidence = 0;
    if (later->objects < earlier->objects || later->period != earlier->period ||
        (later->period <= 1 && later->objects - earlier->objects < earlier->objects / 100))
        return false;
    for (size_t i = 0; i < earlier->len; i++) {
        const struct heap_site *site = &earlier->sites[i];
        while (at < later->len && later->sites[at].key < site->key)
            at++;
        if (at == later->len || later->sites[at].key != site->key ||
            later->sites[at].objects < site->objects || later->sites[at].bytes < site->bytes)
            return false;
        evidence += site->objects > 0 && is_evidence(site, &later->sites[at], later->period);
    }
    return evidence >= SNAPSHOT_SITES_MIN;
}
