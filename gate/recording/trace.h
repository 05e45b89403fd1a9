#ifndef GATE_RECORDING_TRACE_H
#define GATE_RECORDING_TRACE_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * trace.json of a trial. Strict: sums that cannot be (more of a part than of
 * the whole, an end before the beginning) are STATUS_INVALID when written and
 * STATUS_FORMAT when read.
 */
NODISCARD enum status trace_write(struct buf *buf, const struct record_trace *trace,
                                  struct err *err);
NODISCARD enum status trace_read(struct record_trace *out, struct arena *arena, struct str text,
                                 struct err *err);

#endif
