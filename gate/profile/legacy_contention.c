#include "gate/base/num.h"
#include "gate/profile/legacy.h"

struct contention {
    int64_t cycles_per_second;
    int64_t period;
};

bool legacy_contention_is(struct str text)
{
    static const struct str headers[] = {STR_INIT("--- contentionz "), STR_INIT("--- mutex:"),
                                         STR_INIT("--- contention:")};
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        if (str_starts_with(text, headers[i]))
            return true;
    }
    return false;
}

static enum status read_attribute(struct legacy *legacy, struct contention *contention,
                                  struct str key, struct str text, struct err *err)
{
    int64_t value = 0;
    int64_t *target = NULL;
    if (str_equal_text(key, "discarded samples"))
        return STATUS_OK;
    if (str_equal_text(key, "cycles/second")) {
        target = &contention->cycles_per_second;
    } else if (str_equal_text(key, "sampling period")) {
        target = &contention->period;
    } else if (str_equal_text(key, "ms since reset")) {
        target = &legacy->out->duration_ns;
    }
    if (!target || !take_int(&text, &value) || text.len > 0)
        return legacy_refuse(legacy, "unknown attribute of a contention profile", err);
    *target = value;
    return STATUS_OK;
}

/* "attribute = value" lines; ends at the first line that is none, which is left as current. */
static enum status read_attributes(struct legacy *legacy, struct contention *contention,
                                   struct err *err)
{
    while (legacy_next(legacy)) {
        struct str line = str_trim(legacy->line);
        if (legacy_is_comment(legacy))
            continue;
        ptrdiff_t equals = str_find(line, '=');
        if (equals < 0 || str_starts_with(line, STR("---")))
            break;
        struct str key = str_trim(str_slice(line, 0, (size_t)equals));
        struct str value = str_trim(str_slice(line, (size_t)equals + 1, line.len));
        if (read_attribute(legacy, contention, key, value, err))
            return err->status;
    }
    if (!num_mul_i64(&legacy->out->duration_ns, legacy->out->duration_ns, 1000000))
        return legacy_refuse(legacy, "duration passes 2^63-1 nanoseconds", err);
    legacy->out->period = contention->period;
    return STATUS_OK;
}

/* Cycles of the sampled waits to nanoseconds of all waits. */
static bool scale(const struct contention *contention, int64_t *cycles, int64_t *count)
{
    if (contention->period <= 0)
        return true;
    if (contention->cycles_per_second > 0) {
        double ghz = (double)contention->cycles_per_second / 1e9;
        double ns = (double)*cycles * (double)contention->period / ghz;
        if (!(ns < 0x1p63))
            return false;
        *cycles = (int64_t)ns;
    }
    return num_mul_i64(count, *count, contention->period);
}

/* "19490304  27 @ 0xbccc97 ...": cycles, then how often. */
static enum status read_sample(struct legacy *legacy, const struct contention *contention,
                               struct err *err)
{
    int64_t cycles = 0;
    int64_t count = 0;
    struct str at = str_trim(legacy->line);
    if (!take_int(&at, &cycles) || !take_blanks(&at) || !take_int(&at, &count) ||
        !take_text(&at, " @") || cycles < 0 || count < 0)
        return legacy_refuse(legacy, "not a contention sample", err);
    if (!scale(contention, &cycles, &count))
        return legacy_refuse(legacy, "delay or count passes 2^63-1", err);
    const int64_t values[] = {count, cycles};
    if (legacy_addresses(legacy, take_stack(&at), ADJUST_ALL, err))
        return err->status;
    return legacy_sample(legacy, values, 0, err);
}

enum status legacy_contention(struct legacy *legacy, struct err *err)
{
    struct contention contention = {.period = 1};
    legacy_period(legacy, "contentions", "count", 1);
    legacy_type(legacy, "contentions", "count");
    legacy_type(legacy, "delay", "nanoseconds");
    (void)legacy_next(legacy);
    if (read_attributes(legacy, &contention, err))
        return err->status;
    do {
        if (str_starts_with(str_trim(legacy->line), STR("---")))
            break;
        if (!legacy_is_comment(legacy) && read_sample(legacy, &contention, err))
            return err->status;
    } while (legacy_next(legacy));
    return legacy_finish(legacy, err);
}
