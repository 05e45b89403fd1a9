#include "gate/codec/json.h"

#include <math.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* One well-formed UTF-8 sequence (Unicode 15, table 3-7), or 0 when there is none. */
static size_t utf8_step(struct str text, uint32_t *code)
{
    static const struct {
        uint8_t first, last, second_low, second_high, len, mask;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0xff, 1, 0x7f}, {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f},
        {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f}, {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f},
        {0xed, 0xed, 0x80, 0x9f, 3, 0x0f}, {0xee, 0xef, 0x80, 0xbf, 3, 0x0f},
        {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07}, {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07},
        {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
    };
    const uint8_t *at = (const uint8_t *)text.data;
    size_t i = 0;
    while (i < ARRAY_LEN(forms) && (at[0] < forms[i].first || at[0] > forms[i].last))
        i++;
    if (i == ARRAY_LEN(forms) || text.len < forms[i].len)
        return 0;
    if (forms[i].len > 1 && (at[1] < forms[i].second_low || at[1] > forms[i].second_high))
        return 0;
    *code = at[0] & forms[i].mask;
    for (size_t k = 1; k < forms[i].len; k++) {
        if ((at[k] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[k] & 0x3f);
    }
    return forms[i].len;
}

/* What JSON demands, and what acts on a terminal that shows the file: C1, bidi, zero width. */
static bool must_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff;
}

static void write_character(struct buf *buf, struct str bytes, uint32_t code)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    if (code < ARRAY_LEN(named) && named[code]) {
        buf_text(buf, named[code]);
    } else if (must_escape(code)) {
        buf_printf(buf, "\\u%04x", (unsigned)code);
    } else {
        buf_str(buf, bytes);
    }
}

static void write_text(struct buf *buf, struct str text)
{
    buf_byte(buf, '"');
    while (text.len > 0) {
        uint32_t code = 0;
        size_t len = utf8_step(text, &code);
        if (len == 0) {
            buf_text(buf, replacement);
        } else {
            write_character(buf, str_slice(text, 0, len), code);
        }
        text = str_slice(text, len ? len : 1, text.len);
    }
    buf_byte(buf, '"');
}

static void new_line(struct json_writer *json)
{
    buf_byte(json->buf, '\n');
    buf_repeat(json->buf, ' ', 2 * (size_t)json->depth);
}

/* Everything that stands before a value: comma, line, key. */
static void open_value(struct json_writer *json, const char *key)
{
    if (json->comma)
        buf_byte(json->buf, ',');
    if (json->depth > 0)
        new_line(json);
    if (key) {
        write_text(json->buf, str_from(key));
        buf_text(json->buf, ": ");
    }
    json->comma = true;
}

static void open_group(struct json_writer *json, const char *key, char bracket)
{
    open_value(json, key);
    buf_byte(json->buf, bracket);
    json->depth++;
    json->comma = false;
}

static void close_group(struct json_writer *json, char bracket)
{
    assert(json->depth > 0);
    bool empty = !json->comma;
    json->depth--;
    if (!empty)
        new_line(json);
    buf_byte(json->buf, bracket);
    json->comma = true;
}

void json_begin(struct json_writer *json, struct buf *buf)
{
    *json = (struct json_writer){.buf = buf};
}

void json_object(struct json_writer *json, const char *key)
{
    open_group(json, key, '{');
}

void json_object_end(struct json_writer *json)
{
    close_group(json, '}');
}

void json_list(struct json_writer *json, const char *key)
{
    open_group(json, key, '[');
}

void json_list_end(struct json_writer *json)
{
    close_group(json, ']');
}

void json_str(struct json_writer *json, const char *key, struct str value)
{
    open_value(json, key);
    write_text(json->buf, value);
}

void json_u64(struct json_writer *json, const char *key, uint64_t value)
{
    open_value(json, key);
    buf_printf(json->buf, "%llu", (unsigned long long)value);
}

void json_i64(struct json_writer *json, const char *key, int64_t value)
{
    open_value(json, key);
    buf_printf(json->buf, "%lld", (long long)value);
}

/* Whole numbers below this print with all their digits; a double holds each of them. */
#define WHOLE_MAX 1e15

void json_double(struct json_writer *json, const char *key, double value)
{
    enum { DIGITS_MAX = 17 }; /* enough for any IEEE 754 double to read back equal */
    char text[32];
    assert(isfinite(value));
    open_value(json, key);

    if (fabs(value) < WHOLE_MAX && fpclassify(value - trunc(value)) == FP_ZERO) {
        buf_printf(json->buf, "%lld", (long long)value);
        return;
    }
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (fpclassify(strtod(text, NULL) - value) == FP_ZERO)
            break;
    }
    buf_text(json->buf, text);
}

void json_bool(struct json_writer *json, const char *key, bool value)
{
    open_value(json, key);
    buf_text(json->buf, value ? "true" : "false");
}

void json_null(struct json_writer *json, const char *key)
{
    open_value(json, key);
    buf_text(json->buf, "null");
}

void json_str_or_null(struct json_writer *json, const char *key, struct str value)
{
    if (value.len) {
        json_str(json, key, value);
    } else {
        json_null(json, key);
    }
}

void json_double_or_null(struct json_writer *json, const char *key, double value, bool is_known)
{
    if (is_known) {
        json_double(json, key, value);
    } else {
        json_null(json, key);
    }
}

void json_finish(struct json_writer *json)
{
    assert(json->depth == 0);
    buf_byte(json->buf, '\n');
}
