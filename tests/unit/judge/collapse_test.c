#include "tests/support/check.h"

#include "gate/base/name.h"
#include "gate/judge/collapse.h"

#define SET(number)         {true, number}
#define PER_REQUEST(number) {true, true, number}

/* A value of 1000 that fell to `cand`, its change being known to a hundredth of the baseline. */
static struct estimate fallen(double cand)
{
    double delta = cand - 1000;
    return (struct estimate){
        .base = 1000,
        .cand = cand,
        .delta = delta,
        .delta_low = delta - 10,
        .delta_high = delta + 10,
        .has_ratio = true,
        .ratio = delta / 1000,
        .ratio_low = (delta - 10) / 1000,
        .ratio_high = (delta + 10) / 1000,
        .bounded = true,
    };
}

static const struct collapse_case {
    const char *name;
    struct ratio max_decrease;
    double floor; /* of the rule; 0: none */
    enum row_level level;
    double cand;
    double gone;
    enum finding_verdict want;
} cases[] = {
    {"by less than nine tenths", {0}, 0, ROW_SCENARIO, 120, 0, FINDING_IMPROVED},
    {"by more", {0}, 0, ROW_SCENARIO, 80, 0, FINDING_REVIEW},
    {"by more, but not for certain", {0}, 0, ROW_SCENARIO, 95, 0, FINDING_IMPROVED},
    {"a benchmark", {0}, 0, ROW_BENCHMARK, 80, 0, FINDING_REVIEW},
    {"a function alone is not asked", {0}, 0, ROW_FUNCTION, 0, 0, FINDING_IMPROVED},
    {"by half", SET(0.5), 0, ROW_SCENARIO, 480, 0, FINDING_REVIEW},
    {"by less than half", SET(0.5), 0, ROW_SCENARIO, 520, 0, FINDING_IMPROVED},
    {"a function by half", SET(0.5), 0, ROW_FUNCTION, 480, 0, FINDING_REVIEW},
    {"a kind by half", SET(0.5), 0, ROW_KIND, 480, 0, FINDING_REVIEW},
    {"asked never", SET(1), 0, ROW_SCENARIO, 0, 0, FINDING_IMPROVED},
    /* 480 and the 30 that are gone are more than half of 1000; with 10 they are not. */
    {"what is gone explains it", SET(0.5), 0, ROW_SCENARIO, 480, 30, FINDING_IMPROVED},
    {"what is gone explains a part", SET(0.5), 0, ROW_SCENARIO, 480, 10, FINDING_REVIEW},
    {"by half within the floor", SET(0.5), 600, ROW_SCENARIO, 450, 0, FINDING_OK},
    {"by half beyond the floor", SET(0.5), 500, ROW_SCENARIO, 450, 0, FINDING_REVIEW},
};

static void a_fall_asks_for_a_person_by_its_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct collapse_case *the = &cases[i];
        struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                            .max_increase_percent = SET(0.05),
                            .max_decrease = the->max_decrease,
                            .severity = SEVERITY_BLOCK};
        struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                     .point = POINT_END,
                                     .level = the->level,
                                     .estimate = fallen(the->cand)};
        struct decide_scale scale = {.load_count = 100, .alpha = 0.01, .gone = the->gone};
        struct finding finding;
        if (the->floor > 0)
            rule.floor = (struct quantity)PER_REQUEST(the->floor);
        print_message("%s\n", the->name);
        decide(&finding, &rule, &row, &scale);
        assert_string_equal(finding_verdict_name(finding.verdict), finding_verdict_name(the->want));
        assert_int_equal(finding.is_collapse, the->want == FINDING_REVIEW);
    }
}

/* Half is passed by 20, of which its own trials are sure to 10, and calibration to 2.576 times 20. */
static void a_fall_within_the_noise_of_calibration_is_none_for_certain(void **state)
{
    (void)state;
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .max_increase_percent = SET(0.05),
                        .max_decrease = SET(0.5),
                        .severity = SEVERITY_BLOCK};
    struct comparison_row row = {
        .metric = METRIC_ALLOC_SPACE, .level = ROW_SCENARIO, .estimate = fallen(480)};
    struct decide_scale scale = {.load_count = 100, .alpha = 0.01};
    struct finding finding;
    row.estimate.floor.run_variance = 20 * 20;
    decide(&finding, &rule, &row, &scale);
    assert_string_equal(finding_verdict_name(finding.verdict), "improved");
    assert_false(finding.is_collapse);
    row.estimate.floor.run_variance = 5 * 5;
    decide(&finding, &rule, &row, &scale);
    assert_true(finding.is_collapse);
}

