#include "gate/harness/control.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/process.h"
#include "tests/support/check.h"

#define LIMIT_NS (20 * NS_PER_SECOND)

/* A server of one connection that answers with fixed bytes, and then more of them without end. */
struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    struct str answer;
    struct str endless;
    bool waits_for_end;    /* answers when the client has closed its half */
    bool is_silent;        /* neither answers nor closes until the client does */
    pthread_mutex_t *gate; /* answers once it can have this; NULL: at once */
    char request[4096];
};

static void send_all(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t put = send(fd, text.data, text.len, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        text = str_slice(text, (size_t)put, text.len);
    }
}

static void *serve(void *ctx)
{
    struct server *server = ctx;
    char rest[64];
    int fd = accept(server->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    ssize_t got = recv(fd, server->request, sizeof(server->request) - 1, 0);
    server->request[got > 0 ? got : 0] = '\0';
    if (server->gate)
        (void)pthread_mutex_lock(server->gate);
    while (server->waits_for_end && recv(fd, rest, sizeof(rest), 0) > 0)
        continue;
    send_all(fd, server->answer);
    while (server->endless.len > 0 &&
           send(fd, server->endless.data, server->endless.len, MSG_NOSIGNAL) > 0)
        continue;
    while (server->is_silent && recv(fd, rest, sizeof(rest), 0) > 0)
        continue;
    (void)close(fd);
    return NULL;
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->fd, 4), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* Waits for the connection to end; a second one that stands in the queue is counted. */
static size_t server_stop(struct server *server)
{
    size_t more = 0;
    int fd = -1;
    (void)pthread_join(server->thread, NULL);
    (void)fcntl(server->fd, F_SETFL, O_NONBLOCK);
    while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
        (void)close(fd);
        more++;
    }
    (void)close(server->fd);
    return more;
}

struct reply_case {
    const char *name;
    struct str answer;
    long code;
    const char *body;
};

static const struct reply_case reply_cases[] = {
    {"with a length", STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"), 200, "yes"},
    {"in chunks",
     STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              "2\r\nye\r\n1\r\ns\r\n0\r\n\r\n"),
     200, "yes"},
    {"to the end of the connection", STR_INIT("HTTP/1.1 200 OK\r\n\r\nyes"), 200, "yes"},
    {"error", STR_INIT("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"), 503, "no"},
    {"not found", STR_INIT("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), 404, ""},
    {"behind an interim answer",
     STR_INIT("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"), 200, "y"},
    {"redirect that is not followed",
     STR_INIT("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n"
              "\r\n"),
     302, ""},
    {"trailers",
     STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"),
     200, "x"},
    {"redirect to a file",
     STR_INIT("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
              "Content-Length: 0\r\n\r\n"),
     302, ""},
};

static void every_status_is_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reply_cases); i++) {
        const struct reply_case *row = &reply_cases[i];
        struct server server = {.answer = row->answer};
        struct control_reply reply = {0};
        struct arena arena;
        struct err err;
        print_message("%s\n", row->name);
        arena_init(&arena);
        server_start(&server);
        assert_ok(control_get(&reply, &arena, &(struct address){.port = server.port}, STR("/x"),
                              LIMIT_NS, &err),
                  &err);
        assert_int_equal(server_stop(&server), 0);
        assert_int_equal(reply.http_code, row->code);
        assert_str(str_of_bytes(reply.body), row->body);
        arena_release(&arena);
    }
}

struct failure_case {
    const char *name;
    struct str answer;
    struct str endless;
    bool is_silent;
    const char *text;
};

