#ifndef GATE_HARNESS_PROCESS_OUTPUT_H
#define GATE_HARNESS_PROCESS_OUTPUT_H

#include "gate/harness/process.h"

/* What a program says: the first and the last MiB are kept however much it is. */
void output_init(struct process_output *output);
void output_release(struct process_output *output);
void output_add(struct process_output *output, const char *data, size_t len);
/* Takes what the pipe holds, without waiting; closes *fd and sets it to -1 at its end. */
void output_drain(struct process_output *output, int *fd);

#endif
