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

bool metric_needs_cpu_profile(enum metric metric)
{
    return metric == METRIC_MAP_CPU_SHARE || metric == METRIC_MAP_CPU ||
           metric == METRIC_MAP_GENERIC_KEY_SHARE;
}

bool metric_needs_gctrace(enum metric metric)
{
    return metric == METRIC_GC_PAUSE_P99 || metric == METRIC_GC_PER_MINUTE ||
           metric == METRIC_GC_CPU_SHARE || metric == METRIC_GC_CPU;
}

enum metric metric_of_growth(enum metric metric)
{
    assert(metric_unit(metric) == UNIT_RATIO);
    return metric == METRIC_GC_CPU_SHARE ? METRIC_GC_CPU : METRIC_MAP_CPU;
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
