#include "gate/compare/engine_notes.h"

#include "tests/support/check.h"

struct fixture {
    struct arena arena;
    struct comparison comparison;
    struct recording recordings[SIDES];
    struct record_scenario scenario;
    struct record_trial trials[SIDES][PHASES][2];
    struct record_tool tool;
};

/* Ten streams, all of them allowed, and half a CPU. */
static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.tool = {.format = STR("wrk"), .wall_ns = 1000}};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        fixture->recordings[side].environment.cpu_count = 2;
        fixture->recordings[side].environment.quota.is_known = true;
        for (int phase = 0; phase < PHASES; phase++) {
            for (uint32_t t = 0; t < 2; t++) {
                fixture->trials[side][phase][t] =
                    (struct record_trial){.number = t + 1, .rate_per_second = 100};
                fixture->trials[side][phase][t].engine =
                    (struct record_engine){true, 16, 10, 10, 0, 0, 500, 1000};
            }
            fixture->scenario.trials[side][phase] = fixture->trials[side][phase];
            fixture->scenario.trial_count[side][phase] = 2;
        }
    }
    fixture->comparison.record = &fixture->scenario;
}

static void set_tool(struct fixture *fixture)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++) {
            fixture->trials[side][PHASE_STEADY][t].tool = &fixture->tool;
            fixture->trials[side][PHASE_STEADY][t].engine = (struct record_engine){0};
        }
        fixture->scenario.trial_count[side][PHASE_DUET] = 0;
    }
}

static void spoil_nothing(struct fixture *fixture)
{
    /* What is counted and not timed may be as slow as it likes. */
    fixture->trials[SIDE_CAND][PHASE_EXACT][0].engine.cpu_ns = 1000;
}

static void spoil_cpu(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][0].engine.cpu_ns = 810;
    fixture->trials[SIDE_BASE][PHASE_DUET][1].engine.cpu_ns = 930;
}

static void spoil_cpu_of_a_closed_loop(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][1].rate_per_second = 0;
    fixture->trials[SIDE_CAND][PHASE_STEADY][1].engine.cpu_ns = 800;
}

static void bend_cpu(struct fixture *fixture)
{
    fixture->trials[SIDE_CAND][PHASE_STEADY][0].engine.cpu_ns = 799;
}

static void spoil_streams(struct fixture *fixture)
{
    for (size_t t = 0; t < 2; t++) {
        fixture->trials[SIDE_CAND][PHASE_STEADY][t].rate_per_second = 0;
        fixture->trials[SIDE_CAND][PHASE_STEADY][t].engine.streams_allowed = 5 - t;
        fixture->trials[SIDE_CAND][PHASE_DUET][t].engine.streams_allowed = 4;
    }
}

static void spoil_streams_of_both(struct fixture *fixture)
{
    for (int side = 0; side < SIDES; side++) {
        for (size_t t = 0; t < 2; t++)
            fixture->trials[side][PHASE_STEADY][t].engine.streams_allowed = 8;
    }
}

static void spoil_what_is_known(struct fixture *fixture)
{
    for (size_t t = 0; t < 2; t++) {
        fixture->trials[SIDE_BASE][PHASE_STEADY][t].engine = (struct record_engine){0};
        fixture->trials[SIDE_BASE][PHASE_DUET][t].engine = (struct record_engine){0};
    }
}

/* Two CPUs, and 90 % of them. */
static void spoil_tool(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 1800;
}

static void spoil_one_thread(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 900;
}

static void spoil_pinned_tool(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 970;
    fixture->recordings[SIDE_BASE].environment.pinned = true;
}

static void spoil_tool_of_an_older_recording(struct fixture *fixture)
{
    spoil_tool(fixture);
    fixture->recordings[SIDE_BASE].environment.quota.is_known = false;
}

/* 93 % of one and a half CPUs. */
static void spoil_held_tool(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 1400;
    fixture->recordings[SIDE_BASE].environment.quota.cpus = 1.5;
}

