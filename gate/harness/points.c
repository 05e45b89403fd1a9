#include "gate/harness/points.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/control.h"
#include "gate/profile/memstats.h"

enum { PERIOD_MAX = 64 * 1024 * 1024 };

static enum status check_answer(const struct control_reply *reply, struct str path, struct err *err)
{
    if (reply->http_code >= 300 && reply->http_code < 400) {
        return err_set(err, STATUS_CHILD, "GET %.*s answered %ld; redirects are not followed",
                       STR_ARGS(path), reply->http_code);
    }
    if (reply->http_code == 404) {
        return err_set(err, STATUS_CHILD,
                       "GET %.*s answered 404; import net/http/pprof, or set service.pprof",
                       STR_ARGS(path));
    }
    if (reply->http_code != 200) {
        return err_set(err, STATUS_CHILD, "GET %.*s answered %ld", STR_ARGS(path),
                       reply->http_code);
    }
    if (reply->body.len == 0)
        return err_set(err, STATUS_CHILD, "GET %.*s answered nothing", STR_ARGS(path));
    return STATUS_OK;
}

static enum status check_period(struct trial *trial, const struct profile *profile, struct err *err)
{
    int64_t rate = (int64_t)trial->scenario->exact_rate;
    if (profile->period <= 0) {
        return err_set(err, STATUS_INVALID, "heap profiling is off (period %lld)",
                       (long long)profile->period);
    }
    if (profile->period > PERIOD_MAX) {
        return err_set(err, STATUS_INVALID, "heap profile has period %lld, which sees nothing",
                       (long long)profile->period);
    }
    if (trial->period && trial->period != profile->period) {
        return err_set(err, STATUS_INVALID,
                       "heap profile's period changed from %lld to %lld during the trial",
                       (long long)trial->period, (long long)profile->period);
    }
    if (trial->period == 0 && trial->key.phase == PHASE_EXACT && profile->period != rate) {
        log_line(trial->harness->spec.log,
                 "%s: heap profile has period %lld although GODEBUG=memprofilerate=%lld was set: "
                 "the service sets runtime.MemProfileRate itself; remove that for an exact "
                 "comparison",
                 side_name(trial->key.side), (long long)profile->period, (long long)rate);
    }
    trial->period = profile->period;
    return STATUS_OK;
}

static enum status check_profile(struct trial *trial, struct arena *arena, struct bytes body,
                                 struct err *err)
{
    struct profile profile = {0};
    if (profile_decode(&profile, arena, body, err) || check_period(trial, &profile, err))
        return err->status;
    /* The decoder reads plain profiles and texts too; Go answers with gzip. */
    if (body.data[0] != 0x1f)
        return err_set(err, STATUS_CHILD, "not a gzip profile");
    return STATUS_OK;
}

static struct str heap_path(const struct trial *trial, struct arena *arena, bool text)
{
    return trial_pprof_path(trial, arena, text ? STR("heap?gc=1&debug=1") : STR("heap?gc=1"));
}

static enum status ask(struct control_reply *out, const struct trial *trial, struct arena *arena,
                       const struct address *address, struct str path, struct err *err)
{
    uint64_t timeout_ns = trial->scenario->scenario->service.profile_timeout_ns;
    if (control_get(out, arena, address, path, timeout_ns, err))
        return err->status;
    return check_answer(out, path, err);
}

struct point_read {
    enum point point;
    bool text;
};

