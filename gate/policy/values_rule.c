#include "gate/policy/keys.h"

/* The values of rules and thresholds: metrics, and limits in their units. */

enum status rule_read_metric(struct reader *reader, const struct key *key, void *base,
                             const struct yaml_node *node)
{
    struct str names[METRICS];
    enum metric *out = value_target(key, base);
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (metric_parse(out, node->text))
        return STATUS_OK;
    for (size_t i = 0; i < METRICS; i++)
        names[i] = str_from(metric_name((enum metric)i));
    return reader_refuse(reader, node, "unknown metric \"%.*s\"; %.*s", STR_ARGS(node->text),
                         STR_ARGS(reader_hint(reader->arena, node->text, names, METRICS)));
}

/* What a rule on a profile is about: the one value of it that people mean. */
enum status rule_read_profile(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    static const enum metric metrics[] = {METRIC_CPU_PROFILE, METRIC_BLOCK_DELAY,
                                          METRIC_MUTEX_DELAY, METRIC_GOROUTINES};
    size_t chosen = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (str_equal_text(node->text, profile_kind_name(PROFILE_KIND_HEAP))) {
        return reader_refuse(reader, node,
                             "the heap profile has several values; name one instead, such as "
                             "metric: alloc_space or metric: inuse_space");
    }
    if (value_choose(reader, key, node, &chosen))
        return reader->err->status;
    assert(chosen < ARRAY_LEN(metrics));
    *(enum metric *)value_target(key, base) = metrics[chosen];
    return STATUS_OK;
}

enum status rule_read_has_metric(struct reader *reader, const struct key *key, void *base,
                                 const struct yaml_node *node)
{
    struct ignore_row *row = base;
    row->has_metric = true;
    return rule_read_metric(reader, key, base, node);
}

static bool unit_is_per_request(enum unit unit)
{
    return unit == UNIT_BYTES_PER_REQUEST || unit == UNIT_COUNT_PER_REQUEST ||
           unit == UNIT_NS_PER_REQUEST;
}

/*
 * A quantity per request where the metric is one: bytes and objects are
 * also limited over the whole load ("8MiB"), as is what profiles sum up,
 * but other time per request in sum over a load is a number nobody
 * thinks in.
 */
static enum status parse_quantity(struct quantity *out, enum metric metric, struct str text,
                                  struct err *err)
{
    static const struct str suffix = STR_INIT("/request");
    out->per_request = str_ends_with(text, suffix);
    if (out->per_request && !unit_is_per_request(metric_unit(metric))) {
        return err_set(err, STATUS_POLICY, "%s is not counted per request; leave /request out",
                       metric_name(metric));
    }
    struct str number = str_slice(text, 0, text.len - (out->per_request ? suffix.len : 0));
    switch (metric_unit(metric)) {
    case UNIT_BYTES_PER_REQUEST:
        return unit_parse_bytes(&out->value, number, err);
    case UNIT_COUNT_PER_REQUEST:
        return unit_parse_number(&out->value, number, err);
    case UNIT_NS_PER_REQUEST:
        out->per_request = out->per_request || !metric_sums_over_load(metric);
        return unit_parse_duration(&out->value, number, err);
    case UNIT_BYTES:
    case UNIT_BYTES_PER_1000_REQUESTS:
        return unit_parse_bytes(&out->value, text, err);
    case UNIT_NS:
        return unit_parse_duration(&out->value, text, err);
    case UNIT_RATIO:
        return unit_parse_percent(&out->value, text, err);
    case UNIT_COUNT:
        break;
    }
    return unit_parse_number(&out->value, text, err);
}

enum status rule_read_quantity(struct reader *reader, const struct key *key, void *base,
                               const struct yaml_node *node)
{
    const struct rule *rule = base;
    struct quantity *out = value_target(key, base);
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (parse_quantity(out, rule->metric, node->text, reader->err))
        return reader_wrap(reader, node);
    out->set = true;
    return STATUS_OK;
}

enum status rule_read_percent(struct reader *reader, const struct key *key, void *base,
                              const struct yaml_node *node)
{
    struct ratio *out = value_target(key, base);
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (unit_parse_percent(&out->value, node->text, reader->err))
        return reader_wrap(reader, node);
    out->set = true;
    return STATUS_OK;
}

/* The short form carries its unit in the key, so "8MB" is told what to write instead. */
enum status rule_read_limit(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node)
{
    struct limit *out = value_target(key, base);
    struct err ignored;
    double value = 0;
    if (value_check_text(reader, key, node))
        return reader->err->status;
    if (unit_parse_percent(&value, node->text, &ignored) == STATUS_OK ||
        unit_parse_bytes(&value, node->text, &ignored) == STATUS_OK) {
        return reader_refuse(reader, node, "%s takes a number without a unit, such as 5",
                             key->name);
    }
    if (unit_parse_number(&value, node->text, reader->err))
        return reader_wrap(reader, node);
    *out = (struct limit){.set = true, .value = value, .origin = reader_origin(reader, node)};
    return STATUS_OK;
}

enum status rule_read_focus(struct reader *reader, const struct key *key, void *base,
                            const struct yaml_node *node)
{
    struct thresholds *out = base;
    if (value_check_list(reader, key, node))
        return reader->err->status;
    out->focus = ARENA_ARRAY(reader->arena, struct focus, node->len);
    for (size_t i = 0; i < node->len; i++) {
        const struct yaml_node *item = node->pairs[i].value;
        if (value_check_text(reader, key, item))
            return reader->err->status;
        if (str_equal_text(item->text, "*")) {
            return reader_refuse(reader, item, "%s names functions; \"*\" is every function",
                                 key->name);
        }
        if (selector_check_func(reader, item->text, item))
            return reader->err->status;
        out->focus[out->focus_len++] =
            (struct focus){.func = item->text, .origin = reader_origin(reader, item)};
    }
    return STATUS_OK;
}
