#include "gate/harness/load/lane.h"
#include "gate/harness/load/load.h"
#include "tests/unit/harness/hub.h"

/*
 * A server of frames written by hand (RFC 9113, RFC 7541): it reads just
 * enough of what comes to know when a request is whole, and answers with
 * the frames of its script.
 */
enum { PEER_BYTES_MAX = 256 * 1024, HELD_MAX = 16, FRAME_BYTES = 9 };

enum frame_type { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY };

enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };

/* What every frame of an answer may be: its stream is put in. */
struct frame {
    size_t len; /* of the payload */
    const char *payload;
    uint8_t type;
    uint8_t flags;
    bool is_on_connection; /* stream 0 */
    uint32_t claims;       /* instead of len; 0: the truth */
};

#define FRAME(type, flags, text)  {sizeof(text) - 1, (text), (type), (flags), false, 0}
#define FRAME0(type, flags, text) {sizeof(text) - 1, (text), (type), (flags), true, 0}

/* ":status: 200" by its index in the static table, 204 likewise. */
#define STATUS_200 "\x88"
#define STATUS_204 "\x89"
/* A literal field without indexing, of a name and value shorter than 127 bytes. */
#define FIELD(name_len, name, value_len, value) "\x00" name_len name value_len value

#define GRPC_TYPE          FIELD("\x0c", "content-type", "\x10", "application/grpc")
#define GRPC_STATUS(digit) FIELD("\x0b", "grpc-status", "\x01", digit)

enum { FRAMES_MAX = 6, FRAME_PAYLOAD_MAX = 4096 };

struct script {
    struct frame frames[FRAMES_MAX];
    size_t len;
};

struct peer {
    int fd;
    size_t len;
    bool has_preface;
    size_t requests;
    uint32_t held[HELD_MAX]; /* streams that wait for their answer */
    size_t held_len;
    uint8_t data[PEER_BYTES_MAX];
};

struct server {
    struct hub hub;
    const struct script *script;
    const struct script *first; /* of the first request of all; NULL: like the others */
    const char *settings;       /* payload of its SETTINGS */
    size_t settings_len;
    size_t batch;         /* answers when so many wait */
    size_t goaway_every;  /* the request of each connection that is turned away; 0: none */
    bool answers_waiting; /* then those that wait are answered all the same */
    const char *greeting; /* instead of SETTINGS */
    size_t greeting_len;  /* 0: a text */
    bool closes;          /* instead of an answer */
    bool is_early;        /* answers a request before it reads its body, and never reads it */
    struct peer peers[HUB_PEERS_MAX];
    size_t requests;
    size_t held_most;
    size_t body_bytes;
    struct buf fields; /* of all requests, as they were encoded */
};

static void put_frame(const struct peer *peer, const struct frame *frame, uint32_t stream)
{
    uint8_t bytes[FRAME_BYTES + FRAME_PAYLOAD_MAX];
    uint32_t len = frame->claims ? frame->claims : (uint32_t)frame->len;
    uint32_t number = htonl(frame->is_on_connection ? 0 : stream);
    bytes[0] = (uint8_t)(len >> 16);
    bytes[1] = (uint8_t)(len >> 8);
    bytes[2] = (uint8_t)len;
    bytes[3] = frame->type;
    bytes[4] = frame->flags;
    memcpy(bytes + 5, &number, sizeof(number));
    assert_true(frame->len <= sizeof(bytes) - FRAME_BYTES);
    if (frame->len)
        memcpy(bytes + FRAME_BYTES, frame->payload, frame->len);
    /* A client that hangs up is part of several tests. */
    (void)!send(peer->fd, bytes, FRAME_BYTES + frame->len, MSG_NOSIGNAL);
}

static void put_script(const struct peer *peer, const struct script *script, uint32_t stream)
{
    for (size_t i = 0; i < script->len; i++)
        put_frame(peer, &script->frames[i], stream);
}

