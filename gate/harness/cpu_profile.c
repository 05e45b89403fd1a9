#include "gate/harness/cpu_profile.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"

enum { SECONDS_MAX = 60 };

/* Collecting the profile takes Go up to 0.2 s, and symbols of a large binary their time. */
#define GRACE_NS (10 * NS_PER_SECOND)

bool cpu_profile_is_wanted(const struct trial *trial)
{
    return trial->key.phase == PHASE_STEADY &&
           !trial->harness->spec.policy->profile_off[PROFILE_KIND_CPU];
}

bool cpu_profile_is_taken(const struct trial *trial)
{
    return cpu_profile_is_wanted(trial) && trial->scenario->cpu_refusal.len == 0;
}

/* A load goes faster as caches fill: a fifth is left, for those who end a profile at its time alone. */
uint64_t cpu_profile_seconds(uint64_t done, uint64_t count, uint64_t spent_ns)
{
    double left = (double)(count - done) / (double)done;
    double seconds = 0.8 * left * (double)spent_ns / (double)NS_PER_SECOND;
    assert(done > 0 && done <= count);
    if (seconds < 1)
        return 1;
    return seconds < SECONDS_MAX ? (uint64_t)seconds : SECONDS_MAX;
}

static void ask(struct cpu_profile *profile)
{
    struct arena *arena = profile->trial->scratch;
    profile->path = trial_pprof_path(
        profile->trial, arena,
        str_format(arena, "profile?seconds=%llu", (unsigned long long)profile->seconds));
    *profile->why = (struct err){0};
    /* A failure leaves no exchange, and the reason where finish finds it. */
    (void)!control_begin(&profile->exchange, arena, &profile->address, profile->path,
                         profile->seconds * NS_PER_SECOND + profile->grace_ns, profile->why);
}

static void receive(struct cpu_profile *profile)
{
    struct control_exchange *exchange = profile->exchange;
    profile->exchange = NULL;
    control_add_sent(&profile->sent, exchange);
    (void)!control_end(&profile->reply, profile->trial->scratch, exchange, profile->why);
}

/* No longer than a service may take for any profile. */
static uint64_t grace_of(const struct trial *trial)
{
    uint64_t timeout_ns = trial->scenario->scenario->service.profile_timeout_ns;
    return timeout_ns < GRACE_NS ? timeout_ns : GRACE_NS;
}

void cpu_profile_begin(struct cpu_profile *out, struct trial *trial, const struct address *address,
                       uint64_t load_count)
{
    *out = (struct cpu_profile){.trial = trial,
                                .address = *address,
                                .load_count = load_count,
                                .grace_ns = grace_of(trial),
                                .why = ARENA_NEW(trial->scratch, struct err)};
    (void)err_set(out->why, STATUS_CHILD,
                  "the load was over before a profile could begin; raise load.count");
}

/* Before Go 1.23 a profile longer than the server's WriteTimeout is answered 400, and at once. */
static bool was_too_long(const struct cpu_profile *profile)
{
    return profile->why->status == STATUS_OK && profile->reply.http_code == 400 &&
           profile->seconds > 1;
}

/* The first requests may be slow: of a tenth of the load they are few. */
static bool should_ask(const struct cpu_profile *profile, uint64_t done)
{
    return profile->trial && profile->seconds == 0 && cpu_profile_is_taken(profile->trial) &&
           done > 0 && done >= profile->load_count / 10;
}

void cpu_profile_step(struct cpu_profile *profile, uint64_t done, uint64_t spent_ns)
{
    if (should_ask(profile, done)) {
        profile->seconds = cpu_profile_seconds(done, profile->load_count, spent_ns);
        ask(profile);
    }
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

/* Kept, so that a judge of the recording can say it again; a profile of an earlier run is none. */
static enum status write_refusal(const struct trial *trial, struct str why, struct err *err)
{
    struct str file = recording_refusal_file(trial->scratch, trial->dir, PROFILE_KIND_CPU);
    struct str shown = str_slice(why, 0, RECORDING_REFUSAL_BYTES_MAX - 1);
    struct str line = str_format(trial->scratch, "%.*s\n", STR_ARGS(shown));
    if (io_remove_tree(recording_cpu_file(trial->scratch, trial->dir), err))
        return err->status;
    return io_write_file(file, bytes_of_str(line), err);
}

/* Said once for the scenario. */
static enum status refuse(const struct trial *trial, struct str why, struct err *err)
{
    const char *side = side_name(trial->key.side);
    log_line(trial->harness->spec.log,
             "%s: no CPU profile: %.*s; later trials of %.*s take none, on either side", side,
             STR_ARGS(why), STR_ARGS(trial->scenario->scenario->name));
    trial->scenario->cpu_refusal =
        str_format(trial->keep, "none was asked for after that of %s trial %u was refused: %.*s",
                   side, (unsigned)trial->key.number, STR_ARGS(why));
    return write_refusal(trial, why, err);
}

/* An earlier run of the same trial may have left its reason. */
static enum status remove_refusal(const struct trial *trial, struct err *err)
{
    return io_remove_tree(recording_refusal_file(trial->scratch, trial->dir, PROFILE_KIND_CPU),
                          err);
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

static enum status check_answer(const struct cpu_profile *profile, struct err *err)
{
    struct arena *arena = profile->trial->scratch;
    if (control_check_profile(&profile->reply, arena, profile->path, err))
        return err->status;
    if (check_profile(arena, profile->reply.body, err))
        return err_wrap(err, "GET %.*s", STR_ARGS(profile->path));
    return STATUS_OK;
}

enum status cpu_profile_finish(struct cpu_profile *profile, struct err *err)
{
    const struct trial *trial = profile->trial;
    uint64_t start_ns = clock_now_ns();
    if (!cpu_profile_is_wanted(trial))
        return STATUS_OK;
    if (!cpu_profile_is_taken(trial))
        return write_refusal(trial, trial->scenario->cpu_refusal, err);
    if (profile->exchange) {
        control_hang_up(profile->exchange);
        control_wait(profile->exchange, profile->grace_ns);
        receive(profile);
    }
    trial->record->read_ns += clock_now_ns() - start_ns;
    if (profile->why->status == STATUS_INTERRUPTED) {
        *err = *profile->why;
        return err->status;
    }
    if (profile->why->status != STATUS_OK || check_answer(profile, profile->why))
        return refuse(trial, str_from(profile->why->text), err);
    if (remove_refusal(trial, err))
        return err->status;
    return io_write_file(recording_cpu_file(trial->scratch, trial->dir), profile->reply.body, err);
}

enum status cpu_profile_check_file(struct trial *trial, struct err *err)
{
    struct str path = recording_cpu_file(trial->scratch, trial->dir);
    struct bytes data = {0};
    struct err why = {0};
    if (!cpu_profile_is_taken(trial))
        return write_refusal(trial, trial->scenario->cpu_refusal, err);
    enum status status = io_read_file(&data, trial->scratch, path, PROFILE_PACKED_BYTES_MAX, &why);
    if (status == STATUS_OK && data.len == 0)
        status = err_set(&why, STATUS_CHILD, "another profiler was at work, or none was written");
    if (status == STATUS_OK)
        status = check_profile(trial->scratch, data, &why);
    if (status == STATUS_OK)
        return remove_refusal(trial, err);
    if (status == STATUS_NOT_FOUND)
        (void)err_set(&why, status, "the test binary wrote none");
    return refuse(trial, str_from(why.text), err);
}
