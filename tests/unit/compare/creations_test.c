#include "gate/compare/creations.h"

#include "gate/base/io.h"
#include "tests/support/check.h"

enum { TRIALS = 2 };

#define HEAD "# count line file created_by function\n"

struct fixture {
    struct arena arena;
    struct err err;
    struct recording recording;
    struct record_scenario scenario;
    struct record_trial trials[SIDES][TRIALS];
    struct comparison comparison;
};

static void put(struct fixture *fixture, enum side side, uint32_t number, const char *text)
{
    struct str dir = {0};
    struct trial_key key = {0, side, PHASE_STEADY, number};
    assert_ok(recording_trial_dir(&dir, &fixture->arena, &fixture->recording, key, &fixture->err),
              &fixture->err);
    struct str file = recording_creations_file(&fixture->arena, dir);
    assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
}

/*
 * The statement moved from line 7 to 9, where 10 and 30 are started, and
 * one more of the same function is in line 12; the server's are as many.
 */
static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    fixture->recording = (struct recording){.scenarios = &fixture->scenario, .scenario_count = 1};
    fixture->comparison.record = &fixture->scenario;
    assert_ok(
        io_make_temp_dir(&fixture->recording.dir, &fixture->arena, "memgate-test", &fixture->err),
        &fixture->err);
    for (enum side side = 0; side < SIDES; side++) {
        fixture->scenario.programs[side].module = STR("m.io/a");
        fixture->scenario.trials[side][PHASE_STEADY] = fixture->trials[side];
        fixture->scenario.trial_count[side][PHASE_STEADY] = TRIALS;
        for (uint32_t t = 0; t < TRIALS; t++)
            fixture->trials[side][t].number = t + 1;
    }
    for (uint32_t t = 1; t <= TRIALS; t++) {
        put(fixture, SIDE_BASE, t,
            HEAD "3\t70\tnet/http/server.go\tnet/http.(*Server).Serve\tnet/http.(*conn).serve\n"
                 "4\t7\tm.io/a/pool.go\tm.io/a.Start\tm.io/a.work\n");
        put(fixture, SIDE_CAND, t,
            t == 1 ? HEAD "10\t9\tm.io/a/pool.go\tm.io/a.Start\tm.io/a.work\n"
                          "1\t12\tm.io/a/pool.go\tm.io/a.Start\tm.io/a.work\n"
                          "3\t71\tnet/http/server.go\tnet/http.(*Server).Serve\t"
                          "net/http.(*conn).serve\n"
                   : HEAD "30\t9\tm.io/a/pool.go\tm.io/a.Start\tm.io/a.work\n"
                          "3\t71\tnet/http/server.go\tnet/http.(*Server).Serve\t"
                          "net/http.(*conn).serve\n");
    }
}

static void fixture_release(struct fixture *fixture)
{
    assert_ok(io_remove_tree(fixture->recording.dir, &fixture->err), &fixture->err);
    arena_release(&fixture->arena);
}

static enum status add(struct fixture *fixture)
{
    const struct comparison_source sources[SIDES] = {{&fixture->recording, 0, SIDE_BASE},
                                                     {&fixture->recording, 0, SIDE_CAND}};
    return creations_add(&fixture->comparison, &fixture->arena, sources, &fixture->err);
}

static void statements_are_means_named_by_the_candidate(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.creation_count, 2);
    const struct creation *worst = &fixture.comparison.creations[0];
    assert_str(worst->key, "m.io/a.work");
    assert_str(worst->by, "m.io/a.Start");
    assert_str(worst->file, "pool.go");
    assert_int_equal(worst->line, 9);
    assert_close(worst->counts[SIDE_BASE], 4, 1e-12);
    /* (10 + 1 + 30) / 2 */
    assert_close(worst->counts[SIDE_CAND], 20.5, 1e-12);
    const struct creation *other = &fixture.comparison.creations[1];
    assert_str(other->file, "net/http/server.go");
    assert_int_equal(other->line, 71);
    fixture_release(&fixture);
}

static void a_trial_that_does_not_tell_leaves_none(void **state)
{
    struct fixture fixture;
    struct str dir = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_STEADY, 2};
    (void)state;
    fixture_init(&fixture);
    assert_ok(recording_trial_dir(&dir, &fixture.arena, &fixture.recording, key, &fixture.err),
              &fixture.err);
    assert_ok(io_remove_tree(recording_creations_file(&fixture.arena, dir), &fixture.err),
              &fixture.err);
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.creation_count, 0);
    put(&fixture, SIDE_CAND, 2, "nonsense\n");
    assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, "goroutine-end.txt");
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_means_named_by_the_candidate),
        cmocka_unit_test(a_trial_that_does_not_tell_leaves_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