static void turn_away(const struct peer *peer, uint32_t stream)
{
    char payload[8] = {0};
    uint32_t last = htonl(stream - 2);
    memcpy(payload, &last, sizeof(last));
    const struct frame frame = {sizeof(payload), payload, GOAWAY, 0, true, 0};
    put_frame(peer, &frame, 0);
}

static void answer_held(const struct server *server, struct peer *peer)
{
    for (size_t i = 0; i < peer->held_len; i++)
        put_script(peer, server->script, peer->held[i]);
    peer->held_len = 0;
}

static void take_request(struct server *server, struct peer *peer, uint32_t stream)
{
    bool is_first = server->requests++ == 0 && server->first;
    peer->requests++;
    if (server->goaway_every && peer->requests == server->goaway_every) {
        turn_away(peer, stream);
        if (server->answers_waiting)
            answer_held(server, peer);
        return;
    }
    if (server->closes) {
        (void)shutdown(peer->fd, SHUT_RDWR);
        return;
    }
    if (is_first) {
        put_script(peer, server->first, stream);
        return;
    }
    peer->held[peer->held_len++] = stream;
    server->held_most = peer->held_len > server->held_most ? peer->held_len : server->held_most;
    if (peer->held_len >= server->batch)
        answer_held(server, peer);
}

/* Gives the room back that the body took. */
static void take_data(struct server *server, const struct peer *peer, uint32_t len, uint32_t stream)
{
    char payload[4];
    uint32_t number = htonl(len);
    server->body_bytes += len;
    if (len == 0)
        return;
    memcpy(payload, &number, sizeof(number));
    const struct frame frames[] = {{sizeof(payload), payload, 8, 0, true, 0},
                                   {sizeof(payload), payload, 8, 0, false, 0}};
    put_frame(peer, &frames[0], stream);
    put_frame(peer, &frames[1], stream);
}

static void take_frame(struct server *server, struct peer *peer, uint32_t len)
{
    uint8_t type = peer->data[3];
    uint8_t flags = peer->data[4];
    uint32_t stream = 0;
    memcpy(&stream, peer->data + 5, sizeof(stream));
    stream = ntohl(stream);
    const struct frame ack = FRAME0(SETTINGS, ACK, "");
    if (type == SETTINGS && !(flags & ACK))
        put_frame(peer, &ack, 0);
    if (type == HEADERS)
        buf_append(&server->fields, peer->data + FRAME_BYTES, len);
    if (server->is_early) {
        if (type == HEADERS)
            put_script(peer, server->script, stream);
        return;
    }
    if (type == DATA)
        take_data(server, peer, len, stream);
    if ((type == DATA || type == HEADERS) && (flags & END_STREAM))
        take_request(server, peer, stream);
}

static void drop(struct peer *peer, size_t len)
{
    memmove(peer->data, peer->data + len, peer->len - len);
    peer->len -= len;
}

static void take_bytes(struct server *server, struct peer *peer)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (!peer->has_preface && peer->len >= sizeof(preface) - 1) {
        assert_memory_equal(peer->data, preface, sizeof(preface) - 1);
        peer->has_preface = true;
        drop(peer, sizeof(preface) - 1);
    }
    while (peer->has_preface && peer->len >= FRAME_BYTES) {
        uint32_t len = (uint32_t)peer->data[0] << 16 | (uint32_t)peer->data[1] << 8 | peer->data[2];
        if (peer->len < FRAME_BYTES + len)
            return;
        take_frame(server, peer, len);
        drop(peer, FRAME_BYTES + len);
    }
}

static void server_take(struct hub *hub, size_t at, const char *data, size_t len)
{
    struct server *server = (struct server *)hub;
    struct peer *peer = &server->peers[at];
    assert_true(len <= sizeof(peer->data) - peer->len);
    memcpy(peer->data + peer->len, data, len);
    peer->len += len;
    take_bytes(server, peer);
}

