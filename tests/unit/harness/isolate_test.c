#include "gate/harness/isolate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/harness/process.h"
#include "tests/support/check.h"

/* What a child of ours found out: the text of the first thing that was not as it should be. */
enum { ANSWER_BYTES = 4096 };

struct answer {
    char text[ANSWER_BYTES];
};

#define CLAIM(holds)                                                                               \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            (void)!write(fd, #holds, sizeof(#holds));                                              \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Namespaces that are entered stay: each try is in a child. */
static void in_child(struct answer *out, void (*test)(int fd))
{
    int ends[2];
    size_t len = 0;
    ssize_t got = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        test(ends[1]);
        _exit(0);
    }
    assert_true(pid > 0);
    (void)close(ends[1]);
    while ((got = read(ends[0], out->text + len, sizeof(out->text) - 1 - len)) > 0)
        len += (size_t)got;
    out->text[len] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A listener on the loopback that we reach, so that it is up. */
static bool reaches_itself(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bind(server, (struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(server, 1) == 0 && getsockname(server, (struct sockaddr *)&address, &len) == 0 &&
           connect(client, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* Two lines of heading, then an interface a line. */
static size_t count_interfaces(void)
{
    char text[8192];
    struct str line;
    size_t lines = 0;
    struct str rest = io_read_small(text, sizeof(text), "/proc/net/dev");
    while (str_split(&rest, '\n', &line))
        lines += line.len > 0;
    return lines - 2;
}

/* What a program sees of the machine: its own number, and all that /proc lists. */
static bool is_apart(void)
{
    static const char *const argv[] = {"/bin/sh", "-c", "echo $$; ls -d /proc/[0-9]* | wc -l",
                                       NULL};
    static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    const struct process_spec spec = {.argv = argv, .env = env, .apart = true};
    static struct process process;
    struct err err;
    struct arena arena;
    uint64_t pid = 0;
    uint64_t seen = 0;
    struct str line;
    if (process_start(&process, &spec, &err) || process_wait(&process, 10 * NS_PER_SECOND, &err))
        return false;
    arena_init(&arena);
    struct str text = process_output_text(&arena, &process);
    bool ok = str_split(&text, '\n', &line) && num_parse_u64(&pid, line) &&
              str_split(&text, '\n', &line) && num_parse_u64(&seen, str_trim(line));
    process_end(&process, 0);
    process_release(&process);
    arena_release(&arena);
    /* The keeper, the shell, ls and wc. */
    return ok && pid == 2 && seen <= 4;
}

static void enter(int fd)
{
    struct record_isolation isolation = {0};
    static struct err err;
    uid_t uid = geteuid();
    process_setup();
    CLAIM(isolate_enter(&isolation, &err) == STATUS_OK);
    CLAIM(isolation.network && isolation.process);
    CLAIM(geteuid() == uid);
    CLAIM(count_interfaces() == 1);
    CLAIM(reaches_itself());
    CLAIM(is_apart());
}

/* Whoever is left when the first process of a namespace is killed ends with it. */
static void kill_the_keeper(int fd)
{
    static const char *const argv[] = {"/bin/sh", "-c", "setsid sleep 60 & setsid sleep 60", NULL};
    static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
    const struct process_spec spec = {.argv = argv, .env = env, .apart = true};
    struct record_isolation isolation = {0};
    static struct process process;
    static struct err err;
    process_setup();
    CLAIM(isolate_enter(&isolation, &err) == STATUS_OK);
    CLAIM(process_start(&process, &spec, &err) == STATUS_OK);
    CLAIM(process.pid > 0 && process.pid != process.keeper);
    CLAIM(kill(process.keeper, SIGKILL) == 0);
    CLAIM(process_wait(&process, 10 * NS_PER_SECOND, &err) == STATUS_OK);
    process_end(&process, 0);
    CLAIM(!process.has_survivors);
    process_release(&process);
}

/* In a user namespace of which we set the limits, the others of the machine are not touched. */
static bool forbid(const char *what)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "/proc/sys/user/%s", what);
    if (unshare(CLONE_NEWUSER) != 0)
        return false;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    return file >= 0 && write(file, "0", 1) == 1;
}

static void try_without_networks(int fd)
{
    static struct err err;
    process_setup();
    CLAIM(forbid("max_net_namespaces"));
    CLAIM(isolate_try(&err) == STATUS_INVALID);
    (void)!write(fd, err.text, strlen(err.text));
}

static void try_without_processes(int fd)
{
    static struct err err;
    process_setup();
    CLAIM(forbid("max_pid_namespaces"));
    CLAIM(isolate_try(&err) == STATUS_INVALID);
    (void)!write(fd, err.text, strlen(err.text));
}

/* True where this machine lets us; where not, the refusal must say what to do. */
static bool is_allowed(void)
{
    struct err err = {0};
    if (isolate_try(&err) == STATUS_OK)
        return true;
    print_message("not allowed here: %s\n", err.text);
    assert_int_equal(err.status, STATUS_INVALID);
    assert_true(str_contains(str_from(err.text), STR("or leave --isolate out")));
    return false;
}

static void what_is_entered_is_a_loopback_and_oneself(void **state)
{
    struct answer answer;
    (void)state;
    if (!is_allowed())
        return;
    in_child(&answer, enter);
    assert_string_equal(answer.text, "");
    in_child(&answer, kill_the_keeper);
    assert_string_equal(answer.text, "");
}

static void what_is_forbidden_is_said(void **state)
{
    struct answer answer;
    (void)state;
    if (!is_allowed())
        return;
    in_child(&answer, try_without_networks);
    assert_true(
        str_contains(str_from(answer.text), STR("cannot make a network namespace: no more")));
    in_child(&answer, try_without_processes);
    assert_true(
        str_contains(str_from(answer.text), STR("cannot start a program in a process namespace")));
    assert_true(str_contains(str_from(answer.text), STR("or leave --isolate out")));
}

/* Trying leaves no trace: we are where we were. */
static void a_try_changes_nothing(void **state)
{
    char before[64] = {0};
    char after[64] = {0};
    struct err err;
    (void)state;
    assert_true(readlink("/proc/self/ns/net", before, sizeof(before) - 1) > 0);
    (void)!isolate_try(&err);
    assert_true(readlink("/proc/self/ns/net", after, sizeof(after) - 1) > 0);
    assert_string_equal(before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_entered_is_a_loopback_and_oneself),
        cmocka_unit_test(what_is_forbidden_is_said),
        cmocka_unit_test(a_try_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
