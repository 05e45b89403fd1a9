#include "gate/policy/keys.h"

#include "gate/base/glob.h"
#include "gate/base/name.h"

bool selector_names_functions(const struct selector *selector)
{
    return selector->func.len > 0 || selector->file.len > 0 || selector->package.len > 0;
}

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

bool rule_limits_growth(const struct rule *rule)
{
    return rule->max_increase.set || rule->max_increase_percent.set;
}

bool rule_limits_value(const struct rule *rule)
{
    return rule->max.set || rule->max_share.set;
}

bool rule_is_of_scenario(const struct rule *rule, struct str scenario)
{
    const struct str named = rule->selector.scenario;
    return named.len == 0 || str_equal(named, scenario);
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

/* An empty pattern matches all. */
static bool selects(struct str pattern, struct str text)
{
    return pattern.len == 0 || glob_match(pattern, text);
}

static bool selects_name(const struct selector *selector, struct str name)
{
    return name.len > 0 && (glob_match(selector->func, name) ||
                            (selector->func_key.len > 0 && str_equal(selector->func_key, name)));
}

static bool selects_one_of(const struct selector *selector, const struct str_list *names)
{
    for (size_t i = 0; i < names->len; i++) {
        if (selects_name(selector, names->items[i]))
            return true;
    }
    return false;
}

/*
 * A subject's names have no numbers: the row of all closures of a
 * function is shown by the name of one of them, and a pattern that held
 * for that one alone would hold today and not tomorrow.
 */
static bool selects_own_name(const struct selector *selector, const struct subject *subject)
{
    return selector->func.len == 0 || selects_name(selector, subject->key) ||
           selects_name(selector, subject->normal) || selects_name(selector, subject->main_key);
}

/* A rule written before a rename must keep watching what was renamed. */
static bool selects_any_name(const struct selector *selector, const struct subject *subject)
{
    return selects_own_name(selector, subject) || selects_one_of(selector, &subject->former);
}

static bool selects_package_of(struct str pattern, const struct str_list *names)
{
    for (size_t i = 0; i < names->len; i++) {
        if (selects(pattern, name_package(names->items[i])))
            return true;
    }
    return false;
}

static bool selects_own_package(struct str pattern, const struct subject *subject)
{
    return selects(pattern, subject->package) ||
           (subject->main_package.len > 0 && selects(pattern, subject->main_package));
}

static bool selects_any_package(struct str pattern, const struct subject *subject)
{
    return selects_own_package(pattern, subject) || selects_package_of(pattern, &subject->former);
}

static bool selects_any_file(struct str pattern, const struct subject *subject)
{
    return selects(pattern, subject->file) ||
           (subject->other_file.len > 0 && selects(pattern, subject->other_file));
}

static bool selects_function(const struct selector *selector, const struct subject *subject)
{
    return selects_any_name(selector, subject) && selects_any_package(selector->package, subject) &&
           selects_any_file(selector->file, subject);
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

/*
 * A pattern, a package and a file say where functions are that nobody
 * watches. One that left them, or came to them with this change, was or
 * is watched.
 */
static bool stayed_within(const struct selector *selector, const struct subject *subject)
{
    bool is_pattern = selector->func_key.len == 0;
    for (size_t i = 0; i < subject->former.len; i++) {
        struct str former = subject->former.items[i];
        if (!selects(selector->package, name_package(former)) ||
            (is_pattern && !selects(selector->func, former)))
            return false;
    }
    return selects(selector->file, subject->file) &&
           (subject->other_file.len == 0 || selects(selector->file, subject->other_file)) &&
           selects_own_package(selector->package, subject);
}

/* `former` are the names by which an exact name leads to the subject too. */
static bool ignores_function(const struct selector *selector, const struct subject *subject,
                             const struct str_list *former)
{
    bool by_former = selector->func_key.len > 0 && selects_one_of(selector, former);
    return subject->func.len > 0 && (selects_own_name(selector, subject) || by_former) &&
           stayed_within(selector, subject);
}

/* An ignored function is ignored with all its kinds, an ignored kind in all functions. */
static bool ignore_matches(const struct ignore_row *row, enum metric metric,
                           const struct subject *subject, const struct str_list *former)
{
    const struct selector *selector = &row->selector;
    bool about_functions = selector_names_functions(selector);
    return (!row->has_metric || row->metric == metric) && selects_scenario(selector, subject) &&
           (selector->kinds.len == 0 || list_has(&selector->kinds, subject->kind)) &&
           (!about_functions || ignores_function(selector, subject, former));
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
                                            const struct subject *subject,
                                            const struct str_list *former)
{
    for (size_t i = 0; i < policy->ignore_count; i++) {
        if (ignore_matches(&policy->ignores[i], metric, subject, former))
            return &policy->ignores[i];
    }
    return NULL;
}

static bool limits_anything(const struct rule *rule)
{
    return rule_limits_growth(rule) || rule_limits_value(rule);
}

/*
 * The subject as rows with such a limit see it: without former names
 * where a rule names it exactly as it is called now. What took another's
 * place does not leave its own rule for the other's.
 */
static struct subject subject_seen(const struct policy *policy, enum metric metric,
                                   const struct subject *subject,
                                   bool (*limits)(const struct rule *rule))
{
    struct subject own = *subject;
    own.former = (struct str_list){0};
    for (size_t i = 0; i < policy->rule_count && subject->former.len > 0; i++) {
        const struct rule *rule = &policy->rules[i];
        if (rule->selector.func_key.len > 0 && limits(rule) && rule_matches(rule, metric, &own))
            return own;
    }
    return *subject;
}

/* The strongest rule with such a limit; NULL when none speaks of the subject. */
static const struct rule *winner(const struct policy *policy, enum metric metric,
                                 const struct subject *subject,
                                 bool (*limits)(const struct rule *rule))
{
    const struct rule *out = NULL;
    const struct subject seen = subject_seen(policy, metric, subject, limits);
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (limits(rule) && rule_matches(rule, metric, &seen))
            out = stronger(out, rule);
    }
    return out;
}

size_t policy_rules_for(const struct policy *policy, enum metric metric,
                        const struct subject *subject,
                        const struct rule *winners[POLICY_WINNERS_MAX],
                        const struct ignore_row **ignored)
{
    struct subject seen = subject_seen(policy, metric, subject, limits_anything);
    *ignored = find_ignore(policy, metric, subject, &seen.former);
    if (*ignored)
        return 0;
    const struct rule *growth = winner(policy, metric, subject, rule_limits_growth);
    const struct rule *value = winner(policy, metric, subject, rule_limits_value);
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

static bool wins(const struct policy *policy, const struct rule *rule,
                 const struct subject *subject)
{
    const struct rule *winners[POLICY_WINNERS_MAX];
    const struct ignore_row *ignored = NULL;
    size_t count = policy_rules_for(policy, rule->metric, subject, winners, &ignored);
    for (size_t i = 0; i < count; i++) {
        if (winners[i] == rule)
            return true;
    }
    return ignored != NULL;
}

bool policy_replaces(const struct policy *policy, const struct rule *rule, struct str scenario)
{
    const struct str_list *kinds = &rule->selector.kinds;
    struct subject subject = {.scenario = scenario};
    if (!rule->is_default || selector_names_functions(&rule->selector))
        return false;
    for (size_t i = 0; i < kinds->len; i++) {
        subject.kind = kinds->items[i];
        if (wins(policy, rule, &subject))
            return false;
    }
    return kinds->len > 0 || !wins(policy, rule, &subject);
}
