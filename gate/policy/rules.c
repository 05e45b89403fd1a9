#include "gate/policy/keys.h"

#include "gate/base/glob.h"
#include "gate/base/name.h"

bool selector_names_functions(const struct selector *selector)
{
    return selector->func.len > 0 || selector->file.len > 0 || selector->package.len > 0;
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

bool str_list_has(const struct str_list *list, struct str text)
{
    for (size_t i = 0; i < list->len; i++) {
        if (str_equal(list->items[i], text))
            return true;
    }
    return false;
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
           (!about_kinds || str_list_has(&selector->kinds, subject->kind)) &&
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
           (selector->kinds.len == 0 || str_list_has(&selector->kinds, subject->kind)) &&
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
