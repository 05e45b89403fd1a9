#include "gate/policy/keys.h"

static enum status refuse_empty(struct reader *reader)
{
    return err_set(reader->err, STATUS_POLICY,
                   "%.*s: no scenarios; an empty policy would pass everything",
                   STR_ARGS(reader->name));
}

/* Before anything else: the keys of another version are unknown for a reason worth telling. */
static enum status check_version(struct reader *reader, const struct yaml_node *root)
{
    const struct yaml_node *version = yaml_get(root, "version");
    if (root->kind == YAML_MAP && !version) {
        return err_set(reader->err, STATUS_POLICY,
                       "%.*s: version is missing; begin the file with \"version: 1\"",
                       STR_ARGS(reader->name));
    }
    if (version && !str_equal_text(version->text, "1")) {
        return reader_refuse(reader, version,
                             "version \"%.*s\" is not supported by this memgate; write 1",
                             STR_ARGS(version->text));
    }
    return STATUS_OK;
}

static enum status read_document(struct reader *reader, struct document *out, struct bytes text)
{
    struct yaml_node *root = NULL;
    if (yaml_parse(&root, reader->arena, reader->name, text, reader->err))
        return reader->err->status;
    if (root->kind == YAML_SCALAR && root->text.len == 0)
        return refuse_empty(reader);
    if (check_version(reader, root) || reader_map(reader, &document_keys, out, root))
        return reader->err->status;
    return STATUS_OK;
}

static enum status check_scenarios(struct reader *reader, const struct policy *policy)
{
    if (policy->scenario_count == 0)
        return refuse_empty(reader);
    for (size_t i = 0; i < policy->scenario_count; i++) {
        const struct scenario *scenario = &policy->scenarios[i];
        const struct scenario *first = policy_scenario(policy, scenario->name);
        const struct yaml_node at = {.line = scenario->origin.line,
                                     .column = scenario->origin.column};
        if (first && first != scenario) {
            return reader_refuse(reader, &at, "second scenario \"%.*s\" (first at %u:%u)",
                                 STR_ARGS(scenario->name), first->origin.line,
                                 first->origin.column);
        }
    }
    return STATUS_OK;
}

static enum status check_selected(struct reader *reader, const struct policy *policy,
                                  const struct selector *selector, const struct origin *origin)
{
    const struct yaml_node at = {.line = origin->line, .column = origin->column};
    if (selector->scenario.len == 0 || policy_scenario(policy, selector->scenario))
        return STATUS_OK;
    struct str *names = ARENA_ARRAY(reader->arena, struct str, policy->scenario_count);
    for (size_t i = 0; i < policy->scenario_count; i++)
        names[i] = policy->scenarios[i].name;
    return reader_refuse(
        reader, &at, "unknown scenario \"%.*s\"; %.*s", STR_ARGS(selector->scenario),
        STR_ARGS(reader_hint(reader->arena, selector->scenario, names, policy->scenario_count)));
}

static enum status check_selectors(struct reader *reader, const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (check_selected(reader, policy, &policy->rules[i].selector, &policy->rules[i].origin))
            return reader->err->status;
    }
    for (size_t i = 0; i < policy->ignore_count; i++) {
        if (check_selected(reader, policy, &policy->ignores[i].selector,
                           &policy->ignores[i].origin))
            return reader->err->status;
    }
    return STATUS_OK;
}

/* Reports name a default by what it is about: its line is in a file that the user does not have. */
static struct str default_name(struct arena *arena, const struct rule *rule)
{
    struct str kinds = STR("");
    for (size_t i = 0; i < rule->selector.kinds.len; i++) {
        kinds = str_format(arena, "%.*s, kind %.*s", STR_ARGS(kinds),
                           STR_ARGS(rule->selector.kinds.items[i]));
    }
    return str_format(arena, "default policy: %s%.*s%s", metric_name(rule->metric), STR_ARGS(kinds),
                      rule->selector.each_function ? ", each function" : "");
}

static enum status read_defaults(struct document *out, struct arena *arena, struct err *err)
{
    struct reader reader = {.arena = arena, .name = STR("default policy"), .err = err};
    struct bytes text = {policy_default_yaml, policy_default_yaml_len};
    if (read_document(&reader, out, text))
        return err->status;
    for (size_t i = 0; i < out->policy.rule_count; i++) {
        struct rule *rule = &out->policy.rules[i];
        rule->is_default = true;
        rule->origin = (struct origin){.file = default_name(arena, rule)};
    }
    return STATUS_OK;
}

static void append_rules(struct policy *policy, const struct rule *rules, size_t len)
{
    for (size_t i = 0; i < len; i++)
        policy->rules[policy->rule_count++] = rules[i];
}

