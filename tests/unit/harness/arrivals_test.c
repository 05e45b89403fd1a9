#include "gate/harness/arrivals.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/check.h"

/*
 * The smallest requests, counted by hand. HTTP/1.1: "GET / HTTP/1.1\r\n"
 * and "Host: a\r\n\r\n" are 27 bytes. HTTP/2: a frame header of 9 bytes and
 * :method, :scheme and :path, an indexed field of one byte each: 12.
 */
static const struct formula_case {
    const char *name;
    struct arrivals_sum seen;
    struct arrivals_want want;
    bool is_enough;
} formula_cases[] = {
    {"nothing came", {0, 0}, {200, false, {0, 0}}, false},
    {"a packet a request", {200, 5400}, {200, false, {0, 0}}, true},
    {"one request fewer than said", {199, 5373}, {200, false, {0, 0}}, false},
    {"one fewer, and a profile of memgate's own", {200, 5463}, {200, false, {1, 90}}, false},
    {"all, and a profile of memgate's own", {201, 5490}, {200, false, {1, 90}}, true},
    {"packets of large bodies", {900, 1260000}, {200, false, {0, 0}}, true},
    {"ten requests a packet, not said", {20, 5400}, {200, false, {0, 0}}, false},
    {"ten requests a packet, as said", {20, 5400}, {200, true, {0, 0}}, true},
    {"the smallest of HTTP/2", {1, 2400}, {200, true, {0, 0}}, true},
    {"a byte less", {1, 2399}, {200, true, {0, 0}}, false},
    {"shared, but only memgate's own", {1, 90}, {1, true, {1, 90}}, false},
    {"less than memgate's own", {0, 0}, {0, true, {1, 90}}, false},
};

static void requests_need_packets_or_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(formula_cases); i++) {
        const struct formula_case *row = &formula_cases[i];
        print_message("%s\n", row->name);
        assert_int_equal(arrivals_suffice(&row->seen, &row->want), row->is_enough);
    }
}

/* A service that reads, as net/http does, by read(2), and answers nothing. */
struct scene {
    struct arena arena;
    struct process process;
    uint16_t port;
};

static void open_scene(struct scene *scene)
{
    static const char text[] =
        "import os, socket, sys, threading\n"
        "def serve(c):\n"
        "    try:\n"
        "        while os.read(c.fileno(), 1024): pass\n"
        "    except OSError: pass\n"
        "    c.close()\n"
        "s = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=300)\n"
        "while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()\n";
    static const char *const env[] = {NULL};
    const char *argv[] = {"/usr/bin/python3", "-c", text, NULL, NULL};
    struct err err = {0};
    bool listening = false;
    memset(scene, 0, sizeof(*scene));
    arena_init(&scene->arena);
    assert_ok(process_free_port(&scene->port, &err), &err);
    argv[3] = str_text(&scene->arena, str_format(&scene->arena, "%u", (unsigned)scene->port));
    const struct process_spec spec = {.argv = argv, .env = env, .dir = STR("/")};
    assert_ok(process_start(&scene->process, &spec, &err), &err);
    for (int i = 0; i < 1000 && !listening; i++) {
        (void)!process_check_listener(&scene->process, &(struct address){.port = scene->port},
                                      &listening, &err);
        (void)usleep(10000);
    }
    assert_true(listening);
}

static void close_scene(struct scene *scene)
{
    process_end(&scene->process, 0);
    process_release(&scene->process);
    arena_release(&scene->arena);
}

static int call(const struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(scene->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1;
    if (fd < 0)
        return -1;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A segment each, while fewer than the first window of 10 segments are on their way. */
static void send_some(int fd, int count)
{
    for (int i = 0; fd >= 0 && i < count; i++)
        assert_int_equal(send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, MSG_NOSIGNAL), 27);
}

static void check(struct arrivals *arrivals, uint64_t requests, bool is_enough)
{
    struct err err = {0};
    const struct arrivals_want want = {.requests = requests};
    if (is_enough) {
        assert_ok(arrivals_check(arrivals, &want, &err), &err);
    } else {
        assert_fails(arrivals_check(arrivals, &want, &err), STATUS_INVALID, &err,
                     "too few for the 5 requests that are said to have been sent");
    }
}

/* Three over a connection that was there before, one over one that ended, none of before. */
static void what_came_since_is_counted_by_the_kernel(void **state)
{
    struct scene scene;
    struct arrivals arrivals = {0};
    struct err err = {0};
    (void)state;
    open_scene(&scene);
    int kept = call(&scene);
    assert_true(kept >= 0);
    send_some(kept, 5);
    assert_ok(arrivals_begin(&arrivals, &scene.arena, &scene.process, ARRIVALS_BY_SEGMENTS, &err),
              &err);
    send_some(kept, 3);
    int brief = call(&scene);
    send_some(brief, 1);
    /* Reset, so that both ends are gone at once. */
    const struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(brief, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    (void)close(brief);
    check(&arrivals, 5, false);
    check(&arrivals, 4, true);
    (void)close(kept);
    arrivals_end(&arrivals);
    close_scene(&scene);
}

static void reads_stand_for_what_a_socket_does_not_tell(void **state)
{
    struct scene scene;
    struct arrivals arrivals = {0};
    struct err err = {0};
    const struct arrivals_want want = {.requests = 1};
    (void)state;
    open_scene(&scene);
    assert_ok(arrivals_begin(&arrivals, &scene.arena, &scene.process, ARRIVALS_BY_READS, &err),
              &err);
    assert_fails(arrivals_check(&arrivals, &want, &err), STATUS_INVALID, &err,
                 "0 reads with 0 bytes reached the service, too few for the 1 requests");
    int fd = call(&scene);
    send_some(fd, 1);
    assert_ok(arrivals_check(&arrivals, &want, &err), &err);
    (void)close(fd);
    arrivals_end(&arrivals);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_need_packets_or_bytes),
        cmocka_unit_test(reads_stand_for_what_a_socket_does_not_tell),
        cmocka_unit_test(what_came_since_is_counted_by_the_kernel),
    };
    process_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
