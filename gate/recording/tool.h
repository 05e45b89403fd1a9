#ifndef GATE_RECORDING_TOOL_H
#define GATE_RECORDING_TOOL_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * tool.json, as text and back. The caller puts the file's name in front
 * of errors. Quantiles that do not climb are STATUS_INVALID when they are
 * written and STATUS_FORMAT when they are read.
 */
NODISCARD enum status tool_write(struct buf *buf, const struct record_tool *tool, struct err *err);
NODISCARD enum status tool_read(struct record_tool *out, struct arena *arena, struct str text,
                                struct err *err);

#endif
