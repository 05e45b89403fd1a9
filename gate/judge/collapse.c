#include "gate/judge/collapse.h"

#include <math.h>

#include "gate/base/name.h"
#include "gate/stats/bounds.h"

/* Functions of a program by name, sorted as the recording has them. */
static bool holds(const struct record_program *program, struct str func)
{
    size_t low = 0;
    size_t high = program->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(program->functions[middle], func) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < program->function_count && str_equal(program->functions[low], func);
}

/* A closure that was renumbered is there under another spelling: the keys say so. */
static bool holds_key(const struct str_list *keys, struct str key)
{
    for (size_t i = 0; i < keys->len; i++) {
        if (str_equal(keys->items[i], key))
            return true;
    }
    return false;
}

static struct str_list keys_of(struct arena *arena, const struct record_program *program)
{
    struct str_list keys = {ARENA_ARRAY(arena, struct str, program->function_count + 1), 0};
    for (size_t i = 0; i < program->function_count; i++)
        keys.items[keys.len++] = name_key(program->functions[i], arena);
    return keys;
}

static bool is_removed(const struct comparison *comparison, const struct str_list *keys,
                       const struct comparison_row *row)
{
    const struct record_program *programs = comparison->record->programs;
    return row->level == ROW_FUNCTION && row->is_gone && !row->is_charged &&
           row->estimate.base > 0 && holds(&programs[SIDE_BASE], row->func) &&
           !holds(&programs[SIDE_CAND], row->func) && !holds_key(keys, row->key);
}

/* The upper bounds of a change and of its ratio, which a floor may have pushed up. */
static double change_high(const struct estimate *estimate)
{
    double alpha = (1 - ESTIMATE_CONFIDENCE) / 2;
    return bounds_high_is_floored(estimate, alpha) ? bounds_high(estimate, alpha)
                                                   : estimate->delta_high;
}

static double ratio_high(const struct estimate *estimate)
{
    double floored = change_high(estimate);
    return floored > estimate->delta_high ? fmax(estimate->ratio_high, floored / estimate->base)
                                          : estimate->ratio_high;
}

static bool any_fell(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (row->level == ROW_SCENARIO && row->estimate.has_ratio && ratio_high(&row->estimate) < 0)
            return true;
    }
    return false;
}

void collapse_gone(double out[METRICS][POINTS], struct arena *arena,
                   const struct comparison *comparison)
{
    const struct record_program *programs = comparison->record->programs;
    bool is_known = programs[SIDE_BASE].has_functions && programs[SIDE_CAND].has_functions;
    memset(out, 0, sizeof(out[0]) * METRICS);
    if (!is_known || !any_fell(comparison))
        return;
    struct str_list keys = keys_of(arena, &programs[SIDE_CAND]);
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct comparison_row *row = &comparison->rows[i];
        if (is_removed(comparison, &keys, row))
            out[row->metric][row->point] += row->estimate.base;
    }
}

double collapse_allowed(const struct rule *rule)
{
    return rule->max_decrease.set ? rule->max_decrease.value : POLICY_MAX_DECREASE;
}

bool collapse_is(const struct finding *finding, const struct comparison_row *row,
                 const struct decide_scale *scale)
{
    const struct rule *rule = finding->rule;
    const struct estimate *estimate = &row->estimate;
    bool is_whole = row->level == ROW_SCENARIO || row->level == ROW_BENCHMARK;
    bool is_asked = rule->max_decrease.set;
    bool is_better = finding->verdict == FINDING_IMPROVED ||
                     (is_asked && finding->verdict == FINDING_OK &&
                      change_high(estimate) < -decide_floor(rule, scale));
    double left = 1 - collapse_allowed(rule);
    /* What moved to other functions did not fall. */
    bool can_fall = (is_whole || is_asked) && !(fabs(row->moved) > 0);
    return can_fall && is_better && !scale->budgets_only && estimate->has_ratio &&
           ratio_high(estimate) < -collapse_allowed(rule) &&
           estimate->cand + scale->gone < estimate->base * left;
}
