#ifndef GATE_COMPARE_CREATIONS_H
#define GATE_COMPARE_CREATIONS_H

#include "gate/compare/comparison.h"

/*
 * Fills comparison->creations: go statements of one function that start the
 * same function are one, whichever line they moved to. Does nothing where a
 * steady trial's goroutines were not asked for, or the service did not tell.
 */
NODISCARD enum status creations_add(struct comparison *comparison, struct arena *arena,
                                    const struct comparison_source sources[SIDES], struct err *err);

#endif
