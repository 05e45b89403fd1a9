#include "gate/compare/cost_rows.h"

#include "gate/stats/share.h"
#include "gate/stats/waits.h"
#include "tests/support/pprof.h"
#include "tests/unit/compare/steady.h"

/*
 * A recording of three steady trials a side whose profiles are written
 * as text: what each trial counted is the row's values times its number.
 */
enum { TRIALS = 3, REQUESTS = 1000, SAMPLES_MAX = 4 };

static const double spread[TRIALS] = {0.9, 1, 1.2};

static void fixture_init(struct fixture *fixture)
{
    fixture_open(fixture, TRIALS);
    for (enum side side = 0; side < SIDES; side++) {
        for (uint32_t t = 0; t < TRIALS; t++) {
            fixture->trials[side][t] = (struct record_trial){
                .number = t + 1, .request_count = REQUESTS, .cpu_ns = 2000000 + 100000 * t};
        }
        fixture->scenario.programs[side].module = STR("example.com/m");
    }
}

static struct str file_of(struct fixture *fixture, enum side side, uint32_t number,
                          enum profile_kind kind, enum point point)
{
    struct str dir = trial_dir(fixture, side, number);
    return kind == PROFILE_KIND_CPU ? recording_cpu_file(&fixture->arena, dir)
                                    : recording_snapshot_file(&fixture->arena, dir, kind, point);
}

/* Trials of a side whose values are the samples' by the spread of the trials. */
static void put(struct fixture *fixture, enum side side, enum profile_kind kind, enum point point,
                const struct pprof_sample *samples, size_t count)
{
    static const char *const columns[PROFILE_KINDS][2] = {
        [PROFILE_KIND_CPU] = {"samples", "cpu"},
        [PROFILE_KIND_BLOCK] = {"contentions", "delay"},
        [PROFILE_KIND_MUTEX] = {"contentions", "delay"},
        [PROFILE_KIND_GOROUTINE] = {"goroutine", "unused"},
    };
    for (uint32_t t = 0; t < TRIALS; t++) {
        struct pprof_sample scaled[SAMPLES_MAX];
        for (size_t i = 0; i < count; i++) {
            scaled[i] = samples[i];
            for (size_t v = 0; v < 2; v++)
                scaled[i].values[v] = (int64_t)((double)samples[i].values[v] * spread[t]);
        }
        const struct pprof_text text = {{columns[kind][0], columns[kind][1]}, scaled, count};
        assert_ok(io_write_file(file_of(fixture, side, t + 1, kind, point),
                                pprof_write(&fixture->arena, &text), &fixture->err),
                  &fixture->err);
    }
}

