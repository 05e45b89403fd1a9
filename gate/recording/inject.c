#include "gate/recording/inject.h"

#include <math.h>

#include "gate/base/io.h"
#include "gate/base/remove.h"

/* Doubles hold every whole number up to 2^53. */
#define COUNT_MAX 9007199254740992.0

typedef enum status (*apply)(const struct injecting *injecting, struct err *err);

/* What each metric is read from, and so what must change for it to grow. */
static const apply appliers[METRICS] = {
    [METRIC_ALLOC_SPACE] = inject_heap,
    [METRIC_ALLOC_OBJECTS] = inject_heap,
    [METRIC_INUSE_SPACE] = inject_heap,
    [METRIC_INUSE_OBJECTS] = inject_heap,
    [METRIC_HEAP_GROWTH] = inject_heap,
    [METRIC_CPU] = inject_numbers,
    [METRIC_P50] = inject_numbers,
    [METRIC_P90] = inject_numbers,
    [METRIC_P99] = inject_numbers,
    [METRIC_RSS_P95] = inject_numbers,
    [METRIC_RSS_MAX] = inject_numbers,
    [METRIC_PSS_P95] = inject_series,
    [METRIC_THREADS_MAX] = inject_series,
    [METRIC_FDS_END] = inject_series,
    [METRIC_GC_CYCLES] = inject_numbers,
    [METRIC_GC_PAUSE_P99] = inject_numbers,
    [METRIC_GC_PER_MINUTE] = inject_numbers,
    [METRIC_GC_CPU_SHARE] = inject_numbers,
    [METRIC_GC_CPU] = inject_numbers,
    [METRIC_GC_ASSIST_SHARE] = inject_numbers,
    [METRIC_HEAP_GOAL] = inject_numbers,
    [METRIC_NS_PER_OP] = inject_numbers,
    [METRIC_MAP_CPU_SHARE] = inject_cost,
    [METRIC_MAP_CPU] = inject_cost,
    [METRIC_MAP_GENERIC_KEY_SHARE] = inject_cost,
    [METRIC_CPU_PROFILE] = inject_cost,
    [METRIC_BLOCK_DELAY] = inject_cost,
    [METRIC_BLOCK_CONTENTIONS] = inject_cost,
    [METRIC_MUTEX_DELAY] = inject_cost,
    [METRIC_MUTEX_CONTENTIONS] = inject_cost,
    [METRIC_GOROUTINES] = inject_cost,
    [METRIC_GOROUTINE_GROWTH] = inject_cost,
};

static enum status copy_files(struct injector *injector, struct err *err)
{
    struct arena scratch;
    struct str *paths = NULL;
    size_t count = 0;
    struct str from = injector->original->dir;
    arena_init(&scratch);
    enum status status =
        io_list_files(&paths, &count, &scratch, from, RECORDING_FILES_MAX + 1, err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct str to = io_join(&scratch, injector->dir, paths[i]);
        status = io_make_dirs(str_slice(to, 0, (size_t)str_find_last(to, '/')), err);
        if (status == STATUS_OK)
            status = io_copy_file(to, io_join(&scratch, from, paths[i]), err);
    }
    arena_release(&scratch);
    return status;
}

enum status inject_open(struct injector *out, struct arena *arena, const struct recording *original,
                        struct err *err)
{
    *out = (struct injector){.arena = arena, .original = original};
    if (io_make_temp_dir(&out->dir, arena, "memgate-selftest", err))
        return err->status;
    enum status status = copy_files(out, err);
    if (status != STATUS_OK)
        inject_close(out);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "copy of the recording");
}

void inject_close(struct injector *injector)
{
    /* A copy below the temporary directory that cannot be removed changes no answer. */
    if (injector->dir.len > 0)
        (void)remove_tree(str_text(injector->arena, injector->dir));
    injector->dir = (struct str){"", 0};
}

enum status inject_read(struct bytes *out, const struct injecting *injecting, struct str path,
                        struct err *err)
{
    struct str dir = injecting->injector->original->dir;
    return io_read_file(out, injecting->arena, io_join(injecting->arena, dir, path),
                        PROFILE_PACKED_BYTES_MAX, err);
}

void inject_touch(const struct injecting *injecting, struct str path)
{
    struct injector *injector = injecting->injector;
    struct str kept = str_copy(injector->arena, path);
    ARENA_PUSH(injector->arena, injector->touched, injector->touched_count, injector->touched_cap,
               kept);
}

