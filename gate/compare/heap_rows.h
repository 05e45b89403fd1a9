#ifndef GATE_COMPARE_HEAP_ROWS_H
#define GATE_COMPARE_HEAP_ROWS_H

#include "gate/compare/ledger.h"

/* Adds the rows of the exact phase: scenario, kinds, functions and what moved. */
void heap_rows_add(struct comparison *comparison, struct arena *arena, struct intern *names,
                   const struct ledger_side sides[SIDES], const struct pair_hints *hints);

/* Appends a row to comparison->rows; the array doubles in the arena. */
void comparison_row_add(struct comparison *comparison, struct arena *arena,
                        const struct comparison_row *row);

#endif
