#include "gate/fold/fold.h"

#include <math.h>

#include "gate/base/num.h"
#include "gate/fold/order.h"

/* Only values made up to do so leave the range of a real profile; they stop at its end. */
static int64_t value_minus(int64_t a, int64_t b)
{
    int64_t difference = 0;
    if (!__builtin_sub_overflow(a, b, &difference))
        return difference;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

/* a - b into `values`; true when something is left. */
static bool values_minus(int64_t *values, const int64_t *a, const int64_t *b)
{
    int64_t any = 0;
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        values[i] = value_minus(a[i], b[i]);
        any |= values[i];
    }
    return any != 0;
}

static const int64_t values_zero[HEAP_METRICS];

/* Which side a merge step takes: negative for later alone, positive for earlier alone, 0 both. */
static int merge_side(size_t i, size_t later_count, size_t j, size_t earlier_count, int order)
{
    if (i == later_count)
        return 1;
    return j == earlier_count ? -1 : order;
}

static double variance_at(const struct fold_site *site, size_t metric)
{
    return site && site->variance ? site->variance[metric] : 0;
}

static const double *variance_minus(struct arena *arena, const struct fold_site *later,
                                    const struct fold_site *earlier)
{
    if ((!later || !later->variance) && (!earlier || !earlier->variance))
        return NULL;
    double *out = ARENA_ARRAY(arena, double, HEAP_METRICS);
    for (size_t i = 0; i < HEAP_METRICS; i++) {
        double sign = i <= HEAP_ALLOC_SPACE ? -1 : 1;
        out[i] = fmax(0, variance_at(later, i) + sign * variance_at(earlier, i));
    }
    return out;
}

static void sites_subtract(struct fold *out, struct arena *arena, const struct intern *names,
                           const struct fold *later, const struct fold *earlier)
{
    size_t i = 0;
    size_t j = 0;
    while (i < later->site_count || j < earlier->site_count) {
        int order = 0;
        if (i < later->site_count && j < earlier->site_count)
            order = site_compare(names, &later->sites[i], &earlier->sites[j]);
        int side = merge_side(i, later->site_count, j, earlier->site_count, order);
        const struct fold_site *plus = side <= 0 ? &later->sites[i++] : NULL;
        const struct fold_site *minus = side >= 0 ? &earlier->sites[j++] : NULL;
        struct fold_site site = side <= 0 ? later->sites[i - 1] : earlier->sites[j - 1];
        bool is_left = values_minus(site.value, plus ? plus->value : values_zero,
                                    minus ? minus->value : values_zero);
        if (!is_left)
            continue;
        site.variance = variance_minus(arena, plus, minus);
        out->sites[out->site_count++] = site;
    }
}

static void functions_subtract(struct fold *out, const struct intern *names,
                               const struct fold *later, const struct fold *earlier)
{
    static const struct fold_function none;
    size_t i = 0;
    size_t j = 0;
    while (i < later->function_count || j < earlier->function_count) {
        int order = 0;
        if (i < later->function_count && j < earlier->function_count)
            order = function_compare(names, &later->functions[i], &earlier->functions[j]);
        int side = merge_side(i, later->function_count, j, earlier->function_count, order);
        const struct fold_function *plus = side <= 0 ? &later->functions[i++] : &none;
        const struct fold_function *minus = side >= 0 ? &earlier->functions[j++] : &none;
        struct fold_function function = side <= 0 ? *plus : *minus;
        bool flat = values_minus(function.flat, plus->flat, minus->flat);
        bool cum = values_minus(function.cum, plus->cum, minus->cum);
        if (flat || cum)
            out->functions[out->function_count++] = function;
    }
}

void fold_subtract(struct fold *out, struct arena *arena, const struct intern *names,
                   const struct fold *later, const struct fold *earlier)
{
    struct fold fold = {.period = later->period};
    fold.sites = ARENA_ARRAY(arena, struct fold_site, later->site_count + earlier->site_count);
    fold.functions =
        ARENA_ARRAY(arena, struct fold_function, later->function_count + earlier->function_count);
    sites_subtract(&fold, arena, names, later, earlier);
    functions_subtract(&fold, names, later, earlier);
    (void)values_minus(fold.total, later->total, earlier->total);
    (void)values_minus(fold.excluded, later->excluded, earlier->excluded);
    *out = fold;
}
