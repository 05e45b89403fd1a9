#include "gate/harness/coarse.h"

#include <math.h>

#include "gate/stats/counts.h"

/* The metrics that are read from a sampled heap. */
static const struct sampled_metric {
    enum metric metric;
    bool is_held;
    bool counts_objects;
    bool has_need; /* false: no count of samples says how sure it is */
} sampled_metrics[] = {
    {METRIC_ALLOC_SPACE, false, false, true}, {METRIC_ALLOC_OBJECTS, false, true, true},
    {METRIC_INUSE_SPACE, true, false, true},  {METRIC_INUSE_OBJECTS, true, true, true},
    {METRIC_HEAP_GROWTH, true, false, false},
};

static const struct sampled_metric *sampled_metric(enum metric metric)
{
    for (size_t i = 0; i < ARRAY_LEN(sampled_metrics); i++) {
        if (sampled_metrics[i].metric == metric)
            return &sampled_metrics[i];
    }
    return NULL;
}

static bool is_in_force(const struct rule *rule, const struct policy *policy, struct str scenario)
{
    return rule_is_of_scenario(rule, scenario) && rule->severity == SEVERITY_BLOCK &&
           !policy_replaces(policy, rule, scenario);
}

/* The smallest growth of all bytes that is worth a finding: the limit, or what a floor spares. */
static double growth_of(const struct rule *rule, const struct sampled_metric *metric,
                        const struct coarse_probe *probe)
{
    double growth = rule->max_increase_percent.value;
    double bytes =
        metric->is_held ? probe->held.bytes : probe->allocated.bytes / (double)probe->request_count;
    bool is_known = rule->floor.set && rule->floor.per_request != metric->is_held;
    if (!is_known || metric->counts_objects || bytes <= 0)
        return growth;
    return fmax(growth, rule->floor.value / bytes);
}

/* Samples of the whole, or 0 where nobody knows how many. */
static double need_of(const struct rule *rule, const struct sampled_metric *metric,
                      const struct coarse_probe *probe)
{
    const struct selector *selector = &rule->selector;
    const struct coarse_sum *sum = metric->is_held ? &probe->held : &probe->allocated;
    double limit = rule->max_increase_percent.value;
    double cost = metric->counts_objects ? sum->object_cost : 1;
    bool is_of_part = selector_names_functions(selector) || selector->kinds.len > 0;
    if (!metric->has_need || !rule->max_increase_percent.set || limit <= 0)
        return 0;
    if (!is_of_part)
        return cost * count_needed(growth_of(rule, metric, probe));
    if (!rule->floor_share.set || rule->floor_share.value <= 0)
        return 0;
    return cost * count_needed(limit) / fmin(1, rule->floor_share.value / limit);
}

struct coarse_needs coarse_needs(const struct policy *policy, struct str scenario,
                                 const struct coarse_probe *probe)
{
    struct coarse_needs out = {0};
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        const struct sampled_metric *metric = sampled_metric(rule->metric);
        if (!metric || !is_in_force(rule, policy, scenario) ||
            (metric->is_held && probe->held.bytes <= 0))
            continue;
        struct coarse_need *need = metric->is_held ? &out.held : &out.allocated;
        double samples = need_of(rule, metric, probe);
        if (samples > need->samples)
            *need = (struct coarse_need){samples, rule};
        if (samples <= 0 && out.unsized_count++ == 0)
            out.unsized = rule;
    }
    return out;
}

/* The largest power of two up to `most` that gives enough samples, within the bounds. */
static uint64_t period_for(double bytes, double need, uint64_t most)
{
    uint64_t period = most;
    while (period > COARSE_PERIOD_MIN && bytes < need * (double)period)
        period /= 2;
    return period;
}

static uint64_t choose_period(const struct coarse_probe *probe, const struct coarse_needs *needs,
                              uint32_t trials)
{
    bool has_need = needs->allocated.samples > 0 || needs->held.samples > 0;
    uint64_t most =
        has_need && needs->unsized_count == 0 ? COARSE_PERIOD_MAX : COARSE_PERIOD_DEFAULT;
    most = period_for(probe->allocated.bytes * trials, needs->allocated.samples, most);
    return period_for(probe->held.bytes * trials, needs->held.samples, most);
}

/*
 * The probe's time is of its own period; at a smaller one the service is
 * slower, and the requests for heap growth, three quarters as many, follow.
 * Half of the limit leaves room for both.
 */
static double requests_in(const struct coarse_probe *probe, uint64_t limit_ns)
{
    double times = (double)limit_ns / 2 / fmax(1, (double)probe->wall_ns);
    return (double)probe->request_count * times;
}

struct coarse_choice coarse_choose(const struct coarse_probe *probe,
                                   const struct coarse_needs *needs,
                                   const struct coarse_bounds *bounds)
{
    struct coarse_choice out = {bounds->fixed_period, probe->request_count, 0, 0};
    double each = (double)probe->request_count;
    double need = needs->allocated.samples;
    assert(probe->request_count > 0 && bounds->trials > 0);
    if (out.period == 0)
        out.period = choose_period(probe, needs, bounds->trials);
    double samples = probe->allocated.bytes * bounds->trials / (double)out.period;
    if (samples < need && samples > 0) {
        double most = fmin((double)bounds->request_max, requests_in(probe, bounds->limit_ns));
        out.request_count = (uint64_t)fmax(each, fmin(ceil(each * need / samples), most));
    }
    out.samples = samples * (double)out.request_count / each;
    out.held_samples = probe->held.bytes * bounds->trials / (double)out.period;
    return out;
}
