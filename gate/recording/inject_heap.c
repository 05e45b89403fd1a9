#include "gate/profile/extend.h"
#include "gate/recording/inject.h"
#include "gate/recording/layout.h"

/* Bytes of an object where the metric does not say how large they are. */
enum { OBJECT_BYTES = 16, HELD_OBJECT_BYTES = 1024 };

/* What is allocated and held more at one moment of a process. */
struct heap_more {
    uint64_t alloc_objects;
    uint64_t alloc_bytes;
    uint64_t held_objects;
    uint64_t held_bytes;
};

/* A moment: a heap profile of the trial, and its MemStats where it has them. */
struct moment {
    struct str profile;
    struct str text; /* empty: none */
    double requests; /* answered since `warm` */
};

static double objects_of(double bytes, double size)
{
    return bytes > 0 && bytes < size ? 1 : bytes / size;
}

/* By the metric: so much for each request, so much from the start on, so much with the requests. */
static enum status more_at(struct heap_more *out, const struct injection *what, double requests,
                           struct err *err)
{
    double bytes = 0;
    double objects = 0;
    bool is_held = what->metric != METRIC_ALLOC_SPACE && what->metric != METRIC_ALLOC_OBJECTS;
    switch (what->metric) {
    case METRIC_ALLOC_SPACE:
        bytes = what->amount * requests;
        objects = objects_of(bytes, what->amount > 1 ? what->amount : 1);
        break;
    case METRIC_ALLOC_OBJECTS:
        objects = what->amount * requests;
        bytes = objects * OBJECT_BYTES;
        break;
    case METRIC_INUSE_OBJECTS:
        objects = what->amount;
        bytes = objects * OBJECT_BYTES;
        break;
    case METRIC_HEAP_GROWTH:
        bytes = what->amount * requests / 1000;
        objects = objects_of(bytes, HELD_OBJECT_BYTES);
        break;
    default:
        bytes = what->amount;
        objects = objects_of(bytes, HELD_OBJECT_BYTES);
        break;
    }
    *out = (struct heap_more){0};
    if (inject_count(&out->alloc_bytes, bytes, err) ||
        inject_count(&out->alloc_objects, objects, err))
        return err->status;
    if (is_held) {
        out->held_bytes = out->alloc_bytes;
        out->held_objects = out->alloc_objects;
    }
    return STATUS_OK;
}

static void set_value(int64_t *values, const struct profile *profile, const char *type,
                      uint64_t value)
{
    int at = profile_type_index(profile, type);
    if (at >= 0)
        values[at] = (int64_t)value;
}

static enum status extend_profile(uint64_t *offset, const struct injecting *injecting,
                                  const struct moment *moment, const struct heap_more *more,
                                  struct err *err)
{
    const struct injection *what = injecting->what;
    struct bytes data = {0};
    struct profile profile = {0};
    int64_t values[PROFILE_TYPES_MAX] = {0};
    if (inject_read(&data, injecting, moment->profile, err) ||
        profile_decode(&profile, injecting->arena, data, err))
        return err->status;
    set_value(values, &profile, "alloc_objects", more->alloc_objects);
    set_value(values, &profile, "alloc_space", more->alloc_bytes);
    set_value(values, &profile, "inuse_objects", more->held_objects);
    set_value(values, &profile, "inuse_space", more->held_bytes);
    *offset = profile_free_offset(&profile);
    const struct profile_frame frame = {what->func, what->file, what->line, *offset};
    uint64_t objects = more->alloc_objects > 0 ? more->alloc_objects : 1;
    const struct profile_extra extra = {&frame, 1, values, profile.type_count,
                                        (int64_t)(more->alloc_bytes / objects)};
    if (profile_extend(&data, injecting->arena, data, &extra, err) ||
        inject_put(injecting, moment->profile, data, err))
        return err->status;
    return STATUS_OK;
}

static enum status extend_text(const struct injecting *injecting, const struct moment *moment,
                               const struct heap_more *more, struct err *err)
{
    struct bytes data = {0};
    struct str text = {0};
    const struct memstats stats = {
        .total_alloc_bytes = more->alloc_bytes,
        .mallocs = more->alloc_objects,
        .frees = more->alloc_objects - more->held_objects,
        .heap_alloc_bytes = more->held_bytes,
        .heap_inuse_bytes = more->held_bytes,
        .heap_objects = more->held_objects,
    };
    if (moment->text.len == 0)
        return STATUS_OK;
    if (inject_read(&data, injecting, moment->text, err) ||
        memstats_add(&text, injecting->arena, str_of_bytes(data), &stats, err))
        return err->status;
    return inject_put(injecting, moment->text, bytes_of_str(text), err);
}

