#!/usr/bin/env python3
"""Prints the rows of tests/unit/stats/detect_test.c from SciPy, independently of our code.

Needs scipy (1.17 was used); some ten seconds. Run it by hand when a row is added.
"""
import numpy as np
from scipy import integrate, stats
from scipy.optimize import brentq

LIMITS = {"epsabs": 1e-9, "epsrel": 1e-9, "limit": 200}


def welch_equal(alpha, n, shift):
    """Of equal true spread and n a side: the baseline's part of the variance seen is Beta, the sum chi-squared."""
    f = n - 1

    def of_part(b):
        df = f / (b * b + (1 - b) * (1 - b))
        # V is the chi-squared sum over its own 2 f degrees of freedom, whatever the part.
        return stats.beta.pdf(b, f / 2, f / 2) * stats.nct.sf(stats.t.isf(alpha, df), 2 * f, shift)

    # Beta's density has no end at 0 where f is 1.
    return 2 * integrate.quad(lambda a: of_part(np.sin(a) ** 2) * 2 * np.sin(a) * np.cos(a), 1e-9, np.pi / 4, **LIMITS)[0]


def mean_over(value, dfs, cuts):
    """The mean over independent chi-squared / df, in pieces where the value has a corner."""
    def density(x, df):
        return stats.chi2.pdf(x * x * df, df) * df * 2 * x  # of the root
    if len(dfs) == 1:
        (df,), (cut,) = dfs, cuts
        parts = [(0, np.sqrt(cut)), (np.sqrt(cut), 1.5), (1.5, 8)]
        return sum(integrate.quad(lambda x: density(x, df) * value(x * x), a, b, **LIMITS)[0] for a, b in parts)
    nodes, weights = np.polynomial.legendre.leggauss(80)
    grids = []
    for df, cut in zip(dfs, cuts):
        edges = sorted({0.0, float(np.sqrt(cut)), 1.0, 1.5, 7.0})
        x = np.concatenate([(a + b) / 2 + (b - a) / 2 * nodes for a, b in zip(edges, edges[1:])])
        w = np.concatenate([(b - a) / 2 * weights for a, b in zip(edges, edges[1:])])
        grids.append((x * x, w * density(x, df)))
    (a, wa), (b, wb) = grids
    return float(wa @ value(a[:, None], b[None, :]) @ wb)


def found(alpha, shift, variance, df):
    return stats.norm.sf(stats.t.isf(alpha, df) * np.sqrt(variance) - shift)


def welch(alpha, shift, base, cand, fixed):
    """base and cand: part, least, df."""
    def value(x, y):
        a, b = np.maximum(base[0] * x, base[1]), np.maximum(cand[0] * y, cand[1])
        v = fixed + a + b
        return found(alpha, shift, v, v * v / (a * a / base[2] + b * b / cand[2]))
    return mean_over(value, (base[2], cand[2]), (base[1] / base[0], cand[1] / cand[0]))


def sampled(alpha, shift, base, cand):
    def value(x, y):
        a, b = base[0] * x, cand[0] * y
        squares = base[2] * a / base[1] + cand[2] * b / cand[1]
        dispersion = np.maximum(1, (6 + squares) / (6 + base[2] + cand[2]))
        a, b = np.maximum(a - base[1], 0), np.maximum(b - cand[1], 0)
        v = dispersion * (base[1] + cand[1]) + a + b
        with np.errstate(divide="ignore"):
            df = v * v / (a * a / base[2] + b * b / cand[2])
        return found(alpha, shift, v, np.minimum(df, 1e12))
    return mean_over(value, (base[2], cand[2]), (base[1] / base[0], cand[1] / cand[0]))


def apart(alpha, shift, base, cand, fixed):
    """Intervals of 99 % of their own, whose squares add up, and straight on by the degrees of freedom of both."""
    def value(x, y):
        a, b = base[0] * x, cand[0] * y
        v = fixed + a + b
        df = v * v / (a * a / base[2] + b * b / cand[2])
        width = np.sqrt(stats.t.isf(0.005, base[2]) ** 2 * a + stats.t.isf(0.005, cand[2]) ** 2 * b + stats.norm.isf(0.005) ** 2 * fixed)
        return stats.norm.sf(stats.t.isf(alpha, df) / stats.t.isf(0.005, df) * width - shift)
    return mean_over(value, (base[2], cand[2]), (0.25, 0.25))


