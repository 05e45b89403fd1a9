#include "gate/codec/yaml.h"

#include <yaml.h>

#include "gate/base/intern.h"
#include "gate/base/map.h"

/* A place in the text, counted as libyaml counts: columns in characters. */
struct place {
    uint32_t line;
    uint32_t column;
};

/* An open map or list. */
struct frame {
    struct yaml_node *node;
    size_t cap;
    uint64_t id; /* unique in the document */
    bool has_key;
    struct yaml_pair pair; /* the key that waits for its value */
};

/*
 * Builds the tree from libyaml's events. Its loader is not used: that
 * one accepts duplicate keys, tags and alias cycles, and by the time it
 * returns the quadratic work has been done.
 */
struct builder {
    struct arena *arena;
    struct str name;
    struct err *err;
    struct yaml_node *root;
    struct frame frames[YAML_DEPTH_MAX];
    size_t depth;
    uint64_t collection_count;
    bool document_seen;
    struct intern keys;
    struct map seen; /* collection id << 32 | key id -> index of the pair */
};

/* Byte order mark of UTF-8; libyaml refuses it once the encoding is given. */
static const struct str byte_order_mark = STR_INIT("\xef\xbb\xbf");

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static enum status refuse(struct err *err, struct str name, struct place at, const char *what)
{
    return err_set(err, STATUS_POLICY, "%.*s:%u:%u: %s", STR_ARGS(name), at.line, at.column, what);
}

static enum status refuse_control(struct err *err, struct str name, struct place at, uint32_t code)
{
    return err_set(err, STATUS_POLICY, "%.*s:%u:%u: control character U+%04X", STR_ARGS(name),
                   at.line, at.column, (unsigned)code);
}

/*
 * Besides the controls: what libyaml takes for the end of a line and an
 * editor does not (U+0085, U+2028, a bare CR) would shift every line
 * number, and hide a line from its reader.
 */
static bool is_control(uint32_t code, struct str rest)
{
    if (code == '\r')
        return !str_starts_with(rest, STR("\r\n"));
    return (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7f && code <= 0x9f) ||
           code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe || code == 0xffff;
}

/* libyaml would guess UTF-16, and stop without a line number at a control character. */
static enum status check_characters(struct str name, struct str text, struct err *err)
{
    struct place at = {1, 1};
    size_t len = 0;
    for (size_t i = 0; i < text.len; i += len) {
        uint32_t code = 0;
        struct str rest = str_slice(text, i, text.len);
        len = str_decode(rest, &code);
        if (len == 0) {
            return err_set(err, STATUS_POLICY, "%.*s: not UTF-8 (byte 0x%02x at offset %zu)",
                           STR_ARGS(name), (unsigned)(uint8_t)text.data[i], i);
        }
        if (is_control(code, rest))
            return refuse_control(err, name, at, code);
        at.column++;
        if (code == '\n')
            at = (struct place){at.line + 1, 1};
    }
    return STATUS_OK;
}

/*
 * Directives are refused here and not on their event: libyaml compares
 * each %TAG with all before it, long before it reports the document.
 */
static enum status check_directives(struct str name, struct str text, struct err *err)
{
    struct str line = {0};
    for (uint32_t number = 1; str_split(&text, '\n', &line); number++) {
        if (str_starts_with(line, STR("%"))) {
            return refuse(err, name, (struct place){number, 1},
                          "directives are not allowed (no line may begin with %)");
        }
    }
    return STATUS_OK;
}

static struct yaml_node *node_make(struct builder *builder, enum yaml_kind kind, struct place at)
{
    struct yaml_node *node = ARENA_NEW(builder->arena, struct yaml_node);
    *node = (struct yaml_node){.kind = kind, .line = at.line, .column = at.column};
    return node;
}

/* The value of the waiting key, the next item of the list, or the document itself. */
static void builder_attach(struct builder *builder, struct yaml_node *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return;
    }
    struct frame *frame = &builder->frames[builder->depth - 1];
    frame->pair.value = node;
    ARENA_PUSH(builder->arena, frame->node->pairs, frame->node->len, frame->cap, frame->pair);
    frame->pair = (struct yaml_pair){.key = STR("")};
    frame->has_key = false;
}

