#include "gate/base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/base/remove.h"

enum { PATH_BYTES_MAX = PATH_MAX };

static enum status io_error(struct err *err, const char *what, const char *path)
{
    int code = errno;
    return err_set(err, code == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "cannot %s %s: %s", what,
                   path, strerror(code));
}

/* NUL-terminated copy of a path; longer ones the kernel would refuse anyway. */
struct path {
    char text[PATH_BYTES_MAX];
};

static enum status path_set(struct path *path, struct str str, struct err *err)
{
    if (str.len == 0 || str.len >= sizeof(path->text) || str_find(str, '\0') >= 0) {
        return err_set(err, STATUS_IO, "path \"%.*s\" is empty, too long or holds NUL",
                       (int)(str.len < 80 ? str.len : 80), str.data);
    }
    memcpy(path->text, str.data, str.len);
    path->text[str.len] = '\0';
    return STATUS_OK;
}

static enum status read_all(uint8_t *data, size_t size, int fd, size_t *out_len)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, data + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return STATUS_IO;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *out_len = len;
    return STATUS_OK;
}

static enum status read_open_file(struct bytes *out, struct arena *arena, int fd, size_t max,
                                  const char *path, struct err *err)
{
    struct stat info;
    size_t len = 0;
    if (fstat(fd, &info) != 0)
        return io_error(err, "read", path);
    if (!S_ISREG(info.st_mode))
        return err_set(err, STATUS_IO, "%s is not a regular file", path);
    if ((uint64_t)info.st_size > max)
        return err_set(err, STATUS_LIMIT, "%s is larger than %zu bytes", path, max);
    uint8_t *data = arena_alloc(arena, (size_t)info.st_size + 1, 1);
    if (read_all(data, (size_t)info.st_size, fd, &len) != STATUS_OK)
        return io_error(err, "read", path);
    *out = (struct bytes){data, len};
    return STATUS_OK;
}

struct io_source {
    struct str path;
    int flags; /* of open, besides the usual ones */
};

static enum status read_file(struct bytes *out, struct arena *arena, struct io_source source,
                             size_t max, struct err *err)
{
    struct str path = source.path;
    struct path name;
    if (path_set(&name, path, err))
        return err->status;
    /* O_NONBLOCK: opening a FIFO must not hang; regular files ignore it. */
    int fd = open(name.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | source.flags);
    if (fd < 0)
        return io_error(err, "open", name.text);
    enum status status = read_open_file(out, arena, fd, max, name.text, err);
    (void)close(fd);
    return status;
}

enum status io_read_file(struct bytes *out, struct arena *arena, struct str path, size_t max,
                         struct err *err)
{
    return read_file(out, arena, (struct io_source){path, 0}, max, err);
}

enum status io_read_own_file(struct bytes *out, struct arena *arena, struct str path, size_t max,
                             struct err *err)
{
    return read_file(out, arena, (struct io_source){path, O_NOFOLLOW}, max, err);
}

static enum status write_all(int fd, struct bytes data)
{
    size_t at = 0;
    while (at < data.len) {
        ssize_t put = write(fd, data.data + at, data.len - at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return STATUS_IO;
        at += (size_t)put;
    }
    return STATUS_OK;
}

static enum status write_and_sync(int fd, struct bytes data)
{
    enum status status = write_all(fd, data);
    if (status == STATUS_OK && fsync(fd) != 0)
        status = STATUS_IO;
    int code = errno;
    if (close(fd) != 0 && status == STATUS_OK)
        return STATUS_IO;
    errno = code;
    return status;
}

enum status io_write_file(struct str path, struct bytes data, struct err *err)
{
    struct path name;
    char temp[PATH_BYTES_MAX + 16];
    if (path_set(&name, path, err))
        return err->status;
    (void)snprintf(temp, sizeof(temp), "%s.XXXXXX", name.text);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return io_error(err, "write", name.text);
    mode_t mask = umask(0);
    (void)umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
    if (write_and_sync(fd, data) != STATUS_OK || rename(temp, name.text) != 0) {
        enum status status = io_error(err, "write", name.text);
        (void)unlink(temp);
        return status;
    }
    return STATUS_OK;
}

enum status io_rename(struct str to, struct str from, struct err *err)
{
    struct path source;
    struct path target;
    if (path_set(&source, from, err) || path_set(&target, to, err))
        return err->status;
    return rename(source.text, target.text) == 0 ? STATUS_OK : io_error(err, "rename", source.text);
}

enum { COPY_BYTES_MAX = 1 << 30 };

enum status io_copy_file(struct str to, struct str from, struct err *err)
{
    struct arena scratch;
    struct bytes data = {0};
    arena_init(&scratch);
    enum status status = io_read_file(&data, &scratch, from, COPY_BYTES_MAX, err);
    if (status == STATUS_OK)
        status = io_write_file(to, data, err);
    arena_release(&scratch);
    return status;
}

static enum status make_dir(struct str path, struct err *err)
{
    struct path name;
    if (path_set(&name, path, err))
        return err->status;
    if (mkdir(name.text, 0777) != 0 && errno != EEXIST)
        return io_error(err, "create directory", name.text);
    return STATUS_OK;
}

enum status io_make_dirs(struct str path, struct err *err)
{
    for (size_t i = 1; i <= path.len; i++) {
        bool ends_here = i == path.len || path.data[i] == '/';
        if (ends_here && make_dir(str_slice(path, 0, i), err))
            return err->status;
    }
    if (!io_is_dir(path))
        return err_set(err, STATUS_IO, "%.*s is not a directory", STR_ARGS(path));
    return STATUS_OK;
}

enum status io_make_temp_dir(struct str *out, struct arena *arena, const char *prefix,
                             struct err *err)
{
    const char *base = getenv("TMPDIR");
    if (!base || base[0] != '/')
        base = "/tmp";
    struct str dir = str_format(arena, "%s/%s-XXXXXX", base, prefix);
    char *data = arena_alloc(arena, dir.len + 1, 1);
    memcpy(data, dir.data, dir.len);
    if (!mkdtemp(data))
        return io_error(err, "create a directory below", base);
    *out = (struct str){data, dir.len};
    return STATUS_OK;
}

enum status io_remove_tree(struct str path, struct err *err)
{
    struct path name;
    if (path_set(&name, path, err))
        return err->status;
    errno = remove_tree(name.text);
    return errno ? io_error(err, "remove", name.text) : STATUS_OK;
}

/* Directories still to read are a queue, so a deep tree costs no stack. */
struct listing {
    struct arena *arena;
    struct str root;
    struct str *paths;
    size_t len;
    size_t cap;
    struct str *dirs;
    size_t dir_count;
    size_t dir_cap;
    size_t max;
};

static enum status list_entry(struct listing *listing, struct str path, struct err *err)
{
    struct stat info;
    const char *full = io_join(listing->arena, listing->root, path).data;
    if (lstat(full, &info) != 0)
        return io_error(err, "read", full);
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))
        return err_set(err, STATUS_FORMAT, "%s is neither a file nor a directory", full);
    /* Directories are bounded apart: empty ones are no files, but as long a walk. */
    size_t count = S_ISDIR(info.st_mode) ? listing->dir_count : listing->len;
    if (count >= listing->max) {
        return err_set(err, STATUS_LIMIT, "more than %zu files below %.*s", listing->max,
                       STR_ARGS(listing->root));
    }
    if (S_ISDIR(info.st_mode)) {
        ARENA_PUSH(listing->arena, listing->dirs, listing->dir_count, listing->dir_cap, path);
    } else {
        ARENA_PUSH(listing->arena, listing->paths, listing->len, listing->cap, path);
    }
    return STATUS_OK;
}

