#include "gate/fold/runtime.h"

#include "gate/base/num.h"
#include "gate/fold/fold.h"
#include "gate/fold/runtime_files.h"

enum {
    FILES_MAX = 64,
    FIELDS_MAX = 7, /* one more than a row may have */
    RELEASE_NONE = -1,
    RELEASE_PART_MAX = 9999,
};

/* One file while it is read. */
struct reading {
    struct runtime_table *table;
    struct arena *arena;
    const struct runtime_file *file;
    size_t line;
};

static enum status refuse(const struct reading *reading, const char *what, struct str word,
                          struct err *err)
{
    return err_set(err, STATUS_FORMAT, "%.*s:%zu: %s \"%.*s\"", STR_ARGS(reading->file->name),
                   reading->line, what, STR_ARGS(word));
}

/* Digits in front of the text, up to a limit that no release reaches. */
static bool take_number(struct str *text, int32_t *out)
{
    size_t len = 0;
    uint64_t value = 0;
    while (len < text->len && text->data[len] >= '0' && text->data[len] <= '9')
        len++;
    if (!num_parse_u64(&value, str_slice(*text, 0, len)) || value > RELEASE_PART_MAX)
        return false;
    *out = (int32_t)value;
    *text = str_slice(*text, len, text->len);
    return true;
}

/* "go1.26.8", "go1.25rc2", "go1.24-20250101" -> 1.26, 1.25, 1.24 as numbers that sort. */
static int32_t release_of(struct str version)
{
    const struct str go = STR("go");
    int32_t major = 0;
    int32_t minor = 0;
    if (!str_starts_with(version, go))
        return RELEASE_NONE;
    version = str_slice(version, go.len, version.len);
    if (!take_number(&version, &major) || !str_starts_with(version, STR(".")))
        return RELEASE_NONE;
    version = str_slice(version, 1, version.len);
    if (!take_number(&version, &minor))
        return RELEASE_NONE;
    return major * (RELEASE_PART_MAX + 1) + minor;
}

/* The words of a line up to a comment; at most FIELDS_MAX of them. */
static size_t row_fields(struct str line, struct str fields[FIELDS_MAX])
{
    size_t count = 0;
    struct str field = {0};
    while (count < FIELDS_MAX && str_split(&line, ' ', &field)) {
        field = str_trim(field);
        if (str_starts_with(field, STR("#")))
            break;
        if (field.len > 0)
            fields[count++] = field;
    }
    return count;
}

static struct runtime_rules *rules_named(struct runtime_table *table, struct str name)
{
    if (str_equal(name, STR("target")))
        return &table->targets;
    if (str_equal(name, STR("cpu")))
        return &table->map_entries;
    return str_equal(name, STR("leaf")) ? &table->leaves : NULL;
}

/* The words of a row apart: "leaf under NAME CALLER KIND [OP]" has one more than others. */
struct row {
    struct runtime_rules *rules;
    struct runtime_rule rule;
    const struct str *class;
    size_t class_words;
};

static enum status row_split(struct row *row, const struct reading *reading,
                             const struct str *fields, size_t count, struct err *err)
{
    row->rules = rules_named(reading->table, fields[0]);
    if (!row->rules)
        return refuse(reading, "target, leaf or cpu wanted, not", fields[0], err);
    bool is_under =
        row->rules == &reading->table->leaves && count > 1 && str_equal(fields[1], STR("under"));
    bool is_cpu = row->rules == &reading->table->map_entries;
    size_t at = is_under ? 4 : 3;
    if (count < at + 1 || count > at + (is_cpu ? 1 : 2)) {
        return refuse(reading,
                      is_under ? "NAME CALLER KIND [OP] wanted behind"
                      : is_cpu ? "exact|prefix NAME fast|generic wanted behind"
                               : "exact|prefix NAME KIND [OP] wanted behind",
                      fields[is_under], err);
    }
    row->rule =
        (struct runtime_rule){.name = fields[2], .is_prefix = str_equal(fields[1], STR("prefix"))};
    row->class = fields + at;
    row->class_words = count - at;
    if (is_under) {
        row->rules = &reading->table->unders;
        row->rule.caller = fields[3];
    } else if (!row->rule.is_prefix && !str_equal(fields[1], STR("exact"))) {
        return refuse(reading, "exact or prefix wanted, not", fields[1], err);
    }
    return STATUS_OK;
}

