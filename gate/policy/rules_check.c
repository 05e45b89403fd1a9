#include "gate/base/glob.h"
#include "gate/base/name.h"
#include "gate/policy/keys.h"

static bool selector_is_whole(const struct selector *selector)
{
    return !selector_names_functions(selector) && selector->kinds.len == 0;
}

struct str selector_key(struct arena *arena, struct str func)
{
    return glob_is_pattern(func) ? (struct str){"", 0} : name_key(func, arena);
}

/* True for a pattern that ends in the number of a closure: "pkg.F.func2*", "*func1". */
static bool is_numbered_pattern(struct str func)
{
    const struct str mark = STR("func");
    struct str last = str_slice(func, (size_t)(str_find_last(func, '.') + 1), func.len);
    while (last.len > 0 && last.data[0] == '*')
        last = str_slice(last, 1, last.len);
    return glob_is_pattern(func) && str_starts_with(last, mark) && last.len > mark.len &&
           last.data[mark.len] >= '0' && last.data[mark.len] <= '9';
}

enum status selector_check_func(struct reader *reader, struct str func,
                                const struct yaml_node *node)
{
    if (!is_numbered_pattern(func))
        return STATUS_OK;
    return reader_refuse(reader, node,
                         "closures of one function are one subject without a number, which "
                         "\"%.*s\" never matches; end the pattern in .func",
                         STR_ARGS(func));
}

static enum status check_selector(struct reader *reader, struct selector *selector,
                                  enum metric metric, const struct yaml_node *node)
{
    selector->each_function = str_equal_text(selector->func, "*");
    selector->func_key = selector_key(reader->arena, selector->func);
    if (!selector_is_whole(selector) && !metric_has_functions(metric)) {
        return reader_refuse(reader, node,
                             "%s is measured for the whole scenario only; "
                             "remove func, file, package and kind",
                             metric_name(metric));
    }
    if (selector->kinds.len > 0 && !metric_has_kinds(metric)) {
        return reader_refuse(reader, node,
                             "%s allocates nothing: it has functions but no kinds; remove kind",
                             metric_name(metric));
    }
    return selector_check_func(reader, selector->func, node);
}

static enum status check_shares(struct reader *reader, const struct rule *rule,
                                const struct yaml_node *node)
{
    if ((rule->max_share.set || rule->floor_share.set) && !metric_has_functions(rule->metric)) {
        return reader_refuse(reader, node, "%s has no shares; remove max_share and floor_share",
                             metric_name(rule->metric));
    }
    bool many = rule->selector.func.len == 0 && selector_names_functions(&rule->selector);
    if (rule_limits_value(rule) && many) {
        return reader_refuse(reader, node,
                             "max and max_share of a package or file are not supported by this "
                             "version: its rules are held against each function in it");
    }
    if (rule->max_share.set && selector_is_whole(&rule->selector)) {
        return reader_refuse(reader, node,
                             "the share of a whole scenario is always 100 %%; "
                             "max_share needs func, file, package or kind");
    }
    return STATUS_OK;
}

/*
 * "5%" more of a share may mean points or a part of it, and whatever it
 * meant, half of the readers would take it for the other.
 */
static enum status check_ratio(struct reader *reader, const struct rule *rule,
                               const struct yaml_node *node)
{
    if (metric_unit(rule->metric) != UNIT_RATIO)
        return STATUS_OK;
    if (rule_limits_growth(rule)) {
        return reader_refuse(reader, node,
                             "%s is a share and is limited by max alone; "
                             "limit the growth of %s instead",
                             metric_name(rule->metric),
                             metric_name(metric_of_growth(rule->metric)));
    }
    if (rule->max.value >= 1) {
        return reader_refuse(reader, node,
                             "no share is more than 100 %%: max of %s would never judge",
                             metric_name(rule->metric));
    }
    return STATUS_OK;
}

