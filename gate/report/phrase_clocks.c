#include "gate/report/phrase.h"

#include "gate/base/num.h"

static void add(struct clocks_worst *worst, const struct record_trial *trial)
{
    const struct record_clocks *clocks = &trial->clocks;
    if (!clocks->is_known)
        return;
    worst->clocks.is_known = true;
    worst->clocks.batch_ns = clocks->batch_ns;
    worst->clocks.intended_p99_ns =
        num_max_u64(worst->clocks.intended_p99_ns, clocks->intended_p99_ns);
    worst->clocks.actual_p99_ns = num_max_u64(worst->clocks.actual_p99_ns, clocks->actual_p99_ns);
    worst->clocks.lateness_p50_ns =
        num_max_u64(worst->clocks.lateness_p50_ns, clocks->lateness_p50_ns);
    worst->clocks.lateness_max_ns =
        num_max_u64(worst->clocks.lateness_max_ns, clocks->lateness_max_ns);
    worst->late_p99_ns = num_max_u64(worst->late_p99_ns, trial->lateness_p99_ns);
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

struct clocks_worst phrase_clocks_worst(const struct record_scenario *record, enum phase phase)
{
    struct clocks_worst worst = {0};
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < record->trial_count[side][phase]; t++)
            add(&worst, &record->trials[side][phase][t]);
    }
    return worst;
}

struct str phrase_clocks(struct arena *arena, const struct record_scenario *record,
                         enum phase phase)
{
    struct clocks_worst worst = phrase_clocks_worst(record, phase);
    if (!worst.clocks.is_known)
        return STR("");
    struct str batches = STR("");
    if (worst.clocks.batch_ns)
        batches = str_format(arena, "in batches of %.3g ms, ", ms(worst.clocks.batch_ns));
    return str_format(arena,
                      "%.*ssent late by %.3f ms (p50), %.3f ms (p99), %.3f ms at most; p99 %.3f ms "
                      "from the intended send, %.3f ms from the actual one (worst trial of each)",
                      STR_ARGS(batches), ms(worst.clocks.lateness_p50_ns), ms(worst.late_p99_ns),
                      ms(worst.clocks.lateness_max_ns), ms(worst.clocks.intended_p99_ns),
                      ms(worst.clocks.actual_p99_ns));
}
