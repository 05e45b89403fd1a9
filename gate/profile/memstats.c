#include "gate/profile/memstats.h"

#include "gate/base/buf.h"
#include "gate/base/num.h"

/* One line "# key = value" of the tail; "a / b" lines give their first number. */
struct field {
    const char *key;
    size_t offset;
    bool optional;
};

#define FIELD(key, member) {key, offsetof(struct memstats, member), false}

static const struct field fields[] = {
    FIELD("TotalAlloc", total_alloc_bytes),
    FIELD("Mallocs", mallocs),
    FIELD("Frees", frees),
    FIELD("Sys", sys_bytes),
    FIELD("HeapAlloc", heap_alloc_bytes),
    FIELD("HeapSys", heap_sys_bytes),
    FIELD("HeapIdle", heap_idle_bytes),
    FIELD("HeapInuse", heap_inuse_bytes),
    FIELD("HeapReleased", heap_released_bytes),
    FIELD("HeapObjects", heap_objects),
    FIELD("Stack", stack_inuse_bytes),
    FIELD("MSpan", mspan_inuse_bytes),
    FIELD("MCache", mcache_inuse_bytes),
    FIELD("BuckHashSys", buck_hash_bytes),
    FIELD("GCSys", gc_sys_bytes),
    FIELD("OtherSys", other_sys_bytes),
    FIELD("NextGC", next_gc_bytes),
    FIELD("NumGC", gc_count),
    FIELD("NumForcedGC", forced_gc_count),
    /* Only where the system has getrusage: not on Windows and Plan 9. */
    {"MaxRSS", offsetof(struct memstats, max_rss_bytes), true},
};

enum { FIELD_COUNT = ARRAY_LEN(fields) };

struct reader {
    struct memstats out;
    bool seen[FIELD_COUNT];
    bool seen_pauses;
    bool seen_ratio;
};

static enum status refuse_value(struct str key, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "runtime.MemStats: %.*s has no number", STR_ARGS(key));
}

static enum status read_number(struct memstats *out, size_t offset, struct str key,
                               struct str value, struct err *err)
{
    struct str number = value;
    uint64_t parsed = 0;
    (void)str_split(&value, ' ', &number);
    if (!num_parse_u64(&parsed, number))
        return refuse_value(key, err);
    memcpy((char *)out + offset, &parsed, sizeof(parsed));
    return STATUS_OK;
}

/* "[205127 173119 0 ...]": a ring of the last 256 pauses. */
static enum status read_pauses(struct memstats *out, struct str key, struct str value,
                               struct err *err)
{
    if (!str_starts_with(value, STR("[")) || !str_ends_with(value, STR("]")))
        return refuse_value(key, err);
    struct str rest = str_slice(value, 1, value.len - 1);
    struct str number = {0};
    out->pause_count = 0;
    while (str_split(&rest, ' ', &number) && out->pause_count < MEMSTATS_PAUSES) {
        if (!num_parse_u64(&out->pause_ns[out->pause_count++], number))
            return refuse_value(key, err);
    }
    return STATUS_OK;
}

static enum status read_field(struct reader *reader, struct str key, struct str value,
                              struct err *err)
{
    if (str_equal_text(key, "PauseNs")) {
        reader->seen_pauses = true;
        return read_pauses(&reader->out, key, value, err);
    }
    if (str_equal_text(key, "GCCPUFraction")) {
        reader->seen_ratio = true;
        return num_parse_double(&reader->out.gc_cpu_ratio, value) ? STATUS_OK
                                                                  : refuse_value(key, err);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!str_equal_text(key, fields[i].key))
            continue;
        reader->seen[i] = true;
        return read_number(&reader->out, fields[i].offset, key, value, err);
    }
    return STATUS_OK;
}

static enum status read_line(struct reader *reader, struct str line, struct err *err)
{
    ptrdiff_t equals = str_find(line, '=');
    if (!str_starts_with(line, STR("# ")) || equals < 0)
        return STATUS_OK;
    struct str key = str_trim(str_slice(line, 1, (size_t)equals));
    struct str value = str_trim(str_slice(line, (size_t)equals + 1, line.len));
    return read_field(reader, key, value, err);
}

