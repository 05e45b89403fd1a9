#!/usr/bin/env python3
"""Prints the rows of tests/unit/stats/{bounds,estimate,holm,looks,power,windows}_test.c from SciPy, independently of our code.

Needs scipy (1.17 was used). Run it by hand when a row is added; the tests
hold its output as literals so that they need no Python.
"""
import numpy as np
from scipy import stats
from scipy.optimize import brentq

print("student_tail: t df tail")
for t, df in [(3, 4), (29, 4), (353, 2), (6.2, 14), (-1.5, 3.3)]:
    print(f"    {{{t}, {df}, {float(stats.t.sf(t, df))!r}}},")
print("normal: z tail quantile(1 - tail)")
for z in [0.5, 2.878161739095483, 5, -1.2]:
    print(f"    {{{z}, {float(stats.norm.sf(z))!r}}},")

print("welch, one-sided: base cand | p(change <= limit) | bounds at alpha")
for base, cand, limit, alpha in [([100, 101, 99], [110, 112, 111], 5, 0.002), ([5, 7, 6, 8], [5.5, 6.5, 7.5], 0.5, 0.003)]:
    b, c = np.array(base, float), np.array(cand, float)
    p = stats.ttest_ind(c - limit, b, equal_var=False, alternative="greater").pvalue
    q = stats.ttest_ind(c - limit, b, equal_var=False, alternative="less").pvalue
    low = stats.ttest_ind(c, b, equal_var=False, alternative="greater").confidence_interval(1 - alpha).low
    high = stats.ttest_ind(c, b, equal_var=False, alternative="less").confidence_interval(0.95).high
    print(f"    {base} {cand} {limit} {alpha} p {float(p)!r} below {float(q)!r} low {float(low)!r} high {float(high)!r}")
b, c = np.log([10, 11, 12]), np.log([20, 22, 24])
limit = 0.5  # +50 %
print("log ratio, pooled spread, limit +50 %: p, low at 0.2 %, high at 5 % as ratios")
p = stats.ttest_ind(c - np.log1p(limit), b, equal_var=True, alternative="greater").pvalue
low = stats.ttest_ind(c, b, equal_var=True, alternative="greater").confidence_interval(0.998).low
high = stats.ttest_ind(c, b, equal_var=True, alternative="less").confidence_interval(0.95).high
print("   ", float(p), float(np.expm1(low)), float(np.expm1(high)))

print("windows: pairs of processes, in per cent -> ratio, low and high at 99 %, p above 5 %, p below 60 %")
for pairs in [
    [[21, 18, 35, 26], [30, 22, 17, 28], [19, 33, 24, 25]],
    [[5, 2, 9, 3], [40, 44, 38, 50], [25, 22, 28, 19]],
    [[10, 14, 9, 12, 30], [21, 17, 25]],
    [[21, 18, 35], [30, 22, 17, 28, 19, 33, 24, 25, 29]],
]:
    logs = [np.log1p(np.array(pair) / 100) for pair in pairs]
    medians = np.array([np.median(pair) for pair in logs])
    n, k = sum(map(len, logs)), len(logs)
    gaps = np.concatenate([pair - np.median(pair) for pair in logs])
    window = stats.median_abs_deviation(gaps, center=lambda x, axis: 0.0, scale="normal") * np.sqrt(n / (n - k))
    own = np.pi / 2 * window**2 * np.mean([1 / len(pair) for pair in logs])
    seen = medians.var(ddof=1)
    t = stats.t(k - 1 if seen > own else k, medians.mean(), np.sqrt(max(own, seen) / k))
    low, high = np.expm1(t.interval(0.99))
    row = np.expm1(medians.mean()), low, high, t.cdf(np.log(1.05)), t.sf(np.log(1.6))
    print("    {" + ", ".join(repr(float(x)) for x in row) + "},")

print("counts, no spread below half a step, equal readings: base cand trials -> p above 0, low at 0.2 %, high at 5 %")
for base, cand, k in [(8, 9, 3), (8, 16, 3), (8, 9, 8), (8, 8, 3)]:
    t = stats.t(2 * k - 2, cand - base, 0.5 * np.sqrt(2 / k))
    print(f"    {{{base}, {cand}, {k}, {float(t.cdf(0))!r}, {float(t.ppf(0.002))!r}, {float(t.ppf(0.95))!r}}},")

print("samples: margin of 10,000, and the growth that breaks a limit of 15 % of 3,528, by level")
z = stats.norm.isf
print("   ", float(np.expm1((z(0.005) + z(0.01)) * np.sqrt(2 / 10000))))
for alpha in [0.005, 0.01, 0.01 / 500, 0.002, 0.002 / 500]:
    print("   ", alpha, float(1.15 * np.exp((z(alpha) + z(0.01)) * np.sqrt(2 / 3528)) - 1))

print("detectable in standard errors: alpha df shift (power 90 %)")
for alpha, df in [(0.002, 4), (0.003, 8), (0.005, 14), (0.002 / 500, 4), (0.01, 0)]:
    critical = float(stats.t.isf(alpha, df) if df else stats.norm.isf(alpha))
    if df:
        shift = brentq(lambda d: stats.nct.sf(critical, df, d) - 0.9, 0, critical * 8)
    else:
        shift = critical + stats.norm.isf(0.1)
    print(f"    {{{alpha}, {df}, {float(shift)!r}}},")

print("holm: rejected of p at alpha, with statsmodels' definition by hand")
for p, alpha in [([0.01, 0.04, 0.03, 0.005], 0.05), ([0.0001, 0.002, 0.0005, 0.9], 0.002), ([0.2], 0.01), ([], 0.01), ([0.001] * 3, 0.01)]:
    order, count = sorted(p), 0
    while count < len(p) and order[count] <= alpha / (len(p) - count):
        count += 1
    print(f"    {p} {alpha} rejected {count}")
