#include "gate/harness/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/process_keeper.h"
#include "gate/harness/process_output.h"
#include "gate/harness/process_tree.h"

enum { STEP_MS = 100, ORPHAN_STEP_MS = 5, PIPE_BYTES = 1024 * 1024 };

/* After the keeper's own KEEPER_KILL_NS. */
#define ORPHAN_KILL_NS (5 * NS_PER_SECOND)

/* How long the child may take to be executed; forking a large process on a busy machine is slow. */
#define START_NS (30 * NS_PER_SECOND)

/* Somebody waits at the terminal: nobody is given more than this to end. */
#define INTERRUPTED_GRACE_NS NS_PER_SECOND

/* Over what the kernel does by itself (0): when memory is short, memgate lives to say so. */
#define OOM_SCORE "500"

/* Keepers that live, of the thread that starts processes; kill_orphans must not take them. */
struct keeper_entry {
    pid_t pid;
    struct process *process;
    uint64_t started_ticks;
};

static struct keeper_entry keepers[PROCESS_LIVE_MAX];

/* The entry of a keeper, or with 0 an entry to use. */
static struct keeper_entry *find_keeper(pid_t pid)
{
    for (size_t i = 0; i < ARRAY_LEN(keepers); i++) {
        if (keepers[i].pid == pid)
            return &keepers[i];
    }
    return NULL;
}

/* Where PATH has the program; names with a slash are taken as they are. */
static enum status find_program(struct str *out, struct arena *arena, struct str name,
                                struct err *err)
{
    struct str rest = str_from(getenv("PATH"));
    struct str dir;
    if (name.len == 0)
        return err_set(err, STATUS_USAGE, "no program is named");
    if (str_find(name, '/') >= 0) {
        *out = str_copy(arena, name);
        return STATUS_OK;
    }
    while (str_split(&rest, ':', &dir)) {
        /* An empty or relative part would run what lies in the tree under test. */
        if (dir.len == 0 || dir.data[0] != '/')
            continue;
        struct str path = io_join(arena, dir, name);
        if (io_is_file(path) && access(path.data, X_OK) == 0) {
            *out = path;
            return STATUS_OK;
        }
    }
    return err_set(err, STATUS_NOT_FOUND, "%.*s is not in PATH", STR_ARGS(name));
}

static void close_pair(const int pair[2])
{
    (void)close(pair[0]);
    (void)close(pair[1]);
}

struct channels {
    int output[2];
    int socket[2];
};

static enum status open_channels(struct channels *channels, struct err *err)
{
    if (pipe2(channels->output, O_CLOEXEC) != 0)
        return err_set(err, STATUS_IO, "cannot make a pipe: %s", strerror(errno));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channels->socket) != 0) {
        int code = errno;
        close_pair(channels->output);
        return err_set(err, STATUS_IO, "cannot make a socket: %s", strerror(code));
    }
    (void)fcntl(channels->output[0], F_SETFL, O_NONBLOCK);
    /* A talkative program should not wait for our next look. */
    (void)fcntl(channels->output[0], F_SETPIPE_SZ, PIPE_BYTES);
    return STATUS_OK;
}

/* Waits for one packet; false when the keeper is gone or silent. */
static bool receive_note(struct keeper_note *note, int fd, uint64_t timeout_ns)
{
    uint64_t deadline_ns = clock_now_ns() + timeout_ns;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    do {
        if (poll(&wait, 1, STEP_MS) > 0)
            return recv(fd, note, sizeof(*note), MSG_DONTWAIT) == (ssize_t)sizeof(*note);
    } while (clock_now_ns() < deadline_ns);
    return false;
}

/* Of a keeper that counts its processes from 1: ours is another number. */
static pid_t first_below(pid_t keeper)
{
    struct tree tree;
    tree_below(&tree, keeper);
    /* One that has ended at once is noticed as any other end. */
    return tree.len ? tree.pids[0] : keeper;
}

