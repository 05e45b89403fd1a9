#include "gate/stats/power.h"

#include <assert.h>
#include <math.h>

#include "gate/stats/tails.h"

/* The normal quantile of 0.995: an interval of 99 %. */
#define INTERVAL_TAIL 0.005
/* That of 0.99: 99 times in 100. */
#define MISSED_TAIL 0.01

/* How far apart, as a ratio less 1, what the level tells apart 99 times in 100. */
static double margin_at(double count, double alpha)
{
    double quantiles = normal_upper_quantile(alpha) + normal_upper_quantile(MISSED_TAIL);
    return count > 0 ? expm1(quantiles * sqrt(2 / count)) : HUGE_VAL;
}

double power_margin(double count)
{
    return margin_at(count, INTERVAL_TAIL);
}

unsigned power_margin_percent(size_t readings)
{
    if (readings <= 1)
        return 99;
    return readings == 2 ? 92 : 98;
}

double power_growth_red(double limit_ratio, double count, double alpha)
{
    assert(limit_ratio >= 0);
    return (1 + limit_ratio) * (1 + margin_at(count, alpha)) - 1;
}
