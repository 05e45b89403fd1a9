#include "gate/harness/control.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include "gate/base/buf.h"
#include "gate/base/clock.h"
#include "gate/harness/load/requests.h"
#include "gate/harness/process.h"

enum {
    ANSWER_BYTES_SHOWN = 160,
    CONNECT_MS = 2000,
    WAIT_MS = 10,
    CONTROL_HEADER_BYTES_MAX = 64 * 1024,
    CONTROL_PATH_BYTES_MAX = 4096,
    READ_BYTES = 128 * 1024
};

/*
 * Go writes a heap's text in pieces of 4 KiB over 0.1 s and more. Waking
 * for each of them would take time from the service, and cost us twice
 * what it costs to take a few of them together.
 */
#define GATHER_NS (3 * NS_PER_MS)

/* One exchange under way. */
struct control_exchange {
    struct control_request request;
    struct curl_slist *header_list;
    CURL *curl;
    CURLM *multi;
    struct curl_slist *connect_to; /* whatever the URL names */
    char error[CURL_ERROR_SIZE];
    curl_socket_t fd; /* of the connection; libcurl's */
    bool is_over;
    CURLcode code; /* how it ended, once it is over */
    uint64_t timeout_ns;
    struct buf body;
    struct buf header;
    size_t header_bytes;
    bool has_much_header;
    bool has_whole_header; /* of the last answer: its empty line is there */
};

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct control_exchange *control = ctx;
    buf_append(&control->body, data, size * count);
    return control->body.overflow ? 0 : size * count;
}

/* Also counts interim answers (1xx), of which a server can send any number. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's. */
static size_t take_header(char *data, size_t size, size_t count, void *ctx)
{
    struct control_exchange *control = ctx;
    struct str line = str_trim((struct str){data, size * count});
    control->header_bytes += size * count;
    /* libcurl takes an answer that ends in the middle of its header for a whole one. */
    if (line.len == 0)
        control->has_whole_header = true;
    if (str_starts_with(line, STR("HTTP/"))) {
        control->has_whole_header = false;
        buf_reset(&control->header);
    } else {
        buf_append(&control->header, data, size * count);
    }
    control->has_much_header = control->header_bytes > CONTROL_HEADER_BYTES_MAX;
    return control->has_much_header ? 0 : size * count;
}

static int look_up(void *ctx, curl_off_t to_get, curl_off_t got, curl_off_t to_put, curl_off_t put)
{
    (void)ctx;
    (void)to_get;
    (void)got;
    (void)to_put;
    (void)put;
    return process_interrupted() != 0;
}

static int note_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct control_exchange *control = ctx;
    (void)purpose;
    control->fd = fd;
    return CURL_SOCKOPT_OK;
}

/* Nothing that would change the request line or name another host. */
static bool path_is_plain(struct str path)
{
    if (path.len == 0 || path.len > CONTROL_PATH_BYTES_MAX || path.data[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++) {
        if ((unsigned char)path.data[i] <= ' ' || path.data[i] == 0x7f)
            return false;
    }
    return true;
}

static bool set_numbers(CURL *curl, uint64_t timeout_ns)
{
    const struct {
        CURLoption option;
        long value;
    } rows[] = {
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_PATH_AS_IS, 1},
        {CURLOPT_FRESH_CONNECT, 1},
        {CURLOPT_FORBID_REUSE, 1},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_BUFFERSIZE, READ_BYTES},
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS},
        {CURLOPT_TIMEOUT_MS, (long)(timeout_ns / NS_PER_MS + 1)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (curl_easy_setopt(curl, rows[i].option, rows[i].value) != CURLE_OK)
            return false;
    }
    return true;
}

/* The certificates that are given are the only ones that count: none of the system's. */
static bool set_trust(CURL *curl, const struct address *address)
{
    struct curl_blob ca = {
        .len = address->ca_pem.len,
        .flags = CURL_BLOB_COPY,
    };
    /* libcurl copies the bytes, but its struct holds no const. */
    memcpy((void *)&ca.data, (const void *)&address->ca_pem.data, sizeof(ca.data));
    return !address->is_tls || (!curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca) &&
                                !curl_easy_setopt(curl, CURLOPT_CAPATH, NULL));
}