static bool builder_wants_key(const struct builder *builder)
{
    if (builder->depth == 0)
        return false;
    const struct frame *frame = &builder->frames[builder->depth - 1];
    return frame->node->kind == YAML_MAP && !frame->has_key;
}

static enum status refuse_duplicate(const struct builder *builder, struct place at, struct str key)
{
    const struct frame *frame = &builder->frames[builder->depth - 1];
    size_t first = 0;
    while (!str_equal(frame->node->pairs[first].key, key))
        first++;
    return err_set(builder->err, STATUS_POLICY,
                   "%.*s:%u:%u: duplicate key \"%.*s\" (first at %u:%u)", STR_ARGS(builder->name),
                   at.line, at.column, STR_ARGS(key), frame->node->pairs[first].key_line,
                   frame->node->pairs[first].key_column);
}

static enum status builder_key(struct builder *builder, struct place at, struct str text,
                               bool plain)
{
    struct frame *frame = &builder->frames[builder->depth - 1];
    if (plain && str_equal_text(text, "<<")) {
        return refuse(builder->err, builder->name, at,
                      "merge keys (<<) are not allowed; write the keys out");
    }
    struct name_id key = intern_name(&builder->keys, text);
    if (!map_insert(&builder->seen, frame->id << 32 | key.v, (uint32_t)frame->node->len))
        return refuse_duplicate(builder, at, text);
    frame->pair = (struct yaml_pair){
        .key = intern_text(&builder->keys, key), .key_line = at.line, .key_column = at.column};
    frame->has_key = true;
    return STATUS_OK;
}

/* Escapes ("\0", "\x1b") bring back what the text itself may not hold. */
static enum status check_scalar(const struct builder *builder, struct place at, struct str text)
{
    size_t len = 0;
    if (text.len > YAML_SCALAR_BYTES_MAX)
        return refuse(builder->err, builder->name, at, "a value may have at most 64 KiB");
    for (size_t i = 0; i < text.len; i += len) {
        uint32_t code = 0;
        struct str rest = str_slice(text, i, text.len);
        len = str_decode(rest, &code);
        assert(len > 0); /* libyaml encodes what it decoded */
        if (is_control(code, rest))
            return refuse_control(builder->err, builder->name, at, code);
    }
    return STATUS_OK;
}

static enum status builder_scalar(struct builder *builder, const yaml_event_t *event)
{
    struct place at = place_of(event->start_mark);
    struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (check_scalar(builder, at, text))
        return builder->err->status;
    if (builder_wants_key(builder))
        return builder_key(builder, at, text, plain);
    struct yaml_node *node = node_make(builder, YAML_SCALAR, at);
    node->text = str_copy(builder->arena, text);
    node->plain = plain;
    builder_attach(builder, node);
    return STATUS_OK;
}

static enum status builder_open(struct builder *builder, const yaml_event_t *event,
                                enum yaml_kind kind)
{
    struct place at = place_of(event->start_mark);
    if (builder_wants_key(builder))
        return refuse(builder->err, builder->name, at, "a key must be text, not a list or a map");
    if (builder->depth == YAML_DEPTH_MAX)
        return refuse(builder->err, builder->name, at, "nested deeper than 16");
    struct yaml_node *node = node_make(builder, kind, at);
    builder_attach(builder, node);
    builder->frames[builder->depth++] =
        (struct frame){.node = node, .id = builder->collection_count++, .pair = {.key = STR("")}};
    return STATUS_OK;
}

static enum status builder_document(struct builder *builder, const yaml_event_t *event)
{
    if (builder->document_seen) {
        return refuse(builder->err, builder->name, place_of(event->start_mark),
                      "second document; a policy is one document");
    }
    builder->document_seen = true;
    return STATUS_OK;
}