static enum status list_dir(struct listing *listing, struct str below, struct err *err)
{
    const char *full = io_join(listing->arena, listing->root, below).data;
    DIR *dir = opendir(full);
    if (!dir)
        return io_error(err, "open directory", full);
    enum status status = STATUS_OK;
    const struct dirent *entry = NULL;
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL) {
        struct str name = str_from(entry->d_name);
        if (str_equal(name, STR(".")) || str_equal(name, STR("..")))
            continue;
        status = list_entry(listing, io_join(listing->arena, below, name), err);
    }
    (void)closedir(dir);
    return status;
}

static int order_paths(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

enum status io_list_files(struct str **out, size_t *out_len, struct arena *arena, struct str dir,
                          size_t max, struct err *err)
{
    struct listing listing = {.arena = arena, .root = dir, .max = max};
    struct str top = {"", 0};
    ARENA_PUSH(arena, listing.dirs, listing.dir_count, listing.dir_cap, top);
    for (size_t i = 0; i < listing.dir_count; i++) {
        if (list_dir(&listing, listing.dirs[i], err))
            return err->status;
    }
    if (listing.len)
        qsort(listing.paths, listing.len, sizeof(*listing.paths), order_paths);
    *out = listing.paths;
    *out_len = listing.len;
    return STATUS_OK;
}

struct str io_read_small(char *text, size_t size, const char *path)
{
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && len < size - 1) {
        ssize_t got = read(fd, text + len, size - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (fd >= 0)
        (void)close(fd);
    text[len] = '\0';
    return (struct str){text, len};
}

static bool has_mode(struct str path, mode_t mode)
{
    struct path name;
    struct stat info;
    struct err err;
    return path_set(&name, path, &err) == STATUS_OK && stat(name.text, &info) == 0 &&
           (info.st_mode & S_IFMT) == mode;
}

bool io_is_file(struct str path)
{
    return has_mode(path, S_IFREG);
}

bool io_is_dir(struct str path)
{
    return has_mode(path, S_IFDIR);
}

struct str io_join(struct arena *arena, struct str a, struct str b)
{
    if (a.len == 0 || (b.len > 0 && b.data[0] == '/'))
        return str_copy(arena, b);
    if (b.len == 0)
        return str_copy(arena, a);
    const char *slash = a.data[a.len - 1] == '/' ? "" : "/";
    return str_format(arena, "%.*s%s%.*s", STR_ARGS(a), slash, STR_ARGS(b));
}

enum status io_absolute(struct str *out, struct arena *arena, struct str path, struct err *err)
{
    char here[PATH_BYTES_MAX];
    if (path.len > 0 && path.data[0] == '/') {
        *out = str_copy(arena, path);
        return STATUS_OK;
    }
    if (!getcwd(here, sizeof(here)))
        return io_error(err, "find", "the working directory");
    *out = io_join(arena, str_from(here), path);
    return STATUS_OK;
}

enum status io_real(struct str *out, struct arena *arena, struct str path, struct err *err)
{
    struct path named;
    char real[PATH_BYTES_MAX];
    if (path_set(&named, path, err))
        return err->status;
    if (!realpath(named.text, real))
        return io_error(err, "find", named.text);
    *out = str_copy(arena, str_from(real));
    return STATUS_OK;
}
