#include "tests/support/check.h"

#include "gate/report/report.h"

/* A share of CPU samples, judged by a budget: what each report says of it. */
static const struct rule budget = {.metric = METRIC_MAP_CPU_SHARE,
                                   .max = {.set = true, .value = 0.15},
                                   .severity = SEVERITY_BLOCK,
                                   .origin = {STR_INIT("memgate.yaml"), 12, 5}};

static const struct comparison_row share = {
    .metric = METRIC_MAP_CPU_SHARE,
    .point = POINT_END,
    .level = ROW_SCENARIO,
    .estimate = {.base = 0.123,
                 .cand = 0.189,
                 .delta = 0.066,
                 .delta_low = 0.041,
                 .delta_high = 0.091,
                 .bounded = true,
                 .has_cand_interval = true,
                 .cand_low = 0.172,
                 .cand_high = 0.208},
    .samples = {1225, 1312},
};

static const struct {
    const char *name;
    report_writer write;
    const char *wants[3];
} rows[] = {
    {"text",
     report_text,
     {"12.3 % -> 18.9 %  +6.6 points candidate [17.2 %, 20.8 %]\n",
      "          of 1225 CPU samples on the baseline, 1312 on the candidate\n",
      "          limit at most 15 %  (memgate.yaml:12: map_cpu_share max 15 %)\n"}},
    {"markdown",
     report_markdown,
     {"| 12.3 % | 18.9 % | +6.6 points candidate [17.2 %, 20.8 %] | at most 15 %, ",
      "map_cpu_share", "`memgate.yaml:12`"}},
    {"json",
     report_json,
     {"\"interval\": [\n            0.041,\n            0.091\n          ],\n"
      "          \"unit\": \"ratio\",\n"
      "          \"cand_interval\": [\n            0.172,\n            0.208\n          ],\n"
      "          \"samples\": {\n            \"base\": 1225,\n            \"cand\": 1312\n",
      "\"percent\": null", "\"limit\": 0.15"}},
};

static void a_share_is_told_in_points_with_the_candidates_interval(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct buf out;
        struct record_scenario record = {0};
        struct comparison_row row = share;
        struct comparison comparison = {
            .scenario = STR("s"), .record = &record, .rows = &row, .row_count = 1};
        struct finding finding = {.verdict = FINDING_REGRESSION,
                                  .rule = &budget,
                                  .row = &row,
                                  .limit = 0.15,
                                  .is_budget = true};
        struct judged_scenario scenario = {.comparison = &comparison,
                                           .verdict = VERDICT_BLOCKED,
                                           .findings = &finding,
                                           .finding_count = 1};
        struct judgement judgement = {
            .verdict = VERDICT_BLOCKED, .scenarios = &scenario, .scenario_count = 1};
        struct recording recording = {.policy_name = STR("memgate.yaml")};
        struct report_input input = {&judgement, &recording};
        arena_init(&arena);
        buf_init(&out, BUF_TEXT_BYTES_MAX);
        print_message("%s\n", rows[i].name);
        rows[i].write(&out, &arena, &input);
        for (size_t w = 0; w < ARRAY_LEN(rows[i].wants); w++) {
            if (!strstr(out.data, rows[i].wants[w]))
                fail_msg("\"%s\" lacks \"%s\"", out.data, rows[i].wants[w]);
        }
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_told_in_points_with_the_candidates_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
