#ifndef TESTS_UNIT_HARNESS_TRIAL_FIXTURE_H
#define TESTS_UNIT_HARNESS_TRIAL_FIXTURE_H

#include "gate/base/io.h"
#include "gate/harness/trial.h"
#include "tests/support/check.h"

/* A steady trial of the candidate, with a directory of its own and no service. */
struct fixture {
    struct arena arena;
    struct err err;
    struct policy policy; /* all kinds of profiles are listed */
    struct scenario scenario;
    struct harness harness;
    struct harness_scenario built;
    struct record_trial record;
    struct trial trial;
};

/* Behind the fixture's own policy and scenario. */
static inline void fixture_begin(struct fixture *fixture)
{
    arena_init(&fixture->arena);
    fixture->harness.spec.policy = &fixture->policy;
    fixture->built.scenario = &fixture->scenario;
    fixture->trial = (struct trial){.harness = &fixture->harness,
                                    .scenario = &fixture->built,
                                    .key = {0, SIDE_CAND, PHASE_STEADY, 1},
                                    .record = &fixture->record,
                                    .scratch = &fixture->arena,
                                    .keep = &fixture->arena};
    assert_ok(io_make_temp_dir(&fixture->trial.dir, &fixture->arena, "memgate-test", &fixture->err),
              &fixture->err);
}

static inline void fixture_release(struct fixture *fixture)
{
    assert_ok(io_remove_tree(fixture->trial.dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

#endif
