#!/usr/bin/env python3
"""Prints the rows of tests/unit/stats/*_test.c from SciPy, independently of our code.

Needs scipy (1.17 was used). Run it by hand when a row is added; the tests
hold its output as literals so that they need no Python.
"""
import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

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

print("pairs: base cand -> middles, low high of cand / base - 1, low high of cand, at 99 %")
for base, cand in [([270, 300, 255], [300, 336, 280]), ([10, 40, 90, 20], [11, 42, 93, 23])]:
    x, y = np.log(base), np.log(cand)
    r = stats.ttest_rel(y, x).confidence_interval(0.99)
    own = stats.ttest_1samp(y, 0).confidence_interval(0.99)
    print(f"    {base} {cand} {float(np.exp(x.mean()))!r} {float(np.exp(y.mean()))!r} {float(np.expm1(r.low))!r}"
          f" {float(np.expm1(r.high))!r} {float(np.exp(own.low))!r} {float(np.exp(own.high))!r}")

print("level of pairs: base cand, low high of cand, its degrees of freedom")
pairs_shift = np.log([300, 336, 280]) - np.log([270, 300, 255])
x, y = np.log([150, 180, 165]), np.log([170, 200, 160, 190])
pooled = (x.var(ddof=1) * 2 + y.var(ddof=1) * 3) / 5
of_middle, of_half = pooled * (1 / 3 + 1 / 4) / 4, pairs_shift.var(ddof=1) / 3 / 4
middle, half = (x.mean() + y.mean()) / 2, pairs_shift.mean() / 2
df = (of_middle + of_half) ** 2 / (of_middle ** 2 / 5 + of_half ** 2 / 2)
reach = stats.t.ppf(0.995, df) * np.sqrt(of_middle + of_half)
print("   ", *[repr(float(v)) for v in (np.exp(middle - half), np.exp(middle + half), np.exp(middle + half - reach),
                                        np.exp(middle + half + reach), df)])

# Wilson's interval solves (p - x)^2 = z^2 x (1 - x) / n; scipy's own form needs whole counts, the
# root of the equation does not, and both agree where both exist.
Z = float(stats.norm.ppf(0.995))


def wilson(part, whole):
    p = part / whole

    def gap(x):
        return (p - x) ** 2 - Z * Z * x * (1 - x) / whole

    # At p = 0 and 1 the equation has that root besides, which is no bound.
    low = brentq(gap, 0, min(p, 1 - 1e-9), xtol=1e-15) if part > 0 else 0.0
    high = brentq(gap, max(p, 1e-9), 1, xtol=1e-15) if part < whole else 1.0
    return p, low, high


print("share_interval: counts -> value low high (dispersion)")
for counts in [[(15, 100)], [(15, 100), (16, 100), (14, 100)], [(0, 50), (0, 50)], [(40, 40)],
               [(10, 100), (20, 100), (33, 100)], [(1, 3), (0, 0), (2, 4)]]:
    part, whole = sum(k for k, n in counts), sum(n for k, n in counts)
    used = [(k, n) for k, n in counts if n]
    phi = 1.0
    if len(used) > 1 and 0 < part < whole:
        table = [[k for k, n in used], [n - k for k, n in used]]
        chi2 = stats.chi2_contingency(table, correction=False).statistic
        phi = max(1.0, float(chi2) / (len(used) - 1))
    p, low, high = wilson(part / phi, whole / phi)
    if phi == 1.0:
        ci = stats.binomtest(part, whole).proportion_ci(0.99, "wilson")
        assert abs(ci.low - low) < 1e-12 and abs(ci.high - high) < 1e-12
    print(f"    {counts} {p!r} {low!r} {high!r} ({phi!r})")

print("interval_of_positive: values -> geometric mean, low, high")
logs = np.log([100.0, 104.0, 97.0])
ci = stats.ttest_1samp(logs, 0).confidence_interval(0.99)
print("   ", float(np.exp(logs.mean())), float(np.exp(ci.low)), float(np.exp(ci.high)))

