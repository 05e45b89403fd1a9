#include "gate/recording/staged.h"

#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/base/remove.h"
#include "gate/recording/layout.h"

static bool is_recording(struct arena *arena, struct str dir)
{
    return io_is_file(io_join(arena, dir, STR("manifest.json"))) ||
           io_is_dir(io_join(arena, dir, STR("scenario-1")));
}

/* What remove_tree calls a directory that it has brought up from below. */
static bool is_moved(struct str name)
{
    struct str prefix = STR(".memgate-");
    uint64_t number = 0;
    return str_starts_with(name, prefix) &&
           num_parse_u64(&number, str_slice(name, prefix.len, name.len));
}

static bool is_made(struct str path)
{
    size_t scenario = 0;
    struct layout_file file = {0};
    struct str rest = path;
    struct str top = {0};
    (void)str_split(&rest, '/', &top);
    bool is_file = top.len == path.len;
    if (is_file)
        return str_equal(top, STR(LAYOUT_MANIFEST)) || layout_parse(&file, top);
    return layout_parse_scenario(&scenario, top) || is_moved(top);
}

/* Of a recording that was being removed anything may be left, but nothing else. */
static bool is_rest(struct arena *arena, struct str dir)
{
    struct str *files = NULL;
    size_t len = 0;
    struct err ignored;
    if (!io_is_dir(dir) ||
        io_list_files(&files, &len, arena, dir, RECORDING_FILES_MAX + 1, &ignored))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_made(files[i]))
            return false;
    }
    return true;
}

/* Only what an earlier run left may go: a directory of that name may be the user's own. */
static enum status check_ours(struct arena *arena, struct str dir, struct err *err)
{
    struct str *files = NULL;
    size_t len = 0;
    bool is_dir = io_is_dir(dir);
    if ((!is_dir && !io_is_file(dir)) || is_recording(arena, dir))
        return STATUS_OK;
    if (!is_dir || io_list_files(&files, &len, arena, dir, 1, err) || len > 0) {
        return err_set(err, STATUS_USAGE,
                       "%.*s exists and is no recording of memgate; choose another -o DIR",
                       STR_ARGS(dir));
    }
    return STATUS_OK;
}

/* What memgate removes itself, and may have been killed at. */
static enum status check_beside(struct arena *arena, struct str dir, struct err *err)
{
    return is_rest(arena, dir) ? STATUS_OK : check_ours(arena, dir, err);
}

/* What a process that died between the two renames left: the old one, with nothing in its place. */
static enum status put_back(const struct staged *staged, struct arena *arena, struct err *err)
{
    if (is_recording(arena, staged->old) && !io_is_dir(staged->dir))
        return io_rename(staged->dir, staged->old, err);
    return io_remove_tree(staged->old, err);
}

enum status staged_open(struct staged *out, struct arena *arena, struct str dir, struct err *err)
{
    struct staged staged = {
        .dir = dir,
        .part = str_format(arena, "%.*s.part", STR_ARGS(dir)),
        .old = str_format(arena, "%.*s.old", STR_ARGS(dir)),
    };
    if (check_ours(arena, dir, err) || check_beside(arena, staged.part, err) ||
        check_beside(arena, staged.old, err) || put_back(&staged, arena, err) ||
        io_remove_tree(staged.part, err) || io_make_dirs(staged.part, err))
        return err->status;
    staged.has_old = is_recording(arena, dir);
    *out = staged;
    return STATUS_OK;
}

/* The two renames are no single step: some file systems exchange no directories. */
enum status staged_settle(struct staged *staged, struct err *err)
{
    struct err back_err;
    bool is_there = io_is_dir(staged->dir);
    if (is_there && io_rename(staged->old, staged->dir, err))
        return err->status;
    if (io_rename(staged->dir, staged->part, err)) {
        if (is_there && io_rename(staged->dir, staged->old, &back_err))
            return err_wrap(err, "the recording before is %.*s now", STR_ARGS(staged->old));
        return err->status;
    }
    staged->part = (struct str){"", 0};
    return io_remove_tree(staged->old, err);
}

void staged_begin(struct staged *staged)
{
    staged->is_whole = false;
}

void staged_end(struct staged *staged, struct arena *arena, const struct recording *recording)
{
    size_t count = recording->scenario_count;
    struct record_scenario *written = ARENA_ARRAY(arena, struct record_scenario, count + 1);
    for (size_t i = 0; i < count; i++)
        written[i] = recording->scenarios[i];
    staged->written = written;
    staged->written_count = count;
    staged->is_whole = true;
}

/* The manifest knows none of their files, with which nobody would open it. */
static enum status remove_later(const struct staged *staged, struct arena *arena,
                                struct trial_key key, struct err *err)
{
    const struct record_scenario *written = &staged->written[key.scenario];
    size_t number = written->trial_count[key.side][key.phase];
    struct str dir = {0};
    do {
        if (dir.len > 0 && io_remove_tree(dir, err))
            return err->status;
        key.number = (uint32_t)++number;
        dir = io_join(arena, staged->part, layout_trial_dir(arena, key));
    } while (io_is_dir(dir));
    return STATUS_OK;
}

enum status staged_keep(struct staged *staged, struct arena *arena, struct err *err)
{
    assert(staged->is_whole && staged->part.len > 0);
    const size_t places = (size_t)SIDES * PHASES;
    for (size_t i = 0; i < staged->written_count * places; i++) {
        struct trial_key key = {i / places, i / PHASES % SIDES, i % PHASES, 0};
        if (remove_later(staged, arena, key, err))
            return err->status;
    }
    return staged_settle(staged, err);
}

void staged_drop(struct staged *staged)
{
    /* str_format made it: a NUL is behind it. */
    if (staged->part.len > 0)
        (void)remove_tree(staged->part.data);
    staged->part = (struct str){"", 0};
}
