#include "gate/compare/creations.h"

#include "gate/base/map.h"
#include "gate/compare/pair_name.h"
#include "gate/compare/sources.h"

struct creation_reader {
    struct comparison *comparison;
    struct arena *arena;
    struct map at; /* of key and creator */
    size_t cap;
    uint64_t *largest; /* by creation: the most of one statement on the side that names it */
    size_t largest_len;
    size_t largest_cap;
    bool is_told;
};

static struct creation *creation_for(struct creation_reader *reader,
                                     const struct goroutine_site *site)
{
    struct comparison *comparison = reader->comparison;
    struct str key = pair_key(reader->arena, site->func);
    struct str by = pair_key(reader->arena, site->by);
    uint64_t code = hash_u64(hash_str(key) ^ hash_str(by) << 1);
    uint32_t at = 0;
    if (!map_find(&reader->at, code, &at)) {
        struct creation fresh = {.key = key, .func = site->func, .by = site->by};
        uint64_t nothing = 0;
        at = (uint32_t)comparison->creation_count;
        (void)map_insert(&reader->at, code, at);
        ARENA_PUSH(reader->arena, comparison->creations, comparison->creation_count, reader->cap,
                   fresh);
        ARENA_PUSH(reader->arena, reader->largest, reader->largest_len, reader->largest_cap,
                   nothing);
    }
    return &comparison->creations[at];
}

/* The candidate is read last, and its first statement takes the name from the baseline's. */
static void name_statement(struct creation_reader *reader, struct creation *creation,
                           enum side side, const struct goroutine_site *site)
{
    uint64_t *largest = &reader->largest[creation - reader->comparison->creations];
    bool is_first = side == SIDE_CAND && creation->counts[SIDE_CAND] <= 0;
    if (!is_first && site->count <= *largest)
        return;
    struct str module = reader->comparison->record->programs[side].module;
    struct str own = name_module_file(site->file, module);
    *largest = site->count;
    creation->by = site->by;
    creation->func = site->func;
    creation->file = own.len ? own : site->file;
    creation->line = (int64_t)site->line;
}

static void add_sites(struct creation_reader *reader, enum side side,
                      const struct goroutine_sites *sites, double weight)
{
    for (size_t i = 0; i < sites->len; i++) {
        struct creation *creation = creation_for(reader, &sites->items[i]);
        name_statement(reader, creation, side, &sites->items[i]);
        creation->counts[side] += weight * (double)sites->items[i].count;
    }
}

static enum status read_side(struct creation_reader *reader, const struct comparison_source *source,
                             enum side side, struct err *err)
{
    const struct record_scenario *record = reader->comparison->record;
    size_t count = record->trial_count[side][PHASE_STEADY];
    for (size_t t = 0; t < count; t++) {
        struct goroutine_sites sites = {0};
        uint32_t number = record->trials[side][PHASE_STEADY][t].number;
        struct trial_place place = source_trial(source, side, PHASE_STEADY, number);
        enum status status =
            recording_creations(&sites, reader->arena, place.recording, place.key, err);
        if (status == STATUS_NOT_FOUND) {
            reader->is_told = false;
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
        add_sites(reader, side, &sites, 1 / (double)count);
    }
    return STATUS_OK;
}

static double grown(const struct creation *creation)
{
    return creation->counts[SIDE_CAND] - creation->counts[SIDE_BASE];
}

static int order_creations(const void *left, const void *right)
{
    const struct creation *a = left;
    const struct creation *b = right;
    double difference = grown(b) - grown(a);
    if (difference < 0 || difference > 0)
        return difference < 0 ? -1 : 1;
    int order = str_compare(a->key, b->key);
    return order ? order : str_compare(a->by, b->by);
}

enum status creations_add(struct comparison *comparison, struct arena *arena,
                          const struct comparison_source sources[SIDES], struct err *err)
{
    struct creation_reader reader = {.comparison = comparison, .arena = arena, .is_told = true};
    enum status status = STATUS_OK;
    map_init(&reader.at);
    for (enum side side = 0; side < SIDES && status == STATUS_OK && reader.is_told; side++)
        status = read_side(&reader, &sources[side], side, err);
    map_release(&reader.at);
    if (status != STATUS_OK || !reader.is_told)
        comparison->creation_count = 0;
    if (comparison->creation_count > 0) {
        qsort(comparison->creations, comparison->creation_count, sizeof(*comparison->creations),
              order_creations);
    }
    return status;
}
