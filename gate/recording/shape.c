#include "gate/recording/shape.h"

#include <inttypes.h>
#include <math.h>

/* One type of field: how it is written and read at its place in the struct. */
struct field_codec {
    enum status (*write)(struct json_writer *json, const struct field *field, const char *key,
                         const void *from, struct err *err);
    enum status (*read)(void *out, struct arena *arena, const struct field *field,
                        const struct json_value *value, struct err *err);
};

static const struct field_codec field_codecs[FIELD_TYPES];

static uint64_t field_max(const struct field *field)
{
    return field->max ? field->max : INT64_MAX;
}

/* Fields are copied in and out as bytes: the tables know their types, the compiler does not. */
static void field_get(void *value, size_t size, size_t offset, const void *from)
{
    memcpy(value, (const char *)from + offset, size);
}

static void field_set(void *out, size_t offset, const void *value, size_t size)
{
    memcpy((char *)out + offset, value, size);
}

static enum status write_str(struct json_writer *json, const struct field *field, const char *key,
                             const void *from, struct err *err)
{
    (void)err;
    struct str value = {0};
    field_get(&value, sizeof(value), field->offset, from);
    json_str(json, key, value);
    return STATUS_OK;
}

static enum status read_str(void *out, struct arena *arena, const struct field *field,
                            const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_STRING)
        return err_set(err, STATUS_FORMAT, "not a text");
    struct str copy = str_copy(arena, value->string);
    field_set(out, field->offset, &copy, sizeof(copy));
    return STATUS_OK;
}

static enum status write_str_maybe(struct json_writer *json, const struct field *field,
                                   const char *key, const void *from, struct err *err)
{
    struct str value = {0};
    field_get(&value, sizeof(value), field->offset, from);
    return value.len ? write_str(json, field, key, from, err) : STATUS_OK;
}

/* Empty, it would be absent: a recording has one spelling. */
static enum status read_str_maybe(void *out, struct arena *arena, const struct field *field,
                                  const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_STRING || value->string.len == 0)
        return err_set(err, STATUS_FORMAT, "not a text of one character or more");
    return read_str(out, arena, field, value, err);
}

static enum status write_bool(struct json_writer *json, const struct field *field, const char *key,
                              const void *from, struct err *err)
{
    (void)err;
    bool value = false;
    field_get(&value, sizeof(value), field->offset, from);
    json_bool(json, key, value);
    return STATUS_OK;
}

static enum status read_bool(void *out, struct arena *arena, const struct field *field,
                             const struct json_value *value, struct err *err)
{
    (void)arena;
    if (value->kind != JSON_BOOL)
        return err_set(err, STATUS_FORMAT, "neither true nor false");
    field_set(out, field->offset, &value->boolean, sizeof(value->boolean));
    return STATUS_OK;
}

static enum status write_integer(struct json_writer *json, const struct field *field,
                                 const char *key, uint64_t value, struct err *err)
{
    if (value > field_max(field)) {
        return err_set(err, STATUS_INVALID, "%" PRIu64 " is more than %" PRIu64, value,
                       field_max(field));
    }
    json_u64(json, key, value);
    return STATUS_OK;
}

static enum status read_integer(uint64_t *out, const struct field *field,
                                const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_INTEGER || value->integer < 0 ||
        (uint64_t)value->integer > field_max(field)) {
        return err_set(err, STATUS_FORMAT, "not a whole number from 0 to %" PRIu64,
                       field_max(field));
    }
    *out = (uint64_t)value->integer;
    return STATUS_OK;
}

static enum status write_u64(struct json_writer *json, const struct field *field, const char *key,
                             const void *from, struct err *err)
{
    uint64_t value = 0;
    field_get(&value, sizeof(value), field->offset, from);
    return write_integer(json, field, key, value, err);
}

static enum status read_u64(void *out, struct arena *arena, const struct field *field,
                            const struct json_value *value, struct err *err)
{
    uint64_t number = 0;
    (void)arena;
    if (read_integer(&number, field, value, err))
        return err->status;
    field_set(out, field->offset, &number, sizeof(number));
    return STATUS_OK;
}

static enum status write_u32(struct json_writer *json, const struct field *field, const char *key,
                             const void *from, struct err *err)
{
    uint32_t value = 0;
    field_get(&value, sizeof(value), field->offset, from);
    return write_integer(json, field, key, value, err);
}

