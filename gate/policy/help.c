#include "gate/policy/keys.h"

enum { HELP_COLUMN = 44, MAPS_DEPTH_MAX = 4 };

/* A map that is half written: its maps come out where they are named, not at the end. */
struct level {
    const struct key_map *map;
    size_t next;
    bool is_row;
};

static void write_choices(struct buf *out, const char *const *choices)
{
    for (size_t i = 0; i < texts_len(choices); i++)
        buf_printf(out, "%s%s", i > 0 ? "|" : "", choices[i]);
}

static void write_key(struct buf *out, const struct key *key, size_t indent, bool first_of_row)
{
    size_t from = out->len;
    buf_repeat(out, ' ', indent);
    if (first_of_row)
        buf_text(out, "- ");
    buf_printf(out, "%s: %s", key->name, value_spec(key->type)->spelled);
    if (key->type == VALUE_CHOICE)
        write_choices(out, key->choices);
    size_t len = out->len - from;
    buf_repeat(out, ' ', len < HELP_COLUMN ? HELP_COLUMN - len : 1);
    buf_text(out, key->help);
    if (key->preset)
        buf_printf(out, " (default %s)", key->preset);
    buf_text(out, key->required ? " (required)\n" : "\n");
}

static void write_names(struct buf *out, const char *title, const char *const *names)
{
    buf_printf(out, "%s:", title);
    for (size_t i = 0; i < texts_len(names); i++)
        buf_printf(out, " %s", names[i]);
    buf_byte(out, '\n');
}

static void write_metrics(struct buf *out)
{
    buf_text(out, "METRIC:");
    for (size_t i = 0; i < METRICS; i++)
        buf_printf(out, " %s", metric_name((enum metric)i));
    buf_byte(out, '\n');
}

void policy_write_keys(struct buf *out)
{
    struct level levels[MAPS_DEPTH_MAX] = {{.map = &document_keys}};
    size_t depth = 1;
    size_t indent = 0;
    while (depth > 0) {
        struct level *level = &levels[depth - 1];
        if (level->next == level->map->len) {
            depth--;
            indent -= level->is_row ? 4 : 2;
            continue;
        }
        const struct key *key = &level->map->keys[level->next++];
        if (key->type == VALUE_LATER)
            continue;
        bool first_of_row = level->is_row && level->next == 1;
        write_key(out, key, first_of_row ? indent - 2 : indent, first_of_row);
        if (key->map) {
            assert(depth < MAPS_DEPTH_MAX);
            levels[depth++] = (struct level){.map = key->map, .is_row = key->type == VALUE_ROWS};
            indent += key->type == VALUE_ROWS ? 4 : 2;
        }
    }
    write_metrics(out);
    write_names(out, "KIND", kind_names);
    buf_text(out,
             "QUANTITY: in the unit of the metric: 8MiB (over the load), 64B/request, 5ms, 10\n");
}
