#ifndef TESTS_UNIT_COMPARE_STEADY_H
#define TESTS_UNIT_COMPARE_STEADY_H

#include "gate/base/io.h"
#include "gate/compare/comparison.h"
#include "tests/support/check.h"

/* A recording in a directory of its own, of one scenario with a few steady trials a side. */
enum { STEADY_TRIALS_MAX = 3 };

struct fixture {
    struct arena arena;
    struct err err;
    struct recording recording;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][STEADY_TRIALS_MAX];
    struct comparison comparison;
    struct pair_hints hints;
};

/* The trials have their numbers; what was measured is the test's to say. */
static inline void fixture_open(struct fixture *fixture, uint32_t trial_count)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    fixture->recording = (struct recording){.scenarios = &fixture->scenario, .scenario_count = 1};
    fixture->comparison.record = &fixture->scenario;
    assert_ok(
        io_make_temp_dir(&fixture->recording.dir, &fixture->arena, "memgate-test", &fixture->err),
        &fixture->err);
    for (int side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < trial_count; t++)
            fixture->trials[side][t].number = t + 1;
        fixture->scenario.trials[side][PHASE_STEADY] = fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_STEADY] = trial_count;
    }
}

static inline void fixture_release(struct fixture *fixture)
{
    assert_ok(io_remove_tree(fixture->recording.dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

/* The directory of a steady trial, made. */
static inline struct str trial_dir(struct fixture *fixture, enum side side, uint32_t number)
{
    struct str dir = {0};
    struct trial_key key = {0, side, PHASE_STEADY, number};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    return dir;
}

/* Both sides of the recording, for the functions that read its files. */
struct fixture_sources {
    struct comparison_source items[SIDES];
};

static inline struct fixture_sources fixture_sources(const struct fixture *fixture)
{
    return (struct fixture_sources){
        {{&fixture->recording, 0, SIDE_BASE}, {&fixture->recording, 0, SIDE_CAND}}};
}

#endif
