#include "gate/stats/tails.h"

#include <math.h>

#define TWO_PI 6.283185307179586

/* log(z!) less Stirling's formula for it. */
static double stirling_rest(double z)
{
    enum { SERIES_FROM = 16 };
    if (z < SERIES_FROM)
        return lgamma(z + 1) - (z + 0.5) * log(z) + z - 0.5 * log(TWO_PI);
    double s = 1 / (z * z);
    return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s / 1188)))) / z;
}

/* x log(x / mean) + mean - x without the cancellation near the mean. */
static double deviance(double x, double mean)
{
    double gap = (x - mean) / (x + mean);
    if (fabs(gap) >= 0.1)
        return x * log(x / mean) + mean - x;
    double sum = (x - mean) * gap;
    double term = 2 * x * gap;
    for (int i = 3;; i += 2) {
        term *= gap * gap;
        double next = sum + term / i;
        if (!(fabs(next - sum) > 0))
            return next;
        sum = next;
    }
}

/* x^a (1-x)^b / B(a, b), with y = 1 - x. */
static double beta_front(double a, double b, double x, double y)
{
    double n = a + b;
    double rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    return exp(rest - deviance(a, n * x) - deviance(b, n * y)) * sqrt(a * b / n / TWO_PI);
}

/* Keeps a denominator of the continued fraction away from zero (Lentz). */
static double away_from_zero(double value)
{
    const double tiny = 1e-300;
    return fabs(value) < tiny ? tiny : value;
}

static double beta_fraction(double a, double b, double x)
{
    enum { STEPS_MAX = 20000 };
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double h = d;
    for (int m = 1; m <= STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16)
            break;
    }
    return h;
}

/* I_x(a, b), with y = 1 - x. */
static double beta_below(double a, double b, double x, double y)
{
    double front = beta_front(a, b, x, y);
    /* The fraction converges fast on one side of the mean only. */
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

double incomplete_beta(double a, double b, double x)
{
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    return x <= 0 || x >= 1 ? (double)(x >= 1) : beta_below(a, b, x, 1 - x);
}

/*
 * Newton's method on log I over t = log of the odds. The density of t,
 * x^a (1-x)^b / B, is log-concave and so is its integral: from wherever it
 * starts the second step is at the root or below, and all further ones
 * only rise to it.
 */
double beta_lower_odds(double tail, double a, double b)
{
    enum { STEPS_MAX = 200 };
    double t = log(a / b) - 2 * sqrt(1 / a + 1 / b);
    assert(tail > 0 && tail <= 0.5 && a > 0 && b > 0);
    for (int i = 0; i < STEPS_MAX; i++) {
        double x = 1 / (1 + exp(-t));
        double y = 1 / (1 + exp(t));
        double below = beta_below(a, b, x, y);
        double step = log(below / tail) * below / beta_front(a, b, x, y);
        t -= step;
        if (fabs(step) <= 1e-14)
            break;
    }
    return exp(t);
}

/* z^n e^-z / Gamma(n): the density of log z. */
static double gamma_front(double n, double z)
{
    return exp(-stirling_rest(n) - deviance(n, z)) * sqrt(n / TWO_PI);
}

/* P(n, z) / front by DLMF 8.7.1, for z that is not far above n. */
static double gamma_series(double n, double z)
{
    double term = 1 / n;
    double sum = term;
    for (int k = 1; term > sum * 1e-17; k++) {
        term *= z / (n + k);
        sum += term;
    }
    return sum;
}

/* Q(n, z) / front by the continued fraction of DLMF 8.9.2, for z > n. */
static double gamma_fraction(double n, double z)
{
    enum { STEPS_MAX = 100000 };
    double at = z + 1 - n;
    double c = HUGE_VAL;
    double d = 1 / at;
    double h = d;
    for (int i = 1; i <= STEPS_MAX; i++) {
        double part = -i * (i - n);
        at += 2;
        d = 1 / away_from_zero(part * d + at);
        c = away_from_zero(at + part / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16)
            break;
    }
    return h;
}

/* Of the gamma distribution what lies below z, or above it. */
static double gamma_part(double n, double z, bool above)
{
    bool by_series = z < n + 1;
    double part = gamma_front(n, z) * (by_series ? gamma_series(n, z) : gamma_fraction(n, z));
    return by_series == above ? 1 - part : part;
}

/* Newton's method on the logarithm of the part over log z, as in beta_lower_odds. */
double gamma_quantile(double tail, double n, bool above)
{
    enum { STEPS_MAX = 200 };
    double side = above ? 1 : -1;
    double t = log(n) + side * 2 / sqrt(n);
    assert(tail > 0 && tail <= 0.5 && n > 0);
    for (int i = 0; i < STEPS_MAX; i++) {
        double part = gamma_part(n, exp(t), above);
        double step = side * log(part / tail) * part / gamma_front(n, exp(t));
        t += step;
        if (fabs(step) <= 1e-14)
            break;
    }
    return exp(t);
}

/* Newton's method again: log of the upper tail is concave. */
double normal_upper_quantile(double tail)
{
    enum { STEPS_MAX = 100 };
    double x = 0;
    assert(tail > 0 && tail <= 0.5);
    for (int i = 0; i < STEPS_MAX; i++) {
        double above = erfc(x / sqrt(2)) / 2;
        double density = exp(-x * x / 2) / sqrt(TWO_PI);
        double step = log(above / tail) * above / density;
        x += step;
        if (fabs(step) <= 1e-15 * fabs(x))
            break;
    }
    return x;
}
