#ifndef GATE_COMPARE_CALIBRATED_H
#define GATE_COMPARE_CALIBRATED_H

#include "gate/compare/comparison.h"
#include "gate/recording/calibration.h"
#include "gate/stats/floor.h"

/*
 * Rows and what calibration saw of them, both ways: the rows of runs of a
 * revision against itself become spreads, and the spreads become floors of
 * the rows of another run.
 *
 * All rows of a whole scenario, of kinds and of benchmarks have a spread of
 * their own. So do functions, or kinds in them, whose heap differs from run
 * to run by more than CALIBRATED_QUIET: one that is at one of two levels by
 * chance looks constant in the trials of one run. The others share one per
 * metric, as do functions that no run had. Functions that hold less than
 * CALIBRATED_SHARE_MIN of the scenario are in neither, and functions of
 * CPU, block and mutex profiles and heap growth of single functions have no
 * floor: what samples they have says how sure they are.
 *
 * Spreads are of the logarithm of candidate / baseline, but where a run had
 * a value that has none, or the metric is a slope: those are in its unit.
 */
#define CALIBRATED_QUIET     1e-3
#define CALIBRATED_SHARE_MIN 1e-3

struct calibrated_row {
    struct str key; /* what a spread is found by */
    struct calibration_spread label;
    uint64_t run;
    bool is_class; /* a function's: may be pooled with others */
    bool has[2];   /* by is_ratio */
    struct reading reading[2];
};

/* The rows of one scenario over all runs. Zeroed, with its arena, before the first. */
struct calibrated_rows {
    struct arena *arena;
    struct calibrated_row *items;
    size_t len;
    size_t cap;
};

/* `run` counts from 1; texts are copied. */
void calibrated_take(struct calibrated_rows *out, const struct comparison *comparison,
                     uint64_t run);
/* Rows that fewer than two runs had are left out. Sorts the rows. */
void calibrated_pool(struct calibration_scenario *out, struct calibrated_rows *rows);

/*
 * Floors for the rows of a comparison, by the calibration that came with
 * `policy`, the recording of the protected side; `cand` is where the
 * candidate was measured, often the same, and has the text of the policy
 * that judges, which --policy may have put there. Of another class of machines
 * than both it is not used, and comparison->noise says so. One side alone
 * has no change that could have a floor.
 */
void calibrated_apply(struct comparison *comparison, struct arena *arena,
                      const struct recording *policy, const struct recording *cand);

#endif