#define PUT(fixture, side, kind, point, samples)                                                   \
    put(fixture, side, PROFILE_KIND_##kind, point, samples, ARRAY_LEN(samples))

static const struct pprof_sample started[] = {
    {"sync.(*Mutex).Unlock<main.(*T).add:4<main.main", {10, 1000}},
};

/* Nothing waited on the baseline, as far as its profile knows. */
static void put_quiet(struct fixture *fixture, enum profile_kind kind)
{
    for (enum side side = 0; side < SIDES; side++) {
        put(fixture, side, kind, POINT_WARM, started, 1);
        put(fixture, side, kind, POINT_END, started, 1);
    }
}

static enum status add(struct fixture *fixture)
{
    struct fixture_sources sources = fixture_sources(fixture);
    return cost_rows_add(&fixture->comparison, &fixture->arena, sources.items, &fixture->hints,
                         &fixture->err);
}

/* Place of a function's row, or of the whole scenario's for NULL; the count where there is none. */
static size_t place_of(const struct fixture *fixture, enum metric metric, const char *func)
{
    for (size_t i = 0; i < fixture->comparison.row_count; i++) {
        const struct comparison_row *row = &fixture->comparison.rows[i];
        bool is_it = func ? str_equal_text(row->func, func) : row->level == ROW_SCENARIO;
        if (row->metric == metric && row->point == POINT_END && is_it)
            return i;
    }
    return fixture->comparison.row_count;
}

static bool has(const struct fixture *fixture, enum metric metric, const char *func)
{
    return place_of(fixture, metric, func) < fixture->comparison.row_count;
}

static const struct comparison_row *find(const struct fixture *fixture, enum metric metric,
                                         const char *func)
{
    assert_true(has(fixture, metric, func));
    return &fixture->comparison.rows[place_of(fixture, metric, func)];
}

static void waits_are_what_came_between_the_points(void **state)
{
    static const struct pprof_sample ended[] = {
        {"sync.(*Mutex).Unlock<main.(*T).add:4<main.main", {110, 9001000}},
        {"sync.(*Mutex).Unlock<net/http.(*Server).Serve:7", {5, 1000}},
    };
    const double base[] = {0, 0, 0};
    const double cand[] = {0.9 * 9001, 9001, 1.2 * 9001};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_quiet(&fixture, PROFILE_KIND_MUTEX);
    PUT(&fixture, SIDE_CAND, MUTEX, POINT_END, ended);
    assert_ok(add(&fixture), &fixture.err);
    struct estimate want =
        estimate_of_waits((struct samples){base, TRIALS}, (struct samples){cand, TRIALS});
    const struct comparison_row *whole = find(&fixture, METRIC_MUTEX_DELAY, NULL);
    assert_close(whole->estimate.base, 0, 1e-12);
    assert_close(whole->estimate.cand, want.cand, 1e-9);
    assert_close(whole->estimate.delta_low, want.delta_low, 1e-9);
    assert_true(whole->estimate.delta_low > 4000);
    assert_int_equal(whole->culprit_count, 1);
    assert_str(whole->culprits[0].func, "main.(*T).add");
    assert_str(whole->culprits[0].file, "m/f.go");
    assert_int_equal(whole->culprits[0].line, 4);
    const struct comparison_row *add_row = find(&fixture, METRIC_MUTEX_DELAY, "main.(*T).add");
    assert_close(add_row->estimate.cand, 9000 * cbrt(0.9 * 1.2), 1e-6);
    assert_true(add_row->is_new);
    assert_false(add_row->is_charged);
    assert_str(add_row->package, "main");
    assert_str(add_row->key, "main.(*T).add");
    assert_int_equal(add_row->phase, PHASE_STEADY);
    assert_int_equal(whole->phase, PHASE_STEADY);
    const struct comparison_row *leaf = find(&fixture, METRIC_MUTEX_DELAY, "sync.(*Mutex).Unlock");
    assert_close(leaf->estimate.cand, 9001 * cbrt(0.9 * 1.2), 1e-6);
    assert_true(leaf->is_charged);
    const struct comparison_row *count = find(&fixture, METRIC_MUTEX_CONTENTIONS, "main.(*T).add");
    assert_close(count->estimate.cand, 0.1 * cbrt(0.9 * 1.2), 1e-2);
    assert_int_equal(fixture.comparison.note_count, 0);
    fixture_release(&fixture);
}

static void goroutines_are_counted_where_they_start(void **state)
{
    static const struct pprof_sample warm[] = {
        {"runtime.gopark<net/http.(*conn).serve", {10, 0}},
        {"runtime.gopark<runtime/pprof.writeGoroutine<net/http.(*conn).serve", {1000, 0}},
    };
    static const struct pprof_sample end[] = {
        {"runtime.gopark<net/http.(*conn).serve", {10, 0}},
        {"runtime.gopark<main.await:2<main.watch.func1:3", {2000, 0}},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    PUT(&fixture, SIDE_BASE, GOROUTINE, POINT_WARM, warm);
    PUT(&fixture, SIDE_BASE, GOROUTINE, POINT_END, warm);
    PUT(&fixture, SIDE_CAND, GOROUTINE, POINT_WARM, warm);
    PUT(&fixture, SIDE_CAND, GOROUTINE, POINT_END, end);
    assert_ok(add(&fixture), &fixture.err);
    double mean = (0.9 + 1 + 1.2) / 3;
    const struct comparison_row *whole = find(&fixture, METRIC_GOROUTINES, NULL);
    assert_close(whole->estimate.base, (9 + 10 + 12) / 3.0, 1e-9);
    assert_close(whole->estimate.cand, (9 + 10 + 12) / 3.0 + 2000 * mean, 1e-9);
    assert_str(whole->culprits[0].func, "main.watch.func1");
    assert_close(find(&fixture, METRIC_GOROUTINES, "main.watch.func1")->estimate.cand, 2000 * mean,
                 1e-9);
    assert_true(find(&fixture, METRIC_GOROUTINES, "main.await")->is_charged);
    assert_close(find(&fixture, METRIC_GOROUTINE_GROWTH, NULL)->estimate.base, 0, 1e-9);
    assert_close(find(&fixture, METRIC_GOROUTINE_GROWTH, "main.watch.func1")->estimate.cand,
                 2000 * mean, 1e-9);
    assert_false(has(&fixture, METRIC_GOROUTINES, "runtime.gopark"));
    fixture_release(&fixture);
}

static void cpu_time_is_a_share_of_the_processs(void **state)
{
    static const struct pprof_sample base[] = {
        {"main.hash:2<main.work", {100, 0}},
        {"runtime.mallocgc<main.work:5", {100, 0}},
    };
    static const struct pprof_sample cand[] = {
        {"main.hash:2<main.work", {100, 0}},
        {"runtime.mallocgc<main.work:5", {300, 0}},
    };
    const struct share_count counts[] = {{90, 180}, {100, 200}, {120, 240}};
    const double cpu[] = {2000, 2100, 2200};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    PUT(&fixture, SIDE_BASE, CPU, POINT_END, base);
    PUT(&fixture, SIDE_CAND, CPU, POINT_END, cand);
    assert_ok(add(&fixture), &fixture.err);
    struct interval want = interval_product(interval_of_positive((struct samples){cpu, TRIALS}),
                                            share_interval(counts, TRIALS));
    const struct comparison_row *work = find(&fixture, METRIC_CPU_PROFILE, "main.work");
    double process = cbrt(2000.0 * 2100 * 2200);
    assert_close(work->estimate.base, process / 2, 1e-6);
    assert_close(work->estimate.base, want.value, 1e-9);
    assert_close(work->estimate.cand, process * 3 / 4, 1e-6);
    assert_int_equal(work->samples[SIDE_BASE], 620);
    assert_int_equal(work->samples[SIDE_CAND], 1240);
    assert_int_equal(work->estimate.base_count, TRIALS);
    assert_close(work->cand_share, 0.75, 1e-9);
    assert_close(find(&fixture, METRIC_CPU_PROFILE, NULL)->estimate.cand, process, 1e-6);
    assert_true(find(&fixture, METRIC_CPU_PROFILE, "runtime.mallocgc")->is_charged);
    fixture_release(&fixture);
}

struct empty_case {
    const char *name;
    bool base_has;
    bool cand_has;
    const char *note; /* "" for none */
    bool doubted;
    const char *periods[SIDES]; /* of mutex-period.txt; NULL: there is none */
};

static const struct empty_case empty_cases[] = {
    {"on both sides",
     false,
     false,
     "the mutex profile is empty on both sides: the service does not call "
     "runtime.SetMutexProfileFraction, or nothing waited",
     true,
     {NULL, NULL}},
    {"on both sides, and off",
     false,
     false,
     "the mutex profile is empty on both sides: mutex profiling is off, since the service does not "
     "call runtime.SetMutexProfileFraction",
     true,
     {"0\n", "0\n"}},
    {"on both sides, and on", false, false, "", false, {"1\n", "1\n"}},
    {"on both sides, and in part",
     false,
     false,
     "the mutex profile is empty on both sides: it records only some of the waits "
     "(runtime.SetMutexProfileFraction above 1)",
     true,
     {"1\n", "5\n"}},
    {"on the candidate, and hardly any",
     true,
     false,
     "the mutex profile of the candidate is empty: it records only some of the waits "
     "(runtime.SetMutexProfileFraction above 1)",
     true,
     {NULL, "1000000000\n"}},
    {"on the baseline, and in part",
     false,
     true,
     "the mutex profile of the baseline is empty: only some of its waits are recorded, by "
     "runtime.SetMutexProfileFraction",
     false,
     {"5\n", NULL}},
    {"on the candidate, and off now",
     true,
     false,
     "the mutex profile of the candidate is empty: mutex profiling is off, since the service no "
     "longer calls runtime.SetMutexProfileFraction",
     true,
     {NULL, "0\n"}},
    {"on the candidate, and on", true, false, "", false, {NULL, "1\n"}},
    {"on the baseline, and off there",
     false,
     true,
     "the mutex profile of the baseline is empty: only the candidate calls "
     "runtime.SetMutexProfileFraction",
     false,
     {"0\n", NULL}},
    {"on the baseline, and on there", false, true, "", false, {"1\n", NULL}},
    {"on the candidate",
     true,
     false,
     "the mutex profile of the candidate is empty: it no longer calls "
     "runtime.SetMutexProfileFraction, or nothing waits any more",
     true,
     {NULL, NULL}},
    {"on the baseline",
     false,
     true,
     "the mutex profile of the baseline is empty: nothing waited there, or only the candidate "
     "calls runtime.SetMutexProfileFraction",
     false,
     {NULL, NULL}},
};

static void put_period(struct fixture *fixture, enum side side, const char *text)
{
    for (uint32_t t = 1; text && t <= TRIALS; t++) {
        struct str file = recording_mutex_period_file(&fixture->arena, trial_dir(fixture, side, t));
        assert_ok(io_write_file(file, bytes_of_str(str_from(text)), &fixture->err), &fixture->err);
    }
}

static void an_empty_profile_proves_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(empty_cases); i++) {
        const struct empty_case *row = &empty_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        for (enum side side = 0; side < SIDES; side++) {
            bool is_on = side == SIDE_BASE ? row->base_has : row->cand_has;
            put(&fixture, side, PROFILE_KIND_MUTEX, POINT_WARM, started, 0);
            put(&fixture, side, PROFILE_KIND_MUTEX, POINT_END, started, is_on);
            put_period(&fixture, side, row->periods[side]);
        }
        assert_ok(add(&fixture), &fixture.err);
        assert_int_equal(fixture.comparison.note_count, row->note[0] ? 1 : 0);
        if (row->note[0])
            assert_str(fixture.comparison.notes[0], row->note);
        assert_str(find(&fixture, METRIC_MUTEX_DELAY, NULL)->doubt, row->doubted ? row->note : "");
        bool is_anywhere = row->base_has || row->cand_has;
        assert_int_equal(has(&fixture, METRIC_MUTEX_DELAY, "main.(*T).add"),
                         is_anywhere && !row->doubted);
        fixture_release(&fixture);
    }
}

