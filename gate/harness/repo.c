/* First, since it names a field of a struct like a function that base.h poisons. */
#include <git2.h>

#include "gate/harness/repo.h"
#include "gate/harness/repo_check.h"
#include "gate/harness/repo_git.h"
#include "gate/harness/repo_jail.h"
#include "gate/harness/repo_name.h"
#include "gate/harness/repo_overlay.h"
#include "gate/harness/repo_path.h"

enum { ID_TEXT_LEN = 40 };

/* Packs are mapped piece by piece, so that a large one fits into the limits of repo_jail.c. */
#define PACK_WINDOW_BYTES (64ULL << 20)
#define PACK_MAPPED_BYTES (1ULL << 30)

enum status repo_fail(struct err *err, enum status status, const char *what)
{
    const git_error *cause = git_error_last();
    return err_set(err, status, "%s: %s", what, cause && cause->message ? cause->message : "?");
}

/*
 * No configuration but the repository's own: a machine's could name
 * filters, hooks and includes. Ownership is not asked: CI checks out as
 * one user and runs as another. A sparse or partial clone is readable
 * as far as it goes.
 */
static enum status git_setup(struct err *err)
{
    static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                                 GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
    static const char *extensions[] = {"partialclone", "worktreeconfig"};
    static bool is_done;
    if (is_done)
        return STATUS_OK;
    if (git_libgit2_init() < 0)
        return repo_fail(err, STATUS_IO, "libgit2");
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") != 0)
            return repo_fail(err, STATUS_IO, "libgit2");
    }
    if (git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) != 0 ||
        git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, ARRAY_LEN(extensions)) != 0 ||
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)PACK_WINDOW_BYTES) != 0 ||
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)PACK_MAPPED_BYTES) != 0)
        return repo_fail(err, STATUS_IO, "libgit2");
    is_done = true;
    return STATUS_OK;
}

static enum status open_at(git_repository **out, struct str dir, unsigned flags, struct err *err)
{
    struct arena scratch;
    if (git_setup(err))
        return err->status;
    arena_init(&scratch);
    const char *path = str_text(&scratch, dir);
    int code = git_repository_open_ext(out, path, flags, NULL);
    if (code == GIT_ENOTFOUND) {
        (void)err_set(err, STATUS_USAGE, "%s is not in a git repository", path);
    } else if (code != 0) {
        (void)repo_fail(err, STATUS_IO, path);
    }
    arena_release(&scratch);
    return code == 0 ? STATUS_OK : err->status;
}

enum status repo_open_root(git_repository **out, struct str root, struct err *err)
{
    return open_at(out, root, GIT_REPOSITORY_OPEN_NO_SEARCH, err);
}

enum status repo_find(struct str *out_root, struct arena *arena, struct str dir, struct err *err)
{
    git_repository *repo = NULL;
    if (open_at(&repo, dir, 0, err))
        return err->status;
    const char *root = git_repository_workdir(repo);
    enum status status = STATUS_OK;
    if (root) {
        struct str path = str_from(root);
        *out_root = str_copy(arena, str_slice(path, 0, path.len > 1 ? path.len - 1 : 1));
    } else {
        status = err_set(err, STATUS_USAGE, "%.*s is a bare repository; memgate needs a work tree",
                         STR_ARGS(dir));
    }
    git_repository_free(repo);
    return status;
}

struct lookup {
    git_repository *repo;
    struct str spec;
    git_oid id;
    bool has_id;
};

static enum status lookup_missing(const struct lookup *lookup, struct err *err)
{
    return err_set(err, STATUS_NOT_FOUND, "\"%.*s\" is not in this clone; fetch with depth 0",
                   STR_ARGS(lookup->spec));
}

static enum status lookup_ambiguous(const struct lookup *lookup, struct err *err)
{
    return err_set(err, STATUS_USAGE,
                   "\"%.*s\" has several meanings; write refs/heads/..., refs/tags/..., "
                   "refs/remotes/... or the full commit id",
                   STR_ARGS(lookup->spec));
}

/* Takes a candidate; a second one that is another commit makes the name ambiguous. */
static enum status lookup_take(struct lookup *lookup, git_object *object, struct err *err)
{
    git_object *commit = NULL;
    int code = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
    git_object_free(object);
    if (code == GIT_ENOTFOUND)
        return lookup_missing(lookup, err);
    if (code != 0)
        return err_set(err, STATUS_USAGE, "\"%.*s\" is not a commit", STR_ARGS(lookup->spec));
    git_oid id = *git_object_id(commit);
    git_object_free(commit);
    if (lookup->has_id && git_oid_cmp(&lookup->id, &id) != 0)
        return lookup_ambiguous(lookup, err);
    lookup->id = id;
    lookup->has_id = true;
    return STATUS_OK;
}

