#include "gate/profile/trace_file.h"

#include "gate/base/num.h"

enum {
    HEADER_BYTES = 16,
    BATCH_BYTES_MAX = 64 * 1024,
    BATCH_HEAD_BYTES_MAX = 42, /* two bytes, four varints */
    STRING_BYTES_MAX = 1024,
    SAMPLE_NUMBERS = 5,
    VERSION_SYNC = 25, /* of Go, where the frequency has company */
    VERSION_END = 26,  /* where generations end with a mark */
};

/* internal/trace/version: Go 1.24 and 1.27 changed nothing. */
static const uint32_t versions[] = {22, 23, 25, 26};
static const uint32_t first_format_versions[] = {5, 7, 8, 9, 10, 11, 19, 21};

static bool is_listed(uint32_t version, const uint32_t *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (list[i] == version)
            return true;
    }
    return false;
}

/* "go 1.22 trace\0\0\0"; "go 1.5 trace" has one zero more. */
static bool parse_header(uint64_t *version, struct bytes data)
{
    struct str text = str_of_bytes(data);
    struct str prefix = STR("go 1.");
    struct str suffix = STR(" trace");
    if (data.len < HEADER_BYTES || !str_starts_with(text, prefix))
        return false;
    text = str_slice(text, prefix.len, HEADER_BYTES);
    ptrdiff_t blank = str_find(text, ' ');
    if (blank < 0 || !num_parse_u64(version, str_slice(text, 0, (size_t)blank)))
        return false;
    text = str_slice(text, (size_t)blank, text.len);
    if (!str_starts_with(text, suffix))
        return false;
    for (size_t i = suffix.len; i < text.len; i++) {
        if (text.data[i] != '\0')
            return false;
    }
    return true;
}

enum status trace_file_open(struct trace_file *out, struct bytes data, struct err *err)
{
    uint64_t version = 0;
    if (data.len > TRACE_BYTES_MAX)
        return err_set(err, STATUS_LIMIT, "larger than %d MiB", TRACE_BYTES_MAX >> 20);
    if (!parse_header(&version, data) || version > UINT32_MAX)
        return err_set(err, STATUS_FORMAT, "not a Go execution trace");
    if (is_listed((uint32_t)version, first_format_versions, ARRAY_LEN(first_format_versions))) {
        return err_set(err, STATUS_FORMAT,
                       "not read: traces of Go before 1.22 (this one is \"go 1.%u trace\")",
                       (unsigned)version);
    }
    if (!is_listed((uint32_t)version, versions, ARRAY_LEN(versions))) {
        return err_set(err, STATUS_FORMAT,
                       "\"go 1.%u trace\" is a version that this memgate does not know (known: "
                       "1.22, 1.23, 1.25, 1.26)",
                       (unsigned)version);
    }
    *out = (struct trace_file){.wire = wire_open(data), .version = (uint32_t)version};
    out->wire.at += HEADER_BYTES;
    return STATUS_OK;
}

bool trace_ns_of(uint64_t *out, const struct trace_generation *generation, uint64_t ticks)
{
    double ns = (double)ticks * generation->ns_per_tick;
    if (!(ns < (double)(INT64_MAX / 2)))
        return false;
    *out = (uint64_t)ns;
    return true;
}

const struct trace_string *trace_string_find(const struct trace_generation *generation, uint64_t id)
{
    uint32_t at = 0;
    return map_find(&generation->string_ids, id, &at) ? &generation->strings[at] : NULL;
}

void trace_generation_release(struct trace_generation *generation)
{
    map_release(&generation->string_ids);
}

/* runtime/traceruntime.go, traceBlockReasonStrings: Go 1.22 to 1.27. */
static const struct {
    const char *text;
    enum trace_wait wait;
} wait_rows[] = {
    {"sync", TRACE_WAIT_SYNC},
    {"sync.(*Cond).Wait", TRACE_WAIT_SYNC},
    {"chan send", TRACE_WAIT_CHANNEL},
    {"chan receive", TRACE_WAIT_CHANNEL},
    {"select", TRACE_WAIT_SELECT},
    {"network", TRACE_WAIT_NETWORK},
    {"sleep", TRACE_WAIT_SLEEP},
    {"GC mark assist wait for work", TRACE_WAIT_COLLECTOR},
    {"GC background sweeper wait", TRACE_WAIT_COLLECTOR},
    {"GC weak to strong wait", TRACE_WAIT_COLLECTOR},
    {"wait until GC ends", TRACE_WAIT_COLLECTOR},
    {"system goroutine wait", TRACE_WAIT_RUNTIME},
    {"preempted", TRACE_WAIT_RUNTIME},
    {"wait for debug call", TRACE_WAIT_RUNTIME},
};