static void greet(const struct server *server, const struct peer *peer)
{
    const struct frame settings = {server->settings_len, server->settings, SETTINGS, 0, true, 0};
    if (server->greeting) {
        size_t len = server->greeting_len ? server->greeting_len : strlen(server->greeting);
        (void)!send(peer->fd, server->greeting, len, MSG_NOSIGNAL);
        return;
    }
    put_frame(peer, &settings, 0);
}

static void server_open(struct hub *hub, size_t at)
{
    struct server *server = (struct server *)hub;
    struct peer *peer = &server->peers[at];
    peer->fd = hub->fds[at];
    peer->len = 0;
    peer->requests = 0;
    peer->held_len = 0;
    peer->has_preface = false;
    greet(server, peer);
}

/* Zeroes what no test sets. */
static void server_start(struct server *server)
{
    server->hub.on_open = server_open;
    server->hub.on_bytes = server_take;
    server->requests = 0;
    server->held_most = 0;
    server->body_bytes = 0;
    buf_init(&server->fields, 1 << 20);
    hub_start(&server->hub);
}

static void server_stop(struct server *server)
{
    hub_stop(&server->hub);
    buf_release(&server->fields);
}

static struct load_spec spec_of(const struct server *server, const struct requests *requests)
{
    return hub_load(&server->hub, requests, PROTOCOL_HTTP2);
}

#define OK_SCRIPT {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(DATA, END_STREAM, "ok")}, 2}

static const struct script ok_script = OK_SCRIPT;

struct good_case {
    const char *name;
    const char *line;
    struct script script;
    uint64_t body_bytes; /* of each answer */
    uint64_t unexpected;
};

#define PLAIN "{\"path\":\"/x\",\"expect\":[200]}"
#define CALL  "{\"grpc\":\"a.B/C\",\"body_hex\":\"08\"}"

static const struct good_case good_cases[] = {
    {"a body", PLAIN, OK_SCRIPT, 2, 0},
    {"no body",
     "{\"path\":\"/x\",\"expect\":[204]}",
     {{FRAME(HEADERS, END_HEADERS | END_STREAM, STATUS_204)}, 1},
     0,
     0},
    {"another status",
     "{\"path\":\"/x\",\"expect\":[200]}",
     {{FRAME(HEADERS, END_HEADERS | END_STREAM, STATUS_204)}, 1},
     0,
     20},
    {"an early hint first",
     PLAIN,
     {{FRAME(HEADERS, END_HEADERS, FIELD("\x07", ":status", "\x03", "103")),
       FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(DATA, END_STREAM, "ok")},
      3},
     2,
     0},
    {"trailers",
     PLAIN,
     {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(DATA, 0, "abc"),
       FRAME(HEADERS, END_HEADERS | END_STREAM, FIELD("\x05", "x-sum", "\x01", "1"))},
      3},
     3,
     0},
    {"padding",
     PLAIN,
     {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(DATA, END_STREAM | PADDED, "\x02okPP")}, 2},
     2,
     0},
    {"a header in two frames",
     PLAIN,
     {{FRAME(HEADERS, 0, STATUS_200), FRAME(9, END_HEADERS, FIELD("\x01", "a", "\x01", "b")),
       FRAME(DATA, END_STREAM, "ok")},
      3},
     2,
     0},
    {"frames of other kinds",
     PLAIN,
     {{FRAME0(PING, 0, "12345678"), FRAME(0xbb, 0xff, "what"),
       FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(PRIORITY, 0, "\0\0\0\0\1"),
       FRAME(DATA, END_STREAM, "ok")},
      5},
     2,
     0},
    {"more than was awaited of the request",
     PLAIN,
     {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(DATA, END_STREAM, "ok"),
       FRAME(RST_STREAM, 0, "\0\0\0\0")},
      3},
     2,
     0},
    {"a call of gRPC",
     CALL,
     {{FRAME(HEADERS, END_HEADERS, FIELD("\x07", ":status", "\x03", "103") GRPC_STATUS("9")),
       FRAME(HEADERS, END_HEADERS, STATUS_200 GRPC_TYPE), FRAME(DATA, 0, "\0\0\0\0\2h"),
       FRAME(DATA, 0, "i"), FRAME(HEADERS, END_HEADERS | END_STREAM, GRPC_STATUS("0"))},
      5},
     2,
     0},
    {"a call that fails with its headers",
     CALL,
     {{FRAME(HEADERS, END_HEADERS | END_STREAM, STATUS_200 GRPC_TYPE GRPC_STATUS("5"))}, 1},
     0,
     20},
    {"a call that shall fail",
     "{\"grpc\":\"a.B/C\",\"expect_grpc\":[5]}",
     {{FRAME(HEADERS, END_HEADERS | END_STREAM, STATUS_200 GRPC_TYPE GRPC_STATUS("5"))}, 1},
     0,
     0},
    {"a call that something else answers",
     CALL,
     {{FRAME(HEADERS, END_HEADERS, "\x8d"), FRAME(DATA, END_STREAM, "not found")}, 2},
     9,
     20},
};

