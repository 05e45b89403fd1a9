#include "gate/harness/listeners.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate/base/io.h"
#include "tests/support/check.h"

/* An IPv6 socket that takes no calls of IPv4, so that both families are asked on their own. */
static int listen_on(const char *text, bool is_ipv6, uint16_t *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr *address = is_ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t len = is_ipv6 ? sizeof(v6) : sizeof(v4);
    int yes = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    assert_int_equal(
        inet_pton(address->sa_family, text, is_ipv6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr),
        1);
    if ((is_ipv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) != 0) ||
        bind(fd, address, len) != 0 || listen(fd, 1) != 0) {
        (void)close(fd);
        return -1;
    }
    assert_int_equal(getsockname(fd, address, &len), 0);
    *port = ntohs(is_ipv6 ? v6.sin6_port : v4.sin_port);
    return fd;
}

static uint64_t inode_of(int fd)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    return info.st_ino;
}

struct row {
    const char *address;
    bool is_ipv6;
    bool answers;
};

static const struct row rows[] = {
    {"127.0.0.1", false, true}, {"0.0.0.0", false, true}, {"127.0.0.2", false, false},
    {"::", true, true},         {"::1", true, false},
};

static void check_found(const struct listeners *found, const struct row *row, int fd)
{
    print_message("%s\n", row->address);
    assert_int_equal(found->len, row->answers ? 1 : 0);
    if (row->answers)
        assert_int_equal(found->inodes[0], inode_of(fd));
}

static void check_row(const struct row *row, bool kernel_answers)
{
    enum listeners_family family = row->is_ipv6 ? LISTENERS_IPV6 : LISTENERS_IPV4;
    struct listeners found = {0};
    struct err err = {0};
    uint16_t port = 0;
    int fd = listen_on(row->address, row->is_ipv6, &port);
    if (fd < 0 && row->is_ipv6) {
        print_message("%s: this machine has no IPv6\n", row->address);
        return;
    }
    assert_true(fd >= 0);
    assert_ok(listeners_read_proc(&found, family, port, &err), &err);
    check_found(&found, row, fd);
    found = (struct listeners){0};
    assert_int_equal(listeners_ask_kernel(&found, family, port), kernel_answers);
    if (kernel_answers)
        check_found(&found, row, fd);
    assert_ok(listeners_find(&found, port, &err), &err);
    check_found(&found, row, fd);
    (void)close(fd);
    assert_ok(listeners_find(&found, port, &err), &err);
    assert_int_equal(found.len, 0);
}

/* A kernel without sock_diag is a machine that users have: /proc must do there. */
static void both_ways_name_the_same_sockets(void **state)
{
    struct listeners found = {0};
    (void)state;
    bool kernel_answers = listeners_ask_kernel(&found, LISTENERS_IPV4, 1);
    print_message("sock_diag: %s\n", kernel_answers ? "answers" : "does not answer here");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], kernel_answers);
}

struct unix_row {
    const char *name;
    const char *path; /* in the directory */
    bool listens;
    bool found;
};

static const struct unix_row unix_rows[] = {
    {"listens", "socket", true, true},
    {"is only bound", "socket", false, false},
    {"has a name that begins so", "socket2", true, false},
    {"has a blank in its name", "socket socket", true, false},
};

static int bind_at(struct str path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && path.len < sizeof(address.sun_path));
    memcpy(address.sun_path, path.data, path.len);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void check_unix_row(struct arena *arena, struct str dir, const struct unix_row *row)
{
    struct listeners found = {0};
    struct err err = {0};
    struct str asked = io_join(arena, dir, STR("socket"));
    struct str path = io_join(arena, dir, str_from(row->path));
    print_message("%s\n", row->name);
    int fd = bind_at(path);
    assert_true(!row->listens || listen(fd, 1) == 0);
    assert_ok(listeners_find_unix(&found, asked, &err), &err);
    assert_int_equal(found.len, row->found ? 1 : 0);
    if (row->found)
        assert_int_equal(found.inodes[0], inode_of(fd));
    assert_ok(listeners_find_unix(&found, path, &err), &err);
    assert_int_equal(found.len, row->listens ? 1 : 0);
    (void)close(fd);
    assert_int_equal(unlink(path.data), 0);
    assert_ok(listeners_find_unix(&found, path, &err), &err);
    assert_int_equal(found.len, 0);
}

static void a_unix_socket_is_found_by_its_path(void **state)
{
    struct arena arena;
    struct str dir = {0};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    assert_ok(io_make_temp_dir(&dir, &arena, "memgate-listeners", &err), &err);
    for (size_t i = 0; i < ARRAY_LEN(unix_rows); i++)
        check_unix_row(&arena, dir, &unix_rows[i]);
    assert_ok(io_remove_tree(dir, &err), &err);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_name_the_same_sockets),
        cmocka_unit_test(a_unix_socket_is_found_by_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
