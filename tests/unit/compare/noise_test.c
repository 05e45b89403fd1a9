#include "gate/compare/noise.h"

#include "tests/support/check.h"

struct fixture {
    struct arena arena;
    struct comparison comparison;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][PHASES][2];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            fixture->trials[side][phase][0] =
                (struct record_trial){.number = 1, .duration_ns = 1000};
            fixture->trials[side][phase][1] =
                (struct record_trial){.number = 2, .duration_ns = 1000};
            fixture->scenario.trials[side][phase] = fixture->trials[side][phase];
            fixture->scenario.trial_count[side][phase] = 2;
        }
    }
    fixture->comparison.record = &fixture->scenario;
}

static void a_quiet_machine_is_not_worth_a_line(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][PHASE_DUET][1].noise.others_share = 0.09;
    /* What is counted and not timed may be disturbed. */
    fixture.trials[SIDE_CAND][PHASE_EXACT][1].noise.others_share = 0.9;
    noise_note(&fixture.comparison, &fixture.arena);
    assert_int_equal(fixture.comparison.note_count, 0);
    arena_release(&fixture.arena);
}

static void the_worst_trial_of_each_cause_is_named(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.trials[SIDE_CAND][PHASE_STEADY][1].noise.others_share = 0.34;
    fixture.trials[SIDE_BASE][PHASE_DUET][0].noise.others_share = 0.2;
    fixture.trials[SIDE_BASE][PHASE_DUET][0].noise.steal_share = 0.126;
    fixture.trials[SIDE_BASE][PHASE_STEADY][0].noise.throttled_ns = 500;
    noise_note(&fixture.comparison, &fixture.arena);
    assert_int_equal(fixture.comparison.note_count, 3);
    assert_str(fixture.comparison.notes[0],
               "a noisy machine: up to 34 % of the machine's CPU time went to other programs "
               "(candidate, steady trial 2); times are less sure");
    assert_str(fixture.comparison.notes[1],
               "a noisy machine: up to 13 % of the machine's CPU time was given to other machines "
               "by the hypervisor (steal) (baseline, duet trial 1); times are less sure");
    assert_str(fixture.comparison.notes[2],
               "a noisy machine: up to 50 % of the time of the load the CPU quota of our control "
               "group held it back (baseline, steady trial 1); times are less sure");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_machine_is_not_worth_a_line),
        cmocka_unit_test(the_worst_trial_of_each_cause_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
