#include "gate/harness/load/load.h"

#include <stdatomic.h>

#include "tests/unit/harness/hub.h"

/*
 * A scripted server: each complete request is answered with the next
 * step of the script; the last step repeats.
 */
enum step_end {
    STAYS,
    ENDS,
    IS_RESET,   /* as if the request had not been read */
    ENDS_LATER, /* after 10 ms */
};

struct step {
    const char *answer; /* "" answers nothing */
    enum step_end end;  /* of the connection, afterwards */
    int stall_ms;       /* before; the whole server stands still */
};

enum { PEER_BYTES_MAX = 4096, LOG_BYTES = 64 * 1024 };

struct peer {
    size_t len;
    size_t body_left;
    bool has_head;
    char data[PEER_BYTES_MAX];
};

struct server {
    struct hub hub;
    const struct step *steps;
    size_t step_count;
    size_t step_at;
    int log_fd; /* 0: says nothing; else LOG_BYTES go there before each answer */
    struct peer peers[HUB_PEERS_MAX];
    struct buf seen;     /* request lines in order of arrival */
    atomic_size_t ended; /* connections, by the server */
};

static void server_log(const struct server *server)
{
    static const char text[LOG_BYTES];
    for (size_t at = 0; server->log_fd && at < sizeof(text);) {
        ssize_t put = write(server->log_fd, text + at, sizeof(text) - at);
        if (put <= 0)
            return;
        at += (size_t)put;
    }
}

static void server_wait(const struct server *server, int ms)
{
    struct pollfd wait = {.fd = server->hub.stop_fds[0], .events = POLLIN};
    if (ms)
        (void)poll(&wait, 1, ms);
}

