#include "gate/policy/keys.h"

#include "gate/base/glob.h"

static bool selector_names_functions(const struct selector *selector)
{
    return selector->func.len > 0 || selector->file.len > 0 || selector->package.len > 0;
}

static bool selector_is_whole(const struct selector *selector)
{
    return !selector_names_functions(selector) && selector->kinds.len == 0;
}

static enum status check_selector(struct reader *reader, struct selector *selector,
                                  enum metric metric, const struct yaml_node *node)
{
    selector->each_function = str_equal_text(selector->func, "*");
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
    return STATUS_OK;
}

static bool limits_growth(const struct rule *rule)
{
    return rule->max_increase.set || rule->max_increase_percent.set;
}

static bool limits_value(const struct rule *rule)
{
    return rule->max.set || rule->max_share.set;
}

static enum status check_shares(struct reader *reader, const struct rule *rule,
                                const struct yaml_node *node)
{
    if ((rule->max_share.set || rule->floor_share.set) && !metric_has_functions(rule->metric)) {
        return reader_refuse(reader, node, "%s has no shares; remove max_share and floor_share",
                             metric_name(rule->metric));
    }
    bool many = rule->selector.func.len == 0 && selector_names_functions(&rule->selector);
    if (limits_value(rule) && many) {
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
    if (limits_growth(rule)) {
        return reader_refuse(reader, node,
                             "%s is a share and is limited by max alone; "
                             "limit the growth of map_cpu_per_request instead",
                             metric_name(rule->metric));
    }
    if (rule->max.value >= 1) {
        return reader_refuse(reader, node,
                             "no share is more than 100 %%: max of %s would never judge",
                             metric_name(rule->metric));
    }
    return STATUS_OK;
}

enum status rule_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct rule *rule = target;
    if (check_selector(reader, &rule->selector, rule->metric, node) ||
        check_shares(reader, rule, node) || check_ratio(reader, rule, node))
        return reader->err->status;
    if ((rule->floor.set || rule->floor_share.set) && !limits_growth(rule)) {
        return reader_refuse(reader, node,
                             "floor and floor_share do nothing without max_increase or "
                             "max_increase_percent");
    }
    return STATUS_OK;
}

enum status ignore_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    struct ignore_row *row = target;
    enum metric metric = row->has_metric ? row->metric : METRIC_ALLOC_SPACE;
    return check_selector(reader, &row->selector, metric, node);
}

enum status successor_check(struct reader *reader, void *target, const struct yaml_node *node)
{
    const struct successor *row = target;
    if (str_equal(row->from, row->to))
        return reader_refuse(reader, node, "a function is no successor of itself; change to");
    return STATUS_OK;
}

static bool list_has(const struct str_list *list, struct str text)
{
    for (size_t i = 0; i < list->len; i++) {
        if (str_equal(list->items[i], text))
            return true;
    }
    return false;
}

static bool lists_equal(const struct str_list *a, const struct str_list *b)
{
    bool equal = true;
    for (size_t i = 0; i < a->len; i++)
        equal = equal && list_has(b, a->items[i]);
    for (size_t i = 0; i < b->len; i++)
        equal = equal && list_has(a, b->items[i]);
    return equal;
}

static bool selectors_equal(const struct selector *a, const struct selector *b)
{
    return str_equal(a->scenario, b->scenario) && str_equal(a->func, b->func) &&
           str_equal(a->file, b->file) && str_equal(a->package, b->package) &&
           lists_equal(&a->kinds, &b->kinds);
}

/* True when one of the two would decide everything the other is there for. */
static bool rules_clash(const struct rule *a, const struct rule *b)
{
    return a->metric == b->metric && selectors_equal(&a->selector, &b->selector) &&
           ((limits_growth(a) && limits_growth(b)) || (limits_value(a) && limits_value(b)));
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

/* An empty pattern matches all. */
static bool selects(struct str pattern, struct str text)
{
    return pattern.len == 0 || glob_match(pattern, text);
}

/* True when one of the spellings that are known matches. */
static bool selects_any(struct str pattern, const struct str *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i]->len > 0 && selects(pattern, *names[i]))
            return true;
    }
    return false;
}

