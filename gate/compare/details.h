#ifndef GATE_COMPARE_DETAILS_H
#define GATE_COMPARE_DETAILS_H

#include "gate/compare/culprits.h"

/*
 * Fills what a reader may ask of a comparison beside its rows: bytes by
 * kind, operation and how the kind was found, entries that no table
 * lists, and the sites of every function. comparison->paired holds the
 * ledger's pairs in their order already.
 */
void details_add(struct comparison *comparison, const struct naming *naming,
                 const struct ledger *ledger);

#endif