/* As a Go service does; Linux resets by itself where bytes were left unread. */
static void peer_close(struct server *server, size_t at, bool resets)
{
    const struct linger linger = {.l_onoff = resets, .l_linger = 0};
    (void)setsockopt(server->hub.fds[at], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    hub_close(&server->hub, at);
    (void)atomic_fetch_add(&server->ended, 1);
}

static void server_answer(struct server *server, size_t at)
{
    const struct step *step = &server->steps[server->step_at];
    if (server->step_at + 1 < server->step_count)
        server->step_at++;
    size_t len = strlen(step->answer);
    server_log(server);
    server_wait(server, step->stall_ms);
    /* A client that hangs up in the middle is part of several tests. */
    if (len && send(server->hub.fds[at], step->answer, len, MSG_NOSIGNAL) < 0)
        return;
    server_wait(server, step->end == ENDS_LATER ? 10 : 0);
    if (step->end != STAYS)
        peer_close(server, at, step->end == IS_RESET);
}

static void peer_drop(struct peer *peer, size_t len)
{
    memmove(peer->data, peer->data + len, peer->len - len);
    peer->len -= len;
}

static bool server_take_head(struct server *server, struct peer *peer)
{
    static const char end[] = "\r\n\r\n";
    static const char length[] = "Content-Length: ";
    const char *found = memmem(peer->data, peer->len, end, 4);
    if (!found)
        return false;
    size_t len = (size_t)(found - peer->data) + 4;
    const char *line_end = memchr(peer->data, '\r', len);
    const char *body_len = memmem(peer->data, len, length, sizeof(length) - 1);
    buf_append(&server->seen, peer->data, (size_t)(line_end - peer->data));
    buf_byte(&server->seen, '\n');
    peer->has_head = true;
    peer->body_left = body_len ? strtoul(body_len + sizeof(length) - 1, NULL, 10) : 0;
    peer_drop(peer, len);
    return true;
}

static void server_answer_whole(struct server *server, size_t at)
{
    struct peer *peer = &server->peers[at];
    while (peer->has_head || server_take_head(server, peer)) {
        size_t len = peer->len < peer->body_left ? peer->len : peer->body_left;
        peer->body_left -= len;
        peer_drop(peer, len);
        if (peer->body_left)
            return;
        peer->has_head = false;
        server_answer(server, at);
    }
}

/* Bodies may be larger than the room for a head. */
static void server_take(struct hub *hub, size_t at, const char *data, size_t len)
{
    struct server *server = (struct server *)hub;
    struct peer *peer = &server->peers[at];
    while (len > 0 && hub->fds[at] >= 0) {
        size_t room = sizeof(peer->data) - peer->len;
        size_t part = len < room ? len : room;
        assert_true(part > 0);
        memcpy(peer->data + peer->len, data, part);
        peer->len += part;
        data += part;
        len -= part;
        server_answer_whole(server, at);
    }
}

static void server_open(struct hub *hub, size_t at)
{
    ((struct server *)hub)->peers[at] = (struct peer){0};
}

static void server_start(struct server *server, const struct step *steps, size_t step_count)
{
    memset(server, 0, sizeof(*server));
    server->hub.on_open = server_open;
    server->hub.on_bytes = server_take;
    server->steps = steps;
    server->step_count = step_count;
    buf_init(&server->seen, 1 << 20);
    hub_start(&server->hub);
}

static void server_stop(struct server *server)
{
    hub_stop(&server->hub);
    buf_release(&server->seen);
}

static struct load_spec spec_of(const struct server *server, const struct requests *requests)
{
    return hub_load(&server->hub, requests, PROTOCOL_HTTP1);
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct answer_case {
    const char *name;
    struct step steps[2];
    size_t step_count;
    uint64_t unexpected;
    uint64_t body_bytes;
    uint64_t reconnects;
};

/* Twenty requests over two connections. */
static const struct answer_case answer_cases[] = {
    {"kept alive", {{OK_ANSWER, STAYS, 0}}, 1, 0, 40, 0},
    {"chunked",
     {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", STAYS, 0}},
     1,
     0,
     60,
     0},
    {"one error answer",
     {{"HTTP/1.1 500 ISE\r\nContent-Length: 0\r\n\r\n", STAYS, 0}, {OK_ANSWER, STAYS, 0}},
     2,
     1,
     38,
     0},
    {"all redirected",
     {{"HTTP/1.1 302 F\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", STAYS,
       0}},
     1,
     20,
     0,
     0},
    {"closing each time",
     {{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", ENDS, 0}},
     1,
     0,
     40,
     20},
    {"body until the close", {{"HTTP/1.0 200 OK\r\n\r\n12345", ENDS, 0}}, 1, 0, 100, 20},
};

static void every_answer_is_counted(void **state)
{
    (void)state;
    struct requests requests = parse("{\"path\":\"/x\",\"expect\":[200]}");
    for (size_t i = 0; i < ARRAY_LEN(answer_cases); i++) {
        const struct answer_case *row = &answer_cases[i];
        static struct server server;
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", row->name);
        server_start(&server, row->steps, row->step_count);
        struct load_spec spec = spec_of(&server, &requests);
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.answered, 20);
        assert_int_equal(result.latency.count, 20);
        assert_int_equal(result.lateness.count, 0);
        assert_int_equal(result.unexpected, row->unexpected);
        assert_int_equal(result.response_bytes, row->body_bytes);
        assert_int_equal(result.reconnects, row->reconnects);
        assert_int_equal(result.sent_again, 0);
        assert_int_equal(result.streams_allowed, 1);
        assert_true(result.achieved_per_second > 0);
        assert_true(result.cpu_ns > 0 && result.wall_ns >= result.duration_ns);
        server_stop(&server);
    }
}

static void the_first_unexpected_answer_is_named(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0},
                                        {"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0},
                                        {"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"method\":\"PUT\",\"path\":\"/x\",\"expect\":[200]}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.unexpected, 19);
    assert_str(result.first_problem, "PUT /x answered 503");
    server_stop(&server);
}

static void any_listed_status_is_expected(void **state)
{
    (void)state;
    static const struct step steps[] = {{"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0},
                                        {OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\",\"expect\":[200,404]}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.unexpected, 0);
    server_stop(&server);
}

static void lines_without_expect_take_what_is_no_server_error(void **state)
{
    (void)state;
    static const struct step steps[] = {{"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0},
                                        {"HTTP/1.1 302 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0},
                                        {"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", STAYS, 0},
                                        {OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.unexpected, 1);
    assert_str(load_statuses(&result, &arena), "200:17 302:1 404:1 500:1");
    assert_int_equal(result.successes, 17);
    server_stop(&server);
}

struct reuse_case {
    const char *name;
    struct step steps[3];
    size_t step_count;
    const char *message; /* NULL: all four are answered */
    uint64_t reconnects;
    const char *seen;
};

#define SEEN(k) "GET /" #k " HTTP/1.1\n"

/* Four requests over one connection; the second meets the end of it. */
static const struct reuse_case reuse_cases[] = {
    {"ends once",
     {{OK_ANSWER, STAYS, 0}, {"", IS_RESET, 0}, {OK_ANSWER, STAYS, 0}},
     3,
     NULL,
     1,
     SEEN(0) SEEN(1) SEEN(1) SEEN(2) SEEN(3)},
    {"ends twice",
     {{OK_ANSWER, STAYS, 0}, {"", IS_RESET, 0}, {"", ENDS, 0}},
     3,
     "GET /{k} (request 1): connection closed before the answer",
     1,
     SEEN(0) SEEN(1) SEEN(1)},
    {"ends when it has read the request",
     {{OK_ANSWER, STAYS, 0}, {"", ENDS, 0}, {OK_ANSWER, STAYS, 0}},
     3,
     "GET /{k} (request 1): 1 request was dropped: the service ended the connection without an "
     "answer",
     0,
     SEEN(0) SEEN(1)},
    {"ends late",
     {{OK_ANSWER, STAYS, 0}, {"", IS_RESET, 150}, {OK_ANSWER, STAYS, 0}},
     3,
     "GET /{k} (request 1): 1 request was dropped: the service ended the connection without an "
     "answer",
     0,
     SEEN(0) SEEN(1)},
    {"ends in the answer",
     {{OK_ANSWER, STAYS, 0}, {"HTTP/1.1 20", ENDS, 0}},
     2,
     "GET /{k} (request 1): connection closed before the answer",
     0,
     SEEN(0) SEEN(1)},
};

/* Until then a reset may have crossed a request; a later one has dropped it. */
#define CROSSING_NS (100 * NS_PER_MS)

enum { ATTEMPTS_MAX = 20 };

/*
 * A machine that has other work may hold a thread up for longer than resets
 * may take to cross a request. So an end that is not the wanted one counts
 * where the whole load took less than that; else the load is run once more.
 * `message` NULL: the load shall end well.
 */
static enum status run_until_not_held_up(struct load_result *result, struct server *server,
                                         struct load_spec *spec, const char *message,
                                         struct err *err)
{
    for (int left = ATTEMPTS_MAX;; left--) {
        uint64_t from_ns = clock_now_ns();
        *result = (struct load_result){0};
        *err = (struct err){0};
        enum status status = load_run(result, &arena, spec, err);
        bool is_wanted = message ? strstr(err->text, message) != NULL : status == STATUS_OK;
        if (is_wanted || left == 0 || clock_now_ns() - from_ns < CROSSING_NS)
            return status;
        print_message("held up: %s\n", err->text);
        server_stop(server);
        server_start(server, server->steps, server->step_count);
        spec->addresses[0].port = server->hub.port;
    }
}

static void a_used_connection_that_ends_has_its_request_sent_once_more(void **state)
{
    (void)state;
    struct requests requests = parse("{\"path\":\"/{k}\"}");
    for (size_t i = 0; i < ARRAY_LEN(reuse_cases); i++) {
        const struct reuse_case *row = &reuse_cases[i];
        static struct server server;
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", row->name);
        server_start(&server, row->steps, row->step_count);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        spec.count = 4;
        if (row->message) {
            assert_fails(run_until_not_held_up(&result, &server, &spec, row->message, &err),
                         STATUS_CHILD, &err, row->message);
        } else {
            assert_ok(run_until_not_held_up(&result, &server, &spec, NULL, &err), &err);
            assert_int_equal(result.answered, 4);
            assert_int_equal(result.latency.count, 4);
        }
        assert_int_equal(result.reconnects, row->reconnects);
        assert_str(buf_view(&server.seen), row->seen);
        server_stop(&server);
    }
}

/* The second request is due after 10 ms, meets the end 20 later and is then answered at once. */
static void latency_of_a_request_sent_again_counts_from_the_first_time(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {OK_ANSWER, STAYS, 0}, {"", IS_RESET, 20}, {OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    static const double rates[] = {0, 100};
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct load_result result = {0};
        print_message("rate %.0f\n", rates[i]);
        server_start(&server, steps, ARRAY_LEN(steps));
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        spec.count = 2;
        spec.rate_per_second = rates[i];
        assert_ok(run_until_not_held_up(&result, &server, &spec, NULL, &err), &err);
        assert_true(histogram_quantile(&result.latency, 1) > 18 * NS_PER_MS);
        assert_int_equal(result.resends, 1);
        assert_int_equal(result.sent_again, 1);
        server_stop(&server);
    }
}

/* Of 20 requests, 1 + 5 % may be reset while they fit into one read of the service, else 1. */
static void requests_that_are_reset_again_and_again_end_the_load(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {OK_ANSWER, STAYS, 0}, {"", IS_RESET, 0}, {OK_ANSWER, STAYS, 0},
        {OK_ANSWER, STAYS, 0}, {"", IS_RESET, 0}, {OK_ANSWER, STAYS, 0},
        {OK_ANSWER, STAYS, 0}, {"", IS_RESET, 0}, {OK_ANSWER, STAYS, 0},
    };
    static const char *const errors[] = {
        "POST /x (request 5): 3 requests were dropped: the service ended the connection without "
        "an answer",
        "POST /x (request 3): 2 requests were dropped: the service ended the connection without "
        "an answer",
    };
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        static struct server server;
        struct err err = {0};
        struct load_result result = {0};
        struct str body = str_format(&arena, "%0*d", i ? 4096 : 1, 0);
        struct str line = str_format(
            &arena, "{\"method\":\"POST\",\"path\":\"/x\",\"body\":\"%.*s\"}", STR_ARGS(body));
        struct requests requests = parse(line.data);
        server_start(&server, steps, ARRAY_LEN(steps));
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        assert_fails(run_until_not_held_up(&result, &server, &spec, errors[i], &err), STATUS_CHILD,
                     &err, errors[i]);
        server_stop(&server);
    }
}

static bool stand_still(void *ctx, uint64_t done)
{
    (void)ctx;
    (void)done;
    clock_sleep_ns(40 * NS_PER_MS);
    return true;
}

/*
 * For 40 ms, and until each connection that answered has ended. That is
 * longer than from one tick to the next, so that there is one between every
 * answer and the next request, unless that was due before.
 */
static bool stand_still_until_ended(void *ctx, uint64_t done)
{
    struct server *server = ctx;
    uint64_t from_ns = clock_now_ns();
    do {
        clock_sleep_ns(40 * NS_PER_MS);
    } while (atomic_load(&server->ended) < done && clock_now_ns() - from_ns < 5 * NS_PER_SECOND);
    return true;
}

/*
 * Each connection is ended 10 ms after its answer, while memgate stands
 * still: the next request goes out on one that has ended, which is no fault
 * of the service, however often it happens.
 */
static void connections_that_end_while_they_idle_drop_nothing(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, ENDS_LATER, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    spec.count = 5;
    spec.rate_per_second = 5;
    spec.tick = stand_still_until_ended;
    spec.tick_ctx = &server;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 5);
    assert_true(result.reconnects >= 4);
    assert_int_equal(result.resends, 0);
    server_stop(&server);
}

static void take_log(void *ctx)
{
    static char data[LOG_BYTES];
    int *fds = ctx;
    ssize_t got = read(fds[0], data, sizeof(data));
    fds[2] += (int)(got > 0 ? got : 0);
}

/*
 * The server's pipe holds one request's log at most, so that it answers
 * the second only when somebody has read the first's.
 */
static void what_the_service_says_is_taken_during_the_load(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    int fds[3] = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    assert_int_equal(pipe(fds), 0);
    server_start(&server, steps, 1);
    server.log_fd = fds[1];
    struct load_spec spec = spec_of(&server, &requests);
    spec.on_watch = take_log;
    spec.watch_fds[0] = fds[0];
    spec.tick_ctx = fds;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 20);
    /* The last log may still be in the pipe. */
    assert_true(fds[2] >= 19 * LOG_BYTES);
    server_stop(&server);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* Requests 0.2 ms apart: between them the engine sleeps, and neither ends nor output are lost on it. */
static void what_happens_between_close_requests_is_seen(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {OK_ANSWER, STAYS, 0}, {OK_ANSWER, ENDS, 0}, {OK_ANSWER, STAYS, 0}, {OK_ANSWER, ENDS, 0},
        {OK_ANSWER, STAYS, 0}, {OK_ANSWER, ENDS, 0}, {OK_ANSWER, STAYS, 0},
    };
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    int fds[3] = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    assert_int_equal(pipe(fds), 0);
    server_start(&server, steps, ARRAY_LEN(steps));
    server.log_fd = fds[1];
    struct load_spec spec = spec_of(&server, &requests);
    spec.count = 200;
    spec.rate_per_second = 5000;
    spec.on_watch = take_log;
    spec.watch_fds[0] = fds[0];
    spec.tick_ctx = fds;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 200);
    assert_int_equal(result.unexpected, 0);
    /* An engine that woke too late has no more use for the connection that ended last. */
    assert_in_range(result.reconnects, 1, 3);
    assert_true(fds[2] >= 199 * LOG_BYTES);
    server_stop(&server);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

struct evil_case {
    const char *name;
    struct step step;
    const char *message;
};

static const struct evil_case evil_cases[] = {
    {"close before the answer",
     {"", ENDS, 0},
     "GET /x (request 0): connection closed before the answer"},
    {"close in the body",
     {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", ENDS, 0},
     "connection closed before the end of the body"},
    {"length that lies short",
     {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok", STAYS, 0},
     "1 bytes after the end of the answer"},
    {"second answer unasked", {OK_ANSWER OK_ANSWER, STAYS, 0}, "bytes after the end of the answer"},
    {"chunk size 2^64-1",
     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", STAYS, 0},
     "chunk is larger"},
    {"1 GiB of body",
     {"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", STAYS, 0},
     "body is larger"},
    {"no length", {"HTTP/1.1 200 OK\r\n\r\nok", STAYS, 0}, "has no length"},
    {"not HTTP", {"SSH-2.0-OpenSSH\r\n", STAYS, 0}, "does not start with an HTTP/1.1 status line"},
    {"never done", {"HTTP/1.1 200 OK\r\nContent-Len", STAYS, 0}, "no complete answer within 0.1 s"},
    {"silence", {"", STAYS, 0}, "GET /x (request 0): no complete answer within 0.1 s"},
};

static void an_evil_answer_ends_the_load(void **state)
{
    (void)state;
    struct requests requests = parse("{\"path\":\"/x\"}");
    for (size_t i = 0; i < ARRAY_LEN(evil_cases); i++) {
        const struct evil_case *row = &evil_cases[i];
        static struct server server;
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", row->name);
        server_start(&server, &row->step, 1);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        /* Only those that are to run into it: a busy machine may take as long for any. */
        if (strstr(row->message, "within 0.1 s"))
            spec.request_timeout_ns = 100 * NS_PER_MS;
        assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, row->message);
        assert_int_equal(result.answered, 0);
        server_stop(&server);
    }
}

/* Answers whose size needs a program rather than a literal. */
static void a_flood_in_the_head_ends_the_load(void **state)
{
    (void)state;
    struct requests requests = parse("{\"path\":\"/x\"}");
    static const char *const rows[][3] = {
        {"interim answers", "HTTP/1.1 100 Continue\r\n\r\n", "more than 16 interim"},
        {"one header without end", "X", "status line"},
        {"header lines", "HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\nX: y", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct server server;
        struct err err = {0};
        struct load_result result = {0};
        struct buf flood;
        print_message("%s\n", rows[i][0]);
        buf_init(&flood, 1 << 20);
        while (flood.len < 200000)
            buf_text(&flood, rows[i][1]);
        struct step step = {flood.data, ENDS, 0};
        server_start(&server, &step, 1);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                     i == 1 ? "header line longer" : rows[i][2]);
        server_stop(&server);
        buf_release(&flood);
    }
}

static void a_refused_connection_is_named(void **state)
{
    (void)state;
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, NULL, 0);
    struct load_spec spec = spec_of(&server, &requests);
    server_stop(&server);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "cannot connect: Connection refused");
}

static void requests_go_out_in_order_from_the_first_number(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/{k}\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    spec.first_k = 98;
    spec.count = 4;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_str(buf_view(&server.seen), "GET /98 HTTP/1.1\nGET /99 HTTP/1.1\nGET /100 HTTP/1.1\n"
                                       "GET /101 HTTP/1.1\n");
    server_stop(&server);
}

static void a_fixed_rate_is_kept(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.count = 200;
    spec.rate_per_second = 1000;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.lateness.count, 200);
    /* The last request is due 199 ms after the first; a loaded machine may be later. */
    assert_in_range(result.duration_ns, 199 * NS_PER_MS, 2 * NS_PER_SECOND);
    assert_true(result.achieved_per_second <= 1001);
    server_stop(&server);
}

/*
 * Ten requests at 1000/s over one connection, the first answered late:
 * the others wait, and their waiting is part of their latency.
 */
static void latency_counts_from_the_intended_send_time(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 100}, {OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    spec.count = 10;
    spec.rate_per_second = 1000;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    /* The last one was due after 9 ms and could not go out before 100 ms. */
    assert_true(result.latency.min_ns > 80 * NS_PER_MS);
    assert_true(result.achieved_per_second < 100);
    /* memgate itself was punctual: the connection was busy. */
    assert_true(histogram_quantile(&result.lateness, 0.5) < 20 * NS_PER_MS);
    server_stop(&server);
}

/* 40 requests at 1000/s in batches of 10 ms: the last batch leaves at 30 ms, the rate stays. */
static void requests_of_a_batch_leave_together(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.count = 40;
    spec.rate_per_second = 1000;
    spec.batch_ns = 10 * NS_PER_MS;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 40);
    assert_in_range(result.duration_ns, 30 * NS_PER_MS, 2 * NS_PER_SECOND);
    assert_true(result.achieved_per_second <= 1001);
    server_stop(&server);
}

/* While memgate stands still the answer lies in the socket; that is no latency of the service. */
static void an_answer_counts_from_its_arrival(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    spec.count = 10;
    spec.tick = stand_still;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_true(result.duration_ns > 5 * 40 * NS_PER_MS);
    assert_true(histogram_quantile(&result.latency, 0.5) < 20 * NS_PER_MS);
    server_stop(&server);
}

/* The wait for a connection is in the one clock and not in the other. */
static void latency_from_the_actual_send_is_told_as_well(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 100}, {OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, ARRAY_LEN(steps));
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    spec.count = 10;
    spec.rate_per_second = 1000;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_true(histogram_quantile(&result.latency, 0.5) > 80 * NS_PER_MS);
    assert_true(histogram_quantile(&result.service, 0.5) < 20 * NS_PER_MS);
    assert_true(result.service.max_ns > 80 * NS_PER_MS);
    server_stop(&server);
}

static bool stop_after_some(void *ctx, uint64_t done)
{
    uint64_t *calls = ctx;
    (void)done;
    return ++*calls < 3;
}

static void a_tick_that_says_no_ends_the_load(void **state)
{
    (void)state;
    static const struct step steps[] = {{"", STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    uint64_t calls = 0;
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.tick = stop_after_some;
    spec.tick_ctx = &calls;
    uint64_t from_ns = clock_now_ns();
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, "load stopped");
    assert_int_equal(calls, 3);
    assert_true(clock_now_ns() - from_ns < 2 * NS_PER_SECOND);
    server_stop(&server);
}

static void a_load_that_drags_on_is_ended(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.rate_per_second = 20;
    spec.total_timeout_ns = 100 * NS_PER_MS;
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "load not finished within 0.1 s");
    server_stop(&server);
}

/* 7 MiB do not fit into any socket buffer, and the server reads 4 KiB at a time. */
static void a_large_request_is_sent_in_parts(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server server;
    struct err err = {0};
    struct load_result result = {0};
    struct buf line;
    buf_init(&line, 16 << 20);
    buf_text(&line, "{\"path\":\"/x\",\"body\":\"");
    buf_repeat(&line, 'x', 7 << 20);
    buf_text(&line, "\"}");
    struct requests requests = parse(line.data);
    server_start(&server, steps, 1);
    struct load_spec spec = spec_of(&server, &requests);
    spec.count = 4;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 4);
    assert_int_equal(result.reconnects, 0);
    server_stop(&server);
    buf_release(&line);
}

/* The answer is "ok": 2 bytes. */
static const struct {
    const char *line;
    const char *problem; /* NULL: as expected */
} body_cases[] = {
    {"{\"path\":\"/x\",\"expect\":[200],\"expect_bytes\":2}", NULL},
    {"{\"path\":\"/x\",\"expect_bytes\":3}", "GET /x answered 200 with 2 bytes, not 3"},
    {"{\"path\":\"/x\",\"expect_sha256\":"
     "\"2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df\"}",
     NULL},
    {"{\"path\":\"/x\",\"expect_sha256\":"
     "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}",
     "GET /x answered 200 with another body than expect_sha256 says"},
};

static void the_body_of_an_answer_is_checked(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {OK_ANSWER, STAYS, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
         STAYS, 0}};
    static struct server server;
    for (size_t i = 0; i < ARRAY_LEN(body_cases); i++) {
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", body_cases[i].line);
        struct requests requests = parse(body_cases[i].line);
        server_start(&server, steps, ARRAY_LEN(steps));
        struct load_spec spec = spec_of(&server, &requests);
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.unexpected, body_cases[i].problem ? 20 : 0);
        if (body_cases[i].problem)
            assert_str(result.first_problem, body_cases[i].problem);
        server_stop(&server);
    }
}

