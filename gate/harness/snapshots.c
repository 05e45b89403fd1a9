#include "gate/harness/snapshots.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/harness/control.h"

enum { ANSWER_BYTES_SHOWN = 160 };

/* Nice to have: a service that does not answer must not cost each trial its whole time-out. */
#define CREATIONS_NS (10 * NS_PER_SECOND)

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

/* Kept, so that a judge of the recording can say it again. */
static enum status write_refusal(const struct trial *trial, struct arena *arena,
                                 enum profile_kind kind, struct str why, struct err *err)
{
    struct str file = recording_refusal_file(arena, trial->dir, kind);
    struct str shown = str_slice(why, 0, RECORDING_REFUSAL_BYTES_MAX - 1);
    if (remove_profiles(trial, arena, kind, err))
        return err->status;
    return io_write_file(file, bytes_of_str(str_format(arena, "%.*s\n", STR_ARGS(shown))), err);
}

/* Said once for the scenario. */
static enum status refuse(const struct trial *trial, struct arena *arena, enum profile_kind kind,
                          const char *why, struct err *err)
{
    const char *side = side_name(trial->key.side);
    log_line(trial->harness->spec.log,
             "%s: no %s profile: %s; later trials of %.*s take none, on either side", side,
             profile_kind_spoken(kind), why, STR_ARGS(trial->scenario->scenario->name));
    trial->scenario->snapshot_refusals[kind] =
        str_format(trial->keep, "none was asked for after that of %s trial %u was refused: %s",
                   side, (unsigned)trial->key.number, why);
    return write_refusal(trial, arena, kind, str_from(why), err);
}

/*
 * True when the profile is not to be asked for. Before the warm point an
 * earlier run of the same trial may have left its reason.
 */
static enum status is_refused(bool *out, const struct trial *trial, struct arena *arena,
                              enum profile_kind kind, enum point point, struct err *err)
{
    struct str file = recording_refusal_file(arena, trial->dir, kind);
    struct str why = trial->scenario->snapshot_refusals[kind];
    if (point == POINT_WARM && io_remove_tree(file, err))
        return err->status;
    *out = io_is_file(file) || why.len > 0;
    return *out && !io_is_file(file) ? write_refusal(trial, arena, kind, why, err) : STATUS_OK;
}

static struct str path_of(const struct trial *trial, struct arena *arena, enum profile_kind kind,
                          const char *query)
{
    return trial_pprof_path(trial, arena,
                            str_format(arena, "%s%s", profile_kind_name(kind), query));
}

/* Whether nobody waited or nobody looked; a service that does not say leaves it open. */
static enum status ask_period(const struct trial *trial, struct arena *arena,
                              const struct address *address, struct err *err)
{
    struct control_reply reply = {0};
    struct err why = {0};
    struct str line;
    struct str name = STR("sampling period=");
    uint64_t timeout_ns = trial->scenario->scenario->service.profile_timeout_ns;
    struct str path = path_of(trial, arena, PROFILE_KIND_MUTEX, "?debug=1");
    enum status status = control_get(&reply, arena, address, path, timeout_ns, &why);
    if (status == STATUS_INTERRUPTED) {
        *err = why;
        return status;
    }
    struct str rest =
        status == STATUS_OK && reply.http_code == 200 ? str_of_bytes(reply.body) : STR("");
    while (str_split(&rest, '\n', &line)) {
        uint64_t period = 0;
        struct str number = str_trim(str_slice(line, name.len, line.len));
        if (!str_starts_with(line, name) || !num_parse_u64(&period, number))
            continue;
        return io_write_file(recording_mutex_period_file(arena, trial->dir),
                             bytes_of_str(str_format(arena, "%.*s\n", STR_ARGS(number))), err);
    }
    return STATUS_OK;
}

static bool is_empty(struct arena *arena, struct bytes body)
{
    struct profile profile = {0};
    struct err ignored = {0};
    return profile_decode(&profile, arena, body, &ignored) == STATUS_OK &&
           profile.sample_count == 0;
}

