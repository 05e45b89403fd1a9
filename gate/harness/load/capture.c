#include "gate/harness/load/capture.h"

#include <strings.h>

#include "gate/base/num.h"

static const char *const kind_names[] = {
    [CAPTURE_JSON] = "json", [CAPTURE_HEADER] = "header", [CAPTURE_COOKIE] = "cookie"};

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool capture_is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_inner = i > 0 && (is_digit(text.data[i]) || text.data[i] == '-');
        if (!is_letter(text.data[i]) && !is_inner)
            return false;
    }
    return text.len > 0 && text.len <= CAPTURE_NAME_BYTES_MAX;
}

/* A path while it is read. */
struct path {
    struct capture *out;
    struct str text;
    size_t at;
};

static enum status refuse_path(const struct path *path, const char *what, struct err *err)
{
    return err_set(err, STATUS_POLICY, "json \"%.*s\", column %zu: %s", STR_ARGS(path->text),
                   path->at + 1, what);
}

static bool is_at(const struct path *path, const char *text)
{
    return str_starts_with(str_slice(path->text, path->at, path->text.len), str_from(text));
}

static enum status add_step(struct path *path, struct capture_step step, size_t used,
                            struct err *err)
{
    if (path->out->step_count == CAPTURE_STEPS_MAX)
        return refuse_path(path, "deeper than 16", err);
    path->out->steps[path->out->step_count++] = step;
    path->at += used;
    return STATUS_OK;
}

/* ".name" */
static enum status read_member(struct path *path, struct err *err)
{
    size_t end = path->at + 1;
    while (end < path->text.len && path->text.data[end] != '.' && path->text.data[end] != '[')
        end++;
    struct str name = str_slice(path->text, path->at + 1, end);
    if (!capture_is_name(name)) {
        return refuse_path(path, "a member is .name of letters, digits, _ and -, or ['name']", err);
    }
    return add_step(path, (struct capture_step){.name = name}, end - path->at, err);
}

/* "['name']" or "[3]" */
static enum status read_bracket(struct path *path, struct err *err)
{
    uint64_t at = 0;
    bool is_quoted = is_at(path, "['");
    struct str rest = str_slice(path->text, path->at, path->text.len);
    struct str end = is_quoted ? STR("']") : STR("]");
    const char *found = memmem(rest.data, rest.len, end.data, end.len);
    size_t used = found ? (size_t)(found - rest.data) + end.len : 0;
    struct str inner = found ? str_slice(rest, is_quoted ? 2 : 1, used - end.len) : STR("");
    if (inner.len == 0)
        return refuse_path(path, "a bracket holds a number or a 'name', and is closed", err);
    if (is_quoted)
        return add_step(path, (struct capture_step){.name = inner}, used, err);
    if (!num_parse_u64(&at, inner) || at > UINT32_MAX)
        return refuse_path(path, "a bracket holds a number or a 'name'", err);
    return add_step(path, (struct capture_step){.is_item = true, .at = (size_t)at}, used, err);
}

