#ifndef GATE_HARNESS_TRIAL_H
#define GATE_HARNESS_TRIAL_H

#include "gate/harness/harness.h"
#include "gate/harness/process.h"

/* Private to the harness: one process of one side, measured by a driver. */
struct trial {
    const struct harness *harness;
    struct harness_scenario *scenario;
    struct trial_key key;
    struct str dir;     /* in the recording, absolute */
    struct str module;  /* of the program; empty: not known */
    bool is_quick;      /* of a recording that is */
    struct str run_dir; /* ${DIR}: private to the trial, the same path for every one of them */
    struct record_trial *record;
    struct arena *scratch;      /* until the end of the trial */
    struct arena *keep;         /* what the record points to */
    int64_t period;             /* of the heap profiles so far; 0: none was read */
    const struct str *captured; /* of this service's login lines, by slot; secrets; NULL: none */
};

/*
 * One for services, whoever sends their load, and one for benchmarks. The
 * process has ended when they return.
 */
NODISCARD enum status trial_http(struct trial *trial, struct err *err);
NODISCARD enum status trial_gotest(struct trial *trial, struct err *err);

/* At rate 1 the warm-up and load (the benchmarks) should have ended by now. */
bool trial_is_too_slow(const struct trial *trial, uint64_t spent_ns);
/* Sets the scenario's coarse rate, which has the trial taken again; STATUS_LIMIT. */
enum status trial_give_up(struct trial *trial, struct err *err);

/* What stands for ${NAME} in arguments and environment values. */
struct trial_variable {
    struct str name; /* with "${" and "}" */
    struct str value;
};

struct str trial_substitute(struct arena *arena, struct str text,
                            const struct trial_variable *variables, size_t count);

/* Environment of a process of the trial, NULL-terminated. */
struct trial_env {
    struct env_var *vars;
    size_t len;
    size_t cap;
};

/*
 * PATH of memgate; HOME and TMPDIR in the run directory; LANG=C;
 * GOMAXPROCS=2, since both sides must agree whatever the machine has;
 * then the scenario's own variables.
 */
NODISCARD enum status trial_env_init(struct trial_env *out, const struct trial *trial,
                                     const struct env_var *vars, size_t len, struct err *err);
void trial_env_set(struct trial_env *env, struct arena *arena, struct str name, struct str value);
struct str trial_env_get(const struct trial_env *env, struct str name); /* "" when not set */
/* Behind the service's own settings: where one stands twice, the runtime takes the last. */
void trial_env_add_godebug(struct trial_env *env, struct arena *arena, struct str setting);
/* The heap profile's rate from the start of the process on, by GODEBUG; Go 1.19 ignores it. */
void trial_env_set_rate(struct trial_env *env, struct arena *arena, uint64_t rate);
const char *const *trial_env_list(const struct trial_env *env, struct arena *arena);

/* "/debug/pprof/heap?gc=1": what is behind the service's own path of pprof. */
struct str trial_pprof_path(const struct trial *trial, struct arena *arena, struct str what);

void trial_show_progress(const struct trial *trial, uint64_t done, uint64_t total);
/* What the process printed, into output.txt. */
NODISCARD enum status trial_write_output(const struct trial *trial, const struct process *process,
                                         struct err *err);
/* "what", the fate of the process and its last lines as STATUS_CHILD. */
enum status trial_report_end(const struct trial *trial, const struct process *process,
                             const char *when, struct err *err);

#endif
