#include "gate/stats/criticals.h"

#include <math.h>

#include "gate/stats/sample.h"

double critical_value(double alpha, double df)
{
    return df > 0 ? student_quantile(1 - alpha, df) : normal_upper_quantile(alpha);
}

struct criticals criticals_find(double alpha, double df_min, double df_max, int points)
{
    const double half_turn = 3.14159265358979323846;
    struct criticals out = {.len = points};
    double middle = (1 / df_min + 1 / df_max) / 2;
    double half = (1 / df_min - 1 / df_max) / 2;
    for (int i = 0; i < points; i++) {
        double angle = half_turn * (2 * i + 1) / (2 * points);
        out.inverse[i] = middle + half * cos(angle);
        out.scaled[i] = asinh(critical_value(alpha, 1 / out.inverse[i]));
        out.weight[i] = (i % 2 ? -1 : 1) * sin(angle);
    }
    return out;
}

double criticals_at(const struct criticals *criticals, double inverse)
{
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < criticals->len; i++) {
        double gap = inverse - criticals->inverse[i];
        if (fabs(gap) < 1e-13)
            return sinh(criticals->scaled[i]);
        double weight = criticals->weight[i] / gap;
        sum += weight * criticals->scaled[i];
        weights += weight;
    }
    return sinh(sum / weights);
}