/* "map grow" */
static enum status class_read(struct row *row, const struct reading *reading, struct err *err)
{
    struct alloc_class *class = &row->rule.class;
    *class = (struct alloc_class){ALLOC_KIND_UNKNOWN, ALLOC_OP_NONE};
    if (!alloc_kind_parse(&class->kind, row->class[0]) || class->kind == ALLOC_KIND_UNKNOWN)
        return refuse(reading, "no kind to be given is named", row->class[0], err);
    if (row->class_words > 1 && !alloc_op_parse(&class->op, row->class[1]))
        return refuse(reading, "no operation is named", row->class[1], err);
    return STATUS_OK;
}

/* "generic" */
static enum status entry_read(struct row *row, const struct reading *reading, struct err *err)
{
    bool generic = str_equal(row->class[0], STR("generic"));
    if (!generic && !str_equal(row->class[0], STR("fast")))
        return refuse(reading, "fast or generic wanted, not", row->class[0], err);
    row->rule.entry = generic ? MAP_ENTRY_GENERIC : MAP_ENTRY_FAST;
    return STATUS_OK;
}

/* "target prefix runtime.mapassign map grow", "cpu prefix runtime.mapassign generic" */
static enum status row_read(const struct reading *reading, const struct str *fields, size_t count,
                            struct err *err)
{
    struct row row = {.class = fields};
    if (row_split(&row, reading, fields, count, err))
        return err->status;
    bool is_cpu = row.rules == &reading->table->map_entries;
    if (is_cpu ? entry_read(&row, reading, err) : class_read(&row, reading, err))
        return err->status;
    ARENA_PUSH(reading->arena, row.rules->items, row.rules->len, row.rules->cap, row.rule);
    return STATUS_OK;
}

/* The release that a file holds from: its first row. */
static enum status file_release(int32_t *out, const struct runtime_file *file, struct err *err)
{
    struct reading reading = {.file = file};
    struct str rest = file->text;
    struct str line = {0};
    struct str fields[FIELDS_MAX];
    while (str_split(&rest, '\n', &line)) {
        reading.line++;
        size_t count = row_fields(line, fields);
        if (count == 0)
            continue;
        *out = count == 2 ? release_of(fields[1]) : RELEASE_NONE;
        if (*out == RELEASE_NONE || !str_equal(fields[0], STR("since")))
            return refuse(&reading, "the first row must be like \"since go1.24\", not", line, err);
        return STATUS_OK;
    }
    return refuse(&reading, "the file has no row", STR(""), err);
}

static enum status file_read(struct runtime_table *table, struct arena *arena,
                             const struct runtime_file *file, struct err *err)
{
    struct reading reading = {.table = table, .arena = arena, .file = file};
    struct str rest = file->text;
    struct str line = {0};
    struct str fields[FIELDS_MAX];
    bool is_since = true;
    while (str_split(&rest, '\n', &line)) {
        reading.line++;
        size_t count = row_fields(line, fields);
        if (count > 0 && !is_since && row_read(&reading, fields, count, err))
            return err->status;
        is_since = is_since && count == 0;
    }
    return STATUS_OK;
}

/* Newest first; two files of one release would leave their order to chance. */
static enum status files_order(size_t order[FILES_MAX], const int32_t releases[FILES_MAX],
                               const struct runtime_file *files, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && releases[order[at - 1]] < releases[i]) {
            order[at] = order[at - 1];
            at--;
        }
        if (at > 0 && releases[order[at - 1]] == releases[i]) {
            return err_set(err, STATUS_FORMAT, "%.*s and %.*s hold from one release",
                           STR_ARGS(files[order[at - 1]].name), STR_ARGS(files[i].name));
        }
        order[at] = i;
    }
    return STATUS_OK;
}

