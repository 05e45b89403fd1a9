#!/usr/bin/env python3
"""Prints the rows of tests/unit/stats/floor_test.c from SciPy, independently of our code. Run it by hand."""
import numpy as np
from scipy import stats
from scipy.optimize import brentq

RUNS, DF, TRIALS = 3, 12, 3
TRIAL2 = 0.0014 / 3  # mean square of one trial
THERE = 2 * TRIAL2 / TRIALS


def floor(run2, n1, n2):
    """Variance and degrees of freedom of the change of n1 and n2 trials, and whether runs differ by more."""
    here = TRIAL2 * (1 / n1 + 1 / n2)
    if run2 > THERE and stats.f.sf(run2 / THERE, RUNS, DF) < 0.25:
        return run2 + max(0, here - THERE), RUNS, True
    mean = (RUNS * run2 + DF * THERE) / (RUNS + DF)
    return mean * max(here, THERE) / THERE, RUNS + DF, False


print("f tails:", float(stats.f.sf(1.5, RUNS, DF)), float(stats.f.sf(0.0025 / THERE, RUNS, DF)))
for run2, n1, n2 in [(TRIAL2, 3, 3), (TRIAL2, 2, 3), (TRIAL2, 6, 3), (0.0001, 3, 3), (0.0025, 3, 3), (0.0025, 6, 6), (0.0025, 2, 2)]:
    print(f"floor: {run2!r} {n1} {n2}", *map(repr, floor(run2, n1, n2)))

variance, df, _ = floor(0.0025, 3, 3)
error = np.sqrt(variance)
middle = np.log(1.1)
print("p above +5 %:", repr(float(stats.t.sf((middle - np.log(1.05)) / error, df))))
print("p below +20 %:", repr(float(stats.t.sf((np.log(1.2) - middle) / error, df))))
print("low at 0.002:", repr(float(100 * np.expm1(middle - stats.t.ppf(0.998, df) * error))))
print("high at 0.05:", repr(float(100 * np.expm1(middle + stats.t.ppf(0.95, df) * error))))
critical = stats.t.ppf(0.998, df)
shift = brentq(lambda x: stats.nct.sf(critical, df, x) - 0.9, critical, 10 * critical)
print("detectable at 0.002:", repr(float(100 * np.expm1(shift * error))))
for runs in (2, 5):
    for level in (0.01, 0.002, 2e-5):
        reach = stats.t.isf(level, runs) / stats.norm.isf(level)
        print(f"{runs} runs at a level of {level} reach {reach:.1f} times as far as many")
