#include "tests/support/check.h"

#include "gate/compare/sources.h"
#include "gate/compare/validity.h"

/* Two recordings of one scenario, two trials a phase each, kept in memory. */
struct fixture {
    struct arena arena;
    struct comparison comparison;
    struct recording recordings[SIDES];
    struct record_scenario scenarios[SIDES];
    struct record_trial trials[SIDES][PHASES][2];
    struct trial_check checks[SIDES];
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        struct record_scenario *scenario = &fixture->scenarios[side];
        scenario->name = STR("s");
        scenario->load_count = 1000;
        scenario->programs[SIDE_CAND].arch = STR("amd64");
        for (int phase = 0; phase < PHASES; phase++) {
            for (uint32_t t = 0; t < 2; t++)
                fixture->trials[side][phase][t] = (struct record_trial){
                    .number = t + 1,
                    .request_count = 1000,
                    .statuses = STR("200:990 404:10"),
                };
            scenario->trials[SIDE_CAND][phase] = fixture->trials[side][phase];
            scenario->trial_count[SIDE_CAND][phase] = 2;
        }
        fixture->recordings[side].scenarios = scenario;
        fixture->recordings[side].scenario_count = 1;
        fixture->recordings[side].environment.cpu_model = STR("x");
        fixture->recordings[side].environment.cpu_count = 2;
        fixture->checks[side] = (struct trial_check){
            .side = (enum side)side, .number = 1, .period = 1, .profile_bytes = 1e9};
        fixture->checks[side].kept_bytes = 1e9;
        fixture->checks[side].has_runtime = true;
        fixture->checks[side].runtime_bytes = 1e9;
    }
}

static void fixture_check(struct fixture *fixture)
{
    const struct comparison_source sources[SIDES] = {
        {&fixture->recordings[SIDE_BASE], 0, SIDE_CAND},
        {&fixture->recordings[SIDE_CAND], 0, SIDE_CAND}};
    (void)sources_join(&fixture->comparison, &fixture->arena, sources);
    validity_check(&fixture->comparison, &fixture->arena, fixture->checks, SIDES);
    validity_check_load(&fixture->comparison, &fixture->arena);
}

static void break_nothing(struct fixture *fixture)
{
    (void)fixture;
}

static void break_statuses(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][1].statuses = STR("200:1000");
}

static void break_requests(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_EXACT][0].request_count = 999;
}

static void break_warmup(struct fixture *fixture)
{
    fixture->trials[SIDE_BASE][PHASE_EXACT][1].warmup_count = 7;
}

static void break_load(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].load_count = 2000;
}

static void break_arch(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].programs[SIDE_CAND].arch = STR("arm64");
}

static void break_driver(struct fixture *fixture)
{
    fixture->scenarios[SIDE_BASE].is_gotest = true;
}

static void break_failure(struct fixture *fixture)
{
    fixture->scenarios[SIDE_BASE].failure = STR("build failed");
}

static void break_identical(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].identical = true;
}

static void break_period(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].period = 16384;
}

static void break_profiling(struct fixture *fixture)
{
    fixture->checks[SIDE_BASE].period = 0;
    fixture->checks[SIDE_CAND].period = 0;
}

static void break_sign(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].has_negative = true;
}

/* 10 % of 1e9 and 1 MiB are allowed to be missing: 0.898 is, 0.9 is not. */
static void break_coverage(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].profile_bytes = 0.898e9;
}

static void bend_coverage(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].profile_bytes = 0.9e9;
}

static void break_profile(struct fixture *fixture)
{
    fixture->checks[SIDE_BASE] = (struct trial_check){.side = SIDE_BASE, .number = 1, .period = 1};
}

/* As a service that was started anew in the middle of the load would show. */
static void break_runtime(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].runtime_bytes = -5e6;
}

/* 80 % of what the benchmarks counted must be in the profile. */
static void break_benchmarks(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].benchmark_bytes = 1.26e9;
}

static void bend_benchmarks(struct fixture *fixture)
{
    fixture->checks[SIDE_CAND].benchmark_bytes = 1.24e9;
}

static void break_rate(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][0].rate_per_second = 500;
}

static void break_steady_requests(struct fixture *fixture)
{
    fixture->trials[SIDE_BASE][PHASE_STEADY][1].request_count = 500;
}

