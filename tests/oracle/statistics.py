#!/usr/bin/env python3
"""Prints the rows of tests/unit/stats/*_test.c from SciPy, independently of our code.

Needs scipy (1.17 was used). Run it by hand when a row is added; the tests
hold its output as literals so that they need no Python.
"""
from scipy import special, stats

print("incomplete_beta: a b x value")
for a, b, x in [(0.5, 0.5, 0.25), (2, 3, 0.5), (10, 0.5, 0.9), (1.5, 0.5, 0.99), (50, 60, 0.4)]:
    print(f"    {{{a}, {b}, {x}, {float(special.betainc(a, b, x))!r}}},")

print("student: p df quantile")
for p, df in [(0.975, 1), (0.995, 2), (0.995, 3.5), (0.99, 4), (0.995, 14), (0.9999, 7), (0.6, 30), (0.005, 4)]:
    print(f"    {{{p}, {df}, {float(stats.t.ppf(p, df))!r}}},")

print("welch: base cand -> low high of cand - base at 99 %")
for base, cand in [([100, 101, 99], [110, 112, 111]), ([5, 7, 6, 8], [5.5, 6.5, 7.5])]:
    r = stats.ttest_ind(cand, base, equal_var=False).confidence_interval(0.99)
    print(f"    {base} {cand} {float(r.low)!r} {float(r.high)!r}")
