#include "gate/harness/load/requests.h"

#include <strings.h>

#include "gate/base/num.h"
#include "gate/codec/json.h"

enum {
    REQUEST_LINE_BYTES_MAX = 8 * 1024 * 1024,
    REQUEST_METHOD_BYTES_MAX = 32,
    REQUEST_PATH_BYTES_MAX = 8 * 1024,
    REQUEST_HEADER_BYTES_MAX = 32 * 1024,
    /* Four bytes each; more weight than this is a mistake, not a mix. */
    REQUESTS_SCHEDULE_MAX = 1000000,
};

static const struct str placeholder = STR_INIT("{k}");

/* memgate writes these itself, or they would change what a response means. */
static const char *const reserved_headers[] = {
    "Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect", "Upgrade",
};

/* RFC 9110, section 5.6.2: methods and header names are tokens. */
static bool is_token(struct str text)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        bool is_alnum = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                        (byte >= 'A' && byte <= 'Z');
        if (!is_alnum && (byte == '\0' || !strchr(marks, byte)))
            return false;
    }
    return text.len > 0;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

static enum status read_method(struct request_line *line, struct arena *arena,
                               const struct json_value *value, struct err *err)
{
    (void)arena;
    if (value->kind != JSON_STRING || !is_token(value->string) ||
        value->string.len > REQUEST_METHOD_BYTES_MAX)
        return err_set(err, STATUS_POLICY, "\"method\" must be an HTTP method such as \"GET\"");
    if (str_equal_text(value->string, "CONNECT"))
        return err_set(err, STATUS_POLICY, "\"method\" CONNECT is not supported");
    line->method = value->string;
    return STATUS_OK;
}

static enum status read_path(struct request_line *line, struct arena *arena,
                             const struct json_value *value, struct err *err)
{
    (void)arena;
    struct str path = value->string;
    if (value->kind != JSON_STRING || path.len == 0 || path.data[0] != '/')
        return err_set(err, STATUS_POLICY, "\"path\" must be a string that starts with \"/\"");
    if (path.len > REQUEST_PATH_BYTES_MAX) {
        return err_set(err, STATUS_POLICY, "\"path\" is longer than %d bytes",
                       REQUEST_PATH_BYTES_MAX);
    }
    for (size_t i = 0; i < path.len; i++) {
        if (is_control(path.data[i]))
            return err_set(err, STATUS_POLICY, "\"path\" holds a control character");
        if (path.data[i] == ' ' || path.data[i] == '#' || (unsigned char)path.data[i] >= 0x80) {
            return err_set(err, STATUS_POLICY, "\"path\" holds \"%.1s\"; write %%%02X",
                           (unsigned char)path.data[i] < 0x80 ? &path.data[i] : "?",
                           (unsigned)(unsigned char)path.data[i]);
        }
    }
    line->path = path;
    return STATUS_OK;
}

static bool is_reserved_header(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(reserved_headers); i++) {
        if (name.len == strlen(reserved_headers[i]) &&
            strncasecmp(name.data, reserved_headers[i], name.len) == 0)
            return true;
    }
    return false;
}

static enum status check_header(const struct json_member *member, struct err *err)
{
    struct str name = member->key;
    if (!is_token(name))
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a header name", STR_ARGS(name));
    if (is_reserved_header(name)) {
        return err_set(err, STATUS_POLICY, "header \"%.*s\" is set by memgate; leave it out",
                       STR_ARGS(name));
    }
    if (member->value.kind != JSON_STRING)
        return err_set(err, STATUS_POLICY, "header \"%.*s\" must be a string", STR_ARGS(name));
    for (size_t i = 0; i < member->value.string.len; i++) {
        char byte = member->value.string.data[i];
        if (is_control(byte) && byte != '\t') {
            return err_set(err, STATUS_POLICY, "header \"%.*s\" holds a control character",
                           STR_ARGS(name));
        }
    }
    return STATUS_OK;
}

static enum status read_header(struct request_line *line, struct arena *arena,
                               const struct json_value *value, struct err *err)
{
    struct buf text;
    if (value->kind != JSON_OBJECT)
        return err_set(err, STATUS_POLICY, "\"header\" must be an object of strings");
    for (size_t i = 0; i < value->len; i++) {
        if (check_header(&value->members[i], err))
            return err->status;
    }
    buf_init(&text, REQUEST_HEADER_BYTES_MAX);
    for (size_t i = 0; i < value->len; i++) {
        buf_str(&text, value->members[i].key);
        buf_text(&text, ": ");
        buf_str(&text, str_trim(value->members[i].value.string));
        buf_text(&text, "\r\n");
    }
    line->header = str_copy(arena, buf_view(&text));
    bool overflow = text.overflow;
    buf_release(&text);
    if (overflow) {
        return err_set(err, STATUS_POLICY, "\"header\" is larger than %d bytes",
                       REQUEST_HEADER_BYTES_MAX);
    }
    return STATUS_OK;
}

