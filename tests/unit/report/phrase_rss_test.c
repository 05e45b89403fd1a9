#include "tests/support/check.h"

#include "gate/report/phrase.h"

#define MIB (1024.0 * 1024)

struct growth_case {
    const char *name;
    double base[RSS_PARTS]; /* MiB */
    double cand[RSS_PARTS];
    const char *want;
};

static const struct growth_case growth_cases[] = {
    {"no growth", {8, 8, 1, 3, 10}, {8, 8, 1, 3, 10}, ""},
    {"less", {8, 8, 1, 3, 10}, {8, 4, 1, 3, 10}, ""},
    {"too little", {8, 8, 1, 3, 10}, {8, 8.5, 1, 3, 10}, ""},
    {"fewer collections",
     {8, 8, 1, 3, 10},
     {8.5, 36, 1, 3, 10},
     "grew by 28.5 MiB, most of it GC headroom (+28 MiB), with 30 -> 7 collections per 1000 "
     "requests: room for garbage, not a leak (live heap +512 KiB)"},
    {"headroom that follows a leak",
     {8, 8, 1, 3, 10},
     {20, 20.5, 1, 3, 10},
     "grew by 24.5 MiB, most of it GC headroom (+12.5 MiB)"},
    {"a leak",
     {8, 8, 1, 3, 10},
     {28, 28, 1, 3, 10},
     "grew by 40 MiB, most of it live heap (+20 MiB)"},
    {"goroutines", {8, 8, 1, 3, 10}, {8, 8, 9, 3, 10}, "grew by 8 MiB, most of it stacks (+8 MiB)"},
};

static struct rss_side side_of(const double parts[RSS_PARTS])
{
    struct rss_side out = {0};
    for (size_t i = 0; i < RSS_PARTS; i++) {
        out.parts[i] = parts[i] * MIB;
        out.total += out.parts[i];
    }
    return out;
}

static void growth_is_called_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(growth_cases); i++) {
        struct arena arena;
        struct comparison_row cycles = {.metric = METRIC_GC_CYCLES,
                                        .estimate = {.base = 30, .cand = 7}};
        struct comparison comparison = {
            .has_rss = true,
            .rows = &cycles,
            .row_count = 1,
            .rss = {side_of(growth_cases[i].base), side_of(growth_cases[i].cand)}};
        arena_init(&arena);
        print_message("%s\n", growth_cases[i].name);
        assert_str(phrase_rss_growth(&arena, &comparison), growth_cases[i].want);
        arena_release(&arena);
    }
}

/* A finding about resident memory, as each report shows it. */
static void reports_explain_resident_memory(void **state)
{
    static const struct {
        const char *name;
        report_writer write;
        const char *want;
    } rows[] = {
        {"text", report_text,
         "  rss     baseline 30 MiB at end: live heap 8 MiB, GC headroom 8 MiB, stacks 1 MiB, runtime "
         "metadata 3 MiB, rest 10 MiB\n          candidate 58.5 MiB at end: "},
        {"markdown", report_markdown,
         "<sub>resident memory: baseline 30 MiB at end: live heap 8 MiB"},
        {"json", report_json,
         "\"gc_headroom\": {\n            \"base\": 8388608,\n            \"cand\": 37748736\n"},
    };
    static const struct rule rule = {.metric = METRIC_RSS_P95,
                                     .max = {.set = true, .value = 1},
                                     .origin = {STR_INIT("memgate.yaml"), 12, 5}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct buf out;
        struct record_scenario record = {0};
        struct comparison_row row = {.metric = METRIC_RSS_P95, .level = ROW_SCENARIO};
        struct comparison comparison = {
            .scenario = STR("s"),
            .record = &record,
            .rows = &row,
            .row_count = 1,
            .has_rss = true,
            .rss = {side_of(growth_cases[3].base), side_of(growth_cases[3].cand)}};
        struct finding finding = {.verdict = FINDING_OK, .rule = &rule, .row = &row};
        struct judged_scenario scenario = {.comparison = &comparison,
                                           .verdict = VERDICT_PASS,
                                           .findings = &finding,
                                           .finding_count = 1};
        struct judgement judgement = {
            .verdict = VERDICT_PASS, .scenarios = &scenario, .scenario_count = 1};
        struct recording recording = {.policy_name = STR("memgate.yaml")};
        struct report_input input = {&judgement, &recording};
        arena_init(&arena);
        buf_init(&out, BUF_TEXT_BYTES_MAX);
        print_message("%s\n", rows[i].name);
        rows[i].write(&out, &arena, &input);
        if (!strstr(out.data, rows[i].want))
            fail_msg("\"%s\" lacks \"%s\"", out.data, rows[i].want);
        comparison.has_rss = false;
        buf_reset(&out);
        rows[i].write(&out, &arena, &input);
        assert_null(strstr(out.data, "headroom"));
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_is_called_what_it_is),
        cmocka_unit_test(reports_explain_resident_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