static void a_period_that_is_no_number_is_refused(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (enum side side = 0; side < SIDES; side++) {
        put(&fixture, side, PROFILE_KIND_MUTEX, POINT_WARM, started, 0);
        put(&fixture, side, PROFILE_KIND_MUTEX, POINT_END, started, 0);
    }
    put_period(&fixture, SIDE_CAND, "often\n");
    assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, "mutex-period.txt: is no number");
    fixture_release(&fixture);
}

static void a_profile_that_was_refused_leaves_no_rows(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_quiet(&fixture, PROFILE_KIND_BLOCK);
    struct str file = file_of(&fixture, SIDE_CAND, 2, PROFILE_KIND_BLOCK, POINT_END);
    assert_ok(io_remove_tree(file, &fixture.err), &fixture.err);
    struct str dir = trial_dir(&fixture, SIDE_CAND, 2);
    assert_ok(io_write_file(recording_refusal_file(&fixture.arena, dir, PROFILE_KIND_BLOCK),
                            bytes_of_str(STR("GET /x answered 404\n")), &fixture.err),
              &fixture.err);
    assert_ok(add(&fixture), &fixture.err);
    assert_int_equal(fixture.comparison.row_count, 0);
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_BLOCK],
               "candidate, steady trial 2: GET /x answered 404");
    assert_str(fixture.comparison.profile_refusals[PROFILE_KIND_MUTEX],
               "baseline, steady trial 1: no mutex profile was recorded");
    assert_int_equal(fixture.comparison.note_count, 1);
    assert_str(fixture.comparison.notes[0],
               "block profiles are not compared: candidate, steady trial 2: GET /x answered 404");
    fixture_release(&fixture);
}