static enum status lookup_ref(struct lookup *lookup, const char *name, struct err *err)
{
    git_oid id;
    git_object *object = NULL;
    /* A name that is no valid ref is simply not one. */
    if (git_reference_name_to_id(&id, lookup->repo, name) != 0)
        return STATUS_OK;
    if (git_object_lookup(&object, lookup->repo, &id, GIT_OBJECT_ANY) != 0)
        return lookup_missing(lookup, err);
    return lookup_take(lookup, object, err);
}

static enum status lookup_refs(struct lookup *lookup, struct str name, struct err *err)
{
    struct arena scratch;
    struct str refs[REVISION_REFS_MAX];
    enum status status = STATUS_OK;
    arena_init(&scratch);
    size_t count = revision_refs(refs, &scratch, name);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = lookup_ref(lookup, str_text(&scratch, refs[i]), err);
    arena_release(&scratch);
    return status;
}

static enum status lookup_id(struct lookup *lookup, struct str digits, struct err *err)
{
    git_oid id;
    git_object *object = NULL;
    if (git_oid_fromstrn(&id, digits.data, digits.len) != 0)
        return lookup_missing(lookup, err);
    int code = git_object_lookup_prefix(&object, lookup->repo, &id, digits.len, GIT_OBJECT_ANY);
    if (code == GIT_EAMBIGUOUS)
        return lookup_ambiguous(lookup, err);
    if (code != 0)
        return STATUS_OK;
    return lookup_take(lookup, object, err);
}

static enum status lookup_step(struct lookup *lookup, struct revision_step step, struct err *err)
{
    git_commit *from = NULL;
    git_commit *to = NULL;
    int code = git_commit_lookup(&from, lookup->repo, &lookup->id);
    if (code == 0 && step.is_parent && step.count > 0) {
        code = git_commit_parent(&to, from, step.count - 1);
    } else if (code == 0) {
        code = git_commit_nth_gen_ancestor(&to, from, step.is_parent ? 0 : step.count);
    }
    git_commit_free(from);
    if (code != 0)
        return lookup_missing(lookup, err);
    lookup->id = *git_commit_id(to);
    git_commit_free(to);
    return STATUS_OK;
}

static enum status lookup_run(struct lookup *lookup, const struct revision_name *name,
                              struct err *err)
{
    /* Git takes 40 digits for an id even when a ref is called so, and so do we. */
    if (!name->is_id && lookup_refs(lookup, name->name, err))
        return err->status;
    if ((name->is_id || name->may_be_id) && lookup_id(lookup, name->name, err))
        return err->status;
    if (!lookup->has_id)
        return lookup_missing(lookup, err);
    for (size_t i = 0; i < name->step_count; i++) {
        if (lookup_step(lookup, name->steps[i], err))
            return err->status;
    }
    return STATUS_OK;
}

enum status repo_resolve(struct revision *out, struct arena *arena, struct str root,
                         struct str spec, struct err *err)
{
    struct revision_name name;
    struct lookup lookup = {.spec = spec};
    if (!revision_parse(&name, spec)) {
        return err_set(err, STATUS_USAGE, "revision \"%.*s\" is not a commit id or ref name",
                       (int)(spec.len < REVISION_BYTES_MAX ? spec.len : REVISION_BYTES_MAX),
                       spec.data);
    }
    if (repo_open_root(&lookup.repo, root, err))
        return err->status;
    enum status status = lookup_run(&lookup, &name, err);
    git_repository_free(lookup.repo);
    if (status != STATUS_OK)
        return status;
    char text[ID_TEXT_LEN + 1];
    (void)git_oid_tostr(text, sizeof(text), &lookup.id);
    *out =
        (struct revision){.label = str_copy(arena, spec), .sha = str_copy(arena, str_from(text))};
    return STATUS_OK;
}

static enum status read_status(git_status_list **out, git_repository *repo, struct err *err)
{
    git_status_options options;
    (void)git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                    GIT_STATUS_OPT_EXCLUDE_SUBMODULES | GIT_STATUS_OPT_INCLUDE_UNREADABLE;
    if (git_status_list_new(out, repo, &options) != 0)
        return repo_fail(err, STATUS_IO, "cannot read the state of the work tree");
    return STATUS_OK;
}

