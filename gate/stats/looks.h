#ifndef GATE_STATS_LOOKS_H
#define GATE_STATS_LOOKS_H

#include "gate/base/base.h"

/*
 * When the trials of a phase are judged, and how much error each look may
 * spend. Looking again after every added trial at the full level would err
 * more often than the level says; here the looks' levels sum to
 * LOOKS_ALPHA, so that all of them together err no more often, whatever
 * the dependence between looks (Bonferroni).
 *
 * The first look is after the planned trials, the last after the most that
 * may be run, one between them at their geometric middle: 2, 4, 8 for 2 of
 * at most 8, and 3, 5, 8 for 3. Levels are 0.2, 0.3 and 0.5 %: the early
 * looks only need to see what is large, and the last one keeps most of
 * the power. What looks that do not exist would have spent is the last
 * one's: where nothing can be added it has all of it.
 */
enum { LOOKS_MAX = 3 };
#define LOOKS_ALPHA 0.01

struct looks {
    uint32_t trials[LOOKS_MAX]; /* a side, ascending */
    double alpha[LOOKS_MAX];
    size_t len;
};

struct looks looks_plan(uint32_t planned, uint32_t most);

/*
 * The level for `count` trials: a function of counts alone, so that a
 * recording is judged the same everywhere. Between two looks, where the
 * budget ended a run, it is that of the later one, which nobody will spend
 * any more; beyond the last look the last one's.
 */
double looks_alpha(const struct looks *looks, size_t count);
/* From 1: which look that is. */
size_t looks_number(const struct looks *looks, size_t count);
/* Trials of the next look; `count` itself where there is none. */
size_t looks_next(const struct looks *looks, size_t count);

#endif