static bool selects_function(const struct selector *selector, const struct subject *subject)
{
    /* A rule written before a rename must keep watching what was renamed. */
    const struct str *names[] = {&subject->func, &subject->normal, &subject->key,
                                 &subject->base_func, &subject->main_func};
    const struct str *packages[] = {&subject->package, &subject->base_package,
                                    &subject->main_package};
    return selects_any(selector->func, names, ARRAY_LEN(names)) &&
           (selector->package.len == 0 ||
            selects_any(selector->package, packages, ARRAY_LEN(packages))) &&
           selects(selector->file, subject->file);
}

static bool selects_scenario(const struct selector *selector, const struct subject *subject)
{
    return selector->scenario.len == 0 || str_equal(selector->scenario, subject->scenario);
}

bool rule_matches(const struct rule *rule, enum metric metric, const struct subject *subject)
{
    const struct selector *selector = &rule->selector;
    bool about_functions = selector_names_functions(selector);
    bool about_kinds = selector->kinds.len > 0;
    return rule->metric == metric && selects_scenario(selector, subject) &&
           about_functions == (subject->func.len > 0) && about_kinds == (subject->kind.len > 0) &&
           (!about_kinds || list_has(&selector->kinds, subject->kind)) &&
           (!about_functions || selects_function(selector, subject));
}

/* An ignored function is ignored with all its kinds, an ignored kind in all functions. */
static bool ignore_matches(const struct ignore_row *row, enum metric metric,
                           const struct subject *subject)
{
    const struct selector *selector = &row->selector;
    bool about_functions = selector_names_functions(selector);
    return (!row->has_metric || row->metric == metric) && selects_scenario(selector, subject) &&
           (selector->kinds.len == 0 || list_has(&selector->kinds, subject->kind)) &&
           (!about_functions || (subject->func.len > 0 && selects_function(selector, subject)));
}

enum tier { TIER_DEFAULT, TIER_SCENARIO, TIER_KIND, TIER_PACKAGE, TIER_FILE, TIER_FUNC };

static enum tier rule_tier(const struct rule *rule)
{
    const struct selector *selector = &rule->selector;
    if (rule->is_default)
        return TIER_DEFAULT;
    if (selector->func.len > 0 && !selector->each_function)
        return TIER_FUNC;
    if (selector->file.len > 0)
        return TIER_FILE;
    if (selector->package.len > 0)
        return TIER_PACKAGE;
    return selector->kinds.len > 0 ? TIER_KIND : TIER_SCENARIO;
}

/* Larger wins. */
static unsigned rule_rank(const struct rule *rule)
{
    return (unsigned)rule_tier(rule) * 2 + (rule->selector.scenario.len > 0);
}

/* Either may be NULL; of equals the later row of the policy's array. */
static const struct rule *stronger(const struct rule *a, const struct rule *b)
{
    if (!a || !b)
        return a ? a : b;
    if (rule_rank(a) == rule_rank(b))
        return a > b ? a : b;
    return rule_rank(a) > rule_rank(b) ? a : b;
}

static const struct ignore_row *find_ignore(const struct policy *policy, enum metric metric,
                                            const struct subject *subject)
{
    for (size_t i = 0; i < policy->ignore_count; i++) {
        if (ignore_matches(&policy->ignores[i], metric, subject))
            return &policy->ignores[i];
    }
    return NULL;
}

size_t policy_rules_for(const struct policy *policy, enum metric metric,
                        const struct subject *subject,
                        const struct rule *winners[POLICY_WINNERS_MAX],
                        const struct ignore_row **ignored)
{
    const struct rule *growth = NULL;
    const struct rule *value = NULL;
    *ignored = find_ignore(policy, metric, subject);
    for (size_t i = 0; i < policy->rule_count && !*ignored; i++) {
        const struct rule *rule = &policy->rules[i];
        if (!rule_matches(rule, metric, subject))
            continue;
        growth = limits_growth(rule) ? stronger(growth, rule) : growth;
        value = limits_value(rule) ? stronger(value, rule) : value;
    }
    const struct rule *first = stronger(growth, value);
    const struct rule *second = first == growth ? value : growth;
    size_t count = 0;
    if (first)
        winners[count++] = first;
    if (second && second != first)
        winners[count++] = second;
    return count;
}

const struct rule *policy_rule_for(const struct policy *policy, enum metric metric,
                                   const struct subject *subject, const struct ignore_row **ignored)
{
    const struct rule *winners[POLICY_WINNERS_MAX];
    return policy_rules_for(policy, metric, subject, winners, ignored) > 0 ? winners[0] : NULL;
}
