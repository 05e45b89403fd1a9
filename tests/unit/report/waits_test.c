#include "tests/support/check.h"

#include "gate/report/report.h"

/* A function that makes others wait, and goroutines that stay: no report calls them allocations. */
static const struct rule rule = {.metric = METRIC_MUTEX_DELAY,
                                 .selector = {.func = STR_INIT("*"), .each_function = true},
                                 .max_increase = {.set = true, .value = 10e6},
                                 .severity = SEVERITY_BLOCK,
                                 .origin = {STR_INIT("memgate.yaml"), 12, 5}};

static struct culprit culprit = {.func = STR_INIT("main.watch.func1"),
                                 .short_name = STR_INIT("main.watch.func1"),
                                 .file = STR_INIT("main.go"),
                                 .line = 52,
                                 .delta = 2000};

static const struct comparison_row waits = {
    .metric = METRIC_MUTEX_DELAY,
    .point = POINT_END,
    .level = ROW_FUNCTION,
    .func = STR_INIT("main.(*ledger).add"),
    .file = STR_INIT("main.go"),
    .line = 41,
    .is_new = true,
    .estimate = {.cand = 983000,
                 .delta = 983000,
                 .delta_low = 600000,
                 .delta_high = 1500000,
                 .bounded = true},
};

static const struct comparison_row stays = {
    .metric = METRIC_GOROUTINES,
    .point = POINT_WARM,
    .level = ROW_SCENARIO,
    .culprits = &culprit,
    .culprit_count = 1,
    .estimate = {.base = 2,
                 .cand = 2002,
                 .delta = 2000,
                 .delta_low = 1999,
                 .delta_high = 2001,
                 .bounded = true},
};

static const struct {
    const char *name;
    report_writer write;
    const struct comparison_row *row;
    const char *wants[3];
} rows[] = {
    {"text, a function",
     report_text,
     &waits,
     {"  BLOCK   mutex_delay, main.(*ledger).add               0 ns/request -> 983 us/request  "
      "+983 us/request [+600 us/request, +1.50 ms/request]\n",
      "          at main.go:41\n          is in no profile of the baseline\n",
      "(memgate.yaml:12: func * mutex_delay max_increase 10 ms)\n"}},
    {"text, the whole scenario",
     report_text,
     &stays,
     {"BLOCKED: goroutines at warm +2000, most of it in main.watch.func1 at main.go:52\n",
      "  BLOCK   goroutines at warm, whole scenario            2 -> 2002  +2000 [+1999, +2001]\n",
      "          +2000                 main.watch.func1  main.go:52\n"}},
    {"markdown, a function",
     report_markdown,
     &waits,
     {"| mutex_delay `main.(*ledger).add` | 0 ns/request | 983 us/request |",
      "`memgate.yaml:12` | `main.go:41` |\n", ""}},
    {"markdown, the whole scenario",
     report_markdown,
     &stays,
     {"| goroutines at warm `whole scenario` | 2 | 2002 |",
      " | `main.watch.func1` `main.go:52` |\n", ""}},
    {"json, a function",
     report_json,
     &waits,
     {"\"metric\": \"mutex_delay\"", "\"func\": \"main.(*ledger).add\"", "\"kind\": null"}},
    {"json, the whole scenario",
     report_json,
     &stays,
     {"\"metric\": \"goroutines\"", "\"func\": \"main.watch.func1\"",
      "\"via\": null,\n              \"kind\": null"}},
};

static void no_report_calls_waits_or_goroutines_allocations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena arena;
        struct buf out;
        struct record_scenario record = {0};
        struct comparison_row row = *rows[i].row;
        struct comparison comparison = {
            .scenario = STR("s"), .record = &record, .rows = &row, .row_count = 1};
        struct finding finding = {
            .verdict = FINDING_REGRESSION, .rule = &rule, .row = &row, .limit = 10000};
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
        assert_null(strstr(out.data, "allocates"));
        assert_null(strstr(out.data, "\"kind\": \"unknown\""));
        buf_release(&out);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_report_calls_waits_or_goroutines_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