static void set_engine(struct fixture *fixture, uint64_t connections, uint64_t streams)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++)
            fixture->trials[side][PHASE_STEADY][t].engine = (struct record_engine){
                .is_known = true, .connections = connections, .streams = streams};
    }
}

static void break_connections(struct fixture *fixture)
{
    set_engine(fixture, 16, 1);
    fixture->trials[SIDE_CAND][PHASE_STEADY][0].engine.connections = 8;
}

static void break_streams(struct fixture *fixture)
{
    set_engine(fixture, 16, 10);
    fixture->trials[SIDE_CAND][PHASE_STEADY][1].engine.streams = 20;
}

/* Of an older recording nobody knows how many it had. */
static void bend_connections(struct fixture *fixture)
{
    set_engine(fixture, 16, 10);
    for (size_t t = 0; t < 2; t++)
        fixture->trials[SIDE_BASE][PHASE_STEADY][t].engine = (struct record_engine){0};
}

static void break_machine(struct fixture *fixture)
{
    fixture->recordings[SIDE_CAND].environment.cpu_model = STR("y");
}

static void break_cpus(struct fixture *fixture)
{
    fixture->recordings[SIDE_CAND].environment.cpu_count = 4;
}

static void break_pinning(struct fixture *fixture)
{
    fixture->recordings[SIDE_CAND].environment.pinned = true;
}

static void give_quotas(struct fixture *fixture, double base, double cand)
{
    fixture->recordings[SIDE_BASE].environment.quota = (struct record_quota){true, base};
    fixture->recordings[SIDE_CAND].environment.quota = (struct record_quota){true, cand};
}

static void break_quota(struct fixture *fixture)
{
    give_quotas(fixture, 1.5, 1.8);
}

static void break_lone_quota(struct fixture *fixture)
{
    give_quotas(fixture, 1.5, 0);
}

static void bend_quota(struct fixture *fixture)
{
    give_quotas(fixture, 1.5, 1.5);
}

/* Of 2 CPUs: none holds anything back. */
static void bend_whole_quota(struct fixture *fixture)
{
    give_quotas(fixture, 2, 0);
}

static void break_whole_quota(struct fixture *fixture)
{
    give_quotas(fixture, 4, 1.5);
}

static void bend_silent_quota(struct fixture *fixture)
{
    give_quotas(fixture, 1.5, 0);
    fixture->recordings[SIDE_CAND].environment.quota.is_known = false;
}

static void break_limits(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].limits.memory_bytes = 1 << 30;
}

static void break_isolation(struct fixture *fixture)
{
    fixture->recordings[SIDE_BASE].environment.isolation.network = true;
}

static void break_steady(struct fixture *fixture)
{
    fixture->scenarios[SIDE_BASE].trial_count[SIDE_CAND][PHASE_STEADY] = 0;
}

static const struct record_tool strict_tool = {.format = STR_INIT("hey")};
static const struct record_tool other_tool = {.format = STR_INIT("wrk")};
static const struct record_tool lenient_tool = {.format = STR_INIT("wrk"), .count_tolerance = 0.01};

static void set_tool(struct fixture *fixture, const struct record_tool *tool)
{
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            for (size_t t = 0; t < 2; t++)
                fixture->trials[side][phase][t].tool = tool;
        }
    }
}

/* 1 % of 1000 is 10. */
static void bend_tool_counts(struct fixture *fixture)
{
    set_tool(fixture, &lenient_tool);
    fixture->trials[SIDE_CAND][PHASE_EXACT][0].request_count = 990;
    fixture->trials[SIDE_CAND][PHASE_STEADY][1].request_count = 1010;
    fixture->scenarios[SIDE_CAND].load_count = 990;
}

static void break_tool_counts(struct fixture *fixture)
{
    set_tool(fixture, &lenient_tool);
    fixture->trials[SIDE_CAND][PHASE_EXACT][0].request_count = 989;
}

static void break_strict_tool_counts(struct fixture *fixture)
{
    set_tool(fixture, &strict_tool);
    fixture->trials[SIDE_CAND][PHASE_EXACT][0].request_count = 999;
}

static void break_tools(struct fixture *fixture)
{
    set_tool(fixture, &strict_tool);
    for (size_t t = 0; t < 2; t++)
        fixture->trials[SIDE_CAND][PHASE_EXACT][t].tool = &other_tool;
}

static void break_lone_tool(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][0].tool = &strict_tool;
}

