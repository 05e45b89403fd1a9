#include "gate/judge/floored.h"

#include "gate/judge/decide.h"
#include "gate/stats/bounds.h"

bool finding_is_floored(const struct finding *finding)
{
    const struct estimate *estimate = &finding->row->estimate;
    if (!finding->has_interval || !(finding->look_alpha > 0))
        return false;
    return bounds_low_is_floored(estimate, finding->look_alpha) ||
           bounds_high_is_floored(estimate, DECIDE_OK_ALPHA);
}