enum status runtime_table_parse(struct runtime_table *out, struct arena *arena,
                                const struct runtime_file *files, size_t count,
                                struct str go_version, struct err *err)
{
    struct runtime_table table = {0};
    struct runtime_table unused = {0};
    int32_t releases[FILES_MAX] = {0};
    size_t order[FILES_MAX] = {0};
    int32_t wanted = release_of(go_version);
    assert(count <= FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (file_release(&releases[i], &files[i], err))
            return err->status;
    }
    if (files_order(order, releases, files, count, err))
        return err->status;
    for (size_t i = 0; i < count; i++) {
        /* Files of later releases are checked as well: an error must not wait for its release. */
        bool holds = wanted == RELEASE_NONE || releases[order[i]] <= wanted;
        if (file_read(holds ? &table : &unused, arena, &files[order[i]], err))
            return err->status;
    }
    table.captures_are_named = wanted != RELEASE_NONE && wanted < release_of(STR("go1.21"));
    *out = table;
    return STATUS_OK;
}

enum status runtime_table_open(struct runtime_table *out, struct arena *arena,
                               struct str go_version, struct err *err)
{
    struct runtime_file *files = ARENA_ARRAY(arena, struct runtime_file, runtime_embedded_count);
    for (size_t i = 0; i < runtime_embedded_count; i++) {
        struct bytes bytes = {runtime_embedded[i].data, *runtime_embedded[i].len};
        files[i] = (struct runtime_file){str_from(runtime_embedded[i].name), str_of_bytes(bytes)};
    }
    return runtime_table_parse(out, arena, files, runtime_embedded_count, go_version, err);
}

/* NULL when no row fits. */
static const struct runtime_rule *rules_fit(const struct runtime_rules *rules, struct str name)
{
    for (size_t i = 0; i < rules->len; i++) {
        const struct runtime_rule *rule = &rules->items[i];
        if (rule->is_prefix ? str_starts_with(name, rule->name) : str_equal(name, rule->name))
            return rule;
    }
    return NULL;
}

static struct alloc_class rules_find(const struct runtime_rules *rules, struct str name,
                                     enum alloc_kind otherwise)
{
    const struct runtime_rule *rule = rules_fit(rules, name);
    return rule ? rule->class : (struct alloc_class)
    {
        otherwise, ALLOC_OP_NONE
    };
}

enum map_entry runtime_table_map_entry(const struct runtime_table *table, struct str function)
{
    const struct runtime_rule *rule = rules_fit(&table->map_entries, function);
    return rule ? rule->entry : MAP_ENTRY_NONE;
}

struct alloc_class runtime_table_target(const struct runtime_table *table, struct str symbol)
{
    struct alloc_class class = rules_find(&table->targets, symbol, ALLOC_KIND_UNKNOWN);
    if (class.kind != ALLOC_KIND_UNKNOWN)
        return class;
    struct str stand_in = symbol.len == 0 || name_is_runtime(symbol) ? symbol : STR("program");
    return rules_find(&table->targets, stand_in, ALLOC_KIND_OTHER);
}

struct alloc_class runtime_table_leaf(const struct runtime_table *table, struct str function)
{
    return rules_find(&table->leaves, function, ALLOC_KIND_UNKNOWN);
}

bool runtime_table_asks_caller(const struct runtime_table *table, struct str function)
{
    for (size_t i = 0; i < table->unders.len; i++) {
        if (str_equal(table->unders.items[i].name, function))
            return true;
    }
    return false;
}

struct alloc_class runtime_table_under(const struct runtime_table *table, struct str function,
                                       struct str caller)
{
    for (size_t i = 0; i < table->unders.len; i++) {
        const struct runtime_rule *rule = &table->unders.items[i];
        if (str_equal(rule->name, function) && str_starts_with(caller, rule->caller))
            return rule->class;
    }
    return runtime_table_leaf(table, function);
}