static void spoil_tool_held_below_a_cpu(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 460;
    fixture->recordings[SIDE_BASE].environment.quota.cpus = 0.5;
}

static void bend_quota(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 1400;
    fixture->recordings[SIDE_BASE].environment.quota.cpus = 8;
}

/* More than one thread can use, less than there is. */
static void bend_tool(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 1400;
}

static void bend_idle_tool(struct fixture *fixture)
{
    set_tool(fixture);
    fixture->tool.cpu_ns = 890;
}

static const struct note_case {
    const char *name;
    void (*spoil)(struct fixture *fixture);
    const char *note; /* the only one; NULL: none */
} note_cases[] = {
    {"an engine with time to spare", spoil_nothing, NULL},
    {"below the limit", bend_cpu, NULL},
    {"a busy engine", spoil_cpu,
     "memgate itself was near its limit: sending the load took up to 93 % of one CPU (baseline, "
     "duet trial 2), so that latency is in part its own; lower load.rate, or set load.batch"},
    {"a busy engine without a rate", spoil_cpu_of_a_closed_loop,
     "memgate itself was near its limit: sending the load took up to 80 % of one CPU (candidate, "
     "steady trial 2), so that latency is in part its own; set load.rate, below what the service "
     "can take"},
    {"fewer streams on one side", spoil_streams,
     "of load.streams 10 a connection carried 10 requests at a time for the baseline, 4 for the "
     "candidate, since the service allows no more: in a closed loop the two had another load"},
    {"fewer streams on both", spoil_streams_of_both,
     "of load.streams 10 a connection carried 8 requests at a time for the baseline, 8 for the "
     "candidate, since the service allows no more"},
    {"an older recording", spoil_what_is_known,
     "connections and streams of the baseline's load were not recorded: whether both sides had "
     "the same is not known"},
    {"a busy tool", spoil_tool,
     "the load tool used 1.80 of the 2 CPUs that it may have (baseline, steady trial 1): it was "
     "near its limit, and latency is in part its own; have it send less"},
    {"a tool of one thread", spoil_one_thread,
     "the load tool used 0.90 of the 2 CPUs that it may have (baseline, steady trial 1): if it "
     "sends from one thread, it was near its limit, and latency is in part its own; have it send "
     "less, or from more threads"},
    {"a tool on one CPU", spoil_pinned_tool,
     "the load tool used 0.97 of the 1 CPU that it may have (baseline, steady trial 1): it was "
     "near its limit, and latency is in part its own; have it send less"},
    {"a tool where the quota was not recorded", spoil_tool_of_an_older_recording,
     "the load tool used 1.80 of the 2 CPUs that it may run on (baseline, steady trial 1): it was "
     "near its limit, and latency is in part its own; have it send less"},
    {"a tool under a quota", spoil_held_tool,
     "the load tool used 1.40 of the 1.5 CPUs that it may have (baseline, steady trial 1): it was "
     "near its limit, and latency is in part its own; have it send less"},
    {"a tool under a quota below one CPU", spoil_tool_held_below_a_cpu,
     "the load tool used 0.46 of the 0.5 CPU that it may have (baseline, steady trial 1): it was "
     "near its limit, and latency is in part its own; have it send less"},
    {"a quota above the CPUs that there are", bend_quota, NULL},
    {"a tool of more threads", bend_tool, NULL},
    {"a tool with time to spare", bend_idle_tool, NULL},
};

static void what_limits_the_load_is_said_with_its_figure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(note_cases); i++) {
        const struct note_case *row = &note_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        row->spoil(&fixture);
        const struct comparison_source sources[SIDES] = {
            {&fixture.recordings[SIDE_BASE], 0, SIDE_BASE},
            {&fixture.recordings[SIDE_CAND], 0, SIDE_CAND}};
        engine_note(&fixture.comparison, &fixture.arena, sources);
        assert_int_equal(fixture.comparison.note_count, row->note ? 1 : 0);
        if (row->note)
            assert_str(fixture.comparison.notes[0], row->note);
        arena_release(&fixture.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_limits_the_load_is_said_with_its_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