static void a_duet_sends_both_the_same_in_the_same_order(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 0}};
    static struct server servers[2];
    static const double rates[] = {0, 2000};
    struct requests requests = parse("{\"path\":\"/a/{k}\"}\n{\"path\":\"/b/{k}\"}");
    for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
        struct err err = {0};
        struct load_result results[2] = {0};
        print_message("rate %.0f\n", rates[r]);
        server_start(&servers[0], steps, 1);
        server_start(&servers[1], steps, 1);
        struct load_spec spec = spec_of(&servers[0], &requests);
        spec.addresses[1].port = servers[1].hub.port;
        spec.lane_count = 2;
        spec.connections = 1;
        spec.count = 60;
        spec.rate_per_second = rates[r];
        spec.window_count = 7;
        assert_ok(load_run(results, &arena, &spec, &err), &err);
        assert_true(servers[0].seen.len > 60);
        assert_str(buf_view(&servers[0].seen), servers[1].seen.data);
        for (int lane = 0; lane < 2; lane++) {
            uint64_t in_windows = 0;
            assert_int_equal(results[lane].answered, 60);
            assert_int_equal(results[lane].lateness.count, rates[r] > 0 ? 60 : 0);
            for (uint32_t w = 0; w < spec.window_count; w++) {
                /* 60 requests in 7 parts. */
                assert_in_range(results[lane].windows[w].count, 8, 9);
                in_windows += results[lane].windows[w].count;
            }
            assert_int_equal(in_windows, 60);
        }
        server_stop(&servers[0]);
        server_stop(&servers[1]);
    }
}