def pairs(alpha, shift, least, df, floored_df):
    def value(x):
        return found(alpha, shift, x, df) if x > least else found(alpha, shift, least, floored_df)
    return mean_over(value, (df,), (least,))


def row(name, power, shift, alpha, kind, base, cand=(0, 0, 0), fixed=0, floored_df=0):
    needed = brentq(lambda d: power(d) - 0.9, 1, 400, xtol=1e-9)
    print(f'    {{"{name}", {{{kind}, {{{base[0]!r}, {base[1]!r}, {base[2]!r}}}, {{{cand[0]!r}, {cand[1]!r}, {cand[2]!r}}}, '
          f"{fixed}, {floored_df}}}, {alpha}, {shift}, {float(power(shift))!r}, {float(needed)!r}}},")


print("student, by the noncentral t: part least df")
for alpha, df, shift in [(0.002, 2, 20), (0.002, 4, 8), (0.003, 8, 5), (0.005, 14, 4), (4e-6, 4, 40), (0.01, 1.5, 9), (1e-4, 300, 5)]:
    critical = stats.t.isf(alpha, df)
    row(f"student, {df}", lambda d: stats.nct.sf(critical, df, d), shift, alpha, "DETECT_STUDENT", (1, 0, df))
print("pairs no nearer than their windows, or the least believed")
for alpha, least, df, more, shift in [(0.002, 1, 2, 1, 12), (0.003, 0.4, 4, 1, 5), (0.005, 1, 7, 1, 4), (0.002, 0.2, 2, 0, 20)]:
    row(f"pairs, {df + 1}, known {least}", lambda d: pairs(alpha, d, least, df, df + more), shift, alpha,
        "DETECT_STUDENT", (1, least, df), floored_df=df + more)
print("welch, equal spread, by Beta and the noncentral t")
for alpha, n, shift in [(0.002, 3, 9), (0.003, 5, 5.5), (0.005, 8, 4.4), (4e-6, 3, 40), (0.002, 2, 60)]:
    row(f"welch, {n}", lambda d: welch_equal(alpha, n, d), shift, alpha, "DETECT_WELCH", (0.5, 0, n - 1), (0.5, 0, n - 1))
print("welch, of unequal parts, floored, with what does not scatter")
for name, alpha, shift, base, cand, fixed in [
    ("one at its least", 0.002, 14, (0.1, 0.1, 2), (0.9, 0.01, 2), 0), ("both at their least", 4e-6, 40, (0.5, 0.5, 2), (0.5, 0.5, 2), 0),
    ("3 against 5", 0.003, 7, (0.625, 0, 2), (0.375, 0, 4), 0), ("half of it fixed", 0.002, 5, (0.25, 0, 2), (0.25, 0, 2), 0.5)]:
    row(f"welch, {name}", lambda d: welch(alpha, d, base, cand, fixed), shift, alpha, "DETECT_WELCH", base, cand, fixed)
print("sampled")
for name, alpha, shift, base, cand in [
    ("all is sampling", 0.002, 4.5, (0.5, 0.5, 2), (0.5, 0.5, 2)), ("of a family", 1e-5, 6, (0.5, 0.5, 2), (0.5, 0.5, 2)),
    ("ten times as much", 0.002, 9, (0.5, 0.05, 2), (0.5, 0.05, 2)), ("2 against 8", 0.005, 4, (0.8, 0.8, 1), (0.2, 0.2, 7))]:
    row(f"sampled, {name}", lambda d: sampled(alpha, d, base, cand), shift, alpha, "DETECT_SAMPLED", base, cand)
print("sides with an interval of their own")
for alpha, shift, base, cand, fixed in [(0.002, 14, (0.5, 0, 2), (0.5, 0, 2), 0), (0.003, 5, (0.3, 0, 4), (0.3, 0, 4), 0.4)]:
    row(f"apart, {base[2] + 1}", lambda d: apart(alpha, d, base, cand, fixed), shift, alpha, "DETECT_APART", base, cand, fixed)
