#ifndef GATE_RECORDING_FUNCTIONS_H
#define GATE_RECORDING_FUNCTIONS_H

#include "gate/base/buf.h"
#include "gate/recording/recording.h"

/*
 * functions.txt: a name a line, each greater in byte order than the one
 * before; nothing else, so that one list has one spelling.
 */

/* A list that the reader would refuse is STATUS_INVALID; one that is too long STATUS_LIMIT. */
NODISCARD enum status functions_write(struct buf *buf, const struct record_program *program,
                                      struct err *err);
/* Fills the functions of *program and sets has_functions; STATUS_FORMAT or STATUS_LIMIT "line N". */
NODISCARD enum status functions_read(struct record_program *program, struct arena *arena,
                                     struct str text, struct err *err);

#endif
