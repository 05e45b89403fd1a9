#include "gate/base/num.h"
#include "gate/policy/keys.h"

enum { TEXT_BYTES_MAX = 4096, NAME_BYTES_MAX = 64 };

const char *const kind_names[] = {"map",     "slice",     "string", "boxing",  "object", "closure",
                                  "channel", "goroutine", "other",  "unknown", NULL};

enum status value_check_scalar(struct reader *reader, const struct key *key,
                               const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR) {
        return reader_refuse(reader, node, "%s is a single value, not a %s", key->name,
                             node->kind == YAML_LIST ? "list" : "map");
    }
    return STATUS_OK;
}

enum status value_check_text(struct reader *reader, const struct key *key,
                             const struct yaml_node *node)
{
    if (value_check_scalar(reader, key, node))
        return reader->err->status;
    if (node->text.len == 0)
        return reader_refuse(reader, node, "%s is empty", key->name);
    if (node->text.len > TEXT_BYTES_MAX)
        return reader_refuse(reader, node, "%s is longer than 4 KiB", key->name);
    return STATUS_OK;
}

static enum status read_version(struct reader *reader, const struct key *key, void *base,
                                const struct yaml_node *node)
{
    (void)base;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (!str_equal_text(node->text, "1")) {
        return reader_refuse(reader, node,
                             "version \"%.*s\" is not supported by this memgate; write 1",
                             STR_ARGS(node->text));
    }
    return STATUS_OK;
}

static enum status read_text(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node)
{
    struct str *out = value_target(key, base);
    if (value_check_text(reader, key, node))
        return reader->err->status;
    *out = node->text;
    return STATUS_OK;
}

static enum status read_url_path(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node)
{
    if (read_text(reader, key, base, node))
        return reader->err->status;
    if (node->text.data[0] != '/' &&
        !str_starts_with(node->text, STR(POLICY_SECOND_LISTENER "/"))) {
        return reader_refuse(
            reader, node,
            "%s is a path on the service and begins with / (or with " POLICY_SECOND_LISTENER "/)",
            key->name);
    }
    return STATUS_OK;
}

/* "-toolexec=..." as a package would be an option of the go command. */
static enum status read_argument(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node)
{
    if (read_text(reader, key, base, node))
        return reader->err->status;
    if (node->text.data[0] == '-')
        return reader_refuse(reader, node, "%s may not begin with -", key->name);
    return STATUS_OK;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '-';
}

/* Names become parts of file names and of commands that users type: "." and "-x" are neither. */
static bool is_name(struct str text)
{
    if (text.len == 0 || text.len > NAME_BYTES_MAX || text.data[0] == '.' || text.data[0] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_byte(text.data[i]))
            return false;
    }
    return true;
}

static enum status read_name(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node)
{
    if (read_text(reader, key, base, node))
        return reader->err->status;
    if (!is_name(node->text)) {
        return reader_refuse(reader, node,
                             "%s \"%.*s\" is not 1 to 64 of A-Z a-z 0-9 _ . - "
                             "(nor begins with . or -)",
                             key->name, STR_ARGS(node->text));
    }
    return STATUS_OK;
}

