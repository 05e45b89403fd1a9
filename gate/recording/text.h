#ifndef GATE_RECORDING_TEXT_H
#define GATE_RECORDING_TEXT_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * program.json and trial.json of a recording: bytes in, structs out, and
 * back. Each writer is byte-stable; each reader takes exactly what its
 * writer writes, in any layout of blanks, and refuses unknown members,
 * since the schema version names the shape. Reader errors are
 * STATUS_FORMAT or STATUS_LIMIT; the caller puts the file's name in front.
 */
NODISCARD enum status program_write(struct buf *buf, const struct record_program *program,
                                    struct err *err);
NODISCARD enum status program_read(struct record_program *out, struct arena *arena, struct str text,
                                   struct err *err);

NODISCARD enum status trial_write(struct buf *buf, const struct record_trial *trial,
                                  struct err *err);
NODISCARD enum status trial_read(struct record_trial *out, struct arena *arena, struct str text,
                                 struct err *err);

#endif
