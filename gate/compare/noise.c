#include "gate/compare/noise.h"

#include "gate/base/num.h"
#include "gate/compare/alone.h"
#include "gate/compare/validity.h"

static double others_share(const struct record_trial *trial)
{
    return trial->noise.others_share;
}

static double steal_share(const struct record_trial *trial)
{
    return trial->noise.steal_share;
}

/* Of the time that the load took. */
static double throttled_share(const struct record_trial *trial)
{
    return num_ratio((double)trial->noise.throttled_ns, (double)trial->duration_ns);
}

static const struct noise_row {
    double (*share)(const struct record_trial *trial);
    const char *text; /* after "up to 12 % " */
} noise_rows[] = {
    {others_share, "of the machine's CPU time went to other programs"},
    {steal_share,
     "of the machine's CPU time was given to other machines by the hypervisor (steal)"},
    {throttled_share, "of the time of the load the CPU quota of our control group held it back"},
};

struct worst {
    double share;
    enum phase phase;
    enum side side;
    uint32_t number;
};

static void look_at(struct worst *worst, const struct noise_row *row,
                    const struct record_scenario *record, enum phase phase, enum side side)
{
    for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
        const struct record_trial *trial = &record->trials[side][phase][t];
        double share = row->share(trial);
        if (share > worst->share)
            *worst = (struct worst){share, phase, side, trial->number};
    }
}

static const struct record_trial *trial_at(const struct record_scenario *record, enum phase phase,
                                           size_t i)
{
    size_t base = record->trial_count[SIDE_BASE][phase];
    return i < base ? &record->trials[SIDE_BASE][phase][i]
                    : &record->trials[SIDE_CAND][phase][i - base];
}

static enum side side_at(const struct record_scenario *record, enum phase phase, size_t i)
{
    return i < record->trial_count[SIDE_BASE][phase] ? SIDE_BASE : SIDE_CAND;
}

static size_t count_of(const struct record_scenario *record, enum phase phase)
{
    return record->trial_count[SIDE_BASE][phase] + record->trial_count[SIDE_CAND][phase];
}

static struct str governor_text(struct str governor)
{
    return governor.len ? governor : STR("none that is visible");
}

struct str noise_governor_doubt(const struct record_scenario *record, struct arena *arena)
{
    const struct record_trial *first = NULL;
    enum side first_side = SIDE_BASE;
    for (size_t i = 0; i < count_of(record, PHASE_STEADY); i++) {
        const struct record_trial *trial = trial_at(record, PHASE_STEADY, i);
        enum side side = side_at(record, PHASE_STEADY, i);
        struct str governor = governor_text(trial->machine.governor);
        if (!trial->machine.is_known)
            continue;
        if (!first) {
            first = trial;
            first_side = side;
        }
        struct str other = governor_text(first->machine.governor);
        /* "a, then b" within one trial is another clock too. */
        if (str_equal(governor, other) && str_find(governor, ',') < 0)
            continue;
        return str_format(arena,
                          "the governor of the CPUs was not the same: %.*s (%s, steady trial %u), "
                          "%.*s (%s, steady trial %u); set one for the whole run",
                          STR_ARGS(other), alone_side_name(record, first_side),
                          (unsigned)first->number, STR_ARGS(governor),
                          alone_side_name(record, side), (unsigned)trial->number);
    }
    return STR("");
}

/* Times that a clock makes, of the whole process; what waits for others is left out. */
static const enum metric clocked[] = {
    METRIC_CPU,          METRIC_P50,    METRIC_P90,       METRIC_P99,
    METRIC_GC_PAUSE_P99, METRIC_GC_CPU, METRIC_NS_PER_OP, METRIC_MAP_CPU,
};

static bool is_clocked(enum metric metric)
{
    for (size_t i = 0; i < ARRAY_LEN(clocked); i++) {
        if (clocked[i] == metric)
            return true;
    }
    return false;
}

void noise_doubt_times(struct comparison *comparison, struct arena *arena)
{
    struct str doubt = noise_governor_doubt(comparison->record, arena);
    for (size_t i = 0; i < comparison->row_count && doubt.len > 0; i++) {
        struct comparison_row *row = &comparison->rows[i];
        if (row->phase == PHASE_STEADY && row->doubt.len == 0 && is_clocked(row->metric))
            row->doubt = doubt;
    }
}

/* What keeps the clock low until there is work, and longer than a request takes. */
static void note_powersave(struct comparison *comparison, struct arena *arena)
{
    for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
        for (size_t i = 0; i < count_of(comparison->record, phase); i++) {
            struct str governor = trial_at(comparison->record, phase, i)->machine.governor;
            if (!str_contains(governor, STR("powersave")))
                continue;
            comparison_note(comparison, arena,
                            "the governor of the CPUs is %.*s: their clock follows the load, and "
                            "latency and CPU time with it; set performance",
                            STR_ARGS(governor));
            return;
        }
    }
}

/* Summed over its CPUs. */
static void note_quota(struct comparison *comparison, struct arena *arena)
{
    const struct record_scenario *record = comparison->record;
    const struct record_trial *worst = NULL;
    enum side side = SIDE_BASE;
    enum phase where = PHASE_STEADY;
    for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
        for (size_t i = 0; i < count_of(record, phase); i++) {
            const struct record_trial *trial = trial_at(record, phase, i);
            uint64_t least = worst ? worst->machine.limit_throttled_ns : trial->wall_ns / 100;
            if (trial->machine.limit_throttled_ns <= least)
                continue;
            worst = trial;
            side = side_at(record, phase, i);
            where = phase;
        }
    }
    if (worst) {
        comparison_note(comparison, arena,
                        "the quota of service.limits.cpus held the service back for up to %.2f s "
                        "of a trial (%s, %s trial %u)",
                        (double)worst->machine.limit_throttled_ns / 1e9,
                        alone_side_name(record, side), phase_name(where), (unsigned)worst->number);
    }
}

void noise_note(struct comparison *comparison, struct arena *arena)
{
    for (size_t i = 0; i < ARRAY_LEN(noise_rows); i++) {
        struct worst worst = {0};
        for (enum phase phase = PHASE_STEADY; phase < PHASES; phase++) {
            for (enum side side = 0; side < SIDES; side++)
                look_at(&worst, &noise_rows[i], comparison->record, phase, side);
        }
        if (worst.share < NOISE_SHARE_SAID)
            continue;
        comparison_note(comparison, arena,
                        "a noisy machine: up to %.0f %% %s (%s, %s trial %u); times are less sure",
                        100 * worst.share, noise_rows[i].text,
                        alone_side_name(comparison->record, worst.side), phase_name(worst.phase),
                        (unsigned)worst.number);
    }
    note_powersave(comparison, arena);
    note_quota(comparison, arena);
}
