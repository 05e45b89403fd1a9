#ifndef GATE_RECORDING_CALIBRATION_H
#define GATE_RECORDING_CALIBRATION_H

#include "gate/recording/recording.h"

/*
 * memgate.noise/CLASS.json: what `memgate calibrate` saw when a revision
 * ran against itself on a machine, `runs` times. A file of one class of
 * machines, written as a whole, and copied into each recording that was
 * judged by it as noise.json. Its members, in this order and none besides,
 * are those of the structs below under the same names:
 *
 *   schema, memgate_version, machine {class, os, arch, cpu_model, cpu_count, quota_cpus},
 *   kernel, revision, policy_sha256, quick, runs,
 *   scenarios [{name, go_version, runs, blocked_runs, inconclusive_runs, spreads [...], rules [...]}],
 *   sha256    of its own bytes before this value, as in manifest.json
 *
 * What makes a class: the operating system, the architecture, the model of
 * the CPU, how many CPUs memgate may use, and its control group's quota of
 * them: the time that a request takes hangs on each. What does not: the
 * kernel's version, which changes weekly on hosted runners while the noise
 * stays what it was; it is in the file to be looked at. Nor the release of
 * Go and GOMAXPROCS, which belong to the program and the policy: the first
 * is in the file, the second in the policy, whose hash is, and a report
 * says when either is another. Nor is the host's name or the service that
 * runs the CI: two runners alike are one class. What nobody can see from
 * inside, neighbours on the same host for one, is in the spread itself.
 */
#define CALIBRATION_SCHEMA "memgate.noise/1"

enum {
    CALIBRATION_BYTES_MAX = 4 * 1024 * 1024,
    CALIBRATION_RUNS_MAX = 100,
    CALIBRATION_SPREADS_MAX = 20000, /* per scenario */
    CALIBRATION_RULES_MAX = 1000,
};

/*
 * Fewer make intervals that reach several times as far as they need to,
 * the more the smaller the level: of 2 runs 5.5 times at 0.2 %, of 5 1.7
 * times (tests/oracle/floor.py).
 */
#define CALIBRATION_RUNS_FEW      5
#define CALIBRATION_RUNS_FEW_TEXT " (few: 5 make far narrower intervals)"

/*
 * What no spread is above: factors of e^100, and nothing that is measured
 * in a unit comes near 1e18. Bounds by such a floor are numbers still.
 */
#define CALIBRATION_RATIO_MAX 100.0
#define CALIBRATION_UNIT_MAX  1e18
#define CALIBRATION_DF_MAX    1e6

struct machine_class {
    struct str name; /* machine_class_name of the others */
    struct str os;
    struct str arch;
    struct str cpu_model;
    uint64_t cpu_count;
    double quota_cpus; /* environment_quota_cpus */
};

/*
 * The CPUs that a quota leaves of those there are; 0 where there is none,
 * or it is not known, or it is no less than all of them ("2 of 2 CPUs"):
 * it holds nothing back.
 */
double environment_quota_cpus(const struct record_environment *environment);

/* What a spread is of: the rows of a comparison, or all functions that have none of their own. */
#define CALIBRATION_OF_SCENARIO  "scenario"
#define CALIBRATION_OF_KIND      "kind"
#define CALIBRATION_OF_BENCHMARK "benchmark"
#define CALIBRATION_OF_FUNCTION  "function"
#define CALIBRATION_OF_OTHERS    "other functions"

#define CALIBRATION_RATIO "ratio" /* of the logarithm of candidate / baseline */
#define CALIBRATION_UNIT  "unit"  /* of the difference, in the metric's own unit */

/* struct spread of stats/floor.h, whose the meaning is. */
struct calibration_spread {
    struct str metric;  /* "alloc_space" */
    struct str subject; /* CALIBRATION_OF_* */
    struct str point;   /* "warm" or "end" */
    /*
     * "steady": windows of the duet do not vary as processes do. Empty in
     * files from before this was written down: not known, and no floor.
     */
    struct str phase;
    struct str kind;  /* "map"; empty: of all */
    struct str func;  /* as pairing spells it, without numbers of closures; or the benchmark */
    struct str scale; /* CALIBRATION_RATIO or CALIBRATION_UNIT */
    uint64_t runs;
    double run_spread;
    double trials;
    double trial_spread;
    double trial_df;
};

/* What a rule of the policy made of the runs, in which nothing had changed. */
struct calibration_rule {
    struct str rule;     /* as rule_describe says it */
    struct str severity; /* "block" */
    uint64_t decisions;  /* subjects of all runs */
    uint64_t false_alarms;
    uint64_t inconclusive;
    /*
     * Of the subject and run where least can be told from none, against its
     * limit: the growth that is found 9 times of 10 after all trials that
     * the policy allows, and that limit, both in `unit`. Without has_detectable
     * `subject` is one of a block rule of which nothing can be told, if any.
     */
    bool has_detectable;
    double detectable;
    double limit;
    struct str unit;
    struct str subject;
};

/* True where a file may hold the spread: two runs or more, and all numbers within their limits. */
bool calibration_spread_fits(const struct calibration_spread *spread);

struct calibration_scenario {
    struct str name;
    struct str go_version;
    uint64_t runs; /* that had a verdict */
    uint64_t blocked_runs;
    uint64_t inconclusive_runs;
    struct calibration_spread *spreads; /* by metric, subject, point, kind and function */
    size_t spread_count;
    struct calibration_rule *rules; /* in the policy's order */
    size_t rule_count;
};

struct calibration {
    struct str schema;
    struct str memgate_version;
    struct machine_class machine;
    struct str kernel;
    struct str revision;
    struct str policy_sha256;
    bool quick; /* of the exact phase alone */
    uint64_t runs;
    struct calibration_scenario *scenarios;
    size_t scenario_count;
    struct str sha256;
};

/*
 * "linux-amd64-intel-xeon-platinum-8370c-2-80ghz-2cpu": lower case letters,
 * digits and dashes, so that it is a file's name everywhere, the CPU's
 * model cut to 48 of them; "-1.5quota" behind it where there is one. Two
 * models that are cut alike are told apart by the fields themselves.
 */
struct machine_class machine_class_of(struct arena *arena,
                                      const struct record_environment *environment);
bool machine_class_equal(const struct machine_class *a, const struct machine_class *b);

/* Sets schema and seal. STATUS_INVALID for numbers that JSON cannot hold. */
NODISCARD enum status calibration_write(struct buf *buf, const struct calibration *calibration,
                                        struct err *err);
/*
 * Strict: STATUS_FORMAT for another schema, an unknown or missing member, a
 * seal that does not fit, a class that its own fields do not make.
 */
NODISCARD enum status calibration_read(struct calibration *out, struct arena *arena,
                                       struct str text, struct err *err);
/* SHA-256 of a policy's text, as policy_sha256 has it. */
struct str calibration_policy_hash(struct arena *arena, struct str policy_text);
/* NULL where the scenario was not calibrated. */
const struct calibration_scenario *calibration_scenario(const struct calibration *calibration,
                                                        struct str name);

#endif
