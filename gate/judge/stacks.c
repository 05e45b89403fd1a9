#include "gate/judge/stacks.h"

#include <math.h>

bool stacks_judge(const struct rule *rule, const struct comparison_row *row)
{
    return rule->selector.func_key.len > 0 && row_is_of_function(row) && row->lost > 0;
}

static void fill_ratio(struct estimate *estimate)
{
    estimate->has_ratio = estimate->base > 0;
    if (!estimate->has_ratio)
        return;
    estimate->ratio = estimate->delta / estimate->base;
    estimate->ratio_low = estimate->delta_low / estimate->base;
    estimate->ratio_high = estimate->delta_high / estimate->base;
}

struct comparison_row stacks_row(const struct comparison_row *row)
{
    struct comparison_row out = *row;
    const struct estimate *cum = &row->cum;
    /* A row is `whole` of the function, or one kind of it, which may have spread of its own. */
    bool is_part = row->level == ROW_FUNCTION_KIND;
    double called = cum->delta - (row->whole[SIDE_CAND] - row->whole[SIDE_BASE]);
    double spread = is_part ? row->estimate.delta_high - row->estimate.delta : 0;
    struct estimate estimate = row->estimate;
    estimate.bounded = estimate.bounded && cum->bounded;
    estimate.cand = fmax(0, row->estimate.cand + called);
    estimate.delta = estimate.cand - estimate.base;
    estimate.delta_low = estimate.delta - (cum->delta - cum->delta_low) - spread;
    estimate.delta_high = estimate.delta + (cum->delta_high - cum->delta) + spread;
    /* Of two intervals with their own degrees of freedom the fewer count. */
    if (cum->df > 0 && (estimate.df <= 0 || cum->df < estimate.df)) {
        estimate.df = cum->df;
        estimate.reach = cum->reach;
    }
    fill_ratio(&estimate);
    out.estimate = estimate;
    out.moved = 0;
    out.source_count = 0;
    out.cand_share = cum->cand > 0 ? row->cum_share * estimate.cand / cum->cand : 0;
    out.is_new = estimate.base <= 0 && estimate.cand > 0;
    out.is_gone = estimate.cand <= 0 && estimate.base > 0;
    return out;
}

void stacks_doubt(struct finding *finding)
{
    if (finding->row->level != ROW_FUNCTION_KIND || finding->verdict >= FINDING_INCONCLUSIVE)
        return;
    finding->verdict = FINDING_INCONCLUSIVE;
    finding->is_settled = true;
    finding->reason = STR("of what it calls the kinds are not known one by one");
}
