#include "tests/support/check.h"

#include "gate/report/json_load.h"
#include "gate/report/phrase.h"

struct fixture {
    struct arena arena;
    struct record_scenario record;
    struct record_trial trials[SIDES][PHASES];
    struct record_tool tool;
};

/* One trial of each phase a side, over 16 connections; one in the exact phase. */
static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.record.transport = STR("HTTP/2 over TCP")};
    arena_init(&fixture->arena);
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++) {
            uint64_t connections = phase == PHASE_EXACT ? 1 : 16;
            fixture->trials[side][phase].engine =
                (struct record_engine){true, connections, 1, 1, 0, 0, 250, 1000};
            fixture->record.trials[side][phase] = &fixture->trials[side][phase];
            fixture->record.trial_count[side][phase] = 1;
        }
    }
}

static void spoil_nothing(struct fixture *fixture)
{
    (void)fixture;
}

static void set_streams(struct fixture *fixture)
{
    for (int side = 0; side < SIDES; side++)
        fixture->trials[side][PHASE_STEADY].engine.streams = 50;
}

static void set_one_connection(struct fixture *fixture)
{
    for (int side = 0; side < SIDES; side++)
        fixture->trials[side][PHASE_STEADY].engine.connections = 1;
}

static void set_older(struct fixture *fixture)
{
    memset(fixture->trials, 0, sizeof(fixture->trials));
    fixture->record.transport = STR("");
}

static void set_quick(struct fixture *fixture)
{
    for (int side = 0; side < SIDES; side++) {
        fixture->record.trial_count[side][PHASE_STEADY] = 0;
        fixture->record.trial_count[side][PHASE_DUET] = 0;
    }
}

static void set_tool(struct fixture *fixture)
{
    memset(fixture->trials, 0, sizeof(fixture->trials));
    for (int side = 0; side < SIDES; side++) {
        for (int phase = 0; phase < PHASES; phase++)
            fixture->trials[side][phase].tool = &fixture->tool;
    }
}

static void set_gotest(struct fixture *fixture)
{
    fixture->record.is_gotest = true;
}

static void set_hostile(struct fixture *fixture)
{
    fixture->record.transport = STR("a\nb");
}

static const struct transport_case {
    const char *name;
    void (*spoil)(struct fixture *fixture);
    const char *text;
} transport_cases[] = {
    {"connections", spoil_nothing, "HTTP/2 over TCP, 16 connections"},
    {"streams", set_streams, "HTTP/2 over TCP, 16 connections of 50 requests at a time"},
    {"one connection", set_one_connection, "HTTP/2 over TCP, 1 connection"},
    {"an older recording", set_older, "transport not recorded; connections not recorded"},
    {"the exact phase alone", set_quick, "HTTP/2 over TCP"},
    {"a tool", set_tool, "HTTP/2 over TCP"},
    {"benchmarks", set_gotest, ""},
    {"a text that would break its line", set_hostile, "a\\x0ab, 16 connections"},
};

static void how_the_load_went_there_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(transport_cases); i++) {
        const struct transport_case *row = &transport_cases[i];
        struct fixture fixture;
        print_message("%s\n", row->name);
        fixture_init(&fixture);
        row->spoil(&fixture);
        assert_str(phrase_transport(&fixture.arena, &fixture.record), row->text);
        arena_release(&fixture.arena);
    }
}

static void what_was_done_again_is_told_where_there_was_any(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    assert_str(phrase_again(&fixture.arena, &fixture.record), "");
    fixture.trials[SIDE_CAND][PHASE_STEADY].engine.reconnects = 400;
    fixture.trials[SIDE_CAND][PHASE_EXACT].engine.reconnects = 12;
    fixture.trials[SIDE_BASE][PHASE_DUET].engine.sent_again = 3;
    assert_str(phrase_again(&fixture.arena, &fixture.record),
               "connections opened again: baseline 0, candidate 412; requests sent again: baseline "
               "3, candidate 0 (all trials)");
    arena_release(&fixture.arena);
}

static void what_a_side_did_not_count_is_no_zero(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    memset(fixture.trials[SIDE_BASE], 0, sizeof(fixture.trials[SIDE_BASE]));
    assert_str(phrase_again(&fixture.arena, &fixture.record), "");
    fixture.trials[SIDE_CAND][PHASE_STEADY].engine.reconnects = 9;
    assert_str(phrase_again(&fixture.arena, &fixture.record),
               "connections opened again: baseline not recorded, candidate 9; requests sent again: "
               "baseline not recorded, candidate 0 (all trials)");
    arena_release(&fixture.arena);
}

static struct str load_json(struct fixture *fixture)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, BUF_TEXT_BYTES_MAX);
    json_begin(&json, &out);
    json_object(&json, NULL);
    json_write_load(&json, &fixture->record);
    json_write_clocks(&json, &fixture->record, PHASE_DUET);
    json_object_end(&json);
    json_finish(&json);
    struct str text = str_copy(&fixture->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

/* Worst of the timed trials, sums over all. */
static void json_has_the_same_of_each_side(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    memset(fixture.trials[SIDE_BASE], 0, sizeof(fixture.trials[SIDE_BASE]));
    set_streams(&fixture);
    fixture.trials[SIDE_CAND][PHASE_STEADY].engine.streams_allowed = 40;
    fixture.trials[SIDE_CAND][PHASE_DUET].engine.streams = 50;
    fixture.trials[SIDE_CAND][PHASE_DUET].engine.streams_allowed = 30;
    fixture.trials[SIDE_CAND][PHASE_STEADY].engine.cpu_ns = 750;
    fixture.trials[SIDE_CAND][PHASE_EXACT].engine.reconnects = 7;
    fixture.trials[SIDE_CAND][PHASE_DUET].engine.sent_again = 2;
    fixture.trials[SIDE_CAND][PHASE_DUET].lateness_p99_ns = 4;
    fixture.trials[SIDE_CAND][PHASE_DUET].clocks = (struct record_clocks){true, 1, 5, 6, 3, 9};
    assert_str(load_json(&fixture), "{\n"
                                    "  \"load\": {\n"
                                    "    \"base\": null,\n"
                                    "    \"cand\": {\n"
                                    "      \"connections\": 16,\n"
                                    "      \"streams\": 50,\n"
                                    "      \"streams_allowed\": 30,\n"
                                    "      \"reconnects\": 7,\n"
                                    "      \"sent_again\": 2,\n"
                                    "      \"cpu_share\": 0.75\n"
                                    "    }\n"
                                    "  },\n"
                                    "  \"clocks\": {\n"
                                    "    \"batch_ns\": 1,\n"
                                    "    \"late_p50_ns\": 3,\n"
                                    "    \"late_p99_ns\": 4,\n"
                                    "    \"late_max_ns\": 9,\n"
                                    "    \"intended_p99_ns\": 5,\n"
                                    "    \"actual_p99_ns\": 6\n"
                                    "  }\n"
                                    "}\n");
    arena_release(&fixture.arena);
}

static void what_was_not_recorded_is_null(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    set_older(&fixture);
    assert_str(load_json(&fixture), "{\n"
                                    "  \"load\": null,\n"
                                    "  \"clocks\": null\n"
                                    "}\n");
    assert_str(phrase_again(&fixture.arena, &fixture.record), "");
    arena_release(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_the_load_went_there_is_told),
        cmocka_unit_test(what_was_done_again_is_told_where_there_was_any),
        cmocka_unit_test(what_a_side_did_not_count_is_no_zero),
        cmocka_unit_test(json_has_the_same_of_each_side),
        cmocka_unit_test(what_was_not_recorded_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
