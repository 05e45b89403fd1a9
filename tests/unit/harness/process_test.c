#include "gate/harness/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "tests/support/check.h"

#define LIMIT_NS   (20 * NS_PER_SECOND)
#define SOON_NS    (15 * NS_PER_SECOND) /* nothing that waits for LIMIT_NS is over by then */
#define SHELL_PATH "PATH=/usr/local/bin:/usr/bin:/bin"

/* Every process that a test starts carries this, so that survivors can be counted. */
static char marker[64];

struct fixture {
    struct arena arena;
    struct err err;
    struct process process;
};

static int setup(void **state)
{
    static unsigned count;
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    arena_init(&fixture->arena);
    (void)snprintf(marker, sizeof(marker), "MEMGATE_TEST=%d-%u", (int)getpid(), ++count);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    process_release(&fixture->process);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static bool is_marked(const char *pid)
{
    char path[300];
    char text[4096];
    (void)snprintf(path, sizeof(path), "/proc/%s/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, sizeof(text));
    (void)close(fd);
    return len > 0 && memmem(text, (size_t)len, marker, strlen(marker) + 1) != NULL;
}

static size_t count_marked(void)
{
    size_t count = 0;
    const struct dirent *entry = NULL;
    DIR *dir = opendir("/proc");
    assert(dir);
    while ((entry = readdir(dir)) != NULL)
        count += is_marked(entry->d_name);
    (void)closedir(dir);
    return count;
}

/* A process that is just being executed shows no environment, hence the deadline. */
static void await_marked(size_t count)
{
    uint64_t deadline_ns = clock_now_ns() + LIMIT_NS;
    while (count_marked() < count)
        assert_true(clock_now_ns() < deadline_ns);
}

static enum status start(struct fixture *fixture, const char *const *argv)
{
    const char *const env[] = {SHELL_PATH, marker, NULL};
    struct process_spec spec = {.argv = argv, .env = env, .dir = STR("/")};
    return process_start(&fixture->process, &spec, &fixture->err);
}

static void start_shell(struct fixture *fixture, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    assert_ok(start(fixture, argv), &fixture->err);
}

static void finish(struct fixture *fixture)
{
    assert_ok(process_wait(&fixture->process, LIMIT_NS, &fixture->err), &fixture->err);
}

static struct str output(struct fixture *fixture)
{
    return process_output_text(&fixture->arena, &fixture->process);
}

/* Waits until the program has said so much, or fails. */
static void await_output(struct fixture *fixture, size_t len)
{
    uint64_t deadline_ns = clock_now_ns() + LIMIT_NS;
    struct pollfd wait = {.events = POLLIN};
    while (fixture->process.output.head.len < len) {
        wait.fd = fixture->process.output_fd;
        (void)poll(&wait, 1, 100);
        process_poll(&fixture->process);
        if (clock_now_ns() > deadline_ns)
            fail_msg("the program said nothing");
    }
}

struct fate_case {
    const char *name;
    const char *script;
    const char *want; /* how the fate starts */
};

static const struct fate_case fate_cases[] = {
    {"success", "exit 0", "exited with status 0 after "},
    {"failure", "exit 3", "exited with status 3 after "},
    {"a signal", "kill -TERM $$", "was killed by signal 15 after "},
    {"the out-of-memory killer's signal", "kill -KILL $$",
     "was killed by signal 9 (out of memory?) after "},
};

static void fate_tells_status_or_signal(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(fate_cases); i++) {
        print_message("%s\n", fate_cases[i].name);
        start_shell(fixture, fate_cases[i].script);
        assert_str(process_fate(&fixture->arena, &fixture->process), "is running");
        finish(fixture);
        struct str fate = process_fate(&fixture->arena, &fixture->process);
        assert_true(str_starts_with(fate, str_from(fate_cases[i].want)));
        assert_true(str_ends_with(fate, STR(" s")));
        process_release(&fixture->process);
    }
}

static void output_holds_both_streams(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "echo one; echo two >&2; echo three");
    finish(fixture);
    assert_str(output(fixture), "one\ntwo\nthree\n");
}

static void output_survives_the_end(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "echo kept");
    finish(fixture);
    process_end(&fixture->process, 0);
    process_end(&fixture->process, 0);
    assert_str(output(fixture), "kept\n");
}