static void every_answer_is_counted(void **state)
{
    static struct server server;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_cases); i++) {
        const struct good_case *row = &good_cases[i];
        struct err err = {0};
        struct load_result result = {0};
        struct requests requests = parse(row->line);
        print_message("%s\n", row->name);
        server.script = &row->script;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.answered, 20);
        assert_int_equal(result.latency.count, 20);
        assert_int_equal(result.unexpected, row->unexpected);
        assert_int_equal(result.response_bytes, 20 * row->body_bytes);
        assert_int_equal(result.reconnects, 0);
        assert_int_equal(server.hub.accepted, 2);
        server_stop(&server);
    }
}

struct evil_case {
    const char *name;
    struct script script;
    const char *error;
};

static const struct evil_case evil_cases[] = {
    {"a body before its header", {{FRAME(DATA, END_STREAM, "ok")}, 1}, "breaks HTTP/2: "},
    {"no status", {{FRAME(HEADERS, END_HEADERS | END_STREAM, "")}, 1}, "reset: PROTOCOL_ERROR"},
    {"a status that is none",
     {{FRAME(HEADERS, END_HEADERS, FIELD("\x07", ":status", "\x03", "2x0"))}, 1},
     "PROTOCOL_ERROR"},
    {"a status beyond the known",
     {{FRAME(HEADERS, END_HEADERS, FIELD("\x07", ":status", "\x03", "999"))}, 1},
     "answer has the status \"999\""},
    {"a name in upper case",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200 FIELD("\x01", "A", "\x01", "b"))}, 1},
     "PROTOCOL_ERROR"},
    {"a header of a connection",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200 FIELD("\x0a", "connection", "\x05", "close"))}, 1},
     "PROTOCOL_ERROR"},
    {"less than the length said",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200 FIELD("\x0e", "content-length", "\x01", "9")),
       FRAME(DATA, END_STREAM, "ok")},
      2},
     "PROTOCOL_ERROR"},
    {"an unasked stream",
     {{FRAME(PUSH_PROMISE, END_HEADERS, "\0\0\0\2" STATUS_200)}, 1},
     "breaks HTTP/2: "},
    {"a frame that is too large",
     {{{4, "1234", DATA, 0, false, 1 << 20}}, 1},
     "breaks HTTP/2: FRAME_SIZE_ERROR"},
    {"a code that is none",
     {{FRAME(HEADERS, END_HEADERS, "\xff\xff\xff\xff\xff\xff\xff")}, 1},
     "breaks HTTP/2: "},
    {"no room given", {{FRAME(8, 0, "\0\0\0\0")}, 1}, "breaks HTTP/2: "},
    {"too much room given", {{FRAME0(8, 0, "\x7f\xff\xff\xff")}, 1}, "breaks HTTP/2: "},
    {"a setting beyond its limit",
     {{FRAME0(SETTINGS, 0, "\0\4\xff\xff\xff\xff")}, 1},
     "breaks HTTP/2: "},
    {"a header that never ends",
     {{FRAME(HEADERS, 0, STATUS_200), FRAME(DATA, END_STREAM, "ok")}, 2},
     "breaks HTTP/2: "},
    {"a reset",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(RST_STREAM, 0, "\0\0\0\2")}, 2},
     "GET /x (request 0): no complete answer: the stream was reset: INTERNAL_ERROR"},
    {"a reset that says nothing",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200), FRAME(RST_STREAM, 0, "\0\0\0\0")}, 2},
     "GET /x (request 0): no complete answer: the stream was reset: NO_ERROR"},
    {"refused each time",
     {{FRAME(RST_STREAM, 0, "\0\0\0\7")}, 1},
     "GET /x (request 0): no complete answer: the stream was reset: REFUSED_STREAM"},
    {"an end with a reason",
     {{FRAME0(GOAWAY, 0,
              "\0\0\0\1\0\0\0\x0b"
              "slow down")},
      1},
     "the service ended the connection (GOAWAY): ENHANCE_YOUR_CALM slow down"},
};

