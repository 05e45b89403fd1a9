#ifndef GATE_RECORDING_RECORDING_H
#define GATE_RECORDING_RECORDING_H

#include "gate/base/buf.h"
#include "gate/base/err.h"
#include "gate/base/metric.h"
#include "gate/base/str.h"
#include "gate/profile/goroutines.h"
#include "gate/profile/memstats.h"
#include "gate/profile/profile.h"
#include "gate/recording/files.h"
#include "gate/recording/scenario.h"
#include "gate/recording/side.h"
#include "gate/recording/table.h"
#include "gate/recording/trial.h"

/*
 * A recording is a directory with everything needed to judge again on
 * any machine:
 *
 *   manifest.json                      schema, versions, scenarios, sides, file list with SHA-256
 *   policy.yaml                        the policy that applies, byte for byte
 *   noise.json                         the calibration of the machine that it was judged by, byte for
 *                                      byte (calibration.h); absent where there was none
 *   SCENARIO/SIDE/program.json         the build: revision, Go version, module, call targets
 *   SCENARIO/SIDE/functions.txt        the program's functions by name; only when they are known
 *   SCENARIO/SIDE/PHASE-N/trial.json   one process under the load: counts, latency, CPU, RSS
 *   SCENARIO/SIDE/PHASE-N/ready.pb.gz  heap profile at the point (warm, end likewise;
 *                                      gotest has only end)
 *   SCENARIO/SIDE/PHASE-N/ready.txt    the same as debug=1 text, for MemStats (not for gotest)
 *   SCENARIO/SIDE/steady-N/cpu.pb.gz   CPU profile over the load, or
 *   SCENARIO/SIDE/steady-N/cpu.txt     why there is none: one line; neither when none was wanted
 *   SCENARIO/SIDE/steady-N/mutex-warm.pb.gz  what waited for locks from the start to the point
 *                                      (mutex-end, block-warm, block-end likewise), or
 *   SCENARIO/SIDE/steady-N/mutex.txt   why there is none (block.txt likewise)
 *   SCENARIO/SIDE/steady-N/mutex-period.txt  of an empty one: 0 where nobody looked, one line
 *   SCENARIO/SIDE/steady-N/goroutine-warm.pb.gz  the goroutines at the point (goroutine-end
 *                                      likewise), or goroutine.txt
 *   SCENARIO/SIDE/steady-N/goroutine-end.txt  who created how many of them (goroutines.h); absent
 *                                      where the service does not tell
 *   SCENARIO/SIDE/exact-N/growth-1.pb.gz  heap profiles while the load goes on behind `end`, at
 *                                      most RECORDING_GROWTH_MAX, and
 *   SCENARIO/SIDE/exact-N/growth.txt   how many requests were answered by then (not for gotest)
 *   SCENARIO/SIDE/steady-N/series.txt  what the process had and used over the load (not for gotest)
 *   SCENARIO/SIDE/steady-N/memstats.txt  its MemStats over the load; absent where it was not polled
 *   SCENARIO/SIDE/steady-N/slow.txt    when its slowest requests were under way (not for gotest)
 *   SCENARIO/SIDE/steady-N/gc.txt      its collections during the load; only where they are known
 *   SCENARIO/SIDE/steady-N/trace.json  what an execution trace says, or why there is none; where
 *                                      the policy asks for one
 *   SCENARIO/SIDE/steady-N/trace.out   the trace itself, of some more of the load behind `end`, as
 *                                      `go tool trace` opens it
 *   SCENARIO/SIDE/steady-N/trace-gc.txt  the collections that it holds whole, and
 *   SCENARIO/SIDE/steady-N/trace-gctrace.txt  those that gctrace printed meanwhile, as gc.txt
 *   SCENARIO/SIDE/PHASE-N/output.txt   what the process printed, head and tail
 *   SCENARIO/SIDE/PHASE-N/tool.json    what a load tool said of the load it sent; where the load was
 *                                      memgate's own there is none
 *   SCENARIO/SIDE/PHASE-N/tool.txt     its result as it wrote it, the first MiB
 *
 * SIDE is "baseline" or "candidate", PHASE "exact", "steady" or "duet", N
 * counts from 1. The two trials N of the phase "duet" ran at the same time,
 * and window i of one beside window i of the other; their heap is read as
 * MemStats alone, into trial.json. Scenario directories are numbered (scenario-1) so that names
 * never become paths. Nothing in it is a time of day.
 *
 * manifest.json holds, in this order and nothing else:
 *
 *   schema, memgate_version, policy {name, revision}, noise {is_known, file, missing} (absent in
 *   older recordings), quick,
 *   environment {os, arch, cpu_model, cpu_count, kernel, pinned, isolation, quota},
 *   renames [["old path", "new path"]]   by old path, each once
 *   scenarios [{name, directory, gotest, identical, measured_because, failure,
 *               alone (absent where there are two sides),
 *               transport (absent where there is none, and in older recordings), notes,
 *               load_count, limits, trials {baseline {exact, steady, duet}, candidate {likewise}}}],
 *   files [{path, bytes, sha256}]   every file but manifest.json, by path
 *   sha256                          of the manifest's own bytes before this value
 *
 * The hashes show damage and mixing of files; they are no signature.
 * program.json (scenario.h), trial.json, trace.json and tool.json (trial.h)
 * hold the members of their structs under the same names; targets are lists
 * ["hexadecimal offset", "symbol", "type", "call" or "hidden"]. Both sides
 * have a program.json even when only one was built; of a scenario that is
 * alone there is nothing of a baseline. functions.txt has one name a line, as
 * profiles spell it, each greater in byte order than the one before.
 * series.txt, memstats.txt, slow.txt, gc.txt, trace-gc.txt,
 * trace-gctrace.txt and growth.txt are tables (table.h): a first line that
 * names the columns, then one row a line. A trial's directory may hold more
 * files of any name; trial.json must be there for every trial that the
 * manifest counts, and for no other.
 */