static enum status read_body(struct request_line *line, struct arena *arena,
                             const struct json_value *value, struct err *err)
{
    (void)arena;
    if (value->kind != JSON_STRING)
        return err_set(err, STATUS_POLICY, "\"body\" must be a string; quote the text it sends");
    line->body = value->string;
    line->has_body = true;
    return STATUS_OK;
}

static enum status read_weight(struct request_line *line, struct arena *arena,
                               const struct json_value *value, struct err *err)
{
    (void)arena;
    if (value->kind != JSON_INTEGER || value->integer < 1 || value->integer > REQUEST_WEIGHT_MAX) {
        return err_set(err, STATUS_POLICY, "\"weight\" must be a whole number from 1 to %d",
                       REQUEST_WEIGHT_MAX);
    }
    line->weight = (uint32_t)value->integer;
    return STATUS_OK;
}

static enum status read_expect(struct request_line *line, struct arena *arena,
                               const struct json_value *value, struct err *err)
{
    (void)arena;
    if (value->kind != JSON_LIST || value->len == 0 || value->len > REQUEST_STATUSES_MAX) {
        return err_set(err, STATUS_POLICY, "\"expect\" must be a list of 1 to %d status codes",
                       REQUEST_STATUSES_MAX);
    }
    for (size_t i = 0; i < value->len; i++) {
        const struct json_value *item = &value->members[i].value;
        if (item->kind != JSON_INTEGER || item->integer < 200 || item->integer > 599)
            return err_set(err, STATUS_POLICY, "\"expect\" holds no status code from 200 to 599");
        line->expect[i] = (uint16_t)item->integer;
    }
    line->expect_len = value->len;
    return STATUS_OK;
}

static const struct request_field {
    struct str key;
    enum status (*read)(struct request_line *line, struct arena *arena,
                        const struct json_value *value, struct err *err);
} fields[] = {
    {STR_INIT("method"), read_method}, {STR_INIT("path"), read_path},
    {STR_INIT("header"), read_header}, {STR_INIT("body"), read_body},
    {STR_INIT("weight"), read_weight}, {STR_INIT("expect"), read_expect},
};

static enum status unknown_key(struct str key, struct err *err)
{
    struct str names[ARRAY_LEN(fields)];
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        names[i] = fields[i].key;
    struct str nearest = str_nearest(key, names, ARRAY_LEN(fields));
    if (nearest.len) {
        return err_set(err, STATUS_POLICY, "unknown key \"%.*s\"; did you mean \"%.*s\"?",
                       STR_ARGS(key), STR_ARGS(nearest));
    }
    return err_set(err, STATUS_POLICY,
                   "unknown key \"%.*s\"; known: method path header body weight expect",
                   STR_ARGS(key));
}

static enum status read_member(struct request_line *line, struct arena *arena,
                               const struct json_member *member, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (str_equal(fields[i].key, member->key))
            return fields[i].read(line, arena, &member->value, err);
    }
    return unknown_key(member->key, err);
}

/* The reader counts lines of the text it was given, which here is always one. */
static enum status not_json(struct err *err)
{
    static const char counted[] = "line 1 ";
    const char *text = err->text;
    if (strncmp(text, counted, sizeof(counted) - 1) == 0)
        text += sizeof(counted) - 1;
    struct err inner = {0};
    (void)err_set(&inner, STATUS_POLICY, "not JSON: %s", text);
    *err = inner;
    return err->status;
}

static enum status read_line(struct request_line *out, struct arena *arena, struct str text,
                             struct err *err)
{
    struct json_value value = {0};
    struct request_line line = {
        .header = STR(""),
        .body = STR(""),
        .weight = 1,
    };
    if (text.len > REQUEST_LINE_BYTES_MAX)
        return err_set(err, STATUS_POLICY, "longer than %d bytes", REQUEST_LINE_BYTES_MAX);
    if (json_parse(&value, arena, text, err))
        return not_json(err);
    if (value.kind != JSON_OBJECT)
        return err_set(err, STATUS_POLICY, "a request is an object such as {\"path\": \"/\"}");
    for (size_t i = 0; i < value.len; i++) {
        if (read_member(&line, arena, &value.members[i], err))
            return err->status;
    }
    if (line.path.len == 0)
        return err_set(err, STATUS_POLICY, "\"path\" is missing");
    if (line.method.len == 0)
        line.method = line.has_body ? STR("POST") : STR("GET");
    *out = line;
    return STATUS_OK;
}

/* Finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

static void shuffle(uint32_t *items, size_t len, uint64_t seed)
{
    for (size_t i = len; i > 1; i--) {
        size_t other = mix(seed + i * 0x9e3779b97f4a7c15ULL) % i;
        uint32_t kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

static void build_schedule(struct requests *requests, struct arena *arena, uint64_t seed)
{
    size_t at = 0;
    requests->schedule = ARENA_ARRAY(arena, uint32_t, requests->schedule_len);
    for (size_t i = 0; i < requests->len; i++) {
        for (uint32_t hit = 0; hit < requests->lines[i].weight; hit++)
            requests->schedule[at++] = (uint32_t)i;
    }
    shuffle(requests->schedule, requests->schedule_len, mix(seed));
}

enum status requests_parse(struct requests *out, struct arena *arena, struct str name,
                           struct bytes text, uint64_t seed, struct err *err)
{
    struct requests requests = {0};
    struct str rest = str_of_bytes(text);
    struct str row = {0};
    size_t cap = 0;
    if (text.len > REQUESTS_FILE_BYTES_MAX) {
        return err_set(err, STATUS_POLICY, "%.*s: larger than %d bytes", STR_ARGS(name),
                       REQUESTS_FILE_BYTES_MAX);
    }
    for (size_t number = 1; str_split(&rest, '\n', &row); number++) {
        struct request_line line = {0};
        row = str_trim(row);
        if (row.len == 0)
            continue;
        if (requests.len == REQUESTS_LINES_MAX) {
            return err_set(err, STATUS_POLICY, "%.*s:%zu: more than %d requests", STR_ARGS(name),
                           number, REQUESTS_LINES_MAX);
        }
        if (read_line(&line, arena, row, err))
            return err_wrap(err, "%.*s:%zu", STR_ARGS(name), number);
        ARENA_PUSH(arena, requests.lines, requests.len, cap, line);
        requests.schedule_len += line.weight;
    }
    if (requests.len == 0) {
        return err_set(err, STATUS_POLICY, "%.*s:1: no requests; write one JSON object a line",
                       STR_ARGS(name));
    }
    if (requests.schedule_len > REQUESTS_SCHEDULE_MAX) {
        return err_set(err, STATUS_POLICY, "%.*s:1: weights add up to more than %d", STR_ARGS(name),
                       REQUESTS_SCHEDULE_MAX);
    }
    build_schedule(&requests, arena, seed);
    *out = requests;
    return STATUS_OK;
}

/*
 * A bijection of [0, len) that needs no memory: a Feistel network over
 * the next even power of two, walked until it lands inside (Black and
 * Rogaway 2002). At most four steps on average.
 */
static uint64_t permute(uint64_t value, uint64_t len, uint64_t key)
{
    enum { ROUNDS = 6 };
    unsigned half_bits = 1;
    while ((1ULL << (2 * half_bits)) < len)
        half_bits++;
    uint64_t mask = (1ULL << half_bits) - 1;
    do {
        uint64_t left = value >> half_bits;
        uint64_t right = value & mask;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            uint64_t next = left ^ (mix(key + (round << 32) + right) & mask);
            left = right;
            right = next;
        }
        value = (left << half_bits) | right;
    } while (value >= len);
    return value;
}

uint32_t requests_line(const struct requests *requests, uint64_t seed, uint64_t k)
{
    uint64_t len = requests->schedule_len;
    uint64_t key = mix(mix(seed) + k / len);
    return requests->schedule[permute(k % len, len, key)];
}

/* The next "{k}" at or after `from`, or text.len. */
static size_t find_placeholder(struct str text, size_t from)
{
    if (from >= text.len)
        return text.len;
    const char *found =
        memmem(text.data + from, text.len - from, placeholder.data, placeholder.len);
    return found ? (size_t)(found - text.data) : text.len;
}

static size_t count_placeholders(struct str text)
{
    size_t count = 0;
    size_t at = find_placeholder(text, 0);
    for (; at < text.len; at = find_placeholder(text, at + placeholder.len))
        count++;
    return count;
}

static void append_filled(struct buf *out, struct str text, struct str number)
{
    size_t from = 0;
    for (;;) {
        size_t at = find_placeholder(text, from);
        buf_append(out, text.data + from, at - from);
        if (at == text.len)
            return;
        buf_str(out, number);
        from = at + placeholder.len;
    }
}

/* A server waits for the body of these unless it is told that there is none. */
static bool announces_body(const struct request_line *line)
{
    return line->has_body || str_equal_text(line->method, "POST") ||
           str_equal_text(line->method, "PUT") || str_equal_text(line->method, "PATCH");
}

void requests_render(struct buf *out, const struct request_line *line, uint64_t k, uint16_t port)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)k);
    struct str number = {digits, (size_t)len};
    buf_str(out, line->method);
    buf_byte(out, ' ');
    append_filled(out, line->path, number);
    buf_printf(out, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: keep-alive\r\n", port);
    append_filled(out, line->header, number);
    if (announces_body(line)) {
        size_t count = count_placeholders(line->body);
        size_t body_len = line->body.len - count * placeholder.len + count * number.len;
        buf_printf(out, "Content-Length: %zu\r\n", body_len);
    }
    buf_text(out, "\r\n");
    append_filled(out, line->body, number);
}

uint64_t requests_needed(const struct requests *requests, uint64_t hits)
{
    uint32_t least = REQUEST_WEIGHT_MAX;
    for (size_t i = 0; i < requests->len; i++) {
        if (requests->lines[i].weight < least)
            least = requests->lines[i].weight;
    }
    return (hits + least - 1) / least * requests->schedule_len;
}
