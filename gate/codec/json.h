#ifndef GATE_CODEC_JSON_H
#define GATE_CODEC_JSON_H

#include "gate/base/buf.h"
#include "gate/base/err.h"

/*
 * Reading: a tree of borrowed values in an arena. Nesting is limited to
 * 64 by the reader. Integers keep all 64 bits.
 */
enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_LIST,
    JSON_OBJECT
};

struct json_value {
    enum json_kind kind;
    bool boolean;
    int64_t integer;
    double real; /* also set for integers */
    struct str string;
    struct json_member *members; /* object: in file order; list: empty keys */
    size_t len;
};

struct json_member {
    struct str key;
    struct json_value value;
};

/* Rejects duplicate keys and trailing bytes. Errors: STATUS_FORMAT, "line 3 column 7: ...". */
NODISCARD enum status json_parse(struct json_value *out, struct arena *arena, struct str text,
                                 struct err *err);
/* Member of an object, or NULL when value is no object or has no such key. */
const struct json_value *json_get(const struct json_value *value, const char *key);
/* Typed members; false (out untouched) when absent or of another kind. */
bool json_get_str(const struct json_value *value, const char *key, struct str *out);
bool json_get_u64(const struct json_value *value, const char *key, uint64_t *out);
bool json_get_double(const struct json_value *value, const char *key, double *out);
bool json_get_bool(const struct json_value *value, const char *key, bool *out);

/*
 * Writing: commas and indentation are kept by the writer, output is
 * byte-stable (2 spaces, members in the order they are written, numbers
 * shortest-round-trip, "-0" as 0). Text that is not UTF-8 is written
 * with its bad bytes as U+FFFD. A non-finite double is a bug (asserted).
 */
struct json_writer {
    struct buf *buf;
    int depth;
    bool comma;
};

void json_begin(struct json_writer *json, struct buf *buf);
/*
 * jansson exports functions called json_object and json_null and calls
 * them itself; ours have another name for the linker, or they would be
 * called in their place.
 */
void json_object(struct json_writer *json, const char *key) /* key NULL inside a list */
    __asm__("gate_json_object");
void json_object_end(struct json_writer *json);
void json_list(struct json_writer *json, const char *key);
void json_list_end(struct json_writer *json);
void json_str(struct json_writer *json, const char *key, struct str value);
void json_u64(struct json_writer *json, const char *key, uint64_t value);
void json_i64(struct json_writer *json, const char *key, int64_t value);
void json_double(struct json_writer *json, const char *key, double value);
void json_bool(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key) __asm__("gate_json_null");
void json_str_or_null(struct json_writer *json, const char *key,
                      struct str value); /* empty: null */
void json_double_or_null(struct json_writer *json, const char *key, double value, bool is_known);
void json_finish(struct json_writer *json); /* final newline; depth must be 0 */

#endif