static void break_transport(struct fixture *fixture)
{
    fixture->scenarios[SIDE_BASE].transport = STR("HTTP/1.1 over TCP");
    fixture->scenarios[SIDE_CAND].transport = STR("HTTP/2 over TCP");
}

static void break_silent_transport(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].transport = STR("HTTP/2 over TCP");
}

static void bend_transport(struct fixture *fixture)
{
    fixture->scenarios[SIDE_CAND].transport = STR("HTTP/1.1 over TCP");
}

static const struct refusal_case {
    const char *name;
    void (*spoil)(struct fixture *fixture);
    const char *invalid; /* part of the only text; NULL: none */
    const char *steady;
} refusal_cases[] = {
    {"alike", break_nothing, NULL, NULL},
    {"statuses", break_statuses,
     "answers differ in the steady phase: baseline trial 1 gave 200:990 404:10, candidate trial 2 "
     "gave 200:1000",
     NULL},
    {"exact requests", break_requests,
     "request counts of the exact phase differ: baseline trial 1 has 1000, candidate trial 1 has "
     "999",
     NULL},
    {"requests of a tool within its tolerance", bend_tool_counts, NULL, NULL},
    {"requests of a tool past its tolerance", break_tool_counts,
     "request counts of the exact phase differ: baseline trial 1 has 1000, candidate trial 1 has "
     "989",
     NULL},
    {"requests of a tool without a tolerance", break_strict_tool_counts,
     "request counts of the exact phase differ", NULL},
    {"tools", break_tools,
     "loads of the exact phase differ: that of baseline trial 1 was sent and read by hey, that of "
     "candidate trial 1 by wrk",
     NULL},
    {"a tool beside memgate", break_lone_tool,
     "loads of the steady phase differ: that of baseline trial 1 was sent and read by memgate, "
     "that of candidate trial 1 by hey",
     NULL},
    {"warm-up", break_warmup, "warm-up counts of the exact phase differ", NULL},
    {"load", break_load, "load counts differ: baseline 1000 requests, candidate 2000", NULL},
    {"transport", break_transport,
     "the load went over HTTP/1.1 over TCP for the baseline, over HTTP/2 over TCP for the candidate",
     NULL},
    {"transport that an older memgate did not know", break_silent_transport,
     "the load went over HTTP/1.1 over TCP for the baseline, over HTTP/2 over TCP for the candidate",
     NULL},
    {"transport that was the only one", bend_transport, NULL, NULL},
    {"architecture", break_arch, "baseline built for amd64, candidate for arm64", NULL},
    {"driver", break_driver, "baseline measured benchmarks, candidate a service", NULL},
    {"failed", break_failure, "baseline recording: build failed", NULL},
    {"identical", break_identical, "candidate recording: nothing was measured", NULL},
    {"period", break_period, "profile periods differ", NULL},
    {"negative", break_sign, "negative values", NULL},
    {"coverage below its band", break_coverage, "covers 90 % of TotalAlloc", NULL},
    {"coverage at its band", bend_coverage, NULL, NULL},
    {"empty profile", break_profile, "the heap profile is empty", NULL},
    {"memory counters that fall", break_runtime, "TotalAlloc did not grow", NULL},
    {"benchmarks outside the profile", break_benchmarks, "holds 79 % of the bytes", NULL},
    {"benchmarks inside the profile", bend_benchmarks, NULL, NULL},
    {"rate", break_rate, NULL, "rates per second of the steady phase differ"},
    {"steady requests", break_steady_requests, NULL, "request counts of the steady phase differ"},
    {"connections", break_connections, NULL,
     "connections of the steady phase differ: baseline trial 1 has 16, candidate trial 1 has 8"},
    {"streams", break_streams, NULL,
     "streams of a connection of the steady phase differ: baseline trial 1 has 10, candidate trial "
     "2 has 20"},
    {"connections that were not recorded", bend_connections, NULL, NULL},
    {"cpu model", break_machine, NULL, "baseline ran on 2 CPUs of \"x\", candidate on 2 of \"y\""},
    {"cpu count", break_cpus, NULL, "candidate on 4 of"},
    {"pinning", break_pinning, NULL,
     "pinning differs: the load had a CPU of its own only for the candidate"},
    {"quotas", break_quota, NULL,
     "machines differ: the CPU quota was 1.5 CPUs for the baseline, 1.8 CPUs for the candidate"},
    {"a quota on one side", break_lone_quota, NULL,
     "the CPU quota was 1.5 CPUs for the baseline, none for the candidate"},
    {"a quota of all CPUs is none", bend_whole_quota, NULL, NULL},
    {"a quota of more than all CPUs", break_whole_quota, NULL,
     "the CPU quota was none for the baseline, 1.5 CPUs for the candidate"},
    {"the same quota", bend_quota, NULL, NULL},
    {"a quota that an older memgate did not record", bend_silent_quota, NULL, NULL},
    {"limits", break_limits, NULL, "service.limits were not the same for both sides"},
    {"isolation", break_isolation, NULL, "--isolate was given for the baseline alone"},
    {"no steady phase", break_steady, NULL, "baseline: no steady trial was recorded"},
};

