#include <math.h>

#include "gate/base/num.h"
#include "gate/profile/legacy.h"

bool take_blanks(struct str *at)
{
    while (at->len > 0 && (at->data[0] == ' ' || at->data[0] == '\t'))
        *at = str_slice(*at, 1, at->len);
    return true;
}

bool take_text(struct str *at, const char *text)
{
    struct str wanted = str_from(text);
    if (!str_starts_with(*at, wanted))
        return false;
    *at = str_slice(*at, wanted.len, at->len);
    return true;
}

bool take_int(struct str *at, int64_t *out)
{
    struct str rest = *at;
    bool negative = take_text(&rest, "-");
    size_t len = 0;
    while (len < rest.len && rest.data[len] >= '0' && rest.data[len] <= '9')
        len++;
    uint64_t value = 0;
    if (!num_parse_u64(&value, str_slice(rest, 0, len)) || value > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    *at = str_slice(rest, len, rest.len);
    return true;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* More than 64 bits are taken all the same, so that the caller can tell them from no number. */
bool take_hex(struct str *at, uint64_t *out)
{
    struct str rest = *at;
    if (!take_text(&rest, "0x") || rest.len == 0 || hex_digit(rest.data[0]) < 0)
        return false;
    uint64_t value = 0;
    bool fits = true;
    while (rest.len > 0 && hex_digit(rest.data[0]) >= 0) {
        fits = fits && value >> 60 == 0;
        value = value << 4 | (uint64_t)hex_digit(rest.data[0]);
        rest = str_slice(rest, 1, rest.len);
    }
    *at = rest;
    *out = value;
    return fits;
}

struct str take_word(struct str *at)
{
    size_t len = 0;
    (void)take_blanks(at);
    while (len < at->len && at->data[len] != ' ' && at->data[len] != '\t')
        len++;
    struct str word = str_slice(*at, 0, len);
    *at = str_slice(*at, len, at->len);
    return word;
}

struct str take_stack(struct str *at)
{
    size_t len = 0;
    while (len < at->len &&
           (at->data[len] == ' ' || at->data[len] == 'x' || hex_digit(at->data[len]) >= 0))
        len++;
    struct str stack = str_slice(*at, 0, len);
    *at = str_slice(*at, len, at->len);
    return stack;
}

static bool to_int(int64_t *out, double value)
{
    if (!(fabs(value) < 0x1p63))
        return false;
    *out = (int64_t)value;
    return true;
}

/*
 * Sampling is a Poisson process over the allocated bytes: an object of
 * S bytes is in the profile with probability 1 - exp(-S / rate). A rate
 * of 1 samples all; 0 means that it is not known.
 */
bool legacy_unsample(int64_t *count, int64_t *bytes, int64_t rate)
{
    if (*count == 0 || *bytes == 0) {
        *count = 0;
        *bytes = 0;
        return true;
    }
    if (rate <= 1)
        return true;
    double average = (double)*bytes / (double)*count;
    double scale = 1 / (1 - exp(-average / (double)rate));
    return to_int(count, (double)*count * scale) && to_int(bytes, (double)*bytes * scale);
}