static enum status read_start(struct process *process, const struct process_spec *spec,
                              struct err *err)
{
    struct keeper_note note;
    if (!receive_note(&note, process->keeper_fd, START_NS))
        return err_set(err, STATUS_IO, "%s could not be started", spec->argv[0]);
    if (note.word == KEEPER_NO_DIR) {
        /* The directory was there: the last program that ran in it can have removed it. */
        return err_set(err, STATUS_CHILD, "%s: cannot enter %.*s: %s", spec->argv[0],
                       STR_ARGS(spec->dir), strerror(note.value));
    }
    if (note.word == KEEPER_NO_GROUP) {
        return err_set(err, STATUS_IO, "%s: cannot be put into its control group: %s",
                       spec->argv[0], strerror(note.value));
    }
    if (note.word == KEEPER_NO_PROC) {
        return err_set(err, STATUS_IO, "%s: cannot be given a /proc of its own: %s", spec->argv[0],
                       strerror(note.value));
    }
    if (note.word == KEEPER_NO_CPUS) {
        return err_set(err, STATUS_IO, "%s: cannot be held on its CPUs: %s", spec->argv[0],
                       strerror(note.value));
    }
    if (note.word == KEEPER_NO_STDOUT) {
        return err_set(err, STATUS_IO, "%s: cannot write its output to %.*s: %s", spec->argv[0],
                       STR_ARGS(spec->stdout_file), strerror(note.value));
    }
    if (note.word == KEEPER_NO_EXEC) {
        return err_set(err, STATUS_CHILD, "cannot execute %s: %s", spec->argv[0],
                       strerror(note.value));
    }
    process->pid = spec->apart ? first_below(process->keeper) : note.value;
    return STATUS_OK;
}

static void raise_oom_score(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, OOM_SCORE, strlen(OOM_SCORE));
    (void)close(fd);
}

/* What fork does, into a namespace of processes and one of mounts. */
static pid_t fork_apart(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0L, NULL, NULL, 0L);
}

static enum status fork_keeper(struct process *process, struct keeper_start *start, struct err *err)
{
    struct channels channels;
    struct tree_stat stat;
    struct keeper_entry *entry = find_keeper(0);
    if (!entry)
        return err_set(err, STATUS_LIMIT, "more than %d programs at once", PROCESS_LIVE_MAX);
    if (open_channels(&channels, err))
        return err->status;
    start->socket_fd = channels.socket[1];
    start->output_fd = channels.output[1];
    process->started_ns = clock_now_ns();
    pid_t pid = start->is_first ? fork_apart() : fork();
    if (pid == 0)
        keeper_run(start);
    int code = errno;
    (void)close(channels.socket[1]);
    (void)close(channels.output[1]);
    if (pid < 0) {
        (void)close(channels.socket[0]);
        (void)close(channels.output[0]);
        return err_set(err, STATUS_IO, "cannot fork: %s", strerror(code));
    }
    *entry = (struct keeper_entry){.pid = pid, .process = process};
    if (tree_read_stat(&stat, pid))
        entry->started_ticks = stat.started_ticks;
    process->keeper = pid;
    process->keeper_fd = channels.socket[0];
    process->output_fd = channels.output[0];
    return STATUS_OK;
}

enum status process_start(struct process *process, const struct process_spec *spec, struct err *err)
{
    struct arena scratch;
    struct str file = {0};
    *process = (struct process){.output_fd = -1, .keeper_fd = -1};
    output_init(&process->output);
    process->output.on_output = spec->on_output;
    process->output.ctx = spec->output_ctx;
    process->group = spec->group;
    arena_init(&scratch);
    enum status status = find_program(&file, &scratch, str_from(spec->argv[0]), err);
    if (status == STATUS_OK) {
        struct keeper_start start = {
            .file = file.data,
            .argv = spec->argv,
            .env = spec->env,
            .dir = str_text(&scratch, spec->dir.len ? spec->dir : STR(".")),
            .cpus = spec->cpus,
            .group = spec->group,
            .is_first = spec->apart,
            .stdout_file = spec->stdout_file.len ? str_text(&scratch, spec->stdout_file) : NULL,
        };
        status = fork_keeper(process, &start, err);
    }
    if (status == STATUS_OK) {
        status = read_start(process, spec, err);
        if (status == STATUS_OK) {
            raise_oom_score(process->pid);
        } else {
            process_end(process, 0);
        }
    }
    arena_release(&scratch);
    return status;
}

static void note_end(struct process *process, int exit_status)
{
    if (process->ended)
        return;
    process->pid = 0;
    process->ended = true;
    process->exit_status = exit_status;
    if (process->group && cgroup_was_out_of_memory(process->group))
        process->oom_limit_bytes = process->group->memory_bytes;
    process->ended_ns = clock_now_ns();
}