static enum status read_u32(void *out, struct arena *arena, const struct field *field,
                            const struct json_value *value, struct err *err)
{
    uint64_t number = 0;
    (void)arena;
    assert(field->max > 0 && field->max <= UINT32_MAX);
    if (read_integer(&number, field, value, err))
        return err->status;
    uint32_t narrow = (uint32_t)number;
    field_set(out, field->offset, &narrow, sizeof(narrow));
    return STATUS_OK;
}

static enum status write_size(struct json_writer *json, const struct field *field, const char *key,
                              const void *from, struct err *err)
{
    size_t value = 0;
    field_get(&value, sizeof(value), field->offset, from);
    return write_integer(json, field, key, value, err);
}

static enum status read_size(void *out, struct arena *arena, const struct field *field,
                             const struct json_value *value, struct err *err)
{
    uint64_t number = 0;
    (void)arena;
    assert(field->max > 0 && field->max <= SIZE_MAX);
    if (read_integer(&number, field, value, err))
        return err->status;
    size_t size = (size_t)number;
    field_set(out, field->offset, &size, sizeof(size));
    return STATUS_OK;
}

static enum status write_double(struct json_writer *json, const struct field *field,
                                const char *key, const void *from, struct err *err)
{
    double value = 0;
    field_get(&value, sizeof(value), field->offset, from);
    if (!isfinite(value) || value < 0)
        return err_set(err, STATUS_INVALID, "%g is not a finite number from 0 on", value);
    json_double(json, key, value);
    return STATUS_OK;
}

static enum status read_double(void *out, struct arena *arena, const struct field *field,
                               const struct json_value *value, struct err *err)
{
    (void)arena;
    bool is_number = value->kind == JSON_INTEGER || value->kind == JSON_REAL;
    if (!is_number || !isfinite(value->real) || value->real < 0)
        return err_set(err, STATUS_FORMAT, "not a number from 0 on");
    field_set(out, field->offset, &value->real, sizeof(value->real));
    return STATUS_OK;
}

enum { HEX_DIGITS_MAX = 16 };

static enum status write_hex(struct json_writer *json, const struct field *field, const char *key,
                             const void *from, struct err *err)
{
    char text[HEX_DIGITS_MAX + 1];
    (void)err;
    uint64_t value = 0;
    field_get(&value, sizeof(value), field->offset, from);
    (void)snprintf(text, sizeof(text), "%" PRIx64, value);
    json_str(json, key, str_from(text));
    return STATUS_OK;
}

/* Only what write_hex writes: one spelling for each number. */
static bool parse_hex(uint64_t *out, struct str text)
{
    static const struct str digits = STR_INIT("0123456789abcdef");
    uint64_t value = 0;
    if (text.len == 0 || text.len > HEX_DIGITS_MAX || (text.data[0] == '0' && text.len > 1))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        ptrdiff_t digit = str_find(digits, text.data[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

static enum status read_hex(void *out, struct arena *arena, const struct field *field,
                            const struct json_value *value, struct err *err)
{
    uint64_t number = 0;
    (void)arena;
    if (value->kind != JSON_STRING || !parse_hex(&number, value->string))
        return err_set(err, STATUS_FORMAT, "not a number in lower-case hexadecimal");
    field_set(out, field->offset, &number, sizeof(number));
    return STATUS_OK;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables are, whatever the input. */
static enum status write_struct(struct json_writer *json, const char *key,
                                const struct shape *shape, const void *from, struct err *err)
{
    if (shape->is_tuple) {
        json_list(json, key);
    } else {
        json_object(json, key);
    }
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        const char *name = shape->is_tuple ? NULL : field->name;
        if (field_codecs[field->type].write(json, field, name, from, err))
            return err_wrap(err, "%s", field->name);
    }
    if (shape->is_tuple) {
        json_list_end(json);
    } else {
        json_object_end(json);
    }
    return STATUS_OK;
}

static enum status unknown_member(const struct shape *shape, const struct json_value *value,
                                  struct err *err)
{
    for (size_t i = 0; i < value->len; i++) {
        size_t k = 0;
        while (k < shape->field_count &&
               !str_equal_text(value->members[i].key, shape->fields[k].name))
            k++;
        if (k == shape->field_count) {
            return err_set(err, STATUS_FORMAT, "unknown member \"%.*s\"",
                           STR_ARGS(value->members[i].key));
        }
    }
    return err_set(err, STATUS_FORMAT, "a member appears twice");
}

static enum status read_tuple(void *out, struct arena *arena, const struct shape *shape,
                              const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_LIST || value->len != shape->field_count)
        return err_set(err, STATUS_FORMAT, "not a list of %zu", shape->field_count);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        if (field_codecs[field->type].read(out, arena, field, &value->members[i].value, err))
            return err_wrap(err, "%s", field->name);
    }
    return STATUS_OK;
}

static enum status read_members(void *out, struct arena *arena, const struct shape *shape,
                                const struct json_value *value, struct err *err)
{
    size_t found = 0;
    if (value->kind != JSON_OBJECT)
        return err_set(err, STATUS_FORMAT, "not an object");
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        const struct json_value *member = json_get(value, field->name);
        if (!member && (field->type == FIELD_PART || field->type == FIELD_STR_MAYBE))
            continue;
        found++;
        if (!member)
            return err_set(err, STATUS_FORMAT, "%s is missing", field->name);
        if (field_codecs[field->type].read(out, arena, field, member, err))
            return err_wrap(err, "%s", field->name);
    }
    return value->len == found ? STATUS_OK : unknown_member(shape, value, err);
}

