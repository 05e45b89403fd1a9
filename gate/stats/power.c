#include "gate/stats/power.h"

#include <assert.h>
#include <math.h>

/* Normal quantiles of 0.995 and of 0.99: 2.5758 and 2.3263. */
#define DECISION_QUANTILES 4.90

double power_margin(double count)
{
    return count > 0 ? expm1(DECISION_QUANTILES * sqrt(2 / count)) : HUGE_VAL;
}

double power_growth_red(double limit_ratio, double count)
{
    assert(limit_ratio >= 0);
    return (1 + limit_ratio) * (1 + power_margin(count)) - 1;
}
