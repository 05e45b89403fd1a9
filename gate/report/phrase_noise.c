#include "gate/judge/floored.h"
#include "gate/report/phrase.h"

struct str phrase_noise(struct arena *arena, const struct judged_scenario *scenario)
{
    const struct comparison *comparison = scenario->comparison;
    size_t floored = 0;
    if (comparison->record->trial_count[SIDE_CAND][PHASE_EXACT] == 0 || comparison->alone.len > 0)
        return STR("");
    if (!comparison->has_noise)
        return STR("calibration not recorded");
    if (!comparison->calibration)
        return str_printable(arena, comparison->noise);
    for (size_t i = 0; i < scenario->finding_count; i++)
        floored += finding_is_floored(&scenario->findings[i]);
    struct str text = str_format(arena, "machine class %.*s", STR_ARGS(comparison->noise));
    if (floored > 0) {
        text = str_format(arena, "%.*s; %zu interval%s as wide as that, not as the trials",
                          STR_ARGS(text), floored, floored == 1 ? " is" : "s are");
    }
    return str_printable(arena, text);
}
