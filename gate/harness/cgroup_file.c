#include "gate/harness/cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gate/base/io.h"

const char *cgroup_file_path(struct cgroup_path *out, struct str dir, const char *name)
{
    (void)snprintf(out->text, sizeof(out->text), "%.*s/%s", STR_ARGS(dir), name);
    return out->text;
}

bool cgroup_file_write(struct str dir, const char *name, const char *value)
{
    struct cgroup_path path;
    int fd = open(cgroup_file_path(&path, dir, name), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t put = write(fd, value, strlen(value));
    int code = errno;
    (void)close(fd);
    errno = code;
    return put == (ssize_t)strlen(value);
}

struct str cgroup_file_read(struct cgroup_text *out, struct str dir, const char *name)
{
    struct cgroup_path path;
    return str_trim(
        io_read_small(out->text, sizeof(out->text), cgroup_file_path(&path, dir, name)));
}

enum status cgroup_file_refuse(struct str dir, const char *name, struct err *err)
{
    return err_set(err, STATUS_INVALID, "cannot write %.*s/%s: %s" CGROUP_WHAT_TO_DO, STR_ARGS(dir),
                   name, strerror(errno));
}
