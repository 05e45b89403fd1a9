#ifndef GATE_CLI_RUN_H
#define GATE_CLI_RUN_H

#include "gate/cli/measure.h"
#include "gate/cli/options.h"
#include "gate/cli/planted.h"
#include "gate/recording/staged.h"

/* What `memgate run`, `memgate record` and the live self-test have in common: one run, from revisions to reports. */
struct run {
    struct talk talk;
    struct session session;
    struct harness harness;
    struct measuring measuring;
    struct staged staged; /* the recording, until it is whole */
    struct measured *measured;
    size_t measured_count;
    struct str root;
    struct revision base;
    struct revision head;
    struct revision policy_revision;
    uint64_t start_ns;
    uint64_t trials_start_ns;
    uint64_t judge_ns;
    /* options */
    struct str base_spec;
    struct str head_spec;
    struct str policy_path;
    struct str policy_from;
    struct str out_dir;
    bool is_alone;         /* run_record's: one revision, which is `head` */
    struct str noise_file; /* NOISE_NONE, or a file; empty: beside the policy */
    bool quick;
    bool exit_zero;
    bool always_measure;
    bool isolate;
    struct operands names;
    struct planted_run *planted; /* NULL but for a self-test */
};

/* Starts its clock, and what it says and judges by; before anything else of it. */
void run_begin(struct run *run);
/* Exports, builds, measures, judges and writes the reports; run_close is the caller's. */
NODISCARD enum status run_all(struct run *run, struct err *err);
/*
 * Builds and measures run->head_spec alone and writes the recording, still
 * beside an old one (run_settle); no judgement. What could not be built or
 * measured is its scenario's failure in the recording.
 */
NODISCARD enum status run_record(struct run *run, struct err *err);
/*
 * Finds the policy by --policy and --policy-from, and reads it into the
 * session and the recording; STATUS_POLICY where there is none, or a wrong one.
 */
NODISCARD enum status run_read_policy(struct run *run, struct err *err);
/* What the baseline itself calls its scenarios: nothing is new that stands there. */
void run_read_base_policy(struct run *run);
/* Puts the new recording where the old one is. */
NODISCARD enum status run_settle(struct run *run, struct err *err);
/*
 * Ends what still runs. Of a run that failed, what was judged last takes the
 * place of the old recording; one that never became whole is removed, and
 * where that leaves the old one, it is said.
 */
void run_close(struct run *run);
/* Lays what is planted over the candidate's exported tree; nothing but in a self-test. */
NODISCARD enum status run_plant(struct run *run, struct err *err);
/* Where the time went, so that nobody has to guess what to shorten. */
void run_print_times(struct run *run);

#endif