/* The URL holds the name that the certificate must hold; the call goes to our own address. */
static bool set_address(struct control_exchange *control, const struct address *address)
{
    char target[32];
    CURL *curl = control->curl;
    if (address->socket.len) {
        char path[ADDRESS_SOCKET_BYTES_MAX + 1];
        (void)snprintf(path, sizeof(path), "%.*s", STR_ARGS(address->socket));
        return !curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path);
    }
    (void)snprintf(target, sizeof(target), "::127.0.0.1:%u", (unsigned)address->port);
    control->connect_to = curl_slist_append(NULL, target);
    return control->connect_to && !curl_easy_setopt(curl, CURLOPT_CONNECT_TO, control->connect_to);
}

static bool set_up(struct control_exchange *control, const struct address *address, const char *url,
                   uint64_t timeout_ns)
{
    CURL *curl = control->curl;
    return set_numbers(curl, timeout_ns) && set_trust(curl, address) &&
           set_address(control, address) && !curl_easy_setopt(curl, CURLOPT_URL, url) &&
           !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, address->is_tls ? "https" : "http") &&
           !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, control->error) &&
           !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
           !curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") &&
           !curl_easy_setopt(curl, CURLOPT_USERAGENT, "memgate") &&
           !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEDATA, control) &&
           !curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header) &&
           !curl_easy_setopt(curl, CURLOPT_HEADERDATA, control) &&
           !curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, note_socket) &&
           !curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, control) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, control);
}

/* libcurl would add a type of its own to a body, and wait for leave to send it. */
static bool add_header(struct control_exchange *control, struct arena *arena)
{
    struct str rest = control->request.header;
    struct str line;
    const char *const without[] = {"Expect:", "Content-Type:"};
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        struct curl_slist *grown = curl_slist_append(control->header_list, without[i]);
        control->header_list = grown ? grown : control->header_list;
    }
    while (str_split(&rest, '\n', &line)) {
        line = str_trim(line);
        /* A header without a value is written with ";": with ":" it would be taken away. */
        if (line.len > 0 && str_find(line, ':') + 1 == (ptrdiff_t)line.len)
            line = str_format(arena, "%.*s;", (int)line.len - 1, line.data);
        struct curl_slist *grown = curl_slist_append(control->header_list, str_text(arena, line));
        if (!grown)
            return false;
        control->header_list = grown;
    }
    return !curl_easy_setopt(control->curl, CURLOPT_HTTPHEADER, control->header_list);
}

/* A server waits for the body of a POST unless it is told that there is none. */
static bool set_request(struct control_exchange *control, struct arena *arena)
{
    const struct control_request *request = &control->request;
    CURL *curl = control->curl;
    bool is_get = str_equal(request->method, STR("GET"));
    bool announces = request->has_body || request_method_announces_body(request->method);
    if (is_get && !request->has_body && request->header.len == 0)
        return true;
    if (str_equal(request->method, STR("HEAD")) && curl_easy_setopt(curl, CURLOPT_NOBODY, 1L))
        return false;
    if (announces &&
        (curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ||
         curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.len ? request->body.data : "")))
        return false;
    return !curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, str_text(arena, request->method)) &&
           add_header(control, arena);
}