static void a_damaged_profile_is_an_error(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    put_quiet(&fixture, PROFILE_KIND_BLOCK);
    struct str file = file_of(&fixture, SIDE_BASE, 2, PROFILE_KIND_BLOCK, POINT_WARM);
    assert_ok(io_write_file(file, bytes_of_str(STR("oops")), &fixture.err), &fixture.err);
    assert_fails(add(&fixture), STATUS_FORMAT, &fixture.err, "baseline, steady trial 2: ");
    fixture_release(&fixture);
}

static void benchmarks_have_the_cpu_profile_alone(void **state)
{
    static const struct pprof_sample samples[] = {{"main.hash:2<main.work", {100, 0}}};
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    fixture.scenario.is_gotest = true;
    PUT(&fixture, SIDE_BASE, CPU, POINT_END, samples);
    PUT(&fixture, SIDE_CAND, CPU, POINT_END, samples);
    assert_ok(add(&fixture), &fixture.err);
    assert_true(has(&fixture, METRIC_CPU_PROFILE, "main.hash"));
    assert_int_equal(fixture.comparison.profile_refusals[PROFILE_KIND_MUTEX].len, 0);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_are_what_came_between_the_points),
        cmocka_unit_test(goroutines_are_counted_where_they_start),
        cmocka_unit_test(cpu_time_is_a_share_of_the_processs),
        cmocka_unit_test(an_empty_profile_proves_nothing),
        cmocka_unit_test(a_period_that_is_no_number_is_refused),
        cmocka_unit_test(a_profile_that_was_refused_leaves_no_rows),
        cmocka_unit_test(a_damaged_profile_is_an_error),
        cmocka_unit_test(benchmarks_have_the_cpu_profile_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
