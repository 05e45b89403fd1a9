#ifndef GATE_HARNESS_LOAD_REQUEST_LINE_H
#define GATE_HARNESS_LOAD_REQUEST_LINE_H

#include "gate/codec/json.h"
#include "gate/harness/load/requests.h"

/* Private to load: one request as the three forms of a request file write it. */

/* A JSON object of our own form or a target of vegeta. */
NODISCARD enum status request_line_read(struct request_line *out, struct arena *arena,
                                        const struct json_value *value,
                                        const struct requests_source *source, struct err *err);
/*
 * An entry of a HAR file. *host is what its URL names ("example.com:8080");
 * when that is not `only` (empty: any) the rest of *out means nothing.
 */
NODISCARD enum status request_line_read_har(struct request_line *out, struct str *host,
                                            struct arena *arena, const struct json_value *entry,
                                            struct str only, struct err *err);

#endif