/* Student's t of 30 / (10 sqrt(1 + (1.05^2 - 1) / 2)) with 10 degrees of freedom, by SciPy. */
static void a_floor_is_widened_by_a_limit_in_percent(void **state)
{
    (void)state;
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .max_increase_percent = SET(0.05),
                        .severity = SEVERITY_BLOCK};
    struct comparison_row row = {.metric = METRIC_ALLOC_SPACE,
                                 .level = ROW_SCENARIO,
                                 .estimate = {.base = 1000,
                                              .cand = 1080,
                                              .delta = 80,
                                              .delta_low = 79,
                                              .delta_high = 81,
                                              .bounded = true,
                                              .base_part_low = 0.5,
                                              .base_part_high = 0.5,
                                              .floor = {.run_variance = 100, .df = 10}}};
    struct decide_scale scale = {.load_count = 100, .alpha = 0.01};
    struct finding finding;
    decide(&finding, &rule, &row, &scale);
    assert_close(finding.p, 0.007572583656720242, 1e-9);
}

static void growth_within_a_wide_limit_may_fall_by_more_than_asked(void **state)
{
    (void)state;
    /* +80 % is allowed, so a fall by 60 % is no improvement by the rule, but it is asked about. */
    struct rule rule = {.metric = METRIC_ALLOC_SPACE,
                        .max_increase_percent = SET(0.8),
                        .max_decrease = SET(0.5),
                        .severity = SEVERITY_BLOCK};
    struct comparison_row row = {
        .metric = METRIC_ALLOC_SPACE, .level = ROW_SCENARIO, .estimate = fallen(400)};
    struct decide_scale scale = {.load_count = 100, .alpha = 0.01};
    struct finding finding;
    decide(&finding, &rule, &row, &scale);
    assert_int_equal(finding.verdict, FINDING_REVIEW);
    rule.max_decrease.set = false;
    decide(&finding, &rule, &row, &scale);
    assert_int_equal(finding.verdict, FINDING_OK);
}

static struct str base_functions[] = {STR_INIT("main.kept"), STR_INIT("main.kept.func1"),
                                      STR_INIT("main.removed")};
static struct str cand_functions[] = {STR_INIT("main.kept"), STR_INIT("main.kept.func2")};

static struct comparison_row gone_row(struct arena *arena, struct str func, double value)
{
    return (struct comparison_row){
        .metric = METRIC_ALLOC_SPACE,
        .point = POINT_END,
        .level = ROW_FUNCTION,
        .func = func,
        .key = name_key(func, arena),
        .is_gone = true,
        .estimate = {.base = value, .has_ratio = true, .ratio = -1, .ratio_high = -1},
    };
}

/* Sum of what is gone of a program with all of those rows. */
static double gone(struct arena *arena, bool has_functions)
{
    double out[METRICS][POINTS];
    struct record_scenario record = {0};
    struct comparison_row rows[] = {
        {.metric = METRIC_ALLOC_SPACE, .level = ROW_SCENARIO, .estimate = fallen(80)},
        gone_row(arena, STR("main.kept"), 1),       /* it is there and merely does nothing */
        gone_row(arena, STR("main.kept.func1"), 2), /* so is the closure, under another number */
        gone_row(arena, STR("main.removed"), 4),
        gone_row(arena, STR("main.inlined"), 8), /* the baseline does not list it either */
        gone_row(arena, STR("main.removed"), 16),
    };
    rows[5].is_charged = true; /* with the program's own function that called it */
    record.programs[SIDE_BASE].functions = base_functions;
    record.programs[SIDE_BASE].function_count = ARRAY_LEN(base_functions);
    record.programs[SIDE_BASE].has_functions = true;
    record.programs[SIDE_CAND].functions = cand_functions;
    record.programs[SIDE_CAND].function_count = ARRAY_LEN(cand_functions);
    record.programs[SIDE_CAND].has_functions = has_functions;
    struct comparison comparison = {.record = &record, .rows = rows, .row_count = ARRAY_LEN(rows)};
    collapse_gone(out, arena, &comparison);
    return out[METRIC_ALLOC_SPACE][POINT_END];
}

static void only_code_that_was_removed_is_gone(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_close(gone(&arena, true), 4, 1e-12);
    arena_release(&arena);
}

static void nothing_is_gone_where_functions_are_not_known(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_close(gone(&arena, false), 0, 1e-12);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fall_asks_for_a_person_by_its_rule),
        cmocka_unit_test(a_fall_within_the_noise_of_calibration_is_none_for_certain),
        cmocka_unit_test(a_floor_is_widened_by_a_limit_in_percent),
        cmocka_unit_test(growth_within_a_wide_limit_may_fall_by_more_than_asked),
        cmocka_unit_test(only_code_that_was_removed_is_gone),
        cmocka_unit_test(nothing_is_gone_where_functions_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