static enum status read_count(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    uint64_t *out = value_target(key, base);
    uint64_t value = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (unit_parse_count(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    if (value < key->min || value > key->max) {
        return reader_refuse(reader, node, "%s is %llu; it can be %llu to %llu", key->name,
                             (unsigned long long)value, (unsigned long long)key->min,
                             (unsigned long long)key->max);
    }
    *out = value;
    return STATUS_OK;
}

static enum status read_small(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    struct key wide = *key;
    uint64_t value = 0;
    wide.offset = 0;
    assert(key->max <= UINT32_MAX);
    if (read_count(reader, &wide, &value, node))
        return reader->err->status;
    *(uint32_t *)value_target(key, base) = (uint32_t)value;
    return STATUS_OK;
}

static enum status read_duration(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node)
{
    static const double day_ns = 24 * 3600e9;
    uint64_t *out = value_target(key, base);
    double value = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (unit_parse_duration(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    if (value < 1 || value > day_ns)
        return reader_refuse(reader, node, "%s is more than 0 and at most 24h", key->name);
    *out = (uint64_t)value;
    return STATUS_OK;
}

static enum status read_rate(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node)
{
    static const double rate_max = 1e6;
    double *out = value_target(key, base);
    double value = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (unit_parse_rate(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    if (!(value > 0) || value > rate_max) {
        return reader_refuse(reader, node,
                             "%s is more than 0 and at most 1000000/s; "
                             "leave it out for a closed loop",
                             key->name);
    }
    *out = value;
    return STATUS_OK;
}

/* A time ("1s") would let the number of operations, and so the bytes, differ between the sides. */
static enum status read_iterations(struct reader *reader, const struct key *key, void *base,
                                   const struct yaml_node *node)
{
    uint64_t *out = value_target(key, base);
    uint64_t value = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    struct str number = str_slice(node->text, 0, node->text.len - 1);
    if (!str_ends_with(node->text, STR("x")) || !num_parse_u64(&value, number) || value == 0 ||
        value > UINT32_MAX) {
        return reader_refuse(reader, node,
                             "%s \"%.*s\" is not a number of operations, such as 2000x; "
                             "a time would give each side another amount of work",
                             key->name, STR_ARGS(node->text));
    }
    *out = value;
    return STATUS_OK;
}

enum status value_check_list(struct reader *reader, const struct key *key,
                             const struct yaml_node *node)
{
    if (node->kind != YAML_LIST)
        return reader_refuse(reader, node, "%s is a list, such as [a, b]", key->name);
    if (node->len > POLICY_LIST_MAX)
        return reader_refuse(reader, node, "%s has more than %d items", key->name, POLICY_LIST_MAX);
    return STATUS_OK;
}

static enum status read_texts(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    struct str_list *out = value_target(key, base);
    if (value_check_list(reader, key, node))
        return reader->err->status;
    out->items = ARENA_ARRAY(reader->arena, struct str, node->len);
    for (size_t i = 0; i < node->len; i++) {
        const struct yaml_node *item = node->pairs[i].value;
        if (value_check_scalar(reader, key, item))
            return reader->err->status;
        out->items[out->len++] = item->text;
    }
    return STATUS_OK;
}

/* One of a NULL-terminated array; the place of the match goes to *out. */
enum status value_choose(struct reader *reader, const struct key *key, const struct yaml_node *node,
                         size_t *out)
{
    size_t count = texts_len(key->choices);
    struct str *names = ARENA_ARRAY(reader->arena, struct str, count);
    if (value_check_text(reader, key, node))
        return reader->err->status;
    for (size_t i = 0; i < count; i++) {
        names[i] = str_from(key->choices[i]);
        if (str_equal(names[i], node->text)) {
            *out = i;
            return STATUS_OK;
        }
    }
    for (size_t i = 0; i < texts_len(key->later); i++) {
        if (str_equal_text(node->text, key->later[i])) {
            return reader_refuse(reader, node,
                                 "%s %s is not supported by this version; leave it out", key->name,
                                 key->later[i]);
        }
    }
    return reader_refuse(reader, node, "unknown %s \"%.*s\"; %.*s", key->name, STR_ARGS(node->text),
                         STR_ARGS(reader_hint(reader->arena, node->text, names, count)));
}

static enum status read_choice(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node)
{
    size_t chosen = 0;
    if (value_choose(reader, key, node, &chosen))
        return reader->err->status;
    if (key->offset != NO_TARGET)
        *(unsigned *)value_target(key, base) = (unsigned)chosen;
    return STATUS_OK;
}

static enum status read_switch(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node)
{
    size_t chosen = 0;
    if (value_choose(reader, key, node, &chosen))
        return reader->err->status;
    *(bool *)value_target(key, base) = chosen == 1;
    return STATUS_OK;
}

static enum status read_chosen_list(struct reader *reader, const struct key *key,
                                    struct str_list *out, const struct yaml_node *node)
{
    size_t chosen = 0;
    out->items = ARENA_ARRAY(reader->arena, struct str, node->len);
    for (size_t i = 0; i < node->len; i++) {
        if (value_choose(reader, key, node->pairs[i].value, &chosen))
            return reader->err->status;
        out->items[out->len++] = str_from(key->choices[chosen]);
    }
    return STATUS_OK;
}

static enum status read_kinds(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    struct yaml_node single = *node;
    struct yaml_pair pair = {.value = &single};
    const struct yaml_node list = {.kind = YAML_LIST, .pairs = &pair, .len = 1};
    if (node->kind == YAML_LIST && node->len == 0)
        return reader_refuse(reader, node, "%s names no kind; leave it out", key->name);
    return read_chosen_list(reader, key, value_target(key, base),
                            node->kind == YAML_LIST ? node : &list);
}

static enum status read_profiles(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node)
{
    bool *out = value_target(key, base);
    size_t chosen = 0;
    if (value_check_list(reader, key, node))
        return reader->err->status;
    for (size_t kind = 0; kind < PROFILE_KINDS; kind++)
        out[kind] = true;
    for (size_t i = 0; i < node->len; i++) {
        if (value_choose(reader, key, node->pairs[i].value, &chosen))
            return reader->err->status;
        out[chosen] = false;
    }
    if (out[PROFILE_KIND_HEAP]) {
        return reader_refuse(reader, node, "%s lacks heap, which every verdict rests on",
                             key->name);
    }
    return STATUS_OK;
}

static bool is_env_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_byte(name.data[i]) || name.data[i] == '.' || name.data[i] == '-')
            return false;
    }
    return name.len > 0 && !(name.data[0] >= '0' && name.data[0] <= '9');
}

static enum status check_env(struct reader *reader, const struct key *key,
                             const struct yaml_pair *pair)
{
    const struct yaml_node at = {.line = pair->key_line, .column = pair->key_column};
    if (!is_env_name(pair->key)) {
        return reader_refuse(reader, &at, "\"%.*s\" is not the name of an environment variable",
                             STR_ARGS(pair->key));
    }
    if (value_check_scalar(reader, key, pair->value))
        return reader->err->status;
    if (pair->value->plain && pair->value->text.len == 0) {
        return reader_refuse(reader, pair->value, "%.*s has no value; write \"\" for an empty one",
                             STR_ARGS(pair->key));
    }
    return STATUS_OK;
}

static enum status read_env(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node)
{
    if (node->kind != YAML_MAP)
        return reader_refuse(reader, node, "%s is a map, such as {NAME: \"value\"}", key->name);
    if (node->len > POLICY_LIST_MAX) {
        return reader_refuse(reader, node, "%s has more than %d variables", key->name,
                             POLICY_LIST_MAX);
    }
    struct env_var *env = ARENA_ARRAY(reader->arena, struct env_var, node->len);
    for (size_t i = 0; i < node->len; i++) {
        if (check_env(reader, key, &node->pairs[i]))
            return reader->err->status;
        env[i] = (struct env_var){node->pairs[i].key, node->pairs[i].value->text};
    }
    *(struct env_var **)value_target(key, base) = env;
    memcpy((char *)base + key->len_offset, &node->len, sizeof(node->len));
    return STATUS_OK;
}

static enum status read_map(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node)
{
    return reader_map(reader, key->map, value_target(key, base), node);
}

#define DECIMAL       "(0|[1-9][0-9]*)(\\.[0-9]+)?"
#define BYTE_UNITS    "B|kB|MB|GB|KiB|MiB|GiB"
#define TIME_UNITS    "ns|us|ms|s|m|h"
#define QUANTITY_UNIT "(" BYTE_UNITS "|" TIME_UNITS "|%)"

static const struct value_spec value_specs[] = {
    [VALUE_VERSION] = {.spelled = "1", .number = true, .read = read_version},
    [VALUE_TEXT] = {.spelled = "TEXT", .text = true, .read = read_text},
    [VALUE_URL_PATH] = {.spelled = "/PATH",
                        .pattern = "^(http://\\$\\{PPROF_ADDR\\})?/",
                        .text = true,
                        .read = read_url_path},
    [VALUE_ARGUMENT] = {.spelled = "TEXT", .pattern = "^[^-]", .text = true, .read = read_argument},
    [VALUE_NAME] = {.spelled = "NAME",
                    .pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$",
                    .text = true,
                    .number = true,
                    .read = read_name},
    [VALUE_SELECTOR] = {.spelled = "GLOB", .text = true, .read = read_text},
    [VALUE_COUNT] = {.spelled = "N", .number = true, .read = read_count},
    [VALUE_SMALL] = {.spelled = "N", .number = true, .read = read_small},
    [VALUE_DURATION] = {.spelled = "60s",
                        .pattern = "^" DECIMAL " *(" TIME_UNITS ")$",
                        .text = true,
                        .read = read_duration},
    [VALUE_RATE] = {.spelled = "1200/s",
                    .pattern = "^" DECIMAL " */s$",
                    .text = true,
                    .read = read_rate},
    [VALUE_ITERATIONS] = {.spelled = "2000x",
                          .pattern = "^[0-9]+x$",
                          .text = true,
                          .read = read_iterations},
    [VALUE_TEXTS] = {.spelled = "[TEXT ...]", .read = read_texts},
    [VALUE_KINDS] = {.spelled = "KIND or [KIND ...]", .read = read_kinds},
    [VALUE_PROFILES] = {.spelled = "[heap, cpu, block, mutex, goroutine]", .read = read_profiles},
    [VALUE_PROFILE] = {.spelled = "cpu|block|mutex|goroutine",
                       .text = true,
                       .read = rule_read_profile},
    [VALUE_ENV] = {.spelled = "{NAME: \"value\"}", .read = read_env},
    [VALUE_CHOICE] = {.spelled = "", .text = true, .read = read_choice},
    [VALUE_SWITCH] = {.spelled = "true|false", .read = read_switch},
    [VALUE_METRIC] = {.spelled = "METRIC", .text = true, .read = rule_read_metric},
    [VALUE_HAS_METRIC] = {.spelled = "METRIC", .text = true, .read = rule_read_has_metric},
    [VALUE_QUANTITY] = {.spelled = "QUANTITY",
                        .pattern = "^" DECIMAL " *" QUANTITY_UNIT "?(/request)?$",
                        .text = true,
                        .number = true,
                        .read = rule_read_quantity},
    [VALUE_PERCENT] = {.spelled = "15%",
                       .pattern = "^" DECIMAL " *%$",
                       .text = true,
                       .read = rule_read_percent},
    [VALUE_LIMIT] = {.spelled = "NUMBER", .number = true, .read = rule_read_limit},
    [VALUE_FOCUS] = {.spelled = "[FUNCTION ...]", .read = rule_read_focus},
    [VALUE_BYTES] = {.spelled = "512MiB",
                     .pattern = "^" DECIMAL " *(" BYTE_UNITS ")$",
                     .text = true,
                     .read = limits_read_bytes},
    [VALUE_CPUS] = {.spelled = "1.5", .number = true, .read = limits_read_cpus},
    [VALUE_CPUSET] = {.spelled = "0-1,4",
                      .pattern = "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$",
                      .text = true,
                      .number = true,
                      .read = limits_read_cpuset},
    [VALUE_MAP] = {.spelled = "", .read = read_map},
    [VALUE_ROWS] = {.spelled = "", .read = reader_rows},
    [VALUE_LATER] = {.spelled = ""}, /* refused before it is read */
};

const struct value_spec *value_spec(enum value_type type)
{
    return &value_specs[type];
}