enum status inject_put(const struct injecting *injecting, struct str path, struct bytes data,
                       struct err *err)
{
    inject_touch(injecting, path);
    return io_write_file(io_join(injecting->arena, injecting->injector->dir, path), data, err);
}

enum status inject_count(uint64_t *out, double value, struct err *err)
{
    if (!(value <= COUNT_MAX)) {
        return err_set(err, STATUS_INVALID, "%.3g more is beyond anything that can be counted",
                       value);
    }
    *out = (uint64_t)ceil(value);
    return STATUS_OK;
}

/* The files that the injection before changed. */
static enum status restore(struct injector *injector, struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < injector->touched_count; i++) {
        struct str path = injector->touched[i];
        if (io_copy_file(io_join(arena, injector->dir, path),
                         io_join(arena, injector->original->dir, path), err))
            return err->status;
    }
    injector->touched_count = 0;
    return STATUS_OK;
}

static void own_trials(struct record_scenario *scenario, struct arena *arena, enum phase phase)
{
    size_t count = scenario->trial_count[SIDE_CAND][phase];
    struct record_trial *trials = ARENA_ARRAY(arena, struct record_trial, count + 1);
    if (count > 0)
        memcpy(trials, scenario->trials[SIDE_CAND][phase], count * sizeof(*trials));
    scenario->trials[SIDE_CAND][phase] = trials;
}

static void own_benchmarks(struct record_trial *trial, struct arena *arena)
{
    struct record_benchmark *items =
        ARENA_ARRAY(arena, struct record_benchmark, trial->benchmark_count + 1);
    if (trial->benchmark_count > 0)
        memcpy(items, trial->benchmarks, trial->benchmark_count * sizeof(*items));
    trial->benchmarks = items;
}

static void own_live(struct record_trial *trial, struct arena *arena)
{
    struct record_live *items = ARENA_ARRAY(arena, struct record_live, trial->live_count + 1);
    if (trial->live_count > 0)
        memcpy(items, trial->live, trial->live_count * sizeof(*items));
    trial->live = items;
}

static void own_windows(struct record_trial *trial, struct arena *arena)
{
    struct record_window *items = ARENA_ARRAY(arena, struct record_window, trial->window_count + 1);
    if (trial->window_count > 0)
        memcpy(items, trial->windows, trial->window_count * sizeof(*items));
    trial->windows = items;
}

static void own_tool(struct record_trial *trial, struct arena *arena)
{
    if (!trial->tool)
        return;
    struct record_tool *tool = ARENA_NEW(arena, struct record_tool);
    *tool = *trial->tool;
    tool->latency = ARENA_ARRAY(arena, struct record_quantile, tool->latency_count + 1);
    if (tool->latency_count > 0)
        memcpy(tool->latency, trial->tool->latency, tool->latency_count * sizeof(*tool->latency));
    trial->tool = tool;
}

/* The original stays as it was opened. */
static struct record_scenario *own_scenario(struct recording *copy, struct arena *arena,
                                            size_t scenario)
{
    struct record_scenario *all = ARENA_ARRAY(arena, struct record_scenario, copy->scenario_count);
    memcpy(all, copy->scenarios, copy->scenario_count * sizeof(*all));
    copy->scenarios = all;
    for (int phase = 0; phase < PHASES; phase++) {
        own_trials(&all[scenario], arena, (enum phase)phase);
        for (size_t t = 0; t < all[scenario].trial_count[SIDE_CAND][phase]; t++) {
            struct record_trial *trial = &all[scenario].trials[SIDE_CAND][phase][t];
            own_benchmarks(trial, arena);
            own_live(trial, arena);
            own_windows(trial, arena);
            own_tool(trial, arena);
        }
    }
    return &all[scenario];
}

enum status inject_apply(struct injector *injector, const struct injection *what, struct err *err)
{
    struct arena arena;
    struct recording copy = *injector->original;
    arena_init(&arena);
    copy.dir = injector->dir;
    struct injecting injecting = {injector, &arena, what,
                                  own_scenario(&copy, &arena, what->scenario)};
    apply change = appliers[what->metric];
    enum status status = restore(injector, &arena, err);
    if (status == STATUS_OK) {
        status = change ? change(&injecting, err)
                        : err_set(err, STATUS_INVALID, "nobody knows how to inject it");
    }
    if (status == STATUS_OK)
        status = recording_write(&copy, err);
    arena_release(&arena);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "injection");
}
