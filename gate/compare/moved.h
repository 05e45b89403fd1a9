#ifndef GATE_COMPARE_MOVED_H
#define GATE_COMPARE_MOVED_H

#include "gate/compare/ledger.h"

/*
 * Cost that left one function and came to another: a function split,
 * two merged, a helper extracted or written out in its caller. Kind by
 * kind and column by column, what one function gained is matched with
 * what another lost, at most the smaller of the two, where
 *   - one of the two calls the other, or both have a caller in common that
 *     is the program's own, and
 *   - the loser has nothing left or the winner had nothing before, or
 *     both changes are the same within 2 %, and
 *   - the total of the common caller is unchanged, unless a new function
 *     stands for one that is gone: then what goes beyond is growth.
 * What is matched is written to ledger_row.moved of both functions
 * (positive where it came to): growth is what goes beyond it. Totals of
 * the scenario and its kinds are not touched: cost that moved is still
 * there.
 */
struct shift {
    struct name_id from; /* keys, candidate's */
    struct name_id to;
    double bytes; /* alloc_space per request; held at the end where nothing is allocated */
};

struct shifts {
    struct shift *items; /* in order of names */
    size_t len;
    size_t cap;
};

/* Fills the moved columns of the ledger's rows and lists the shifts. */
void moved_find(struct shifts *out, struct ledger *ledger);

#endif
