#ifndef GATE_REPORT_JSON_FINDING_H
#define GATE_REPORT_JSON_FINDING_H

#include "gate/codec/json.h"
#include "gate/report/report.h"

/* Private to report: what is known of one row, and what was found of it, as verdict.json has it. */

/* An item of the list "findings". */
void json_finding(struct json_writer *json, struct arena *arena,
                  const struct judged_scenario *scenario, const struct finding *finding);
/*
 * The members "base" to "samples" of the object that is open. `finding` is
 * NULL for a row that is only listed.
 */
void json_estimate(struct json_writer *json, const struct comparison_row *row,
                   const struct finding *finding);

#endif
