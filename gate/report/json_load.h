#ifndef GATE_REPORT_JSON_LOAD_H
#define GATE_REPORT_JSON_LOAD_H

#include "gate/codec/json.h"
#include "gate/report/report.h"

/* Private to report: how the load was sent and on what machine, as members of verdict.json. */

/* "load" of "measured"; null where it was not recorded. */
void json_write_load(struct json_writer *json, const struct record_scenario *record);
/* "clocks" of a phase; null for a closed loop and where they were not recorded. */
void json_write_clocks(struct json_writer *json, const struct record_scenario *record,
                       enum phase phase);
/* "limits"; null where there were none. */
void json_write_limits(struct json_writer *json, const struct record_limits *limits);
/* "machine"; null where it was not recorded. */
void json_write_machine(struct json_writer *json, struct arena *arena,
                        const struct record_scenario *record);

#endif