#define RECORDING_SCHEMA "memgate.recording/3"

enum {
    RECORDING_FILES_MAX = 20000,
    RECORDING_JSON_BYTES_MAX = 8 * 1024 * 1024, /* parsing costs up to 100 times this */
    RECORDING_FUNCTIONS_MAX = 1000000,
    RECORDING_FUNCTIONS_BYTES_MAX = 64 * 1024 * 1024, /* of functions.txt; large programs need 8 */
    RECORDING_SCENARIOS_MAX = 1000,
    RECORDING_RENAMES_MAX = 1000,
    RECORDING_TRIALS_MAX = 64, /* per side and phase */
    RECORDING_REFUSAL_BYTES_MAX = 4096,
};

struct calibration;

/* The namespaces that everything from the first trial on ran in; those of the machine where false. */
struct record_isolation {
    bool network; /* nothing but a loopback */
    bool process; /* each program sees itself alone */
    bool user;    /* was needed for the others */
};

/*
 * CPU time that memgate and all it starts may use together, as their control
 * group says; see harness/cgroup_quota.h. Recordings of earlier versions do
 * not say.
 */
struct record_quota {
    bool is_known;
    double cpus; /* CPU seconds a second; 0: no quota */
};

struct record_environment {
    struct str memgate_version;
    struct str os;
    struct str arch;
    struct str cpu_model;
    uint64_t cpu_count; /* that memgate may run on, by its affinity */
    struct str kernel;
    struct record_isolation isolation;
    struct record_quota quota;
    bool pinned; /* the load of services ran on a CPU of its own, the services on the others */
};

/* A source file that is the same under another path; paths as the repository spells them. */
struct record_rename {
    struct str from; /* at the baseline */
    struct str to;   /* at the candidate */
};

/*
 * What was known of the noise of the machine when the recording was made.
 * Recordings of earlier versions do not say.
 */
struct record_calibration {
    bool is_known;
    struct str file;    /* "memgate.noise/CLASS.json", which noise.json is a copy of; empty: none */
    struct str missing; /* why there is none: "not calibrated for CLASS" */
    struct str text;    /* of noise.json */
    const struct calibration *table; /* what it says; NULL where there is none */
};

