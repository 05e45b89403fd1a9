#include "gate/judge/power.h"

#include "tests/support/check.h"

/*
 * A baseline of 100 that varies and a candidate that does not: twice the
 * baseline has twice its standard error, so that a limit of 100 % of it is
 * told twice as badly as one of 100.
 */
static void a_limit_in_percent_has_the_power_that_it_is_decided_with(void **state)
{
    static const double base[] = {90, 100, 110};
    static const double cand[] = {120, 120, 120};
    const struct rule number = {
        .metric = METRIC_GC_CYCLES, .max_increase = {true, false, 100}, .severity = SEVERITY_BLOCK};
    const struct rule percent = {
        .metric = METRIC_GC_CYCLES, .max_increase_percent = {true, 1}, .severity = SEVERITY_BLOCK};
    const struct comparison_row row = {
        .metric = METRIC_GC_CYCLES,
        .estimate =
            estimate_of((struct samples){base, 3}, (struct samples){cand, 3}, ESTIMATE_DIFFERENCE)};
    const struct decide_scale scale = {.alpha = 0.01};
    const struct power_scope scope = {.most_trials = 3, .last_alpha = 0.01};
    struct finding by_number;
    struct finding by_percent;
    (void)state;
    decide(&by_number, &number, &row, &scale);
    decide(&by_percent, &percent, &row, &scale);
    by_number.alpha = by_number.look_alpha = 0.01;
    by_percent.alpha = by_percent.look_alpha = 0.01;
    power_tell(&by_number, &scale, &scope);
    power_tell(&by_percent, &scale, &scope);
    assert_close(by_number.limit, by_percent.limit, 1e-12);
    /* To the part that the candidate has: no spread below 0.01 % is believed. */
    assert_close(by_percent.detectable / by_number.detectable, 2, 1e-5);
    assert_close(by_percent.detectable_at_most / by_number.detectable_at_most, 2, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_in_percent_has_the_power_that_it_is_decided_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
