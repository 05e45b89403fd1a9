#include "gate/profile/legacy.h"

/* The first line that is neither blank nor a comment. */
static struct str first_line(struct str text)
{
    struct str line = {0};
    while (text.len > 0 && str_split(&text, '\n', &line)) {
        struct str shown = str_trim(line);
        if (shown.len > 0 && shown.data[0] != '#')
            return str_ends_with(line, STR("\r")) ? str_slice(line, 0, line.len - 1) : line;
    }
    return STR("");
}

/* "goroutine profile: total 12" */
static bool read_count_header(struct str line, struct str *type)
{
    int64_t total = 0;
    bool starts_blank = line.len == 0 || line.data[0] == ' ' || line.data[0] == '\t';
    *type = take_word(&line);
    return !starts_blank && type->len > 0 && take_text(&line, " profile: total ") &&
           take_int(&line, &total) && line.len == 0;
}

bool legacy_count_is(struct str text)
{
    struct str type = {0};
    return read_count_header(first_line(text), &type);
}

static enum status read_count_sample(struct legacy *legacy, struct err *err)
{
    int64_t count = 0;
    struct str at = legacy->line;
    if (!take_int(&at, &count) || count < 0 || !take_text(&at, " @"))
        return legacy_refuse(legacy, "not a sample of a count profile", err);
    struct str stack = take_stack(&at);
    if (at.len > 0)
        return legacy_refuse(legacy, "not a stack of addresses", err);
    if (legacy_addresses(legacy, stack, ADJUST_ALL, err))
        return err->status;
    /* Go 1.19 writes threads without a stack; google/pprof refuses them as well. */
    if (legacy->stack_len == 0)
        return legacy_refuse(legacy, "sample without a stack", err);
    return legacy_sample(legacy, &count, 0, err);
}

/* Go's goroutine and threadcreate text. */
enum status legacy_count(struct legacy *legacy, struct err *err)
{
    struct str type = {0};
    while (legacy_next(legacy) && legacy_is_comment(legacy))
        continue;
    if (!read_count_header(legacy->line, &type))
        return legacy_refuse(legacy, "not the first line of a count profile", err);
    const char *name = str_text(legacy->arena, type);
    legacy_period(legacy, name, "count", 1);
    legacy_type(legacy, name, "count");
    while (legacy_next(legacy) && !str_starts_with(legacy->line, STR("---"))) {
        if (legacy_is_comment(legacy))
            continue;
        if (read_count_sample(legacy, err))
            return err->status;
    }
    return legacy_finish(legacy, err);
}

static bool is_thread_start(struct str line)
{
    return str_contains(line, STR("--- Thread ")) && str_contains(line, STR(" (name: ")) &&
           str_contains(line, STR(") stack: ---"));
}

bool legacy_thread_is(struct str text)
{
    struct str line = first_line(text);
    return str_starts_with(line, STR("--- threadz ")) || is_thread_start(line);
}

/*
 * Addresses of the lines up to the next thread. All but the leaf point
 * behind a call. "same as previous thread" leaves the stack empty.
 */
static enum status read_stack(struct legacy *legacy, struct err *err)
{
    bool same = false;
    while (legacy_next(legacy) && !str_starts_with(str_trim(legacy->line), STR("---"))) {
        if (str_contains(legacy->line, STR("same as previous thread"))) {
            same = true;
            continue;
        }
        if (legacy_addresses(legacy, legacy->line, ADJUST_CALLERS, err))
            return err->status;
    }
    if (same)
        legacy->stack_len = 0;
    return STATUS_OK;
}

/* The handler reports the leaf twice, once from the signal and once, adjusted, from the stack. */
static void drop_double_leaf(struct legacy *legacy)
{
    const struct profile_location *locations = legacy->out->locations;
    uint32_t *stack = legacy->stack;
    if (legacy->stack_len < 2 || locations[stack[0]].address != locations[stack[1]].address + 1)
        return;
    legacy->stack_len--;
    memmove(stack + 1, stack + 2, (legacy->stack_len - 1) * sizeof(*stack));
}

static enum status add_thread(struct legacy *legacy, int64_t *values, struct err *err)
{
    if (legacy->stack_len > 0) {
        drop_double_leaf(legacy);
        return legacy_sample(legacy, values, 0, err);
    }
    if (legacy->out->sample_count == 0)
        return STATUS_OK;
    struct profile_sample *last = &legacy->out->samples[legacy->out->sample_count - 1];
    int64_t *count = ARENA_NEW(legacy->arena, int64_t);
    *count = last->values[0] + 1;
    last->values = count;
    return STATUS_OK;
}

enum status legacy_thread(struct legacy *legacy, struct err *err)
{
    int64_t one = 1;
    legacy_period(legacy, "thread", "count", 1);
    legacy_type(legacy, "thread", "count");
    while (legacy_next(legacy) && legacy_is_comment(legacy))
        continue;
    if (str_contains(legacy->line, STR("--- threadz "))) {
        while (legacy_next(legacy) && !legacy_is_map_start(legacy) &&
               !str_starts_with(legacy->line, STR("-")))
            continue;
    }
    while (!legacy_is_map_start(legacy)) {
        if (str_starts_with(legacy->line, STR("---- no stack trace for")))
            break;
        if (!is_thread_start(legacy->line))
            return legacy_refuse(legacy, "not the first line of a thread", err);
        if (read_stack(legacy, err) || add_thread(legacy, &one, err))
            return err->status;
    }
    return legacy_finish(legacy, err);
}
