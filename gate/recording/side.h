#ifndef GATE_RECORDING_SIDE_H
#define GATE_RECORDING_SIDE_H

#include "gate/base/base.h"

/* Where something was measured: on which side, in which phase, at which point of a trial. */

enum side { SIDE_BASE, SIDE_CAND, SIDES };
enum phase { PHASE_EXACT, PHASE_STEADY, PHASE_DUET, PHASES };
enum point { POINT_READY, POINT_WARM, POINT_END, POINTS };
/*
 * So many collections memgate forces between the texts of two neighbouring
 * points: for the first one's profile and for the second one's text.
 */
enum { POINT_COLLECTIONS = 2 };

const char *side_name(enum side side);    /* "baseline", "candidate" */
const char *phase_name(enum phase phase); /* "exact", "steady", "duet" */
const char *point_name(enum point point); /* "ready", "warm", "end" */

#endif