struct recording {
    struct str dir;
    struct str policy_name;     /* as shown in messages: "memgate.yaml" */
    struct str policy_revision; /* where the policy came from: SHA or "work tree" */
    struct str policy_text;
    struct record_calibration noise;
    bool quick; /* exact phase only, on purpose */
    struct record_environment environment;
    struct record_rename *renames; /* between the baseline and the candidate, by `from` */
    size_t rename_count;
    struct record_scenario *scenarios;
    size_t scenario_count;
    size_t scenario_cap;
};

/* Names one trial of a recording. */
struct trial_key {
    size_t scenario; /* index */
    enum side side;
    enum phase phase;
    uint32_t number; /* 1-based */
};

/* Writing: files first (files.h, table.h), then recording_write seals them. */

/* Directory of a trial, created: DIR/scenario-1/candidate/exact-2. */
NODISCARD enum status recording_trial_dir(struct str *out, struct arena *arena,
                                          const struct recording *recording, struct trial_key key,
                                          struct err *err);
/*
 * Writes program.json, functions.txt, trial.json and tool.json files, policy.yaml and, last,
 * manifest.json with all hashes. May be called again after trials were
 * added: the same recording gives the same bytes. Files in the directory
 * that are no part of a recording (left over from an earlier one) are
 * STATUS_FORMAT, numbers that JSON cannot hold STATUS_INVALID.
 */
NODISCARD enum status recording_write(const struct recording *recording, struct err *err);

/*
 * What recording_write would refuse of a program's program.json or of its
 * functions.txt, asked before hours are spent on what cannot be written:
 * STATUS_LIMIT or STATUS_INVALID with the name of the file.
 */
NODISCARD enum status recording_check_program(const struct record_program *program,
                                              struct err *err);
NODISCARD enum status recording_check_functions(const struct record_program *program,
                                                struct err *err);

/* Reading: everything is verified before anything is believed. */

/*
 * Opens DIR (or DIR/recording). A file that is missing, extra, changed
 * or of another schema is STATUS_FORMAT naming it; a directory without a
 * manifest is STATUS_NOT_FOUND.
 */
NODISCARD enum status recording_open(struct recording *out, struct arena *arena, struct str dir,
                                     struct err *err);
NODISCARD enum status recording_profile(struct profile *out, struct arena *arena,
                                        const struct recording *recording, struct trial_key key,
                                        enum point point, struct err *err);
/* growth-N.pb.gz of row N (from 1) of TABLE_GROWTH. */
NODISCARD enum status recording_growth_profile(struct profile *out, struct arena *arena,
                                               const struct recording *recording,
                                               struct trial_key key, uint32_t number,
                                               struct err *err);
/* The debug=1 text of the point as a profile; it has no mappings. */
NODISCARD enum status recording_text_profile(struct profile *out, struct arena *arena,
                                             const struct recording *recording,
                                             struct trial_key key, enum point point,
                                             struct err *err);
/*
 * STATUS_NOT_FOUND when none was asked for, STATUS_CHILD with the reason
 * when it could not be had.
 */
NODISCARD enum status recording_cpu_profile(struct profile *out, struct arena *arena,
                                            const struct recording *recording, struct trial_key key,
                                            struct err *err);
/* The same for one of block, mutex and goroutine, at warm or end. */
struct snapshot {
    enum profile_kind kind;
    enum point point;
};
NODISCARD enum status recording_snapshot(struct profile *out, struct arena *arena,
                                         const struct recording *recording, struct trial_key key,
                                         struct snapshot snapshot, struct err *err);
/* STATUS_NOT_FOUND where it is not known. */
NODISCARD enum status recording_mutex_period(uint64_t *out, const struct recording *recording,
                                             struct trial_key key, struct err *err);
/* At end; STATUS_NOT_FOUND where the service did not tell. */
NODISCARD enum status recording_creations(struct goroutine_sites *out, struct arena *arena,
                                          const struct recording *recording, struct trial_key key,
                                          struct err *err);
/* STATUS_NOT_FOUND where the trial has none: that it was not measured, not that it was nothing. */
NODISCARD enum status recording_table(struct record_rows *out, struct arena *arena,
                                      const struct recording *recording, struct trial_key key,
                                      enum record_table table, struct err *err);
NODISCARD enum status recording_memstats(struct memstats *out, struct arena *arena,
                                         const struct recording *recording, struct trial_key key,
                                         enum point point, struct err *err);

#endif
