#include "gate/harness/snapshots.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/control.h"

enum { ANSWER_BYTES_SHOWN = 160 };

/* The column that tells a profile of the kind from others. */
static const char *const columns[PROFILE_KINDS] = {
    [PROFILE_KIND_BLOCK] = "delay",
    [PROFILE_KIND_MUTEX] = "delay",
    [PROFILE_KIND_GOROUTINE] = "goroutine",
};

bool snapshot_is_wanted(const struct trial *trial, enum profile_kind kind)
{
    return columns[kind] && trial->key.phase == PHASE_STEADY &&
           !trial->harness->spec.policy->profile_off[kind];
}

static enum status check_profile(struct arena *arena, enum profile_kind kind, struct bytes body,
                                 struct err *err)
{
    struct profile profile = {0};
    if (profile_decode(&profile, arena, body, err))
        return err->status;
    if (profile_type_index(&profile, columns[kind]) < 0)
        return err_set(err, STATUS_FORMAT, "not a %s profile", profile_kind_spoken(kind));
    /* The decoder reads plain profiles and texts too; Go answers with gzip. */
    if (body.data[0] != 0x1f)
        return err_set(err, STATUS_FORMAT, "not a gzip profile");
    return STATUS_OK;
}

/* The status and the first line of what the service says to it. */
static enum status check_answer(struct arena *arena, enum profile_kind kind,
                                const struct control_reply *reply, struct err *err)
{
    struct str rest = str_of_bytes(reply->body);
    struct str line = STR("");
    if (reply->http_code != 200) {
        (void)str_split(&rest, '\n', &line);
        line = str_printable(arena, str_trim(str_slice(line, 0, ANSWER_BYTES_SHOWN)));
        return err_set(err, STATUS_CHILD, "answered %ld%s%.*s", reply->http_code,
                       line.len ? ": " : "", STR_ARGS(line));
    }
    if (reply->body.len == 0)
        return err_set(err, STATUS_CHILD, "answered nothing");
    return check_profile(arena, kind, reply->body, err);
}

/* A profile of an earlier run of the same trial is none, and half of a difference is none. */
static enum status remove_profiles(const struct trial *trial, struct arena *arena,
                                   enum profile_kind kind, struct err *err)
{
    static const enum point points[] = {POINT_WARM, POINT_END};
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct str file = recording_snapshot_file(arena, trial->dir, kind, points[i]);
        if (io_remove_tree(file, err))
            return err->status;
    }
    return STATUS_OK;
}

/* Said at once and kept, so that a judge of the recording can say it again. */
static enum status refuse(const struct trial *trial, struct arena *arena, enum profile_kind kind,
                          const char *why, struct err *err)
{
    struct str file = recording_refusal_file(arena, trial->dir, kind);
    struct str shown = str_slice(str_from(why), 0, RECORDING_REFUSAL_BYTES_MAX - 1);
    log_line(trial->harness->spec.log, "%s: no %s profile: %s", side_name(trial->key.side),
             profile_kind_spoken(kind), why);
    if (remove_profiles(trial, arena, kind, err))
        return err->status;
    return io_write_file(file, bytes_of_str(str_format(arena, "%.*s\n", STR_ARGS(shown))), err);
}

/*
 * True when the warm point was refused. Before that point an earlier run
 * of the same trial may have left its reason.
 */
static enum status was_refused(bool *out, const struct trial *trial, struct arena *arena,
                               enum profile_kind kind, enum point point, struct err *err)
{
    struct str file = recording_refusal_file(arena, trial->dir, kind);
    if (point == POINT_WARM && io_remove_tree(file, err))
        return err->status;
    *out = io_is_file(file);
    return STATUS_OK;
}

static enum status read_kind(const struct trial *trial, struct arena *arena, uint16_t port,
                             enum profile_kind kind, enum point point, struct err *err)
{
    struct control_reply reply = {0};
    struct err why = {0};
    const struct scenario_service *service = &trial->scenario->scenario->service;
    struct str pprof = service->pprof;
    struct str path =
        str_format(arena, "%.*s%s%s", STR_ARGS(pprof), str_ends_with(pprof, STR("/")) ? "" : "/",
                   profile_kind_name(kind));
    struct str file = recording_snapshot_file(arena, trial->dir, kind, point);
    bool refused = false;
    if (was_refused(&refused, trial, arena, kind, point, err) || refused)
        return err->status;
    enum status status = control_get(&reply, arena, port, path, service->profile_timeout_ns, &why);
    if (status == STATUS_INTERRUPTED) {
        *err = why;
        return status;
    }
    if (status == STATUS_OK && check_answer(arena, kind, &reply, &why))
        status = err_wrap(&why, "GET %.*s", STR_ARGS(path));
    if (status != STATUS_OK)
        return refuse(trial, arena, kind, why.text, err);
    return io_write_file(file, reply.body, err);
}

static enum status read_kinds(struct trial *trial, uint16_t port, enum point point,
                              const enum profile_kind *kinds, size_t count, struct err *err)
{
    struct arena arena;
    uint64_t start_ns = clock_now_ns();
    enum status status = STATUS_OK;
    arena_init(&arena);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (snapshot_is_wanted(trial, kinds[i]))
            status = read_kind(trial, &arena, port, kinds[i], point, err);
    }
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status;
}

enum status snapshots_read_waits(struct trial *trial, uint16_t port, enum point point,
                                 struct err *err)
{
    static const enum profile_kind kinds[] = {PROFILE_KIND_BLOCK, PROFILE_KIND_MUTEX};
    return read_kinds(trial, port, point, kinds, ARRAY_LEN(kinds), err);
}

enum status snapshots_read_goroutines(struct trial *trial, uint16_t port, enum point point,
                                      struct err *err)
{
    static const enum profile_kind kinds[] = {PROFILE_KIND_GOROUTINE};
    return read_kinds(trial, port, point, kinds, ARRAY_LEN(kinds), err);
}
