#include "gate/harness/load/request_line.h"

#include <strings.h>

#include "gate/harness/load/request_capture.h"
#include "gate/harness/load/request_draft.h"

enum {
    REQUEST_METHOD_BYTES_MAX = 32,
    REQUEST_PATH_BYTES_MAX = 8 * 1024,
    REQUEST_HEADER_BYTES_MAX = 32 * 1024,
};

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

static enum status read_method(struct request_draft *draft, const struct json_value *value,
                               struct err *err)
{
    if (value->kind != JSON_STRING || !is_token(value->string) ||
        value->string.len > REQUEST_METHOD_BYTES_MAX)
        return err_set(err, STATUS_POLICY, "\"method\" must be an HTTP method such as \"GET\"");
    if (str_equal_text(value->string, "CONNECT"))
        return err_set(err, STATUS_POLICY, "\"method\" CONNECT is not supported");
    draft->line.method = value->string;
    return STATUS_OK;
}

static enum status read_path(struct request_draft *draft, const struct json_value *value,
                             struct err *err)
{
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
    draft->line.path = path;
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

static enum status check_header_name(struct str name, struct err *err)
{
    if (!is_token(name))
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a header name", STR_ARGS(name));
    if (is_reserved_header(name)) {
        return err_set(err, STATUS_POLICY, "header \"%.*s\" is set by memgate; leave it out",
                       STR_ARGS(name));
    }
    return STATUS_OK;
}

static enum status add_header(struct request_draft *draft, struct str name,
                              const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_STRING)
        return err_set(err, STATUS_POLICY, "header \"%.*s\" must be a string", STR_ARGS(name));
    for (size_t i = 0; i < value->string.len; i++) {
        char byte = value->string.data[i];
        if (is_control(byte) && byte != '\t') {
            return err_set(err, STATUS_POLICY, "header \"%.*s\" holds a control character",
                           STR_ARGS(name));
        }
    }
    struct str line = str_trim(value->string);
    draft->header = str_format(draft->arena, "%.*s%.*s: %.*s\r\n", STR_ARGS(draft->header),
                               STR_ARGS(name), STR_ARGS(line));
    if (draft->header.len > REQUEST_HEADER_BYTES_MAX) {
        return err_set(err, STATUS_POLICY, "\"header\" is larger than %d bytes",
                       REQUEST_HEADER_BYTES_MAX);
    }
    return STATUS_OK;
}

