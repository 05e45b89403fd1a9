#include "gate/recording/inject.h"

#include "gate/stats/histogram.h"
#include "tests/unit/recording/sample.h"

struct fixture {
    struct arena arena;
    struct err err;
    struct recording original;
    struct injector injector;
    struct recording copy; /* as opened after the injection */
};

static void fixture_open(struct fixture *fixture, struct str dir)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    assert_ok(recording_open(&fixture->original, &fixture->arena, dir, &fixture->err),
              &fixture->err);
    assert_ok(inject_open(&fixture->injector, &fixture->arena, &fixture->original, &fixture->err),
              &fixture->err);
}

static void fixture_inject(struct fixture *fixture, enum metric metric, double amount)
{
    const struct injection what = {
        .metric = metric,
        .amount = amount,
        .func = STR("main.work"),
        .entry = STR("runtime.makemap"),
    };
    assert_ok(inject_apply(&fixture->injector, &what, &fixture->err), &fixture->err);
    assert_ok(recording_open(&fixture->copy, &fixture->arena, fixture->injector.dir, &fixture->err),
              &fixture->err);
}

static void fixture_close(struct fixture *fixture)
{
    struct str dir = str_copy(&fixture->arena, fixture->injector.dir);
    inject_close(&fixture->injector);
    assert_false(io_is_dir(dir));
    arena_release(&fixture->arena);
}

/* Column `type` of the heap profile at the point, of the candidate's first exact trial. */
static int64_t total_at(struct fixture *fixture, const struct recording *recording,
                        enum point point, const char *type)
{
    struct profile profile = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_EXACT, 1};
    assert_ok(recording_profile(&profile, &fixture->arena, recording, key, point, &fixture->err),
              &fixture->err);
    return profile_total(&profile, (size_t)profile_type_index(&profile, type));
}

static int64_t more_at(struct fixture *fixture, enum point point, const char *type)
{
    return total_at(fixture, &fixture->copy, point, type) -
           total_at(fixture, &fixture->original, point, type);
}

static struct memstats memstats_at(struct fixture *fixture, const struct recording *recording,
                                   enum point point)
{
    struct memstats out = {0};
    struct trial_key key = {0, SIDE_CAND, PHASE_EXACT, 1};
    assert_ok(recording_memstats(&out, &fixture->arena, recording, key, point, &fixture->err),
              &fixture->err);
    return out;
}

/* 100 bytes for each request of the exact trial, none before `warm`. */
static void inject_adds_allocation_with_the_requests(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, STR("golden/data/recording"));
    fixture_inject(&fixture, METRIC_ALLOC_SPACE, 100);
    uint64_t requests =
        fixture.original.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].request_count;
    assert_int_equal(more_at(&fixture, POINT_WARM, "alloc_space"), 0);
    assert_int_equal(more_at(&fixture, POINT_END, "alloc_space"), 100 * requests);
    assert_int_equal(more_at(&fixture, POINT_END, "alloc_objects"), requests);
    assert_int_equal(more_at(&fixture, POINT_END, "inuse_space"), 0);
    struct memstats before = memstats_at(&fixture, &fixture.original, POINT_END);
    struct memstats after = memstats_at(&fixture, &fixture.copy, POINT_END);
    assert_int_equal(after.total_alloc_bytes - before.total_alloc_bytes, 100 * requests);
    assert_int_equal(after.mallocs - before.mallocs, requests);
    assert_int_equal(after.frees - before.frees, requests);
    assert_int_equal(after.heap_alloc_bytes, before.heap_alloc_bytes);
    fixture_close(&fixture);
}

/* What is held is held at every point, and what one injection did the next one undoes. */
static void inject_holds_at_every_point(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, STR("golden/data/recording"));
    fixture_inject(&fixture, METRIC_ALLOC_OBJECTS, 7);
    fixture_inject(&fixture, METRIC_INUSE_SPACE, 4096);
    for (enum point point = POINT_WARM; point <= POINT_END; point++) {
        assert_int_equal(more_at(&fixture, point, "inuse_space"), 4096);
        assert_int_equal(more_at(&fixture, point, "inuse_objects"), 4);
        assert_int_equal(more_at(&fixture, point, "alloc_space"), 4096);
        struct memstats before = memstats_at(&fixture, &fixture.original, point);
        struct memstats after = memstats_at(&fixture, &fixture.copy, point);
        assert_int_equal(after.heap_alloc_bytes - before.heap_alloc_bytes, 4096);
        assert_int_equal(after.frees, before.frees);
    }
    fixture_close(&fixture);
}

static void inject_names_what_is_called(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, STR("golden/data/recording"));
    fixture_inject(&fixture, METRIC_ALLOC_SPACE, 100);
    const struct record_program *before = &fixture.original.scenarios[0].programs[SIDE_CAND];
    const struct record_program *after = &fixture.copy.scenarios[0].programs[SIDE_CAND];
    assert_int_equal(after->target_count, before->target_count + 1);
    assert_str(after->targets[after->target_count - 1].symbol, "runtime.makemap");
    assert_int_equal(fixture.copy.scenarios[0].programs[SIDE_BASE].target_count,
                     fixture.original.scenarios[0].programs[SIDE_BASE].target_count);
    fixture_close(&fixture);
}

