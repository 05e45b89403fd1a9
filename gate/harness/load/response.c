#include "gate/harness/load/response.h"

#include <strings.h>

#include "gate/base/num.h"

enum { INTERIM_ANSWERS_MAX = 16, CHUNK_LINE_BYTES_MAX = 512 };

/* RESPONSE_HEAD_BYTES_MAX bounds the sum over interim answers, head and trailers. */
enum state {
    STATE_STATUS_LINE,
    STATE_HEADER,
    STATE_BODY,
    STATE_UNTIL_CLOSE,
    STATE_CHUNK_SIZE,
    STATE_CHUNK_DATA,
    STATE_CHUNK_END,
    STATE_TRAILER,
    STATE_DONE,
};

void response_init(struct response *response, bool head_request)
{
    /* The line buffer is 8 KiB and needs no clearing for each request. */
    memset(response, 0, offsetof(struct response, line));
    response->state = STATE_STATUS_LINE;
    response->head_request = head_request;
}

bool response_done(const struct response *response)
{
    return response->state == STATE_DONE;
}

static bool equal_fold(struct str text, const char *name)
{
    return text.data && text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

/* "HTTP/1.1 200 OK"; the reason may be missing, with or without its blank. */
static enum status read_status_line(struct response *response, struct str line, struct err *err)
{
    uint64_t status = 0;
    bool is_version =
        str_starts_with(line, STR("HTTP/1.0 ")) || str_starts_with(line, STR("HTTP/1.1 "));
    if (!is_version || !num_parse_u64(&status, str_slice(line, 9, 12)) || status < 100 ||
        status > 599 || (line.len > 12 && line.data[12] != ' '))
        return err_set(err, STATUS_CHILD, "answer does not start with an HTTP/1.1 status line");
    response->status = (uint16_t)status;
    response->keep_alive = line.data[7] == '1';
    response->has_length = false;
    response->chunked = false;
    response->state = STATE_HEADER;
    return STATUS_OK;
}

static enum status read_content_length(struct response *response, struct str value, struct err *err)
{
    uint64_t length = 0;
    if (!num_parse_u64(&length, value))
        return err_set(err, STATUS_CHILD, "Content-Length is not a number");
    if (response->has_length && length != response->content_left)
        return err_set(err, STATUS_CHILD, "two different Content-Length headers");
    response->has_length = true;
    response->content_left = length;
    return STATUS_OK;
}

static enum status read_transfer_encoding(struct response *response, struct str value,
                                          struct err *err)
{
    if (response->chunked || !equal_fold(value, "chunked"))
        return err_set(err, STATUS_CHILD, "Transfer-Encoding other than one \"chunked\"");
    response->chunked = true;
    return STATUS_OK;
}

static enum status read_connection(struct response *response, struct str value, struct err *err)
{
    struct str option = {0};
    (void)err;
    while (str_split(&value, ',', &option)) {
        if (equal_fold(str_trim(option), "close"))
            response->keep_alive = false;
    }
    return STATUS_OK;
}

static const struct header_reader {
    const char *name;
    enum status (*read)(struct response *response, struct str value, struct err *err);
} readers[] = {
    {"Content-Length", read_content_length},
    {"Transfer-Encoding", read_transfer_encoding},
    {"Connection", read_connection},
};

static enum status check_header(struct response *response, struct str line, struct str *name,
                                struct err *err)
{
    if (++response->header_count > RESPONSE_HEADERS_MAX)
        return err_set(err, STATUS_CHILD, "answer has more than %d headers", RESPONSE_HEADERS_MAX);
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return err_set(err, STATUS_CHILD, "answer folds a header over two lines");
    ptrdiff_t colon = str_find(line, ':');
    *name = str_slice(line, 0, colon < 0 ? 0 : (size_t)colon);
    /* A blank before the colon is how two readers come to disagree on a length. */
    if (name->len == 0 || str_trim(*name).len != name->len)
        return err_set(err, STATUS_CHILD, "answer has a header without a name");
    return STATUS_OK;
}

static enum status read_header(struct response *response, struct str line, struct err *err)
{
    struct str name = {0};
    if (check_header(response, line, &name, err))
        return err->status;
    struct str value = str_trim(str_slice(line, name.len + 1, line.len));
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (equal_fold(name, readers[i].name))
            return readers[i].read(response, value, err);
    }
    return STATUS_OK;
}

static bool has_no_body(const struct response *response)
{
    return response->head_request || response->status == 204 || response->status == 304;
}