/* Vegeta writes a list of values for each name, as Go's http.Header does. */
static enum status add_headers(struct request_draft *draft, const struct json_member *member,
                               struct err *err)
{
    const struct json_value *value = &member->value;
    if (check_header_name(member->key, err))
        return err->status;
    if (value->kind != JSON_LIST)
        return add_header(draft, member->key, value, err);
    for (size_t i = 0; i < value->len; i++) {
        if (add_header(draft, member->key, &value->members[i].value, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_header(struct request_draft *draft, const struct json_value *value,
                               struct err *err)
{
    if (value->kind != JSON_OBJECT)
        return err_set(err, STATUS_POLICY, "\"header\" must be an object of strings");
    for (size_t i = 0; i < value->len; i++) {
        if (add_headers(draft, &value->members[i], err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_weight(struct request_draft *draft, const struct json_value *value,
                               struct err *err)
{
    if (value->kind != JSON_INTEGER || value->integer < 1 || value->integer > REQUEST_WEIGHT_MAX) {
        return err_set(err, STATUS_POLICY, "\"weight\" must be a whole number from 1 to %d",
                       REQUEST_WEIGHT_MAX);
    }
    draft->line.weight = (uint32_t)value->integer;
    return STATUS_OK;
}

/* "package.Service/Method", which is the path but for the first slash. */
static enum status read_grpc(struct request_draft *draft, const struct json_value *value,
                             struct err *err)
{
    struct json_value path = *value;
    bool is_text = value->kind == JSON_STRING;
    ptrdiff_t slash = is_text ? str_find(value->string, '/') : -1;
    if (slash <= 0 || slash != str_find_last(value->string, '/') ||
        (size_t)slash + 1 == value->string.len) {
        return err_set(err, STATUS_POLICY,
                       "\"grpc\" must be a method such as \"shop.Orders/Create\"");
    }
    path.string = str_format(draft->arena, "/%.*s", STR_ARGS(value->string));
    draft->line.is_grpc = true;
    return read_path(draft, &path, err);
}

static enum status read_capture(struct request_draft *draft, const struct json_value *value,
                                struct err *err)
{
    return request_read_captures(&draft->line, draft->arena, value, err);
}

/* "http://host:port/path?query#fragment": the path and query, and the host. */
static struct str path_of_url(struct str url, struct str *host)
{
    struct str mark = STR("://");
    *host = STR("");
    const char *found = url.len ? memmem(url.data, url.len, mark.data, mark.len) : NULL;
    if (found) {
        struct str rest = str_slice(url, (size_t)(found - url.data) + mark.len, url.len);
        const char *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
        *host = str_slice(rest, 0, slash ? (size_t)(slash - rest.data) : rest.len);
        url = str_slice(rest, host->len, rest.len);
    }
    const char *fragment = url.len ? memchr(url.data, '#', url.len) : NULL;
    url = str_slice(url, 0, fragment ? (size_t)(fragment - url.data) : url.len);
    return url.len ? url : STR("/");
}

static enum status read_url(struct request_draft *draft, const struct json_value *value,
                            struct err *err)
{
    struct json_value path = *value;
    if (value->kind != JSON_STRING)
        return err_set(err, STATUS_POLICY, "\"url\" must be a string");
    path.string = path_of_url(value->string, &draft->host);
    return read_path(draft, &path, err);
}

/* Which keys a request may have, by the form that it is written in. */
struct request_field {
    struct str key;
    enum status (*read)(struct request_draft *draft, const struct json_value *value,
                        struct err *err);
};

static const struct request_field own_fields[] = {
    {STR_INIT("method"), read_method},
    {STR_INIT("path"), read_path},
    {STR_INIT("header"), read_header},
    {STR_INIT("body"), draft_body},
    {STR_INIT("body_file"), draft_body_file},
    {STR_INIT("body_hex"), draft_body_hex},
    {STR_INIT("body_base64"), draft_body_base64},
    {STR_INIT("weight"), read_weight},
    {STR_INIT("expect"), draft_expect},
    {STR_INIT("expect_bytes"), draft_expect_bytes},
    {STR_INIT("expect_sha256"), draft_expect_sha256},
    {STR_INIT("capture"), read_capture},
};

static const struct request_field grpc_fields[] = {
    {STR_INIT("grpc"), read_grpc},
    {STR_INIT("header"), read_header},
    {STR_INIT("body"), draft_body},
    {STR_INIT("body_file"), draft_body_file},
    {STR_INIT("body_hex"), draft_body_hex},
    {STR_INIT("body_base64"), draft_body_base64},
    {STR_INIT("weight"), read_weight},
    {STR_INIT("expect_grpc"), draft_expect_grpc},
    {STR_INIT("expect_bytes"), draft_expect_bytes},
    {STR_INIT("expect_sha256"), draft_expect_sha256},
};

static const struct request_field vegeta_fields[] = {
    {STR_INIT("method"), read_method},
    {STR_INIT("url"), read_url},
    {STR_INIT("header"), read_header},
    {STR_INIT("body"), draft_body_vegeta},
};

/* A form is told by a key that the others do not have. */
static const struct request_form {
    const char *mark;
    const struct request_field *fields;
    size_t len;
} forms[] = {
    {"grpc", grpc_fields, ARRAY_LEN(grpc_fields)},
    {"url", vegeta_fields, ARRAY_LEN(vegeta_fields)},
    {NULL, own_fields, ARRAY_LEN(own_fields)},
};

static const struct request_form *form_of(const struct json_value *value)
{
    const struct request_form *form = forms;
    while (form->mark && !json_get(value, form->mark))
        form++;
    return form;
}

enum { FIELDS_MAX = ARRAY_LEN(own_fields) };

static enum status unknown_key(const struct request_form *form, struct str key, struct arena *arena,
                               struct err *err)
{
    struct str names[FIELDS_MAX];
    struct str known = STR("");
    static_assert(FIELDS_MAX >= ARRAY_LEN(grpc_fields), "the longest of the forms");
    for (size_t i = 0; i < form->len; i++) {
        names[i] = form->fields[i].key;
        known = str_format(arena, "%.*s %.*s", STR_ARGS(known), STR_ARGS(names[i]));
    }
    struct str nearest = str_nearest(key, names, form->len);
    if (nearest.len) {
        return err_set(err, STATUS_POLICY, "unknown key \"%.*s\"; did you mean \"%.*s\"?",
                       STR_ARGS(key), STR_ARGS(nearest));
    }
    return err_set(err, STATUS_POLICY, "unknown key \"%.*s\"; known:%.*s", STR_ARGS(key),
                   STR_ARGS(known));
}

static enum status read_member(struct request_draft *draft, const struct request_form *form,
                               const struct json_member *member, struct err *err)
{
    for (size_t i = 0; i < form->len; i++) {
        if (str_equal(form->fields[i].key, member->key))
            return form->fields[i].read(draft, &member->value, err);
    }
    return unknown_key(form, member->key, draft->arena, err);
}

/* Bytes that are sent as they are: one piece without places. */
static struct request_text verbatim(struct arena *arena, struct str text)
{
    struct text_piece *piece = ARENA_NEW(arena, struct text_piece);
    *piece = (struct text_piece){.kind = PIECE_TEXT, .text = text};
    return (struct request_text){piece, text.len > 0};
}

static enum status finish(struct request_line *out, struct request_draft *draft, struct err *err)
{
    struct request_line *line = &draft->line;
    struct request_text *parts = line->parts;
    if (line->path.len == 0)
        return err_set(err, STATUS_POLICY, "\"path\" is missing");
    if (line->capture_count > 0 && line->weight > 1) {
        return err_set(err, STATUS_POLICY,
                       "a line with \"capture\" is sent once; remove \"weight\"");
    }
    if (line->method.len == 0)
        line->method = line->has_body || line->is_grpc ? STR("POST") : STR("GET");
    /* What a call gives when all is well: 0, OK. */
    if (line->is_grpc && line->expect_len == 0)
        line->expect_len = 1;
    if (request_text_parse(&parts[REQUEST_PATH], draft->arena, line->path, err) ||
        request_text_parse(&parts[REQUEST_HEADER], draft->arena, draft->header, err))
        return err->status;
    if (draft->body_is_verbatim) {
        parts[REQUEST_BODY] = verbatim(draft->arena, draft->body);
    } else if (request_text_parse(&parts[REQUEST_BODY], draft->arena, draft->body, err)) {
        return err->status;
    }
    *out = *line;
    return STATUS_OK;
}

enum status request_line_read(struct request_line *out, struct arena *arena,
                              const struct json_value *value, const struct requests_source *source,
                              struct err *err)
{
    struct request_draft draft = {
        .arena = arena,
        .source = source,
        .line = {.weight = 1, .expect_sha256 = STR("")},
        .header = STR(""),
        .body = STR(""),
    };
    if (value->kind != JSON_OBJECT)
        return err_set(err, STATUS_POLICY, "a request is an object such as {\"path\": \"/\"}");
    const struct request_form *form = form_of(value);
    for (size_t i = 0; i < value->len; i++) {
        if (read_member(&draft, form, &value->members[i], err))
            return err->status;
    }
    return finish(out, &draft, err);
}

/*
 * A browser's headers of HTTP/2 begin with ":", and those that memgate sets
 * itself were about another connection.
 */
static bool is_of_connection(struct str name)
{
    return str_starts_with(name, STR(":")) || is_reserved_header(name);
}

static enum status read_har_headers(struct request_draft *draft, const struct json_value *headers,
                                    struct err *err)
{
    for (size_t i = 0; headers && headers->kind == JSON_LIST && i < headers->len; i++) {
        const struct json_value *header = &headers->members[i].value;
        const struct json_value *value = json_get(header, "value");
        struct str name = STR("");
        if (!json_get_str(header, "name", &name) || !value)
            return err_set(err, STATUS_POLICY, "a header is {\"name\", \"value\"}");
        if (is_of_connection(name))
            continue;
        if (check_header_name(name, err) || add_header(draft, name, value, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_har_body(struct request_draft *draft, const struct json_value *request,
                                 struct err *err)
{
    const struct json_value *data = json_get(request, "postData");
    const struct json_value *text = data ? json_get(data, "text") : NULL;
    struct str encoding = STR("");
    if (!text)
        return STATUS_OK;
    draft->body_is_verbatim = true;
    (void)json_get_str(data, "encoding", &encoding);
    return str_equal_text(encoding, "base64") ? draft_body_vegeta(draft, text, err)
                                              : draft_body(draft, text, err);
}

/* A request that the browser gave up has status 0, and may have any answer. */
static void read_har_status(struct request_draft *draft, const struct json_value *entry)
{
    const struct json_value *response = json_get(entry, "response");
    uint64_t status = 0;
    if (response && json_get_u64(response, "status", &status) && status >= 200 && status <= 599) {
        draft->line.expect[0] = (uint16_t)status;
        draft->line.expect_len = 1;
    }
}

enum status request_line_read_har(struct request_line *out, struct str *host, struct arena *arena,
                                  const struct json_value *entry, struct str only, struct err *err)
{
    struct request_draft draft = {
        .arena = arena,
        .line = {.weight = 1, .expect_sha256 = STR("")},
        .header = STR(""),
        .body = STR(""),
    };
    const struct json_value *request = json_get(entry, "request");
    const struct json_value *url = request ? json_get(request, "url") : NULL;
    const struct json_value *method = request ? json_get(request, "method") : NULL;
    if (!url || !method || read_url(&draft, url, err) || read_method(&draft, method, err))
        return err_set(err, STATUS_POLICY, "an entry has a request with \"method\" and \"url\"");
    *host = draft.host;
    if (only.len && !str_equal(only, draft.host))
        return STATUS_OK;
    read_har_status(&draft, entry);
    if (read_har_headers(&draft, json_get(request, "headers"), err) ||
        read_har_body(&draft, request, err))
        return err->status;
    return finish(out, &draft, err);
}