static void an_evil_answer_ends_the_load(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(evil_cases); i++) {
        const struct evil_case *row = &evil_cases[i];
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", row->name);
        server.script = &row->script;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, row->error);
        assert_true(result.has_failed);
        server_stop(&server);
    }
}

/* A name that may be none, with a value that nobody but the service may know. */
static void a_complaint_tells_no_value(void **state)
{
    static struct server server;
    static const struct script script = {
        {FRAME(HEADERS, END_HEADERS, STATUS_200 FIELD("\x07", "X-Token", "\x06", "s3cret"))}, 1};
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &script;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, "name: [X-Token])");
    assert_null(strstr(err.text, "s3cret"));
    server_stop(&server);
}

static const struct evil_case evil_calls[] = {
    {"its status before its message",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200 GRPC_TYPE GRPC_STATUS("0")),
       FRAME(DATA, END_STREAM, "\0\0\0\0\2hi")},
      2},
     "POST /a.B/C (request 0): answer has no grpc-status behind its message"},
    {"its status in an interim answer",
     {{FRAME(HEADERS, END_HEADERS, FIELD("\x07", ":status", "\x03", "103") GRPC_STATUS("0")),
       FRAME(HEADERS, END_HEADERS, STATUS_200 GRPC_TYPE), FRAME(DATA, END_STREAM, "\0\0\0\0\2hi")},
      3},
     "answer has no grpc-status behind its message"},
    {"another type",
     {{FRAME(HEADERS, END_HEADERS, STATUS_200 FIELD("\x0c", "content-type", "\x0a", "text/plain")),
       FRAME(DATA, 0, "\0\0\0\0\2hi"), FRAME(HEADERS, END_HEADERS | END_STREAM, GRPC_STATUS("0"))},
      3},
     "answer has no content-type application/grpc"},
};

static void what_is_no_answer_of_grpc_ends_the_load(void **state)
{
    static struct server server;
    struct requests requests = parse(CALL);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(evil_calls); i++) {
        const struct evil_case *row = &evil_calls[i];
        struct err err = {0};
        struct load_result result = {0};
        print_message("%s\n", row->name);
        server.script = &row->script;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, row->error);
        server_stop(&server);
    }
}

