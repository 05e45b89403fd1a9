#include "gate/base/num.h"

#include <math.h>

bool num_add_u64(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

bool num_mul_u64(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool num_add_i64(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

bool num_mul_i64(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool num_parse_u64(uint64_t *out, struct str text)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) || !num_mul_u64(&value, value, 10) ||
            !num_add_u64(&value, value, (uint64_t)(text.data[i] - '0')))
            return false;
    }
    *out = value;
    return true;
}

enum { DECIMAL_DIGITS_MAX = 15 };

bool num_parse_decimal(double *out, struct str text)
{
    uint64_t digits = 0;
    uint64_t scale = 1;
    size_t digit_count = 0;
    bool seen_point = false;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '.' && !seen_point && i > 0 && i + 1 < text.len) {
            seen_point = true;
            continue;
        }
        if (!is_digit(byte) || ++digit_count > DECIMAL_DIGITS_MAX)
            return false;
        digits = digits * 10 + (uint64_t)(byte - '0');
        scale *= seen_point ? 10 : 1;
    }
    /* A leading zero ("017") looks octal to some readers and decimal to others. */
    if (digit_count == 0 || (text.len > 1 && text.data[0] == '0' && text.data[1] != '.'))
        return false;
    *out = (double)digits / (double)scale;
    return true;
}

/* The grammar of JSON numbers, so that strtod's hex, inf and nan never pass. */
static bool is_json_number(struct str text)
{
    size_t i = 0;
    if (i < text.len && text.data[i] == '-')
        i++;
    size_t int_from = i;
    while (i < text.len && is_digit(text.data[i]))
        i++;
    if (i == int_from)
        return false;
    if (i < text.len && text.data[i] == '.') {
        size_t from = ++i;
        while (i < text.len && is_digit(text.data[i]))
            i++;
        if (i == from)
            return false;
    }
    if (i < text.len && (text.data[i] == 'e' || text.data[i] == 'E')) {
        i++;
        if (i < text.len && (text.data[i] == '+' || text.data[i] == '-'))
            i++;
        size_t from = i;
        while (i < text.len && is_digit(text.data[i]))
            i++;
        if (i == from)
            return false;
    }
    return i == text.len;
}

bool num_parse_double(double *out, struct str text)
{
    char copy[64];
    if (text.len == 0 || text.len >= sizeof(copy) || !is_json_number(text))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    /* memgate never calls setlocale, so the decimal point is a point. */
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

uint64_t num_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

double num_ratio(double part, double whole)
{
    return fpclassify(whole) == FP_ZERO ? 0 : part / whole;
}
