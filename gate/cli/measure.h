#ifndef GATE_CLI_MEASURE_H
#define GATE_CLI_MEASURE_H

#include "gate/binary/binary.h"
#include "gate/fold/targets.h"
#include "gate/harness/harness.h"

/*
 * Building and measuring one scenario into a recording: the glue between
 * harness (processes), binary (what was built) and recording. A failure
 * that voids the scenario is written into the recording, so that the
 * verdict says it and can be replayed; STATUS_INTERRUPTED, USAGE, POLICY
 * and IO end the run.
 */
struct measured {
    struct harness_scenario built;
    struct binary binaries[SIDES];
    struct call_targets targets[SIDES];
    size_t scenario; /* index in the recording */
    bool ready;      /* built and worth measuring */
};

struct measuring {
    struct arena *arena;
    struct harness *harness;
    struct recording *recording;
    const struct log *log;
    bool always_measure;
    const struct policy *base_policy; /* the baseline revision's own; NULL: it has none */
    bool base_policy_unknown;         /* it has one that cannot be read */
    struct str refusal; /* why neither side can be built, a hostile tree for one; else empty */
    uint64_t trial_ns[PHASES]; /* the longest pair of trials so far, for the budget */
};

/* Failures of the thing under test void its scenario; everything else ends the run. */
bool measure_voids_scenario(enum status status);
/* Appends the scenario to the recording, builds both sides and compares what was built. */
NODISCARD enum status measure_prepare(struct measuring *measuring, struct measured *out,
                                      const struct scenario *scenario, struct err *err);
/*
 * One trial of each side that there is, base first in odd and candidate first in even
 * rounds (ABBA), so that a drifting machine favours neither.
 */
NODISCARD enum status measure_pair(struct measuring *measuring, struct measured *measured,
                                   enum phase phase, struct err *err);

#endif
