#ifndef GATE_HARNESS_LOAD_REQUEST_CAPTURE_H
#define GATE_HARNESS_LOAD_REQUEST_CAPTURE_H

#include "gate/harness/load/requests.h"

/* Private to load: what a line captures, and what of other lines it puts into its own places. */

/* The member "capture" of a line. */
NODISCARD enum status request_read_captures(struct request_line *line, struct arena *arena,
                                            const struct json_value *value, struct err *err);
/*
 * Gives each {{name}} of the line the slot of a capture of a line above it,
 * then adds slots for its own. `row` is the line as written: a name without
 * a slot is STATUS_POLICY with its *column there.
 */
NODISCARD enum status request_bind_captures(struct request_line *line, struct arena *arena,
                                            struct capture_slots *slots, struct str row,
                                            size_t *column, struct err *err);
/* Of a form that has no captures: {{name}} is text. */
void request_forget_captures(struct request_line *line);

#endif
