#include "gate/base/unit.h"

#include <math.h>

#include "gate/base/num.h"

struct scale {
    const char *name;
    double factor;
};

/* Smallest first: writing takes the last one that fits. */
static const struct scale binary_scales[] = {
    {"B", 1},
    {"KiB", 1024},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
};
static const struct scale byte_scales[] = {
    {"B", 1},
    {"kB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
    {"KiB", 1024},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
};
static const struct scale time_scales[] = {
    {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
};
static const struct scale percent_scales[] = {{"%", 0.01}};
static const struct scale rate_scales[] = {{"/s", 1}};

enum { TIME_SCALES_WRITTEN = 4 }; /* ns to s; minutes are for policies only */

const char *unit_name(enum unit unit)
{
    static const char *const names[] = {
        [UNIT_COUNT] = "count",
        [UNIT_BYTES] = "bytes",
        [UNIT_NS] = "ns",
        [UNIT_RATIO] = "ratio",
        [UNIT_BYTES_PER_REQUEST] = "bytes/request",
        [UNIT_COUNT_PER_REQUEST] = "count/request",
        [UNIT_NS_PER_REQUEST] = "ns/request",
        [UNIT_BYTES_PER_1000_REQUESTS] = "bytes/1000 requests",
    };
    return names[unit];
}

static size_t number_len(struct str text)
{
    size_t len = 0;
    while (len < text.len && ((text.data[len] >= '0' && text.data[len] <= '9') ||
                              text.data[len] == '.' || text.data[len] == ','))
        len++;
    return len;
}

/* What is wrong with a text that is not a plain decimal; the wording users meet most. */
static enum status number_error(struct str text, struct err *err)
{
    if (text.len > 0 && text.data[0] == '-') {
        return err_set(err, STATUS_POLICY, "\"%.*s\" is negative; a limit must be >= 0",
                       STR_ARGS(text));
    }
    if (str_find(text, ',') >= 0) {
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a number; use a point, not a comma",
                       STR_ARGS(text));
    }
    if (number_len(text) == text.len && text.len > 15 && str_find(text, '.') < 0)
        return err_set(err, STATUS_POLICY, "\"%.*s\" is too large", STR_ARGS(text));
    return err_set(err, STATUS_POLICY,
                   "\"%.*s\" is not a plain decimal number (write 5, 0.5 or 120)", STR_ARGS(text));
}

enum status unit_parse_number(double *out, struct str text, struct err *err)
{
    return num_parse_decimal(out, text) ? STATUS_OK : number_error(text, err);
}

enum status unit_parse_count(uint64_t *out, struct str text, struct err *err)
{
    double value = 0;
    if (!num_parse_decimal(&value, text))
        return number_error(text, err);
    if (!num_parse_u64(out, text))
        return err_set(err, STATUS_POLICY, "\"%.*s\" is not a whole number", STR_ARGS(text));
    return STATUS_OK;
}

static enum status unknown_unit(struct str unit, const struct scale *scales, size_t count,
                                struct err *err)
{
    char known[128] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof(known); i++)
        len += (size_t)snprintf(known + len, sizeof(known) - len, " %s", scales[i].name);
    if (unit.len == 0)
        return err_set(err, STATUS_POLICY, "the unit is missing; known:%s", known);
    return err_set(err, STATUS_POLICY, "unknown unit \"%.*s\"; known:%s", STR_ARGS(unit), known);
}

static enum status parse_scaled(double *out, struct str text, const struct scale *scales,
                                size_t count, struct err *err)
{
    size_t len = number_len(text);
    struct str number = str_slice(text, 0, len);
    struct str unit = str_trim(str_slice(text, len, text.len));
    double value = 0;
    if (len == 0)
        return number_error(text, err);
    if (!num_parse_decimal(&value, number))
        return number_error(number, err);
    for (size_t i = 0; i < count; i++) {
        if (str_equal_text(unit, scales[i].name)) {
            *out = value * scales[i].factor;
            return STATUS_OK;
        }
    }
    return unknown_unit(unit, scales, count, err);
}

enum status unit_parse_bytes(double *out, struct str text, struct err *err)
{
    return parse_scaled(out, text, byte_scales, ARRAY_LEN(byte_scales), err);
}

enum status unit_parse_duration(double *out_ns, struct str text, struct err *err)
{
    return parse_scaled(out_ns, text, time_scales, ARRAY_LEN(time_scales), err);
}

enum status unit_parse_percent(double *out_ratio, struct str text, struct err *err)
{
    return parse_scaled(out_ratio, text, percent_scales, ARRAY_LEN(percent_scales), err);
}

enum status unit_parse_rate(double *out_per_second, struct str text, struct err *err)
{
    return parse_scaled(out_per_second, text, rate_scales, ARRAY_LEN(rate_scales), err);
}

/* Rounding must not leave a sign on nothing: "-0.00" reads as a change. */
static double settle(double value, int decimals)
{
    double scale = pow(10, decimals);
    return fabs(value) * scale < 0.5 ? 0 : value;
}

static void write_number(struct buf *buf, double value, bool sign)
{
    double size = fabs(value);
    int decimals = 2;
    if (size >= 100 || !(size > floor(size))) {
        decimals = 0;
    } else if (size >= 10) {
        decimals = 1;
    }
    value = settle(value, decimals);
    if (sign) {
        buf_printf(buf, "%+.*f", decimals, value);
    } else {
        buf_printf(buf, "%.*f", decimals, value);
    }
}

static void write_scaled(struct buf *buf, double value, bool sign, const struct scale *scales,
                         size_t count)
{
    size_t at = 0;
    while (at + 1 < count && fabs(value) >= scales[at + 1].factor)
        at++;
    write_number(buf, value / scales[at].factor, sign);
    buf_printf(buf, " %s", scales[at].name);
}

void unit_write(struct buf *buf, enum unit unit, double value, bool sign)
{
    static const char *const suffixes[] = {
        [UNIT_BYTES_PER_REQUEST] = "/request",
        [UNIT_COUNT_PER_REQUEST] = "/request",
        [UNIT_NS_PER_REQUEST] = "/request",
        [UNIT_BYTES_PER_1000_REQUESTS] = "/1000 requests",
    };
    switch (unit) {
    case UNIT_RATIO:
        unit_write_percent(buf, value, sign);
        return;
    case UNIT_COUNT:
    case UNIT_COUNT_PER_REQUEST:
        write_number(buf, value, sign);
        break;
    case UNIT_NS:
    case UNIT_NS_PER_REQUEST:
        write_scaled(buf, value, sign, time_scales, TIME_SCALES_WRITTEN);
        break;
    case UNIT_BYTES:
    case UNIT_BYTES_PER_REQUEST:
    case UNIT_BYTES_PER_1000_REQUESTS:
        write_scaled(buf, value, sign, binary_scales, ARRAY_LEN(binary_scales));
        break;
    }
    if (unit >= UNIT_BYTES_PER_REQUEST)
        buf_text(buf, suffixes[unit]);
}

void unit_write_percent(struct buf *buf, double ratio, bool sign)
{
    double percent = ratio * 100;
    double size = fabs(percent);
    int decimals = 3;
    if (size >= 100 || size < 0.0005 || !(size > floor(size))) {
        decimals = 0;
    } else if (size >= 1) {
        decimals = 1;
    } else if (size >= 0.1) {
        decimals = 2;
    }
    percent = settle(percent, decimals);
    if (sign) {
        buf_printf(buf, "%+.*f %%", decimals, percent);
    } else {
        buf_printf(buf, "%.*f %%", decimals, percent);
    }
}
