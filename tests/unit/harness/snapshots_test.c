#include "gate/harness/snapshots.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "tests/support/check.h"
#include "tests/unit/harness/answers.h"
#include "tests/unit/harness/trial_fixture.h"

#define MUTEX_FILE     "corpus/data/go1.26_waits_mutex.pb.gz"
#define GOROUTINE_FILE "corpus/data/go1.26_waits_goroutine.pb.gz"

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.scenario.service = {.pprof = STR("/debug/pprof"),
                                                     .profile_timeout_ns = 60 * NS_PER_SECOND}};
    fixture->policy.profile_off[PROFILE_KIND_BLOCK] = true;
    fixture_begin(fixture);
}

/* What stands in a file; "" when there is none. */
static struct str read_path(struct fixture *fixture, struct str path)
{
    struct bytes text = {0};
    if (!io_is_file(path))
        return STR("");
    assert_ok(io_read_file(&text, &fixture->arena, path, PROFILE_PACKED_BYTES_MAX, &fixture->err),
              &fixture->err);
    return str_of_bytes(text);
}

static struct str content(struct fixture *fixture, const char *name)
{
    return read_path(fixture, io_join(&fixture->arena, fixture->trial.dir, str_from(name)));
}

/* As an earlier run of the same trial would. */
static void leave(struct fixture *fixture, const char *name)
{
    struct str file = io_join(&fixture->arena, fixture->trial.dir, str_from(name));
    assert_ok(io_write_file(file, bytes_of_str(STR("of another time\n")), &fixture->err),
              &fixture->err);
}

static enum status read_waits(struct fixture *fixture, struct service *service, enum point point)
{
    service_start(service);
    enum status status = snapshots_read_waits(
        &fixture->trial, &(struct address){.port = service->port}, point, &fixture->err);
    service_stop(service);
    return status;
}

static void profiles_are_kept_byte_for_byte(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str mutex = read_path(&fixture, STR(MUTEX_FILE));
    struct str goroutine = read_path(&fixture, STR(GOROUTINE_FILE));
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", mutex)},
                              .answer_count = 1};
    assert_ok(read_waits(&fixture, &service, POINT_WARM), &fixture.err);
    assert_true(str_starts_with(str_from(service.requests[0]), STR("GET /debug/pprof/mutex HTTP")));
    assert_true(mutex.len > 0 && str_equal(content(&fixture, "mutex-warm.pb.gz"), mutex));
    assert_str(content(&fixture, "block-warm.pb.gz"), "");
    struct str traces = STR("goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1\n\n"
                            "goroutine 9 [sleep]:\nmain.wait()\n\t/src/main.go:9 +0x1\n"
                            "created by main.main\n\t/src/main.go:4 +0x1\n");
    struct service other = {.answers = {answer(&fixture.arena, "200 OK", goroutine),
                                        answer(&fixture.arena, "200 OK", traces)},
                            .answer_count = 2};
    service_start(&other);
    assert_ok(snapshots_read_goroutines(&fixture.trial, &(struct address){.port = other.port},
                                        POINT_END, &fixture.err),
              &fixture.err);
    service_stop(&other);
    assert_true(str_equal(content(&fixture, "goroutine-end.pb.gz"), goroutine));
    assert_str(content(&fixture, "goroutine-end.txt"),
               "# count line file created_by function\n1\t0\t\t\tmain.main\n"
               "1\t4\t/src/main.go\tmain.main\tmain.wait\n");
    assert_str(content(&fixture, "goroutine.txt"), "");
    fixture_release(&fixture);
}

struct refusal_case {
    const char *name;
    const char *status;
    const char *file; /* of the body, or NULL */
    const char *body;
    const char *want;
};

static const struct refusal_case refusal_cases[] = {
    {"no handler", "404 Not Found", NULL, "404 page not found\n",
     "GET /debug/pprof/mutex: answered 404: 404 page not found\n"},
    {"empty", "200 OK", NULL, "", "GET /debug/pprof/mutex: answered nothing\n"},
    {"text", "200 OK", NULL, "oops", "GET /debug/pprof/mutex: not a profile (starts \"oops\")\n"},
    {"another profile", "200 OK", GOROUTINE_FILE, NULL,
     "GET /debug/pprof/mutex: not a mutex profile\n"},
    {"the text form", "200 OK", "corpus/data/go1.26_mutex_debug1.txt", NULL,
     "GET /debug/pprof/mutex: not a gzip profile\n"},
};

static void a_refusal_is_kept_once_as_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        struct str body =
            row->file ? read_path(&fixture, str_from(row->file)) : str_from(row->body);
        struct service service = {.answers = {answer(&fixture.arena, row->status, body)},
                                  .answer_count = 1};
        leave(&fixture, "mutex-warm.pb.gz");
        leave(&fixture, "mutex-end.pb.gz");
        assert_ok(read_waits(&fixture, &service, POINT_WARM), &fixture.err);
        assert_str(content(&fixture, "mutex.txt"), row->want);
        assert_str(content(&fixture, "mutex-warm.pb.gz"), "");
        assert_str(content(&fixture, "mutex-end.pb.gz"), "");
        /* Nobody listens any more: the end is not asked for. */
        assert_ok(snapshots_read_waits(&fixture.trial, &(struct address){.port = service.port},
                                       POINT_END, &fixture.err),
                  &fixture.err);
        assert_str(content(&fixture, "mutex.txt"), row->want);
        fixture_release(&fixture);
    }
}

