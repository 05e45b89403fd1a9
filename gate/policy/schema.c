#include "gate/base/num.h"
#include "gate/codec/json.h"
#include "gate/policy/keys.h"

/* What an editor may take a plain YAML scalar for; we read its text whatever it looks like. */
static void write_scalar_types(struct json_writer *json, const char *key)
{
    json_list(json, key);
    json_str(json, NULL, STR("string"));
    json_str(json, NULL, STR("number"));
    json_str(json, NULL, STR("boolean"));
    json_list_end(json);
}

static void write_names(struct json_writer *json, const char *key, const char *const *names)
{
    json_list(json, key);
    for (size_t i = 0; i < texts_len(names); i++)
        json_str(json, NULL, str_from(names[i]));
    json_list_end(json);
}

static void write_simple(struct json_writer *json, const struct key *key)
{
    const struct value_spec *spec = value_spec(key->type);
    if (spec->text && spec->number) {
        json_list(json, "type");
        json_str(json, NULL, STR("string"));
        json_str(json, NULL, STR("number"));
        json_list_end(json);
    } else {
        json_str(json, "type", spec->text ? STR("string") : STR("number"));
    }
    if (spec->number)
        json_u64(json, "minimum", 0);
    if (spec->text)
        json_u64(json, "minLength", 1);
    if (spec->pattern)
        json_str(json, "pattern", str_from(spec->pattern));
}

static void write_version(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_u64(json, "const", 1);
}

static void write_count(struct json_writer *json, const struct key *key)
{
    json_str(json, "type", STR("integer"));
    json_u64(json, "minimum", key->min);
    json_u64(json, "maximum", key->max);
}

static void write_choice(struct json_writer *json, const struct key *key)
{
    write_names(json, "enum", key->choices);
}

static void write_switch(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_str(json, "type", STR("boolean"));
}

static void write_metric(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_list(json, "enum");
    for (size_t i = 0; i < METRICS; i++)
        json_str(json, NULL, str_from(metric_name((enum metric)i)));
    json_list_end(json);
}

static void write_texts(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_str(json, "type", STR("array"));
    json_object(json, "items");
    write_scalar_types(json, "type");
    json_object_end(json);
}

static void write_focus(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_str(json, "type", STR("array"));
    json_object(json, "items");
    json_str(json, "type", STR("string"));
    json_u64(json, "minLength", 1);
    json_object_end(json);
    json_bool(json, "uniqueItems", true);
}

static void write_chosen_list(struct json_writer *json, const struct key *key)
{
    json_str(json, "type", STR("array"));
    json_object(json, "items");
    write_names(json, "enum", key->choices);
    json_object_end(json);
}

static void write_kinds(struct json_writer *json, const struct key *key)
{
    json_list(json, "oneOf");
    json_object(json, NULL);
    write_names(json, "enum", key->choices);
    json_object_end(json);
    json_object(json, NULL);
    write_chosen_list(json, key);
    json_u64(json, "minItems", 1);
    json_object_end(json);
    json_list_end(json);
}

static void write_env(struct json_writer *json, const struct key *key)
{
    (void)key;
    json_str(json, "type", STR("object"));
    json_object(json, "propertyNames");
    json_str(json, "pattern", STR("^[A-Za-z_][A-Za-z0-9_]*$"));
    json_object_end(json);
    json_object(json, "additionalProperties");
    write_scalar_types(json, "type");
    json_object_end(json);
}

static void write_map_key(struct json_writer *json, const struct key *key);
static void write_rows_key(struct json_writer *json, const struct key *key);

static void write_value(struct json_writer *json, const struct key *key)
{
    static void (*const writers[])(struct json_writer *json, const struct key *key) = {
        [VALUE_VERSION] = write_version,   [VALUE_TEXT] = write_simple,
        [VALUE_URL_PATH] = write_simple,   [VALUE_ARGUMENT] = write_simple,
        [VALUE_NAME] = write_simple,       [VALUE_SELECTOR] = write_simple,
        [VALUE_COUNT] = write_count,       [VALUE_SMALL] = write_count,
        [VALUE_DURATION] = write_simple,   [VALUE_RATE] = write_simple,
        [VALUE_ITERATIONS] = write_simple, [VALUE_TEXTS] = write_texts,
        [VALUE_KINDS] = write_kinds,       [VALUE_PROFILES] = write_chosen_list,
        [VALUE_ENV] = write_env,           [VALUE_CHOICE] = write_choice,
        [VALUE_METRIC] = write_metric,     [VALUE_HAS_METRIC] = write_metric,
        [VALUE_QUANTITY] = write_simple,   [VALUE_PERCENT] = write_simple,
        [VALUE_LIMIT] = write_simple,      [VALUE_FOCUS] = write_focus,
        [VALUE_PROFILE] = write_choice,    [VALUE_MAP] = write_map_key,
        [VALUE_ROWS] = write_rows_key,     [VALUE_BYTES] = write_simple,
        [VALUE_CPUS] = write_simple,       [VALUE_CPUSET] = write_simple,
        [VALUE_SWITCH] = write_switch,
    };
    writers[key->type](json, key);
}

