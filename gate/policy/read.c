#include <stdarg.h>

#include "gate/policy/keys.h"

enum status reader_wrap(struct reader *reader, const struct yaml_node *at)
{
    return err_wrap(reader->err, "%.*s:%u:%u", STR_ARGS(reader->name), at->line, at->column);
}

enum status reader_refuse(struct reader *reader, const struct yaml_node *at, const char *format,
                          ...)
{
    char text[ERR_TEXT_BYTES_MAX / 2];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return err_set(reader->err, STATUS_POLICY, "%.*s:%u:%u: %s", STR_ARGS(reader->name), at->line,
                   at->column, text);
}

struct origin reader_origin(const struct reader *reader, const struct yaml_node *at)
{
    return (struct origin){.file = reader->name, .line = at->line, .column = at->column};
}

struct str reader_hint(struct arena *arena, struct str wanted, const struct str *names,
                       size_t count)
{
    struct str nearest = str_nearest(wanted, names, count);
    if (nearest.len > 0)
        return str_format(arena, "did you mean \"%.*s\"?", STR_ARGS(nearest));
    struct str known = STR("known:");
    for (size_t i = 0; i < count; i++)
        known = str_format(arena, "%.*s %.*s", STR_ARGS(known), STR_ARGS(names[i]));
    return known;
}

size_t texts_len(const char *const *texts)
{
    size_t len = 0;
    while (texts && texts[len])
        len++;
    return len;
}

static const struct key *find_key(const struct key_map *map, struct str name)
{
    for (size_t i = 0; i < map->len; i++) {
        if (str_equal_text(name, map->keys[i].name))
            return &map->keys[i];
    }
    return NULL;
}

/* Keys of later versions are left out of the hint: they would be refused next. */
static struct str key_hint(struct reader *reader, const struct key_map *map, struct str wanted)
{
    struct str *names = ARENA_ARRAY(reader->arena, struct str, map->len);
    size_t len = 0;
    for (size_t i = 0; i < map->len; i++) {
        if (map->keys[i].type != VALUE_LATER)
            names[len++] = str_from(map->keys[i].name);
    }
    return reader_hint(reader->arena, wanted, names, len);
}

static enum status check_names(struct reader *reader, const struct key_map *map,
                               const struct yaml_node *node)
{
    for (size_t i = 0; i < node->len; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        const struct yaml_node at = {.line = pair->key_line, .column = pair->key_column};
        const struct key *key = find_key(map, pair->key);
        if (!key) {
            return reader_refuse(reader, &at, "unknown key \"%.*s\"; %.*s", STR_ARGS(pair->key),
                                 STR_ARGS(key_hint(reader, map, pair->key)));
        }
        if (key->type == VALUE_LATER) {
            return reader_refuse(reader, &at, "%s is not supported by this version; leave it out",
                                 key->name);
        }
    }
    return STATUS_OK;
}

static bool is_missing_value(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->plain && node->text.len == 0;
}

static enum status read_value(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    if (is_missing_value(node)) {
        return reader_refuse(reader, node, "%s has no value; write one or leave the key out",
                             key->name);
    }
    return value_spec(key->type)->read(reader, key, base, node);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables of keys.c are, whatever the input. */
static enum status read_absent(struct reader *reader, const struct key *key, void *base)
{
    const struct yaml_node preset = {.kind = YAML_SCALAR, .text = str_from(key->preset)};
    if (key->type == VALUE_MAP)
        return reader_presets(reader, key->map, (char *)base + key->offset);
    return key->preset ? read_value(reader, key, base, &preset) : STATUS_OK;
}

enum status reader_presets(struct reader *reader, const struct key_map *map, void *target)
{
    for (size_t i = 0; i < map->len; i++) {
        if (read_absent(reader, &map->keys[i], target))
            return reader->err->status;
    }
    return STATUS_OK;
}
/* NOLINTEND(misc-no-recursion) */

/* Of a list of keys, at least one must be there, and no more than `most`. */
static enum status check_count(struct reader *reader, const struct key_map *map,
                               const char *const *keys, size_t most, const struct yaml_node *node)
{
    struct str names = STR("");
    size_t found = 0;
    for (size_t i = 0; i < texts_len(keys); i++) {
        found += yaml_get(node, keys[i]) != NULL;
        names =
            str_format(reader->arena, "%.*s%s%s", STR_ARGS(names), i > 0 ? " or " : "", keys[i]);
    }
    if (names.len > 0 && found == 0)
        return reader_refuse(reader, node, "%s needs %.*s", map->what, STR_ARGS(names));
    if (found > most) {
        return reader_refuse(reader, node, "%s takes %.*s, not both", map->what, STR_ARGS(names));
    }
    return STATUS_OK;
}

/* In the order of the table, not of the file: a limit is read in the unit of its metric. */
static enum status read_keys(struct reader *reader, const struct key_map *map, void *target,
                             const struct yaml_node *node)
{
    for (size_t i = 0; i < map->len; i++) {
        const struct key *key = &map->keys[i];
        const struct yaml_node *value = yaml_get(node, key->name);
        if (!value && key->required)
            return reader_refuse(reader, node, "%s needs %s: %s", map->what, key->name, key->help);
        if (value ? read_value(reader, key, target, value) : read_absent(reader, key, target))
            return reader->err->status;
    }
    return STATUS_OK;
}

enum status reader_map(struct reader *reader, const struct key_map *map, void *target,
                       const struct yaml_node *node)
{
    if (node->kind != YAML_MAP) {
        return reader_refuse(reader, node, "%s is a map of keys, not a %s", map->what,
                             node->kind == YAML_LIST ? "list" : "single value");
    }
    if (map->origin_offset != NO_TARGET) {
        struct origin origin = reader_origin(reader, node);
        memcpy((char *)target + map->origin_offset, &origin, sizeof(origin));
    }
    if (check_names(reader, map, node) || check_count(reader, map, map->one_of, SIZE_MAX, node) ||
        check_count(reader, map, map->either, 1, node) || read_keys(reader, map, target, node))
        return reader->err->status;
    return map->check ? map->check(reader, target, node) : STATUS_OK;
}

enum status reader_rows(struct reader *reader, const struct key *key, void *base,
                        const struct yaml_node *node)
{
    if (node->kind != YAML_LIST)
        return reader_refuse(reader, node, "%s is a list, each item begins with \"- \"", key->name);
    if (node->len > key->map->rows_max) {
        return reader_refuse(reader, node, "%s has more than %zu rows", key->name,
                             key->map->rows_max);
    }
    char *rows = arena_alloc(reader->arena, node->len, key->map->size);
    for (size_t i = 0; i < node->len; i++) {
        if (reader_map(reader, key->map, rows + i * key->map->size, node->pairs[i].value))
            return reader->err->status;
    }
    memcpy((char *)base + key->offset, (const void *)&rows, sizeof(rows));
    memcpy((char *)base + key->len_offset, &node->len, sizeof(node->len));
    return STATUS_OK;
}
