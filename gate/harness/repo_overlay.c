#include "gate/harness/repo_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/io.h"
#include "gate/harness/repo.h"
#include "gate/harness/repo_check.h"

enum { COPY_BYTES = 16 * 1024 };

static enum status overlay_error(struct str path, struct err *err)
{
    return err_set(err, STATUS_IO, "cannot copy %.*s: %s", STR_ARGS(path), strerror(errno));
}

/* Every directory above the file, none of them a link. */
static enum status make_parents(struct arena *arena, struct str to, struct str path,
                                struct err *err)
{
    for (size_t i = 0; i < path.len; i++) {
        struct stat info;
        if (path.data[i] != '/')
            continue;
        const char *dir = io_join(arena, to, str_slice(path, 0, i)).data;
        if (mkdir(dir, 0755) != 0 && errno != EEXIST)
            return overlay_error(path, err);
        if (lstat(dir, &info) != 0 || !S_ISDIR(info.st_mode)) {
            return err_set(err, STATUS_CHILD, "cannot copy %.*s: %s is not a directory",
                           STR_ARGS(path), dir);
        }
    }
    return STATUS_OK;
}

static bool copy_content(int out, int in, uint64_t max)
{
    char data[COPY_BYTES];
    uint64_t total = 0;
    for (;;) {
        ssize_t got = read(in, data, sizeof(data));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        total += (uint64_t)got;
        if (total > max) {
            errno = EFBIG;
            return false;
        }
        for (ssize_t at = 0; at < got;) {
            ssize_t put = write(out, data + at, (size_t)(got - at));
            if (put < 0 && errno != EINTR)
                return false;
            at += put > 0 ? put : 0;
        }
    }
}

static enum status copy_file(const char *to, const char *from, mode_t mode, struct str path,
                             struct err *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in < 0)
        return overlay_error(path, err);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                   mode & S_IXUSR ? 0755 : 0644);
    enum status status = STATUS_OK;
    if (out < 0 || !copy_content(out, in, REPO_BLOB_BYTES_MAX))
        status = overlay_error(path, err);
    if (out >= 0 && close(out) != 0 && status == STATUS_OK)
        status = overlay_error(path, err);
    (void)close(in);
    return status;
}

static enum status copy_link(const char *to, const char *from, struct str path, struct err *err)
{
    char target[REPO_PATH_BYTES_MAX];
    ssize_t len = readlink(from, target, sizeof(target) - 1);
    if (len < 0)
        return overlay_error(path, err);
    target[len] = '\0';
    if (tree_check_link(path, str_from(target), err))
        return err->status;
    return symlink(target, to) == 0 ? STATUS_OK : overlay_error(path, err);
}

/* True for a file or link of the tree itself: what lies behind a linked directory is elsewhere. */
static bool is_there(struct stat *info, struct arena *arena, struct str from, struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] == '/' &&
            (lstat(io_join(arena, from, str_slice(path, 0, i)).data, info) != 0 ||
             !S_ISDIR(info->st_mode)))
            return false;
    }
    return lstat(io_join(arena, from, path).data, info) == 0 &&
           (S_ISREG(info->st_mode) || S_ISLNK(info->st_mode));
}

enum status overlay_remove(struct str to, struct str from, struct str path, struct err *err)
{
    struct arena scratch;
    struct stat info;
    arena_init(&scratch);
    enum status status = STATUS_OK;
    const char *target = io_join(&scratch, to, path).data;
    if (!is_there(&info, &scratch, from, path) && unlink(target) != 0 && errno != ENOENT &&
        errno != ENOTDIR)
        status = io_remove_tree(str_from(target), err);
    arena_release(&scratch);
    return status;
}

static enum status replace(struct arena *arena, struct str to, struct str from, struct str path,
                           struct err *err)
{
    struct stat info;
    const char *source = io_join(arena, from, path).data;
    const char *target = io_join(arena, to, path).data;
    if (!is_there(&info, arena, from, path))
        return STATUS_OK;
    /* The target may be a directory that became a file. */
    if (make_parents(arena, to, path, err) || io_remove_tree(str_from(target), err))
        return err->status;
    return S_ISLNK(info.st_mode) ? copy_link(target, source, path, err)
                                 : copy_file(target, source, info.st_mode, path, err);
}

enum status overlay_copy(struct str to, struct str from, struct str path, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    enum status status = replace(&scratch, to, from, path, err);
    arena_release(&scratch);
    return status;
}

enum status overlay_read(struct bytes *out, struct arena *arena, struct str from, struct str path,
                         struct err *err)
{
    struct stat info;
    if (!is_there(&info, arena, from, path) || !S_ISREG(info.st_mode))
        return err_set(err, STATUS_NOT_FOUND, "no such file: %.*s", STR_ARGS(path));
    return io_read_file(out, arena, io_join(arena, from, path), REPO_FILE_BYTES_MAX, err);
}
