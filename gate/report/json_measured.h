#ifndef GATE_REPORT_JSON_MEASURED_H
#define GATE_REPORT_JSON_MEASURED_H

#include "gate/codec/json.h"
#include "gate/report/report.h"

/*
 * Private to report. "measured" of a scenario in verdict.json: every number
 * of the whole scenario, judged or not; null where something was not measured.
 */
void json_measured(struct json_writer *json, struct arena *arena,
                   const struct comparison *comparison);

#endif
