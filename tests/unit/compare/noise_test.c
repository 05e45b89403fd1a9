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

static void give_governor(struct fixture *fixture, const char *governor)
{
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            for (int t = 0; t < 2; t++)
                fixture->trials[side][phase][t].machine =
                    (struct record_machine){.is_known = true, .governor = str_from(governor)};
        }
    }
}

static void another_clock_is_a_doubt(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    /* Recordings of earlier versions do not say. */
    assert_str(noise_governor_doubt(&fixture.scenario, &fixture.arena), "");
    give_governor(&fixture, "performance");
    assert_str(noise_governor_doubt(&fixture.scenario, &fixture.arena), "");
    fixture.trials[SIDE_CAND][PHASE_DUET][1].machine.governor = STR("schedutil");
    assert_str(noise_governor_doubt(&fixture.scenario, &fixture.arena), "");
    fixture.trials[SIDE_CAND][PHASE_STEADY][0].machine.governor = STR("schedutil");
    assert_str(noise_governor_doubt(&fixture.scenario, &fixture.arena),
               "the governor of the CPUs was not the same: performance (baseline, steady trial 1), "
               "schedutil (candidate, steady trial 1); set one for the whole run");
    /* A candidate that is compared with itself. */
    fixture.scenario.alone = STR(RECORD_ALONE_NEW);
    assert_false(
        str_contains(noise_governor_doubt(&fixture.scenario, &fixture.arena), STR("baseline")));
    fixture.scenario.alone = STR("");
    fixture.trials[SIDE_CAND][PHASE_STEADY][0].machine.governor = STR("");
    assert_true(str_contains(noise_governor_doubt(&fixture.scenario, &fixture.arena),
                             STR("none that is visible (candidate, steady trial 1)")));
    give_governor(&fixture, "a, then b");
    assert_true(noise_governor_doubt(&fixture.scenario, &fixture.arena).len > 0);
    noise_note(&fixture.comparison, &fixture.arena);
    assert_int_equal(fixture.comparison.note_count, 0);
    arena_release(&fixture.arena);
}

static void times_of_the_steady_trials_are_doubted(void **state)
{
    struct fixture fixture;
    struct comparison_row rows[] = {
        {.metric = METRIC_CPU, .phase = PHASE_STEADY},
        {.metric = METRIC_P99, .phase = PHASE_DUET},
        {.metric = METRIC_RSS_P95, .phase = PHASE_STEADY},
        {.metric = METRIC_P99, .phase = PHASE_STEADY, .doubt = STR("late")},
    };
    (void)state;
    fixture_init(&fixture);
    fixture.comparison.rows = rows;
    fixture.comparison.row_count = ARRAY_LEN(rows);
    give_governor(&fixture, "performance");
    noise_doubt_times(&fixture.comparison, &fixture.arena);
    assert_str(rows[0].doubt, "");
    fixture.trials[SIDE_CAND][PHASE_STEADY][0].machine.governor = STR("powersave");
    noise_doubt_times(&fixture.comparison, &fixture.arena);
    assert_true(str_starts_with(rows[0].doubt, STR("the governor of the CPUs was not the same")));
    assert_str(rows[1].doubt, "");
    assert_str(rows[2].doubt, "");
    assert_str(rows[3].doubt, "late");
    arena_release(&fixture.arena);
}

static void a_saving_governor_and_a_quota_are_said(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    give_governor(&fixture, "powersave");
    fixture.trials[SIDE_CAND][PHASE_STEADY][1].wall_ns = 10000000000;
    fixture.trials[SIDE_CAND][PHASE_STEADY][1].machine.limit_throttled_ns = 100000000;
    fixture.trials[SIDE_BASE][PHASE_DUET][1].wall_ns = 10000000000;
    fixture.trials[SIDE_BASE][PHASE_DUET][1].machine.limit_throttled_ns = 1250000000;
    noise_note(&fixture.comparison, &fixture.arena);
    assert_int_equal(fixture.comparison.note_count, 2);
    assert_str(fixture.comparison.notes[0],
               "the governor of the CPUs is powersave: their clock follows the load, and latency "
               "and CPU time with it; set performance");
    assert_str(fixture.comparison.notes[1],
               "the quota of service.limits.cpus held the service back for up to 1.25 s of a trial "
               "(baseline, duet trial 2)");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_clock_is_a_doubt),
        cmocka_unit_test(times_of_the_steady_trials_are_doubted),
        cmocka_unit_test(a_saving_governor_and_a_quota_are_said),
        cmocka_unit_test(a_quiet_machine_is_not_worth_a_line),
        cmocka_unit_test(the_worst_trial_of_each_cause_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