/* The new line of the function calls what allocates the kind that is asked for. */
static void add_target(const struct injecting *injecting, uint64_t offset)
{
    struct record_program *program = &injecting->scenario->programs[SIDE_CAND];
    const struct record_target added = {offset, injecting->what->entry, injecting->what->type,
                                        STR(RECORD_TARGET_CALL)};
    struct record_target *items =
        ARENA_ARRAY(injecting->arena, struct record_target, program->target_count + 1);
    size_t len = 0;
    size_t i = 0;
    for (; i < program->target_count && program->targets[i].offset < offset; i++)
        items[len++] = program->targets[i];
    if (added.symbol.len > 0)
        items[len++] = added;
    for (; i < program->target_count; i++) {
        if (program->targets[i].offset > offset)
            items[len++] = program->targets[i];
    }
    program->targets = items;
    program->target_count = len;
}

static enum status extend_moment(const struct injecting *injecting, const struct moment *moment,
                                 struct err *err)
{
    struct heap_more more;
    uint64_t offset = 0;
    if (more_at(&more, injecting->what, moment->requests, err) ||
        extend_profile(&offset, injecting, moment, &more, err) ||
        extend_text(injecting, moment, &more, err))
        return err_wrap(err, "%.*s", STR_ARGS(moment->profile));
    add_target(injecting, offset);
    return STATUS_OK;
}

static enum status extend_growth(const struct injecting *injecting, struct trial_key key,
                                 struct err *err)
{
    struct record_rows rows = {0};
    struct arena *arena = injecting->arena;
    enum status status =
        recording_table(&rows, arena, injecting->injector->original, key, TABLE_GROWTH, err);
    for (size_t i = 0; i < rows.len && status == STATUS_OK; i++) {
        struct str file =
            recording_growth_file(arena, layout_trial_dir(arena, key), (uint32_t)i + 1);
        const struct moment moment = {file, STR(""), (double)record_at(&rows, i, GROWTH_REQUESTS)};
        status = extend_moment(injecting, &moment, err);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status extend_trial(const struct injecting *injecting, const struct record_trial *trial,
                                struct err *err)
{
    struct arena *arena = injecting->arena;
    struct trial_key key = {injecting->what->scenario, SIDE_CAND, PHASE_EXACT, trial->number};
    struct str dir = layout_trial_dir(arena, key);
    bool is_gotest = injecting->scenario->is_gotest;
    const struct moment end = {recording_point_file(arena, dir, POINT_END, false),
                               is_gotest ? STR("")
                                         : recording_point_file(arena, dir, POINT_END, true),
                               (double)trial->request_count};
    if (extend_moment(injecting, &end, err))
        return err->status;
    if (is_gotest)
        return STATUS_OK;
    const struct moment warm = {recording_point_file(arena, dir, POINT_WARM, false),
                                recording_point_file(arena, dir, POINT_WARM, true), 0};
    if (extend_moment(injecting, &warm, err))
        return err->status;
    return extend_growth(injecting, key, err);
}

/* What `go test -bench` prints of each benchmark. */
static void extend_benchmarks(const struct injecting *injecting, struct record_trial *trial)
{
    const struct injection *what = injecting->what;
    bool is_space = what->metric == METRIC_ALLOC_SPACE;
    for (size_t i = 0; i < trial->benchmark_count; i++) {
        trial->benchmarks[i].bytes_per_op += is_space ? what->amount : what->amount * OBJECT_BYTES;
        trial->benchmarks[i].allocs_per_op += is_space ? 1 : what->amount;
    }
}

/* The duet reads MemStats alone. */
static enum status extend_live(const struct injecting *injecting, struct record_trial *trial,
                               struct err *err)
{
    for (size_t i = 0; i < trial->live_count; i++) {
        struct heap_more more;
        struct record_live *live = &trial->live[i];
        if (more_at(&more, injecting->what, (double)live->request_count, err))
            return err->status;
        live->bytes += more.held_bytes;
        live->objects += more.held_objects;
    }
    return STATUS_OK;
}

enum status inject_heap(const struct injecting *injecting, struct err *err)
{
    struct record_scenario *scenario = injecting->scenario;
    for (size_t t = 0; t < scenario->trial_count[SIDE_CAND][PHASE_EXACT]; t++) {
        struct record_trial *trial = &scenario->trials[SIDE_CAND][PHASE_EXACT][t];
        if (extend_trial(injecting, trial, err))
            return err->status;
        extend_benchmarks(injecting, trial);
    }
    for (size_t t = 0; t < scenario->trial_count[SIDE_CAND][PHASE_DUET]; t++) {
        if (extend_live(injecting, &scenario->trials[SIDE_CAND][PHASE_DUET][t], err))
            return err->status;
    }
    return STATUS_OK;
}
