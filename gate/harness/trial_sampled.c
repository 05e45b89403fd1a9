#include "gate/harness/trial_sampled.h"

#include <math.h>

#include "gate/harness/coarse.h"
#include "gate/stats/looks.h"
#include "gate/stats/power.h"

/* Live heap is held against its rules at both. */
enum { POINTS_OF_LIVE_HEAP = 2 };

/* What a profile sums up, and the variance of its objects where all are smaller than the period. */
struct sums {
    double bytes;
    double objects;
    double objects_variance;
};

static struct sums sums_of(const struct profile *profile, const char *space, const char *objects)
{
    struct sums out = {0, 0, 0};
    int bytes_at = profile_type_index(profile, space);
    int objects_at = profile_type_index(profile, objects);
    for (size_t i = 0; i < profile->sample_count && bytes_at >= 0 && objects_at >= 0; i++) {
        double bytes = (double)profile->samples[i].values[bytes_at];
        double count = (double)profile->samples[i].values[objects_at];
        out.bytes += bytes;
        out.objects += count;
        if (bytes > 0)
            out.objects_variance += (double)profile->period * count * count / bytes;
    }
    return out;
}

/* With the effective samples of the bytes over those of the objects. */
static struct coarse_sum coarse_sum(const struct sums *sums, int64_t period)
{
    double samples = sums->bytes / (double)period;
    double squares = sums->objects * sums->objects;
    double cost = squares > 0 ? samples * sums->objects_variance / squares : 1;
    return (struct coarse_sum){sums->bytes, fmax(1, cost)};
}

static struct coarse_sum allocated(const struct profile *warm, const struct profile *end)
{
    struct sums from = sums_of(warm, "alloc_space", "alloc_objects");
    struct sums to = sums_of(end, "alloc_space", "alloc_objects");
    struct sums between = {
        .bytes = fmax(0, to.bytes - from.bytes),
        .objects = fmax(0, to.objects - from.objects),
        .objects_variance = fmax(0, to.objects_variance - from.objects_variance),
    };
    return coarse_sum(&between, end->period);
}

/* Live heap is judged at both points; where there is none in a profile, less than a sample is. */
static struct coarse_sum held(const struct profile *warm, const struct profile *end)
{
    struct sums first = sums_of(warm, "inuse_space", "inuse_objects");
    struct sums last = sums_of(end, "inuse_space", "inuse_objects");
    struct coarse_sum out = coarse_sum(first.bytes < last.bytes ? &first : &last, end->period);
    out.bytes = fmax(out.bytes, (double)end->period);
    return out;
}

static bool has_points(const struct harness_scenario *scenario)
{
    return scenario->scenario->driver != DRIVER_GOTEST;
}

/* What the trial, which the recording has, shows of the program, and the period it was taken at. */
static enum status read_probe(struct coarse_probe *out, int64_t *period,
                              const struct recording *recording, struct trial_key key,
                              bool has_points, struct err *err)
{
    struct arena scratch;
    struct profile warm = {0};
    struct profile end = {0};
    const struct record_scenario *record = &recording->scenarios[key.scenario];
    const struct record_trial *trial =
        &record->trials[key.side][key.phase][record->trial_count[key.side][key.phase] - 1];
    *out = (struct coarse_probe){
        .request_count = trial->request_count > 0 ? trial->request_count : 1,
        .wall_ns = trial->wall_ns,
    };
    arena_init(&scratch);
    enum status status = recording_profile(&end, &scratch, recording, key, POINT_END, err);
    if (status == STATUS_OK && has_points)
        status = recording_profile(&warm, &scratch, recording, key, POINT_WARM, err);
    if (status == STATUS_OK)
        *period = end.period;
    if (status == STATUS_OK && end.period > EXACT_RATE) {
        out->allocated = allocated(&warm, &end);
        if (has_points)
            out->held = held(&warm, &end);
    }
    arena_release(&scratch);
    return status;
}

static size_t claims_of(const struct rule *rule)
{
    size_t kinds = rule->selector.kinds.len > 0 ? rule->selector.kinds.len : 1;
    size_t limits = rule->max_increase.set || rule->max_increase_percent.set ? 1 : 0;
    limits += rule->max.set ? 1 : 0;
    limits += rule->max_share.set ? 1 : 0;
    return kinds * limits * (rule->metric == METRIC_INUSE_SPACE ? POINTS_OF_LIVE_HEAP : 1);
}

/* At most: those of the metric's block rules on the whole scenario, which are one family. */
static size_t claims_with(const struct policy *policy, const struct rule *rule)
{
    size_t count = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *other = &policy->rules[i];
        if (other->metric == rule->metric && other->severity == SEVERITY_BLOCK &&
            !selector_names_functions(&other->selector))
            count += claims_of(other);
    }
    return count > 0 ? count : 1;
}

