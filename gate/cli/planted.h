#ifndef GATE_CLI_PLANTED_H
#define GATE_CLI_PLANTED_H

#include "gate/cli/session.h"
#include "gate/harness/plant.h"

/*
 * `memgate run --quick` of one revision against itself, with a regression
 * laid over the candidate's exported tree; the user's own files stay as
 * they are. The policy comes from where `run` takes it.
 */
struct planted_run {
    struct str revision;
    struct str scenario;        /* empty: all, with nothing planted */
    struct str out_dir;         /* as -o of run */
    const struct plant *plants; /* the first that is possible is planted */
    size_t plant_count;
    size_t planted;          /* which that was */
    struct session *session; /* set whatever the status: to release; judged where it is OK */
};

/* `arena` must outlive the session. */
NODISCARD enum status run_planted(struct planted_run *planted, struct arena *arena,
                                  struct err *err);

#endif