static void inject_changes_nothing_of_the_original(void **state)
{
    (void)state;
    struct fixture fixture;
    struct recording again = {0};
    fixture_open(&fixture, STR("golden/data/recording"));
    fixture_inject(&fixture, METRIC_HEAP_GROWTH, 100000);
    /* Every hash is verified. */
    assert_ok(recording_open(&again, &fixture.arena, STR("golden/data/recording"), &fixture.err),
              &fixture.err);
    assert_true(more_at(&fixture, POINT_END, "inuse_space") > 0);
    assert_int_equal(more_at(&fixture, POINT_WARM, "inuse_space"), 0);
    fixture_close(&fixture);
}

/* A number of a steady trial, and what it must have become. */
static const struct number_case {
    const char *name;
    enum metric metric;
    double amount;
    size_t offset; /* in struct record_trial */
    uint64_t more;
} number_cases[] = {
    {"CPU for each of 20000 requests", METRIC_CPU, 50, offsetof(struct record_trial, cpu_ns),
     1000000},
    {"the tail of resident memory", METRIC_RSS_P95, 4096,
     offsetof(struct record_trial, rss_p95_bytes), 4096},
    {"its peak", METRIC_RSS_MAX, 4096.5, offsetof(struct record_trial, rss_max_bytes), 4097},
    {"pauses", METRIC_GC_PAUSE_P99, 1e6, offsetof(struct record_trial, gc.pause_p99_ns), 1000000},
    {"the goal", METRIC_HEAP_GOAL, 77, offsetof(struct record_trial, gc.goal_bytes), 77},
};

static uint64_t number_at(const struct record_trial *trial, size_t offset)
{
    uint64_t out = 0;
    memcpy(&out, (const char *)trial + offset, sizeof(out));
    return out;
}

static void inject_adds_to_numbers_of_trials(void **state)
{
    (void)state;
    struct sample sample;
    struct fixture fixture;
    sample_init(&sample);
    sample_trials(&sample, &sample.recording.scenarios[0], SIDE_CAND, PHASE_STEADY, 2);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    fixture_open(&fixture, sample.recording.dir);
    for (size_t i = 0; i < ARRAY_LEN(number_cases); i++) {
        const struct number_case *want = &number_cases[i];
        print_message("%s\n", want->name);
        fixture_inject(&fixture, want->metric, want->amount);
        const struct record_trial *before =
            fixture.original.scenarios[0].trials[SIDE_CAND][PHASE_STEADY];
        const struct record_trial *after =
            fixture.copy.scenarios[0].trials[SIDE_CAND][PHASE_STEADY];
        assert_true(number_at(after, want->offset) - number_at(before, want->offset) == want->more);
        /* Other phases are another metric's. */
        assert_true(fixture.copy.scenarios[0].trials[SIDE_CAND][PHASE_EXACT][0].cpu_ns ==
                    before->cpu_ns);
    }
    fixture_close(&fixture);
    sample_release(&sample);
}

/* The sample's requests took 12 ns (3 of them) and 14 ns (7). */
static void inject_shifts_latency(void **state)
{
    (void)state;
    struct sample sample;
    struct fixture fixture;
    sample_init(&sample);
    sample_trials(&sample, &sample.recording.scenarios[0], SIDE_CAND, PHASE_STEADY, 1);
    assert_ok(recording_write(&sample.recording, &sample.err), &sample.err);
    fixture_open(&fixture, sample.recording.dir);
    fixture_inject(&fixture, METRIC_P99, 1000);
    assert_str(fixture.copy.scenarios[0].trials[SIDE_CAND][PHASE_STEADY][0].latency,
               "1012:3 1014:7");
    const struct injection beyond = {.metric = METRIC_RSS_P95, .amount = 1e300};
    assert_fails(inject_apply(&fixture.injector, &beyond, &fixture.err), STATUS_INVALID,
                 &fixture.err, "beyond anything that can be counted");
    fixture_close(&fixture);
    sample_release(&sample);
}

/* A new metric without a way to make it grow could not be tried at all. */
static void inject_knows_every_metric(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, STR("golden/data/recording"));
    for (int metric = 0; metric < METRICS; metric++) {
        print_message("%s\n", metric_name((enum metric)metric));
        fixture_inject(&fixture, (enum metric)metric, 1);
    }
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inject_adds_allocation_with_the_requests),
        cmocka_unit_test(inject_holds_at_every_point),
        cmocka_unit_test(inject_names_what_is_called),
        cmocka_unit_test(inject_changes_nothing_of_the_original),
        cmocka_unit_test(inject_adds_to_numbers_of_trials),
        cmocka_unit_test(inject_shifts_latency),
        cmocka_unit_test(inject_knows_every_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
