/* First, since they name a field of a struct like a function that base.h poisons. */
#include <git2/diff.h>
#include <git2/odb.h>
#include <git2/repository.h>

#include "gate/harness/repo.h"
#include "gate/harness/repo_git.h"
#include "gate/harness/repo_renames.h"

/* What a diff takes in; without a filter everything that differs. */
struct diff_filter {
    git_diff_notify_cb takes;
    void *ctx;
};

static enum status diff_revisions(git_diff **out, git_repository *repo, const struct revision *base,
                                  const struct revision *cand, struct diff_filter filter,
                                  struct err *err)
{
    git_tree *from = NULL;
    git_tree *to = NULL;
    git_diff_options options;
    (void)git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
    options.notify_cb = filter.takes;
    options.payload = filter.ctx;
    enum status status = repo_open_tree(&from, repo, base, err);
    if (status == STATUS_OK && cand->is_work_tree) {
        options.flags |= GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS |
                         GIT_DIFF_IGNORE_SUBMODULES;
        if (git_diff_tree_to_workdir_with_index(out, repo, from, &options) != 0)
            status = repo_fail(err, STATUS_IO, "cannot compare with the work tree");
    } else if (status == STATUS_OK) {
        status = repo_open_tree(&to, repo, cand, err);
        if (status == STATUS_OK && git_diff_tree_to_tree(out, repo, from, to, &options) != 0)
            status = repo_fail(err, STATUS_CHILD, "cannot compare the revisions");
    }
    git_tree_free(from);
    git_tree_free(to);
    return status;
}

static int order_paths(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct path_list list_paths(struct arena *arena, git_diff *diff)
{
    struct path_list list = {0};
    size_t count = git_diff_num_deltas(diff);
    list.items = ARENA_ARRAY(arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        const char *path = delta->new_file.path ? delta->new_file.path : delta->old_file.path;
        list.items[list.len++] = str_copy(arena, str_from(path));
    }
    qsort(list.items, list.len, sizeof(*list.items), order_paths);
    return list;
}

/* Without a search for renames a moved file is two paths, and each delta is one. */
enum status repo_changed_paths(struct path_list *out, struct arena *arena, struct str root,
                               const struct revision *base, const struct revision *cand,
                               struct err *err)
{
    git_repository *repo = NULL;
    git_diff *diff = NULL;
    if (repo_open_root(&repo, root, err))
        return err->status;
    enum status status =
        diff_revisions(&diff, repo, base, cand, (struct diff_filter){NULL, NULL}, err);
    if (status == STATUS_OK)
        *out = list_paths(arena, diff);
    git_diff_free(diff);
    git_repository_free(repo);
    return status;
}

/* As git's own default. */
enum { RENAME_SIMILARITY_PERCENT = 50 };

struct rename_search {
    git_odb *odb;
    size_t gone_count;
    size_t new_count;
};

/* Contents are compared in memory, and only a header is cheap to read. */
static bool is_small(const struct rename_search *search, const git_diff_file *file)
{
    size_t bytes = (size_t)file->size;
    git_object_t type = GIT_OBJECT_BLOB;
    if (bytes == 0 && !git_oid_is_zero(&file->id) &&
        git_odb_read_header(&bytes, &type, search->odb, &file->id) != 0)
        return false;
    return type == GIT_OBJECT_BLOB && bytes <= REPO_SOURCE_BYTES_MAX;
}

/* Asked for each difference; 0 takes it in. */
static int take_source(const git_diff *diff, const git_diff_delta *delta, const char *pathspec,
                       void *ctx)
{
    struct rename_search *search = ctx;
    bool is_gone = delta->status == GIT_DELTA_DELETED;
    bool is_new = delta->status == GIT_DELTA_ADDED || delta->status == GIT_DELTA_UNTRACKED;
    const git_diff_file *file = is_gone ? &delta->old_file : &delta->new_file;
    (void)diff;
    (void)pathspec;
    if ((!is_gone && !is_new) || !rename_is_told(str_from(file->path)) || !is_small(search, file))
        return 1;
    search->gone_count += is_gone;
    search->new_count += is_new;
    return 0;
}

static enum status match_renames(git_diff *diff, const struct rename_search *search,
                                 struct err *err)
{
    git_diff_find_options options;
    (void)git_diff_find_options_init(&options, GIT_DIFF_FIND_OPTIONS_VERSION);
    options.flags = GIT_DIFF_FIND_RENAMES | GIT_DIFF_FIND_FOR_UNTRACKED;
    options.rename_threshold = RENAME_SIMILARITY_PERCENT;
    options.rename_limit = REPO_RENAMES_MAX;
    /* Each new file is held against each that is gone. */
    if (search->gone_count > REPO_RENAMES_ALIKE_MAX || search->new_count > REPO_RENAMES_ALIKE_MAX)
        options.flags |= GIT_DIFF_FIND_EXACT_MATCH_ONLY;
    if (git_diff_find_similar(diff, &options) != 0)
        return repo_fail(err, STATUS_CHILD, "cannot look for renamed files");
    return STATUS_OK;
}

static struct rename_list list_renames(struct arena *arena, git_diff *diff)
{
    struct rename_list list = {0};
    size_t count = git_diff_num_deltas(diff);
    list.items = ARENA_ARRAY(arena, struct path_rename, count + 1);
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        if (delta->status != GIT_DELTA_RENAMED)
            continue;
        list.items[list.len++] =
            (struct path_rename){str_copy(arena, str_from(delta->old_file.path)),
                                 str_copy(arena, str_from(delta->new_file.path))};
    }
    renames_sort(&list);
    return list;
}

enum status repo_renamed_files(struct rename_list *out, struct arena *arena, struct str root,
                               const struct revision *base, const struct revision *cand,
                               struct err *err)
{
    git_repository *repo = NULL;
    git_diff *diff = NULL;
    struct rename_search search = {0};
    if (repo_open_root(&repo, root, err))
        return err->status;
    enum status status = STATUS_OK;
    if (git_repository_odb(&search.odb, repo) != 0)
        status = repo_fail(err, STATUS_CHILD, "cannot open the objects");
    if (status == STATUS_OK) {
        status = diff_revisions(&diff, repo, base, cand, (struct diff_filter){take_source, &search},
                                err);
    }
    if (status == STATUS_OK)
        status = match_renames(diff, &search, err);
    if (status == STATUS_OK)
        *out = list_renames(arena, diff);
    git_diff_free(diff);
    git_odb_free(search.odb);
    git_repository_free(repo);
    return status;
}
