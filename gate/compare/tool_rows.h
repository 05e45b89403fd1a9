#ifndef GATE_COMPARE_TOOL_ROWS_H
#define GATE_COMPARE_TOOL_ROWS_H

#include "gate/compare/comparison.h"

/*
 * Latency that a load tool measured (load.driver: command). Each trial is
 * one number a quantile, of one process; the sides ran one after the other.
 * So it is compared like the latency of steady trials, and it is no duet:
 * what disturbed the machine during one trial is in that trial alone.
 */

/* The tool's figure in ns; negative where it printed none of the quantile. */
double tool_quantile(const struct record_trial *trial, double quantile);
/*
 * Widens an estimate by what rounding may have hidden on each side: three
 * readings of "1.3 ms" have no spread and prove nothing of a tenth. The
 * largest rounding of the quantile among the steady trials counts.
 */
void tool_widen(struct estimate *estimate, const struct record_scenario *record, double quantile);
/* Whose figure the latency of the scenario is: "hey"; empty: memgate's own. */
struct str tool_of(const struct record_scenario *record);
/*
 * Says in notes what the tool found on each side and what its latency is
 * worth, and sets latency_refusal and has_no_latency where it gave none.
 */
void tool_note(struct comparison *comparison, struct arena *arena);
/*
 * True when the two numbers of requests may be taken for the same: equal, or
 * within the tolerance that the policy stated for the tool of both trials.
 */
bool tool_counts_agree(const struct record_trial *a, const struct record_trial *b, double first,
                       double other);

#endif