static void what_was_not_taken_alike_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusal_cases); i++) {
        const struct refusal_case *row = &refusal_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        row->spoil(&fixture);
        fixture_check(&fixture);
        assert_int_equal(fixture.comparison.invalid_count, row->invalid ? 1 : 0);
        if (row->invalid)
            assert_non_null(strstr(fixture.comparison.invalid[0].data, row->invalid));
        assert_int_equal(fixture.comparison.steady_refusal.len > 0, row->steady != NULL);
        if (row->steady)
            assert_non_null(strstr(fixture.comparison.steady_refusal.data, row->steady));
        arena_release(&fixture.arena);
    }
}

static bool has_note(const struct fixture *fixture, const char *text)
{
    bool found = false;
    for (size_t i = 0; i < fixture->comparison.note_count; i++)
        found |= strstr(fixture->comparison.notes[i].data, text) != NULL;
    return found;
}

static void a_quota_that_one_recording_does_not_name_is_noted(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    bend_silent_quota(&fixture);
    fixture_check(&fixture);
    assert_true(
        has_note(&fixture, "the candidate recording does not say which CPU quota it ran under"));
    arena_release(&fixture.arena);
}

static const struct {
    const char *name;
    struct str versions[SIDES];
    bool is_noted;
} version_cases[] = {
    {"two versions", {STR_INIT("0.1.0"), STR_INIT("0.2.0")}, true},
    {"one version", {STR_INIT("0.1.0"), STR_INIT("0.1.0")}, false},
    {"a recording that does not say", {STR_INIT(""), STR_INIT("0.1.0")}, false},
};

static void versions_that_differ_are_noted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(version_cases); i++) {
        struct fixture fixture;
        print_message("%s\n", version_cases[i].name);
        fixture_init(&fixture);
        for (int side = 0; side < SIDES; side++)
            fixture.recordings[side].environment.memgate_version = version_cases[i].versions[side];
        fixture_check(&fixture);
        assert_int_equal(has_note(&fixture, "the baseline was recorded by memgate 0.1.0, the "
                                            "candidate by 0.2.0: what the two measure may differ"),
                         version_cases[i].is_noted);
        assert_int_equal(has_note(&fixture, "recorded by memgate"), version_cases[i].is_noted);
        arena_release(&fixture.arena);
    }
}

static void profiling_that_was_off_is_said_for_each_side(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    break_profiling(&fixture);
    fixture_check(&fixture);
    assert_int_equal(fixture.comparison.invalid_count, SIDES);
    assert_non_null(strstr(fixture.comparison.invalid[1].data, "candidate, exact trial 1: heap"));
    arena_release(&fixture.arena);
}

static void a_scenario_of_one_side_is_named_and_invalid(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    const struct comparison_source source = {&fixture.recordings[SIDE_BASE], 0, SIDE_CAND};
    comparison_of_lone(&fixture.comparison, &fixture.arena, &source, SIDE_BASE);
    assert_str(fixture.comparison.scenario, "s");
    assert_int_equal(fixture.comparison.invalid_count, 1);
    assert_non_null(strstr(fixture.comparison.invalid[0].data, "the baseline recording alone"));
    assert_str(fixture.comparison.record->programs[SIDE_BASE].arch, "amd64");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_taken_alike_is_refused),
        cmocka_unit_test(a_quota_that_one_recording_does_not_name_is_noted),
        cmocka_unit_test(versions_that_differ_are_noted),
        cmocka_unit_test(profiling_that_was_off_is_said_for_each_side),
        cmocka_unit_test(a_scenario_of_one_side_is_named_and_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
