#include "gate/harness/process_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/pinning.h"
#include "gate/harness/process_tree.h"

/* Where a keeper has its descriptors; 0 to 2 are /dev/null. */
enum { FD_SOCKET = 3, FD_OUTPUT = 4, FD_FIRST_FREE = 5, FD_OUT_OF_THE_WAY = 16 };

/* Between two looks at what is still alive. */
enum { ROUND_MS = 5 };

/* For kernels before 5.11, which cannot close a range of descriptors. */
enum { FD_MAX_BY_HAND = 4096 };

struct keeper {
    const struct cgroup *group;
    pid_t service;
    bool stopping;
    uint64_t kill_at_ns; /* when patience ends */
    uint64_t give_up_at_ns;
};

static void send_note(enum keeper_word word, int value, uint64_t ns)
{
    struct keeper_note note;
    memset(&note, 0, sizeof(note));
    note.word = word;
    note.value = value;
    note.ns = ns;
    (void)!send(FD_SOCKET, &note, sizeof(note), MSG_NOSIGNAL);
}

static void close_from(unsigned first)
{
    if (close_range(first, ~0U, 0) == 0)
        return;
    for (int fd = (int)first; fd < FD_MAX_BY_HAND; fd++)
        (void)close(fd);
}

static bool place_descriptors(const struct keeper_start *start)
{
    int null_fd = open("/dev/null", O_RDWR);
    int socket_fd = fcntl(start->socket_fd, F_DUPFD, FD_OUT_OF_THE_WAY);
    int output_fd = fcntl(start->output_fd, F_DUPFD, FD_OUT_OF_THE_WAY);
    if (null_fd < 0 || socket_fd < 0 || output_fd < 0)
        return false;
    for (int fd = 0; fd <= 2; fd++)
        (void)dup2(null_fd, fd);
    (void)dup2(socket_fd, FD_SOCKET);
    (void)dup2(output_fd, FD_OUTPUT);
    close_from(FD_FIRST_FREE);
    return true;
}

