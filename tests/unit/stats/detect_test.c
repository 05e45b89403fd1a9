#include "gate/stats/detect.h"

#include <math.h>
#include <time.h>

#include "tests/support/check.h"

/* Expected values are those of tests/oracle/power.py (SciPy). */
static const struct {
    const char *name;
    struct detect_test test;
    double alpha;
    double shift;
    double power;
    double needed; /* for 90 % */
} cases[] = {
    {"student, 2",
     {DETECT_STUDENT, {1, 0, 2}, {0, 0, 0}, 0, 0},
     0.002,
     20,
     0.7982665528207464,
     23.9957466983099},
    {"student, 4",
     {DETECT_STUDENT, {1, 0, 4}, {0, 0, 0}, 0, 0},
     0.002,
     8,
     0.8537317138920839,
     8.57588499744892},
    {"student, 8",
     {DETECT_STUDENT, {1, 0, 8}, {0, 0, 0}, 0, 0},
     0.003,
     5,
     0.8508188955270951,
     5.337161475738126},
    {"student, 14",
     {DETECT_STUDENT, {1, 0, 14}, {0, 0, 0}, 0, 0},
     0.005,
     4,
     0.8264191769191054,
     4.394194498580561},
    {"student, 4 of a family",
     {DETECT_STUDENT, {1, 0, 4}, {0, 0, 0}, 0, 0},
     4e-06,
     40,
     0.8837198066779768,
     41.01940436938568},
    {"student, 1.5",
     {DETECT_STUDENT, {1, 0, 1.5}, {0, 0, 0}, 0, 0},
     0.01,
     9,
     0.5170652734223602,
     17.68692564955058},
    {"student, 300",
     {DETECT_STUDENT, {1, 0, 300}, {0, 0, 0}, 0, 0},
     0.0001,
     5,
     0.889386846207392,
     5.058965323777116},
    {"pairs, 3, known 1",
     {DETECT_STUDENT, {1, 1, 2}, {0, 0, 0}, 0, 3},
     0.002,
     12,
     0.6320964993703089,
     23.99574669872883},
    {"pairs, 5, known 0.4",
     {DETECT_STUDENT, {1, 0.4, 4}, {0, 0, 0}, 0, 5},
     0.003,
     5,
     0.5180110305876519,
     7.726984554692403},
    {"pairs, 8, known 1",
     {DETECT_STUDENT, {1, 1, 7}, {0, 0, 0}, 0, 8},
     0.005,
     4,
     0.607796281199478,
     5.219637938036184},
    {"pairs, 3, known 0.2",
     {DETECT_STUDENT, {1, 0.2, 2}, {0, 0, 0}, 0, 2},
     0.002,
     20,
     0.7982665528207465,
     23.995746698728812},
    {"welch, 3",
     {DETECT_WELCH, {0.5, 0, 2}, {0.5, 0, 2}, 0, 0},
     0.002,
     9,
     0.675298934456724,
     13.400269588235757},
    {"welch, 5",
     {DETECT_WELCH, {0.5, 0, 4}, {0.5, 0, 4}, 0, 0},
     0.003,
     5.5,
     0.8732335383459067,
     5.712472703252896},
    {"welch, 8",
     {DETECT_WELCH, {0.5, 0, 7}, {0.5, 0, 7}, 0, 0},
     0.005,
     4.4,
     0.8902258202456514,
     4.462716638555069},
    {"welch, 3 of a family",
     {DETECT_WELCH, {0.5, 0, 2}, {0.5, 0, 2}, 0, 0},
     4e-06,
     40,
     0.38617921477201783,
     198.99023431696662},
    {"welch, 2",
     {DETECT_WELCH, {0.5, 0, 1}, {0.5, 0, 1}, 0, 0},
     0.002,
     60,
     0.6504940557974729,
     144.7421171635647},
    {"welch, one at its least",
     {DETECT_WELCH, {0.1, 0.1, 2}, {0.9, 0.01, 2}, 0, 0},
     0.002,
     14,
     0.7790617607761371,
     18.76496440198595},
    {"welch, both at their least",
     {DETECT_WELCH, {0.5, 0.5, 2}, {0.5, 0.5, 2}, 0, 0},
     4e-06,
     40,
     0.6794645507337754,
     67.45487077054116},
    {"welch, 3 against 5",
     {DETECT_WELCH, {0.625, 0, 2}, {0.375, 0, 4}, 0, 0},
     0.003,
     7,
     0.7506365775447584,
     10.279409330896835},
    {"welch, half of it fixed",
     {DETECT_WELCH, {0.25, 0, 2}, {0.25, 0, 2}, 0.5, 0},
     0.002,
     5,
     0.8361026391922162,
     5.590610424998069},
    {"sampled, all is sampling",
     {DETECT_SAMPLED, {0.5, 0.5, 2}, {0.5, 0.5, 2}, 0, 0},
     0.002,
     4.5,
     0.7370984632039181,
     5.920498436189345},
    {"sampled, of a family",
     {DETECT_SAMPLED, {0.5, 0.5, 2}, {0.5, 0.5, 2}, 0, 0},
     1e-05,
     6,
     0.6342852180613255,
     10.934383845611151},
    {"sampled, ten times as much",
     {DETECT_SAMPLED, {0.5, 0.05, 2}, {0.5, 0.05, 2}, 0, 0},
     0.002,
     9,
     0.9572428742864262,
     7.78522843560252},
    {"sampled, 2 against 8",
     {DETECT_SAMPLED, {0.8, 0.8, 1}, {0.2, 0.2, 7}, 0, 0},
     0.005,
     4,
     0.7097519466201319,
     8.295267246198613},
    {"apart, 3",
     {DETECT_APART, {0.5, 0, 2}, {0.5, 0, 2}, 0, 0},
     0.002,
     14,
     0.6135534694883003,
     19.37181546581744},
    {"apart, 5",
     {DETECT_APART, {0.3, 0, 4}, {0.3, 0, 4}, 0.4, 0},
     0.003,
     5,
     0.7418962736792298,
     5.873730033990827},
};

