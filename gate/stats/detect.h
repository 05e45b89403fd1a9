#ifndef GATE_STATS_DETECT_H
#define GATE_STATS_DETECT_H

#include "gate/base/base.h"

/*
 * The power of the t tests that bounds.h decides by. A change whose estimate
 * is normal, and lies `shift` true standard errors above its limit, is found
 * where (Z + shift) / sqrt(V) > t(alpha, df), Z standard normal and V the
 * variance as the trials show it, in parts of the true one. So
 *
 *   power = E[ Phi(shift - t(alpha, df) sqrt(V)) ]
 *
 * over the V and df that trials come out with. With all of V one scatter of
 * chi-squared / df it is the noncentral t distribution's tail (Johnson and
 * Welch 1940, Biometrika 31, 362). Welch's test has random degrees of freedom
 * as well, (a + b)^2 / (a^2 / f1 + b^2 / f2) of the variances a and b that
 * the two sides show (Welch 1938, Biometrika 29, 350; Satterthwaite 1946):
 * few trials of equal true spread look unequal, and are then judged by fewer
 * degrees of freedom than they have.
 */

/* One that scatters: a side, or the pairs of both. */
struct detect_scatter {
    double part;  /* of the true variance of the change; all and `fixed` are 1 together */
    double least; /* what is believed at the least, or is known to be sampling; <= part */
    double df;    /* chi-squared of so many by so many is what it comes out as; >= 1 */
};

enum detect_kind {
    DETECT_STUDENT, /* a scatter, with its df or, where it is no more than its least, floored_df */
    DETECT_WELCH,   /* two of them and `fixed`, by Satterthwaite's degrees of freedom */
    DETECT_APART,   /* the same, of sides with an interval of 99 % each by their own df (share.h) */
    DETECT_SAMPLED, /* two beyond a sampling of variance `least`, as counts.h takes them */
};

struct detect_test {
    enum detect_kind kind;
    struct detect_scatter base; /* STUDENT: the only one */
    struct detect_scatter cand;
    double fixed;      /* WELCH, APART: variance that is known and scatters in no trial */
    double floored_df; /* STUDENT; 0: that of the scatter */
};

/* The chance to find what lies `shift` true standard errors above the limit; 0 < alpha <= 0.5. */
double detect_power(const struct detect_test *test, double alpha, double shift);

/*
 * The shift that is found with probability `power`, in (0, 1). It is asked for
 * each finding, and nobody knows a spread so well: off by 0.2 % alone, 2 % in
 * large families, which is half a point of power at most. Measured at -O2, of
 * processor time: STUDENT 0.02 to 0.04 ms, WELCH 0.05 to 0.08, SAMPLED 0.05 to
 * 0.10, APART 0.07 to 0.10; several times that of wall clock on a busy machine.
 * detect_power is right to a millionth.
 */
double detect_shift(const struct detect_test *test, double alpha, double power);

/* How far such sides' interval of the change stands off in true standard errors, were all as it is. */
double detect_apart_reach(const struct detect_test *test);

#endif