static enum status read_one(struct bytes *out, struct trial *trial, struct arena *arena,
                            const struct address *address, struct point_read read, struct err *err)
{
    struct control_reply reply = {0};
    struct str path = heap_path(trial, arena, read.text);
    struct str file = recording_point_file(arena, trial->dir, read.point, read.text);
    if (ask(&reply, trial, arena, address, path, err))
        return err->status;
    if (!read.text && check_profile(trial, arena, reply.body, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(path));
    *out = reply.body;
    return io_write_file(file, reply.body, err);
}

/* A service that answers something else must void its own scenario here, not the run at its end. */
static enum status check_text(const struct trial *trial, struct arena *arena, struct bytes text,
                              struct err *err)
{
    struct memstats ignored = {0};
    if (memstats_parse(&ignored, str_of_bytes(text), err)) {
        struct str path = heap_path(trial, arena, true);
        return err_wrap(err, "GET %.*s", STR_ARGS(path));
    }
    return STATUS_OK;
}

static enum status read_both(struct trial *trial, struct arena *arena,
                             const struct address *address, enum point point, struct err *err)
{
    struct bytes text = {0};
    struct bytes profile = {0};
    /*
     * The text first: its collection empties the pools into their victim
     * caches, the profile's collection empties those. What is then live is
     * kept by the service, not by the last requests' buffers.
     */
    if (read_one(&text, trial, arena, address, (struct point_read){point, true}, err) ||
        read_one(&profile, trial, arena, address, (struct point_read){point, false}, err) ||
        check_text(trial, arena, text, err))
        return err->status;
    return STATUS_OK;
}

enum status points_read(struct trial *trial, const struct address *address, enum point point,
                        struct err *err)
{
    struct arena arena;
    uint64_t start_ns = clock_now_ns();
    arena_init(&arena);
    enum status status = read_both(trial, &arena, address, point, err);
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status ? err_wrap(err, "heap at the point \"%s\"", point_name(point)) : STATUS_OK;
}

/*
 * Twice, as at a point: the first collection leaves what pools hold to their
 * victim caches, the second takes it. Nothing is read of the first: a profile
 * has a twentieth of the bytes of the text.
 */
static enum status ask_twice(struct control_reply *out, const struct trial *trial,
                             struct arena *arena, const struct address *address, struct str path,
                             struct err *err)
{
    if (ask(out, trial, arena, address, heap_path(trial, arena, false), err))
        return err->status;
    return ask(out, trial, arena, address, path, err);
}

static enum status read_growth(struct trial *trial, struct arena *arena,
                               const struct address *address, uint32_t number, struct err *err)
{
    struct control_reply reply = {0};
    struct str path = heap_path(trial, arena, false);
    if (ask_twice(&reply, trial, arena, address, path, err))
        return err->status;
    if (check_profile(trial, arena, reply.body, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(path));
    return io_write_file(recording_growth_file(arena, trial->dir, number), reply.body, err);
}

enum status points_read_growth(struct trial *trial, const struct address *address, uint32_t number,
                               struct err *err)
{
    struct arena arena;
    uint64_t start_ns = clock_now_ns();
    arena_init(&arena);
    enum status status = read_growth(trial, &arena, address, number, err);
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status ? err_wrap(err, "heap behind part %u", (unsigned)number) : STATUS_OK;
}

static enum status read_live(struct record_live *out, struct trial *trial, struct arena *arena,
                             const struct address *address, struct err *err)
{
    struct control_reply reply = {0};
    struct memstats stats = {0};
    struct str path = heap_path(trial, arena, true);
    if (ask_twice(&reply, trial, arena, address, path, err))
        return err->status;
    if (memstats_parse(&stats, str_of_bytes(reply.body), err))
        return err_wrap(err, "GET %.*s", STR_ARGS(path));
    out->bytes = stats.heap_alloc_bytes;
    out->objects = stats.heap_objects;
    return STATUS_OK;
}

enum status points_read_live(struct record_live *out, struct trial *trial,
                             const struct address *address, struct err *err)
{
    struct arena arena;
    uint64_t start_ns = clock_now_ns();
    arena_init(&arena);
    enum status status = read_live(out, trial, &arena, address, err);
    arena_release(&arena);
    trial->record->read_ns += clock_now_ns() - start_ns;
    return status ? err_wrap(err, "live heap") : STATUS_OK;
}
