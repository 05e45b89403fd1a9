#ifndef GATE_CLI_SAME_LOAD_H
#define GATE_CLI_SAME_LOAD_H

#include "gate/compare/comparison.h"
#include "gate/policy/policy.h"

/*
 * Two recordings were each made by a policy and a request file of their
 * own: a change that is recorded may have chosen an easier load for itself.
 */
struct recorded_policies {
    struct policy policies[SIDES];
    bool is_known[SIDES];
    struct str problem; /* why one cannot be read; else empty */
};

/* Reads the policies that both recordings hold. */
void recorded_policies_read(struct recorded_policies *out, struct arena *arena,
                            const struct recording *base, const struct recording *cand);
/* Makes the comparison invalid, and names what differs, where the loads are known and differ. */
void same_load_check(struct comparison *comparison, struct arena *arena,
                     const struct recorded_policies *recorded, const struct record_scenario *base,
                     const struct record_scenario *cand);

#endif
