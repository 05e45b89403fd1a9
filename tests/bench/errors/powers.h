#ifndef TESTS_BENCH_ERRORS_POWERS_H
#define TESTS_BENCH_ERRORS_POWERS_H

#include "gate/base/base.h"

/*
 * How often each procedure finds a change that lies as far above its limit as
 * the formula says is found 9 times in 10 (bounds.h): by `asked_runs`
 * simulations each, at least 2,000, printed. False where one is off by more
 * than 3 points and what chance may add, three standard errors.
 */
bool powers_print(size_t asked_runs);

#endif