/* In the order that policy.h promises, which settles ties. */
static void join_rules(struct document *document, const struct document *defaults,
                       struct arena *arena)
{
    struct policy *policy = &document->policy;
    const struct rule *rows = policy->rules;
    size_t row_count = policy->rule_count;
    size_t short_count = 0;
    const struct rule *shorts = thresholds_expand(&document->thresholds, arena, &short_count);
    size_t count = short_count + row_count + defaults->policy.rule_count;
    policy->rules = ARENA_ARRAY(arena, struct rule, count);
    policy->rule_count = 0;
    append_rules(policy, shorts, short_count);
    append_rules(policy, rows, row_count);
    append_rules(policy, defaults->policy.rules, defaults->policy.rule_count);
}

static enum status check_focus(struct reader *reader, const struct thresholds *thresholds)
{
    for (size_t i = 0; i < thresholds->focus_len; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct origin *origin = &thresholds->focus[i].origin;
            const struct yaml_node at = {.line = origin->line, .column = origin->column};
            if (str_equal(thresholds->focus[i].func, thresholds->focus[k].func)) {
                return reader_refuse(reader, &at, "\"%.*s\" is listed twice",
                                     STR_ARGS(thresholds->focus[i].func));
            }
        }
    }
    return STATUS_OK;
}

static enum status check_successors(struct reader *reader, const struct policy *policy)
{
    for (size_t i = 0; i < policy->successor_count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct origin *origin = &policy->successors[i].origin;
            const struct yaml_node at = {.line = origin->line, .column = origin->column};
            if (str_equal(policy->successors[i].from, policy->successors[k].from)) {
                return reader_refuse(reader, &at, "\"%.*s\" has a successor already",
                                     STR_ARGS(policy->successors[i].from));
            }
        }
    }
    return STATUS_OK;
}

/* Benchmarks are recorded with the heap and CPU profiles that go test writes. */
static bool any_service(const struct policy *policy, const struct selector *selector)
{
    for (size_t i = 0; i < policy->scenario_count; i++) {
        const struct scenario *scenario = &policy->scenarios[i];
        bool selected = !selector->scenario.len || str_equal(selector->scenario, scenario->name);
        if (selected && scenario->driver != DRIVER_GOTEST)
            return true;
    }
    return false;
}

static enum status check_profile(struct reader *reader, const struct policy *policy,
                                 const struct rule *rule)
{
    const struct yaml_node at = {.line = rule->origin.line, .column = rule->origin.column};
    enum profile_kind kind = metric_profile(rule->metric);
    if (policy->profile_off[kind]) {
        return reader_refuse(reader, &at, "%s needs the %s profile; add %s to profiles",
                             metric_name(rule->metric), profile_kind_spoken(kind),
                             profile_kind_name(kind));
    }
    if (kind > PROFILE_KIND_CPU && !any_service(policy, &rule->selector)) {
        return reader_refuse(reader, &at,
                             "%s is read from a service, and the scenario has none: remove the "
                             "rule or name a scenario with a service",
                             metric_name(rule->metric));
    }
    return STATUS_OK;
}

/* Found now, or the run would end without a verdict and say no more than this. */
static enum status check_profiles(struct reader *reader, const struct policy *policy)
{
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (check_profile(reader, policy, &policy->rules[i]))
            return reader->err->status;
    }
    return STATUS_OK;
}

/* They cost the service something, and few rules need them. */
static void leave_out_optional(struct policy *policy)
{
    for (size_t kind = PROFILE_KIND_CPU + 1; kind < PROFILE_KINDS; kind++)
        policy->profile_off[kind] = true;
}

enum status policy_parse(struct policy *out, struct arena *arena, struct str name,
                         struct bytes text, struct err *err)
{
    struct reader reader = {.arena = arena, .name = str_copy(arena, name), .err = err};
    struct document document = {.policy = {.name = reader.name}};
    leave_out_optional(&document.policy);
    struct document defaults = {0};
    if (read_document(&reader, &document, text) || check_scenarios(&reader, &document.policy) ||
        check_selectors(&reader, &document.policy) || check_profiles(&reader, &document.policy) ||
        check_focus(&reader, &document.thresholds) || check_successors(&reader, &document.policy) ||
        rules_check_clashes(&reader, document.policy.rules, document.policy.rule_count) ||
        read_defaults(&defaults, arena, err))
        return err->status;
    join_rules(&document, &defaults, arena);
    *out = document.policy;
    return STATUS_OK;
}

enum status policy_default(struct policy *out, struct arena *arena, struct err *err)
{
    struct document defaults = {0};
    if (read_defaults(&defaults, arena, err))
        return err->status;
    defaults.policy.name = STR("default policy");
    leave_out_optional(&defaults.policy);
    *out = defaults.policy;
    return STATUS_OK;
}

const struct scenario *policy_scenario(const struct policy *policy, struct str name)
{
    for (size_t i = 0; i < policy->scenario_count; i++) {
        if (str_equal(policy->scenarios[i].name, name))
            return &policy->scenarios[i];
    }
    return NULL;
}
