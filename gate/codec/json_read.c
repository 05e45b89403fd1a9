#include "gate/codec/json.h"

/* jansson and gate/codec/json.h share these names; inside this file jansson's are the longer ones. */
/* NOLINTBEGIN(readability-identifier-naming) */
#define JSON_OBJECT  JANSSON_OBJECT
#define JSON_STRING  JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL    JANSSON_REAL
#define JSON_NULL    JANSSON_NULL
#define json_object  jansson_object
#define json_null    jansson_null
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_NULL
#undef json_object
#undef json_null
/* NOLINTEND(readability-identifier-naming) */

enum { JSON_DEPTH_MAX = 64 };

/* A place in the text, counted as jansson counts: lines from 1, columns in characters. */
struct place {
    size_t line;
    size_t column;
};

static void place_step(struct place *place, char byte)
{
    if (byte == '\n') {
        place->line++;
        place->column = 0;
    } else if (((unsigned char)byte & 0xc0) != 0x80) {
        place->column++;
    }
}

/*
 * Nesting is counted before the parser sees the text, so that neither it
 * nor the walk below ever recurses deeper than the limit.
 */
static enum status check_depth(struct str text, struct err *err)
{
    struct place place = {1, 0};
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        place_step(&place, byte);
        if (in_string && byte == '\\' && i + 1 < text.len) {
            place_step(&place, text.data[++i]);
        } else if (byte == '"') {
            in_string = !in_string;
        } else if (!in_string && (byte == '{' || byte == '[')) {
            depth++;
        } else if (!in_string && (byte == '}' || byte == ']') && depth > 0) {
            depth--;
        }
        if (depth > JSON_DEPTH_MAX) {
            return err_set(err, STATUS_FORMAT, "line %zu column %zu: nested deeper than %d",
                           place.line, place.column, JSON_DEPTH_MAX);
        }
    }
    return STATUS_OK;
}

/* Recursion is bounded by check_depth. NOLINTBEGIN(misc-no-recursion) */
static struct json_value convert(struct arena *arena, json_t *from);

static struct json_value convert_list(struct arena *arena, const json_t *from)
{
    size_t len = json_array_size(from);
    struct json_member *items = ARENA_ARRAY(arena, struct json_member, len);
    for (size_t i = 0; i < len; i++)
        items[i] = (struct json_member){STR(""), convert(arena, json_array_get(from, i))};
    return (struct json_value){.kind = JSON_LIST, .members = items, .len = len};
}

static struct json_value convert_object(struct arena *arena, json_t *from)
{
    size_t len = json_object_size(from);
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, len);
    void *at = json_object_iter(from);
    for (size_t i = 0; i < len; i++) {
        members[i].key = str_copy(arena, str_from(json_object_iter_key(at)));
        members[i].value = convert(arena, json_object_iter_value(at));
        at = json_object_iter_next(from, at);
    }
    return (struct json_value){.kind = JSON_OBJECT, .members = members, .len = len};
}

static struct json_value convert_string(struct arena *arena, const json_t *from)
{
    struct str text = {json_string_value(from), json_string_length(from)};
    return (struct json_value){.kind = JSON_STRING, .string = str_copy(arena, text)};
}

static struct json_value convert_integer(const json_t *from)
{
    int64_t value = json_integer_value(from);
    return (struct json_value){.kind = JSON_INTEGER, .integer = value, .real = (double)value};
}

static struct json_value convert(struct arena *arena, json_t *from)
{
    switch (json_typeof(from)) {
    case JANSSON_OBJECT:
        return convert_object(arena, from);
    case JSON_ARRAY:
        return convert_list(arena, from);
    case JANSSON_STRING:
        return convert_string(arena, from);
    case JANSSON_INTEGER:
        return convert_integer(from);
    case JANSSON_REAL:
        return (struct json_value){.kind = JSON_REAL, .real = json_real_value(from)};
    case JSON_TRUE:
    case JSON_FALSE:
        return (struct json_value){.kind = JSON_BOOL, .boolean = json_typeof(from) == JSON_TRUE};
    case JANSSON_NULL:
        break;
    }
    return (struct json_value){.kind = JSON_NULL};
}
/* NOLINTEND(misc-no-recursion) */

enum status json_parse(struct json_value *out, struct arena *arena, struct str text,
                       struct err *err)
{
    if (check_depth(text, err))
        return err->status;
    json_error_t why;
    json_t *tree = json_loadb(text.data ? text.data : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (!tree)
        return err_set(err, STATUS_FORMAT, "line %d column %d: %s", why.line, why.column, why.text);
    *out = convert(arena, tree);
    json_decref(tree);
    return STATUS_OK;
}

const struct json_value *json_get(const struct json_value *value, const char *key)
{
    if (!value || value->kind != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < value->len; i++) {
        if (str_equal_text(value->members[i].key, key))
            return &value->members[i].value;
    }
    return NULL;
}

bool json_get_str(const struct json_value *value, const char *key, struct str *out)
{
    const struct json_value *member = json_get(value, key);
    if (!member || member->kind != JSON_STRING)
        return false;
    *out = member->string;
    return true;
}

bool json_get_u64(const struct json_value *value, const char *key, uint64_t *out)
{
    const struct json_value *member = json_get(value, key);
    if (!member || member->kind != JSON_INTEGER || member->integer < 0)
        return false;
    *out = (uint64_t)member->integer;
    return true;
}

bool json_get_double(const struct json_value *value, const char *key, double *out)
{
    const struct json_value *member = json_get(value, key);
    if (!member || (member->kind != JSON_INTEGER && member->kind != JSON_REAL))
        return false;
    *out = member->real;
    return true;
}

bool json_get_bool(const struct json_value *value, const char *key, bool *out)
{
    const struct json_value *member = json_get(value, key);
    if (!member || member->kind != JSON_BOOL)
        return false;
    *out = member->boolean;
    return true;
}