static enum status add_body(struct response *response, uint64_t len, struct err *err)
{
    if (len > RESPONSE_BODY_BYTES_MAX - response->body_bytes) {
        return err_set(err, STATUS_CHILD, "answer's body is larger than %d bytes",
                       RESPONSE_BODY_BYTES_MAX);
    }
    response->body_bytes += len;
    return STATUS_OK;
}

static enum status end_interim(struct response *response, struct err *err)
{
    if (response->status == 101)
        return err_set(err, STATUS_CHILD, "answer switches protocols unasked");
    if (++response->interim_count > INTERIM_ANSWERS_MAX) {
        return err_set(err, STATUS_CHILD, "more than %d interim (1xx) answers",
                       INTERIM_ANSWERS_MAX);
    }
    response->state = STATE_STATUS_LINE;
    return STATUS_OK;
}

/* RFC 9112, section 6.3: which of the ways to delimit a body applies. */
static enum status end_head(struct response *response, struct err *err)
{
    if (response->status < 200)
        return end_interim(response, err);
    if (response->chunked && response->has_length)
        return err_set(err, STATUS_CHILD, "answer has both Content-Length and Transfer-Encoding");
    if (has_no_body(response)) {
        response->state = STATE_DONE;
    } else if (response->chunked) {
        response->state = STATE_CHUNK_SIZE;
    } else if (response->has_length) {
        response->state = response->content_left ? STATE_BODY : STATE_DONE;
        return add_body(response, response->content_left, err);
    } else if (response->keep_alive) {
        return err_set(err, STATUS_CHILD,
                       "answer on a kept-alive connection has no length (no Content-Length, "
                       "not chunked)");
    } else {
        response->until_close = true;
        response->state = STATE_UNTIL_CLOSE;
    }
    return STATUS_OK;
}

static int hex_value(char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = byte ? strchr(digits, byte | 0x20) : NULL;
    /* OR-ing 0x20 maps some control bytes onto digits. */
    return found && (byte >= '0') ? (int)(found - digits) : -1;
}

/* "1a" or "1a;extension"; the extension is not looked at. */
static enum status read_chunk_size(struct response *response, struct str line, struct err *err)
{
    uint64_t size = 0;
    size_t at = 0;
    for (; at < line.len && hex_value(line.data[at]) >= 0; at++) {
        size = size * 16 + (uint64_t)hex_value(line.data[at]);
        if (size > RESPONSE_BODY_BYTES_MAX) {
            return err_set(err, STATUS_CHILD, "chunk is larger than %d bytes",
                           RESPONSE_BODY_BYTES_MAX);
        }
    }
    struct str extension = str_trim(str_slice(line, at, line.len));
    if (at == 0 || (extension.len && extension.data[0] != ';'))
        return err_set(err, STATUS_CHILD, "chunk size is not a hexadecimal number");
    response->content_left = size;
    response->state = size ? STATE_CHUNK_DATA : STATE_TRAILER;
    return add_body(response, size, err);
}

static enum status end_chunk(struct response *response, struct str line, struct err *err)
{
    if (line.len)
        return err_set(err, STATUS_CHILD, "chunk is longer than its size says");
    response->state = STATE_CHUNK_SIZE;
    return STATUS_OK;
}

static enum status read_trailer(struct response *response, struct str line, struct err *err)
{
    struct str name = {0};
    if (line.len)
        return check_header(response, line, &name, err);
    response->state = STATE_DONE;
    return STATUS_OK;
}

static enum status take_line(struct response *response, struct str line, struct err *err)
{
    assert(line.data);
    switch ((enum state)response->state) {
    case STATE_STATUS_LINE:
        return read_status_line(response, line, err);
    case STATE_HEADER:
        return line.len ? read_header(response, line, err) : end_head(response, err);
    case STATE_CHUNK_SIZE:
        return read_chunk_size(response, line, err);
    case STATE_CHUNK_END:
        return end_chunk(response, line, err);
    case STATE_TRAILER:
        return read_trailer(response, line, err);
    case STATE_BODY:
    case STATE_UNTIL_CLOSE:
    case STATE_CHUNK_DATA:
    case STATE_DONE:
        break;
    }
    assert(!"a state that reads lines");
    return STATUS_OK;
}

static bool reads_chunk_line(const struct response *response)
{
    return response->state == STATE_CHUNK_SIZE || response->state == STATE_CHUNK_END;
}