static const struct failure_case failure_cases[] = {
    {"nothing", STR_INIT(""), STR_INIT(""), false, "GET /x: "},
    {"silence", STR_INIT(""), STR_INIT(""), true, "no complete answer within 0.05 s"},
    {"half an answer", STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno"), STR_INIT(""),
     false, "GET /x: "},
    {"half a header", STR_INIT("HTTP/1.1 200 OK\r\nContent-Le"), STR_INIT(""), false,
     "GET /x: the answer ends within its header"},
    {"half a header behind an interim answer",
     STR_INIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), STR_INIT(""), false,
     "GET /x: the answer ends within its header"},
    {"no HTTP", STR_INIT("SSH-2.0-x\r\n"), STR_INIT(""), false, "GET /x: "},
    {"chunk of 2^64-1",
     STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              "ffffffffffffffff\r\nx"),
     STR_INIT(""), false, "GET /x: "},
    {"headers without end", STR_INIT("HTTP/1.1 200 OK\r\n"), STR_INIT("X-More: yes\r\n"), false,
     "the header is larger than 64 KiB"},
    {"interim answers without end", STR_INIT(""), STR_INIT("HTTP/1.1 100 Continue\r\n\r\n"), false,
     "the header is larger than 64 KiB"},
    {"one header without end", STR_INIT("HTTP/1.1 200 OK\r\nX: "),
     STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     false, "GET /x: "},
};

static void bad_answers_are_the_childs_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(failure_cases); i++) {
        const struct failure_case *row = &failure_cases[i];
        struct server server = {
            .answer = row->answer, .endless = row->endless, .is_silent = row->is_silent};
        struct control_reply reply = {0};
        struct arena arena;
        struct err err;
        print_message("%s\n", row->name);
        arena_init(&arena);
        server_start(&server);
        uint64_t timeout_ns = row->is_silent ? 50 * NS_PER_MS : LIMIT_NS;
        assert_fails(control_get(&reply, &arena, &(struct address){.port = server.port}, STR("/x"),
                                 timeout_ns, &err),
                     STATUS_CHILD, &err, row->text);
        (void)server_stop(&server);
        arena_release(&arena);
    }
}

static void body_has_a_limit(void **state)
{
    static char block[64 * 1024];
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    memset(block, 'x', sizeof(block));
    struct server server = {.answer = STR("HTTP/1.1 200 OK\r\n\r\n"),
                            .endless = {block, sizeof(block)}};
    arena_init(&arena);
    server_start(&server);
    assert_fails(control_get(&reply, &arena, &(struct address){.port = server.port}, STR("/x"),
                             LIMIT_NS, &err),
                 STATUS_CHILD, &err, "the answer is larger than 64 MiB");
    (void)server_stop(&server);
    arena_release(&arena);
}

