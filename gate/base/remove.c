#include "gate/base/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/base.h"

enum { NAME_BYTES_MAX = 64 };

/*
 * Directories with content are moved into the root and emptied there, so
 * that nothing is ever deeper than two levels.
 */
struct removal {
    DIR *root;
    uint64_t moved_count;
    bool has_progressed;
    int code; /* errno of this pass's first failure, 0 when all went well */
};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Of a directory that is open, so there is one. */
static int fd_of(DIR *dir)
{
    int fd = dirfd(dir);
    assert(fd >= 0);
    return fd;
}

/* A file, a link or an empty directory; else errno says what it is. */
static bool remove_leaf(int dir_fd, const char *name)
{
    if (unlinkat(dir_fd, name, 0) == 0)
        return true;
    int code = errno;
    if (code != EISDIR && code != EPERM)
        return false;
    if (unlinkat(dir_fd, name, AT_REMOVEDIR) == 0)
        return true;
    if (errno == ENOTDIR)
        errno = code;
    return false;
}

static bool has_content(int code)
{
    return code == ENOTEMPTY || code == EEXIST;
}

/* chmod by name would follow a link that took the directory's place. */
static void unlock(int path_fd)
{
    struct stat info;
    char name[NAME_BYTES_MAX];
    if (fstat(path_fd, &info) != 0 || (info.st_mode & S_IRWXU) == S_IRWXU)
        return;
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
    (void)chmod(name, S_IRWXU);
}

/* The go command leaves module caches without write permission, programs what they like. */
static DIR *open_unlocked(int dir_fd, const char *name)
{
    int path_fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (path_fd < 0)
        return NULL;
    unlock(path_fd);
    int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = errno;
    (void)close(path_fd);
    errno = code;
    return fd < 0 ? NULL : fdopendir(fd);
}

static bool move_to_root(struct removal *removal, int dir_fd, const char *name)
{
    struct stat info;
    char free_name[NAME_BYTES_MAX];
    int root_fd = fd_of(removal->root);
    /* A directory that is locked cannot be moved: its ".." changes. */
    DIR *dir = open_unlocked(dir_fd, name);
    if (!dir)
        return false;
    (void)closedir(dir);
    do {
        (void)snprintf(free_name, sizeof(free_name), ".memgate-%llu",
                       (unsigned long long)++removal->moved_count);
    } while (fstatat(root_fd, free_name, &info, AT_SYMLINK_NOFOLLOW) == 0);
    return renameat(dir_fd, name, root_fd, free_name) == 0;
}

static void note(struct removal *removal, bool is_done)
{
    if (is_done) {
        removal->has_progressed = true;
    } else if (removal->code == 0) {
        removal->code = errno;
    }
}

static void remove_directory(struct removal *removal, const char *name)
{
    const struct dirent *entry = NULL;
    int root_fd = fd_of(removal->root);
    DIR *dir = open_unlocked(root_fd, name);
    if (!dir) {
        note(removal, false);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        bool is_gone = remove_leaf(fd_of(dir), entry->d_name);
        note(removal,
             is_gone || (has_content(errno) && move_to_root(removal, fd_of(dir), entry->d_name)));
    }
    (void)closedir(dir);
    note(removal, unlinkat(root_fd, name, AT_REMOVEDIR) == 0);
}

/* False when nothing was there. */
static bool pass(struct removal *removal)
{
    const struct dirent *entry = NULL;
    bool any = false;
    rewinddir(removal->root);
    while ((entry = readdir(removal->root)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        any = true;
        if (remove_leaf(fd_of(removal->root), entry->d_name)) {
            note(removal, true);
        } else if (has_content(errno)) {
            remove_directory(removal, entry->d_name);
        } else {
            note(removal, false);
        }
    }
    return any;
}

int remove_tree(const char *path)
{
    struct removal removal = {0};
    if (remove_leaf(AT_FDCWD, path) || errno == ENOENT)
        return 0;
    if (!has_content(errno))
        return errno;
    removal.root = open_unlocked(AT_FDCWD, path);
    if (!removal.root)
        return errno;
    do {
        removal.has_progressed = false;
        removal.code = 0;
    } while (pass(&removal) && removal.has_progressed);
    (void)closedir(removal.root);
    if (unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
        return 0;
    return removal.code ? removal.code : errno;
}
