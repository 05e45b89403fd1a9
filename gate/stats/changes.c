#include "gate/stats/changes.h"

#include <math.h>

#include "gate/stats/sample.h"

/* Median absolute difference of two normal values of spread 1. */
#define MEDIAN_DIFFERENCE (0.6744897501960817 * 1.4142135623730951)

/* A part still to be cut: from `from` to before `until`. */
struct part {
    size_t from;
    size_t until;
};

struct cutting {
    const double *values;
    double least; /* gain of a cut that is worth it */
    struct part todo[CHANGES_VALUES_MAX / CHANGES_PART_MIN + 1];
    size_t todo_len;
    size_t cuts[CHANGES_VALUES_MAX / CHANGES_PART_MIN + 1];
    size_t cut_len;
};

static double spread_of(const double *values, size_t n)
{
    double differences[CHANGES_VALUES_MAX];
    for (size_t i = 0; i + 1 < n; i++)
        differences[i] = fabs(values[i + 1] - values[i]);
    return sample_median(differences, n - 1) / MEDIAN_DIFFERENCE;
}

/* Where the part is best cut; false where no cut is worth it. */
static bool find_cut(size_t *out, const struct cutting *cutting, struct part part)
{
    const double *values = cutting->values + part.from;
    size_t n = part.until - part.from;
    double whole = sample_mean(values, n) * (double)n;
    double best = cutting->least;
    double sum = 0;
    bool found = false;
    for (size_t k = 1; k + CHANGES_PART_MIN <= n; k++) {
        sum += values[k - 1];
        double left = sum / (double)k;
        double right = (whole - sum) / (double)(n - k);
        double gain = (double)k * (double)(n - k) / (double)n * (left - right) * (left - right);
        if (k < CHANGES_PART_MIN || !(gain > best))
            continue;
        best = gain;
        *out = part.from + k;
        found = true;
    }
    return found;
}

static int compare_sizes(const void *a, const void *b)
{
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    return (left > right) - (left < right);
}

static void cut_all(struct cutting *cutting)
{
    while (cutting->todo_len > 0) {
        struct part part = cutting->todo[--cutting->todo_len];
        size_t at = 0;
        if (!find_cut(&at, cutting, part))
            continue;
        cutting->cuts[cutting->cut_len++] = at;
        cutting->todo[cutting->todo_len++] = (struct part){part.from, at};
        cutting->todo[cutting->todo_len++] = (struct part){at, part.until};
    }
    if (cutting->cut_len > 0)
        qsort(cutting->cuts, cutting->cut_len, sizeof(*cutting->cuts), compare_sizes);
}

size_t changes_find(struct change *out, const double *values, size_t n, double spread_min)
{
    struct cutting cutting = {.values = values, .todo = {{0, n}}, .todo_len = 1};
    assert(n <= CHANGES_VALUES_MAX);
    if (n < 2 * (size_t)CHANGES_PART_MIN)
        return 0;
    double spread = fmax(spread_of(values, n), spread_min);
    cutting.least = 4 * spread * spread * log((double)n);
    cut_all(&cutting);
    for (size_t i = 0; i < cutting.cut_len; i++) {
        size_t from = i > 0 ? cutting.cuts[i - 1] : 0;
        size_t at = cutting.cuts[i];
        size_t until = i + 1 < cutting.cut_len ? cutting.cuts[i + 1] : n;
        out[i] = (struct change){at, sample_mean(values + from, at - from),
                                 sample_mean(values + at, until - at)};
    }
    return cutting.cut_len;
}