static void write_preset(struct json_writer *json, const struct key *key)
{
    uint64_t number = 0;
    if (!key->preset)
        return;
    if (key->type == VALUE_SWITCH) {
        json_bool(json, "default", str_equal_text(STR("true"), key->preset));
    } else if (value_spec(key->type)->number && num_parse_u64(&number, str_from(key->preset))) {
        json_u64(json, "default", number);
    } else {
        json_str(json, "default", str_from(key->preset));
    }
}

static void write_required(struct json_writer *json, const struct key_map *map)
{
    size_t count = 0;
    for (size_t i = 0; i < map->len; i++)
        count += map->keys[i].required;
    if (count == 0)
        return;
    json_list(json, "required");
    for (size_t i = 0; i < map->len; i++) {
        if (map->keys[i].required)
            json_str(json, NULL, str_from(map->keys[i].name));
    }
    json_list_end(json);
}

static void write_required_of(struct json_writer *json, const char *how, const char *const *keys)
{
    if (!keys)
        return;
    json_list(json, how);
    for (size_t i = 0; i < texts_len(keys); i++) {
        json_object(json, NULL);
        json_list(json, "required");
        json_str(json, NULL, str_from(keys[i]));
        json_list_end(json);
        json_object_end(json);
    }
    json_list_end(json);
}

static const struct key *chooser_of(const struct key_map *map)
{
    size_t i = 0;
    while (strcmp(map->keys[i].name, map->chooser) != 0)
        i++;
    return &map->keys[i];
}

/* Left out, a key is what its preset says. */
static void write_if(struct json_writer *json, const struct key *chooser, const char *choice)
{
    bool is_preset = chooser->preset && strcmp(chooser->preset, choice) == 0;
    json_object(json, "if");
    json_object(json, "properties");
    json_object(json, chooser->name);
    json_str(json, "const", str_from(choice));
    json_object_end(json);
    json_object_end(json);
    if (!is_preset) {
        json_list(json, "required");
        json_str(json, NULL, str_from(chooser->name));
        json_list_end(json);
    }
    json_object_end(json);
}

static void write_then(struct json_writer *json, const struct key_map *map, unsigned choice)
{
    json_object(json, "then");
    json_list(json, "required");
    for (const struct choice_key *key = map->choice_keys; key->name; key++) {
        if (key->needed && key->choice == choice)
            json_str(json, NULL, str_from(key->name));
    }
    json_list_end(json);
    json_object(json, "properties");
    for (const struct choice_key *key = map->choice_keys; key->name; key++) {
        if (key->only && key->choice != choice)
            json_bool(json, key->name, false);
    }
    json_object_end(json);
    json_object_end(json);
}

/* Which keys must be there, and which must not, by what another one says. */
static void write_choices(struct json_writer *json, const struct key_map *map)
{
    if (!map->chooser)
        return;
    const struct key *chooser = chooser_of(map);
    json_list(json, "allOf");
    for (unsigned choice = 0; choice < texts_len(chooser->choices); choice++) {
        json_object(json, NULL);
        write_if(json, chooser, chooser->choices[choice]);
        write_then(json, map, choice);
        json_object_end(json);
    }
    json_list_end(json);
}

/* Where the switch is on. */
static void write_need(struct json_writer *json, const struct switch_need *need)
{
    if (!need->name)
        return;
    json_object(json, "if");
    json_object(json, "properties");
    json_object(json, need->name);
    json_bool(json, "const", true);
    json_object_end(json);
    json_object_end(json);
    json_list(json, "required");
    json_str(json, NULL, str_from(need->name));
    json_list_end(json);
    json_object_end(json);
    json_object(json, "then");
    json_object(json, "properties");
    json_bool(json, need->without, false);
    json_object(json, need->map);
    json_object(json, "properties");
    json_object(json, need->chooser);
    json_str(json, "const", str_from(need->choice));
    json_object_end(json);
    json_object_end(json);
    json_object_end(json);
    json_object_end(json);
    json_object_end(json);
}

static void write_map(struct json_writer *json, const struct key_map *map)
{
    json_str(json, "type", STR("object"));
    json_bool(json, "additionalProperties", false);
    write_required(json, map);
    write_required_of(json, "anyOf", map->one_of);
    write_required_of(json, "oneOf", map->either);
    write_choices(json, map);
    write_need(json, &map->need);
    json_object(json, "properties");
    for (size_t i = 0; i < map->len; i++) {
        const struct key *key = &map->keys[i];
        if (key->type == VALUE_LATER)
            continue;
        json_object(json, key->name);
        json_str(json, "description", str_from(key->help));
        write_value(json, key);
        write_preset(json, key);
        json_object_end(json);
    }
    json_object_end(json);
}

static void write_map_key(struct json_writer *json, const struct key *key)
{
    write_map(json, key->map);
}

static void write_rows_key(struct json_writer *json, const struct key *key)
{
    json_str(json, "type", STR("array"));
    json_u64(json, "maxItems", key->map->rows_max);
    json_object(json, "items");
    write_map(json, key->map);
    json_object_end(json);
}

void policy_write_schema(struct buf *out)
{
    struct json_writer json;
    json_begin(&json, out);
    json_object(&json, NULL);
    json_str(&json, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
    json_str(&json, "title", STR("memgate.yaml"));
    json_str(&json, "description", STR("Policy of memgate, version 1."));
    write_map(&json, &document_keys);
    json_object_end(&json);
    json_finish(&json);
}
