#include "gate/harness/load/requests.h"

#include "gate/base/num.h"
#include "gate/harness/load/request_capture.h"
#include "gate/harness/load/request_line.h"

enum {
    REQUEST_LINE_BYTES_MAX = 8 * 1024 * 1024,
    /* Four bytes each; more weight than this is a mistake, not a mix. */
    REQUESTS_SCHEDULE_MAX = 1000000,
};

static void shuffle(uint32_t *items, size_t len, uint64_t seed)
{
    for (size_t i = len; i > 1; i--) {
        size_t other = num_mix(seed + i * 0x9e3779b97f4a7c15ULL) % i;
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
    shuffle(requests->schedule, requests->schedule_len, num_mix(seed));
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

struct parsing {
    struct requests requests;
    struct arena *arena;
    const struct requests_source *source;
    size_t cap;
    size_t login_cap;
    uint32_t number; /* of the line that is read */
    size_t column;   /* of what is wrong in it, where that is known; else 0 */
};

static enum status add_line(struct parsing *parsing, const struct request_line *line,
                            struct err *err)
{
    struct requests *requests = &parsing->requests;
    if (requests->len + requests->login_count == REQUESTS_LINES_MAX)
        return err_set(err, STATUS_POLICY, "more than %d requests", REQUESTS_LINES_MAX);
    if (line->capture_count > 0) {
        ARENA_PUSH(parsing->arena, requests->logins, requests->login_count, parsing->login_cap,
                   *line);
        return STATUS_OK;
    }
    ARENA_PUSH(parsing->arena, requests->lines, requests->len, parsing->cap, *line);
    requests->schedule_len += line->weight;
    return STATUS_OK;
}

static enum status read_line(struct parsing *parsing, struct str text, struct err *err)
{
    struct json_value value = {0};
    struct request_line line = {0};
    if (text.len > REQUEST_LINE_BYTES_MAX)
        return err_set(err, STATUS_POLICY, "longer than %d bytes", REQUEST_LINE_BYTES_MAX);
    if (json_parse(&value, parsing->arena, text, err))
        return not_json(err);
    if (request_line_read(&line, parsing->arena, &value, parsing->source, err))
        return err->status;
    /* Targets of vegeta have no places of their own, and what looks like one is text. */
    if (json_get(&value, "url")) {
        request_forget_captures(&line);
    } else if (request_bind_captures(&line, parsing->arena, &parsing->requests.slots, text,
                                     &parsing->column, err)) {
        return err->status;
    }
    line.number = parsing->number;
    if (line.is_grpc && parsing->requests.grpc_line == 0)
        parsing->requests.grpc_line = parsing->number;
    return add_line(parsing, &line, err);
}

static enum status read_lines(struct parsing *parsing, struct err *err)
{
    struct str rest = str_of_bytes(parsing->source->text);
    struct str row = {0};
    for (size_t number = 1; str_split(&rest, '\n', &row); number++) {
        struct str line = str_trim(row);
        parsing->number = (uint32_t)number;
        parsing->column = 0;
        if (line.len == 0 || read_line(parsing, line, err) == STATUS_OK)
            continue;
        if (parsing->column == 0)
            return err_wrap(err, "%.*s:%zu", STR_ARGS(parsing->source->name), number);
        size_t indent = (size_t)(line.data - row.data);
        return err_wrap(err, "%.*s:%zu:%zu", STR_ARGS(parsing->source->name), number,
                        indent + parsing->column);
    }
    return STATUS_OK;
}

/* The entries of a HAR file; NULL when the text is no such thing. */
static const struct json_value *har_entries(struct json_value *root, struct arena *arena,
                                            struct str text)
{
    struct err ignored = {0};
    /* A whole file of lines is no JSON, and one line of ours has no "log". */
    if (memmem(text.data, text.len, "\"log\"", 5) == NULL ||
        json_parse(root, arena, text, &ignored) != STATUS_OK)
        return NULL;
    const struct json_value *log = json_get(root, "log");
    const struct json_value *entries = log ? json_get(log, "entries") : NULL;
    return entries && entries->kind == JSON_LIST ? entries : NULL;
}

static enum status read_entries(struct parsing *parsing, const struct json_value *entries,
                                struct err *err)
{
    struct str only = STR("");
    for (size_t i = 0; i < entries->len; i++) {
        struct request_line line = {0};
        struct str host = STR("");
        if (request_line_read_har(&line, &host, parsing->arena, &entries->members[i].value, only,
                                  err))
            return err_wrap(err, "%.*s:1: entry %zu", STR_ARGS(parsing->source->name), i + 1);
        only = only.len ? only : host;
        request_forget_captures(&line);
        if (!str_equal(host, only)) {
            parsing->requests.foreign++;
        } else if (add_line(parsing, &line, err)) {
            return err_wrap(err, "%.*s:1", STR_ARGS(parsing->source->name));
        }
    }
    return STATUS_OK;
}

enum status requests_parse(struct requests *out, struct arena *arena,
                           const struct requests_source *source, struct err *err)
{
    struct parsing parsing = {.arena = arena, .source = source};
    struct requests *requests = &parsing.requests;
    struct json_value root = {0};
    if (source->text.len > REQUESTS_FILE_BYTES_MAX) {
        return err_set(err, STATUS_POLICY, "%.*s: larger than %d bytes", STR_ARGS(source->name),
                       REQUESTS_FILE_BYTES_MAX);
    }
    struct str text = str_of_bytes(source->text);
    const struct json_value *entries = text.len ? har_entries(&root, arena, text) : NULL;
    if (entries ? read_entries(&parsing, entries, err) : read_lines(&parsing, err))
        return err->status;
    if (requests->len == 0) {
        return err_set(err, STATUS_POLICY, "%.*s:1: no requests%s; write one JSON object a line",
                       STR_ARGS(source->name), requests->login_count ? " but logins" : "");
    }
    if (requests->schedule_len > REQUESTS_SCHEDULE_MAX) {
        return err_set(err, STATUS_POLICY, "%.*s:1: weights add up to more than %d",
                       STR_ARGS(source->name), REQUESTS_SCHEDULE_MAX);
    }
    build_schedule(requests, arena, source->seed);
    *out = *requests;
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
            uint64_t next = left ^ (num_mix(key + (round << 32) + right) & mask);
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
    uint64_t key = num_mix(num_mix(seed) + k / len);
    return requests->schedule[permute(k % len, len, key)];
}

bool request_lists_status(const struct request_line *line, uint32_t status)
{
    for (size_t i = 0; i < line->expect_len; i++) {
        if (line->expect[i] == status)
            return true;
    }
    return false;
}

bool request_method_announces_body(struct str method)
{
    return str_equal_text(method, "POST") || str_equal_text(method, "PUT") ||
           str_equal_text(method, "PATCH");
}

bool request_announces_body(const struct request_line *line)
{
    return line->has_body || request_method_announces_body(line->method);
}

void requests_render(struct buf *out, const struct request_line *line, struct request_values values,
                     struct str authority)
{
    const struct request_text *parts = line->parts;
    buf_str(out, line->method);
    buf_byte(out, ' ');
    request_text_render(out, &parts[REQUEST_PATH], values);
    buf_text(out, " HTTP/1.1\r\nHost: ");
    buf_str(out, authority);
    buf_text(out, "\r\nConnection: keep-alive\r\n");
    request_text_render(out, &parts[REQUEST_HEADER], values);
    if (request_announces_body(line))
        buf_printf(out, "Content-Length: %zu\r\n", request_text_len(&parts[REQUEST_BODY], values));
    buf_text(out, "\r\n");
    request_text_render(out, &parts[REQUEST_BODY], values);
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
