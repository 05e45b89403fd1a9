#include "gate/report/phrase.h"

#include "tests/support/check.h"

struct fixture {
    struct arena arena;
    struct record_scenario scenario;
    struct record_environment environment;
    struct record_trial trials[SIDES][2];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.environment = {.cpu_count = 2}};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        fixture->scenario.trials[side][PHASE_STEADY] = fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_STEADY] = 2;
        for (int t = 0; t < 2; t++)
            fixture->trials[side][t].machine =
                (struct record_machine){.is_known = true, .load_start = 0.5, .load_end = 0.75};
    }
}

static void the_machine_is_told_in_one_line(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_str(phrase_machine(&fixture.arena, &fixture.scenario, &fixture.environment),
               "2 CPUs, nothing pinned: load and service share them; governor not visible; load "
               "average 0.50 to 0.75");
    fixture.trials[SIDE_BASE][1].machine.load_start = 0.25;
    fixture.trials[SIDE_CAND][0].machine.load_end = 12.5;
    fixture.trials[SIDE_BASE][0].machine.governor = STR("performance");
    fixture.trials[SIDE_BASE][1].machine.governor = STR("performance");
    fixture.trials[SIDE_CAND][1].machine.governor = STR("powersave");
    fixture.environment.pinned = true;
    assert_str(phrase_machine(&fixture.arena, &fixture.scenario, &fixture.environment),
               "2 CPUs, one of them for the load, the others for the service; governor "
               "performance, powersave; load average 0.25 to 12.50");
    /* A recording of an earlier version, or one joined with it: nothing is made up. */
    fixture.trials[SIDE_CAND][1].machine = (struct record_machine){0};
    assert_str(phrase_machine(&fixture.arena, &fixture.scenario, &fixture.environment),
               "2 CPUs, one of them for the load, the others for the service; governor and load "
               "average were not recorded");
    arena_release(&fixture.arena);
}

static void limits_are_told_with_their_version(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_str(phrase_limits(&fixture.arena, &fixture.scenario), "");
    fixture.scenario.limits = (struct record_limits){1, 536870912, 1.5, STR("0-1,4")};
    assert_str(phrase_limits(&fixture.arena, &fixture.scenario),
               "512 MiB of memory, 1.5 CPUs, only CPUs 0-1,4 (control groups, version 1)");
    fixture.scenario.limits = (struct record_limits){2, 0, 2, STR("")};
    assert_str(phrase_limits(&fixture.arena, &fixture.scenario),
               "2 CPUs (control groups, version 2)");
    arena_release(&fixture.arena);
}

static void isolation_is_told_when_it_was_there(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_str(phrase_isolation(&fixture.environment), "");
    fixture.environment.isolation = (struct record_isolation){true, true, false};
    assert_str(
        phrase_isolation(&fixture.environment),
        "a network with nothing but a loopback, each program alone in its process namespace");
    fixture.environment.isolation.user = true;
    assert_true(
        str_ends_with(phrase_isolation(&fixture.environment), STR(", by a user namespace")));
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_is_told_in_one_line),
        cmocka_unit_test(limits_are_told_with_their_version),
        cmocka_unit_test(isolation_is_told_when_it_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