static enum status check_line_size(struct response *response, size_t len, struct err *err)
{
    if (reads_chunk_line(response)) {
        if (response->line_len + len > CHUNK_LINE_BYTES_MAX) {
            return err_set(err, STATUS_CHILD, "chunk size line is longer than %d bytes",
                           CHUNK_LINE_BYTES_MAX);
        }
        return STATUS_OK;
    }
    if (response->line_len + len > sizeof(response->line)) {
        return err_set(err, STATUS_CHILD, "answer has a header line longer than %zu bytes",
                       sizeof(response->line));
    }
    response->head_bytes += len;
    if (response->head_bytes > RESPONSE_HEAD_BYTES_MAX) {
        return err_set(err, STATUS_CHILD, "answer's head is larger than %d bytes",
                       RESPONSE_HEAD_BYTES_MAX);
    }
    return STATUS_OK;
}

/* Without CRLF at its end; NUL and lone CR inside are what smuggling is made of. */
static enum status check_line(struct str line, struct str *out, struct err *err)
{
    if (line.len < 2 || line.data[line.len - 2] != '\r')
        return err_set(err, STATUS_CHILD, "answer has a line that does not end in CRLF");
    *out = str_slice(line, 0, line.len - 2);
    if (str_find(*out, '\r') >= 0 || str_find(*out, '\0') >= 0)
        return err_set(err, STATUS_CHILD, "answer has a header with CR or NUL inside");
    return STATUS_OK;
}

/* Consumes up to the end of the line; acts on it when it is complete. */
static enum status feed_line(struct response *response, struct str data, size_t *used,
                             struct err *err)
{
    struct str line = {0};
    ptrdiff_t newline = str_find(data, '\n');
    size_t len = newline < 0 ? data.len : (size_t)newline + 1;
    if (check_line_size(response, len, err))
        return err->status;
    memcpy(response->line + response->line_len, data.data, len);
    response->line_len += len;
    *used += len;
    if (newline < 0)
        return STATUS_OK;
    struct str whole = {response->line, response->line_len};
    response->line_len = 0;
    if (check_line(whole, &line, err))
        return err->status;
    return take_line(response, line, err);
}

/* Takes bytes of the body off the front of the data. */
static void take_body(struct response *response, struct bytes data, size_t len, size_t *used)
{
    if (response->keep)
        buf_append(response->keep, (const char *)data.data, len);
    *used += len;
}

static enum status feed_body(struct response *response, struct bytes data, size_t *used,
                             struct err *err)
{
    if (response->state == STATE_UNTIL_CLOSE) {
        take_body(response, data, data.len, used);
        return add_body(response, data.len, err);
    }
    size_t len = data.len < response->content_left ? data.len : (size_t)response->content_left;
    response->content_left -= len;
    take_body(response, data, len, used);
    if (response->content_left == 0)
        response->state = response->state == STATE_BODY ? STATE_DONE : STATE_CHUNK_END;
    return STATUS_OK;
}

static bool reads_body(const struct response *response)
{
    return response->state == STATE_BODY || response->state == STATE_UNTIL_CLOSE ||
           response->state == STATE_CHUNK_DATA;
}

enum status response_feed(struct response *response, struct bytes data, size_t *used,
                          struct err *err)
{
    struct str text = str_of_bytes(data);
    size_t at = 0;
    while (at < text.len && !response_done(response)) {
        enum status status =
            reads_body(response)
                ? feed_body(response, (struct bytes){data.data + at, data.len - at}, &at, err)
                : feed_line(response, str_slice(text, at, text.len), &at, err);
        if (status)
            return status;
    }
    *used = at;
    return STATUS_OK;
}

enum status response_close(struct response *response, struct err *err)
{
    static const char *const places[] = {
        [STATE_STATUS_LINE] = "before the answer",
        [STATE_HEADER] = "in the middle of the headers",
        [STATE_BODY] = "before the end of the body",
        [STATE_CHUNK_SIZE] = "before the last chunk",
        [STATE_CHUNK_DATA] = "in the middle of a chunk",
        [STATE_CHUNK_END] = "in the middle of a chunk",
        [STATE_TRAILER] = "in the middle of the trailers",
    };
    if (response->state == STATE_UNTIL_CLOSE)
        response->state = STATE_DONE;
    if (response_done(response))
        return STATUS_OK;
    return err_set(err, STATUS_CHILD, "connection closed %s", places[response->state]);
}
