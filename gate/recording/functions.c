#include "gate/recording/functions.h"

/* What a line may be behind the one before. */
static enum status check_name(struct str before, struct str name, enum status status,
                              struct err *err)
{
    if (name.len == 0 || str_find(name, '\n') >= 0)
        return err_set(err, status, "is empty or has a line break");
    if (str_compare(before, name) >= 0)
        return err_set(err, status, "is not above the one before");
    return STATUS_OK;
}

enum status functions_write(struct buf *buf, const struct record_program *program, struct err *err)
{
    struct str before = {"", 0};
    if (program->function_count > RECORDING_FUNCTIONS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d functions", RECORDING_FUNCTIONS_MAX);
    for (size_t i = 0; i < program->function_count; i++) {
        if (check_name(before, program->functions[i], STATUS_INVALID, err))
            return err_wrap(err, "function %zu", i + 1);
        before = program->functions[i];
        buf_str(buf, before);
        buf_byte(buf, '\n');
    }
    if (buf->overflow)
        return err_set(err, STATUS_LIMIT, "larger than %zu bytes", buf->max);
    return STATUS_OK;
}

static enum status count_lines(size_t *out, struct str text, struct err *err)
{
    size_t count = 0;
    if (text.len > 0 && text.data[text.len - 1] != '\n')
        return err_set(err, STATUS_FORMAT, "the last line has no end");
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    if (count > RECORDING_FUNCTIONS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d functions", RECORDING_FUNCTIONS_MAX);
    *out = count;
    return STATUS_OK;
}

enum status functions_read(struct record_program *program, struct arena *arena, struct str text,
                           struct err *err)
{
    size_t count = 0;
    struct str before = {"", 0};
    if (count_lines(&count, text, err))
        return err->status;
    struct str rest = str_copy(arena, text);
    struct str *functions = ARENA_ARRAY(arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        (void)str_split(&rest, '\n', &functions[i]);
        if (check_name(before, functions[i], STATUS_FORMAT, err))
            return err_wrap(err, "line %zu", i + 1);
        before = functions[i];
    }
    program->functions = functions;
    program->function_count = count;
    program->has_functions = true;
    return STATUS_OK;
}