static void the_next_attempt_forgets_the_reason(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str mutex = read_path(&fixture, STR(MUTEX_FILE));
    leave(&fixture, "mutex.txt");
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", mutex)},
                              .answer_count = 1};
    assert_ok(read_waits(&fixture, &service, POINT_WARM), &fixture.err);
    assert_str(content(&fixture, "mutex.txt"), "");
    /* A service that is gone at the end is a reason too. */
    assert_ok(snapshots_read_waits(&fixture.trial, &(struct address){.port = service.port},
                                   POINT_END, &fixture.err),
              &fixture.err);
    assert_true(str_starts_with(content(&fixture, "mutex.txt"), STR("GET /debug/pprof/mutex: ")));
    assert_str(content(&fixture, "mutex-end.pb.gz"), "");
    fixture_release(&fixture);
}

/* A handler that hangs would cost every trial its time: one reason is enough for all. */
static void a_refusal_holds_for_later_trials_of_both_sides(void **state)
{
    static const char want[] =
        "none was asked for after that of candidate trial 1 was refused: GET "
        "/debug/pprof/mutex: answered 404\n";
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct service service = {.answers = {answer(&fixture.arena, "404 Not Found", STR(""))},
                              .answer_count = 1};
    assert_ok(read_waits(&fixture, &service, POINT_WARM), &fixture.err);
    assert_str(content(&fixture, "mutex.txt"), "GET /debug/pprof/mutex: answered 404\n");
    /* The next trial: nobody listens any more, so that asking would give another reason. */
    leave(&fixture, "mutex.txt");
    leave(&fixture, "mutex-end.pb.gz");
    fixture.trial.key = (struct trial_key){0, SIDE_BASE, PHASE_STEADY, 2};
    for (enum point point = POINT_WARM; point <= POINT_END; point++) {
        assert_ok(snapshots_read_waits(&fixture.trial, &(struct address){.port = service.port},
                                       point, &fixture.err),
                  &fixture.err);
        assert_str(content(&fixture, "mutex.txt"), want);
        assert_str(content(&fixture, "mutex-end.pb.gz"), "");
    }
    fixture_release(&fixture);
}

struct period_case {
    const char *name;
    const char *status;
    const char *body;
    const char *want;
};

static const struct period_case period_cases[] = {
    {"off", "200 OK", "--- mutex:\ncycles/second=2596117679\nsampling period=0\n", "0\n"},
    {"on", "200 OK", "--- mutex:\ncycles/second=2596117679\nsampling period=5\n", "5\n"},
    {"not told", "200 OK", "--- mutex:\ncycles/second=2596117679\n", ""},
    {"no number", "200 OK", "sampling period=-1\n", ""},
    {"refused", "404 Not Found", "sampling period=0\n", ""},
};

/* A gzip profile of the right columns without samples. */
static struct str empty_mutex(struct fixture *fixture)
{
    static const char name[] = "corpus/data/go1.26_mutex_empty.pb.gz";
    return read_path(fixture, str_from(name));
}

static void an_empty_mutex_profile_is_asked_for_its_period(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(period_cases); i++) {
        const struct period_case *row = &period_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        struct str profile = empty_mutex(&fixture);
        assert_true(profile.len > 0);
        struct service service = {
            .answers = {answer(&fixture.arena, "200 OK", profile),
                        answer(&fixture.arena, row->status, str_from(row->body))},
            .answer_count = 2};
        assert_ok(read_waits(&fixture, &service, POINT_END), &fixture.err);
        assert_true(str_starts_with(str_from(service.requests[1]),
                                    STR("GET /debug/pprof/mutex?debug=1 HTTP")));
        assert_str(content(&fixture, "mutex-period.txt"), row->want);
        assert_true(str_equal(content(&fixture, "mutex-end.pb.gz"), profile));
        fixture_release(&fixture);
    }
}

struct wanted_case {
    const char *name;
    enum phase phase;
    enum profile_kind kind;
    bool want;
};

static const struct wanted_case wanted_cases[] = {
    {"listed", PHASE_STEADY, PROFILE_KIND_MUTEX, true},
    {"not listed", PHASE_STEADY, PROFILE_KIND_BLOCK, false},
    {"exact counts allocations undisturbed", PHASE_EXACT, PROFILE_KIND_MUTEX, false},
    {"the duet is for latency", PHASE_DUET, PROFILE_KIND_GOROUTINE, false},
    {"the CPU profile is taken beside the load", PHASE_STEADY, PROFILE_KIND_CPU, false},
    {"the heap has points of its own", PHASE_STEADY, PROFILE_KIND_HEAP, false},
};

static void steady_trials_have_what_the_policy_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wanted_cases); i++) {
        const struct wanted_case *row = &wanted_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        fixture.trial.key.phase = row->phase;
        assert_int_equal(snapshot_is_wanted(&fixture.trial, row->kind), row->want);
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_kept_byte_for_byte),
        cmocka_unit_test(a_refusal_is_kept_once_as_its_reason),
        cmocka_unit_test(the_next_attempt_forgets_the_reason),
        cmocka_unit_test(a_refusal_holds_for_later_trials_of_both_sides),
        cmocka_unit_test(an_empty_mutex_profile_is_asked_for_its_period),
        cmocka_unit_test(steady_trials_have_what_the_policy_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