/* runtime/proc.go, stwReasonStrings; the others are TRACE_STOP_OTHER. */
static const struct {
    const char *text;
    enum trace_stop stop;
} stop_rows[] = {
    {"GC sweep termination", TRACE_STOP_SWEEP},
    {"GC mark termination", TRACE_STOP_MARK},
    {"start trace", TRACE_STOP_START},
};

static struct trace_string string_of(struct str text)
{
    struct trace_string string = {TRACE_WAIT_OTHER, TRACE_STOP_OTHER};
    for (size_t i = 0; i < ARRAY_LEN(wait_rows); i++) {
        if (str_equal_text(text, wait_rows[i].text))
            string.wait = wait_rows[i].wait;
    }
    for (size_t i = 0; i < ARRAY_LEN(stop_rows); i++) {
        if (str_equal_text(text, stop_rows[i].text))
            string.stop = stop_rows[i].stop;
    }
    return string;
}

static enum status unexpected(const struct wire *wire, struct err *err)
{
    return err_set(err, STATUS_FORMAT, "an event of type %u where none belongs",
                   (unsigned)wire->at[0]);
}

static enum status read_string(struct trace_generation *out, struct arena *arena, struct wire *wire,
                               struct err *err)
{
    uint64_t id = 0;
    uint64_t len = 0;
    if (*wire->at != TRACE_STRING)
        return unexpected(wire, err);
    wire->at++;
    if (wire_varint(wire, &id, err) || wire_varint(wire, &len, err))
        return err->status;
    if (len > STRING_BYTES_MAX || len > (uint64_t)(wire->end - wire->at))
        return err_set(err, STATUS_FORMAT, "a string of %llu bytes", (unsigned long long)len);
    if (out->string_count == TRACE_STRINGS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d strings", TRACE_STRINGS_MAX);
    if (!map_insert(&out->string_ids, id, (uint32_t)out->string_count))
        return err_set(err, STATUS_FORMAT, "string %llu is defined twice", (unsigned long long)id);
    struct str text = str_of_bytes((struct bytes){wire->at, (size_t)len});
    struct trace_string string = string_of(text);
    ARENA_PUSH(arena, out->strings, out->string_count, out->string_cap, string);
    wire->at += len;
    return STATUS_OK;
}

/* [time, thread, processor, goroutine, stack] */
static enum status read_sample(struct trace_generation *out, struct arena *arena, struct wire *wire,
                               struct err *err)
{
    uint64_t numbers[SAMPLE_NUMBERS];
    if (*wire->at != TRACE_CPU_SAMPLE)
        return unexpected(wire, err);
    wire->at++;
    for (size_t i = 0; i < SAMPLE_NUMBERS; i++) {
        if (wire_varint(wire, &numbers[i], err))
            return err->status;
    }
    if (out->sample_count == TRACE_SAMPLES_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d CPU samples", TRACE_SAMPLES_MAX);
    ARENA_PUSH(arena, out->samples, out->sample_count, out->sample_cap, numbers[0]);
    return STATUS_OK;
}

static enum status read_frequency(struct trace_generation *out, struct wire *wire, struct err *err)
{
    uint64_t frequency = 0;
    if (wire_varint(wire, &frequency, err))
        return err->status;
    if (out->ns_per_tick > 0 || frequency == 0)
        return err_set(err, STATUS_FORMAT, "the clock's frequency is 0, or given twice");
    /* The same operations as Go's reader: the sums must not differ by a rounding. */
    out->ns_per_tick = 1.0 / ((double)frequency / 1e9);
    return STATUS_OK;
}

/* [ticks, monotonic, seconds, nanoseconds]: other clocks, which nobody needs. */
static enum status read_snapshot(struct trace_generation *out, struct wire *wire, struct err *err)
{
    uint64_t number = 0;
    if (out->has_snapshot)
        return err_set(err, STATUS_FORMAT, "two snapshots of the clocks");
    out->has_snapshot = true;
    for (int i = 0; i < 4; i++) {
        if (wire_varint(wire, &number, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_clock(struct trace_generation *out, struct arena *arena, struct wire *wire,
                              struct err *err)
{
    (void)arena;
    switch (*wire->at++) {
    case TRACE_FREQUENCY:
        return read_frequency(out, wire, err);
    case TRACE_CLOCK_SNAPSHOT:
        return read_snapshot(out, wire, err);
    default:
        wire->at--;
        return unexpected(wire, err);
    }
}

/* What a batch holds by its first byte, which goes to nobody's thread. */
struct content {
    uint8_t type;
    bool has_mark; /* the first byte is no event itself */
    enum status (*read)(struct trace_generation *out, struct arena *arena, struct wire *wire,
                        struct err *err); /* one item; NULL: passed over */
};

static const struct content *content_of(const struct trace_batch *batch, uint32_t version)
{
    static const struct content strings = {TRACE_STRINGS, true, read_string};
    static const struct content stacks = {TRACE_STACKS, true, NULL};
    static const struct content samples = {TRACE_CPU_SAMPLES, true, read_sample};
    static const struct content frequency = {TRACE_FREQUENCY, false, read_clock};
    static const struct content sync = {TRACE_SYNC, true, read_clock};
    const struct content *all[] = {&strings, &stacks, &samples,
                                   version < VERSION_SYNC ? &frequency : &sync};
    for (size_t i = 0; i < ARRAY_LEN(all) && batch->data.len > 0; i++) {
        if (batch->data.data[0] == all[i]->type)
            return all[i];
    }
    return NULL;
}

static enum status read_content(struct trace_generation *out, struct arena *arena,
                                const struct trace_batch *batch, const struct content *content,
                                struct err *err)
{
    struct wire wire = wire_open(batch->data);
    wire.at += content->has_mark;
    while (content->read && !wire_at_end(&wire)) {
        if (content->read(out, arena, &wire, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status take_batch(struct trace_generation *out, struct arena *arena,
                              const struct trace_file *file, const struct trace_batch *batch,
                              struct err *err)
{
    const struct content *content = content_of(batch, file->version);
    out->read_count++;
    if (out->first_ticks == 0 || batch->ticks < out->first_ticks)
        out->first_ticks = batch->ticks;
    if (content)
        return read_content(out, arena, batch, content, err);
    if (out->batch_count == TRACE_BATCHES_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d batches", TRACE_BATCHES_MAX);
    ARENA_PUSH(arena, out->batches, out->batch_count, out->batch_cap, *batch);
    return STATUS_OK;
}

enum step {
    STEP_BATCH,
    STEP_PASSED, /* a batch of an experiment */
    STEP_END,    /* of the generation */
    STEP_CUT,    /* the file ends within the batch */
};

struct head {
    enum step step;
    uint64_t generation;
    struct trace_batch batch;
};

static bool has_whole_head(const struct wire *wire)
{
    return wire->end - wire->at >= BATCH_HEAD_BYTES_MAX;
}

/* [generation, thread, ticks, bytes] behind the type and, of an experiment, its number. */
static enum status read_head(struct head *out, struct wire *wire, struct err *err)
{
    uint64_t len = 0;
    bool is_whole = has_whole_head(wire);
    bool is_experiment = *wire->at++ == TRACE_EXPERIMENTAL_BATCH;
    *out = (struct head){.step = is_experiment ? STEP_PASSED : STEP_BATCH};
    if (is_experiment && !wire_at_end(wire))
        wire->at++;
    if (wire_varint(wire, &out->generation, err) || wire_varint(wire, &out->batch.thread, err) ||
        wire_varint(wire, &out->batch.ticks, err) || wire_varint(wire, &len, err)) {
        out->step = STEP_CUT;
        return is_whole ? err->status : STATUS_OK;
    }
    if (len > BATCH_BYTES_MAX)
        return err_set(err, STATUS_FORMAT, "a batch of %llu bytes", (unsigned long long)len);
    if (len > (uint64_t)(wire->end - wire->at)) {
        out->step = STEP_CUT;
        return STATUS_OK;
    }
    out->batch.data = (struct bytes){wire->at, (size_t)len};
    wire->at += len;
    return STATUS_OK;
}

static enum status read_step(struct head *out, struct trace_file *file, struct err *err)
{
    struct wire *wire = &file->wire;
    uint8_t type = *wire->at;
    if (type == TRACE_END_OF_GENERATION && file->version >= VERSION_END) {
        wire->at++;
        *out = (struct head){.step = STEP_END};
        return STATUS_OK;
    }
    if (type != TRACE_EVENT_BATCH && type != TRACE_EXPERIMENTAL_BATCH)
        return unexpected(wire, err);
    if (read_head(out, wire, err))
        return err->status;
    if (out->step != STEP_CUT && out->generation == 0)
        return err_set(err, STATUS_FORMAT, "a batch of generation 0");
    return STATUS_OK;
}

/* True where the batch is the first of the next generation, and kept for it. */
static bool is_spilled(struct trace_file *file, const struct trace_generation *generation,
                       const struct head *head, const uint8_t *start)
{
    if (file->version >= VERSION_END || generation->number == 0 ||
        head->generation != generation->number + 1)
        return false;
    file->has_spill = true;
    file->spill_number = head->generation;
    file->spill = head->batch;
    file->spill_start = start;
    file->spill_is_passed = head->step == STEP_PASSED;
    return true;
}

/*
 * Go's reader takes any number from 1.26 on. The runtime counts them one by
 * one, and whoever keeps states by them must not see one twice.
 */
static enum status check_number(const struct trace_file *file, uint64_t number, struct err *err)
{
    if (file->last_number == 0 || number - 1 == file->last_number)
        return STATUS_OK;
    return err_set(err, STATUS_FORMAT, "generation %llu follows generation %llu",
                   (unsigned long long)number, (unsigned long long)file->last_number);
}

static enum status take_step(struct trace_generation *out, struct arena *arena,
                             const struct trace_file *file, const struct head *head,
                             struct err *err)
{
    if (out->number == 0 && check_number(file, head->generation, err))
        return err->status;
    if (out->number == 0)
        out->number = head->generation;
    if (head->generation != out->number) {
        return err_set(err, STATUS_FORMAT, "a batch of generation %llu within generation %llu",
                       (unsigned long long)head->generation, (unsigned long long)out->number);
    }
    if (head->step == STEP_PASSED) {
        out->read_count++;
        return STATUS_OK;
    }
    return take_batch(out, arena, file, &head->batch, err);
}

/* Until its end, or that of the file: *is_whole says which. */
static enum status read_batches(struct trace_generation *out, bool *is_whole, struct arena *arena,
                                struct trace_file *file, struct err *err)
{
    struct head head = {0};
    while (!wire_at_end(&file->wire)) {
        const uint8_t *start = file->wire.at;
        if (read_step(&head, file, err))
            return err->status;
        if (head.step == STEP_CUT) {
            file->wire.at = file->wire.end;
            out->read_count++;
            return STATUS_OK;
        }
        if (head.step == STEP_END || is_spilled(file, out, &head, start)) {
            *is_whole = true;
            return STATUS_OK;
        }
        if (take_step(out, arena, file, &head, err))
            return err->status;
    }
    /* Before Go 1.26 the last one ends with the file, and nobody can tell whether it is whole. */
    *is_whole = file->version < VERSION_END && out->ns_per_tick > 0;
    return STATUS_OK;
}

static enum status take_spill(struct trace_generation *out, struct arena *arena,
                              struct trace_file *file, struct err *err)
{
    if (!file->has_spill)
        return STATUS_OK;
    file->has_spill = false;
    out->number = file->spill_number;
    if (file->spill_is_passed) {
        out->read_count++;
        return STATUS_OK;
    }
    return take_batch(out, arena, file, &file->spill, err);
}

static enum status check_generation(const struct trace_generation *generation,
                                    const struct trace_file *file, struct err *err)
{
    if (!(generation->ns_per_tick > 0) ||
        (file->version >= VERSION_SYNC && !generation->has_snapshot)) {
        return err_set(err, STATUS_FORMAT, "generation %llu does not say how fast its clock is",
                       (unsigned long long)generation->number);
    }
    return STATUS_OK;
}

enum status trace_file_next(struct trace_generation *out, struct arena *arena,
                            struct trace_file *file, struct err *err)
{
    bool is_whole = false;
    const uint8_t *start = file->has_spill ? file->spill_start : file->wire.at;
    *out = (struct trace_generation){0};
    map_init(&out->string_ids);
    if (take_spill(out, arena, file, err) || read_batches(out, &is_whole, arena, file, err))
        return err->status;
    if (is_whole) {
        file->last_number = out->number;
        return check_generation(out, file, err);
    }
    file->lost_batches = out->read_count;
    file->lost_bytes = (uint64_t)(file->wire.end - start);
    return err_set(err, STATUS_NOT_FOUND, "the trace ends here");
}