static enum status parse_path(struct capture *out, struct str text, struct err *err)
{
    struct path path = {out, text, 0};
    if (!is_at(&path, "$"))
        return refuse_path(&path, "a path begins with $", err);
    path.at = 1;
    while (path.at < text.len) {
        enum status status = STATUS_OK;
        if (is_at(&path, ".")) {
            status = read_member(&path, err);
        } else if (is_at(&path, "[")) {
            status = read_bracket(&path, err);
        } else {
            status = refuse_path(&path, "a step begins with . or [", err);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool parse_kind(enum capture_kind *out, struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (str_equal_text(key, kind_names[i])) {
            *out = (enum capture_kind)i;
            return true;
        }
    }
    return false;
}

enum status capture_parse(struct capture *out, struct arena *arena, struct str name,
                          const struct json_value *value, struct err *err)
{
    struct capture capture = {.name = str_copy(arena, name)};
    if (!capture_is_name(name)) {
        return err_set(err, STATUS_POLICY,
                       "\"capture\": \"%.*s\" is no name of letters, digits, _ and -",
                       STR_ARGS(name));
    }
    if (value->kind != JSON_OBJECT || value->len != 1 ||
        !parse_kind(&capture.kind, value->members[0].key) ||
        value->members[0].value.kind != JSON_STRING || value->members[0].value.string.len == 0) {
        return err_set(err, STATUS_POLICY,
                       "\"capture\": \"%.*s\" must be {\"json\": \"$.member\"}, {\"header\": "
                       "\"Name\"} or {\"cookie\": \"name\"}",
                       STR_ARGS(name));
    }
    capture.what = str_copy(arena, value->members[0].value.string);
    if (capture.kind == CAPTURE_JSON && parse_path(&capture, capture.what, err))
        return err_wrap(err, "\"capture\": \"%.*s\"", STR_ARGS(name));
    *out = capture;
    return STATUS_OK;
}

static bool equal_names(struct str a, struct str b)
{
    return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

/* The next line "Name: value" of a header; false at its end. */
static bool next_field(struct str *rest, struct str *name, struct str *value)
{
    struct str line;
    while (str_split(rest, '\n', &line)) {
        ptrdiff_t colon = str_find(line, ':');
        if (colon < 0)
            continue;
        *name = str_slice(line, 0, (size_t)colon);
        *value = str_trim(str_slice(line, (size_t)colon + 1, line.len));
        return true;
    }
    return false;
}

static enum status take_header(struct str *out, const struct capture *capture, struct str header,
                               struct err *err)
{
    struct str name;
    struct str value;
    while (next_field(&header, &name, &value)) {
        if (equal_names(name, capture->what)) {
            *out = value;
            return STATUS_OK;
        }
    }
    return err_set(err, STATUS_CHILD, "the answer has no header %.*s", STR_ARGS(capture->what));
}

/* RFC 6265, section 5.2: up to the first ";", the name up to the first "=". A later one replaces it. */
static enum status take_cookie(struct str *out, const struct capture *capture, struct str header,
                               struct err *err)
{
    struct str name;
    struct str value;
    bool found = false;
    while (next_field(&header, &name, &value)) {
        struct str pair = STR("");
        if (!equal_names(name, STR("Set-Cookie")) || !str_split(&value, ';', &pair))
            continue;
        ptrdiff_t equals = str_find(pair, '=');
        if (equals < 0 || !str_equal(str_trim(str_slice(pair, 0, (size_t)equals)), capture->what))
            continue;
        *out = str_trim(str_slice(pair, (size_t)equals + 1, pair.len));
        found = true;
    }
    return found ? STATUS_OK
                 : err_set(err, STATUS_CHILD, "the answer sets no cookie %.*s",
                           STR_ARGS(capture->what));
}

static const struct json_value *step_into(const struct json_value *value,
                                          const struct capture_step *step)
{
    if (step->is_item) {
        bool is_there = value->kind == JSON_LIST && step->at < value->len;
        return is_there ? &value->members[step->at].value : NULL;
    }
    for (size_t i = 0; value->kind == JSON_OBJECT && i < value->len; i++) {
        if (str_equal(value->members[i].key, step->name))
            return &value->members[i].value;
    }
    return NULL;
}

static enum status text_of(struct str *out, struct arena *arena, const struct json_value *value,
                           struct err *err)
{
    switch (value->kind) {
    case JSON_STRING:
        *out = value->string;
        return STATUS_OK;
    case JSON_INTEGER:
        *out = str_format(arena, "%lld", (long long)value->integer);
        return STATUS_OK;
    case JSON_REAL:
        *out = str_format(arena, "%.17g", value->real);
        return STATUS_OK;
    case JSON_BOOL:
        *out = value->boolean ? STR("true") : STR("false");
        return STATUS_OK;
    case JSON_NULL:
    case JSON_LIST:
    case JSON_OBJECT:
        break;
    }
    return err_set(err, STATUS_CHILD, "is neither a text nor a number there");
}

/* What is wrong with the JSON may quote it, and with it a secret: the place is enough. */
static enum status take_json(struct str *out, struct arena *arena, const struct capture *capture,
                             struct str body, struct err *err)
{
    struct json_value root = {0};
    struct err why = {0};
    const struct json_value *value = &root;
    if (json_parse(&root, arena, body, &why))
        return err_set(err, STATUS_CHILD, "the answer's body is not JSON");
    for (size_t i = 0; value && i < capture->step_count; i++)
        value = step_into(value, &capture->steps[i]);
    if (!value) {
        return err_set(err, STATUS_CHILD, "the answer's body has no %.*s", STR_ARGS(capture->what));
    }
    return text_of(out, arena, value, err) ? err_wrap(err, "%.*s", STR_ARGS(capture->what))
                                           : STATUS_OK;
}

static bool has_control(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
            return true;
    }
    return false;
}

enum status capture_take(struct str *out, struct arena *arena, const struct capture *capture,
                         struct str header, struct str body, struct err *err)
{
    struct str value = STR("");
    enum status status = STATUS_OK;
    switch (capture->kind) {
    case CAPTURE_JSON:
        status = take_json(&value, arena, capture, body, err);
        break;
    case CAPTURE_HEADER:
        status = take_header(&value, capture, header, err);
        break;
    case CAPTURE_COOKIE:
        status = take_cookie(&value, capture, header, err);
        break;
    }
    if (status != STATUS_OK)
        return status;
    const char *what = kind_names[capture->kind];
    if (value.len == 0)
        return err_set(err, STATUS_CHILD, "%s %.*s is empty", what, STR_ARGS(capture->what));
    if (value.len > CAPTURE_VALUE_BYTES_MAX) {
        return err_set(err, STATUS_CHILD, "%s %.*s is longer than %d bytes", what,
                       STR_ARGS(capture->what), CAPTURE_VALUE_BYTES_MAX);
    }
    if (has_control(value)) {
        return err_set(err, STATUS_CHILD, "%s %.*s holds a control character", what,
                       STR_ARGS(capture->what));
    }
    *out = str_copy(arena, value);
    return STATUS_OK;
}

bool capture_fits_path(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == '#')
            return false;
    }
    return true;
}
