#include "gate/compare/noise.h"

#include "gate/base/num.h"
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
                        100 * worst.share, noise_rows[i].text, side_name(worst.side),
                        phase_name(worst.phase), (unsigned)worst.number);
    }
}