/* One lane stands still for 100 ms; the other's requests are not late by it. */
static void a_slow_lane_does_not_delay_the_other(void **state)
{
    (void)state;
    static const struct step fast[] = {{OK_ANSWER, STAYS, 0}};
    static const struct step slow[] = {{OK_ANSWER, STAYS, 100}, {OK_ANSWER, STAYS, 0}};
    static struct server servers[2];
    struct err err = {0};
    struct load_result results[2] = {0};
    struct requests requests = parse("{\"path\":\"/x\"}");
    server_start(&servers[0], slow, ARRAY_LEN(slow));
    server_start(&servers[1], fast, 1);
    struct load_spec spec = spec_of(&servers[0], &requests);
    spec.addresses[1].port = servers[1].hub.port;
    spec.lane_count = 2;
    spec.connections = 1;
    spec.count = 100;
    spec.rate_per_second = 1000;
    assert_ok(load_run(results, &arena, &spec, &err), &err);
    /*
     * Truth by arithmetic: the first 100 requests of the slow lane waited 100
     * to 0 ms, those of the other did not. A busy machine holds up both.
     */
    uint64_t slow_ns = histogram_quantile(&results[0].latency, 0.5);
    uint64_t fast_ns = histogram_quantile(&results[1].latency, 0.5);
    assert_in_range(slow_ns, 30 * NS_PER_MS, NS_PER_SECOND);
    assert_in_range(fast_ns, 1, slow_ns - 20 * NS_PER_MS);
    server_stop(&servers[0]);
    server_stop(&servers[1]);
}

