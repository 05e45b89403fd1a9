#include "gate/base/metric.h"

struct metric_row {
    const char *name;
    enum unit unit;
    bool exact;
};

static const struct metric_row metric_rows[METRICS] = {
#define X(symbol, name, unit, exact) {name, unit, exact},
    METRIC_MAP(X)
#undef X
};

const char *metric_name(enum metric metric)
{
    return metric_rows[metric].name;
}

enum unit metric_unit(enum metric metric)
{
    return metric_rows[metric].unit;
}

bool metric_is_exact(enum metric metric)
{
    return metric_rows[metric].exact;
}

bool metric_is_latency(enum metric metric)
{
    return metric == METRIC_P50 || metric == METRIC_P90 || metric == METRIC_P99;
}

bool metric_has_kinds(enum metric metric)
{
    return metric == METRIC_ALLOC_SPACE || metric == METRIC_ALLOC_OBJECTS ||
           metric == METRIC_INUSE_SPACE || metric == METRIC_INUSE_OBJECTS;
}

/* What maps cost is known of the process alone. */
bool metric_has_functions(enum metric metric)
{
    bool is_of_maps = metric == METRIC_MAP_CPU_SHARE || metric == METRIC_MAP_CPU ||
                      metric == METRIC_MAP_GENERIC_KEY_SHARE;
    return metric_has_kinds(metric) || metric == METRIC_HEAP_GROWTH ||
           (metric_profile(metric) != PROFILE_KIND_HEAP && !is_of_maps);
}

bool metric_sums_over_load(enum metric metric)
{
    return metric == METRIC_CPU_PROFILE || metric == METRIC_BLOCK_DELAY ||
           metric == METRIC_MUTEX_DELAY;
}

enum profile_kind metric_profile(enum metric metric)
{
    static const enum profile_kind kinds[METRICS] = {
        [METRIC_MAP_CPU_SHARE] = PROFILE_KIND_CPU,
        [METRIC_MAP_CPU] = PROFILE_KIND_CPU,
        [METRIC_MAP_GENERIC_KEY_SHARE] = PROFILE_KIND_CPU,
        [METRIC_CPU_PROFILE] = PROFILE_KIND_CPU,
        [METRIC_BLOCK_DELAY] = PROFILE_KIND_BLOCK,
        [METRIC_BLOCK_CONTENTIONS] = PROFILE_KIND_BLOCK,
        [METRIC_MUTEX_DELAY] = PROFILE_KIND_MUTEX,
        [METRIC_MUTEX_CONTENTIONS] = PROFILE_KIND_MUTEX,
        [METRIC_GOROUTINES] = PROFILE_KIND_GOROUTINE,
        [METRIC_GOROUTINE_GROWTH] = PROFILE_KIND_GOROUTINE,
    };
    return kinds[metric];
}

const char *profile_kind_spoken(enum profile_kind kind)
{
    return kind == PROFILE_KIND_CPU ? "CPU" : profile_kind_name(kind);
}

const char *profile_kind_name(enum profile_kind kind)
{
    static const char *const names[PROFILE_KINDS] = {
#define X(symbol, name) name,
        PROFILE_KIND_MAP(X)
#undef X
    };
    return names[kind];
}

bool metric_needs_gctrace(enum metric metric)
{
    return metric == METRIC_GC_PAUSE_P99 || metric == METRIC_GC_PER_MINUTE ||
           metric == METRIC_GC_CPU_SHARE || metric == METRIC_GC_CPU ||
           metric == METRIC_GC_ASSIST_SHARE || metric == METRIC_HEAP_GOAL;
}

bool metric_needs_series(enum metric metric)
{
    return metric == METRIC_PSS_P95 || metric == METRIC_THREADS_MAX || metric == METRIC_FDS_END;
}

enum metric metric_of_growth(enum metric metric)
{
    assert(metric_unit(metric) == UNIT_RATIO);
    return metric_needs_gctrace(metric) ? METRIC_GC_CPU : METRIC_MAP_CPU;
}

bool metric_parse(enum metric *out, struct str name)
{
    for (size_t i = 0; i < METRICS; i++) {
        if (str_equal_text(name, metric_rows[i].name)) {
            *out = (enum metric)i;
            return true;
        }
    }
    return false;
}
