#ifndef GATE_COMPARE_MOVERS_H
#define GATE_COMPARE_MOVERS_H

#include "gate/base/map.h"
#include "gate/compare/ledger.h"

/*
 * The functions between which cost may have moved (moved.h), and who calls
 * each of them on which side: what relates one that lost to one that won.
 */

/*
 * Contexts and sites looked at in search of relations: seconds of work that only
 * two different programs need. What is not looked at did not move, which is noted.
 */
enum { MOVERS_STEPS_MAX = 200000000 };

/* Who calls a function, and its total as a caller where the program's own: index + 1, or 0. */
struct context {
    struct name_id key;
    uint32_t caller;
    unsigned sides; /* bit by side on which it does */
};

struct contexts {
    struct context *items; /* in order of ids once they are sorted */
    size_t len;
    size_t cap;
};

/* One function that may have won or lost. */
struct mover {
    struct ledger_row *row;
    struct str name;
    bool is_library;      /* charged to the program's functions: moves only among its like */
    struct contexts own;  /* of its own sites: no widening changes it */
    struct contexts wide; /* those, and callers of the ones that one side lacks */
    size_t work;          /* contexts and sites, all of which one relation may have to look at */
    double called; /* how far what it calls went in the column of the pass, less what moved */
};

struct movers {
    struct ledger *ledger;
    struct mover *items; /* by name */
    size_t len;
    struct map by_key; /* -> index of the mover */
    size_t steps;      /* done so far, of MOVERS_STEPS_MAX */
};

/* The functions of the ledger with their contexts; `called` is the caller's to fill. */
void movers_collect(struct movers *movers, struct ledger *ledger);
/* The rest is the arena's of the ledger. */
void movers_release(struct movers *movers);
/* By id: negative, 0 or positive, as qsort takes it. */
int context_order(const void *left, const void *right);
/* True where the context, or one that stands in for it, calls the function on the side. */
bool mover_has_context(const struct mover *mover, struct name_id context, enum side side);

#endif