/* What the event carries besides its value, as libyaml spells it in three unions. */
static void event_properties(const yaml_event_t *event, const yaml_char_t **anchor,
                             const yaml_char_t **tag)
{
    if (event->type == YAML_SCALAR_EVENT) {
        *anchor = event->data.scalar.anchor;
        *tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        *anchor = event->data.sequence_start.anchor;
        *tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        *anchor = event->data.mapping_start.anchor;
        *tag = event->data.mapping_start.tag;
    }
}

static enum status check_properties(const struct builder *builder, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;
    event_properties(event, &anchor, &tag);
    struct place at = place_of(event->start_mark);
    if (anchor || event->type == YAML_ALIAS_EVENT)
        return refuse(builder->err, builder->name, at, "anchors and aliases are not allowed");
    if (tag)
        return refuse(builder->err, builder->name, at, "tags are not allowed");
    return STATUS_OK;
}

static enum status builder_step(struct builder *builder, const yaml_event_t *event)
{
    if (check_properties(builder, event))
        return builder->err->status;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return builder_document(builder, event);
    case YAML_SCALAR_EVENT:
        return builder_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return builder_open(builder, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return builder_open(builder, event, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT: /* refused above */
        break;
    }
    return STATUS_OK;
}

static enum status refuse_syntax(const struct builder *builder, const yaml_parser_t *parser,
                                 struct str text)
{
    struct place at = place_of(parser->problem_mark);
    size_t offset = parser->problem_mark.index;
    /* The one mistake whose message in libyaml explains nothing. */
    if (parser->error == YAML_SCANNER_ERROR && offset < text.len && text.data[offset] == '\t')
        return refuse(builder->err, builder->name, at, "a tab cannot indent; use spaces");
    return err_set(builder->err, STATUS_POLICY, "%.*s:%u:%u: not YAML: %s%s%s",
                   STR_ARGS(builder->name), at.line, at.column,
                   parser->problem ? parser->problem : "it cannot be read",
                   parser->context ? " " : "", parser->context ? parser->context : "");
}

static enum status builder_run(struct builder *builder, yaml_parser_t *parser, struct str text)
{
    bool more = true;
    for (int count = 0; more; count++) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return refuse_syntax(builder, parser, text);
        struct place at = place_of(event.start_mark);
        enum status status = builder_step(builder, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (status)
            return status;
        if (count == YAML_EVENTS_MAX)
            return refuse(builder->err, builder->name, at, "more than 20000 values");
    }
    return STATUS_OK;
}

static enum status parse_text(struct builder *builder, struct str text)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return err_set(builder->err, STATUS_LIMIT, "no memory for the YAML parser");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.len);
    map_init(&builder->seen);
    intern_init(&builder->keys, builder->arena);
    enum status status = builder_run(builder, &parser, text);
    intern_release(&builder->keys);
    map_release(&builder->seen);
    yaml_parser_delete(&parser);
    return status;
}

enum status yaml_parse(struct yaml_node **out, struct arena *arena, struct str name,
                       struct bytes text, struct err *err)
{
    struct str rest = str_of_bytes(text);
    if (rest.len > YAML_BYTES_MAX)
        return err_set(err, STATUS_POLICY, "%.*s: larger than 1 MiB", STR_ARGS(name));
    if (str_starts_with(rest, byte_order_mark))
        rest = str_slice(rest, byte_order_mark.len, rest.len);
    if (rest.len == 0)
        rest = STR("\n");
    struct builder builder = {.arena = arena, .name = name, .err = err};
    if (check_characters(name, rest, err) || check_directives(name, rest, err) ||
        parse_text(&builder, rest))
        return err->status;
    if (!builder.root) {
        builder.root = node_make(&builder, YAML_SCALAR, (struct place){1, 1});
        builder.root->plain = true;
    }
    *out = builder.root;
    return STATUS_OK;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->len; i++) {
        if (str_equal_text(map->pairs[i].key, key))
            return map->pairs[i].value;
    }
    return NULL;
}
