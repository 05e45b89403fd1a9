#include "gate/harness/load/http2_fields.h"

enum status http2_fields_render(struct http2_fields *fields, struct buf *text,
                                struct exchange *exchange, struct request_values values,
                                struct err *err)
{
    const struct request_line *line = exchange->line;
    const struct request_text *body = &line->parts[REQUEST_BODY];
    struct buf *upload = &exchange->upload;
    size_t body_len = request_text_len(body, values);
    buf_reset(text);
    request_text_render(text, &line->parts[REQUEST_PATH], values);
    fields->path_len = text->len;
    request_text_render(text, &line->parts[REQUEST_HEADER], values);
    buf_reset(upload);
    if (text->overflow || body_len > upload->max - GRPC_PREFIX_BYTES)
        return err_set(err, STATUS_LIMIT, "request is larger than %zu bytes", text->max);
    if (line->is_grpc)
        grpc_write_prefix(upload, (uint32_t)body_len);
    request_text_render(upload, body, values);
    return STATUS_OK;
}

static void add_field(struct http2_fields *fields, struct str name, struct str value)
{
    if (fields->len == fields->cap) {
        fields->cap = fields->cap ? 2 * fields->cap : 32;
        fields->items = memory_resize(fields->items, fields->cap * sizeof(*fields->items));
    }
    fields->items[fields->len++] = (struct http2_field){name, value};
}

static bool is_of_connection(struct str name)
{
    static const char *const names[] = {"keep-alive", "proxy-connection", "te"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_equal_text(name, names[i]))
            return true;
    }
    return false;
}

static char lower(char byte)
{
    if (byte < 'A' || byte > 'Z')
        return byte;
    return (char)(byte | 0x20);
}

/* Lines "Name: value". */
static void add_lines(struct http2_fields *fields, char *text, size_t len)
{
    struct str rest = {text, len};
    struct str line = {0};
    while (str_split(&rest, '\n', &line)) {
        ptrdiff_t colon = str_find(line, ':');
        if (colon <= 0)
            continue;
        char *name = text + (line.data - text);
        for (ptrdiff_t i = 0; i < colon; i++)
            name[i] = lower(name[i]);
        struct str key = {name, (size_t)colon};
        if (!is_of_connection(key))
            add_field(fields, key, str_trim(str_slice(line, (size_t)colon + 1, line.len)));
    }
}

static bool has_field(const struct http2_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->len; i++) {
        if (str_equal_text(fields->items[i].name, name))
            return true;
    }
    return false;
}

void http2_fields_list(struct http2_fields *fields, struct buf *text,
                       const struct exchange *exchange, struct str authority, struct str scheme)
{
    const struct request_line *line = exchange->line;
    fields->len = 0;
    add_field(fields, STR(":method"), line->method);
    add_field(fields, STR(":scheme"), scheme);
    add_field(fields, STR(":authority"), authority);
    add_field(fields, STR(":path"), (struct str){text->data, fields->path_len});
    add_lines(fields, text->data + fields->path_len, text->len - fields->path_len);
    if (line->is_grpc) {
        add_field(fields, STR("te"), STR("trailers"));
        if (!has_field(fields, "content-type"))
            add_field(fields, STR("content-type"), STR("application/grpc"));
    } else if (request_announces_body(line)) {
        (void)snprintf(fields->length, sizeof(fields->length), "%zu", exchange->upload.len);
        add_field(fields, STR("content-length"), str_from(fields->length));
    }
}

void http2_fields_release(struct http2_fields *fields)
{
    free(fields->items);
    *fields = (struct http2_fields){0};
}
