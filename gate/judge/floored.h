#ifndef GATE_JUDGE_FLOORED_H
#define GATE_JUDGE_FLOORED_H

#include "gate/judge/judge.h"

/* True where calibration, and not the spread of the trials, makes a bound of the finding what it is. */
bool finding_is_floored(const struct finding *finding);

#endif
