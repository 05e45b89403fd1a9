#include "gate/harness/coarse.h"

#include <math.h>

#include "gate/stats/counts.h"

static double need_of(const struct rule *rule, struct str scenario,
                      const struct coarse_probe *probe)
{
    bool is_here = rule->selector.scenario.len == 0 || str_equal(rule->selector.scenario, scenario);
    bool is_of_allocation =
        rule->metric == METRIC_ALLOC_SPACE || rule->metric == METRIC_ALLOC_OBJECTS;
    double growth = rule->max_increase_percent.value;
    if (!is_here || !is_of_allocation || rule->severity != SEVERITY_BLOCK ||
        !rule->max_increase_percent.set || growth <= 0)
        return 0;
    double share = rule->floor_share.set ? fmin(1, rule->floor_share.value / growth) : 1;
    double cost = rule->metric == METRIC_ALLOC_OBJECTS ? probe->object_cost : 1;
    return share > 0 ? cost * count_needed(growth) / share : 0;
}

static bool kinds_equal(const struct str_list *a, const struct str_list *b)
{
    bool equal = a->len == b->len;
    for (size_t i = 0; i < a->len && equal; i++)
        equal = str_equal(a->items[i], b->items[i]);
    return equal;
}

/* A default gives way to the policy's own rule of the same; which rule wins where is policy's. */
static bool is_replaced(const struct rule *rule, const struct policy *policy, struct str scenario)
{
    for (size_t i = 0; i < policy->rule_count && rule->is_default; i++) {
        const struct rule *other = &policy->rules[i];
        const struct selector *selector = &other->selector;
        bool is_here = selector->scenario.len == 0 || str_equal(selector->scenario, scenario);
        bool is_broad =
            selector->func.len == 0 && selector->package.len == 0 && selector->file.len == 0;
        if (!other->is_default && other->metric == rule->metric && is_here && is_broad &&
            kinds_equal(&selector->kinds, &rule->selector.kinds))
            return true;
    }
    return false;
}

double coarse_need(const struct rule **rule, const struct policy *policy, struct str scenario,
                   const struct coarse_probe *probe)
{
    double most = 0;
    *rule = NULL;
    for (size_t i = 0; i < policy->rule_count; i++) {
        double need = need_of(&policy->rules[i], scenario, probe);
        if (need <= most || is_replaced(&policy->rules[i], policy, scenario))
            continue;
        most = need;
        *rule = &policy->rules[i];
    }
    return most;
}

/* The largest power of two that gives enough samples, within the bounds. */
static uint64_t period_for(double bytes, double need)
{
    uint64_t period = need > 0 ? COARSE_PERIOD_MAX : COARSE_PERIOD_DEFAULT;
    while (period > COARSE_PERIOD_MIN && bytes < need * (double)period)
        period /= 2;
    return period;
}

struct coarse_choice coarse_choose(const struct coarse_probe *probe, double need,
                                   const struct coarse_bounds *bounds)
{
    double bytes = probe->bytes * bounds->trials;
    struct coarse_choice out = {bounds->fixed_period, probe->request_count, 0};
    assert(probe->request_count > 0 && bounds->trials > 0);
    if (out.period == 0)
        out.period = period_for(bytes, need);
    double samples = bytes / (double)out.period;
    if (samples < need && samples > 0) {
        double each = (double)probe->request_count;
        double in_time = each * (double)bounds->limit_ns / fmax(1, (double)probe->wall_ns);
        double most = fmin((double)bounds->request_max, in_time);
        double wanted = ceil(each * need / samples);
        out.request_count = (uint64_t)fmax(each, fmin(wanted, most));
    }
    out.samples = samples * (double)out.request_count / (double)probe->request_count;
    return out;
}
