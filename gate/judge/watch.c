#include "gate/judge/watch.h"

#include "gate/base/glob.h"
#include "gate/compare/pair.h"

/* "example.com/orders/cmd/orders.run" of main.run: package main has the same name in every program. */
static struct str main_spelling(struct arena *arena, const struct record_program *program,
                                struct str func)
{
    return str_format(arena, "%.*s.%.*s", STR_ARGS(program->package), STR_ARGS(name_local(func)));
}

static void name_main(struct subject *subject, struct arena *arena,
                      const struct record_program *program)
{
    if (!str_equal(subject->package, STR("main")) || program->package.len == 0)
        return;
    subject->main_package = program->package;
    subject->main_func = main_spelling(arena, program, subject->func);
}

/* The name in the policy whose rules the function took over, or the empty name. */
static struct str predecessor(const struct policy *policy, const struct subject *subject)
{
    for (size_t i = 0; i < policy->successor_count; i++) {
        struct str to = policy->successors[i].to;
        if (str_equal(to, subject->func) || str_equal(to, subject->normal) ||
            str_equal(to, subject->key))
            return policy->successors[i].from;
    }
    return (struct str){"", 0};
}

/* The spellings of one function of a program. */
static struct subject function_subject(struct arena *arena, const struct comparison *comparison,
                                       enum side side, struct str func)
{
    struct subject out = {
        .scenario = comparison->scenario,
        .func = func,
        .normal = name_normal(func, arena),
        .key = pair_key(arena, func),
        .package = name_package(func),
    };
    name_main(&out, arena, &comparison->record->programs[side]);
    return out;
}

/* What rules that were written for the baseline call the function. */
static struct str base_spelling(struct arena *arena, const struct policy *policy,
                                const struct comparison *comparison, const struct subject *subject,
                                const struct comparison_row *row)
{
    const struct record_program *programs = comparison->record->programs;
    if (row->base_func.len)
        return row->base_func;
    struct str from = predecessor(policy, subject);
    if (from.len || subject->main_func.len == 0 ||
        str_equal(programs[SIDE_BASE].package, programs[SIDE_CAND].package))
        return from;
    return main_spelling(arena, &programs[SIDE_BASE], subject->func);
}

struct subject watch_subject(struct arena *arena, const struct policy *policy,
                             const struct comparison *comparison, const struct comparison_row *row)
{
    struct subject out = {.scenario = comparison->scenario};
    if (row_is_of_function(row)) {
        out = function_subject(arena, comparison, SIDE_CAND, row->func);
        out.file = row->file;
        out.base_func = base_spelling(arena, policy, comparison, &out, row);
        out.base_package = name_package(out.base_func);
    }
    if (row->level == ROW_KIND || row->level == ROW_FUNCTION_KIND)
        out.kind = str_from(alloc_kind_name(row->kind));
    return out;
}

/* The same rule about whole functions, whatever kinds it limits. */
static bool names_function(const struct rule *rule, const struct subject *subject)
{
    struct rule whole = *rule;
    struct subject function = *subject;
    whole.selector.kinds = (struct str_list){0};
    function.kind = (struct str){"", 0};
    return function.func.len > 0 && rule_matches(&whole, rule->metric, &function);
}

static bool row_is_there(const struct comparison_row *row, enum side side)
{
    return side == SIDE_BASE ? row->estimate.base > 0 : row->estimate.cand > 0;
}

static bool allocates(struct arena *arena, const struct policy *policy,
                      const struct comparison *comparison, const struct rule *rule, enum side side)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level != ROW_FUNCTION || !row_is_there(row, side))
            continue;
        struct subject subject = watch_subject(arena, policy, comparison, row);
        if (names_function(rule, &subject))
            return true;
    }
    return false;
}

/* The executable's list has no files, so a rule that names one cannot be looked up there. */
static bool executable_has(const struct comparison *comparison, const struct rule *rule,
                           enum side side)
{
    const struct record_program *program = &comparison->record->programs[side];
    struct arena scratch;
    bool found = false;
    arena_init(&scratch);
    for (size_t i = 0; i < program->function_count && !found; i++) {
        struct subject subject =
            function_subject(&scratch, comparison, side, program->functions[i]);
        found = names_function(rule, &subject);
    }
    arena_release(&scratch);
    return found;
}

static bool is_there(struct arena *arena, const struct policy *policy,
                     const struct comparison *comparison, const struct rule *rule, enum side side)
{
    return allocates(arena, policy, comparison, rule, side) ||
           executable_has(comparison, rule, side);
}

bool watch_knows(struct arena *arena, const struct judge_input *input, const struct rule *rule)
{
    for (size_t i = 0; i < input->comparison_count; i++) {
        const struct comparison *comparison = &input->comparisons[i];
        for (int side = 0; side < SIDES; side++) {
            if (is_there(arena, input->policy, comparison, rule, (enum side)side))
                return true;
        }
    }
    return false;
}

static bool watches_one(const struct rule *rule, const struct comparison *comparison)
{
    const struct selector *selector = &rule->selector;
    bool here = selector->scenario.len == 0 || str_equal(selector->scenario, comparison->scenario);
    /* No executable lists the runtime's functions, and their samples come and go. */
    return here && selector->func.len > 0 && !glob_is_pattern(selector->func) &&
           !name_is_runtime(selector->func);
}

/* Rules on several metrics of one function say it once. */
static bool said_before(const struct policy *policy, const struct comparison *comparison,
                        size_t rule)
{
    for (size_t i = 0; i < rule; i++) {
        if (watches_one(&policy->rules[i], comparison) &&
            str_equal(policy->rules[i].selector.func, policy->rules[rule].selector.func))
            return true;
    }
    return false;
}

void watch_vanished(struct str_list *out, struct arena *arena, const struct policy *policy,
                    const struct comparison *comparison)
{
    out->items = ARENA_ARRAY(arena, struct str, policy->rule_count + 2);
    out->len = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (!watches_one(rule, comparison) || said_before(policy, comparison, i) ||
            !is_there(arena, policy, comparison, rule, SIDE_BASE) ||
            is_there(arena, policy, comparison, rule, SIDE_CAND))
            continue;
        struct str origin = origin_text(arena, &rule->origin);
        out->items[out->len++] = str_format(
            arena,
            "%.*s vanished: %.*s limits it, but the candidate has no such function and none "
            "that took its place; name its successor in the baseline's policy "
            "(successors: [{from: OLD, to: NEW}]) or remove the rule there",
            STR_ARGS(rule->selector.func), STR_ARGS(origin));
    }
}
