#ifndef GATE_JUDGE_FAMILY_H
#define GATE_JUDGE_FAMILY_H

#include "gate/judge/decide.h"
#include "gate/stats/looks.h"

/*
 * Claims that are judged together, so that the chance of even one false
 * regression among them stays below the look's level (Holm; LOOKS_ALPHA
 * over all looks). Who asks many questions must be surer of each answer;
 * who asks a few must not pay for the others. So, in a scenario:
 *
 * - total: each metric of the whole scenario is a family of its own: its
 *   points (warm and end), its kinds, or its benchmarks. The totals decide
 *   first, and a metric of the process, of which there are three trials
 *   with several per cent of spread, would lose all its power to a
 *   correction over the functions of a profile. Eight such families may
 *   each err at their level where the truth lies at the limit; where
 *   nothing changed it lies far below, and all families together err
 *   in less than 1 % of runs (tests/bench/errors).
 * - named: functions that a rule names exactly. They were chosen before
 *   anything was seen, and are few.
 * - functions: all other rows of single functions, or kinds in them.
 *   What was read from the trials of one phase is one family, what was read
 *   from those of another is another: CPU samples do not make allocation
 *   less sure.
 *
 * Block rules have families of their own: the promise is about what blocks,
 * and a review of every function must not take power from it. Reviews and
 * alerts share the other ones, with the same level.
 */
enum family_group { FAMILY_TOTAL, FAMILY_NAMED, FAMILY_FUNCTIONS };

const char *family_group_name(enum family_group group); /* "total", "named", "functions" */

struct family {
    enum family_group group;
    enum metric metric; /* of TOTAL; else 0 */
    enum phase phase;
    bool blocks;
    double *p; /* of the claims that count */
    size_t len;
    size_t cap;
    double look_alpha;
    double level; /* at which its claims are called broken; after families_close */
};

/* One scenario's. Lives in the arena. */
struct families {
    struct arena *arena;
    struct family *items;
    size_t len;
    size_t cap;
    double look_alpha[PHASES];
};

void families_init(struct families *out, struct arena *arena, const double look_alpha[PHASES]);
/* Index of the family that the rule's claims on the row are in. */
size_t families_find(struct families *families, const struct rule *rule,
                     const struct comparison_row *row);
void families_add(struct families *families, size_t family, const struct decide_claim *claims,
                  size_t count);
/* When all claims are in: finds the levels. */
void families_close(struct families *families);

#endif
