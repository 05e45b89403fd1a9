#include "gate/harness/repo_jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/process.h"
#include "gate/harness/repo.h"

enum { STEP_MS = 100, CPU_SECONDS_MAX = 300 };

/* A tree of a million files takes minutes on a slow disk. */
#define JAIL_NS (900 * NS_PER_SECOND)

#ifndef __SANITIZE_ADDRESS__
/* Packs are mapped in windows (repo.c), so this is plenty for any tree within the limits. */
#define JAIL_MEMORY_BYTES (4ULL << 30)
#endif

static void set_limit(enum __rlimit_resource resource, uint64_t value)
{
    struct rlimit limit = {value, value};
    (void)setrlimit(resource, &limit);
}

static void set_limits(void)
{
    /* memgate ignores it; here death is the answer that is looked for. */
    (void)signal(SIGXFSZ, SIG_DFL);
    set_limit(RLIMIT_CPU, CPU_SECONDS_MAX);
    set_limit(RLIMIT_FSIZE, REPO_BLOB_BYTES_MAX);
    set_limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__
    /* The sanitizer maps terabytes. */
    set_limit(RLIMIT_AS, JAIL_MEMORY_BYTES);
#endif
}

static void write_whole(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno != EINTR)
            return;
        if (put > 0) {
            at += put;
            len -= (size_t)put;
        }
    }
}

static NORETURN void run_inside(enum status (*work)(void *ctx, struct err *err), void *ctx,
                                pid_t parent, int fd)
{
    struct err result = {.status = STATUS_OK};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    set_limits();
    result.status = work(ctx, &result);
    write_whole(fd, &result, sizeof(result));
    _exit(0);
}

/* Reads the child's result; false when it ended without one. */
static bool read_result(int fd, struct err *result)
{
    char *data = (char *)result;
    uint64_t deadline_ns = clock_now_ns() + JAIL_NS;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t len = 0;
    while (len < sizeof(*result) && clock_now_ns() < deadline_ns && !process_interrupted()) {
        if (poll(&wait, 1, STEP_MS) <= 0)
            continue;
        ssize_t got = read(fd, data + len, sizeof(*result) - len);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        len += got > 0 ? (size_t)got : 0;
    }
    return len == sizeof(*result);
}

static enum status explain_death(int status, struct err *err)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (process_interrupted())
        return err_set(err, STATUS_INTERRUPTED, "interrupted by signal %d", process_interrupted());
    if (number == SIGXCPU || number == SIGKILL)
        return err_set(err, STATUS_CHILD, "git tree: export took too long or too much memory");
    if (number == SIGXFSZ) {
        return err_set(err, STATUS_CHILD, "git tree: a file is larger than %llu bytes",
                       REPO_BLOB_BYTES_MAX);
    }
    return err_set(err, STATUS_CHILD, "git tree: export died (signal %d); out of memory?", number);
}

enum status jail_run(enum status (*work)(void *ctx, struct err *err), void *ctx, struct err *err)
{
    int channel[2];
    int status = 0;
    struct err result = {0};
    pid_t self = getpid();
    if (pipe2(channel, O_CLOEXEC) != 0)
        return err_set(err, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        run_inside(work, ctx, self, channel[1]);
    int code = errno;
    (void)close(channel[1]);
    if (pid < 0) {
        (void)close(channel[0]);
        return err_set(err, STATUS_IO, "cannot fork: %s", strerror(code));
    }
    bool has_result = read_result(channel[0], &result);
    (void)close(channel[0]);
    if (!has_result)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!has_result)
        return explain_death(status, err);
    if (result.status != STATUS_OK)
        *err = result;
    return result.status;
}
