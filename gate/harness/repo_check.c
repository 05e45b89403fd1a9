#include "gate/harness/repo_check.h"

#include <dirent.h>
#include <errno.h>

#include "gate/harness/repo.h"
#include "gate/harness/repo_path.h"

/* A tree may name one blob a million times: what it would fill on disk has a limit of its own. */
#define EXPORT_BYTES_MAX (16ULL << 30)

/* As much of a hostile text as a message should hold. */
enum { SHOWN_BYTES_MAX = 256 };

void tree_check_init(struct tree_check *check, struct str label)
{
    *check = (struct tree_check){.label = label};
    map_init(&check->seen);
}

void tree_check_release(struct tree_check *check)
{
    map_release(&check->seen);
}

enum status tree_check_entry(struct tree_check *check, struct str path, struct str name,
                             struct err *err)
{
    struct str shown = str_slice(path, 0, SHOWN_BYTES_MAX);
    if (!path_part_is_safe(name) || path.len >= REPO_PATH_BYTES_MAX ||
        path_depth(path) > REPO_DEPTH_MAX) {
        return err_set(err, STATUS_CHILD, "%.*s tree has unsafe path \"%.*s\": not exported",
                       STR_ARGS(check->label), STR_ARGS(shown));
    }
    if (++check->entry_count > REPO_ENTRIES_MAX) {
        return err_set(err, STATUS_CHILD, "%.*s tree has more than %d entries",
                       STR_ARGS(check->label), REPO_ENTRIES_MAX);
    }
    /* A link and a directory of one name: files would be written through the link. */
    if (!map_insert(&check->seen, hash_str(path), 0)) {
        return err_set(err, STATUS_CHILD, "%.*s tree has \"%.*s\" twice: not exported",
                       STR_ARGS(check->label), STR_ARGS(shown));
    }
    return STATUS_OK;
}

enum status tree_check_size(struct tree_check *check, struct str path, uint64_t bytes,
                            struct err *err)
{
    struct str shown = str_slice(path, 0, SHOWN_BYTES_MAX);
    check->total_bytes += bytes;
    if (bytes > REPO_BLOB_BYTES_MAX) {
        return err_set(err, STATUS_CHILD, "%.*s tree: \"%.*s\" is larger than %llu MiB",
                       STR_ARGS(check->label), STR_ARGS(shown), REPO_BLOB_BYTES_MAX >> 20);
    }
    if (check->total_bytes > EXPORT_BYTES_MAX) {
        return err_set(err, STATUS_CHILD, "%.*s tree is larger than %llu GiB",
                       STR_ARGS(check->label), EXPORT_BYTES_MAX >> 30);
    }
    return STATUS_OK;
}

enum status tree_check_link(struct str path, struct str target, struct err *err)
{
    ptrdiff_t slash = str_find_last(path, '/');
    struct str dir = str_slice(path, 0, slash < 0 ? 0 : (size_t)slash);
    struct str shown_path = str_slice(path, 0, SHOWN_BYTES_MAX);
    struct str shown_target = str_slice(target, 0, SHOWN_BYTES_MAX);
    if (target.len >= REPO_PATH_BYTES_MAX || !path_link_stays(dir, target)) {
        return err_set(err, STATUS_CHILD, "\"%.*s\" -> \"%.*s\" leaves the tree",
                       STR_ARGS(shown_path), STR_ARGS(shown_target));
    }
    return STATUS_OK;
}

static size_t count_entries(DIR *dir)
{
    size_t count = 0;
    while (readdir(dir) != NULL)
        count++;
    return count;
}

/* libgit2 writes through links that stand in the target, and resolves relative ones elsewhere. */
enum status tree_check_target(struct str dir, struct err *err)
{
    enum { DOT_ENTRIES = 2 };
    char path[REPO_PATH_BYTES_MAX];
    if (dir.len == 0 || dir.data[0] != '/' || dir.len >= sizeof(path))
        return err_set(err, STATUS_IO, "\"%.*s\" is not an absolute path", STR_ARGS(dir));
    (void)snprintf(path, sizeof(path), "%.*s", STR_ARGS(dir));
    DIR *stream = opendir(path);
    if (!stream)
        return err_set(err, STATUS_IO, "cannot open directory %s: %s", path, strerror(errno));
    size_t count = count_entries(stream);
    (void)closedir(stream);
    if (count > DOT_ENTRIES)
        return err_set(err, STATUS_IO, "%s is not empty", path);
    return STATUS_OK;
}
