#include "gate/recording/recording.h"

#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/recording/layout.h"

enum status recording_trial_dir(struct str *out, struct arena *arena,
                                const struct recording *recording, struct trial_key key,
                                struct err *err)
{
    if (key.number == 0 || key.number > RECORDING_TRIALS_MAX) {
        return err_set(err, STATUS_LIMIT, "trial %u is not between 1 and %d", (unsigned)key.number,
                       RECORDING_TRIALS_MAX);
    }
    struct str dir = io_join(arena, recording->dir, layout_trial_dir(arena, key));
    if (io_make_dirs(dir, err))
        return err->status;
    *out = dir;
    return STATUS_OK;
}

/* Path of a point's file relative to the recording, as messages show it. */
static struct str point_path(struct arena *arena, struct trial_key key, enum point point, bool text)
{
    return recording_point_file(arena, layout_trial_dir(arena, key), point, text);
}

static enum status load_profile(struct profile *out, struct arena *arena,
                                const struct recording *recording, struct str path, struct err *err)
{
    struct bytes packed = {0};
    if (io_read_file(&packed, arena, io_join(arena, recording->dir, path), PROFILE_PACKED_BYTES_MAX,
                     err) ||
        profile_decode(out, arena, packed, err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

enum status recording_profile(struct profile *out, struct arena *arena,
                              const struct recording *recording, struct trial_key key,
                              enum point point, struct err *err)
{
    return load_profile(out, arena, recording, point_path(arena, key, point, false), err);
}

enum status recording_text_profile(struct profile *out, struct arena *arena,
                                   const struct recording *recording, struct trial_key key,
                                   enum point point, struct err *err)
{
    return load_profile(out, arena, recording, point_path(arena, key, point, true), err);
}

enum status recording_growth_profile(struct profile *out, struct arena *arena,
                                     const struct recording *recording, struct trial_key key,
                                     uint32_t number, struct err *err)
{
    struct str path = recording_growth_file(arena, layout_trial_dir(arena, key), number);
    return load_profile(out, arena, recording, path, err);
}

enum status recording_creations(struct goroutine_sites *out, struct arena *arena,
                                const struct recording *recording, struct trial_key key,
                                struct err *err)
{
    struct arena scratch;
    struct bytes text = {0};
    arena_init(&scratch);
    struct str path = recording_creations_file(&scratch, layout_trial_dir(&scratch, key));
    enum status status = io_read_file(&text, &scratch, io_join(&scratch, recording->dir, path),
                                      PROFILE_PACKED_BYTES_MAX, err);
    if (status == STATUS_OK)
        status = goroutines_read(out, arena, str_of_bytes(text), err);
    if (status != STATUS_OK)
        status = err_wrap(err, "%.*s", STR_ARGS(path));
    arena_release(&scratch);
    return status;
}

/* Turns "no such file" into what the harness wrote instead of one. */
static enum status explain_missing(struct arena *arena, struct str dir, enum profile_kind kind,
                                   struct err *err)
{
    struct bytes text = {0};
    struct str line = STR("");
    enum status status = io_read_file(&text, arena, recording_refusal_file(arena, dir, kind),
                                      RECORDING_REFUSAL_BYTES_MAX, err);
    if (status == STATUS_NOT_FOUND)
        return err_set(err, status, "no %s profile was recorded", profile_kind_spoken(kind));
    if (status != STATUS_OK)
        return err_wrap(err, "%s.txt", profile_kind_name(kind));
    struct str rest = str_of_bytes(text);
    (void)str_split(&rest, '\n', &line);
    if (line.len == 0)
        return err_set(err, STATUS_FORMAT, "%s.txt: gives no reason", profile_kind_name(kind));
    return err_set(err, STATUS_CHILD, "%.*s", STR_ARGS(line));
}

/* One that the harness could be refused; `path` is relative to the recording. */
static enum status load_optional(struct profile *out, struct arena *arena,
                                 const struct recording *recording, struct str path,
                                 enum profile_kind kind, struct err *err)
{
    struct str file = io_join(arena, recording->dir, path);
    struct str dir = str_slice(file, 0, (size_t)str_find_last(file, '/'));
    struct bytes packed = {0};
    enum status status = io_read_file(&packed, arena, file, PROFILE_PACKED_BYTES_MAX, err);
    if (status == STATUS_NOT_FOUND)
        return explain_missing(arena, dir, kind, err);
    if (status != STATUS_OK || profile_decode(out, arena, packed, err))
        return err_wrap(err, "%.*s", STR_ARGS(path));
    return STATUS_OK;
}

enum status recording_cpu_profile(struct profile *out, struct arena *arena,
                                  const struct recording *recording, struct trial_key key,
                                  struct err *err)
{
    struct str path = recording_cpu_file(arena, layout_trial_dir(arena, key));
    return load_optional(out, arena, recording, path, PROFILE_KIND_CPU, err);
}

enum status recording_snapshot(struct profile *out, struct arena *arena,
                               const struct recording *recording, struct trial_key key,
                               struct snapshot snapshot, struct err *err)
{
    struct str path =
        recording_snapshot_file(arena, layout_trial_dir(arena, key), snapshot.kind, snapshot.point);
    return load_optional(out, arena, recording, path, snapshot.kind, err);
}

static enum status load_memstats(struct memstats *out, struct arena *scratch, struct str path,
                                 struct err *err)
{
    struct bytes text = {0};
    if (io_read_file(&text, scratch, path, PROFILE_PACKED_BYTES_MAX, err))
        return err->status;
    return memstats_parse(out, str_of_bytes(text), err);
}

enum status recording_mutex_period(uint64_t *out, const struct recording *recording,
                                   struct trial_key key, struct err *err)
{
    enum { BYTES_MAX = 32 };
    struct arena arena;
    struct bytes text = {0};
    arena_init(&arena);
    struct str path = recording_mutex_period_file(&arena, layout_trial_dir(&arena, key));
    enum status status =
        io_read_file(&text, &arena, io_join(&arena, recording->dir, path), BYTES_MAX, err);
    if (status == STATUS_OK && !num_parse_u64(out, str_trim(str_of_bytes(text)))) {
        (void)err_set(err, STATUS_FORMAT, "is no number");
        status = err_wrap(err, "%.*s", STR_ARGS(path));
    }
    arena_release(&arena);
    return status;
}

enum status recording_memstats(struct memstats *out, struct arena *arena,
                               const struct recording *recording, struct trial_key key,
                               enum point point, struct err *err)
{
    struct arena scratch;
    struct str path = point_path(arena, key, point, true);
    arena_init(&scratch);
    enum status status = load_memstats(out, &scratch, io_join(&scratch, recording->dir, path), err);
    arena_release(&scratch);
    return status == STATUS_OK ? STATUS_OK : err_wrap(err, "%.*s", STR_ARGS(path));
}
