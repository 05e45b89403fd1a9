#ifndef GATE_COMPARE_MOVED_H
#define GATE_COMPARE_MOVED_H

#include "gate/compare/ledger.h"

/*
 * Cost that left one function and came to another: a function split,
 * two merged, a helper extracted or written out in its caller. Kind by
 * kind and column by column, what one function gained is matched with
 * what another lost, at most the smaller of the two, where
 *   - the candidate's loser calls the winner, the baseline's winner called
 *     the loser, and what changed did so under that call, at most what all
 *     that the loser calls gained and all that the winner called lost; or who
 *     called the loser calls the winner now and is the program's own, and
 *   - the loser has nothing left or the winner had nothing before, or
 *     both changes are the same within 2 %, and
 *   - the total of the common caller is unchanged, unless a function that
 *     the baseline did not have stands for one that is gone: then what goes
 *     beyond is growth.
 * What is matched is written to ledger_row.moved of both functions
 * (positive where it came to): growth is what goes beyond it. Totals of
 * the scenario and its kinds are not touched: cost that moved is still
 * there.
 */
struct shift {
    const struct ledger_row *from; /* FUNCTION rows */
    const struct ledger_row *to;
    struct str from_name; /* their keys */
    struct str to_name;
    double amounts[COLUMNS]; /* what moved */
};

struct shifts {
    struct shift *items; /* by name of `to`, then of `from` */
    size_t len;
    size_t cap;
    bool is_cut; /* so much was to be looked at that not all was: more may have moved */
};

/* Of a function's value in the column no smaller change is more than noise. */
double moved_noise(enum column column, double value);

/* Fills the moved columns of the ledger's rows and lists the shifts of every column. */
void moved_find(struct shifts *out, struct ledger *ledger);

/* Less than this in a column is nobody's refactoring: no move is seen in it, and none is listed. */
double moved_noise_min(enum column column);

#endif
