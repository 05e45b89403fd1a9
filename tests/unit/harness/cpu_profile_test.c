#include "gate/harness/cpu_profile.h"

#include "gate/base/clock.h"
#include "gate/base/io.h"
#include "tests/support/check.h"
#include "tests/unit/harness/answers.h"
#include "tests/unit/harness/trial_fixture.h"

struct seconds_case {
    const char *name;
    uint64_t done;
    uint64_t count;
    uint64_t spent_ns;
    uint64_t want;
};

static const struct seconds_case seconds_cases[] = {
    {"at once", 1, 10, 0, 1},
    {"nothing left", 10, 10, NS_PER_SECOND, 1},
    {"0.72 s of 0.9", 10, 100, 100 * NS_PER_MS, 1},
    {"7.2 s of 9, cut to whole ones", 10, 100, NS_PER_SECOND, 7},
    {"59.2 s of 74", 26, 100, 26 * NS_PER_SECOND, 59},
    {"the most", 10, 100, 10 * NS_PER_SECOND, 60},
    {"largest numbers", 1, UINT64_MAX, UINT64_MAX, 60},
};

static void a_profile_fits_into_the_rest_of_the_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(seconds_cases); i++) {
        print_message("%s\n", seconds_cases[i].name);
        const struct seconds_case *row = &seconds_cases[i];
        assert_int_equal(cpu_profile_seconds(row->done, row->count, row->spent_ns), row->want);
    }
}

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.scenario.service = {.pprof = STR("/debug/pprof/"),
                                                     .profile_timeout_ns = 60 * NS_PER_SECOND}};
    fixture_begin(fixture);
}

/* What stands in a file of the trial; "" when there is none. */
static struct str content(struct fixture *fixture, const char *name)
{
    struct bytes text = {0};
    struct str path = io_join(&fixture->arena, fixture->trial.dir, str_from(name));
    if (!io_is_file(path))
        return STR("");
    assert_ok(io_read_file(&text, &fixture->arena, path, PROFILE_PACKED_BYTES_MAX, &fixture->err),
              &fixture->err);
    return str_of_bytes(text);
}

static struct str real_profile(struct fixture *fixture)
{
    struct bytes data = {0};
    assert_ok(io_read_file(&data, &fixture->arena, STR("corpus/data/go1.26_maps_cpu.pb.gz"),
                           PROFILE_PACKED_BYTES_MAX, &fixture->err),
              &fixture->err);
    return str_of_bytes(data);
}

enum { LOAD = 100, TENTH = 10 };
#define TENTH_NS (NS_PER_SECOND / 2)

/* A load of five seconds that ends as soon as the profile has. */
static void record(struct fixture *fixture, struct service *service)
{
    struct cpu_profile profile;
    fixture->built.cpu_refusal = STR("");
    service_start(service);
    cpu_profile_begin(&profile, &fixture->trial, &(struct address){.port = service->port}, LOAD);
    do
        cpu_profile_step(&profile, TENTH, TENTH_NS);
    while (profile.exchange);
    assert_ok(cpu_profile_finish(&profile, &fixture->err), &fixture->err);
    service_stop(service);
}

static void a_profile_is_kept_byte_for_byte(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str want = real_profile(&fixture);
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", want)},
                              .answer_count = 1};
    record(&fixture, &service);
    assert_true(str_starts_with(str_from(service.requests[0]),
                                STR("GET /debug/pprof/profile?seconds=3 HTTP/1.1\r\n")));
    assert_true(str_equal(content(&fixture, "cpu.pb.gz"), want));
    assert_str(content(&fixture, "cpu.txt"), "");
    fixture_release(&fixture);
}

struct refusal_case {
    const char *name;
    const char *status;
    struct str body;
    const char *want; /* cpu.txt */
};

static const struct refusal_case refusal_cases[] = {
    {"no such handler", "404 Not Found", STR_INIT("404 page not found\n"),
     "GET /debug/pprof/profile?seconds=3 answered 404: 404 page not found\n"},
    {"another profiler", "500 Internal Server Error",
     STR_INIT("Could not enable CPU profiling: cpu profiling already in use\nmore"),
     "GET /debug/pprof/profile?seconds=3 answered 500: Could not enable CPU profiling: cpu "
     "profiling already in use\n"},
    {"no reason at all", "503 Busy", STR_INIT(""),
     "GET /debug/pprof/profile?seconds=3 answered 503\n"},
    {"a reason that would act on a terminal", "500 No", STR_INIT("a\x1b[2Jb"),
     "GET /debug/pprof/profile?seconds=3 answered 500: a\\x1b[2Jb\n"},
    {"nothing", "200 OK", STR_INIT(""), "GET /debug/pprof/profile?seconds=3 answered nothing\n"},
    {"no profile", "200 OK", STR_INIT("<html>"),
     "GET /debug/pprof/profile?seconds=3: not a profile (starts \"<html>\")\n"},
};

