#ifndef GATE_REPORT_JSON_TRACE_H
#define GATE_REPORT_JSON_TRACE_H

#include "gate/codec/json.h"
#include "gate/compare/comparison.h"

/*
 * "execution_trace" of verdict.json: null where nobody asked for one; a side
 * of which none was read has its reason alone, and no figure.
 */
void json_trace_write(struct json_writer *json, const struct comparison *comparison);

#endif