/* Says more of its header than anyone wants to hold: 300 fields of ten bytes. */
static void a_flood_in_the_head_ends_the_load(void **state)
{
    static struct server server;
    static struct script script;
    static char payload[3100];
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    size_t len = 1;
    (void)state;
    payload[0] = '\x88';
    for (int i = 0; i < 300; i++) {
        memcpy(payload + len,
               "\x00\x03"
               "abc"
               "\x03"
               "def",
               9);
        len += 9;
    }
    script = (struct script){{{len, payload, HEADERS, END_HEADERS, false, 0}}, 1};
    server.script = &script;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "answer has more than 256 headers");
    server_stop(&server);
}

static void what_is_no_http2_is_told(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.greeting = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_INVALID, &err,
                 "set load.protocol: http1");
    server_stop(&server);
    server.greeting = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
    server_start(&server);
    spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err, "breaks HTTP/2: ");
    server_stop(&server);
    server.greeting = NULL;
}

static void a_service_that_allows_no_requests_is_told(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.settings = "\0\3\0\0\0\0";
    server.settings_len = 6;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "SETTINGS_MAX_CONCURRENT_STREAMS 0");
    server_stop(&server);
}

/* SETTINGS and a GOAWAY without an error, at once: a new connection would fare no better. */
static void a_service_that_turns_connections_away_is_told(void **state)
{
    static struct server server;
    static const char greeting[] = "\0\0\0\4\0\0\0\0\0"
                                   "\0\0\x08\7\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\0";
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.greeting = greeting;
    server.greeting_len = sizeof(greeting) - 1;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "the service turns connections away as they open (GOAWAY before any request)");
    assert_int_equal(result.reconnects, 0);
    server_stop(&server);
}

static void a_connection_that_ends_loses_its_requests(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.closes = true;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "no complete answer: connection closed");
    server_stop(&server);
}

struct stream_case {
    const char *name;
    uint32_t streams; /* asked for */
    size_t batch;     /* the server answers when so many wait, and not before */
    const char *settings;
    size_t settings_len;
    double rate;
};

/* SETTINGS_MAX_CONCURRENT_STREAMS is number 3. */
static const struct stream_case stream_cases[] = {
    {"one at a time", 1, 1, "", 0, 0},
    {"five at a time", 5, 5, "", 0, 0},
    {"as many as the service allows", 5, 2, "\0\3\0\0\0\2", 6, 0},
    {"at a fixed rate", 5, 5, "", 0, 2000},
};

static void a_connection_carries_its_streams(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stream_cases); i++) {
        const struct stream_case *row = &stream_cases[i];
        struct load_result result = {0};
        struct err err = {0};
        print_message("%s\n", row->name);
        server.script = &ok_script;
        server.batch = row->batch;
        server.settings = row->settings;
        server.settings_len = row->settings_len;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        spec.streams = row->streams;
        spec.rate_per_second = row->rate;
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.answered, 20);
        assert_int_equal(server.held_most, row->batch);
        assert_int_equal(result.streams_allowed, row->batch);
        assert_int_equal(server.hub.accepted, 1);
        server_stop(&server);
    }
}

/* The kernel notes one time for all that is read at once: sleeping would give many answers the last one's. */
static void only_answers_with_their_own_time_can_wait(void **state)
{
    struct load_spec spec = {.count = 10, .connections = 1, .streams = 1};
    struct lane lane = {.spec = &spec, .arrival.is_kernel = true, .idle_len = 1};
    (void)state;
    assert_true(lane_can_wait(&lane));
    spec.streams = 2;
    assert_false(lane_can_wait(&lane));
}

/* Eight requests find eight places on the first connection, and yet go to all four. */
static void connections_are_used_in_turn(void **state)
{
    static struct server server;
    static const double rates[] = {0, 200};
    struct requests requests = parse(PLAIN);
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
        struct load_result result = {0};
        struct err err = {0};
        print_message("rate %.0f\n", rates[r]);
        server.script = &ok_script;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 4;
        spec.streams = 8;
        spec.count = 8;
        spec.rate_per_second = rates[r];
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        server_stop(&server);
        for (size_t i = 0; i < spec.connections; i++)
            assert_int_equal(server.peers[i].requests, 2);
    }
}

