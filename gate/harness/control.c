#include "gate/harness/control.h"

#include <curl/curl.h>

#include "gate/base/buf.h"
#include "gate/base/clock.h"
#include "gate/harness/process.h"

enum {
    CONNECT_MS = 2000,
    WAIT_MS = 10,
    CONTROL_HEADER_BYTES_MAX = 64 * 1024,
    CONTROL_PATH_BYTES_MAX = 4096
};

/* One exchange under way. */
struct control {
    CURL *curl;
    struct buf body;
    size_t header_bytes;
    bool has_much_header;
};

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct control *control = ctx;
    buf_append(&control->body, data, size * count);
    return control->body.overflow ? 0 : size * count;
}

/* Also counts interim answers (1xx), of which a server can send any number. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's. */
static size_t take_header(char *data, size_t size, size_t count, void *ctx)
{
    struct control *control = ctx;
    (void)data;
    control->header_bytes += size * count;
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

static bool set_up(struct control *control, const char *url, uint64_t timeout_ns)
{
    CURL *curl = control->curl;
    return set_numbers(curl, timeout_ns) && !curl_easy_setopt(curl, CURLOPT_URL, url) &&
           !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") &&
           !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
           !curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") &&
           !curl_easy_setopt(curl, CURLOPT_USERAGENT, "memgate") &&
           !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEDATA, control) &&
           !curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header) &&
           !curl_easy_setopt(curl, CURLOPT_HEADERDATA, control) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, control);
}

static enum status explain(const struct control *control, CURLcode code, struct err *err)
{
    if (process_interrupted())
        return err_set(err, STATUS_INTERRUPTED, "interrupted by signal %d", process_interrupted());
    if (control->body.overflow) {
        return err_set(err, STATUS_CHILD, "the answer is larger than %d MiB",
                       CONTROL_BODY_BYTES_MAX >> 20);
    }
    if (control->has_much_header) {
        return err_set(err, STATUS_CHILD, "the header is larger than %d KiB",
                       CONTROL_HEADER_BYTES_MAX >> 10);
    }
    return err_set(err, STATUS_CHILD, "%s", curl_easy_strerror(code));
}

/* How the one exchange of a multi handle ended. */
static CURLcode exchange_result(CURLM *multi)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

/*
 * Programs under test may talk while they answer, more than their pipe
 * holds: curl_easy_perform would look after nothing else for a second.
 */
static CURLcode exchange_with(CURLM *multi, CURL *curl)
{
    int running = 1;
    if (curl_multi_add_handle(multi, curl) != CURLM_OK)
        return CURLE_FAILED_INIT;
    while (curl_multi_perform(multi, &running) == CURLM_OK && running &&
           curl_multi_poll(multi, NULL, 0, WAIT_MS, NULL) == CURLM_OK)
        process_poll_all();
    CURLcode code = exchange_result(multi);
    (void)curl_multi_remove_handle(multi, curl);
    return code;
}

static CURLcode exchange(CURL *curl)
{
    CURLM *multi = curl_multi_init();
    CURLcode code = multi ? exchange_with(multi, curl) : CURLE_OUT_OF_MEMORY;
    (void)curl_multi_cleanup(multi);
    return code;
}

static enum status perform(struct control_reply *out, struct arena *arena, struct control *control,
                           struct err *err)
{
    struct control_reply reply = {0};
    CURLcode code = exchange(control->curl);
    if (code != CURLE_OK)
        return explain(control, code, err);
    if (curl_easy_getinfo(control->curl, CURLINFO_RESPONSE_CODE, &reply.http_code) != CURLE_OK)
        return err_set(err, STATUS_CHILD, "the answer has no status");
    reply.body = bytes_of_str(str_copy(arena, buf_view(&control->body)));
    *out = reply;
    return STATUS_OK;
}

/* Once for the process; libcurl keeps its tables until the end. */
static bool curl_setup(void)
{
    static bool is_done;
    if (!is_done)
        is_done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return is_done;
}

enum status control_get(struct control_reply *out, struct arena *arena, uint16_t port,
                        struct str path, uint64_t timeout_ns, struct err *err)
{
    char url[CONTROL_PATH_BYTES_MAX + 64];
    struct control control = {0};
    if (!path_is_plain(path))
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a path of HTTP", STR_ARGS(path));
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%.*s", (unsigned)port, STR_ARGS(path));
    control.curl = curl_setup() ? curl_easy_init() : NULL;
    if (!control.curl)
        return err_set(err, STATUS_IO, "cannot start libcurl");
    buf_init(&control.body, CONTROL_BODY_BYTES_MAX);
    enum status status = set_up(&control, url, timeout_ns)
                             ? perform(out, arena, &control, err)
                             : err_set(err, STATUS_IO, "libcurl lacks an option");
    curl_easy_cleanup(control.curl);
    buf_release(&control.body);
    if (status != STATUS_OK)
        return err_wrap(err, "GET %.*s", STR_ARGS(path));
    return STATUS_OK;
}