static enum status explain(const struct control_exchange *control, struct err *err)
{
    if (process_interrupted())
        return process_interruption(err);
    if (control->body.overflow) {
        return err_set(err, STATUS_CHILD, "the answer is larger than %d MiB",
                       CONTROL_BODY_BYTES_MAX >> 20);
    }
    if (control->has_much_header) {
        return err_set(err, STATUS_CHILD, "the header is larger than %d KiB",
                       CONTROL_HEADER_BYTES_MAX >> 10);
    }
    if (!control->is_over)
        return err_set(err, STATUS_CHILD, "no complete answer by the end");
    if (control->code == CURLE_OPERATION_TIMEDOUT) {
        return err_set(err, STATUS_CHILD, "no complete answer within %.3g s",
                       (double)control->timeout_ns / (double)NS_PER_SECOND);
    }
    if (control->code == CURLE_PEER_FAILED_VERIFICATION) {
        return err_set(err, STATUS_INVALID,
                       "the service's certificate is not accepted: %s; set service.tls.ca to the "
                       "certificate of the authority that signed it (or to itself if nobody did) "
                       "and service.tls.server_name to a name that it holds",
                       control->error);
    }
    if (control->code == CURLE_SSL_CONNECT_ERROR && control->error[0]) {
        return err_set(err, STATUS_CHILD,
                       "%s; if the service does not speak TLS on this address, remove service.tls",
                       control->error);
    }
    return err_set(err, STATUS_CHILD, "%s", curl_easy_strerror(control->code));
}

/* Once for the process; libcurl keeps its tables until the end. */
static bool curl_setup(void)
{
    static bool is_done;
    if (!is_done)
        is_done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return is_done;
}

static void close_exchange(struct control_exchange *control)
{
    if (control->multi && control->curl)
        (void)curl_multi_remove_handle(control->multi, control->curl);
    curl_easy_cleanup(control->curl);
    curl_slist_free_all(control->header_list);
    curl_slist_free_all(control->connect_to);
    (void)curl_multi_cleanup(control->multi);
    buf_release(&control->body);
    buf_release(&control->header);
}

static enum status wrap_request(const struct control_exchange *control, struct err *err)
{
    const struct control_request *request = &control->request;
    struct str shown = request->shown.len ? request->shown : request->path;
    return err_wrap(err, "%.*s %.*s", STR_ARGS(request->method), STR_ARGS(shown));
}

static enum status open_exchange(struct control_exchange *control, struct arena *arena,
                                 const struct address *address, uint64_t timeout_ns,
                                 struct err *err)
{
    struct str authority = address_authority(address, arena);
    const char *url = str_format(arena, "%s://%.*s%.*s", address->is_tls ? "https" : "http",
                                 STR_ARGS(authority), STR_ARGS(control->request.path))
                          .data;
    control->curl = curl_setup() ? curl_easy_init() : NULL;
    control->multi = control->curl ? curl_multi_init() : NULL;
    if (!control->multi)
        return err_set(err, STATUS_IO, "cannot start libcurl");
    if (!set_up(control, address, url, timeout_ns) || !set_request(control, arena) ||
        curl_multi_add_handle(control->multi, control->curl) != CURLM_OK)
        return err_set(err, STATUS_IO, "libcurl lacks an option");
    return STATUS_OK;
}

static enum status begin(struct control_exchange **out, struct arena *arena,
                         const struct address *address, const struct control_request *request,
                         uint64_t timeout_ns, struct err *err)
{
    struct str shown = request->shown.len ? request->shown : request->path;
    if (!path_is_plain(request->path))
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a path of HTTP", STR_ARGS(shown));
    struct control_exchange *control = ARENA_NEW(arena, struct control_exchange);
    control->request = *request;
    control->request.path = str_copy(arena, request->path);
    control->fd = CURL_SOCKET_BAD;
    control->timeout_ns = timeout_ns;
    buf_init(&control->body, CONTROL_BODY_BYTES_MAX);
    buf_init(&control->header, CONTROL_HEADER_BYTES_MAX);
    if (open_exchange(control, arena, address, timeout_ns, err)) {
        (void)wrap_request(control, err);
        close_exchange(control);
        return err->status;
    }
    *out = control;
    return STATUS_OK;
}

enum status control_begin(struct control_exchange **out, struct arena *arena,
                          const struct address *address, struct str path, uint64_t timeout_ns,
                          struct err *err)
{
    const struct control_request request = {.method = STR("GET"), .path = path};
    return begin(out, arena, address, &request, timeout_ns, err);
}

bool control_step(struct control_exchange *exchange)
{
    int running = 1;
    int left = 0;
    if (exchange->is_over)
        return true;
    CURLMcode code = curl_multi_perform(exchange->multi, &running);
    if (code == CURLM_OK && running)
        return false;
    const CURLMsg *message = curl_multi_info_read(exchange->multi, &left);
    exchange->code =
        message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
    exchange->is_over = true;
    return true;
}

