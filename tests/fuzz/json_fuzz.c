#include "gate/codec/json.h"
#include "tests/fuzz/fuzz.h"

/* The reader limits nesting. NOLINTBEGIN(misc-no-recursion) */
static void write_value(struct json_writer *json, const char *key, const struct json_value *value,
                        struct arena *arena);

static void write_members(struct json_writer *json, const struct json_value *value,
                          struct arena *arena)
{
    bool named = value->kind == JSON_OBJECT;
    for (size_t i = 0; i < value->len; i++) {
        write_value(json, named ? str_text(arena, value->members[i].key) : NULL,
                    &value->members[i].value, arena);
    }
}

static void write_group(struct json_writer *json, const char *key, const struct json_value *value,
                        struct arena *arena)
{
    if (value->kind == JSON_OBJECT) {
        json_object(json, key);
        write_members(json, value, arena);
        json_object_end(json);
    } else {
        json_list(json, key);
        write_members(json, value, arena);
        json_list_end(json);
    }
}

static void write_value(struct json_writer *json, const char *key, const struct json_value *value,
                        struct arena *arena)
{
    switch (value->kind) {
    case JSON_NULL:
        json_null(json, key);
        break;
    case JSON_BOOL:
        json_bool(json, key, value->boolean);
        break;
    case JSON_INTEGER:
        json_i64(json, key, value->integer);
        break;
    case JSON_REAL:
        json_double(json, key, value->real);
        break;
    case JSON_STRING:
        json_str(json, key, value->string);
        break;
    case JSON_LIST:
    case JSON_OBJECT:
        write_group(json, key, value, arena);
        break;
    }
}
/* NOLINTEND(misc-no-recursion) */

static void write_document(struct buf *buf, const struct json_value *value, struct arena *arena)
{
    struct json_writer json;
    buf_init(buf, BUF_TEXT_BYTES_MAX);
    json_begin(&json, buf);
    write_value(&json, NULL, value, arena);
    json_finish(&json);
}

/* What was read, written and read again is written the same: the two halves fit together. */
static void check_round_trip(const struct json_value *value, struct arena *arena)
{
    struct buf once;
    struct buf twice;
    struct err err = {0};
    struct json_value again = {0};
    write_document(&once, value, arena);
    if (json_parse(&again, arena, buf_view(&once), &err))
        abort();
    write_document(&twice, &again, arena);
    if (!str_equal(buf_view(&once), buf_view(&twice)))
        abort();
    buf_release(&once);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    struct json_value value = {0};
    arena_init(&arena);
    if (json_parse(&value, &arena, str_of_bytes((struct bytes){data, size}), &err) == STATUS_OK)
        check_round_trip(&value, &arena);
    arena_release(&arena);
    return 0;
}