/* A fall is what a rule on growth looks at besides. */
static enum status check_decrease(struct reader *reader, const struct rule *rule,
                                  const struct yaml_node *node)
{
    double value = rule->max_decrease.value;
    if (!rule->max_decrease.set)
        return STATUS_OK;
    if (!(value > 0 && value <= 1)) {
        return reader_refuse(reader, node,
                             "max_decrease is more than 0 %% and at most 100 %%, since nothing "
                             "falls by more than all of it");
    }
    if (!rule_limits_growth(rule)) {
        return reader_refuse(reader, node,
                             "max_decrease does nothing without max_increase or "
                             "max_increase_percent");
    }
    return STATUS_OK;
}

enum status rule_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct rule *rule = target;
    if (check_selector(reader, &rule->selector, rule->metric, node) ||
        check_shares(reader, rule, node) || check_ratio(reader, rule, node))
        return reader->err->status;
    if ((rule->floor.set || rule->floor_share.set) && !rule_limits_growth(rule)) {
        return reader_refuse(reader, node,
                             "floor and floor_share do nothing without max_increase or "
                             "max_increase_percent");
    }
    return check_decrease(reader, rule, node);
}

enum status ignore_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct ignore_row *row = target;
    const struct selector *selector = &row->selector;
    enum metric metric = row->has_metric ? row->metric : METRIC_ALLOC_SPACE;
    if (check_selector(reader, &row->selector, metric, node))
        return reader->err->status;
    /* A rule may name one and watch all; to ignore all where one is named would hide the others. */
    if (selector->func_key.len > 0 && !str_equal(selector->func, selector->func_key)) {
        return reader_refuse(reader, node,
                             "\"%.*s\" is one of several that are one subject: closures of a "
                             "function, its type arguments, init functions of a package; to "
                             "ignore all of them, write \"%.*s\"",
                             STR_ARGS(selector->func), STR_ARGS(selector->func_key));
    }
    return STATUS_OK;
}

enum status successor_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    const struct successor *row = target;
    if (str_equal(row->from, row->to))
        return reader_refuse(reader, node, "a function is no successor of itself; change to");
    return STATUS_OK;
}

static bool lists_equal(const struct str_list *a, const struct str_list *b)
{
    bool equal = true;
    for (size_t i = 0; i < a->len; i++)
        equal = equal && str_list_has(b, a->items[i]);
    for (size_t i = 0; i < b->len; i++)
        equal = equal && str_list_has(a, b->items[i]);
    return equal;
}

/* Two closures of one function are one subject. */
static bool functions_equal(const struct selector *a, const struct selector *b)
{
    return str_equal(a->func, b->func) ||
           (a->func_key.len > 0 && str_equal(a->func_key, b->func_key));
}

static bool selectors_equal(const struct selector *a, const struct selector *b)
{
    return str_equal(a->scenario, b->scenario) && functions_equal(a, b) &&
           str_equal(a->file, b->file) && str_equal(a->package, b->package) &&
           lists_equal(&a->kinds, &b->kinds);
}

/* True when one of the two would decide everything the other is there for. */
static bool rules_clash(const struct rule *a, const struct rule *b)
{
    return a->metric == b->metric && selectors_equal(&a->selector, &b->selector) &&
           ((rule_limits_growth(a) && rule_limits_growth(b)) ||
            (rule_limits_value(a) && rule_limits_value(b)));
}

enum status rules_check_clashes(struct reader *reader, const struct rule *rules, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const struct origin *at = &rules[i].origin;
        const struct yaml_node node = {.line = at->line, .column = at->column};
        for (size_t k = 0; k < i; k++) {
            if (rules_clash(&rules[i], &rules[k])) {
                return reader_refuse(reader, &node,
                                     "%s of the same subject is limited at %u:%u already; "
                                     "one of the two would never judge",
                                     metric_name(rules[i].metric), rules[k].origin.line,
                                     rules[k].origin.column);
            }
        }
    }
    return STATUS_OK;
}