static enum status take_reply(struct control_reply *out, struct arena *arena,
                              const struct control_exchange *exchange, struct err *err)
{
    struct control_reply reply = {0};
    if (!exchange->is_over || exchange->code != CURLE_OK)
        return explain(exchange, err);
    if (!exchange->has_whole_header)
        return err_set(err, STATUS_CHILD, "the answer ends within its header");
    if (curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &reply.http_code) != CURLE_OK)
        return err_set(err, STATUS_CHILD, "the answer has no status");
    reply.header = str_copy(arena, buf_view(&exchange->header));
    reply.body = bytes_of_str(str_copy(arena, buf_view(&exchange->body)));
    *out = reply;
    return STATUS_OK;
}

enum status control_end(struct control_reply *out, struct arena *arena,
                        struct control_exchange *exchange, struct err *err)
{
    enum status status = take_reply(out, arena, exchange, err);
    if (status != STATUS_OK)
        (void)wrap_request(exchange, err);
    close_exchange(exchange);
    return status;
}

static uint64_t sent_bytes(const struct control_exchange *exchange)
{
    long sent = 0;
    bool is_known =
        curl_easy_getinfo(exchange->curl, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK && sent > 0;
    return is_known ? (uint64_t)sent : 0;
}

void control_add_sent(struct control_sent *sum, const struct control_exchange *exchange)
{
    sum->requests += sent_bytes(exchange) > 0;
    sum->bytes += sent_bytes(exchange);
}

/* Before the request has left, the closed half would cut it off. */
void control_hang_up(struct control_exchange *exchange)
{
    if (exchange->is_over || exchange->fd == CURL_SOCKET_BAD || sent_bytes(exchange) == 0)
        return;
    (void)shutdown(exchange->fd, SHUT_WR);
}

/*
 * Programs under test may talk while they answer, more than their pipe
 * holds: curl_easy_perform would look after nothing else for a second.
 */
void control_wait(struct control_exchange *exchange, uint64_t limit_ns)
{
    uint64_t start_ns = clock_now_ns();
    while (!control_step(exchange) && clock_now_ns() - start_ns < limit_ns &&
           curl_multi_poll(exchange->multi, NULL, 0, WAIT_MS, NULL) == CURLM_OK) {
        process_poll_all();
        if (exchange->body.len > 0)
            clock_sleep_ns(GATHER_NS);
    }
}

enum status control_send(struct control_reply *out, struct arena *arena,
                         const struct address *address, const struct control_request *request,
                         uint64_t timeout_ns, struct err *err)
{
    struct control_exchange *exchange = NULL;
    if (begin(&exchange, arena, address, request, timeout_ns, err))
        return err->status;
    assert(exchange);
    control_wait(exchange, UINT64_MAX);
    return control_end(out, arena, exchange, err);
}

enum status control_get(struct control_reply *out, struct arena *arena,
                        const struct address *address, struct str path, uint64_t timeout_ns,
                        struct err *err)
{
    const struct control_request request = {.method = STR("GET"), .path = path};
    return control_send(out, arena, address, &request, timeout_ns, err);
}

enum status control_check_profile(const struct control_reply *reply, struct arena *arena,
                                  struct str path, struct err *err)
{
    struct str rest = str_of_bytes(reply->body);
    struct str line = STR("");
    if (reply->http_code == 200 && reply->body.len > 0)
        return STATUS_OK;
    if (reply->http_code == 200)
        return err_set(err, STATUS_CHILD, "GET %.*s answered nothing", STR_ARGS(path));
    (void)str_split(&rest, '\n', &line);
    line = str_printable(arena, str_trim(str_slice(line, 0, ANSWER_BYTES_SHOWN)));
    return err_set(err, STATUS_CHILD, "GET %.*s answered %ld%s%.*s", STR_ARGS(path),
                   reply->http_code, line.len ? ": " : "", STR_ARGS(line));
}
