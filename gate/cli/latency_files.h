#ifndef GATE_CLI_LATENCY_FILES_H
#define GATE_CLI_LATENCY_FILES_H

#include "gate/recording/recording.h"

/*
 * Writes the latency of each scenario and side into DIR/latency, as
 * scenario-1-baseline.hgrm: of the duet's trials together, of the steady
 * ones where there is no duet. Older ones of that name are removed first.
 */
NODISCARD enum status latency_files_write(const struct recording *recording, struct str dir,
                                          struct err *err);

#endif