print("newcombe: 30/200 -> 60/200, difference")
(b, bl, bh), (c, cl, ch) = wilson(30, 200), wilson(60, 200)
print("   ", c - b - np.hypot(c - cl, bh - b), c - b + np.hypot(ch - c, b - bl))
print("mover: product of [100; 90, 115] and 30/200; ratio of [20; 18, 23] and [10; 8, 13]")
below = np.hypot(np.log(100 / 90), np.log(b / bl))
above = np.hypot(np.log(115 / 100), np.log(bh / b))
print("   ", 100 * b * np.exp(-below), 100 * b * np.exp(above))
below = np.hypot(np.log(20 / 18), np.log(13 / 10))
above = np.hypot(np.log(23 / 20), np.log(10 / 8))
print("   ", 2 * np.exp(-below) - 1, 2 * np.exp(above) - 1)

print("slope_theil_sen: x y slope")
for x, y in [([0, 1, 2, 3, 4], [10, 12, 13.5, 16, 18]), ([0, 300, 600, 900, 1200], [5.1e5, 5.2e5, 9e5, 5.4e5, 5.5e5]),
             ([1, 1, 2], [5, 7, 9]), ([0, 1], [3, 1])]:
    print(f"    {x} {y} {float(stats.theilslopes(y, x).slope)!r}")

print("waits: base cand -> base cand low high of the difference (by which way)")


def own_interval(values):
    x = np.asarray(values, float)
    if (x > 0).all():
        ci = stats.ttest_1samp(np.log(x), 0).confidence_interval(0.99)
        return float(np.exp(np.log(x).mean())), float(np.exp(ci.low)), float(np.exp(ci.high))
    if x.std() == 0:
        return float(x.mean()), float(x.mean()), float(x.mean())
    ci = stats.ttest_1samp(x, 0).confidence_interval(0.99)
    return float(x.mean()), max(0.0, float(ci.low)), float(ci.high)


for base, cand in [([0, 0, 0], [900, 1000, 1050]), ([30, 50, 60], [90000, 100000, 105000]),
                   ([0, 0, 90], [9000, 10000, 10500]), ([9000, 10000, 10500], [0, 0, 0]),
                   ([900, 1000, 1050], [1000, 1100, 1250]), ([10, 100, 400], [20, 30, 54]), ([0, 10, 20], [10, 0, 30])]:
    (b, bl, bh), (c, cl, ch) = own_interval(base), own_interval(cand)
    if min(base + cand) > 0:
        r = stats.ttest_ind(np.log(cand), np.log(base), equal_var=False).confidence_interval(0.99)
        low, high, way = b * np.expm1(r.low), b * np.expm1(r.high), "logarithms"
    else:
        low, high, way = c - b - np.hypot(c - cl, bh - b), c - b + np.hypot(ch - c, b - bl), "own intervals"
    print(f"    {base} {cand} {b!r} {c!r} {float(low)!r} {float(high)!r} ({way})")

# Needs ruptures (1.1.10 was used). The same penalty as gate/stats/changes.h.
import ruptures


def changes(values, spread_min):
    values = np.array(values, float)
    spread = np.median(np.abs(np.diff(values))) / (float(stats.norm.ppf(0.75)) * np.sqrt(2))
    penalty = 4 * max(spread, spread_min) ** 2 * np.log(len(values))
    return ruptures.Binseg(model="l2", min_size=3, jump=1).fit(values).predict(pen=penalty)[:-1]


print("changes: values -> first of each new level")
for values in [
    [5] * 8,
    [1, 2, 1, 2, 1, 2, 11, 12, 11, 12, 11, 12],
    [10, 11, 10, 9, 10, 11, 30, 31, 29, 30, 31, 30, 12, 11, 10, 12, 11, 10],
    [1, 3, 5, 7] * 4,
    list(range(20)),
    [4, 4.1, 3.9, 4, 4.2, 3.8, 4, 4.1, 3.9, 4, 4, 4.1, 9, 9.1, 8.9],
]:
    print(f"    {values} {changes(values, 0.01)}")
noise = np.random.default_rng(1)
print("    cut without a change, of 1000:", sum(bool(changes(noise.normal(size=60), 0)) for _ in range(1000)))
