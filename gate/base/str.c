#include "gate/base/str.h"

#include <stdarg.h>

struct str str_from(const char *text)
{
    return text ? (struct str){text, strlen(text)} : (struct str){"", 0};
}

struct str str_of_bytes(struct bytes bytes)
{
    return (struct str){(const char *)bytes.data, bytes.len};
}

struct bytes bytes_of_str(struct str str)
{
    return (struct bytes){(const uint8_t *)str.data, str.len};
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool str_equal_text(struct str a, const char *b)
{
    return str_equal(a, str_from(b));
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts_with(struct str str, struct str prefix)
{
    return str.len >= prefix.len && str_equal(str_slice(str, 0, prefix.len), prefix);
}

bool str_ends_with(struct str str, struct str suffix)
{
    return str.len >= suffix.len &&
           str_equal(str_slice(str, str.len - suffix.len, str.len), suffix);
}

bool str_contains(struct str str, struct str part)
{
    if (part.len == 0)
        return true;
    return str.len > 0 && memmem(str.data, str.len, part.data, part.len) != NULL;
}

ptrdiff_t str_find(struct str str, char byte)
{
    const char *at = str.len ? memchr(str.data, byte, str.len) : NULL;
    return at ? at - str.data : -1;
}

ptrdiff_t str_find_last(struct str str, char byte)
{
    const char *at = str.len ? memrchr(str.data, byte, str.len) : NULL;
    return at ? at - str.data : -1;
}

struct str str_slice(struct str str, size_t from, size_t to)
{
    if (to > str.len)
        to = str.len;
    if (from > to)
        from = to;
    return (struct str){str.data + from, to - from};
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct str str_trim(struct str str)
{
    while (str.len && is_blank(str.data[0]))
        str = str_slice(str, 1, str.len);
    while (str.len && is_blank(str.data[str.len - 1]))
        str.len--;
    return str;
}

bool str_split(struct str *rest, char separator, struct str *part)
{
    if (!rest->data)
        return false;
    ptrdiff_t at = str_find(*rest, separator);
    if (at < 0) {
        *part = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    *part = str_slice(*rest, 0, (size_t)at);
    *rest = str_slice(*rest, (size_t)at + 1, rest->len);
    return true;
}

struct str str_copy(struct arena *arena, struct str str)
{
    char *data = arena_alloc(arena, str.len + 1, 1);
    if (str.len)
        memcpy(data, str.data, str.len);
    return (struct str){data, str.len};
}

struct str str_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    char *data = arena_alloc(arena, (size_t)len + 1, 1);
    va_start(args, format);
    (void)vsnprintf(data, (size_t)len + 1, format, args);
    va_end(args);
    return (struct str){data, (size_t)len};
}

const char *str_text(struct arena *arena, struct str str)
{
    return str_copy(arena, str).data;
}

enum { DISTANCE_BYTES_MAX = 64 };

size_t str_distance(struct str a, struct str b)
{
    size_t row[DISTANCE_BYTES_MAX + 1];
    a = str_slice(a, 0, DISTANCE_BYTES_MAX);
    b = str_slice(b, 0, DISTANCE_BYTES_MAX);
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replace = diagonal + (a.data[i - 1] != b.data[j - 1]);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < shorter ? replace : shorter;
        }
    }
    return row[b.len];
}

struct str str_nearest(struct str wanted, const struct str *names, size_t count)
{
    struct str best = {NULL, 0};
    size_t best_distance = wanted.len / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = str_distance(wanted, names[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = names[i];
        }
    }
    return best;
}

/* The forms are those of Unicode 15, table 3-7. */
size_t str_decode(struct str str, uint32_t *code)
{
    static const struct {
        uint8_t first, last, second_low, second_high, len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const uint8_t *at = (const uint8_t *)str.data;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (str.len < forms[i].len ||
            (forms[i].len > 1 && (at[1] < forms[i].second_low || at[1] > forms[i].second_high)))
            return 0;
        *code = at[0] & masks[forms[i].len];
        for (size_t k = 1; k < forms[i].len; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
            *code = *code << 6 | (at[k] & 0x3f);
        }
        return forms[i].len;
    }
    return 0;
}

/* Characters that change how the rest of a line looks without being seen. */
static bool is_deceptive(uint32_t code)
{
    return code == 0xad || code == 0x61c || code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

/* Writes one character of the input in its visible form; returns the bytes consumed. */
static size_t printable_step(char *out, size_t *out_len, struct str rest)
{
    uint32_t code = 0;
    size_t len = str_decode(rest, &code);
    int written = 0;
    if (len == 0) {
        written = snprintf(out, 12, "\\x%02x", (unsigned)(uint8_t)rest.data[0]);
        len = 1;
    } else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        written = snprintf(out, 12, "\\x%02x", (unsigned)code);
    } else if (is_deceptive(code)) {
        written = snprintf(out, 12, "\\u{%x}", (unsigned)code);
    } else {
        memcpy(out, rest.data, len);
        written = (int)len;
    }
    *out_len += (size_t)written;
    return len;
}

struct str str_printable(struct arena *arena, struct str str)
{
    /* A deceptive character of two bytes grows to at most 9, so 12 a byte is safe. */
    char *out = arena_alloc(arena, str.len * 12 + 13, 1);
    size_t out_len = 0;
    for (size_t at = 0; at < str.len;)
        at += printable_step(out + out_len, &out_len, str_slice(str, at, str.len));
    out[out_len] = '\0';
    return (struct str){out, out_len};
}
