#include "gate/cli/noise.h"

#include "gate/base/io.h"
#include "gate/harness/repo_path.h"
#include "gate/recording/calibration.h"

enum { CLASSES_LISTED_MAX = 20 };

struct str noise_folder(struct arena *arena, struct str policy_file)
{
    ptrdiff_t slash = str_find_last(policy_file, '/');
    struct str beside = str_slice(policy_file, 0, slash < 0 ? 0 : (size_t)slash + 1);
    return str_format(arena, "%.*s" NOISE_FOLDER, STR_ARGS(beside));
}

static enum status read_table(struct record_calibration *out, struct arena *arena, struct str file,
                              struct bytes text, struct err *err)
{
    struct calibration *table = ARENA_NEW(arena, struct calibration);
    if (text.len > CALIBRATION_BYTES_MAX)
        (void)err_set(err, STATUS_LIMIT, "larger than %d bytes", CALIBRATION_BYTES_MAX);
    if (text.len > CALIBRATION_BYTES_MAX ||
        calibration_read(table, arena, str_of_bytes(text), err)) {
        (void)err_wrap(err, "%.*s", STR_ARGS(file));
        return err_set(err, STATUS_POLICY,
                       "%.*s; write it anew with memgate calibrate, or leave it out with "
                       "--noise " NOISE_NONE,
                       STR_ARGS(str_copy(arena, str_from(err->text))));
    }
    *out = (struct record_calibration){
        .is_known = true, .file = file, .text = str_of_bytes(text), .table = table};
    return STATUS_OK;
}

/* Of an absolute path that lies within the repository, what is behind its root. */
static bool within(struct str *out, const struct run *run, struct str path)
{
    if (!str_starts_with(path, run->root) || path.len <= run->root.len + 1 ||
        path.data[run->root.len] != '/')
        return false;
    *out = str_slice(path, run->root.len + 1, path.len);
    return true;
}

/*
 * Where the policy is of a revision a file of the work tree is one that
 * the change brings along: read from that revision instead. By its spelling,
 * for a link in the tree leads where the change wants, and by where it lies,
 * for a link outside, or "..", may lead into the tree.
 */
static bool is_of_repository(struct str *out, struct run *run)
{
    struct arena *arena = &run->session.arena;
    struct str path = {"", 0};
    struct err ignored;
    if (run->policy_revision.is_work_tree)
        return false;
    if (io_absolute(&path, arena, run->noise_file, &ignored) == STATUS_OK &&
        within(out, run, path) && path_is_safe(path_without_dots(arena, *out)))
        return true;
    return io_real(&path, arena, run->noise_file, &ignored) == STATUS_OK && within(out, run, path);
}

static enum status read_given(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    struct record_calibration *noise = &run->session.recording.noise;
    struct bytes text = {0};
    struct str file = run->noise_file;
    if (is_of_repository(&file, run)) {
        enum status status =
            repo_read_file(&text, arena, run->root, &run->policy_revision, file, err);
        if (status == STATUS_NOT_FOUND) {
            return err_set(err, STATUS_USAGE,
                           "--noise: %.*s is not in %.*s, where the policy comes from; a file of "
                           "the work tree would be the change's own",
                           STR_ARGS(file), STR_ARGS(run->policy_revision.label));
        }
        if (status)
            return err_wrap(err, "--noise");
    } else if (io_read_file(&text, arena, run->noise_file, CALIBRATION_BYTES_MAX, err)) {
        err->status = STATUS_USAGE;
        return err_wrap(err, "--noise");
    }
    return read_table(noise, arena, file, text, err);
}

/* Where the policy's revision lies as files: where CI takes the policy from, that is the baseline's. */
static struct str policy_tree(const struct run *run)
{
    if (run->policy_revision.is_work_tree)
        return run->root;
    return harness_tree(&run->harness, run->is_alone ? SIDE_CAND : SIDE_BASE);
}

/* "; there is one for A, B" of files that are there for other classes. */
static struct str other_classes(struct run *run, struct str folder)
{
    struct arena *arena = &run->session.arena;
    bool has_tree = run->policy_revision.is_work_tree || run->harness.work_dir.len > 0;
    struct str dir = io_join(arena, has_tree ? policy_tree(run) : run->root, folder);
    struct str *files = NULL;
    struct str out = STR("");
    size_t len = 0;
    struct err ignored;
    if (!has_tree || !io_is_dir(dir) ||
        io_list_files(&files, &len, arena, dir, RECORDING_FILES_MAX, &ignored))
        return out;
    for (size_t i = 0; i < len && i < CLASSES_LISTED_MAX; i++) {
        if (!str_ends_with(files[i], STR(".json")))
            continue;
        struct str name = str_slice(files[i], 0, files[i].len - 5);
        out = str_format(arena, "%.*s%s%.*s", STR_ARGS(out), out.len ? ", " : "; there is one for ",
                         STR_ARGS(name));
    }
    return str_printable(arena, out);
}

enum status noise_find(struct run *run, struct err *err)
{
    struct arena *arena = &run->session.arena;
    struct recording *recording = &run->session.recording;
    struct record_calibration *noise = &recording->noise;
    struct machine_class here = machine_class_of(arena, &recording->environment);
    struct bytes text = {0};
    *noise = (struct record_calibration){.is_known = true};
    if (str_equal(run->noise_file, STR(NOISE_NONE))) {
        noise->missing = STR("left out on purpose (--noise " NOISE_NONE ")");
        return STATUS_OK;
    }
    if (run->noise_file.len > 0)
        return read_given(run, err);
    struct str folder = noise_folder(arena, run->policy_path);
    struct str file = io_join(arena, folder, str_format(arena, "%.*s.json", STR_ARGS(here.name)));
    /* That there is none is no error: it must not be left where the next one is looked for. */
    struct err absent = {0};
    enum status status =
        repo_read_file(&text, arena, run->root, &run->policy_revision, file, &absent);
    if (status == STATUS_OK)
        return read_table(noise, arena, file, text, err);
    if (status != STATUS_NOT_FOUND) {
        *err = absent;
        return err_wrap(err, "noise");
    }
    struct str others = other_classes(run, folder);
    noise->missing = str_format(arena, "not calibrated for %.*s (memgate calibrate)%.*s",
                                STR_ARGS(here.name), STR_ARGS(others));
    return STATUS_OK;
}
