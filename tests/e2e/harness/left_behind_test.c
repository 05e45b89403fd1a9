#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/harness/process.h"
#include "gate/harness/trial.h"
#include "tests/support/check.h"

/* What programs under test leave behind or find taken: directories, processes, ports. */

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Makes directories with these rights inside each other and removes them; the exit status. */
static int lock_and_remove(const char *base, mode_t mode)
{
    enum { NOBODY = 65534, DEPTH = 3 };
    struct err err = {0};
    struct str dirs[DEPTH] = {str_from(base)};
    /* Nothing is locked before root. */
    if (getuid() == 0 && (chown(base, NOBODY, NOBODY) != 0 || setuid(NOBODY) != 0))
        return 2;
    for (size_t i = 1; i < DEPTH; i++) {
        dirs[i] = io_join(&arena, dirs[i - 1], STR("locked"));
        struct str file = io_join(&arena, dirs[i - 1], STR("file"));
        if (mkdir(dirs[i].data, 0700) != 0 || io_write_file(file, (struct bytes){0}, &err))
            return 3;
    }
    for (size_t i = DEPTH - 1; i > 0; i--) {
        if (chmod(dirs[i].data, mode) != 0)
            return 4;
    }
    /* The directory itself lies in one that belongs to somebody else. */
    return io_remove_tree(dirs[1], &err) == STATUS_OK && !io_is_dir(dirs[1]) ? 0 : 1;
}

static void trees_are_removed_whatever_their_rights(void **state)
{
    static const mode_t modes[] = {0700, 0500, 0300, 0600, 0100, 0};
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct str dir = {0};
        int status = 0;
        print_message("%03o\n", (unsigned)modes[i]);
        assert_ok(io_make_temp_dir(&dir, &arena, "memgate-test", &err), &err);
        pid_t pid = fork();
        if (pid == 0)
            _exit(lock_and_remove(dir.data, modes[i]));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_ok(io_remove_tree(dir, &err), &err);
    }
}

/*
 * Holds on to the program whose pid comes through the pipe: what is
 * killed while it is traced stays until its tracer has seen it, as a
 * process in an uninterruptible wait does.
 */
static NORETURN void hold_program(int from_fd, int to_fd)
{
    pid_t pid = 0;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(from_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid) ||
        ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
        _exit(1);
    (void)!write(to_fd, "x", 1);
    for (;;)
        (void)pause();
}

static void what_cannot_be_killed_is_told_in_bounded_time(void **state)
{
    static const char *const argv[] = {"sleep", "1000", NULL};
    static const char *const env[] = {NULL};
    struct process_spec spec = {.argv = argv, .env = env, .dir = STR("/")};
    struct process process = {0};
    struct err err = {0};
    int there[2];
    int back[2];
    char answer = 0;
    (void)state;
    assert_int_equal(pipe2(there, O_CLOEXEC) | pipe2(back, O_CLOEXEC), 0);
    pid_t holder = fork();
    if (holder == 0)
        hold_program(there[0], back[1]);
    /* What is older than the keeper is not taken for its orphan; /proc counts in ticks of 10 ms. */
    (void)poll(NULL, 0, 50);
    (void)close(back[1]);
    assert_ok(process_start(&process, &spec, &err), &err);
    pid_t held = process.pid;
    assert_int_equal(write(there[1], &held, sizeof(held)), sizeof(held));
    if (read(back[0], &answer, 1) != 1) {
        process_release(&process);
        print_message("ptrace is not allowed here\n");
        skip();
    }
    uint64_t from_ns = clock_now_ns();
    process_end(&process, 0);
    assert_true(clock_now_ns() - from_ns < 20 * NS_PER_SECOND);
    assert_true(process.has_survivors);
    process_release(&process);
    (void)kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    (void)waitpid(held, NULL, 0);
    assert_ok(process_start(&process, &spec, &err), &err);
    process_end(&process, 0);
    assert_false(process.has_survivors);
    process_release(&process);
    (void)close(there[0]);
    (void)close(there[1]);
    (void)close(back[0]);
}

struct port_case {
    const char *name;
    const char *message;
    size_t starts;
};

static const struct port_case port_cases[] = {
    {"taken each time", "listen tcp 127.0.0.1:1: bind: address already in use", 5},
    {"another reason", "bind: permission denied", 1},
};

/* The service notes its port, says why it cannot listen, and ends. */
static void write_service(struct str path, const char *message)
{
    struct err err = {0};
    struct str text =
        str_format(&arena, "#!/bin/sh\necho $1 >> \"$2\"\necho '%s'\nexit 1\n", message);
    assert_ok(io_write_file(path, bytes_of_str(text), &err), &err);
    assert_int_equal(chmod(path.data, 0755), 0);
}

static size_t count_lines(struct str text)
{
    struct str line;
    size_t count = 0;
    while (text.len && str_split(&text, '\n', &line))
        count += line.len > 0;
    return count;
}

static size_t count_starts(struct str path)
{
    struct err err = {0};
    struct bytes text = {0};
    assert_ok(io_read_file(&text, &arena, path, 4096, &err), &err);
    return count_lines(str_of_bytes(text));
}

static void a_service_that_lost_its_port_is_started_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(port_cases); i++) {
        const struct port_case *row = &port_cases[i];
        struct err err = {0};
        struct str dir = {0};
        print_message("%s\n", row->name);
        assert_ok(io_make_temp_dir(&dir, &arena, "memgate-test", &err), &err);
        struct str calls = io_join(&arena, dir, STR("calls"));
        struct str service = io_join(&arena, dir, STR("service"));
        write_service(service, row->message);
        struct str args[] = {STR("${PORT}"), calls};
        struct scenario scenario = {
            .name = STR("web"),
            .driver = DRIVER_HTTP,
            .service = {.args = {.items = args, .len = 2},
                        .ready = STR("/"),
                        .start_timeout_ns = 20 * NS_PER_SECOND,
                        .profile_timeout_ns = 60 * NS_PER_SECOND},
        };
        struct policy policy = {0};
        struct harness harness = {.spec.policy = &policy, .arena = &arena, .work_dir = dir};
        struct harness_scenario built = {.scenario = &scenario, .exact_rate = EXACT_RATE};
        struct record_trial record = {0};
        struct trial trial = {
            .harness = &harness,
            .scenario = &built,
            .key = {0, SIDE_BASE, PHASE_STEADY, 1},
            .dir = dir,
            .run_dir = dir,
            .record = &record,
            .scratch = &arena,
            .keep = &arena,
        };
        built.binaries[SIDE_BASE] = service;
        built.trees[SIDE_BASE] = dir;
        assert_fails(trial_http(&trial, &err), STATUS_CHILD, &err, row->message);
        assert_int_equal(count_starts(calls), row->starts);
        assert_ok(io_remove_tree(dir, &err), &err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_are_removed_whatever_their_rights),
        cmocka_unit_test(what_cannot_be_killed_is_told_in_bounded_time),
        cmocka_unit_test(a_service_that_lost_its_port_is_started_again),
    };
    process_setup();
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
