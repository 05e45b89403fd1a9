#include <math.h>

#include "gate/base/num.h"
#include "gate/profile/extend.h"
#include "gate/recording/inject.h"
#include "gate/recording/layout.h"

/* A map operation for keys of any type, in every release of Go (config/runtime). */
#define MAP_OPERATION "runtime.mapaccess1"

/* How long a wait is where only their number is asked for. */
#define WAIT_NS 1000.0

/* What is added to one profile: events and, of profiles that have it, their time. */
struct cost_more {
    double events;
    double ns;
};

struct cost_file {
    struct str path;
    const struct record_trial *trial;
    bool is_end;          /* else of the end of the warm-up */
    double samples;       /* in the profile now */
    double ns_per_sample; /* of CPU profiles */
};

/* CPU time that so many samples more are, where every sample is worth the same. */
static double samples_of_time(const struct injection *what, const struct cost_file *file)
{
    double now_ns = (double)file->trial->cpu_ns;
    return file->samples * what->amount * (double)file->trial->request_count / now_ns;
}

static struct cost_more cpu_time(const struct injection *what, const struct cost_file *file)
{
    double events = samples_of_time(what, file);
    return (struct cost_more){events, events * file->ns_per_sample};
}

/* k of (m + k) / (n + k) = have + amount. */
static struct cost_more cpu_share(const struct injection *what, const struct cost_file *file)
{
    double events = what->amount * file->samples / (1 - what->have - what->amount);
    return (struct cost_more){events, events * file->ns_per_sample};
}

static struct cost_more delay(const struct injection *what, const struct cost_file *file)
{
    double requests = file->is_end ? (double)file->trial->request_count : 0;
    return (struct cost_more){requests, what->amount * requests};
}

static struct cost_more contentions(const struct injection *what, const struct cost_file *file)
{
    double events = file->is_end ? what->amount * (double)file->trial->request_count : 0;
    return (struct cost_more){events, events * WAIT_NS};
}

static struct cost_more goroutines(const struct injection *what, const struct cost_file *file)
{
    (void)file;
    return (struct cost_more){what->amount, 0};
}

static struct cost_more goroutine_growth(const struct injection *what, const struct cost_file *file)
{
    double requests = file->is_end ? (double)file->trial->request_count : 0;
    return (struct cost_more){what->amount * requests / 1000, 0};
}

static const struct cost_row {
    struct cost_more (*more)(const struct injection *what, const struct cost_file *file);
    const char *events;
    const char *time; /* NULL: the profile has no such column */
    enum metric metric;
    bool is_map;     /* the function's stack ends in a map operation */
    bool takes_time; /* of the process: its CPU time grows as well */
} cost_rows[] = {
    {cpu_time, "samples", "cpu", METRIC_CPU_PROFILE, false, true},
    {cpu_time, "samples", "cpu", METRIC_MAP_CPU, true, true},
    {cpu_share, "samples", "cpu", METRIC_MAP_CPU_SHARE, true, false},
    {cpu_share, "samples", "cpu", METRIC_MAP_GENERIC_KEY_SHARE, true, false},
    {delay, "contentions", "delay", METRIC_BLOCK_DELAY, false, false},
    {contentions, "contentions", "delay", METRIC_BLOCK_CONTENTIONS, false, false},
    {delay, "contentions", "delay", METRIC_MUTEX_DELAY, false, false},
    {contentions, "contentions", "delay", METRIC_MUTEX_CONTENTIONS, false, false},
    {goroutines, "goroutine", NULL, METRIC_GOROUTINES, false, false},
    {goroutine_growth, "goroutine", NULL, METRIC_GOROUTINE_GROWTH, false, false},
};

static const struct cost_row *find_row(enum metric metric)
{
    size_t i = 0;
    while (i < ARRAY_LEN(cost_rows) && cost_rows[i].metric != metric)
        i++;
    assert(i < ARRAY_LEN(cost_rows));
    return &cost_rows[i];
}

