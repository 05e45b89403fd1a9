#!/usr/bin/env python3
"""Prints the rows of tests/unit/{stats/counts,fold/sampling}_test.c from SciPy, independently of our code.

Needs scipy (1.17 was used). Run it by hand when a row is added; the tests hold its output as
literals so that they need no Python.
"""
import math

from scipy import stats


def ratio(a, b, confidence):
    """Clopper and Pearson's interval of b / a given a + b, as odds."""
    tail = (1 - confidence) / 2
    if b == 0:
        low = 0.0
    else:
        share = stats.beta.ppf(tail, b, a + 1)
        low = share / (1 - share)
    if a == 0:
        return low, math.inf
    share = stats.beta.ppf(tail, a, b + 1)
    return low, (1 - share) / share


def garwood(n, confidence):
    tail = (1 - confidence) / 2
    low = stats.chi2.ppf(tail, 2 * n) / 2 if n else 0.0
    return low, stats.chi2.isf(tail, 2 * (n + 1)) / 2


def text(value):
    return "HUGE_VAL" if value == math.inf else repr(float(value))


print("ratio_cases: base cand confidence low high")
for a, b, confidence in [(10, 12, 0.99), (1, 30, 0.99), (0, 8, 0.99), (8, 0, 0.99), (0.5, 2, 0.95),
                         (130, 150.5, 0.99), (3300, 3795, 0.999), (20000, 23000, 0.99),
                         (1e6, 1.001e6, 0.99), (9e5, 3, 0.99), (3.7, 1e5, 0.9999)]:
    low, high = ratio(a, b, confidence)
    print(f"    {{{a:g}, {b:g}, {confidence}, {{{text(b / a if a else math.inf)}, {text(low)}, {text(high)}}}}},")
# For whole counts SciPy has the binomial interval itself.
ci = stats.binomtest(12, 22).proportion_ci(0.99, "exact")
assert abs(ci.low / (1 - ci.low) - ratio(10, 12, 0.99)[0]) < 1e-12
# One side all but exact: the limit of the binomial is Poisson's.
for b in [50, 1e6]:
    low, high = garwood(b, 0.99)
    print(f"    {{COUNT_EXACT, {b:g}, 0.99, {{{b:g} / COUNT_EXACT, {text(low)} / COUNT_EXACT, {text(high)} / COUNT_EXACT}}}},")

print("garwood_cases: count confidence low high")
for n, confidence in [(0, 0.99), (1, 0.99), (2.5, 0.95), (10, 0.99), (100, 0.999), (12345, 0.99), (1e6, 0.99)]:
    low, high = garwood(n, confidence)
    print(f"    {{{n:g}, {confidence}, {{{n:g}, {text(low)}, {text(high)}}}}},")

print("normal_upper_quantile:", [float(stats.norm.isf(p)) for p in (0.5, 0.1, 0.005, 1e-9)])

print("sampling_variance: bytes size period")
for n, size, period in [(7, 48, 524288), (5, 8192, 4096), (3, 1 << 20, 65536), (9, 48, 1)]:
    p = -math.expm1(-size / period)
    q = 0.0 if period == 1 else math.exp(-size / period)
    written = math.floor(n * size / p) if period > 1 else n * size
    print(f"    {{{written}, {size}, {period}, {text(size * size * n * q / p / p)}}},")


def chi2_over(values, variances):
    mean = sum(values) / len(values)
    model = sum(variances) / len(variances)
    return sum((x - mean) ** 2 for x in values) / model


print("dispersion:")
squares = chi2_over([100, 160, 40], [100, 160, 40]) + chi2_over([90, 110], [90, 110])
print("    three and two readings:", max(1, (6 + squares) / (6 + 3)))


def square_and_add(a, b, a_interval, b_interval):
    delta = b - a
    return (delta - math.hypot(b - b_interval[0], a_interval[1] - a),
            delta + math.hypot(b_interval[1] - b, a - a_interval[0]))


# Objects of 512 bytes at a period of 512 KiB: each sample stands for some 512 KiB.
print("estimate: base and cand samples of weight w -> ratio and delta bounds in weights")
for a, b in [(100, 150), (0, 8), (0, 7), (8, 0)]:
    low, high = ratio(a, b, 0.99)
    d = square_and_add(a, b, garwood(a, 0.99), garwood(b, 0.99))
    by_ratio = a * (low - 1) if a else math.inf
    print(f"    {a} {b}: ratio {text(low - 1)} {text(high - 1)}, delta {text(min(d[0], by_ratio))} {text(d[1])}")
