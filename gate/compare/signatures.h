#ifndef GATE_COMPARE_SIGNATURES_H
#define GATE_COMPARE_SIGNATURES_H

#include "gate/compare/keys.h"
#include "gate/compare/ledger.h"

/*
 * Pairs the functions of both sides by what pairing looks at, averaged
 * over the trials: bytes and objects of each kind per request, those of
 * the libraries that a function is charged with included, and what
 * was held at the end, by which functions that only run at start-up are
 * known; the file and the caller of the largest site; whether the other
 * side's executable still has the function. `staying` gets the keys of the
 * functions that it has though they allocate on one side alone; the caller
 * has made the map.
 */
void signatures_pair(struct pairs *out, struct map *staying, struct keys *keys,
                     const struct ledger_side sides[SIDES], const struct pair_hints *hints);

#endif