static void output_keeps_head_and_tail_of_a_flood(void **state)
{
    enum { FLOOD_BYTES = 20 * 1024 * 1024 };
    struct fixture *fixture = *state;
    const struct process_output *kept = &fixture->process.output;
    start_shell(fixture, "echo first; yes | head -c 20971508; echo last");
    finish(fixture);
    assert_int_equal(kept->head.len, PROCESS_OUTPUT_HEAD_BYTES_MAX);
    assert_int_equal(kept->tail_len, PROCESS_OUTPUT_TAIL_BYTES_MAX);
    /* "first\n" and "last\n" are 11 bytes, so the flood is one byte short of 20 MiB. */
    assert_int_equal(kept->dropped_bytes, FLOOD_BYTES - 1 - PROCESS_OUTPUT_HEAD_BYTES_MAX -
                                              PROCESS_OUTPUT_TAIL_BYTES_MAX);
    assert_true(str_starts_with(output(fixture), STR("first\ny\n")));
    assert_true(str_ends_with(output(fixture), STR("y\nlast\n")));
    assert_true(str_contains(output(fixture), STR("bytes left out here]")));
}

static void output_tail_gives_prefixed_lines(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "for i in 1 2 3 4 5; do echo line $i; done");
    finish(fixture);
    assert_str(process_output_tail(&fixture->arena, &fixture->process, 2), "| line 4\n| line 5");
    assert_str(process_output_tail(&fixture->arena, &fixture->process, 5),
               "| line 1\n| line 2\n| line 3\n| line 4\n| line 5");
    assert_str(process_output_tail(&fixture->arena, &fixture->process, 99),
               "| line 1\n| line 2\n| line 3\n| line 4\n| line 5");
}

static void output_tail_leaves_gctrace_out(void **state)
{
    struct fixture *fixture = *state;
    start_shell(
        fixture,
        "echo panic: x; for i in 1 2 3; do echo \"gc $i @0.1s 1%: 1+1+1 ms clock, 1+1/1/1+1 "
        "ms cpu, 3->4->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P\"; done; echo gc 4");
    finish(fixture);
    assert_str(process_output_tail(&fixture->arena, &fixture->process, 2), "| panic: x\n| gc 4");
    assert_true(str_contains(output(fixture), STR("gc 3 @0.1s")));
}

static void count_output(void *ctx, const char *data, size_t len)
{
    size_t *lines = ctx;
    for (size_t i = 0; i < len; i++)
        *lines += data[i] == '\n';
}

static void output_is_seen_whole_by_who_asks(void **state)
{
    struct fixture *fixture = *state;
    size_t lines = 0;
    const char *const argv[] = {"sh", "-c", "yes | head -n 5000000", NULL};
    const char *const env[] = {marker, NULL};
    struct process_spec spec = {
        .argv = argv, .env = env, .on_output = count_output, .output_ctx = &lines};
    assert_ok(process_start(&fixture->process, &spec, &fixture->err), &fixture->err);
    finish(fixture);
    assert_true(fixture->process.output.dropped_bytes > 0);
    assert_int_equal(lines, 5000000);
}

static void output_tail_of_silence_is_empty(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, ":");
    finish(fixture);
    assert_str(process_output_tail(&fixture->arena, &fixture->process, 20), "");
}

static void environment_is_only_what_was_given(void **state)
{
    struct fixture *fixture = *state;
    const char *const argv[] = {"env", NULL};
    (void)setenv("MEMGATE_TEST_SECRET", "leaked", 1);
    assert_ok(start(fixture, argv), &fixture->err);
    finish(fixture);
    struct str want = str_format(&fixture->arena, "%s\n%s\n", SHELL_PATH, marker);
    assert_str(output(fixture), want.data);
}

static void descriptors_are_only_the_three(void **state)
{
    struct fixture *fixture = *state;
    int leaked = open("/dev/zero", O_RDONLY);
    assert_true(leaked >= 0);
    /* The shell's own expansion opens the directory itself while it reads it. */
    start_shell(fixture, "for f in /proc/$$/fd/*; do readlink $f; done | grep -v pipe: | sort -u");
    finish(fixture);
    (void)close(leaked);
    assert_false(str_contains(output(fixture), STR("zero")));
    assert_false(str_contains(output(fixture), STR("socket:")));
    assert_true(str_contains(output(fixture), STR("/dev/null")));
}

