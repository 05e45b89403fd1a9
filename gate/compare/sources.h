#ifndef GATE_COMPARE_SOURCES_H
#define GATE_COMPARE_SOURCES_H

#include "gate/compare/comparison.h"

/* One trial: its side in the comparison, and its place in the recording it comes from. */
struct trial_place {
    enum side side;
    const struct recording *recording;
    struct trial_key key;
};

/* "candidate, steady trial 2", as messages about it begin. `record` is that of the comparison. */
struct str trial_place_text(struct arena *arena, const struct record_scenario *record,
                            const struct trial_place *place);

struct trial_place source_trial(const struct comparison_source *source, enum side side,
                                enum phase phase, uint32_t number);

/*
 * Starts a comparison: its record describes both sources. What forbids
 * judging them is listed in `invalid`, what forbids comparing their
 * steady phase in `steady_refusal`. False when there are no trials that
 * could be read side by side.
 */
bool sources_join(struct comparison *out, struct arena *arena,
                  const struct comparison_source sources[SIDES]);

/*
 * The hints with the renamed files of the recording where both sides are
 * its own: git was asked about these two revisions and no others.
 */
struct pair_hints sources_hints(const struct comparison_source sources[SIDES],
                                const struct pair_hints *hints);

#endif
