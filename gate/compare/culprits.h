#ifndef GATE_COMPARE_CULPRITS_H
#define GATE_COMPARE_CULPRITS_H

#include "gate/compare/ledger.h"

/* Paths and names as reports show them depend on the candidate's module. */
struct naming {
    struct arena *arena;
    const struct intern *names;
    struct str module;
};

/*
 * The line of a function that explains its growth in a column. Lines
 * shift between revisions, so sites are cancelled first: a site of the
 * candidate that has a twin of the same kind and cost on the baseline
 * did not cause anything. Of what is left those are paired that are
 * nearest in cost, of the row's own function or of the same library's: such
 * a site varies, or grew by the difference. The site of the kind in
 * question that grew most is named, the whole of it counting where it has
 * no twin; where the kind shrank, the one that did most, which may be a
 * line that only the baseline has.
 */
const struct ledger_site *guilty_site(const struct ledger_row *row, enum column column,
                                      enum alloc_kind *out_kind);

/* The same of one kind; NULL when the function has no site of it. */
const struct ledger_site *guilty_site_of(const struct ledger_row *row, enum column column,
                                         enum alloc_kind kind);

/* Path of a source file relative to the repository: the module prefix is cut off. */
struct str naming_file(const struct naming *naming, struct str file);

/*
 * The functions that grew most in a column by what they allocate
 * themselves and did not take over from others, largest first, at most
 * CULPRITS_MAX; only those of one kind when the row is a ROW_KIND.
 */
void culprits_find(struct comparison_row *out, const struct naming *naming,
                   const struct ledger *ledger, const struct ledger_row *row, enum column column);

/*
 * Mean over the trials of one side; of what a sampled profile has per
 * request each counts by its requests, as in estimate_of_sampled.
 */
double ledger_mean(const struct ledger *ledger, const struct ledger_row *row, enum side side,
                   enum column column);

#endif