enum status repo_default_head(struct revision *out, struct arena *arena, struct str root,
                              struct err *err)
{
    struct revision head = {0};
    git_repository *repo = NULL;
    git_status_list *list = NULL;
    if (repo_resolve(&head, arena, root, STR("HEAD"), err) || repo_open_root(&repo, root, err))
        return err->status;
    enum status status = read_status(&list, repo, err);
    if (status == STATUS_OK) {
        head.is_work_tree = git_status_list_entrycount(list) > 0;
        if (head.is_work_tree)
            head.label = STR("work tree");
        *out = head;
    }
    git_status_list_free(list);
    git_repository_free(repo);
    return status;
}

enum status repo_open_tree(git_tree **out, git_repository *repo, const struct revision *revision,
                           struct err *err)
{
    git_oid id;
    git_commit *commit = NULL;
    if (revision->sha.len != ID_TEXT_LEN ||
        git_oid_fromstrn(&id, revision->sha.data, revision->sha.len) != 0)
        return err_set(err, STATUS_USAGE, "\"%.*s\" is not a commit id", STR_ARGS(revision->sha));
    int code = git_commit_lookup(&commit, repo, &id);
    if (code == 0)
        code = git_commit_tree(out, commit);
    git_commit_free(commit);
    if (code == GIT_ENOTFOUND) {
        return err_set(err, STATUS_NOT_FOUND, "\"%.*s\" is not in this clone; fetch with depth 0",
                       STR_ARGS(revision->label));
    }
    return code == 0 ? STATUS_OK : repo_fail(err, STATUS_CHILD, "cannot read the commit");
}

struct export_job {
    struct str root;
    struct str dir;
    const struct revision *revision;
};

/* The walk that looks before anything is written. */
struct inspection {
    git_repository *repo;
    git_odb *odb;
    struct tree_check check;
    struct err *err;
};

static enum status inspect_link(const struct inspection *inspection, struct str path,
                                const git_oid *id)
{
    git_blob *blob = NULL;
    if (git_blob_lookup(&blob, inspection->repo, id) != 0)
        return repo_fail(inspection->err, STATUS_CHILD, "cannot read a link");
    struct str target = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
    enum status status = tree_check_link(path, target, inspection->err);
    git_blob_free(blob);
    return status;
}

static enum status inspect_blob(struct inspection *inspection, struct str path,
                                const git_tree_entry *entry)
{
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    const git_oid *id = git_tree_entry_id(entry);
    /* Only the header is read: the content may be what must not be read. */
    if (git_odb_read_header(&size, &type, inspection->odb, id) != 0)
        return repo_fail(inspection->err, STATUS_CHILD, "cannot read a file of the tree");
    if (tree_check_size(&inspection->check, path, size, inspection->err))
        return inspection->err->status;
    if (git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK)
        return inspect_link(inspection, path, id);
    return STATUS_OK;
}

