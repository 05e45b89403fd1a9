#ifndef GATE_CLI_CALIBRATE_H
#define GATE_CLI_CALIBRATE_H

#include "gate/cli/session.h"
#include "gate/compare/calibrated.h"

enum { CALIBRATING_RUNS_MIN = 2 };

/*
 * Runs of one revision against itself, added up: what `memgate calibrate`
 * writes. Texts are copied, so that each run's session can go.
 */
struct calibrating_scenario {
    struct calibration_scenario out;
    struct calibrated_rows rows;
    uint64_t runs;      /* that had a verdict */
    uint64_t void_runs; /* that had none */
    struct str why_void;
};

struct calibrating {
    struct arena *arena;
    struct calibration out; /* scenarios are filled in by calibrating_close */
    struct calibrating_scenario *scenarios;
    size_t scenario_count;
    struct str policy_name;
    uint64_t runs;
};

/*
 * Takes one judged run (list_all). STATUS_INVALID where the policy is
 * another than that of the runs before.
 */
NODISCARD enum status calibrating_add(struct calibrating *calibrating,
                                      const struct session *session, struct err *err);
/*
 * Pools all runs. A scenario of fewer than CALIBRATING_RUNS_MIN with a
 * verdict is left out; STATUS_INVALID where that leaves none.
 */
NODISCARD enum status calibrating_close(struct calibrating *calibrating, struct err *err);
/*
 * What each rule can detect, of a run that was judged again with the
 * floors that calibrating_close made: as later runs will be.
 */
void calibrating_detect(struct calibrating *calibrating, const struct session *session);
/* What was seen, for people: spreads of whole scenarios, and what each rule can detect. */
void calibrating_write_text(struct buf *out, const struct calibration *calibration);
/* "detects +107 B/request, limit +792 B/request (...)" and, in a line of its own, that it is too low. */
void calibrating_write_detectable(struct buf *out, const struct calibration_rule *rule);

#endif