/* The level of the first look, which all of a run's rules come to. */
static double first_level(const struct trial_plan *plan)
{
    struct looks looks = looks_plan(plan->exact, plan->max);
    return looks_alpha(&looks, plan->exact);
}

/* Whether the samples do for the rule that needs most of them, and what breaks it. */
static void announce_need(const struct harness *harness, struct str name, const char *what,
                          double samples, const struct coarse_need *need)
{
    if (!need->rule)
        return;
    struct str origin = origin_text(harness->arena, &need->rule->origin);
    double limit = need->rule->max_increase_percent.value;
    size_t claims = claims_with(harness->spec.policy, need->rule);
    double alpha = first_level(&harness->spec.policy->trials);
    if (samples >= need->samples) {
        log_line(harness->spec.log,
                 "%.*s: %s: some %.0f samples a side; the tightest limit of a block rule in "
                 "percent (%.*s) needs %.0f for equal sides to keep it",
                 STR_ARGS(name), what, samples, STR_ARGS(origin), need->samples);
    } else {
        log_line(harness->spec.log,
                 "%.*s: %s: some %.0f samples a side, not enough for the tightest limit of a "
                 "block rule in percent (%.*s), which needs %.0f: equal sides may stay undecided; "
                 "raise load.count or trials.exact, or the limit",
                 STR_ARGS(name), what, samples, STR_ARGS(origin), need->samples);
    }
    bool is_of_whole =
        !selector_names_functions(&need->rule->selector) && need->rule->selector.kinds.len == 0;
    if (is_of_whole && need->rule->metric != METRIC_ALLOC_OBJECTS &&
        need->rule->metric != METRIC_INUSE_OBJECTS) {
        log_line(
            harness->spec.log,
            "%.*s: %s: its limit of %.3g %% is broken by a growth of %.2g %% most times, at "
            "the first look and as one of %zu claims at most; 99 times in 100 were sampling all "
            "that varies",
            STR_ARGS(name), what, 100 * limit,
            100 * power_growth_red(limit, samples, alpha / (double)claims), claims);
    }
}

static void announce(const struct harness *harness, const struct harness_scenario *scenario,
                     const struct coarse_choice *choice, const struct coarse_needs *needs)
{
    struct str name = scenario->scenario->name;
    log_line(harness->spec.log,
             "%.*s: the exact phase samples: period %llu, %llu requests a trial, some %.0f samples "
             "a side; of all that is allocated equal sides keep limits from %.2g %% on %u times "
             "in 100",
             STR_ARGS(name), (unsigned long long)choice->period,
             (unsigned long long)choice->request_count, choice->samples,
             100 * power_margin(choice->samples),
             power_margin_percent(harness->spec.policy->trials.exact));
    announce_need(harness, name, "allocations", choice->samples, &needs->allocated);
    announce_need(harness, name, "live heap", choice->held_samples, &needs->held);
    if (!needs->unsized)
        return;
    struct str origin = origin_text(harness->arena, &needs->unsized->origin);
    log_line(harness->spec.log,
             "%.*s: not considered, for nobody knows how many samples they need: %zu block rules "
             "of amounts, budgets, growth, or parts of unknown share (first: %.*s); for them the "
             "period is %d at most, unless the service sets its own",
             STR_ARGS(name), needs->unsized_count, STR_ARGS(origin), COARSE_PERIOD_DEFAULT);
}

enum status sampled_choose(struct harness *harness, struct harness_scenario *scenario,
                           const struct recording *recording, struct trial_key key, struct err *err)
{
    struct coarse_probe probe = {0};
    int64_t period = 0;
    bool can_choose = scenario->scenario->driver == DRIVER_HTTP;
    if (read_probe(&probe, &period, recording, key, has_points(scenario), err))
        return err_wrap(err, "%s (exact trial %u)", side_name(key.side), (unsigned)key.number);
    if (period <= EXACT_RATE)
        return STATUS_OK;
    struct coarse_bounds bounds = {
        .fixed_period = (uint64_t)period == scenario->exact_rate ? 0 : (uint64_t)period,
        .request_max = can_choose ? scenario->scenario->load.count : probe.request_count,
        .limit_ns = scenario->exact_limit_ns,
        .trials = harness->spec.policy->trials.exact > 0 ? harness->spec.policy->trials.exact : 1,
    };
    struct coarse_needs needs =
        coarse_needs(harness->spec.policy, scenario->scenario->name, &probe);
    struct coarse_choice choice = coarse_choose(&probe, &needs, &bounds);
    if (bounds.fixed_period == 0)
        scenario->exact_rate = choice.period;
    if (can_choose)
        scenario->exact_count = choice.request_count;
    announce(harness, scenario, &choice, &needs);
    return STATUS_OK;
}