static int inspect(const char *dir, const git_tree_entry *entry, void *ctx)
{
    struct inspection *inspection = ctx;
    struct arena scratch;
    struct str name = str_from(git_tree_entry_name(entry));
    arena_init(&scratch);
    /* dir ends in a slash, or is empty. */
    struct str path = str_format(&scratch, "%s%.*s", dir, STR_ARGS(name));
    enum status status = tree_check_entry(&inspection->check, path, name, inspection->err);
    if (status == STATUS_OK && git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
        status = inspect_blob(inspection, path, entry);
    arena_release(&scratch);
    return status == STATUS_OK ? 0 : -1;
}

static enum status inspect_tree(git_repository *repo, const git_tree *tree, struct str label,
                                struct err *err)
{
    struct inspection inspection = {.repo = repo, .err = err};
    if (git_repository_odb(&inspection.odb, repo) != 0)
        return repo_fail(err, STATUS_CHILD, "cannot open the objects");
    tree_check_init(&inspection.check, label);
    err->status = STATUS_OK;
    int code = git_tree_walk(tree, GIT_TREEWALK_PRE, inspect, &inspection);
    if (code != 0 && err->status == STATUS_OK)
        (void)repo_fail(err, STATUS_CHILD, "cannot read the tree");
    tree_check_release(&inspection.check);
    git_odb_free(inspection.odb);
    return err->status;
}

static enum status checkout(git_repository *repo, const git_tree *tree, struct str dir,
                            struct err *err)
{
    struct arena scratch;
    git_checkout_options options;
    (void)git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    arena_init(&scratch);
    options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_UPDATE_INDEX |
                                GIT_CHECKOUT_DONT_WRITE_INDEX | GIT_CHECKOUT_NO_REFRESH;
    options.disable_filters = 1;
    options.target_directory = str_text(&scratch, dir);
    int code = git_checkout_tree(repo, (const git_object *)tree, &options);
    arena_release(&scratch);
    return code == 0 ? STATUS_OK : repo_fail(err, STATUS_CHILD, "cannot export the tree");
}

/* A repository inside ends in a slash, which copying takes for a directory and leaves out. */
static struct str changed_path(git_status_list *list, size_t i)
{
    const git_status_entry *entry = git_status_byindex(list, i);
    const git_diff_delta *delta =
        entry->index_to_workdir ? entry->index_to_workdir : entry->head_to_index;
    struct str path = str_from(delta->new_file.path ? delta->new_file.path : delta->old_file.path);
    return str_ends_with(path, STR("/")) ? str_slice(path, 0, path.len - 1) : path;
}

/* Lays what differs from HEAD over its exported tree. */
static enum status overlay(git_repository *repo, const struct export_job *job, struct err *err)
{
    git_status_list *list = NULL;
    if (read_status(&list, repo, err))
        return err->status;
    enum status status = STATUS_OK;
    size_t count = git_status_list_entrycount(list);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct str path = changed_path(list, i);
        if (!path_is_safe(path)) {
            status = err_set(err, STATUS_CHILD, "work tree has unsafe path \"%.*s\": not exported",
                             STR_ARGS(path));
        } else {
            status = overlay_remove(job->dir, job->root, path, err);
        }
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = overlay_copy(job->dir, job->root, changed_path(list, i), err);
    git_status_list_free(list);
    return status;
}

static enum status export_tree(void *ctx, struct err *err)
{
    const struct export_job *job = ctx;
    git_repository *repo = NULL;
    git_tree *tree = NULL;
    if (repo_open_root(&repo, job->root, err))
        return err->status;
    enum status status = repo_open_tree(&tree, repo, job->revision, err);
    if (status == STATUS_OK)
        status = inspect_tree(repo, tree, job->revision->label, err);
    if (status == STATUS_OK)
        status = checkout(repo, tree, job->dir, err);
    if (status == STATUS_OK && job->revision->is_work_tree)
        status = overlay(repo, job, err);
    git_tree_free(tree);
    git_repository_free(repo);
    return status;
}

enum status repo_export(struct str root, const struct revision *revision, struct str dir,
                        struct err *err)
{
    struct export_job job = {root, dir, revision};
    if (tree_check_target(dir, err))
        return err->status;
    return jail_run(export_tree, &job, err);
}

static enum status find_file(git_blob **out, git_repository *repo, const git_tree *tree,
                             struct str path, struct err *err)
{
    struct arena scratch;
    git_tree_entry *entry = NULL;
    arena_init(&scratch);
    int code = git_tree_entry_bypath(&entry, tree, str_text(&scratch, path));
    arena_release(&scratch);
    git_filemode_t mode = code == 0 ? git_tree_entry_filemode(entry) : GIT_FILEMODE_UNREADABLE;
    bool is_file = mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
    if (is_file)
        code = git_blob_lookup(out, repo, git_tree_entry_id(entry));
    git_tree_entry_free(entry);
    if (!is_file)
        return err_set(err, STATUS_NOT_FOUND, "no such file: %.*s", STR_ARGS(path));
    return code == 0 ? STATUS_OK : repo_fail(err, STATUS_CHILD, "cannot read a file of the tree");
}

static enum status read_blob(struct bytes *out, struct arena *arena, const git_blob *blob,
                             struct str path, struct err *err)
{
    uint64_t size = (uint64_t)git_blob_rawsize(blob);
    if (size > REPO_FILE_BYTES_MAX) {
        return err_set(err, STATUS_LIMIT, "%.*s is larger than %d bytes", STR_ARGS(path),
                       REPO_FILE_BYTES_MAX);
    }
    struct str text = {git_blob_rawcontent(blob), (size_t)size};
    *out = bytes_of_str(str_copy(arena, text));
    return STATUS_OK;
}

enum status repo_read_file(struct bytes *out, struct arena *arena, struct str root,
                           const struct revision *revision, struct str path, struct err *err)
{
    git_repository *repo = NULL;
    git_tree *tree = NULL;
    git_blob *blob = NULL;
    path = path_without_dots(arena, path);
    if (!path_is_safe(path)) {
        return err_set(err, STATUS_USAGE, "\"%.*s\" is not a plain path inside the repository",
                       STR_ARGS(path));
    }
    if (revision->is_work_tree)
        return overlay_read(out, arena, root, path, err);
    if (repo_open_root(&repo, root, err))
        return err->status;
    enum status status = repo_open_tree(&tree, repo, revision, err);
    if (status == STATUS_OK)
        status = find_file(&blob, repo, tree, path, err);
    if (status == STATUS_OK)
        status = read_blob(out, arena, blob, path, err);
    git_blob_free(blob);
    git_tree_free(tree);
    git_repository_free(repo);
    return status;
}
