#ifndef GATE_HARNESS_HARNESS_H
#define GATE_HARNESS_HARNESS_H

#include "gate/base/log.h"
#include "gate/harness/cgroup.h"
#include "gate/harness/pinning.h"
#include "gate/harness/plant.h"
#include "gate/harness/repo.h"
#include "gate/policy/policy.h"
#include "gate/recording/recording.h"

/*
 * What `memgate run` does to the world: export and build both
 * revisions, then run trials and put what they show into a recording.
 * No judging here; judge reads the recording.
 */
struct harness_spec {
    struct str repo_root;
    struct str policy_dir; /* directory of memgate.yaml relative to the root; "" at the root */
    struct revision revisions[SIDES];
    bool is_alone; /* the candidate's revision is all that is built and measured */
    /* Where the request files are read from: the same place as the policy. */
    struct revision policy_revision;
    const struct policy *policy;
    const struct log *log;
};

/*
 * At rate 1 every allocation is counted. A service that gets too slow
 * by that is sampled instead: at the coarse rate first, then as coarse.h
 * chooses.
 */
enum { EXACT_RATE = 1, EXACT_RATE_COARSE = 16384 };

/* Told by the first steady trial; from one that fails in it on nobody makes more than one. */
enum harness_passes { HARNESS_PASSES_UNKNOWN, HARNESS_PASSES_MANY, HARNESS_PASSES_ONE };

/* One scenario, built on both sides. */
struct harness_scenario {
    const struct scenario *scenario;
    /* SIDE_CAND where the candidate alone is measured: spec.is_alone, or the baseline has no such. */
    enum side first_side;
    struct str binaries[SIDES]; /* absolute paths */
    struct str trees[SIDES];    /* the policy's directory in the exported trees: the cwd */
    struct requests *requests;  /* DRIVER_HTTP */
    struct str requests_sha256; /* likewise: of the file and the body files it names */
    struct str ca_pem;          /* of service.tls.ca; empty without */
    struct str load_tree;       /* DRIVER_COMMAND: the cwd of the load tool */
    uint64_t load_ns[PHASES]; /* likewise: how long the last load of the phase took; 0: none did */
    struct str bench;         /* DRIVER_GOTEST: the -test.bench expression that trials run */
    enum harness_passes passes; /* likewise: whether steady trials make more than one */
    struct str cpu_refusal;     /* why no more CPU profiles are asked for; empty at first */
    struct str trace_refusal;   /* likewise execution traces */
    /* Why no more block, mutex or goroutine profiles are asked for; empty at first. */
    struct str snapshot_refusals[PROFILE_KINDS];
    struct str transport;        /* what the load goes over, for the record; empty when not known */
    struct str notes;            /* what the report should say of it: one line; may be empty */
    struct record_limits limits; /* what holds the services: service.limits, once they were tried */
    uint64_t exact_count;        /* requests of an exact trial */
    uint64_t exact_rate;         /* of the heap profile; EXACT_RATE until that is too slow */
    uint64_t exact_limit_ns;     /* for the warm-up and load of an exact trial at EXACT_RATE */
    uint64_t build_ns[SIDES];
};

struct harness {
    struct harness_spec spec;
    struct arena *arena;
    struct str work_dir; /* temporary, removed by harness_close */
    /* Of load tools, likewise, once one is needed: no service is told where. */
    struct str tool_dir;
    struct harness_scenario *scenarios;
    size_t scenario_count;
    struct path_list changed;      /* between the revisions, without the policy's request files */
    struct record_rename *renames; /* of Go files between the revisions, as a recording has them */
    size_t rename_count;
    struct pinning pinning; /* of the load and of services; benchmarks run anywhere */
    struct cgroups groups;  /* for scenarios with limits; opened when the first is built */
    bool has_groups;
    struct record_isolation isolation; /* of what is started */
    uint64_t export_ns;
};

/* Makes the work directory and exports both trees. */
NODISCARD enum status harness_open(struct harness *out, struct arena *arena,
                                   const struct harness_spec *spec, struct err *err);
/* Where the side's revision was exported to: its root. */
struct str harness_tree(const struct harness *harness, enum side side);
/* Removes everything harness_open made. Safe on a zeroed struct. */
void harness_close(struct harness *harness);
/*
 * Lays a regression over the candidate's exported tree, before it is
 * built: the first of `plants` whose function is declared where it says.
 * *out is its index; STATUS_NOT_FOUND, with the last reason, when there is none.
 */
NODISCARD enum status harness_plant(size_t *out, const struct harness *harness,
                                    const struct scenario *scenario, const struct plant *plants,
                                    size_t count, struct err *err);
/*
 * Reads the request file and builds base, then candidate. Of a gotest
 * scenario only the benchmarks that both sides have are run: the others
 * are named in out->notes, which belongs into the record of the scenario.
 * None at all in both is STATUS_CHILD.
 *
 * A scenario whose package the baseline's tree does not hold, or of whose
 * benchmarks it has none, is new: the candidate's side alone is built
 * (first_side), and out->notes says why.
 */
NODISCARD enum status harness_build(struct harness *harness, struct harness_scenario *out,
                                    const struct scenario *scenario, struct err *err);
/*
 * True when equal binaries prove that nothing changed: every changed
 * path is Go code, go.mod, go.sum or documentation. Else *why names the
 * first path that may be read at run time.
 */
bool harness_changes_are_code(const struct path_list *changed, struct str *why);
/*
 * Runs one trial of one side in a fresh process and writes its files
 * into the recording; the trial is appended to recording->scenarios
 * [key.scenario].trials[side][phase]. Errors void the scenario.
 *
 * An exact trial that passes exact_limit_ns sets exact_rate to the coarse
 * rate; a trial of the baseline at that shows what it allocates, by which
 * rate and requests are chosen (coarse.h) and told to the log. It and the
 * exact trials before it, of both sides, are then taken again, since one
 * phase has one rate. Where the service sets the rate itself the first
 * trial shows how many requests that takes. The period of the profiles and
 * the requests of the trials are the record of that.
 */
NODISCARD enum status harness_trial(struct harness *harness, struct harness_scenario *scenario,
                                    struct recording *recording, struct trial_key key,
                                    struct err *err);
/*
 * Runs trial `number` of the duet: a process of each side, at the same
 * time. Appends a trial to both sides of the phase.
 */
NODISCARD enum status harness_duet(struct harness *harness, struct harness_scenario *scenario,
                                   struct recording *recording, size_t index, uint32_t number,
                                   struct err *err);
/* CPU count and model, kernel, OS for the manifest, and whether harness_open will pin. */
void harness_environment(struct record_environment *out, struct arena *arena);

#endif
