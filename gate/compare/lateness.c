#include "gate/compare/lateness.h"

#include <math.h>

struct late_trial {
    double late_ns;
    double span_ns; /* between two requests */
};

static struct late_trial late_trial_of(const struct record_trial *trial)
{
    bool is_paced = trial->rate_per_second > 0;
    return (struct late_trial){
        .late_ns = is_paced ? (double)trial->lateness_p99_ns : 0,
        .span_ns = is_paced ? 1e9 / trial->rate_per_second : 0,
    };
}

static double limit_ns(const struct late_trial *trial)
{
    return LATENESS_SHARE_MAX * fmax(trial->span_ns, LATENESS_SPAN_NS);
}

static struct late_trial worst_of(const struct record_scenario *record, enum phase phase)
{
    struct late_trial worst = {0};
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < record->trial_count[side][phase]; t++) {
            struct late_trial trial = late_trial_of(&record->trials[side][phase][t]);
            if (trial.late_ns > worst.late_ns)
                worst = trial;
        }
    }
    return worst;
}

uint64_t lateness_worst_ns(const struct record_scenario *record, enum phase phase)
{
    return (uint64_t)worst_of(record, phase).late_ns;
}

struct str lateness_problem(const struct record_scenario *record, enum phase phase,
                            struct arena *arena)
{
    struct late_trial worst = worst_of(record, phase);
    if (worst.late_ns <= limit_ns(&worst))
        return STR("");
    return str_format(arena,
                      "1 %% of the requests left more than %.2f ms late, over the %.2f ms that "
                      "requests %.2f ms apart allow, since the machine was busy; lower load.rate, "
                      "or give it CPUs",
                      worst.late_ns / 1e6, limit_ns(&worst) / 1e6, worst.span_ns / 1e6);
}