static void standard_input_is_at_its_end(void **state)
{
    struct fixture *fixture = *state;
    const char *const argv[] = {"cat", NULL};
    assert_ok(start(fixture, argv), &fixture->err);
    finish(fixture);
    assert_int_equal(fixture->process.exit_status, 0);
    assert_str(output(fixture), "");
}

static void signals_are_not_inherited_as_ignored(void **state)
{
    struct fixture *fixture = *state;
    (void)signal(SIGPIPE, SIG_IGN);
    start_shell(fixture, "grep -E '^Sig(Ign|Blk)' /proc/self/status");
    finish(fixture);
    assert_str(output(fixture), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void start_refuses_what_cannot_run(void **state)
{
    struct fixture *fixture = *state;
    const char *const env[] = {NULL};
    const char *const unknown[] = {"no-such-program-here", NULL};
    const char *const text_file[] = {"/etc/passwd", NULL};
    const char *const shell[] = {"sh", NULL};
    struct process_spec spec = {.argv = unknown, .env = env, .dir = STR("/")};
    assert_fails(process_start(&fixture->process, &spec, &fixture->err), STATUS_NOT_FOUND,
                 &fixture->err, "no-such-program-here is not in PATH");
    spec.argv = text_file;
    assert_fails(process_start(&fixture->process, &spec, &fixture->err), STATUS_CHILD,
                 &fixture->err, "cannot execute /etc/passwd: Permission denied");
    spec.argv = shell;
    spec.dir = STR("/no/such/dir");
    assert_fails(process_start(&fixture->process, &spec, &fixture->err), STATUS_CHILD,
                 &fixture->err, "cannot enter /no/such/dir: No such file");
    spec.dir = STR("/");
    spec.stdout_file = STR("/no/such/dir/out");
    assert_fails(process_start(&fixture->process, &spec, &fixture->err), STATUS_IO, &fixture->err,
                 "sh: cannot write its output to /no/such/dir/out: No such file");
    assert_int_equal(fixture->process.pid, 0);
}

struct memory_case {
    const char *name;
    int exit_status; /* as waitpid gives it */
    bool stopped;
    const char *want;
};

static const struct memory_case memory_cases[] = {
    {"all of it was killed", SIGKILL, false,
     "was killed by its memory limit of 512 MiB after 2.0 s"},
    {"a child was killed, and it gave up", 1 << 8, false,
     "exited with status 1 after 2.0 s, when one of its processes was killed by its memory limit of "
     "512 MiB"},
    {"it was ended by us", SIGTERM, true, "was stopped after 2.0 s"},
};

static void a_memory_limit_is_told_as_the_reason(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(memory_cases); i++) {
        const struct memory_case *row = &memory_cases[i];
        const struct process process = {.ended = true,
                                        .stopped = row->stopped,
                                        .exit_status = row->exit_status,
                                        .ended_ns = 2 * NS_PER_SECOND,
                                        .oom_limit_bytes = 512 << 20};
        print_message("%s\n", row->name);
        assert_str(process_fate(&fixture->arena, &process), row->want);
    }
}

static void wait_gives_up_in_time(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "exec sleep 1000");
    uint64_t started_ns = clock_now_ns();
    assert_fails(process_wait(&fixture->process, 20 * NS_PER_MS, &fixture->err), STATUS_CHILD,
                 &fixture->err, "still running after ");
    assert_true(clock_now_ns() - started_ns < SOON_NS);
    process_end(&fixture->process, LIMIT_NS);
    assert_true(str_starts_with(process_fate(&fixture->arena, &fixture->process),
                                STR("was stopped after ")));
    assert_int_equal(count_marked(), 0);
}

static void end_lets_a_polite_program_finish(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.01; done");
    await_output(fixture, 3);
    process_end(&fixture->process, LIMIT_NS);
    assert_true(str_ends_with(output(fixture), STR("bye\n")));
    assert_int_equal(fixture->process.exit_status, 0);
    assert_int_equal(count_marked(), 0);
}

static void end_kills_what_ignores_sigterm(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "trap '' TERM; echo on; while :; do sleep 0.05; done");
    await_output(fixture, 3);
    uint64_t started_ns = clock_now_ns();
    process_end(&fixture->process, 100 * NS_PER_MS);
    uint64_t took_ns = clock_now_ns() - started_ns;
    assert_true(took_ns >= 100 * NS_PER_MS && took_ns < SOON_NS);
    assert_int_equal(WTERMSIG(fixture->process.exit_status), SIGKILL);
    assert_int_equal(count_marked(), 0);
}

