#include "gate/policy/keys.h"

const char *const severity_names[] = {"alert", "review", "block", NULL};

enum { LINE_BYTES_MAX = 64 * 1024 };

const char *severity_name(enum severity severity)
{
    return severity_names[severity];
}

struct str origin_text(struct arena *arena, const struct origin *origin)
{
    if (origin->line == 0)
        return origin->file;
    return str_format(arena, "%.*s:%u", STR_ARGS(origin->file), origin->line);
}

static void write_name(struct buf *out, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_printf(out, "%s ", name);
    buf_str(out, value);
    buf_byte(out, ' ');
}

static void write_selector(struct buf *out, const struct selector *selector)
{
    write_name(out, "scenario", selector->scenario);
    write_name(out, "func", selector->func);
    write_name(out, "file", selector->file);
    write_name(out, "package", selector->package);
    for (size_t i = 0; i < selector->kinds.len; i++)
        write_name(out, "kind", selector->kinds.items[i]);
}

/* A limit over the whole load has the metric's unit without its "per request". */
static enum unit quantity_unit(enum metric metric, const struct quantity *quantity)
{
    static const struct {
        enum unit whole, each;
    } pairs[] = {
        {UNIT_BYTES, UNIT_BYTES_PER_REQUEST},
        {UNIT_COUNT, UNIT_COUNT_PER_REQUEST},
        {UNIT_NS, UNIT_NS_PER_REQUEST},
    };
    enum unit unit = metric_unit(metric);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (unit == pairs[i].each && !quantity->per_request)
            return pairs[i].whole;
    }
    return unit;
}

static void write_quantity(struct buf *out, const char *name, enum metric metric,
                           const struct quantity *quantity)
{
    if (!quantity->set)
        return;
    buf_printf(out, " %s ", name);
    unit_write(out, quantity_unit(metric, quantity), quantity->value, false);
    buf_byte(out, ',');
}

static void write_ratio(struct buf *out, const char *name, const struct ratio *ratio)
{
    if (!ratio->set)
        return;
    buf_printf(out, " %s ", name);
    unit_write_percent(out, ratio->value, false);
    buf_byte(out, ',');
}

struct str rule_describe(struct arena *arena, const struct rule *rule)
{
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    write_selector(&line, &rule->selector);
    buf_text(&line, metric_name(rule->metric));
    write_quantity(&line, "max_increase", rule->metric, &rule->max_increase);
    write_ratio(&line, "max_increase_percent", &rule->max_increase_percent);
    write_ratio(&line, "max_decrease", &rule->max_decrease);
    write_quantity(&line, "max", rule->metric, &rule->max);
    write_ratio(&line, "max_share", &rule->max_share);
    write_quantity(&line, "floor", rule->metric, &rule->floor);
    write_ratio(&line, "floor_share", &rule->floor_share);
    struct str text = buf_view(&line);
    /* Every limit is followed by a comma; a rule has at least one. */
    if (str_ends_with(text, STR(",")))
        text = str_slice(text, 0, text.len - 1);
    text = str_copy(arena, text);
    buf_release(&line);
    return text;
}