static void a_refusal_is_kept_as_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        struct service service = {.answers = {answer(&fixture.arena, row->status, row->body)},
                                  .answer_count = 1};
        record(&fixture, &service);
        assert_str(content(&fixture, "cpu.txt"), row->want);
        assert_str(content(&fixture, "cpu.pb.gz"), "");
        fixture_release(&fixture);
    }
}

static void a_heap_profile_is_none_of_the_cpu(void **state)
{
    struct fixture fixture;
    struct bytes heap = {0};
    (void)state;
    fixture_init(&fixture);
    assert_ok(io_read_file(&heap, &fixture.arena, STR("corpus/data/go1.26_rate1.pb.gz"),
                           PROFILE_PACKED_BYTES_MAX, &fixture.err),
              &fixture.err);
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", str_of_bytes(heap))},
                              .answer_count = 1};
    record(&fixture, &service);
    assert_str(content(&fixture, "cpu.txt"),
               "GET /debug/pprof/profile?seconds=3: not a CPU profile\n");
    fixture_release(&fixture);
}

static void a_write_timeout_gets_a_shorter_profile(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    struct str no = answer(&fixture.arena, "400 Bad Request",
                           STR("profile duration exceeds server's WriteTimeout"));
    struct str want = real_profile(&fixture);
    struct service service = {.answers = {no, answer(&fixture.arena, "200 OK", want)},
                              .answer_count = 2};
    record(&fixture, &service);
    assert_true(str_contains(str_from(service.requests[1]), STR("profile?seconds=1 HTTP")));
    assert_true(str_equal(content(&fixture, "cpu.pb.gz"), want));
    struct service never = {.answers = {no, no}, .answer_count = 2};
    assert_ok(io_remove_tree(recording_cpu_file(&fixture.arena, fixture.trial.dir), &fixture.err),
              &fixture.err);
    record(&fixture, &never);
    assert_str(content(&fixture, "cpu.txt"),
               "GET /debug/pprof/profile?seconds=1 answered 400: profile duration exceeds server's "
               "WriteTimeout\n");
    fixture_release(&fixture);
}

static void a_service_that_is_gone_is_a_reason_too(void **state)
{
    struct fixture fixture;
    struct service service = {.answer_count = 0};
    (void)state;
    fixture_init(&fixture);
    service_start(&service);
    service_stop(&service);
    struct cpu_profile profile;
    cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = service.port}, LOAD);
    cpu_profile_step(&profile, TENTH, TENTH_NS);
    assert_ok(cpu_profile_finish(&profile, &fixture.err), &fixture.err);
    assert_true(
        str_starts_with(content(&fixture, "cpu.txt"), STR("GET /debug/pprof/profile?seconds=3: ")));
    fixture_release(&fixture);
}

struct wanted_case {
    const char *name;
    enum phase phase;
    bool off;
    bool want;
};

static const struct wanted_case wanted_cases[] = {
    {"steady", PHASE_STEADY, false, true},
    {"exact counts allocations undisturbed", PHASE_EXACT, false, false},
    {"left out by the policy", PHASE_STEADY, true, false},
};

static void only_steady_trials_have_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wanted_cases); i++) {
        const struct wanted_case *row = &wanted_cases[i];
        struct fixture fixture;
        struct cpu_profile profile;
        fixture_init(&fixture);
        print_message("%s\n", row->name);
        fixture.trial.key.phase = row->phase;
        fixture.policy.profile_off[PROFILE_KIND_CPU] = row->off;
        assert_int_equal(cpu_profile_is_wanted(&fixture.trial), row->want);
        cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = 1}, LOAD);
        cpu_profile_step(&profile, TENTH, TENTH_NS);
        assert_int_equal(profile.seconds > 0, row->want);
        cpu_profile_abandon(&profile);
        assert_null(profile.exchange);
        assert_str(content(&fixture, "cpu.txt"), "");
        fixture_release(&fixture);
    }
}

static void the_pace_of_the_load_is_awaited(void **state)
{
    struct fixture fixture;
    struct cpu_profile profile = {0};
    (void)state;
    fixture_init(&fixture);
    cpu_profile_step(&profile, TENTH, TENTH_NS);
    cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = 1}, LOAD);
    cpu_profile_step(&profile, 0, NS_PER_SECOND);
    cpu_profile_step(&profile, TENTH - 1, NS_PER_SECOND);
    assert_null(profile.exchange);
    assert_ok(cpu_profile_finish(&profile, &fixture.err), &fixture.err);
    assert_str(content(&fixture, "cpu.txt"),
               "the load was over before a profile could begin; raise load.count\n");
    fixture_release(&fixture);
}

static uint64_t finish_ns(struct fixture *fixture, struct cpu_profile *profile)
{
    uint64_t start_ns = clock_now_ns();
    assert_ok(cpu_profile_finish(profile, &fixture->err), &fixture->err);
    return clock_now_ns() - start_ns;
}

