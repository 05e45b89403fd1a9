#include "gate/recording/table.h"

#include <inttypes.h>

#include "gate/base/io.h"
#include "gate/base/num.h"
#include "gate/recording/layout.h"
#include "gate/recording/recording.h"

static const struct table_row {
    const char *file;
    struct str head;
} table_rows[RECORD_TABLES] = {
#define X(symbol, file, head) {file, STR_INIT(head)},
    RECORD_TABLE_MAP(X)
#undef X
};

/* The head is a "#" and a name for each column. */
static size_t columns_of(enum record_table table)
{
    struct str head = table_rows[table].head;
    size_t count = 0;
    for (size_t i = 0; i < head.len; i++)
        count += head.data[i] == ' ';
    return count;
}

struct str recording_table_file(struct arena *arena, struct str trial_dir, enum record_table table)
{
    return io_join(arena, trial_dir, str_from(table_rows[table].file));
}

static void print_rows(struct buf *out, enum record_table table, const uint64_t *values, size_t len)
{
    size_t columns = columns_of(table);
    buf_str(out, table_rows[table].head);
    buf_byte(out, '\n');
    for (size_t i = 0; i < len * columns; i++) {
        if (values[i] == RECORD_NONE) {
            buf_byte(out, '-');
        } else {
            buf_printf(out, "%" PRIu64, values[i]);
        }
        buf_byte(out, (i + 1) % columns == 0 ? '\n' : ' ');
    }
}

enum status recording_table_write(struct str file, enum record_table table, const uint64_t *values,
                                  size_t len, struct err *err)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_BYTES_MAX);
    print_rows(&text, table, values, len);
    enum status status = text.overflow ? err_set(err, STATUS_LIMIT, "%s is larger than %d MiB",
                                                 table_rows[table].file, BUF_TEXT_BYTES_MAX >> 20)
                                       : io_write_file(file, bytes_of_str(buf_view(&text)), err);
    buf_release(&text);
    return status;
}

/* Bounded as JSON's numbers are, so that two of them can be added. */
static bool parse_cell(uint64_t *out, struct str cell)
{
    *out = RECORD_NONE;
    return str_equal_text(cell, "-") || (num_parse_u64(out, cell) && *out <= INT64_MAX);
}

static bool parse_row(uint64_t *values, size_t columns, struct str line)
{
    struct str cell;
    size_t len = 0;
    while (str_split(&line, ' ', &cell)) {
        if (len == columns || !parse_cell(&values[len], cell))
            return false;
        len++;
    }
    return len == columns;
}

static size_t count_lines(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static enum status parse(struct record_rows *out, struct arena *arena, enum record_table table,
                         struct str text, struct err *err)
{
    struct str line = {0};
    size_t lines = count_lines(text);
    struct record_rows rows = {.columns = columns_of(table)};
    if (lines > RECORDING_ROWS_MAX)
        return err_set(err, STATUS_LIMIT, "more than %d rows", RECORDING_ROWS_MAX);
    if (!str_ends_with(text, STR("\n")) || !str_split(&text, '\n', &line) ||
        !str_equal(line, table_rows[table].head)) {
        return err_set(err, STATUS_FORMAT, "does not begin with \"%.*s\", or is cut short",
                       STR_ARGS(table_rows[table].head));
    }
    rows.values = ARENA_ARRAY(arena, uint64_t, lines *rows.columns);
    for (; rows.len + 1 < lines; rows.len++) {
        (void)str_split(&text, '\n', &line);
        if (!parse_row(rows.values + rows.len * rows.columns, rows.columns, line)) {
            return err_set(err, STATUS_FORMAT, "line %zu is not %zu numbers up to 2^63 - 1",
                           rows.len + 2, rows.columns);
        }
    }
    *out = rows;
    return STATUS_OK;
}

enum status recording_table(struct record_rows *out, struct arena *arena,
                            const struct recording *recording, struct trial_key key,
                            enum record_table table, struct err *err)
{
    struct arena scratch;
    struct bytes text = {0};
    arena_init(&scratch);
    struct str path = recording_table_file(&scratch, layout_trial_dir(&scratch, key), table);
    enum status status = io_read_file(&text, &scratch, io_join(&scratch, recording->dir, path),
                                      BUF_TEXT_BYTES_MAX, err);
    if (status == STATUS_OK)
        status = parse(out, arena, table, str_of_bytes(text), err);
    if (status != STATUS_OK)
        status = err_wrap(err, "%.*s", STR_ARGS(path));
    arena_release(&scratch);
    return status;
}
