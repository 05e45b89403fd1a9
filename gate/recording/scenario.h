#ifndef GATE_RECORDING_SCENARIO_H
#define GATE_RECORDING_SCENARIO_H

#include "gate/base/str.h"
#include "gate/recording/side.h"
#include "gate/recording/trial.h"

/* One scenario: what was built of both sides, and the trials of each. */

#define RECORD_TARGET_CALL   "call"   /* the CALL instruction at the offset names the symbol */
#define RECORD_TARGET_HIDDEN "hidden" /* debug=1 text does: its runtime frame before the leaf */

/* What is called at a sampled address. */
struct record_target {
    uint64_t offset; /* in the file of the byte before the return address */
    struct str symbol;
    struct str type; /* Go's name of the allocated type; empty when not known */
    struct str how;  /* RECORD_TARGET_CALL or RECORD_TARGET_HIDDEN */
};

/* What was built for one side. */
struct record_program {
    struct str revision; /* full SHA, or "work tree" */
    struct str label;    /* what the user asked for: "origin/main" */
    struct str go_version;
    struct str module;
    struct str package;  /* package path of main, or of the tested package */
    struct str arch;     /* "amd64", "arm64" */
    struct str settings; /* build settings as the binary holds them */
    struct str sha256;   /* of the binary */
    uint64_t binary_bytes;
    struct record_target *targets; /* sorted by offset */
    size_t target_count;
    /*
     * All functions of the binary but the runtime's, inlined ones included, in
     * byte order, unique: whether a function vanished or did not allocate.
     */
    struct str *functions;
    size_t function_count;
    bool has_functions; /* false: the binary could not be asked */
};

/* What a control group held the services to; 0 and empty where it set no limit. */
struct record_limits {
    uint64_t cgroup_version; /* 1 or 2; 0: no group */
    uint64_t memory_bytes;
    double cpus; /* a quota */
    struct str cpuset;
};

struct record_scenario {
    struct str name;
    bool is_gotest;
    bool identical; /* byte-identical binaries, not measured */
    struct str
        identical_why_measured; /* why identical binaries were measured all the same; may be empty */
    struct str failure;         /* why there is no verdict; empty when complete */
    /*
     * Why the candidate alone was measured: RECORD_ALONE_NEW where the
     * baseline does not have the scenario, RECORD_ALONE_MISSING where its
     * policy does or could not be read, but its tree not what the scenario
     * builds, RECORD_ALONE_ASKED where one revision was recorded on purpose.
     * Empty: there are two sides. Nothing of a baseline is on disk then.
     */
    struct str alone;
    /* Of the request file and what it names: equal ones are the same requests. Empty: not known. */
    struct str requests_sha256;
    struct str transport; /* "HTTP/2 over TLS over TCP"; empty: gotest, or not recorded */
    struct str notes;     /* what a reader must know of how it was taken: one line; may be empty */
    uint64_t load_count;  /* requests of the steady phase as the policy says: "over the load" */
    struct record_limits limits;
    struct record_program programs[SIDES];
    struct record_trial *trials[SIDES][PHASES];
    size_t trial_count[SIDES][PHASES];
};

#define RECORD_ALONE_NEW     "new"
#define RECORD_ALONE_MISSING "missing"
#define RECORD_ALONE_ASKED   "asked"

/* Where a loop over the sides that were measured begins. */
static inline enum side record_first_side(const struct record_scenario *record)
{
    return record->alone.len > 0 ? SIDE_CAND : SIDE_BASE;
}

#endif
