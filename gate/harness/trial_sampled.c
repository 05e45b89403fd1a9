#include "gate/harness/trial_sampled.h"

#include <math.h>

#include "gate/harness/coarse.h"
#include "gate/stats/counts.h"

/* What was allocated, and the variance of the objects where all are far smaller than the period. */
struct allocated {
    double bytes;
    double objects;
    double objects_variance;
};

static struct allocated allocated(const struct profile *profile)
{
    struct allocated out = {0, 0, 0};
    int bytes_at = profile_type_index(profile, "alloc_space");
    int objects_at = profile_type_index(profile, "alloc_objects");
    for (size_t i = 0; i < profile->sample_count && bytes_at >= 0 && objects_at >= 0; i++) {
        double bytes = (double)profile->samples[i].values[bytes_at];
        double objects = (double)profile->samples[i].values[objects_at];
        out.bytes += bytes;
        out.objects += objects;
        if (bytes > 0)
            out.objects_variance += (double)profile->period * objects * objects / bytes;
    }
    return out;
}

/* The effective samples of the bytes over those of the objects. */
static double object_cost(const struct allocated *between, int64_t period)
{
    double samples = between->bytes / (double)period;
    double squares = between->objects * between->objects;
    return squares > 0 ? fmax(1, samples * between->objects_variance / squares) : 1;
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
    if (status == STATUS_OK) {
        struct allocated at_end = allocated(&end);
        struct allocated at_warm = allocated(&warm);
        struct allocated between = {
            .bytes = fmax(0, at_end.bytes - at_warm.bytes),
            .objects = fmax(0, at_end.objects - at_warm.objects),
            .objects_variance = fmax(0, at_end.objects_variance - at_warm.objects_variance),
        };
        *period = end.period;
        out->bytes = between.bytes;
        out->object_cost = end.period > 0 ? object_cost(&between, end.period) : 1;
    }
    arena_release(&scratch);
    return status;
}

static void announce(const struct harness *harness, const struct harness_scenario *scenario,
                     const struct coarse_choice *choice, double need, const struct rule *rule)
{
    struct str name = scenario->scenario->name;
    log_line(harness->spec.log,
             "%.*s: the exact phase samples: period %llu, %llu requests a trial, some %.0f samples "
             "a side; in the whole a growth of %.2g %% is found 99 times in 100",
             STR_ARGS(name), (unsigned long long)choice->period,
             (unsigned long long)choice->request_count, choice->samples,
             100 * count_detectable(choice->samples));
    if (!rule)
        return;
    struct str origin = origin_text(harness->arena, &rule->origin);
    if (choice->samples >= need) {
        log_line(harness->spec.log, "%.*s: enough for its tightest limit (%.*s), which needs %.0f",
                 STR_ARGS(name), STR_ARGS(origin), need);
    } else {
        log_line(harness->spec.log,
                 "%.*s: not enough for its tightest limit (%.*s), which needs %.0f samples: growth "
                 "near it will stay undecided; raise load.count or the limit",
                 STR_ARGS(name), STR_ARGS(origin), need);
    }
}

enum status sampled_choose(struct harness *harness, struct harness_scenario *scenario,
                           const struct recording *recording, struct trial_key key, struct err *err)
{
    struct coarse_probe probe = {0};
    const struct rule *rule = NULL;
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
    double need = coarse_need(&rule, harness->spec.policy, scenario->scenario->name, &probe);
    struct coarse_choice choice = coarse_choose(&probe, need, &bounds);
    if (bounds.fixed_period == 0)
        scenario->exact_rate = choice.period;
    if (can_choose)
        scenario->exact_count = choice.request_count;
    announce(harness, scenario, &choice, need, rule);
    return STATUS_OK;
}
