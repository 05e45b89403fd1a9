#include "gate/compare/gc_check.h"

#include <math.h>

struct checking {
    struct arena *arena;
    struct record_rows cycles;
    struct memstats warm;
    struct memstats end;
};

static struct str compare_numbers(const struct checking *checking)
{
    const struct record_rows *cycles = &checking->cycles;
    for (size_t i = 0; i < cycles->len; i++) {
        uint64_t number = record_at(cycles, i, CYCLE_NUMBER);
        if (number > checking->warm.gc_count && number <= checking->end.gc_count)
            continue;
        return str_format(checking->arena,
                          "gctrace printed collection %llu during the load, MemStats counted %llu "
                          "before it and %llu behind it",
                          (unsigned long long)number, (unsigned long long)checking->warm.gc_count,
                          (unsigned long long)checking->end.gc_count);
    }
    return STR("");
}

static struct str compare_counts(const struct checking *checking)
{
    uint64_t printed = checking->cycles.len;
    uint64_t counted = checking->end.gc_count - checking->warm.gc_count;
    uint64_t ours = counted < POINT_COLLECTIONS ? counted : POINT_COLLECTIONS;
    if (printed <= counted - ours)
        return STR("");
    return str_format(checking->arena,
                      "gctrace printed %llu collections, MemStats counted %llu besides memgate's",
                      (unsigned long long)printed, (unsigned long long)(counted - ours));
}

/* Of collections whose place in the ring no later one has taken. */
static struct str compare_pauses(const struct checking *checking)
{
    double printed = 0;
    double counted = 0;
    double count = 0;
    const struct record_rows *cycles = &checking->cycles;
    for (size_t i = 0; i < cycles->len; i++) {
        uint64_t number = record_at(cycles, i, CYCLE_NUMBER);
        if (checking->end.gc_count - number >= MEMSTATS_PAUSES)
            continue;
        printed += (double)record_at(cycles, i, CYCLE_SWEEP) +
                   (double)record_at(cycles, i, CYCLE_TERMINATION);
        counted += (double)checking->end.pause_ns[(number - 1) % MEMSTATS_PAUSES];
        count++;
    }
    if (fabs(printed - counted) <= GC_CHECK_SHARE * counted + GC_CHECK_NS * count)
        return STR("");
    return str_format(checking->arena,
                      "by gctrace %.0f collections stopped the program for %.3f ms, by MemStats "
                      "for %.3f ms",
                      count, printed / 1e6, counted / 1e6);
}

static struct str compare(const struct checking *checking)
{
    static struct str (*const steps[])(const struct checking *) = {compare_numbers, compare_counts,
                                                                   compare_pauses};
    if (checking->end.pause_count < MEMSTATS_PAUSES)
        return STR("MemStats does not hold its pauses");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct str problem = steps[i](checking);
        if (problem.len > 0)
            return problem;
    }
    return STR("");
}

enum status gc_check(struct str *out, struct arena *arena, const struct trial_place *place,
                     struct err *err)
{
    struct arena scratch;
    struct checking checking = {.arena = arena};
    arena_init(&scratch);
    enum status status = recording_table(&checking.cycles, &scratch, place->recording, place->key,
                                         TABLE_CYCLES, err);
    bool is_absent = status == STATUS_NOT_FOUND;
    if (status == STATUS_OK) {
        status = recording_memstats(&checking.warm, &scratch, place->recording, place->key,
                                    POINT_WARM, err);
    }
    if (status == STATUS_OK) {
        status = recording_memstats(&checking.end, &scratch, place->recording, place->key,
                                    POINT_END, err);
    }
    if (status == STATUS_OK)
        *out = compare(&checking);
    arena_release(&scratch);
    return is_absent ? STATUS_OK : status;
}