/*
 * Ten daemons in sessions of their own with a cleared environment but
 * for the marker, each of which starts two more when it is asked to
 * end, while the program itself is gone already.
 */
static const char daemons[] =
    "cat > \"$0\" <<'END'\n"
    "again() { setsid sh \"$0\" x & setsid sh \"$0\" x & exit; }\n"
    "trap again TERM HUP INT\n"
    "while :; do sleep 0.02; done\n"
    "END\n"
    "for i in 1 2 3 4 5 6 7 8 9 10; do (setsid sh \"$0\" x >/dev/null 2>&1 &) ; done\n"
    "echo up\n";

static void end_kills_daemons_that_start_again(void **state)
{
    struct fixture *fixture = *state;
    char script[] = "/tmp/memgate-daemons-XXXXXX";
    int fd = mkstemp(script);
    assert_true(fd >= 0);
    (void)close(fd);
    const char *const argv[] = {"sh", "-c", daemons, script, NULL};
    assert_ok(start(fixture, argv), &fixture->err);
    await_output(fixture, 3);
    finish(fixture);
    await_marked(10);
    uint64_t started_ns = clock_now_ns();
    process_end(&fixture->process, 200 * NS_PER_MS);
    assert_true(clock_now_ns() - started_ns < SOON_NS);
    (void)unlink(script);
    assert_int_equal(count_marked(), 0);
}

static void end_leaves_the_other_program_alone(void **state)
{
    struct fixture *fixture = *state;
    struct fixture other = {0};
    arena_init(&other.arena);
    start_shell(fixture, "setsid sleep 1000 & exec sleep 1000");
    start_shell(&other, "setsid sleep 1000 & echo on; exec sleep 1000");
    await_output(&other, 3);
    process_end(&fixture->process, LIMIT_NS);
    process_poll(&other.process);
    assert_false(other.process.ended);
    await_marked(2);
    process_release(&other.process);
    arena_release(&other.arena);
    assert_int_equal(count_marked(), 0);
}

static void cpu_counts_living_and_reaped(void **state)
{
    struct fixture *fixture = *state;
    static const char burn[] = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
    char script[512];
    (void)snprintf(script, sizeof(script), "%s; (%s); (%s) & wait; echo on; exec sleep 1000", burn,
                   burn, burn);
    start_shell(fixture, script);
    uint64_t early_ns = process_cpu_ns(&fixture->process);
    await_output(fixture, 3);
    uint64_t late_ns = process_cpu_ns(&fixture->process);
    assert_true(late_ns > early_ns);
    /* 180,000 rounds of a shell's loop: more than 10 ms on anything that runs today. */
    assert_true(late_ns - early_ns > 10 * NS_PER_MS);
    process_end(&fixture->process, LIMIT_NS);
    /* /proc counts what was reaped in steps of 10 ms. */
    assert_true(process_cpu_ns(&fixture->process) + 30 * NS_PER_MS >= late_ns);
}

static void rss_is_of_the_whole_tree(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "setsid sleep 1000 & sleep 1000 & echo on; wait");
    await_output(fixture, 3);
    /* Three programs of at least 100 KiB each. */
    assert_in_range(process_rss_bytes(&fixture->process), 300 * 1024, 1024 * 1024 * 1024);
    process_end(&fixture->process, LIMIT_NS);
    assert_int_equal(process_rss_bytes(&fixture->process), 0);
}

static bool is_gone_in_time(void)
{
    uint64_t deadline_ns = clock_now_ns() + LIMIT_NS;
    while (count_marked() > 0) {
        if (clock_now_ns() > deadline_ns)
            return false;
    }
    return true;
}