/* A first request of 5 seconds makes the rest look like 36, and then the load is over at once. */
static void a_profile_ends_with_the_load(void **state)
{
    struct fixture fixture;
    struct cpu_profile profile;
    (void)state;
    fixture_init(&fixture);
    struct str want = real_profile(&fixture);
    struct service service = {.answers = {answer(&fixture.arena, "200 OK", want)},
                              .answer_count = 1,
                              .waits_for_end = true};
    service_start(&service);
    cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = service.port}, LOAD);
    while (service.requests[0][0] == '\0')
        cpu_profile_step(&profile, TENTH, 5 * NS_PER_SECOND);
    assert_int_equal(profile.seconds, 36);
    assert_true(finish_ns(&fixture, &profile) < 5 * NS_PER_SECOND);
    service_stop(&service);
    assert_true(str_equal(content(&fixture, "cpu.pb.gz"), want));
    fixture_release(&fixture);
}

/* The refusal stands for the later trials of both sides, and what they left behind goes. */
static void a_handler_that_hangs_costs_its_time_once(void **state)
{
    struct fixture fixture;
    struct cpu_profile profile;
    struct service service = {.answer_count = 1, .hangs = true};
    (void)state;
    fixture_init(&fixture);
    service_start(&service);
    cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = service.port}, LOAD);
    while (service.requests[0][0] == '\0')
        cpu_profile_step(&profile, TENTH, TENTH_NS);
    assert_int_equal(profile.grace_ns, 10 * NS_PER_SECOND);
    profile.grace_ns = 100 * NS_PER_MS;
    assert_true(finish_ns(&fixture, &profile) < 2 * NS_PER_SECOND);
    assert_str(content(&fixture, "cpu.txt"),
               "GET /debug/pprof/profile?seconds=3: no complete answer by the end\n");
    fixture.trial.key.side = SIDE_BASE;
    struct str old = recording_cpu_file(&fixture.arena, fixture.trial.dir);
    assert_ok(io_write_file(old, bytes_of_str(STR("old")), &fixture.err), &fixture.err);
    cpu_profile_begin(&profile, &fixture.trial, &(struct address){.port = service.port}, LOAD);
    cpu_profile_step(&profile, TENTH, TENTH_NS);
    assert_null(profile.exchange);
    assert_true(finish_ns(&fixture, &profile) < NS_PER_SECOND);
    assert_str(content(&fixture, "cpu.txt"),
               "none was asked for after that of candidate trial 1 was refused: GET "
               "/debug/pprof/profile?seconds=3: no complete answer by the end\n");
    assert_false(io_is_file(old));
    (void)pthread_cancel(service.thread);
    service_stop(&service);
    fixture_release(&fixture);
}

struct file_case {
    const char *name;
    const char *written; /* NULL: no file */
    const char *want;    /* cpu.txt */
};

static const struct file_case file_cases[] = {
    {"none", NULL, "the test binary wrote none\n"},
    {"empty", "", "another profiler was at work, or none was written\n"},
    {"something else", "oops", "not a profile (starts \"oops\")\n"},
};

static void files_of_test_binaries_are_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
        const struct file_case *row = &file_cases[i];
        struct fixture fixture;
        fixture_init(&fixture);
        struct str file = recording_cpu_file(&fixture.arena, fixture.trial.dir);
        print_message("%s\n", row->name);
        if (row->written) {
            struct bytes text = bytes_of_str(str_from(row->written));
            assert_ok(io_write_file(file, text, &fixture.err), &fixture.err);
        }
        assert_ok(cpu_profile_check_file(&fixture.trial, &fixture.err), &fixture.err);
        assert_str(content(&fixture, "cpu.txt"), row->want);
        assert_false(io_is_file(file));
        /* The next attempt is better. */
        fixture.built.cpu_refusal = STR("");
        struct bytes good = bytes_of_str(real_profile(&fixture));
        assert_ok(io_write_file(file, good, &fixture.err), &fixture.err);
        assert_ok(cpu_profile_check_file(&fixture.trial, &fixture.err), &fixture.err);
        assert_str(content(&fixture, "cpu.txt"), "");
        assert_true(io_is_file(file));
        fixture_release(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_fits_into_the_rest_of_the_load),
        cmocka_unit_test(a_profile_is_kept_byte_for_byte),
        cmocka_unit_test(a_refusal_is_kept_as_its_reason),
        cmocka_unit_test(a_heap_profile_is_none_of_the_cpu),
        cmocka_unit_test(a_write_timeout_gets_a_shorter_profile),
        cmocka_unit_test(a_service_that_is_gone_is_a_reason_too),
        cmocka_unit_test(only_steady_trials_have_one),
        cmocka_unit_test(the_pace_of_the_load_is_awaited),
        cmocka_unit_test(a_profile_ends_with_the_load),
        cmocka_unit_test(a_handler_that_hangs_costs_its_time_once),
        cmocka_unit_test(files_of_test_binaries_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
