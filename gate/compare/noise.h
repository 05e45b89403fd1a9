#ifndef GATE_COMPARE_NOISE_H
#define GATE_COMPARE_NOISE_H

#include "gate/compare/comparison.h"

/*
 * Says in a note what disturbed the trials whose time is judged (steady
 * and duet): the worst one of each cause, with its figure. What is less
 * than NOISE_SHARE_SAID of the machine is not worth a line.
 */
#define NOISE_SHARE_SAID 0.10

void noise_note(struct comparison *comparison, struct arena *arena);

#endif