static void nothing_survives_our_own_kill(void **state)
{
    struct fixture *fixture = *state;
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t gate = fork();
    if (gate == 0) {
        start_shell(fixture, "trap '' TERM; setsid sleep 1000 & echo on; sleep 1000");
        await_output(fixture, 3);
        (void)!write(ready[1], "x", 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    await_marked(2);
    (void)kill(gate, SIGKILL);
    (void)waitpid(gate, NULL, 0);
    assert_true(is_gone_in_time());
    (void)close(ready[0]);
    (void)close(ready[1]);
}

static void nothing_survives_the_kill_of_its_keeper(void **state)
{
    struct fixture *fixture = *state;
    /* Not by itself: the keeper may not have reported the start yet. */
    start_shell(fixture, "trap 'kill -KILL $PPID' USR1;"
                         "(trap '' TERM; setsid sleep 1000 & setsid sleep 1000 & echo on);"
                         "while :; do sleep 0.05; done");
    await_output(fixture, 3);
    assert_int_equal(kill(fixture->process.pid, SIGUSR1), 0);
    finish(fixture);
    assert_true(str_starts_with(process_fate(&fixture->arena, &fixture->process),
                                STR("was killed by signal 9")));
    process_end(&fixture->process, 0);
    assert_int_equal(count_marked(), 0);
}

static int listen_on(uint32_t address, uint16_t port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    int yes = 1;
    name.sin_addr.s_addr = htonl(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
    if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(fd, 1) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static int listen_at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(fd >= 0 && strlen(path) < sizeof(name.sun_path));
    memcpy(name.sun_path, path, strlen(path));
    if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(fd, 1) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Likewise, on a unix socket. */
static int listen_at_as_child(const char *path)
{
    if (listen_at(path) < 0)
        return 1;
    (void)!write(STDOUT_FILENO, "up\n", 3);
    for (;;)
        (void)pause();
}

/* This test executed by itself: listens until it is killed. */
static int listen_as_child(const char *address, const char *port)
{
    uint64_t address_number = 0;
    uint64_t port_number = 0;
    if (!num_parse_u64(&address_number, str_from(address)) ||
        !num_parse_u64(&port_number, str_from(port)) ||
        listen_on((uint32_t)address_number, (uint16_t)port_number) < 0)
        return 1;
    (void)!write(1, "on\n", 3);
    for (;;)
        (void)pause();
}

static void start_listener(struct fixture *fixture, uint32_t address, uint16_t port)
{
    struct str address_text = str_format(&fixture->arena, "%u", address);
    struct str port_text = str_format(&fixture->arena, "%u", (unsigned)port);
    char self[4096] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    const char *const argv[] = {self, "listen", address_text.data, port_text.data, NULL};
    assert_ok(start(fixture, argv), &fixture->err);
    await_output(fixture, 3);
}

static void listener_of_ours_is_accepted(void **state)
{
    static const uint32_t addresses[] = {INADDR_LOOPBACK, INADDR_ANY};
    struct fixture *fixture = *state;
    uint16_t port = 0;
    bool listening = false;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        assert_ok(process_free_port(&port, &fixture->err), &fixture->err);
        start_listener(fixture, addresses[i], port);
        assert_ok(process_check_listener(&fixture->process, &(struct address){.port = port},
                                         &listening, &fixture->err),
                  &fixture->err);
        assert_true(listening);
        process_release(&fixture->process);
        assert_fails(process_check_listener(&fixture->process, &(struct address){.port = port},
                                            &listening, &fixture->err),
                     STATUS_CHILD, &fixture->err, "nobody listens");
        assert_false(listening);
    }
}

static void unix_listener_must_be_of_ours(void **state)
{
    struct fixture *fixture = *state;
    struct str dir = {0};
    bool listening = false;
    char self[4096] = "";
    assert_ok(io_make_temp_dir(&dir, &fixture->arena, "memgate-unix", &fixture->err),
              &fixture->err);
    struct address address = {.socket = io_join(&fixture->arena, dir, STR("socket"))};
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    const char *const argv[] = {self, "listen", address.socket.data, NULL};
    assert_ok(start(fixture, argv), &fixture->err);
    await_output(fixture, 3);
    assert_ok(process_check_listener(&fixture->process, &address, &listening, &fixture->err),
              &fixture->err);
    assert_true(listening);

    print_message("another takes its place\n");
    assert_int_equal(unlink(address.socket.data), 0);
    int fd = listen_at(address.socket.data);
    assert_true(fd >= 0);
    assert_fails(process_check_listener(&fixture->process, &address, &listening, &fixture->err),
                 STATUS_CHILD, &fixture->err, "not by the program under test");
    process_release(&fixture->process);
    (void)close(fd);
    assert_fails(process_check_listener(&fixture->process, &address, &listening, &fixture->err),
                 STATUS_CHILD, &fixture->err, "nobody listens on /");
    assert_false(listening);
    assert_ok(io_remove_tree(dir, &fixture->err), &fixture->err);
}

static void listener_of_others_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint16_t port = 0;
    bool listening = false;
    char want[64];
    assert_ok(process_free_port(&port, &fixture->err), &fixture->err);
    int fd = listen_on(INADDR_ANY, port);
    assert_true(fd >= 0);
    start_shell(fixture, "exec sleep 1000");
    (void)snprintf(want, sizeof(want), "port %u is held by pid %d, not by", (unsigned)port,
                   (int)getpid());
    assert_fails(process_check_listener(&fixture->process, &(struct address){.port = port},
                                        &listening, &fixture->err),
                 STATUS_CHILD, &fixture->err, want);
    assert_true(listening);
    process_release(&fixture->process);

    print_message("both hold a socket of the port\n");
    start_listener(fixture, INADDR_ANY, port);
    assert_fails(process_check_listener(&fixture->process, &(struct address){.port = port},
                                        &listening, &fixture->err),
                 STATUS_CHILD, &fixture->err, want);
    (void)close(fd);
    assert_ok(process_check_listener(&fixture->process, &(struct address){.port = port}, &listening,
                                     &fixture->err),
              &fixture->err);
}

static void port_is_free_after_the_end(void **state)
{
    struct fixture *fixture = *state;
    uint16_t port = 0;
    assert_ok(process_free_port(&port, &fixture->err), &fixture->err);
    start_listener(fixture, INADDR_LOOPBACK, port);
    process_end(&fixture->process, 0);
    int fd = listen_on(INADDR_LOOPBACK, port);
    assert_true(fd >= 0);
    (void)close(fd);
}

/* Last of all: the flag stays set. */
static void interruption_ends_every_wait(void **state)
{
    struct fixture *fixture = *state;
    start_shell(fixture, "trap '' TERM; echo on; while :; do sleep 0.05; done");
    await_output(fixture, 3);
    assert_int_equal(process_interrupted(), 0);
    (void)raise(SIGTERM);
    assert_int_equal(process_interrupted(), SIGTERM);
    assert_fails(process_wait(&fixture->process, LIMIT_NS, &fixture->err), STATUS_INTERRUPTED,
                 &fixture->err, "interrupted by signal 15");
    uint64_t started_ns = clock_now_ns();
    process_end(&fixture->process, LIMIT_NS);
    /* A grace of 20 s is cut to one second. */
    assert_true(clock_now_ns() - started_ns < SOON_NS);
    assert_int_equal(count_marked(), 0);
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CLAIM(fate_tells_status_or_signal),
        CLAIM(output_holds_both_streams),
        CLAIM(output_survives_the_end),
        CLAIM(output_keeps_head_and_tail_of_a_flood),
        CLAIM(output_tail_gives_prefixed_lines),
        CLAIM(output_tail_leaves_gctrace_out),
        CLAIM(output_is_seen_whole_by_who_asks),
        CLAIM(output_tail_of_silence_is_empty),
        CLAIM(environment_is_only_what_was_given),
        CLAIM(descriptors_are_only_the_three),
        CLAIM(standard_input_is_at_its_end),
        CLAIM(signals_are_not_inherited_as_ignored),
        CLAIM(start_refuses_what_cannot_run),
        CLAIM(a_memory_limit_is_told_as_the_reason),
        CLAIM(wait_gives_up_in_time),
        CLAIM(end_lets_a_polite_program_finish),
        CLAIM(end_kills_what_ignores_sigterm),
        CLAIM(end_kills_daemons_that_start_again),
        CLAIM(end_leaves_the_other_program_alone),
        CLAIM(cpu_counts_living_and_reaped),
        CLAIM(rss_is_of_the_whole_tree),
        CLAIM(nothing_survives_our_own_kill),
        CLAIM(nothing_survives_the_kill_of_its_keeper),
        CLAIM(listener_of_ours_is_accepted),
        CLAIM(listener_of_others_is_refused),
        CLAIM(unix_listener_must_be_of_ours),
        CLAIM(port_is_free_after_the_end),
        CLAIM(interruption_ends_every_wait),
    };
    if (argc == 4 && strcmp(argv[1], "listen") == 0)
        return listen_as_child(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "listen") == 0)
        return listen_at_as_child(argv[2]);
    process_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