/* The first request stands for 400 ms, far more than a busy machine keeps one of the others. */
static void what_leads_in_is_sent_and_not_measured(void **state)
{
    (void)state;
    static const struct step steps[] = {{OK_ANSWER, STAYS, 400}, {OK_ANSWER, STAYS, 0}};
    static const double rates[] = {0, 200};
    static struct server server;
    struct requests requests = parse("{\"path\":\"/x\"}");
    for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
        struct err err = {0};
        struct load_result result = {0};
        print_message("rate %.0f\n", rates[r]);
        server_start(&server, steps, ARRAY_LEN(steps));
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 4;
        spec.count = 38;
        spec.lead_count = 30;
        spec.rate_per_second = rates[r];
        spec.window_count = 2;
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.answered, 38);
        assert_int_equal(result.successes, 38);
        assert_int_equal(result.latency.count, 8);
        assert_int_equal(result.lateness.count, rates[r] > 0 ? 8 : 0);
        assert_int_equal(result.windows[0].count, 4);
        assert_int_equal(result.windows[1].count, 4);
        assert_true(histogram_quantile(&result.latency, 1) < 400 * NS_PER_MS);
        server_stop(&server);
    }
}

static void the_lane_that_failed_is_known(void **state)
{
    (void)state;
    static const struct step good[] = {{OK_ANSWER, STAYS, 0}};
    static const struct step bad[] = {{"HTTP/9 nonsense\r\n\r\n", STAYS, 0}};
    static struct server servers[2];
    struct requests requests = parse("{\"path\":\"/x\"}");
    for (int which = 0; which < 2; which++) {
        struct err err = {0};
        struct load_result results[2] = {0};
        server_start(&servers[which], bad, 1);
        server_start(&servers[1 - which], good, 1);
        struct load_spec spec = spec_of(&servers[0], &requests);
        spec.addresses[1].port = servers[1].hub.port;
        spec.lane_count = 2;
        assert_fails(load_run(results, &arena, &spec, &err), STATUS_CHILD, &err, "GET /x");
        assert_true(results[which].has_failed);
        assert_false(results[1 - which].has_failed);
        server_stop(&servers[0]);
        server_stop(&servers[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_counted),
        cmocka_unit_test(the_first_unexpected_answer_is_named),
        cmocka_unit_test(any_listed_status_is_expected),
        cmocka_unit_test(lines_without_expect_take_what_is_no_server_error),
        cmocka_unit_test(a_used_connection_that_ends_has_its_request_sent_once_more),
        cmocka_unit_test(latency_of_a_request_sent_again_counts_from_the_first_time),
        cmocka_unit_test(requests_that_are_reset_again_and_again_end_the_load),
        cmocka_unit_test(connections_that_end_while_they_idle_drop_nothing),
        cmocka_unit_test(what_the_service_says_is_taken_during_the_load),
        cmocka_unit_test(an_evil_answer_ends_the_load),
        cmocka_unit_test(a_flood_in_the_head_ends_the_load),
        cmocka_unit_test(a_refused_connection_is_named),
        cmocka_unit_test(requests_go_out_in_order_from_the_first_number),
        cmocka_unit_test(a_fixed_rate_is_kept),
        cmocka_unit_test(latency_counts_from_the_intended_send_time),
        cmocka_unit_test(what_happens_between_close_requests_is_seen),
        cmocka_unit_test(requests_of_a_batch_leave_together),
        cmocka_unit_test(an_answer_counts_from_its_arrival),
        cmocka_unit_test(latency_from_the_actual_send_is_told_as_well),
        cmocka_unit_test(a_tick_that_says_no_ends_the_load),
        cmocka_unit_test(a_load_that_drags_on_is_ended),
        cmocka_unit_test(a_large_request_is_sent_in_parts),
        cmocka_unit_test(the_body_of_an_answer_is_checked),
        cmocka_unit_test(a_duet_sends_both_the_same_in_the_same_order),
        cmocka_unit_test(a_slow_lane_does_not_delay_the_other),
        cmocka_unit_test(what_leads_in_is_sent_and_not_measured),
        cmocka_unit_test(the_lane_that_failed_is_known),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