/* The first request of all is refused, and sent once more. */
static void a_refused_request_is_sent_again(void **state)
{
    static struct server server;
    static const struct script refusal = {{FRAME(RST_STREAM, 0, "\0\0\0\7")}, 1};
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.first = &refusal;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 20);
    assert_int_equal(result.reconnects, 0);
    assert_int_equal(result.sent_again, 1);
    assert_int_equal(server.requests, 21);
    server_stop(&server);
}

/* Each connection answers four requests and turns the fifth away. */
static void a_connection_that_shuts_down_is_replaced(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    server.script = &ok_script;
    server.goaway_every = 5;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    spec.connections = 1;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 20);
    assert_int_equal(result.latency.count, 20);
    assert_int_equal(result.response_bytes, 40);
    assert_int_equal(result.reconnects, 4);
    assert_int_equal(server.hub.accepted, 5);
    server_stop(&server);
}

struct drain_case {
    const char *name;
    size_t goaway_every;
    bool answers_waiting;
    size_t batch; /* also how many the service allows at a time */
    const char *settings;
    size_t settings_len;
    uint64_t count;
    uint64_t reconnects;
    uint64_t sent_again_max; /* at least one for each new connection */
};

/*
 * Each connection answers four requests, then turns the fifth away and what
 * came behind it: ten connections for 40. Or it answers six, which makes 30 by
 * five and four more by the sixth; or two. As it goes away one to four, or two,
 * requests of the client are out.
 */
static const struct drain_case drain_cases[] = {
    {"all are turned away", 5, false, 4, "", 0, 40, 9, 36},
    {"some are answered yet", 7, true, 4, "", 0, 34, 5, 10},
    {"as many as the service allows", 3, false, 2, "\0\3\0\0\0\2", 6, 20, 9, 18},
};

/* The service answers only as many as there are places: one that is lost would be waited for. */
static void a_place_outlives_its_connection(void **state)
{
    static struct server server;
    struct requests requests = parse(PLAIN);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(drain_cases); i++) {
        const struct drain_case *row = &drain_cases[i];
        struct load_result result = {0};
        struct err err = {0};
        print_message("%s\n", row->name);
        server.script = &ok_script;
        server.goaway_every = row->goaway_every;
        server.answers_waiting = row->answers_waiting;
        server.batch = row->batch;
        server.settings = row->settings;
        server.settings_len = row->settings_len;
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        spec.streams = 4;
        spec.count = row->count;
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        server_stop(&server);
        assert_int_equal(result.answered, row->count);
        assert_int_equal(server.held_most, row->batch);
        assert_int_equal(result.reconnects, row->reconnects);
        assert_in_range(result.sent_again, row->reconnects, row->sent_again_max);
    }
}

/* A second SETTINGS frame, before the first answer. */
static void fewer_streams_later_are_noted(void **state)
{
    static struct server server;
    static const struct {
        const char *payload;
        uint32_t allowed;
    } rows[] = {
        {"\0\3\0\0\0\2", 2},
        {"\0\3\0\0\0\x64", 4},
    };
    struct requests requests = parse(PLAIN);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct script first = {{{6, rows[i].payload, SETTINGS, 0, true, 0},
                                      FRAME(HEADERS, END_HEADERS, STATUS_200),
                                      FRAME(DATA, END_STREAM, "ok")},
                                     3};
        struct load_result result = {0};
        struct err err = {0};
        print_message("%u allowed\n", rows[i].allowed);
        server = (struct server){.script = &ok_script, .first = &first};
        server_start(&server);
        struct load_spec spec = spec_of(&server, &requests);
        spec.connections = 1;
        spec.streams = 4;
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        server_stop(&server);
        assert_int_equal(result.answered, spec.count);
        assert_int_equal(result.streams_allowed, rows[i].allowed);
    }
}

