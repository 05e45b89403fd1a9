#ifndef GATE_REPORT_JSON_DECISION_H
#define GATE_REPORT_JSON_DECISION_H

#include "gate/codec/json.h"
#include "gate/judge/judge.h"

/* The key "decision" of a finding: how its verdict came about; null where nobody judged it. */
void json_decision(struct json_writer *json, const struct finding *finding);

void json_noise(struct json_writer *json, const struct comparison *comparison);

#endif
