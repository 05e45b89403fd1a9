#ifndef GATE_COMPARE_SAMPLED_ROWS_H
#define GATE_COMPARE_SAMPLED_ROWS_H

#include "gate/compare/ledger.h"

/*
 * Rows of heap profiles that were sampled: their intervals come from the
 * sampling (counts.h), whatever the number of trials, since with a fixed
 * load that is nearly all the noise there is. Several trials add up, and
 * one of them that strays further than the model allows widens the rest.
 */
struct sampling_rows {
    const struct ledger *ledger;
    const struct ledger_row *whole; /* the scenario's row */
    struct sampled *scratch[SIDES]; /* a trial each */
};

struct sampling_rows sampled_rows(const struct ledger *ledger, const struct ledger_row *whole);

/* True for columns of a sampled profile that hold what it says, not slopes through it. */
bool sampled_has(const struct ledger *ledger, enum column column);

struct estimate sampled_estimate(const struct sampling_rows *rows, const struct ledger_row *row,
                                 enum column column);

/* The effective samples of each side; COMPARISON_SAMPLES_EXACT at most. */
void sampled_counts(uint64_t counts[SIDES], const struct sampling_rows *rows,
                    const struct ledger_row *row, enum column column);

/* Notes the period of a sampled profile and which limits of the whole it can judge. */
void sampled_note(struct comparison *comparison, const struct sampling_rows *rows);

#endif