/* More than the first window of 65535 bytes: the rest waits for the service's word. */
static void a_large_body_waits_for_room(void **state)
{
    static struct server server;
    static char text[300 * 1024];
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    int head = snprintf(text, sizeof(text), "{\"path\":\"/x\",\"body\":\"");
    memset(text + head, 'b', 200000);
    memcpy(text + head + 200000, "\"}", 3);
    struct requests requests = parse(text);
    server.script = &ok_script;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 20);
    assert_int_equal(server.body_bytes, 20 * 200000);
    server_stop(&server);
}

/* The rest of the body is not sent, and the answer counts. */
static void an_answer_may_come_before_the_body_was_read(void **state)
{
    static struct server server;
    static char text[300 * 1024];
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    int head = snprintf(text, sizeof(text), "{\"path\":\"/x\",\"body\":\"");
    memset(text + head, 'b', 200000);
    memcpy(text + head + 200000, "\"}", 3);
    struct requests requests = parse(text);
    server.script = &ok_script;
    server.is_early = true;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    /* What is on its way when an answer comes takes room that is never given back: 65535 bytes in all. */
    spec.count = 2;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 2);
    assert_int_equal(result.response_bytes, 4);
    server_stop(&server);
}

static void a_silent_service_is_given_up(void **state)
{
    static struct server server;
    static const struct script none = {{{0}}, 0};
    struct load_result result = {0};
    struct requests requests = parse(PLAIN);
    struct err err = {0};
    (void)state;
    server.script = &none;
    server_start(&server);
    struct load_spec spec = spec_of(&server, &requests);
    spec.request_timeout_ns = 200 * NS_PER_MS;
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "no complete answer within 0.2 s");
    server_stop(&server);
}

/* Over sockets, whose name is no part of a request: so the bytes are equal. */
static void a_duet_sends_both_the_same(void **state)
{
    static struct server servers[2];
    static char paths[2][64];
    char dir[] = "/tmp/http2_test.XXXXXX";
    struct load_result results[2];
    struct requests requests =
        parse("{\"path\":\"/{k}/{uuid}\",\"header\":{\"X-A\":\"{rand:1:9}\"}}");
    struct err err = {0};
    (void)state;
    memset(results, 0, sizeof(results));
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < 2; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%d", dir, i);
        servers[i].script = &ok_script;
        servers[i].hub.path = paths[i];
        server_start(&servers[i]);
    }
    struct load_spec spec = spec_of(&servers[0], &requests);
    spec.lane_count = 2;
    spec.connections = 1;
    for (int i = 0; i < 2; i++)
        spec.addresses[i] = (struct address){.socket = str_from(paths[i])};
    assert_ok(load_run(results, &arena, &spec, &err), &err);
    assert_true(servers[0].fields.len > 400);
    assert_true(str_equal(buf_view(&servers[0].fields), buf_view(&servers[1].fields)));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(results[i].answered, 20);
        server_stop(&servers[i]);
        assert_int_equal(unlink(paths[i]), 0);
    }
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_answer_is_counted, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(an_evil_answer_ends_the_load, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_complaint_tells_no_value, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_is_no_answer_of_grpc_ends_the_load, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_flood_in_the_head_ends_the_load, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_is_no_http2_is_told, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_service_that_allows_no_requests_is_told, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_service_that_turns_connections_away_is_told, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_connection_that_ends_loses_its_requests, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_connection_carries_its_streams, open_arena, close_arena),
        cmocka_unit_test(only_answers_with_their_own_time_can_wait),
        cmocka_unit_test_setup_teardown(connections_are_used_in_turn, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_refused_request_is_sent_again, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_connection_that_shuts_down_is_replaced, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_place_outlives_its_connection, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(fewer_streams_later_are_noted, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_large_body_waits_for_room, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(an_answer_may_come_before_the_body_was_read, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_silent_service_is_given_up, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_duet_sends_both_the_same, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