static enum status set_value(int64_t *values, const struct profile *profile, const char *type,
                             double value, struct err *err)
{
    uint64_t count = 0;
    int at = type ? profile_type_index(profile, type) : -1;
    if (at < 0)
        return STATUS_OK;
    if (inject_count(&count, value, err))
        return err->status;
    values[at] = (int64_t)count;
    return STATUS_OK;
}

static enum status extend_profile(struct bytes *data, const struct injecting *injecting,
                                  const struct cost_row *row, const struct profile *profile,
                                  struct cost_more more, struct err *err)
{
    const struct injection *what = injecting->what;
    int64_t values[PROFILE_TYPES_MAX] = {0};
    const struct profile_frame frames[] = {
        {STR(MAP_OPERATION), STR(""), 0, 0},
        {what->func, what->file, what->line, 0},
    };
    if (set_value(values, profile, row->events, more.events, err) ||
        set_value(values, profile, row->time, more.ns, err))
        return err->status;
    const struct profile_extra extra = {row->is_map ? &frames[0] : &frames[1], row->is_map ? 2 : 1,
                                        values, profile->type_count, 0};
    return profile_extend(data, injecting->arena, *data, &extra, err);
}

static enum status extend_file(const struct injecting *injecting, const struct cost_row *row,
                               struct cost_file *file, struct err *err)
{
    struct bytes data = {0};
    struct profile profile = {0};
    if (inject_read(&data, injecting, file->path, err) ||
        profile_decode(&profile, injecting->arena, data, err))
        return err_wrap(err, "%.*s", STR_ARGS(file->path));
    int events = profile_type_index(&profile, row->events);
    int time = row->time ? profile_type_index(&profile, row->time) : -1;
    if (events >= 0)
        file->samples = (double)profile_total(&profile, (size_t)events);
    if (time >= 0) {
        file->ns_per_sample =
            num_ratio((double)profile_total(&profile, (size_t)time), file->samples);
    }
    struct cost_more more = row->more(injecting->what, file);
    if (more.events <= 0)
        return STATUS_OK;
    if (extend_profile(&data, injecting, row, &profile, more, err) ||
        inject_put(injecting, file->path, data, err))
        return err_wrap(err, "%.*s", STR_ARGS(file->path));
    return STATUS_OK;
}

static enum status extend_trial(const struct injecting *injecting, const struct cost_row *row,
                                struct record_trial *trial, struct err *err)
{
    struct arena *arena = injecting->arena;
    struct trial_key key = {injecting->what->scenario, SIDE_CAND, PHASE_STEADY, trial->number};
    struct str dir = layout_trial_dir(arena, key);
    enum profile_kind kind = metric_profile(row->metric);
    bool is_cpu = kind == PROFILE_KIND_CPU;
    struct cost_file file = {.trial = trial, .is_end = true};
    file.path = is_cpu ? recording_cpu_file(arena, dir)
                       : recording_snapshot_file(arena, dir, kind, POINT_END);
    if (extend_file(injecting, row, &file, err))
        return err->status;
    if (!is_cpu) {
        struct cost_file warm = {.trial = trial};
        warm.path = recording_snapshot_file(arena, dir, kind, POINT_WARM);
        if (extend_file(injecting, row, &warm, err))
            return err->status;
    }
    uint64_t more_ns = 0;
    if (row->takes_time &&
        inject_count(&more_ns, injecting->what->amount * (double)trial->request_count, err))
        return err->status;
    trial->cpu_ns += more_ns;
    return STATUS_OK;
}

enum status inject_cost(const struct injecting *injecting, struct err *err)
{
    const struct cost_row *row = find_row(injecting->what->metric);
    struct record_scenario *scenario = injecting->scenario;
    for (size_t t = 0; t < scenario->trial_count[SIDE_CAND][PHASE_STEADY]; t++) {
        if (extend_trial(injecting, row, &scenario->trials[SIDE_CAND][PHASE_STEADY][t], err))
            return err->status;
    }
    return STATUS_OK;
}