static void power_is_that_of_the_oracle(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double have = detect_power(&cases[i].test, cases[i].alpha, cases[i].shift);
        print_message("%s: off by %.1e\n", cases[i].name, have - cases[i].power);
        assert_close(have, cases[i].power, 1e-6);
    }
}

/* Coarser, as it is asked for each finding; what it finds is within half a point of what is said. */
static void the_shift_needed_is_near_that_of_the_oracle(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double have = detect_shift(&cases[i].test, cases[i].alpha, 0.9);
        double found = detect_power(&cases[i].test, cases[i].alpha, have);
        print_message("%s: off by %.1e of it, found %.5f\n", cases[i].name,
                      have / cases[i].needed - 1, found);
        assert_close(have / cases[i].needed, 1, 0.02);
        assert_close(found, 0.9, 0.005);
    }
}

/* Nobody asks for a level so large, but none is refused. */
static void a_level_of_one_half_is_no_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_close(detect_power(&cases[i].test, 0.5, 0), 0.5, 1e-6);
        assert_true(isfinite(detect_shift(&cases[i].test, 0.5, 0.9)));
    }
}

/* The least of many, in ticks: what else runs takes none off. */
static double ticks_of(enum detect_kind kind)
{
    const struct detect_test test = {kind, {0.5, 0, 2}, {0.5, 0, 2}, 0, 0};
    double least = HUGE_VAL;
    for (int i = 0; i < 15; i++) {
        clock_t start = clock();
        for (int k = 0; k < 20; k++)
            assert_true(detect_shift(&test, 0.002, 0.9) > 1);
        least = fmin(least, (double)(clock() - start));
    }
    return least;
}

/* It is asked for each finding: a quantile in each of its cells made it four times as long. */
static void sides_apart_take_hardly_longer_than_others(void **state)
{
    (void)state;
    double times = ticks_of(DETECT_APART) / ticks_of(DETECT_WELCH);
    print_message("%.2f times as long\n", times);
    assert_true(times < 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_is_that_of_the_oracle),
        cmocka_unit_test(the_shift_needed_is_near_that_of_the_oracle),
        cmocka_unit_test(a_level_of_one_half_is_no_matter),
        cmocka_unit_test(sides_apart_take_hardly_longer_than_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
