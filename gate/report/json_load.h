#ifndef GATE_REPORT_JSON_LOAD_H
#define GATE_REPORT_JSON_LOAD_H

#include "gate/codec/json.h"
#include "gate/report/report.h"

/* Private to report: how the load was sent, as members of verdict.json (config/verdict.schema.json). */

/* "load" of "measured"; null where it was not recorded. */
void json_write_load(struct json_writer *json, const struct record_scenario *record);
/* "clocks" of a phase; null for a closed loop and where they were not recorded. */
void json_write_clocks(struct json_writer *json, const struct record_scenario *record,
                       enum phase phase);

#endif
