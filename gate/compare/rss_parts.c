#include "gate/compare/rss_parts.h"

#include <math.h>

#include "gate/base/num.h"
#include "gate/compare/sources.h"

const char *rss_part_name(enum rss_part part)
{
    static const char *const names[RSS_PARTS] = {"live heap", "GC headroom", "stacks",
                                                 "runtime metadata", "rest"};
    return names[part];
}

/*
 * What the runtime has set aside and not touched yet is not resident, its
 * tables and the free parts of the heap alike; nor need live memory be.
 */
static void take_absent(double parts[RSS_PARTS])
{
    double aside = fmax(0, parts[RSS_HEADROOM]) + parts[RSS_METADATA];
    double absent = fmin(fmax(0, -parts[RSS_REST]), aside);
    double kept = 1 - num_ratio(absent, aside);
    parts[RSS_HEADROOM] *= kept;
    parts[RSS_METADATA] *= kept;
    parts[RSS_REST] += absent;
    if (parts[RSS_REST] < 0) {
        parts[RSS_LIVE] += parts[RSS_REST];
        parts[RSS_REST] = 0;
    }
}

/*
 * The heap was just collected, so what is allocated is live; what the heap
 * has besides, and did not give back, is where garbage was and will be.
 */
static void split(double parts[RSS_PARTS], const struct memstats *stats, double total)
{
    double heap = (double)stats->heap_sys_bytes - (double)stats->heap_released_bytes;
    parts[RSS_LIVE] = (double)stats->heap_alloc_bytes;
    parts[RSS_HEADROOM] = heap - parts[RSS_LIVE];
    parts[RSS_STACKS] = (double)stats->stack_inuse_bytes;
    parts[RSS_METADATA] =
        (double)(stats->mspan_inuse_bytes + stats->mcache_inuse_bytes + stats->buck_hash_bytes +
                 stats->gc_sys_bytes + stats->other_sys_bytes);
    parts[RSS_REST] = total - heap - parts[RSS_STACKS] - parts[RSS_METADATA];
    take_absent(parts);
}

static enum status add_trial(struct rss_side *side, const struct trial_place *place,
                             const struct record_trial *trial, double weight, struct err *err)
{
    struct memstats end = {0};
    struct arena scratch;
    double parts[RSS_PARTS];
    arena_init(&scratch);
    enum status status =
        recording_memstats(&end, &scratch, place->recording, place->key, POINT_END, err);
    arena_release(&scratch);
    if (status != STATUS_OK)
        return status;
    split(parts, &end, (double)trial->rss_end_bytes);
    side->total += weight * (double)trial->rss_end_bytes;
    for (size_t i = 0; i < RSS_PARTS; i++)
        side->parts[i] += weight * parts[i];
    return STATUS_OK;
}

static bool was_measured(const struct record_scenario *record, enum side side)
{
    for (size_t t = 0; t < record->trial_count[side][PHASE_STEADY]; t++) {
        if (record->trials[side][PHASE_STEADY][t].rss_end_bytes == 0)
            return false;
    }
    return record->trial_count[side][PHASE_STEADY] > 0;
}

enum status rss_parts_add(struct comparison *comparison,
                          const struct comparison_source sources[SIDES], struct err *err)
{
    const struct record_scenario *record = comparison->record;
    if (!was_measured(record, SIDE_BASE) || !was_measured(record, SIDE_CAND))
        return STATUS_OK;
    for (enum side side = 0; side < SIDES; side++) {
        size_t count = record->trial_count[side][PHASE_STEADY];
        comparison->rss[side] = (struct rss_side){0};
        for (size_t t = 0; t < count; t++) {
            const struct record_trial *trial = &record->trials[side][PHASE_STEADY][t];
            struct trial_place place =
                source_trial(&sources[side], side, PHASE_STEADY, trial->number);
            if (add_trial(&comparison->rss[side], &place, trial, 1 / (double)count, err))
                return err->status;
        }
    }
    comparison->has_rss = true;
    return STATUS_OK;
}