/* Who has the last word between memgate and a keeper; a lost one left something behind. */
enum keeper_state { KEEPER_WORKS, KEEPER_FINISHED, KEEPER_LOST };

/* Takes what the keeper has said. */
static enum keeper_state read_notes(struct process *process)
{
    struct keeper_note note;
    for (;;) {
        ssize_t got = recv(process->keeper_fd, &note, sizeof(note), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return KEEPER_WORKS;
        if (got != (ssize_t)sizeof(note))
            return KEEPER_LOST;
        if (note.word == KEEPER_ENDED || note.word == KEEPER_GONE)
            process->reaped_cpu_ns = note.ns;
        if (note.word == KEEPER_ENDED)
            note_end(process, note.value);
        if (note.word == KEEPER_GONE)
            return note.value ? KEEPER_LOST : KEEPER_FINISHED;
    }
}

void process_poll(struct process *process)
{
    if (process->keeper == 0)
        return;
    /* First the end, then the output: what it wrote before its end is in the pipe by then. */
    if (read_notes(process) == KEEPER_LOST) {
        /* Killed, and the program with it. */
        note_end(process, SIGKILL);
    }
    output_drain(&process->output, &process->output_fd);
}

void process_poll_all(void)
{
    for (size_t i = 0; i < ARRAY_LEN(keepers); i++) {
        if (keepers[i].pid)
            process_poll(keepers[i].process);
    }
}

/* Sleeps until something happens to the process, at most a step. */
static void wait_step(const struct process *process, uint64_t rest_ns)
{
    struct pollfd waits[] = {
        {.fd = process->output_fd, .events = POLLIN},
        {.fd = process->keeper_fd, .events = POLLIN},
    };
    uint64_t step_ms = rest_ns / NS_PER_MS + 1;
    (void)poll(waits, ARRAY_LEN(waits), step_ms < STEP_MS ? (int)step_ms : STEP_MS);
}

enum process_sleep process_sleep(const struct process *process, int other_fd, uint64_t most_ns)
{
    struct pollfd waits[] = {
        {.fd = other_fd, .events = POLLIN},
        {.fd = process->output_fd, .events = POLLIN},
        {.fd = process->keeper_fd, .events = POLLIN},
    };
    if (poll(waits, ARRAY_LEN(waits), (int)(most_ns / NS_PER_MS)) <= 0)
        return PROCESS_SLEEP_DONE;
    if (waits[0].revents & (POLLHUP | POLLERR | POLLNVAL))
        return PROCESS_SLEEP_OTHER_ENDED;
    return waits[0].revents ? PROCESS_SLEEP_OTHER : PROCESS_SLEEP_DONE;
}

enum status process_wait(struct process *process, uint64_t timeout_ns, struct err *err)
{
    uint64_t started_ns = clock_now_ns();
    for (;;) {
        process_poll(process);
        uint64_t waited_ns = clock_now_ns() - started_ns;
        if (process->ended)
            return STATUS_OK;
        if (process_interrupted())
            return process_interruption(err);
        if (waited_ns >= timeout_ns) {
            return err_set(err, STATUS_CHILD, "still running after %.1f s",
                           (double)waited_ns / (double)NS_PER_SECOND);
        }
        wait_step(process, timeout_ns - waited_ns);
    }
}

static void tell_keeper(const struct process *process, uint64_t grace_ns)
{
    struct keeper_note note;
    memset(&note, 0, sizeof(note));
    note.word = KEEPER_STOP;
    note.ns = grace_ns;
    (void)!send(process->keeper_fd, &note, sizeof(note), MSG_NOSIGNAL);
}

/* Has the keeper end everything; anything but KEEPER_FINISHED means that it could not. */
static enum keeper_state await_keeper(struct process *process, uint64_t grace_ns)
{
    uint64_t deadline_ns = clock_now_ns() + grace_ns + KEEPER_KILL_NS + NS_PER_SECOND;
    bool hurried = process_interrupted() != 0;
    tell_keeper(process,
                hurried && grace_ns > INTERRUPTED_GRACE_NS ? INTERRUPTED_GRACE_NS : grace_ns);
    while (clock_now_ns() < deadline_ns) {
        /* Programs that flush a full pipe before they end need somebody to read it. */
        output_drain(&process->output, &process->output_fd);
        enum keeper_state state = read_notes(process);
        if (state != KEEPER_WORKS)
            return state;
        if (!hurried && process_interrupted()) {
            hurried = true;
            tell_keeper(process, INTERRUPTED_GRACE_NS);
        }
        wait_step(process, NS_PER_SECOND);
    }
    return KEEPER_WORKS;
}

/*
 * A keeper that was killed leaves its processes to us, its subreaper:
 * they are our children, younger than it and no keeper themselves. So
 * does one that gave up; what it could not kill may never be waited for.
 */
static size_t kill_orphans(uint64_t started_ticks)
{
    struct tree tree;
    struct tree_stat stat;
    size_t count = 0;
    tree_below(&tree, getpid());
    for (size_t i = 0; i < tree.len; i++) {
        pid_t pid = tree.pids[i];
        if (!tree_read_stat(&stat, pid) || stat.parent != getpid() ||
            stat.started_ticks < started_ticks || find_keeper(pid))
            continue;
        (void)tree_signal(pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, WNOHANG);
        count++;
    }
    return count;
}

/* False when something is left. */
static bool reap_orphans(uint64_t started_ticks)
{
    uint64_t deadline_ns = clock_now_ns() + ORPHAN_KILL_NS;
    while (kill_orphans(started_ticks) > 0) {
        if (clock_now_ns() > deadline_ns)
            return false;
        (void)poll(NULL, 0, ORPHAN_STEP_MS);
    }
    return true;
}

/* The first process of a namespace goes after all others, and one that cannot go holds it. */
static bool wait_keeper(pid_t keeper)
{
    uint64_t deadline_ns = clock_now_ns() + KEEPER_KILL_NS;
    for (;;) {
        pid_t got = waitpid(keeper, NULL, WNOHANG);
        if (got == keeper || (got < 0 && errno != EINTR))
            return true;
        if (clock_now_ns() > deadline_ns)
            return false;
        (void)poll(NULL, 0, 1);
    }
}

/* False when something of the program is left. */
static bool reap_keeper(const struct process *process, bool has_finished)
{
    struct keeper_entry *entry = find_keeper(process->keeper);
    if (!has_finished)
        (void)kill(process->keeper, SIGKILL);
    has_finished = wait_keeper(process->keeper) && has_finished;
    uint64_t started_ticks = entry->started_ticks;
    *entry = (struct keeper_entry){0};
    return has_finished || reap_orphans(started_ticks);
}

void process_end(struct process *process, uint64_t grace_ns)
{
    if (process->keeper == 0)
        return;
    bool was_running = process->pid != 0 && !process->ended;
    bool has_finished = await_keeper(process, grace_ns) == KEEPER_FINISHED;
    process->has_survivors = !reap_keeper(process, has_finished);
    if (process->group)
        (void)cgroup_remove(process->group);
    process->keeper = 0;
    process->stopped = was_running;
    note_end(process, SIGKILL);
    output_drain(&process->output, &process->output_fd);
    if (process->output_fd >= 0)
        (void)close(process->output_fd);
    (void)close(process->keeper_fd);
    process->output_fd = -1;
    process->keeper_fd = -1;
}

void process_release(struct process *process)
{
    process_end(process, 0);
    output_release(&process->output);
}

uint64_t process_cpu_ns(const struct process *process)
{
    uint64_t now_ns = process->keeper ? tree_cpu_ns(process->keeper) : 0;
    /* The keeper's own count of the dead is exact, /proc gives it in steps of 10 ms. */
    return now_ns > process->reaped_cpu_ns ? now_ns : process->reaped_cpu_ns;
}

uint64_t process_rss_bytes(const struct process *process)
{
    return process->keeper ? tree_rss_bytes(process->keeper) : 0;
}

void process_usage(struct tree_usage *out, const struct process *process, bool with_pss)
{
    *out = (struct tree_usage){0};
    if (process->keeper)
        tree_usage_read(out, process->keeper, with_pss);
}

uint64_t process_peak_rss_bytes(const struct process *process)
{
    return process->keeper ? tree_peak_rss_bytes(process->keeper) : 0;
}
