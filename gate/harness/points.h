#ifndef GATE_HARNESS_POINTS_H
#define GATE_HARNESS_POINTS_H

#include "gate/harness/address.h"
#include "gate/harness/trial.h"

/*
 * Reads the heap after a forced GC, first as a profile, then as text,
 * and writes both into the trial's directory. Looks at the profile's
 * period: 0 is STATUS_INVALID, one that differs from the trial's earlier
 * points as well; another one than the exact phase asked for is said in
 * the log.
 */
NODISCARD enum status points_read(struct trial *trial, const struct address *address,
                                  enum point point, struct err *err);
/*
 * The heap's profile alone, into growth-NUMBER.pb.gz: what is live behind
 * part `number` of the load that goes on behind the point `end`.
 */
NODISCARD enum status points_read_growth(struct trial *trial, const struct address *address,
                                         uint32_t number, struct err *err);
/*
 * The live heap after a forced GC, as MemStats has it; no file. The caller
 * knows the request count.
 */
NODISCARD enum status points_read_live(struct record_live *out, struct trial *trial,
                                       const struct address *address, struct err *err);

#endif
