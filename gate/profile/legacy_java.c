#include "gate/base/num.h"
#include "gate/profile/legacy.h"

enum { JAVA_HEAP_RATE = 512 * 1024 };

/* The two text kinds: their first line, what they count, and whether that is sampled by size. */
struct java_kind {
    const char *header;
    const char *type;
    const char *weight;
    bool heap;
};

static const struct java_kind java_kinds[] = {
    {"--- heapz 1 ---", "inuse_objects", "inuse_space", true},
    {"--- contentionz 1 ---", "contentions", "delay", false},
};

static const struct java_kind *find_kind(struct str line)
{
    for (size_t i = 0; i < ARRAY_LEN(java_kinds); i++) {
        if (str_equal_text(str_trim(line), java_kinds[i].header))
            return &java_kinds[i];
    }
    return NULL;
}

static bool split_attribute(struct str line, struct str *key, struct str *value)
{
    ptrdiff_t equals = str_find(line, '=');
    if (equals < 0)
        return false;
    *key = str_trim(str_slice(line, 0, (size_t)equals));
    *value = str_trim(str_slice(line, (size_t)equals + 1, line.len));
    return true;
}

/* C++ contention profiles have the same first line; only Java's say their format. */
bool legacy_java_is(struct str text)
{
    struct str line = {0};
    struct str key = {0};
    struct str value = {0};
    if (text.len == 0 || !str_split(&text, '\n', &line) || !find_kind(line))
        return false;
    while (text.len > 0 && str_split(&text, '\n', &line)) {
        if (str_trim(line).len == 0)
            continue;
        if (!split_attribute(line, &key, &value))
            return false;
        if (str_equal_text(key, "format"))
            return str_equal_text(value, "java");
    }
    return false;
}

static enum status read_attribute(struct legacy *legacy, const struct java_kind *kind,
                                  struct str key, struct str value, struct err *err)
{
    struct profile *out = legacy->out;
    int64_t number = 0;
    if (str_equal_text(key, "format"))
        return STATUS_OK;
    if (str_equal_text(key, "resolution") && out->type_count == 0) {
        legacy_type(legacy, kind->type, "count");
        legacy_type(legacy, kind->weight, str_text(legacy->arena, value));
        return STATUS_OK;
    }
    if (kind->heap || !take_int(&value, &number) || value.len > 0)
        return legacy_refuse(legacy, "unknown attribute of a Java profile", err);
    if (str_equal_text(key, "sampling period")) {
        legacy_period(legacy, "contentions", "count", number);
    } else if (!str_equal_text(key, "ms since reset") ||
               !num_mul_i64(&out->duration_ns, number, 1000000)) {
        return legacy_refuse(legacy, "unknown attribute of a Java profile", err);
    }
    return STATUS_OK;
}

/* Ends at the first line that is no attribute, which stays the current one. */
static enum status read_attributes(struct legacy *legacy, const struct java_kind *kind,
                                   struct err *err)
{
    struct str key = {0};
    struct str value = {0};
    while (legacy_next(legacy)) {
        if (str_trim(legacy->line).len == 0)
            continue;
        if (!split_attribute(legacy->line, &key, &value))
            break;
        if (read_attribute(legacy, kind, key, value, err))
            return err->status;
    }
    if (legacy->out->type_count == 0)
        return legacy_refuse(legacy, "a Java profile without its resolution", err);
    return STATUS_OK;
}

/* "4752  9 @ 0x2b 0x2c": weight before count, other than everywhere else. */
static bool split_sample(struct str line, int64_t *values, struct str *stack)
{
    struct str at = str_trim(line);
    if (!take_int(&at, &values[1]) || !take_blanks(&at) || !take_int(&at, &values[0]) ||
        !take_blanks(&at) || !take_text(&at, "@ "))
        return false;
    *stack = take_stack(&at);
    return values[0] >= 0 && values[1] >= 0;
}

static bool scale(const struct legacy *legacy, const struct java_kind *kind, int64_t *values)
{
    int64_t period = legacy->out->period;
    if (kind->heap)
        return values[0] > 0 && legacy_unsample(&values[0], &values[1], JAVA_HEAP_RATE);
    return period == 0 || (num_mul_i64(&values[0], values[0], period) &&
                           num_mul_i64(&values[1], values[1], period));
}

static enum status read_samples(struct legacy *legacy, const struct java_kind *kind,
                                struct err *err)
{
    int64_t values[2] = {0};
    struct str stack = {0};
    do {
        if (str_trim(legacy->line).len == 0)
            continue;
        if (!split_sample(legacy->line, values, &stack))
            break;
        int64_t object_bytes = kind->heap && values[0] > 0 ? values[1] / values[0] : 0;
        if (!scale(legacy, kind, values))
            return legacy_refuse(legacy, "count is zero or passes 2^63-1", err);
        if (legacy_addresses(legacy, stack, ADJUST_NONE, err) ||
            legacy_sample(legacy, values, object_bytes, err))
            return err->status;
    } while (legacy_next(legacy));
    return STATUS_OK;
}

/* "com.example.run (Source.java:12)", "write (/lib/libc.so)", "GC". */
static void read_name(struct profile_function *function, int64_t *line, struct str text)
{
    ptrdiff_t open = str_find_last(text, '(');
    function->name = text;
    if (str_ends_with(text, STR(")")) && open > 0 && text.data[open - 1] == ' ') {
        struct str place = str_slice(text, (size_t)open + 1, text.len - 1);
        ptrdiff_t colon = str_find_last(place, ':');
        struct str digits = str_slice(place, (size_t)(colon + 1), place.len);
        bool has_line = colon > 0 && take_int(&digits, line) && digits.len == 0;
        ptrdiff_t slash = str_find_last(place, '/');
        function->name = str_trim(str_slice(text, 0, (size_t)open));
        function->filename = has_line ? str_slice(place, 0, (size_t)colon)
                                      : str_slice(place, (size_t)(slash + 1), place.len);
        *line = has_line && *line > 0 ? *line : 0;
    } else if (str_contains(text, STR("generated stub/JIT"))) {
        function->name = STR("STUB");
    }
}

/* The addresses of Java are numbers of frames and say nothing once they have names. */
void legacy_java_names(struct legacy *legacy)
{
    do {
        struct profile_function function = {0};
        struct str at = str_trim(legacy->line);
        uint64_t address = 0;
        int64_t line = 0;
        if (!take_hex(&at, &address) || str_trim(at).len == 0)
            continue;
        read_name(&function, &line, str_trim(at));
        legacy_symbol(legacy, address, &function, line);
    } while (legacy_next(legacy));
}

enum status legacy_java(struct legacy *legacy, struct err *err)
{
    (void)legacy_next(legacy);
    const struct java_kind *kind = find_kind(legacy->line);
    if (!kind)
        return legacy_refuse(legacy, "not the first line of a Java profile", err);
    if (read_attributes(legacy, kind, err) || read_samples(legacy, kind, err))
        return err->status;
    legacy_java_names(legacy);
    return STATUS_OK;
}