enum status shape_read(void *out, struct arena *arena, const struct shape *shape,
                       const struct json_value *value, struct err *err)
{
    return shape->is_tuple ? read_tuple(out, arena, shape, value, err)
                           : read_members(out, arena, shape, value, err);
}

static enum status write_object(struct json_writer *json, const struct field *field,
                                const char *key, const void *from, struct err *err)
{
    return write_struct(json, key, field->shape, (const char *)from + field->offset, err);
}

static enum status read_object(void *out, struct arena *arena, const struct field *field,
                               const struct json_value *value, struct err *err)
{
    return shape_read((char *)out + field->offset, arena, field->shape, value, err);
}

static enum status write_list(struct json_writer *json, const struct field *field, const char *key,
                              const void *from, struct err *err)
{
    size_t len = 0;
    const char *items = NULL;
    field_get((void *)&items, sizeof(items), field->offset, from);
    field_get(&len, sizeof(len), field->len_offset, from);
    if (len > field->max)
        return err_set(err, STATUS_LIMIT, "more than %" PRIu64 " items", field->max);
    json_list(json, key);
    for (size_t i = 0; i < len; i++) {
        if (write_struct(json, NULL, field->shape, items + i * field->shape->size, err))
            return err_wrap(err, "item %zu", i + 1);
    }
    json_list_end(json);
    return STATUS_OK;
}

static enum status read_list(void *out, struct arena *arena, const struct field *field,
                             const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_LIST)
        return err_set(err, STATUS_FORMAT, "not a list");
    if (value->len > field->max)
        return err_set(err, STATUS_LIMIT, "more than %" PRIu64 " items", field->max);
    char *items = arena_alloc(arena, value->len, field->shape->size);
    for (size_t i = 0; i < value->len; i++) {
        if (shape_read(items + i * field->shape->size, arena, field->shape,
                       &value->members[i].value, err))
            return err_wrap(err, "item %zu", i + 1);
    }
    field_set(out, field->offset, (void *)&items, sizeof(items));
    field_set(out, field->len_offset, &value->len, sizeof(value->len));
    return STATUS_OK;
}
/* NOLINTEND(misc-no-recursion) */

static const struct field_codec field_codecs[FIELD_TYPES] = {
    [FIELD_STR_MAYBE] = {write_str_maybe, read_str_maybe},
    [FIELD_STR] = {write_str, read_str},
    [FIELD_BOOL] = {write_bool, read_bool},
    [FIELD_U64] = {write_u64, read_u64},
    [FIELD_U32] = {write_u32, read_u32},
    [FIELD_SIZE] = {write_size, read_size},
    [FIELD_DOUBLE] = {write_double, read_double},
    [FIELD_HEX] = {write_hex, read_hex},
    [FIELD_OBJECT] = {write_object, read_object},
    [FIELD_LIST] = {write_list, read_list},
    [FIELD_PART] = {write_object, read_object},
};

enum status shape_write(struct buf *buf, const struct shape *shape, const void *from,
                        struct err *err)
{
    struct json_writer json;
    json_begin(&json, buf);
    if (write_struct(&json, NULL, shape, from, err))
        return err->status;
    json_finish(&json);
    if (buf->overflow)
        return err_set(err, STATUS_LIMIT, "larger than %zu bytes", buf->max);
    return STATUS_OK;
}

enum status shape_parse(void *out, struct arena *arena, const struct shape *shape, struct str text,
                        struct err *err)
{
    struct arena scratch;
    struct json_value tree = {0};
    arena_init(&scratch);
    enum status status = json_parse(&tree, &scratch, text, err);
    if (status == STATUS_OK)
        status = shape_read(out, arena, shape, &tree, err);
    arena_release(&scratch);
    return status;
}