static void set_handler(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static void notice_child(int number)
{
    (void)number;
}

/* The keeper outlives what ends memgate, so that it can clean up after it. */
static void set_keeper_signals(void)
{
    static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGPIPE,
                                  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
    sigset_t blocked;
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        set_handler(ignored[i], SIG_IGN);
    set_handler(SIGCHLD, notice_child);
    /* SIGCHLD arrives in ppoll alone: nothing is missed between a look and a wait. */
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Ignored signals and the mask survive exec: a Go program would never see its SIGTERM. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < SIGRTMIN; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            set_handler(number, SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static NORETURN void service_refuse(enum keeper_word word, int report_fd)
{
    struct keeper_note note;
    memset(&note, 0, sizeof(note));
    note.word = word;
    note.value = errno;
    (void)!write(report_fd, &note, sizeof(note));
    _exit(127);
}

/* execve takes no const for historical reasons and changes nothing. */
static char *const *as_vector(const char *const *vector)
{
    union {
        const char *const *from;
        char *const *to;
    } view = {.from = vector};
    return view.to;
}

static bool open_stdout(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 && dup2(fd, 1) == 1;
}

static NORETURN void service_run(const struct keeper_start *start, pid_t keeper, int report_fd)
{
    struct rlimit no_core = {0, 0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper)
        _exit(127);
    (void)setsid();
    (void)setrlimit(RLIMIT_CORE, &no_core);
    reset_signals();
    (void)dup2(FD_OUTPUT, 1);
    (void)dup2(FD_OUTPUT, 2);
    (void)close(FD_SOCKET);
    (void)close(FD_OUTPUT);
    if (start->group && !cgroup_enter(start->group))
        service_refuse(KEEPER_NO_GROUP, report_fd);
    if (start->cpus && !pinning_enter(start->cpus))
        service_refuse(KEEPER_NO_CPUS, report_fd);
    if (chdir(start->dir) != 0)
        service_refuse(KEEPER_NO_DIR, report_fd);
    if (start->stdout_file && !open_stdout(start->stdout_file))
        service_refuse(KEEPER_NO_STDOUT, report_fd);
    (void)execve(start->file, as_vector(start->argv), as_vector(start->env));
    service_refuse(KEEPER_NO_EXEC, report_fd);
}

/* The pipe closes by itself when exec succeeds. */
static bool await_exec(int report_fd, struct keeper_note *refusal)
{
    ssize_t got = 0;
    do {
        got = read(report_fd, refusal, sizeof(*refusal));
    } while (got < 0 && errno == EINTR);
    return got != (ssize_t)sizeof(*refusal);
}

static bool start_service(struct keeper *keeper, const struct keeper_start *start)
{
    int report[2];
    struct keeper_note refusal;
    pid_t self = getpid();
    if (pipe2(report, O_CLOEXEC) != 0)
        return false;
    keeper->service = fork();
    if (keeper->service == 0)
        service_run(start, self, report[1]);
    int code = errno;
    (void)close(report[1]);
    if (keeper->service < 0) {
        send_note(KEEPER_NO_EXEC, code, 0);
        return false;
    }
    bool started = await_exec(report[0], &refusal);
    (void)close(report[0]);
    if (!started) {
        send_note(refusal.word, refusal.value, 0);
        return false;
    }
    send_note(KEEPER_STARTED, (int)keeper->service, 0);
    return true;
}

static uint64_t reaped_cpu_ns(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) != 0)
        return 0;
    uint64_t seconds = (uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec;
    uint64_t micros = (uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec;
    return seconds * NS_PER_SECOND + micros * 1000;
}

/* False when there is no child left. */
static bool reap(const struct keeper *keeper)
{
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0)
            return errno != ECHILD;
        if (pid == 0)
            return true;
        if (pid == keeper->service)
            send_note(KEEPER_ENDED, status, reaped_cpu_ns());
    }
}

/*
 * What starts faster than one round kills would win for ever, so all
 * are stopped first: a stopped process starts nothing.
 */
static void kill_all(void)
{
    enum { FREEZE_ROUNDS_MAX = 16 };
    size_t before = 0;
    size_t count = tree_signal(getpid(), SIGSTOP);
    for (int i = 0; i < FREEZE_ROUNDS_MAX && count > before; i++) {
        before = count;
        count = tree_signal(getpid(), SIGSTOP);
    }
    (void)tree_signal(getpid(), SIGKILL);
}

static void stop(struct keeper *keeper, uint64_t grace_ns)
{
    uint64_t at_ns = clock_now_ns() + grace_ns;
    if (!keeper->stopping) {
        (void)tree_signal(getpid(), SIGTERM);
        /* A stopped process cannot act on SIGTERM. */
        (void)tree_signal(getpid(), SIGCONT);
    }
    if (!keeper->stopping || at_ns < keeper->kill_at_ns) {
        keeper->kill_at_ns = at_ns;
        keeper->give_up_at_ns = at_ns + KEEPER_KILL_NS;
    }
    keeper->stopping = true;
}

static void listen_to_memgate(struct keeper *keeper)
{
    struct keeper_note note;
    ssize_t got = recv(FD_SOCKET, &note, sizeof(note), MSG_DONTWAIT);
    if (got == (ssize_t)sizeof(note) && note.word == KEEPER_STOP) {
        stop(keeper, note.ns);
    } else if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        stop(keeper, 0);
    }
}

/* Sleeps until a child ends, memgate speaks or the next step is due. */
static void keeper_wait(struct keeper *keeper)
{
    struct pollfd socket = {.fd = FD_SOCKET, .events = POLLIN};
    struct timespec round = {.tv_nsec = ROUND_MS * (long)NS_PER_MS};
    sigset_t open_mask;
    (void)sigemptyset(&open_mask);
    if (ppoll(&socket, 1, keeper->stopping ? &round : NULL, &open_mask) > 0)
        listen_to_memgate(keeper);
}

static void keeper_loop(struct keeper *keeper)
{
    for (;;) {
        bool alive = reap(keeper);
        uint64_t now_ns = clock_now_ns();
        if (keeper->stopping && (!alive || now_ns >= keeper->give_up_at_ns)) {
            if (keeper->group && !alive)
                (void)cgroup_remove(keeper->group);
            send_note(KEEPER_GONE, alive, reaped_cpu_ns());
            return;
        }
        if (keeper->stopping && now_ns >= keeper->kill_at_ns)
            kill_all();
        keeper_wait(keeper);
    }
}

/* Changes to mounts stay in our own mount namespace; the old /proc would show, and name, others. */
static bool mount_proc(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static bool prepare(const struct keeper_start *start)
{
    if (!place_descriptors(start))
        return false;
    if (start->is_first && !mount_proc()) {
        send_note(KEEPER_NO_PROC, errno, 0);
        return false;
    }
    return true;
}

void keeper_run(const struct keeper_start *start)
{
    struct keeper keeper = {.group = start->group};
    (void)setsid();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    set_keeper_signals();
    if (!prepare(start) || !start_service(&keeper, start))
        _exit(1);
    (void)close(FD_OUTPUT);
    keeper_loop(&keeper);
    _exit(0);
}