static void request_is_plain_and_goes_past_proxies(void **state)
{
    struct server server = {.answer = STR("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    (void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    arena_init(&arena);
    server_start(&server);
    assert_ok(control_get(&reply, &arena, &(struct address){.port = server.port},
                          STR("/debug/../pprof/heap?gc=1"), LIMIT_NS, &err),
              &err);
    (void)server_stop(&server);
    struct str request = str_from(server.request);
    assert_true(str_starts_with(request, STR("GET /debug/../pprof/heap?gc=1 HTTP/1.1\r\n")));
    assert_false(str_contains(request, STR("Cookie")));
    arena_release(&arena);
}

static void paths_that_are_none_are_refused(void **state)
{
    static const struct str paths[] = {
        STR_INIT(""),     STR_INIT("x"),          STR_INIT("@evil.example/"),
        STR_INIT("/a b"), STR_INIT("/a\r\nX: y"), STR_INIT("/\0a"),
    };
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_fails(
            control_get(&reply, &arena, &(struct address){.port = 1}, paths[i], LIMIT_NS, &err),
            STATUS_POLICY, &err, "is not a path");
    }
    arena_release(&arena);
}

/* A pipe holds 1 MiB at most: more than that only when somebody reads meanwhile. */
static void programs_can_talk_during_a_request(void **state)
{
    enum { TALK_BYTES = 8 * 1024 * 1024 };
    static const char *const argv[] = {"sh", "-c", "exec head -c 8388608 /dev/zero", NULL};
    static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    struct server server = {.answer = STR(""), .is_silent = true};
    struct process process = {0};
    struct control_reply reply = {0};
    struct process_spec spec = {.argv = argv, .env = env, .dir = STR("/")};
    struct arena arena;
    struct err err;
    (void)state;
    arena_init(&arena);
    server_start(&server);
    assert_ok(process_start(&process, &spec, &err), &err);
    assert_fails(control_get(&reply, &arena, &(struct address){.port = server.port}, STR("/x"),
                             NS_PER_SECOND, &err),
                 STATUS_CHILD, &err, "no complete answer within 1 s");
    const struct process_output *output = &process.output;
    assert_int_equal(output->head.len + output->tail_len + output->dropped_bytes, TALK_BYTES);
    assert_true(process.ended);
    process_release(&process);
    (void)server_stop(&server);
    arena_release(&arena);
}

static void an_exchange_goes_on_beside_other_work(void **state)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct server server = {.answer = STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")};
    struct control_exchange *exchange = NULL;
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    arena_init(&arena);
    (void)pthread_mutex_lock(&gate);
    server.gate = &gate;
    server_start(&server);
    assert_ok(control_begin(&exchange, &arena, &(struct address){.port = server.port}, STR("/x"),
                            LIMIT_NS, &err),
              &err);
    /* A step that waited for the answer would wait for what this thread does below. */
    for (int i = 0; i < 1000; i++)
        assert_false(control_step(exchange));
    (void)pthread_mutex_unlock(&gate);
    while (!control_step(exchange))
        continue;
    assert_true(control_step(exchange));
    assert_ok(control_end(&reply, &arena, exchange, &err), &err);
    (void)server_stop(&server);
    assert_int_equal(reply.http_code, 200);
    assert_str(str_of_bytes(reply.body), "yes");
    arena_release(&arena);
}

static void an_exchange_can_end_before_it_is_over(void **state)
{
    struct server server = {.answer = STR(""), .is_silent = true};
    struct control_exchange *exchange = NULL;
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    arena_init(&arena);
    server_start(&server);
    assert_ok(control_begin(&exchange, &arena, &(struct address){.port = server.port}, STR("/x"),
                            LIMIT_NS, &err),
              &err);
    while (!control_step(exchange) && server.request[0] == '\0')
        continue;
    assert_fails(control_end(&reply, &arena, exchange, &err), STATUS_CHILD, &err,
                 "GET /x: no complete answer by the end");
    (void)server_stop(&server);
    arena_release(&arena);
}

static void an_exchange_can_be_hurried(void **state)
{
    struct server server = {.answer = STR("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"),
                            .waits_for_end = true};
    struct control_exchange *exchange = NULL;
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    (void)state;
    arena_init(&arena);
    server_start(&server);
    assert_ok(control_begin(&exchange, &arena, &(struct address){.port = server.port}, STR("/x"),
                            LIMIT_NS, &err),
              &err);
    /* Nothing is sent yet, and an early end would cut the request off. */
    control_hang_up(exchange);
    while (!control_step(exchange) && server.request[0] == '\0')
        continue;
    control_wait(exchange, 10 * NS_PER_MS);
    assert_false(control_step(exchange));
    control_hang_up(exchange);
    control_wait(exchange, UINT64_MAX);
    control_hang_up(exchange);
    assert_ok(control_end(&reply, &arena, exchange, &err), &err);
    (void)server_stop(&server);
    assert_str(str_of_bytes(reply.body), "yes");
    arena_release(&arena);
}

static void nobody_there_is_an_error_at_once(void **state)
{
    struct control_reply reply = {0};
    struct arena arena;
    struct err err;
    uint16_t port = 0;
    (void)state;
    arena_init(&arena);
    assert_ok(process_free_port(&port, &err), &err);
    assert_fails(
        control_get(&reply, &arena, &(struct address){.port = port}, STR("/x"), LIMIT_NS, &err),
        STATUS_CHILD, &err, "GET /x: ");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_an_answer),
        cmocka_unit_test(bad_answers_are_the_childs_fault),
        cmocka_unit_test(body_has_a_limit),
        cmocka_unit_test(request_is_plain_and_goes_past_proxies),
        cmocka_unit_test(paths_that_are_none_are_refused),
        cmocka_unit_test(programs_can_talk_during_a_request),
        cmocka_unit_test(an_exchange_goes_on_beside_other_work),
        cmocka_unit_test(an_exchange_can_end_before_it_is_over),
        cmocka_unit_test(an_exchange_can_be_hurried),
        cmocka_unit_test(nobody_there_is_an_error_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
