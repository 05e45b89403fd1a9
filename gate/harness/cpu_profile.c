#include "gate/harness/cpu_profile.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"

enum { SECONDS_MAX = 60, ANSWER_BYTES_SHOWN = 160 };

/* Collecting the profile takes Go up to 0.2 s, and symbols of a large binary their time. */
#define GRACE_NS (20 * NS_PER_SECOND)

bool cpu_profile_is_wanted(const struct trial *trial)
{
    return trial->key.phase == PHASE_STEADY &&
           !trial->harness->spec.policy->profile_off[PROFILE_KIND_CPU];
}

uint64_t cpu_profile_seconds(double load_seconds)
{
    if (!(load_seconds >= 1))
        return 1;
    return load_seconds < SECONDS_MAX ? (uint64_t)load_seconds : SECONDS_MAX;
}

static void ask(struct cpu_profile *profile)
{
    struct arena *arena = profile->trial->scratch;
    struct str pprof = profile->trial->scenario->scenario->service.pprof;
    profile->path =
        str_format(arena, "%.*s%sprofile?seconds=%llu", STR_ARGS(pprof),
                   str_ends_with(pprof, STR("/")) ? "" : "/", (unsigned long long)profile->seconds);
    *profile->why = (struct err){0};
    /* A failure leaves no exchange, and the reason where finish finds it. */
    (void)!control_begin(&profile->exchange, arena, profile->port, profile->path,
                         profile->seconds * NS_PER_SECOND + GRACE_NS, profile->why);
}

static void receive(struct cpu_profile *profile)
{
    struct control_exchange *exchange = profile->exchange;
    profile->exchange = NULL;
    (void)!control_end(&profile->reply, profile->trial->scratch, exchange, profile->why);
}

void cpu_profile_begin(struct cpu_profile *out, struct trial *trial, uint16_t port,
                       double load_seconds)
{
    *out = (struct cpu_profile){.trial = trial,
                                .port = port,
                                .seconds = cpu_profile_seconds(load_seconds),
                                .why = ARENA_NEW(trial->scratch, struct err)};
    if (cpu_profile_is_wanted(trial))
        ask(out);
}

/* Before Go 1.23 a profile longer than the server's WriteTimeout is answered 400, and at once. */
static bool was_too_long(const struct cpu_profile *profile)
{
    return profile->why->status == STATUS_OK && profile->reply.http_code == 400 &&
           profile->seconds > 1;
}

void cpu_profile_step(struct cpu_profile *profile)
{
    if (!profile->exchange || !control_step(profile->exchange))
        return;
    receive(profile);
    if (was_too_long(profile)) {
        profile->seconds /= 2;
        ask(profile);
    }
}

void cpu_profile_abandon(struct cpu_profile *profile)
{
    if (profile->exchange)
        receive(profile);
}

/* Said at once and kept, so that a judge of the recording can say it again. */
static enum status refuse(const struct trial *trial, const char *why, struct err *err)
{
    struct str file = recording_refusal_file(trial->scratch, trial->dir, PROFILE_KIND_CPU);
    struct str line = str_format(trial->scratch, "%s\n", why);
    log_line(trial->harness->spec.log, "%s: no CPU profile: %s", side_name(trial->key.side), why);
    return io_write_file(file, bytes_of_str(line), err);
}

static enum status check_profile(struct arena *arena, struct bytes body, struct err *err)
{
    struct profile profile = {0};
    if (profile_decode(&profile, arena, body, err))
        return err->status;
    if (profile_type_index(&profile, "samples") < 0 || profile_type_index(&profile, "cpu") < 0)
        return err_set(err, STATUS_FORMAT, "not a CPU profile");
    /* The decoder reads plain profiles and texts too; Go answers with gzip. */
    if (body.data[0] != 0x1f)
        return err_set(err, STATUS_FORMAT, "not a gzip profile");
    return STATUS_OK;
}

/* The status and what a service says to it: "cpu profiling already in use". */
static enum status check_answer(const struct cpu_profile *profile, struct err *err)
{
    const struct control_reply *reply = &profile->reply;
    struct arena *arena = profile->trial->scratch;
    struct str rest = str_of_bytes(reply->body);
    struct str line = STR("");
    if (reply->http_code != 200) {
        (void)str_split(&rest, '\n', &line);
        line = str_printable(arena, str_trim(str_slice(line, 0, ANSWER_BYTES_SHOWN)));
        return err_set(err, STATUS_CHILD, "GET %.*s answered %ld%s%.*s", STR_ARGS(profile->path),
                       reply->http_code, line.len ? ": " : "", STR_ARGS(line));
    }
    if (reply->body.len == 0)
        return err_set(err, STATUS_CHILD, "GET %.*s answered nothing", STR_ARGS(profile->path));
    if (check_profile(arena, reply->body, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(profile->path));
    return STATUS_OK;
}

enum status cpu_profile_finish(struct cpu_profile *profile, struct err *err)
{
    const struct trial *trial = profile->trial;
    uint64_t start_ns = clock_now_ns();
    if (!cpu_profile_is_wanted(trial))
        return STATUS_OK;
    if (profile->exchange) {
        control_wait(profile->exchange);
        receive(profile);
    }
    trial->record->read_ns += clock_now_ns() - start_ns;
    if (profile->why->status == STATUS_INTERRUPTED) {
        *err = *profile->why;
        return err->status;
    }
    if (profile->why->status != STATUS_OK || check_answer(profile, profile->why))
        return refuse(trial, profile->why->text, err);
    return io_write_file(recording_cpu_file(trial->scratch, trial->dir), profile->reply.body, err);
}

enum status cpu_profile_check_file(struct trial *trial, struct err *err)
{
    struct str path = recording_cpu_file(trial->scratch, trial->dir);
    struct bytes data = {0};
    struct err why = {0};
    enum status status = io_read_file(&data, trial->scratch, path, PROFILE_PACKED_BYTES_MAX, &why);
    if (status == STATUS_OK && data.len == 0)
        status = err_set(&why, STATUS_CHILD, "another profiler was at work, or none was written");
    if (status == STATUS_OK)
        status = check_profile(trial->scratch, data, &why);
    /* An earlier run of the same trial may have left its reason. */
    if (status == STATUS_OK)
        return io_remove_tree(recording_refusal_file(trial->scratch, trial->dir, PROFILE_KIND_CPU),
                              err);
    if (status == STATUS_NOT_FOUND)
        (void)err_set(&why, status, "the test binary wrote none");
    if (io_remove_tree(path, err))
        return err->status;
    return refuse(trial, why.text, err);
}