static enum status read_kind(const struct trial *trial, struct arena *arena,
                             const struct address *address, enum profile_kind kind,
                             enum point point, struct err *err)
{
    struct control_reply reply = {0};
    struct err why = {0};
    uint64_t timeout_ns = trial->scenario->scenario->service.profile_timeout_ns;
    struct str path = path_of(trial, arena, kind, "");
    bool refused = false;
    if (is_refused(&refused, trial, arena, kind, point, err))
        return err->status;
    if (refused)
        return STATUS_OK;
    enum status status = control_get(&reply, arena, address, path, timeout_ns, &why);
    if (status == STATUS_INTERRUPTED) {
        *err = why;
        return status;
    }
    if (status == STATUS_OK && check_answer(arena, kind, &reply, &why))
        status = err_wrap(&why, "GET %.*s", STR_ARGS(path));
    if (status != STATUS_OK)
        return refuse(trial, arena, kind, why.text, err);
    if (io_write_file(recording_snapshot_file(arena, trial->dir, kind, point), reply.body, err))
        return err->status;
    if (kind == PROFILE_KIND_MUTEX && point == POINT_END && is_empty(arena, reply.body))
        return ask_period(trial, arena, address, err);
    return STATUS_OK;
}

static enum status read_kinds(struct trial *trial, const struct address *address, enum point point,
                              const enum profile_kind *kinds, size_t count, struct err *err)
{
    struct arena arena;
    uint64_t start_ns = clock_now_ns();
    enum status status = STATUS_OK;
    arena_init(&arena);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (snapshot_is_wanted(trial, kinds[i]))
            status = read_kind(trial, &arena, address, kinds[i], point, err);
    }
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status;
}

enum status snapshots_read_waits(struct trial *trial, const struct address *address,
                                 enum point point, struct err *err)
{
    static const enum profile_kind kinds[] = {PROFILE_KIND_BLOCK, PROFILE_KIND_MUTEX};
    return read_kinds(trial, address, point, kinds, ARRAY_LEN(kinds), err);
}

/* Not where the profile was refused or not wanted. */
static bool has_goroutines(const struct trial *trial)
{
    struct str file =
        recording_snapshot_file(trial->scratch, trial->dir, PROFILE_KIND_GOROUTINE, POINT_END);
    return snapshot_is_wanted(trial, PROFILE_KIND_GOROUTINE) && io_is_file(file);
}

static enum status write_creations(const struct trial *trial, struct arena *arena,
                                   const struct goroutine_sites *sites, struct err *err)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    goroutines_write(&text, sites);
    enum status status = io_write_file(recording_creations_file(arena, trial->dir),
                                       bytes_of_str(buf_view(&text)), err);
    buf_release(&text);
    return status;
}

/* Who created them is in no profile, but in the tracebacks. A service without them is no failure. */
static enum status read_creations(const struct trial *trial, struct arena *arena,
                                  const struct address *address, struct err *err)
{
    struct control_reply reply = {0};
    struct goroutine_sites sites = {0};
    struct err why = {0};
    const struct scenario_service *service = &trial->scenario->scenario->service;
    struct str path = trial_pprof_path(trial, arena, STR("goroutine?debug=2"));
    struct str file = recording_creations_file(arena, trial->dir);
    uint64_t timeout_ns =
        service->profile_timeout_ns < CREATIONS_NS ? service->profile_timeout_ns : CREATIONS_NS;
    enum status status = control_get(&reply, arena, address, path, timeout_ns, &why);
    if (status == STATUS_INTERRUPTED) {
        *err = why;
        return status;
    }
    if (status == STATUS_OK && reply.http_code != 200)
        status = err_set(&why, STATUS_CHILD, "answered %ld", reply.http_code);
    if (status == STATUS_OK) {
        status = goroutines_parse(&sites, arena, str_of_bytes(reply.body), trial->module, &why);
    }
    if (status == STATUS_OK)
        return write_creations(trial, arena, &sites, err);
    log_line(trial->harness->spec.log, "%s: who created the goroutines is not known: GET %.*s: %s",
             side_name(trial->key.side), STR_ARGS(path), why.text);
    return io_remove_tree(file, err);
}

enum status snapshots_read_goroutines(struct trial *trial, const struct address *address,
                                      enum point point, struct err *err)
{
    static const enum profile_kind kinds[] = {PROFILE_KIND_GOROUTINE};
    struct arena arena;
    if (read_kinds(trial, address, point, kinds, ARRAY_LEN(kinds), err))
        return err->status;
    if (point != POINT_END)
        return STATUS_OK;
    /* An earlier run may have left one in the same directory. */
    if (!has_goroutines(trial))
        return io_remove_tree(recording_creations_file(trial->scratch, trial->dir), err);
    uint64_t start_ns = clock_now_ns();
    arena_init(&arena);
    enum status status = read_creations(trial, &arena, address, err);
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status;
}
