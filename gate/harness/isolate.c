#include "gate/harness/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/harness/process.h"

#define WHAT_TO_DO                                                                                 \
    "; run memgate as root, or let users make namespaces (sysctl user.max_user_namespaces, "       \
    "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; in a "        \
    "container --privileged), or leave --isolate out"

static enum status refuse(const char *what, struct err *err)
{
    /* The kernel says so when a limit of user.max_*_namespaces is reached. */
    const char *why = errno == ENOSPC ? "no more of them are allowed" : strerror(errno);
    return err_set(err, STATUS_INVALID, "cannot %s: %s" WHAT_TO_DO, what, why);
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int code = errno;
    (void)close(fd);
    errno = code;
    return ok;
}

/* Who we are outside; a kernel before 3.19 has no file to deny setgroups in. */
static bool map_ids(uid_t uid, gid_t gid)
{
    char users[64];
    char groups[64];
    (void)snprintf(users, sizeof(users), "%u %u 1", (unsigned)uid, (unsigned)uid);
    (void)snprintf(groups, sizeof(groups), "%u %u 1", (unsigned)gid, (unsigned)gid);
    bool denied = write_text("/proc/self/setgroups", "deny") || errno == ENOENT;
    return denied && write_text("/proc/self/uid_map", users) &&
           write_text("/proc/self/gid_map", groups);
}

/* The files of a process that cannot be dumped belong to root, its maps too. */
static enum status unshare_user(struct err *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int dumpable = prctl(PR_GET_DUMPABLE);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return refuse("make a user and a network namespace", err);
    (void)prctl(PR_SET_DUMPABLE, 1);
    bool mapped = map_ids(uid, gid);
    int code = errno;
    (void)prctl(PR_SET_DUMPABLE, dumpable > 0 ? dumpable : 0);
    errno = code;
    return mapped ? STATUS_OK : refuse("map our user into the namespace", err);
}

static enum status raise_loopback(struct err *err)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse("make a socket", err);
    bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    int code = errno;
    (void)close(fd);
    errno = code;
    return up ? STATUS_OK : refuse("bring up the loopback of the namespace", err);
}

enum status isolate_enter(struct record_isolation *out, struct err *err)
{
    struct record_isolation isolation = {.network = true, .process = true};
    if (unshare(CLONE_NEWNET) != 0) {
        if (errno != EPERM)
            return refuse("make a network namespace", err);
        if (unshare_user(err))
            return err->status;
        isolation.user = true;
    }
    if (raise_loopback(err))
        return err->status;
    *out = isolation;
    return STATUS_OK;
}

/* With a program that is not there: all that comes before its execution must have worked. */
static enum status try_process(struct err *err)
{
    static const char *const argv[] = {"/proc/none", NULL};
    static const char *const env[] = {NULL};
    const struct process_spec spec = {.argv = argv, .env = env, .apart = true};
    static struct err why;
    struct process process = {0};
    enum status status = process_start(&process, &spec, &why);
    process_release(&process);
    if (status == STATUS_CHILD)
        return STATUS_OK;
    return err_set(err, STATUS_INVALID,
                   "cannot start a program in a process namespace: %s" WHAT_TO_DO, why.text);
}

static NORETURN void try_in_child(int fd)
{
    static struct err err;
    struct record_isolation ignored = {0};
    if (isolate_enter(&ignored, &err) || try_process(&err))
        (void)!write(fd, err.text, strlen(err.text));
    _exit(0);
}

/* What the child wrote: nothing when all went well. */
static size_t read_answer(int fd, char *text, size_t size)
{
    size_t len = 0;
    while (len < size - 1) {
        ssize_t got = read(fd, text + len, size - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    text[len] = '\0';
    return len;
}

enum status isolate_try(struct err *err)
{
    static char text[ERR_TEXT_BYTES_MAX];
    int answer[2];
    int status = 0;
    if (pipe2(answer, O_CLOEXEC) != 0)
        return err_set(err, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        try_in_child(answer[1]);
    (void)close(answer[1]);
    size_t len = pid > 0 ? read_answer(answer[0], text, sizeof(text)) : 0;
    (void)close(answer[0]);
    if (pid < 0)
        return err_set(err, STATUS_IO, "cannot fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (process_interrupted())
        return process_interruption(err);
    if (len > 0)
        return err_set(err, STATUS_INVALID, "%s", text);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, STATUS_INVALID, "the child that tried it was killed");
    return STATUS_OK;
}