static enum status refuse_missing(const char *key, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "runtime.MemStats: %s is missing", key);
}

static enum status check_complete(const struct reader *reader, struct err *err)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!reader->seen[i] && !fields[i].optional)
            return refuse_missing(fields[i].key, err);
    }
    if (!reader->seen_pauses)
        return refuse_missing("PauseNs", err);
    return reader->seen_ratio ? STATUS_OK : refuse_missing("GCCPUFraction", err);
}

/* "heap profile: 9: 162688 [156: 1301376] @ heap/1048576": twice the rate in force. */
static enum status read_rate(struct memstats *out, struct str text, struct err *err)
{
    static const struct str mark = STR_INIT("@ heap/");
    struct str line = {0};
    bool ours = text.len > 0 && str_split(&text, '\n', &line) &&
                str_starts_with(line, STR("heap profile:")) && str_contains(line, mark);
    size_t at = 0;
    while (ours && !str_starts_with(str_slice(line, at, line.len), mark))
        at++;
    if (!ours ||
        !num_parse_u64(&out->profile_rate, str_trim(str_slice(line, at + mark.len, line.len))))
        return err_set(err, STATUS_FORMAT, "not the text of a Go heap profile (heap?debug=1)");
    out->profile_rate /= 2;
    return STATUS_OK;
}

enum status memstats_parse(struct memstats *out, struct str text, struct err *err)
{
    struct reader reader = {0};
    struct str line = {0};
    bool in_tail = false;
    if (read_rate(&reader.out, text, err))
        return err->status;
    while (text.len > 0 && str_split(&text, '\n', &line)) {
        if (in_tail && read_line(&reader, line, err))
            return err->status;
        in_tail = in_tail || str_equal_text(str_trim(line), "# runtime.MemStats");
    }
    if (!in_tail)
        return err_set(err, STATUS_FORMAT, "runtime.MemStats is missing");
    if (check_complete(&reader, err))
        return err->status;
    *out = reader.out;
    return STATUS_OK;
}

/* What is to be added to a line of the tail; 0 for most. */
static uint64_t more_of(const struct memstats *more, struct str line)
{
    ptrdiff_t equals = str_find(line, '=');
    uint64_t value = 0;
    if (!str_starts_with(line, STR("# ")) || equals < 0)
        return 0;
    struct str key = str_trim(str_slice(line, 1, (size_t)equals));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (str_equal_text(key, fields[i].key))
            memcpy(&value, (const char *)more + fields[i].offset, sizeof(value));
    }
    return value;
}

/* "# Stack = 5 / 7" keeps what stands behind its first number. */
static bool add_line(struct buf *out, struct str line, uint64_t more)
{
    size_t equals = (size_t)str_find(line, '=');
    struct str rest = str_trim(str_slice(line, equals + 1, line.len));
    struct str number = rest;
    uint64_t value = 0;
    (void)str_split(&rest, ' ', &number);
    if (!num_parse_u64(&value, number) || !num_add_u64(&value, value, more))
        return false;
    buf_printf(out, "%.*s= %llu", (int)equals, line.data, (unsigned long long)value);
    if (rest.len > 0)
        buf_printf(out, " %.*s", STR_ARGS(rest));
    return true;
}

enum status memstats_add(struct str *out, struct arena *arena, struct str text,
                         const struct memstats *more, struct err *err)
{
    struct buf buf;
    struct str line = {0};
    enum status status = STATUS_OK;
    buf_init(&buf, BUF_TEXT_BYTES_MAX);
    while (text.len > 0 && str_split(&text, '\n', &line) && status == STATUS_OK) {
        uint64_t value = more_of(more, line);
        if (value == 0) {
            buf_str(&buf, line);
        } else if (!add_line(&buf, line, value)) {
            status = refuse_value(line, err);
        }
        buf_byte(&buf, '\n');
    }
    if (status == STATUS_OK && buf.overflow)
        status = err_set(err, STATUS_LIMIT, "larger than %d bytes", BUF_TEXT_BYTES_MAX);
    if (status == STATUS_OK)
        *out = str_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return status;
}
